"""`gis-service import`: files in, what they change in the database out; nothing is written without `--commit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis_service import clock
from gis_service.cli.database import read_settings, ready_database
from gis_service.cli.inputs import day_told, readable
from gis_service.cli.listing import MOST_SHOWN, list_issues
from gis_service.cli.progress import reporting
from gis_service.errors import BadRequestError, TooLargeError

if TYPE_CHECKING:
    from gis_service.imports import ImportReport
    from gis_service.imports.differences import Differences

KINDS = {
    "ledger": "台账（附件1 或附件2，按表头识别）",
    "problems": "问题整治台账（附件2）",
    "gazetteer": "地名数据",
    "divisions": "行政区划",
    "communities": "小区",
    "areas": "物业管理区域边界",
    "hazards": "消防车道、电动自行车充电点、窨井",
}
_UNUSABLE = 1
_ROWS_SHOWN = 20
_NAMES_SHOWN = 10


def import_(
    kind: Annotated[str, typer.Argument(metavar="|".join(KINDS), help="文件内容的种类")],
    files: Annotated[list[Path], typer.Argument(metavar="文件…", help="一个或多个文件")],
    commit: Annotated[bool, typer.Option("--commit", help="写入数据库；不给出时只预演，不写入")] = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="日期",
            help="台账、调查的日期，默认今天；比现有台账早的只记入历史",
            show_default=False,
        ),
    ] = None,
    later: Annotated[
        bool, typer.Option("--later", help="两千行以上的台账先只写入，四至以后用 gis-service ledger resolve 落图")
    ] = False,
    most: Annotated[int, typer.Option("--max-issues", min=0, help="最多列出的问题条数")] = MOST_SHOWN,
) -> None:
    """导入数据文件：默认只预演，显示将要新增、更新的条数和发现的问题；--commit 才写入。"""
    if kind not in KINDS:
        raise BadRequestError(f"不能导入 {kind}，可用：{'、'.join(KINDS)}")
    settings = read_settings()
    _check_sizes(files, settings.max_upload_mb)
    from gis_service.imports import Options, import_file
    from gis_service.resolver import ResolverOptions

    options = ResolverOptions(tolerance_m=settings.tolerance_m)
    with ready_database(settings) as engine, reporting() as report:
        day = day_told("--since", since) or clock.today()
        told: Options = {"progress": report, "resolver": options, "since": day, "resolve": not later}
        outcome = import_file(engine, kind, files, commit=commit, **told)
    _show(outcome, most)
    if _some_file_unusable(outcome):
        raise typer.Exit(_UNUSABLE)


def _check_sizes(files: list[Path], most_mb: int) -> None:
    for file in files:
        if readable(file).stat().st_size > most_mb * 1_000_000:
            raise TooLargeError(f"{file} 超过单个文件的上限 {most_mb} MB")


def _show(outcome: ImportReport, most: int) -> None:
    typer.echo("已写入：" if outcome.committed else "预演（未写入，加 --commit 写入）：")
    problems = len(outcome.issues)
    typer.echo(f"  新增 {outcome.new}  更新 {outcome.changed}  不变 {outcome.same}  问题 {problems}")
    if outcome.past:
        typer.echo(f"  另有 {outcome.past} 行比现有的台账早：只记入历史，今天的内容不变")
    if outcome.rejected:
        typer.echo(f"  其中 {outcome.rejected} 行无法使用")
    if outcome.waiting:
        typer.echo(f"  {outcome.waiting} 句四至在写入之后落图")
    for differences in outcome.differences:
        _show_differences(differences)
    list_issues(outcome.issues, title="发现的问题", most=most)


def _show_differences(differences: Differences) -> None:
    for row in differences.rows[:_ROWS_SHOWN]:
        cells = "；".join(f"{cell.column} “{cell.old}” → “{cell.new}”" for cell in row.cells)
        typer.echo(f"  第 {row.row} 行 {row.name}：{cells}")
    if len(differences.rows) > _ROWS_SHOWN:
        typer.echo(f"  …… 另有 {len(differences.rows) - _ROWS_SHOWN} 行有改动")
    if differences.absent_count:
        names = "、".join(differences.absent[:_NAMES_SHOWN])
        typer.echo(f"  台账里不再有、仍然保留的 {differences.absent_count} 行：{names}")


def _some_file_unusable(outcome: ImportReport) -> bool:
    """True when an error is about a whole file; errors of single rows leave the rest of it usable."""
    return any(issue.severity.value == "error" and issue.where.row is None for issue in outcome.issues)
