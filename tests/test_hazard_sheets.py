"""Manholes, fire lanes and e-bike places by sheet: joined to communities, judged with clause and value."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine

from gis_service.imports import ImportReport, import_file
from gis_service.imports.hazard_sheets import read_sheet
from tests.import_files import clear, communities_file, divisions_file, rows, take_in

pytestmark = pytest.mark.database
COVERS = (
    ("窨井盖编号", "权属单位", "类别（01–05）", "承载等级", "井盖状态", "上报时间", "经度", "纬度", "小区编号"),
    ("JG-1", "市排水公司", "02", "D400", "破损", "2023-07-20T08:30:00", 117.05, 30.52, "XQ-1"),
    ("JG-2", "供电公司", "电力", "C250", "完好", None, 117.051, 30.521, "XQ-2"),
    ("JG-3", "市排水公司", "09", "D400", "破损", None, 117.052, 30.522, "XQ-1"),
    ("JG-4", "市排水公司", "01", "D400", "完好", None, "东门口", None, "XQ-1"),
)
LANES = (
    (
        *("消防车道编号", "名称", "净宽（m）", "净高（m）", "坡度（%）", "距外墙（m）", "尽头路", "已划线", "被占用"),
        *("测量日期", "坐标", "小区编号"),
    ),
    ("XF-1", "东门车道", 3.2, 4.5, 2, 6, "否", "是", "否", "2023-07-18", "117.050 30.520; 117.051 30.520", "XQ-1"),
    ("XF-2", "西门车道", 4.2, 4.5, 2, 6, "否", "是", "否", "2023-07-18", "117.050，30.521；117.051，30.521", "XQ-1"),
    ("XF-3", "北门车道", None, None, None, None, None, None, None, None, "117.050 30.522; 117.051 30.522", None),
)  # fmt: skip
PLACES = (
    ("场所编号", "名称", "车位数", "面积", "每组长度", "插座间距", "出口数", "邻近敏感场所", "坐标"),
    ("CD-1", "一号棚", 20, 30, 15, 1, 2, "", "117.0503 30.51999;117.0506 30.51999;117.0506 30.52001;117.0503 30.52001"),
)


@pytest.fixture
def town(engine: Engine, tmp_path: Path) -> Engine:
    clear(engine)
    take_in(engine, "divisions", divisions_file(tmp_path))
    take_in(engine, "communities", communities_file(tmp_path, "阳光花园1", "阳光花园2"))
    return engine


def workbook(path: Path, *tables: tuple[tuple[object, ...], ...]) -> Path:
    book = openpyxl.Workbook()
    for at, table in enumerate(tables, 1):
        sheet = book.create_sheet(f"表{at}")
        sheet.append(["安庆市隐患调查表"])
        for row in table:
            sheet.append(list(row))
    book.remove(book.worksheets[0])
    book.save(path)
    return path


def told(report: ImportReport) -> list[tuple[str | None, int | None, str, str]]:
    return [(issue.where.sheet, issue.where.row, issue.where.column, issue.message) for issue in report.issues]


def test_covers_come_in_by_their_codes_and_bad_cells_are_told_by_sheet_row_and_title(
    town: Engine, tmp_path: Path
) -> None:
    report = take_in(town, "hazards", workbook(tmp_path / "窨井盖.xlsx", COVERS))
    assert (report.new, report.rejected) == (2, 2)
    found = rows(
        town,
        "select m.code, m.kind, m.state, m.load_class, c.code, m.due_at - m.reported_at = interval '24 hours'"
        " from manholes m join communities c on c.id = m.community_id order by 1",
    )
    assert found == [
        ("JG-1", "污水", "破损", "D400", "XQ-1", True), ("JG-2", "电力", "完好", "C250", "XQ-2", None)
    ]  # fmt: skip
    issues = told(report)
    assert any(each[:3] == ("表1", 5, "类别（01–05）") and "“09”不是上水、污水" in each[3] for each in issues)
    assert any(each[:3] == ("表1", 6, "经度、纬度") and "坐标写法不对" in each[3] for each in issues)


def test_lanes_are_judged_with_clause_and_value_and_what_nobody_measured_is_told_apart(
    town: Engine, tmp_path: Path
) -> None:
    take_in(town, "hazards", workbook(tmp_path / "隐患.xlsx", LANES, PLACES))
    lanes = rows(town, "select code, result, clause, finding from fire_lanes order by code")
    assert lanes[0][:3] == ("XF-1", "fail", "GB 50016 7.1.8")
    assert "3.2 m" in lanes[0][3]
    assert lanes[1][1] == "pass"
    assert lanes[2][1] == "not_measured"
    ((code, result, overlap),) = rows(town, "select code, result, lane_overlap_m2 from ebike_charging")
    assert (code, result) == ("CD-1", "fail")
    assert overlap > 50, "an e-bike place on a lane, with the square metres"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_the_same_sheet_as_text_says_the_same_and_again_changes_nothing(
    town: Engine, tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "窨井盖.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(COVERS)
    first, again = take_in(town, "hazards", path), take_in(town, "hazards", path)
    assert (first.new, again.new, again.changed, again.same) == (2, 0, 0, 2)


def test_a_sheet_of_hazards_that_is_sent_as_a_ledger_is_known_for_what_it_is(town: Engine, tmp_path: Path) -> None:
    report = import_file(town, "ledger", [workbook(tmp_path / "窨井盖.xlsx", COVERS)], commit=False)
    assert (report.new, report.units) == (2, ())


def test_a_sheet_that_is_none_of_the_three_is_told_what_its_header_should_be(town: Engine, tmp_path: Path) -> None:
    path = workbook(tmp_path / "其它.xlsx", (("甲", "乙"), (1, 2)))
    assert read_sheet(path) is None
    report = import_file(town, "hazards", [path], commit=False)
    assert "窨井盖：编号、经度、纬度" in report.issues[0].message
