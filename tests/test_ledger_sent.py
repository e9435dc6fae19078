"""Ledgers that are sent again: what differs is told first, order and names are followed, files come back."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from gis_service.errors import NotFoundError
from gis_service.exports.ledgers import ledger_file_name, write_ledger
from gis_service.imports import import_file
from gis_service.imports.ordering import merged_order
from gis_service.ledger import read_annex1
from gis_service.ledger.marking import write_marked
from gis_service.store.ledgers import sent_file, sent_ledgers
from tests.import_files import clear, divisions_file, rows, take_in
from tests.ledger_files import ANNEX1_ROWS, official, put

NAMES = "select name from management_areas order by ledger_position"


@pytest.fixture
def town(engine: Engine, tmp_path: Path) -> Engine:
    clear(engine)
    take_in(engine, "divisions", divisions_file(tmp_path))
    return engine


def sheet(path: Path, *lines: int, **cells: str | float) -> Path:
    """附件1 with these of the three good rows, then with these cells."""
    book = official(1)
    book["附件1"].delete_rows(3, 3)
    for number in lines:
        book["附件1"].append(list(ANNEX1_ROWS[number - 1]))
    for at, value in cells.items():
        book["附件1"][at] = value
    book.save(path)
    return path


def test_a_changed_cell_is_shown_with_its_old_and_new_value_before_it_is_kept(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, 2, 3))
    report = import_file(town, "ledger", [sheet(tmp_path / "附件1.xlsx", 1, 2, 3, F4="5", J4="九成")], commit=False)
    (differences,) = report.differences
    (row,) = differences.rows
    assert (row.row, row.name) == (4, "绿地新城物业管理区域")
    assert [(cell.column, cell.old, cell.new) for cell in row.cells] == [
        ("物业服务形态", "1", "5"),
        ("物业费收缴率", "0.85", "九成"),
    ]
    assert rows(town, "select service_form from management_areas") == [(1,), (1,), (1,)]


def test_a_code_written_in_words_is_kept_in_words_though_it_means_the_same(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1))
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, F3="专业化物业服务"))
    with town.connect() as connection:
        write_ledger(connection, 1, tmp_path / "回.xlsx")
    assert openpyxl.load_workbook(tmp_path / "回.xlsx")["附件1"]["F3"].value == "专业化物业服务"


def test_a_row_that_is_put_between_others_stands_there_in_the_form(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, 3))
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, 2, 3))
    assert [name for (name,) in rows(town, NAMES)] == [str(row[1]) for row in ANNEX1_ROWS]


def test_a_row_that_a_later_sheet_lacks_is_kept_in_its_place_and_told(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, 2, 3))
    report = take_in(town, "ledger", sheet(tmp_path / "补报.xlsx", 3, 1))
    assert report.differences[0].absent == ("绿地新城物业管理区域",)
    assert [name for (name,) in rows(town, NAMES)] == [
        "滨江苑物业管理区域", "阳光花园物业管理区域", "绿地新城物业管理区域"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("known", "new", "order"),
    [
        ("", "ab", "ab"),
        ("abcd", "bxd", "abcxd"),
        ("ab", "xy", "abxy"),
        ("abc", "cba", "cba"),
        ("abc", "", "abc"),
    ],
)
def test_no_order_is_broken_without_need(known: str, new: str, order: str) -> None:
    assert "".join(merged_order(list(known), list(new))) == order


def test_an_area_that_is_renamed_stays_the_same_and_is_found_under_both_names(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, 2))
    renamed = take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, 2, B3="朝阳花苑"))
    assert (renamed.new, renamed.changed) == (0, 1)
    assert rows(town, "select name from area_names") == [("阳光花园物业管理区域",)]
    again = take_in(town, "ledger", sheet(tmp_path / "旧名.xlsx", 1, 2, C3=""))
    assert (again.new, again.changed) == (0, 1)
    assert len(rows(town, "select from management_areas")) == 2


def test_two_areas_of_one_community_are_not_taken_for_each_other(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, 2))
    both = take_in(
        town, "ledger", sheet(tmp_path / "两个.xlsx", 1, 2, B3="东苑", C3="阳光花园", B4="西苑", C4="阳光花园")
    )
    assert (both.new, both.changed) == (2, 0), "one of them may be the old area, but which?"


def test_a_title_of_the_next_month_comes_back_though_no_row_changed(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1))
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, A1="住宅物业管理区域信息台账（2023年8月）"))
    with town.connect() as connection:
        write_ledger(connection, 1, tmp_path / "回.xlsx", "迎江区")
    assert openpyxl.load_workbook(tmp_path / "回.xlsx")["附件1"]["A1"].value == "住宅物业管理区域信息台账（2023年8月）"


def test_every_sheet_of_a_workbook_comes_back_under_its_name(town: Engine, tmp_path: Path) -> None:
    book = official(1)
    second = book.copy_worksheet(book["附件1"])
    second.title = "孝肃路街道"
    for at in range(3, 6):
        second.cell(at, 2).value = f"{second.cell(at, 2).value}二期"
    book.save(tmp_path / "附件1.xlsx")
    take_in(town, "ledger", tmp_path / "附件1.xlsx")
    with town.connect() as connection:
        assert write_ledger(connection, 1, tmp_path / "回.xlsx") == 6
    back = openpyxl.load_workbook(tmp_path / "回.xlsx")
    assert back.sheetnames == ["附件1", "孝肃路街道"]
    assert back["孝肃路街道"]["B3"].value == "阳光花园物业管理区域二期"


def test_a_unit_gets_its_own_rows_and_an_unknown_one_is_refused(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, 2, D4="怀宁县、高河镇、高河社区"))
    with town.connect() as connection:
        assert write_ledger(connection, 1, tmp_path / "回.csv", "怀宁县") == 1
        with pytest.raises(NotFoundError, match="可用：怀宁县、迎江区"):
            write_ledger(connection, 1, tmp_path / "回.csv", "桐城市")
    assert ledger_file_name(2, None, "20230731", ".csv") == "附件2_住宅物业服务问题整治工作台账_20230731.csv"


def test_a_file_comes_back_byte_for_byte_as_it_was_sent(town: Engine, tmp_path: Path) -> None:
    first = sheet(tmp_path / "附件1.xlsx", 1).read_bytes()
    take_in(town, "ledger", tmp_path / "附件1.xlsx")
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, 2))
    with town.connect() as connection:
        newest, oldest = sent_ledgers(connection)
        assert sent_file(connection, oldest.batch_id).content == first
        assert (newest.new, newest.same, newest.file_name) == (1, 1, "附件1.xlsx")
        with pytest.raises(NotFoundError, match="没有第 0 批"):
            sent_file(connection, 0)


def test_what_a_ledger_said_is_a_fact_with_its_day_that_nobody_rewrites(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1))
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1))
    take_in(town, "ledger", sheet(tmp_path / "附件1.xlsx", 1, F3=5))
    facts = rows(town, "select facts ->> 'service_form', since = current_date from area_facts order by id")
    assert facts == [("1", True), ("5", True)]
    with town.begin() as connection, pytest.raises(DBAPIError, match="只能新增"):
        connection.execute(text("update area_facts set since = '2020-01-01'"))


def test_a_workbook_to_send_back_has_its_bad_cells_red_and_the_reason_beside_them(tmp_path: Path) -> None:
    book = official(1, put("F4", 8), put("J5", "九成"))
    book["附件1"].append([4, "", "", "", "", 1])
    book.save(tmp_path / "附件1.xlsx")
    marked = write_marked(tmp_path / "附件1.xlsx", tmp_path / "退.xlsx")
    assert (marked.rows, marked.bad) == (4, 3)
    back = openpyxl.load_workbook(tmp_path / "退.xlsx")["附件1"]
    red = [cell.coordinate for line in back.iter_rows(3, 6) for cell in line if cell.fill.fgColor.rgb == "FFFFC7CE"]
    assert red == ["F4", "J5", "A6"]
    assert back["K2"].value == "需要修改的地方"
    assert str(back["K4"].value).startswith("物业服务形态：填写了“8”，可填 1–6")
    assert "没有物业管理区域名称" in str(back["K6"].value)
    assert back["K3"].value is None
    assert [entry.area_name for entry in read_annex1(tmp_path / "退.xlsx").entries] == [
        str(row[1]) for row in ANNEX1_ROWS
    ]
