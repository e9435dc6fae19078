"""`gis-service indicator …`: what other systems give: listed, taken from a sheet, and told again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gis_service.cli.database import read_settings, ready_database
from gis_service.cli.inputs import readable
from gis_service.cli.wording import Group, say

indicator = typer.Typer(
    cls=Group,
    help="指标：其它系统按区域、小区、区划汇总的数字。",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_SHOWN = 20


@indicator.command("list")
def list_() -> None:
    """列出声明的指标：编号、名称、按什么、多久一次、最近一期、数值个数。"""
    from gis_service.api.publication import declared_indicators
    from gis_service.store.indicators import told_of

    settings = read_settings()
    with ready_database(settings) as engine, engine.connect() as connection:
        for one in declared_indicators(settings.indicators_dir).values():
            known = told_of(connection, one.id)
            told = (one.id, one.title, one.subject, str(one.period), known.period or "—", f"{known.values}")
            typer.echo("\t".join(told))


@indicator.command("load")
def load(
    name: Annotated[str, typer.Argument(metavar="指标", help="指标的编号，如 satisfaction")],
    file: Annotated[Path, typer.Argument(metavar="文件", help=".xlsx、.xls 或 .csv，有“编号”“时段”“数值”各列")],
    whole: Annotated[bool, typer.Option("--whole", help="有一行不对就全部不收")] = False,
) -> None:
    """收下表格里的数值；不对的行逐行说明，其余照收，再收一次不改变任何内容。"""
    from gis_service.access import Reader, Role
    from gis_service.api.publication import declared_indicators, named
    from gis_service.cli.users import operator
    from gis_service.indicators import take
    from gis_service.indicators.files import rows_of_file
    from gis_service.store import audit

    settings = read_settings()
    found = named(declared_indicators(settings.indicators_dir), name, "指标")
    rows = rows_of_file(readable(file), found)
    reader = Reader(Role.CITY, operator().login)
    with ready_database(settings) as engine, audit.writing(engine, reader) as connection:
        outcome = take(connection, found, rows, login=reader.login, whole=whole)
    typer.echo(
        f"{found.title}：{outcome.received} 行，新增 {outcome.new}，更正 {outcome.corrected}，"
        f"不变 {outcome.same}，退回 {len(outcome.refused)}"
    )
    for one in outcome.refused[:_SHOWN]:
        say(f"{file.name} 第 {one.number} 行“{one.column}”：{one.reason}")
    if len(outcome.refused) > _SHOWN:
        say(f"另有 {len(outcome.refused) - _SHOWN} 行没有逐条列出")
    if outcome.refused:
        raise typer.Exit(1)
