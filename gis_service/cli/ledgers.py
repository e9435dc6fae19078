"""`gis-service ledger …`: the official forms out of the database, files as they were sent, workbooks to send back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis_service import clock
from gis_service.cli.database import read_settings, ready_database
from gis_service.cli.inputs import day_told, readable
from gis_service.cli.progress import reporting
from gis_service.cli.wording import Group
from gis_service.cli.writing import refuse_overwriting, telling_why_not

if TYPE_CHECKING:
    from gis_service.ledger.columns import Annex

ledger = typer.Typer(
    cls=Group,
    help="台账：按官方格式导出、找回当时报来的文件、标出要改的地方。",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@ledger.command("export")
def export_(
    out: Annotated[Path, typer.Option("--out", metavar="文件", help="写出的文件，.xlsx 或 .csv")],
    annex: Annotated[int, typer.Option("--annex", min=1, max=2, help="1 为附件1，2 为附件2")] = 1,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="填报单位", help="如 怀宁县；默认全部", show_default=False)
    ] = None,
    codes: Annotated[bool, typer.Option("--codes", help="附件1 末尾加一列区域编号，再导入时按编号认行")] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="日期", help="哪一天的台账，默认今天", show_default=False)
    ] = None,
) -> None:
    """按官方格式写出附件1 或附件2，逐格与报来的相同；含姓名和电话，请妥善保管。"""
    from gis_service.exports.ledgers import write_ledger

    number: Annex = 2 if annex == 2 else 1
    with ready_database(read_settings()) as engine, engine.connect() as plain, telling_why_not(out):
        connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        count = write_ledger(connection, number, out, unit, codes=codes, day=day_told("--as-of", as_of))
    typer.echo(f"已写出 {out}：附件{number} {count} 行")


@ledger.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="文件", help="附件1 或附件2，.xlsx、.xls 或 .csv")],
    out: Annotated[Path, typer.Option("--out", metavar="文件", help="写出的 .xlsx，要改的格子标红，旁边写明原因")],
) -> None:
    """检查台账的填写，写出标红的表格，供退回修改；不需要数据库。"""
    from gis_service.ledger.marking import write_marked

    refuse_overwriting(out, [readable(file)])
    with telling_why_not(out):
        marked = write_marked(file, out)
    typer.echo(f"已写出 {out}：{marked.rows} 行，其中 {marked.bad} 行要改")


@ledger.command()
def sent(
    batch: Annotated[
        int | None, typer.Option("--batch", metavar="批次", help="找回这一批的文件", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="文件", help="写到哪里；默认用原来的文件名", show_default=False)
    ] = None,
) -> None:
    """列出报来的台账；给出 --batch 时，把当时的文件原样写出。"""
    from gis_service.store import ledgers

    with ready_database(read_settings()) as engine, engine.connect() as connection:
        if batch is None:
            for each in ledgers.sent_ledgers(connection):
                typer.echo(
                    f"{each.batch_id}\t{each.committed_at:%Y-%m-%d %H:%M}\t{each.since or '—'}\t{each.file_name}\t"
                    f"新增 {each.new} 更新 {each.changed} 不变 {each.same}"
                )
            return
        found = ledgers.sent_file(connection, batch)
    target = out or Path(Path(found.file_name).name)
    if out is None:
        refuse_overwriting(target, [target])
    with telling_why_not(target):
        target.write_bytes(found.content)
    typer.echo(f"已写出 {target}：{len(found.content)} 字节，与报来的相同")


@ledger.command()
def resolve() -> None:
    """把大批导入后还在等待的四至落图；中途停下，下次接着做。"""
    from gis_service.imports.importing import go_on_resolving
    from gis_service.resolver import ResolverOptions

    settings = read_settings()
    options = ResolverOptions(tolerance_m=settings.tolerance_m)
    with ready_database(settings) as engine, reporting() as report:
        started = clock.now()
        changed = go_on_resolving(engine, options, report)
    typer.echo(f"落图有变化的 {changed} 个，用时 {(clock.now() - started).total_seconds():.0f} 秒")
