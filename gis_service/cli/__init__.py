"""The command line: words of a person in, work of the rooms done, Chinese messages and fixed forms out."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from gis_service.cli import (
    database,
    exporting,
    importing,
    indicators,
    ledgers,
    mapping,
    packing,
    parsing,
    resolving,
    serving,
    users,
)
from gis_service.cli.wording import Command, Group, ManyValuesCommand

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="住宅物业管理一张图：四至文字落成边界，找出失管小区。",
)
app.command(cls=Command)(parsing.parse)
app.command(cls=ManyValuesCommand)(resolving.resolve)
app.command("import", cls=Command)(importing.import_)
app.command(cls=Command)(exporting.export)
app.command("map", cls=Command)(mapping.map_)
app.command(cls=Command)(packing.package)
app.command(cls=Command)(serving.serve)
app.add_typer(ledgers.ledger, name="ledger")
app.add_typer(indicators.indicator, name="indicator")
app.add_typer(database.db, name="db")
app.add_typer(database.sample, name="sample")
app.add_typer(users.user, name="user")


def _show_version(wanted: bool) -> None:
    if wanted:
        from gis_service import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="显示版本号")
    ] = False,
) -> None:
    """住宅物业管理一张图：四至文字落成边界，找出失管小区。"""


def main() -> None:
    """The entry point `gis-service`; output is UTF-8 whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()
