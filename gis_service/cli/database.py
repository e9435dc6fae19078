"""Settings in, an open and ready database out; and the commands `db init|upgrade|status` and `sample load`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from gis_service.cli.progress import reporting
from gis_service.cli.wording import Group, say
from gis_service.errors import BadRequestError, SetupError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from gis_service.settings import Settings

db = typer.Typer(cls=Group, help="数据库：建立、升级、查看状态。", no_args_is_help=True, rich_markup_mode=None)
sample = typer.Typer(cls=Group, help="示例数据（虚构）。", no_args_is_help=True, rich_markup_mode=None)


def read_settings() -> Settings:
    """The settings of the environment; BadRequestError names the one that cannot be used."""
    from pydantic import ValidationError

    from gis_service.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        named = "、".join(_variable(str(problem["loc"][0])) for problem in error.errors())
        raise BadRequestError(f"环境变量 {named} 的值不可用") from error


def _variable(name: str) -> str:
    return name if name == "DATABASE_URL" else f"GIS_SERVICE_{name.upper()}"


@contextmanager
def open_database(settings: Settings) -> Iterator[Engine]:
    """The engine of the database as it is; SetupError when it cannot be reached."""
    from sqlalchemy.exc import OperationalError

    from gis_service.store.opening import open_store

    try:
        with open_store(
            settings.database_url, settings.data_dir, settings.statement_timeout_ms, settings.database_connections
        ) as engine:
            yield engine
    except OperationalError as error:
        raise SetupError(f"数据库不可用：{str(error.orig).splitlines()[0]}") from error


@contextmanager
def ready_database(settings: Settings) -> Iterator[Engine]:
    """The engine of a database whose tables are those of this program; SetupError says how to get there."""
    from gis_service.store import schema

    with open_database(settings) as engine:
        state = schema.status(engine)
        if not state.up_to_date:
            lacking = "还没有建立" if state.current is None else "版本较旧"
            raise SetupError(f"数据库{lacking}，请先运行 gis-service db upgrade")
        yield engine


@db.command()
def init() -> None:
    """建立数据库（未设置 DATABASE_URL 时建立私有数据库）和全部数据表；已建立的不受影响。"""
    upgrade()


@db.command()
def upgrade() -> None:
    """把数据表升级到本程序的版本；数据保留。"""
    from gis_service.store import schema

    with open_database(read_settings()) as engine:
        before = schema.status(engine)
        schema.upgrade(engine)
        after = schema.status(engine)
    if before.up_to_date:
        typer.echo(f"数据库已是最新（{after.current}）")
    else:
        typer.echo(f"数据库已升级：{before.current or '空库'} → {after.current}")


@db.command()
def status() -> None:
    """显示数据库的版本；需要升级时退出码为 1。"""
    from gis_service.store import schema

    with open_database(read_settings()) as engine:
        state = schema.status(engine)
    typer.echo(f"当前版本：{state.current or '空库'}")
    typer.echo(f"程序版本：{state.head}")
    if not state.up_to_date:
        say("需要升级：请运行 gis-service db upgrade")
        raise typer.Exit(1)


@sample.command()
def load() -> None:
    """装入示例数据（虚构）；重复装入不会改变任何内容。"""
    with ready_database(read_settings()) as engine:
        load_sample_into(engine, accounts=False)
    typer.echo("示例数据（虚构）已装入")


def load_sample_into(engine: Engine, *, accounts: bool) -> None:
    """The sample is in the database, with `accounts` also a login a role; a bar on the terminal tells how far it is."""
    from gis_service.imports import load_sample
    from gis_service.store.sample_accounts import add_sample_accounts

    with reporting() as report:
        load_sample(engine, report)
    if accounts:
        with engine.begin() as connection:
            add_sample_accounts(connection)
