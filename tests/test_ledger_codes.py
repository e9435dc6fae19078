"""A county sends its ledger with the codes of the areas: they say which row is which, and what contradicts is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine

from gis_service.exports.ledgers import write_ledger
from gis_service.imports import ImportReport, import_file
from gis_service.issues import Severity
from gis_service.ledger import ANNEX1_COLUMNS
from tests.import_files import annex1 as workbook_of
from tests.import_files import annex2, clear, entry, problem, ready, rows, take_in

FIRST, SECOND = "WY-340802-0001", "WY-340802-0002"


@pytest.fixture
def town(engine: Engine, tmp_path: Path) -> Engine:
    """Two areas, the first with a drawn boundary and a problem."""
    clear(engine)
    ready(engine, tmp_path)
    take_in(engine, "ledger", workbook_of(tmp_path, entry(1), entry(2)))
    take_in(engine, "problems", annex2(tmp_path, problem(project_name="阳光花园1")))
    return engine


def with_codes(town: Engine, path: Path, **cells: Any) -> Path:
    """What the service gives out with codes, then these cells changed."""
    with town.connect() as connection:
        write_ledger(connection, 1, path, codes=True)
    book = openpyxl.load_workbook(path)
    for at, value in cells.items():
        book.worksheets[0][at] = value
    book.save(path)
    return path


def told(report: ImportReport, code: str) -> str:
    (issue,) = [issue for issue in report.issues if issue.code == code]
    return f"{issue.severity} {issue.where.row} {issue.where.column} {issue.message}"


def test_the_form_with_codes_has_them_behind_its_columns_and_changes_nothing_when_it_comes_back(
    town: Engine, tmp_path: Path
) -> None:
    sheet = openpyxl.load_workbook(with_codes(town, tmp_path / "附件1.xlsx")).worksheets[0]
    assert [sheet.cell(2, at).value for at in range(1, 12)] == [*ANNEX1_COLUMNS, "区域编号"]
    assert [sheet.cell(at, 11).value for at in (3, 4)] == [FIRST, SECOND]
    report = take_in(town, "ledger", tmp_path / "附件1.xlsx")
    assert (report.new, report.changed, report.same, report.differences[0].rows) == (0, 0, 2, ())


def test_a_renamed_area_with_its_code_keeps_its_history_its_boundary_and_its_problems(
    town: Engine, tmp_path: Path
) -> None:
    kept = (
        "select count(*) from area_revisions r join management_areas a on a.id = r.area_id where a.code = '{}'",
        "select count(*) from problems p join management_areas a on a.id = p.area_id where a.code = '{}'",
        "select count(*) from area_facts f join management_areas a on a.id = f.area_id where a.code = '{}'",
    )
    before = [rows(town, query.format(FIRST))[0][0] for query in kept]
    assert before == [1, 1, 1]
    report = take_in(town, "ledger", with_codes(town, tmp_path / "附件1.xlsx", B3="朝阳苑", C3="朝阳小区"))
    assert (report.new, report.changed, report.same) == (0, 1, 1)
    assert told(report, "area_renamed").startswith("warning 3 区域编号 编号“WY-340802-0001”是迎江区的“阳光花园1”")
    assert rows(town, "select name from management_areas order by code") == [("朝阳苑",), ("阳光花园2",)]
    assert [rows(town, query.format(FIRST))[0][0] for query in kept] == [1, 1, 2]
    assert rows(town, "select name from area_names") == [("阳光花园1",)]


def test_two_rows_whose_names_were_swapped_are_told_and_neither_is_kept(town: Engine, tmp_path: Path) -> None:
    report = take_in(
        town, "ledger", with_codes(town, tmp_path / "附件1.xlsx", B3="阳光花园2", B4="阳光花园1", F3=5, F4=5)
    )
    assert (report.new, report.changed, report.same, report.rejected) == (0, 0, 0, 2)
    first, second = [issue for issue in report.issues if issue.code == "area_code_contradicts"]
    assert (first.severity, first.where.cell, second.where.cell) == (Severity.ERROR, "K3", "K4")
    assert f"本行的名称却是“阳光花园2”（编号 {SECOND}），请核对编号和名称" in first.message
    assert rows(town, "select distinct service_form from management_areas") == [(1,)]


@pytest.mark.parametrize(
    ("cells", "code", "words"),
    [
        ({"K3": "WY-340802-0099"}, "area_code_unknown", "没有编号为“WY-340802-0099”的物业管理区域，本行未导入"),
        ({"K4": FIRST, "B4": "阳光花园1"}, "area_code_repeated", "与第 3 行重复，本行未导入"),
        ({"D3": "怀宁县、高河镇、高河社区"}, "area_code_elsewhere", "本行的填报单位却是“怀宁县”，本行未导入"),
        (
            {"B3": "新城苑", "C3": "新城", "D3": "迎江区", "E3": "东至别处"},
            "area_code_contradicts",
            "本行的名称却是“新城苑”，请核对编号和名称，本行未导入",
        ),
    ],
)
def test_a_code_that_cannot_be_right_costs_its_row_and_no_other(
    town: Engine, tmp_path: Path, cells: dict[str, str], code: str, words: str
) -> None:
    report = import_file(town, "ledger", [with_codes(town, tmp_path / "附件1.xlsx", **cells)], commit=False)
    assert told(report, code).startswith("error")
    assert words in told(report, code)
    assert (report.new, report.same + report.changed, report.rejected) == (0, 1, 1)


def test_a_row_without_code_beside_rows_with_codes_is_found_by_its_name(town: Engine, tmp_path: Path) -> None:
    report = take_in(town, "ledger", with_codes(town, tmp_path / "附件1.xlsx", K4=None, F4=5))
    assert (report.new, report.changed, report.same) == (0, 1, 1)
    assert rows(town, "select service_form from management_areas order by code") == [(1,), (5,)]


def test_a_new_area_that_bears_the_former_name_of_a_renamed_one_is_an_area_of_its_own(
    town: Engine, tmp_path: Path
) -> None:
    take_in(town, "ledger", with_codes(town, tmp_path / "附件1.xlsx", B3="朝阳苑"))
    path = with_codes(town, tmp_path / "新.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet.insert_rows(5)
    new: tuple[Any, ...] = (3, "阳光花园1", "另一小区", "迎江区、宜城路街道、吴樾社区", "", 2, 3, 5)
    for at, value in enumerate(new, 1):
        sheet.cell(5, at).value = value
    book.save(path)
    report = take_in(town, "ledger", path)
    assert report.differences[0].rows == ()
    assert (report.new, report.rejected) == (1, 0)
    assert len(rows(town, "select from management_areas where name = '阳光花园1'")) == 1
