"""Damaged ledgers: each kind of damage is named with its place in Chinese, and no good row is lost."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from gis_service.ledger import ANNEX1_COLUMNS, read_annex1, read_annex2
from tests.ledger_files import (
    ANNEX1_ROWS,
    NAMES,
    Damage,
    formula_error,
    issue_of,
    official,
    put,
)

CELLS_OF_ANNEX1 = [
    ("A4", "甲", "seq_unreadable", "序号", "应填整数"),
    ("A4", 1, "seq_duplicate", "序号", "与第 3 行重复"),
    ("B4", None, "area_name_missing", "物业管理区域名称", "未填写"),
    ("D4", None, "division_missing", "所在市县(区)、街道、社区", "未填写"),
    ("D4", "迎江区", "division_incomplete", "所在市县(区)、街道、社区", "看不出街道、社区"),
    ("E4", None, "abuttals_missing", "四至范围", "无法落图"),
    ("F4", 7, "code_unknown", "物业服务形态", "填写了“7”，可填 1–6"),
    ("F4", "金桥公司", "code_unknown", "物业服务形态", "填写了“金桥公司”，可填 1–6"),
    ("F4", "1、3", "code_several", "物业服务形态", "有多个代码"),
    ("F4", "1.无物管", "code_several", "物业服务形态", "代码与文字不一致"),
    ("F4", 1.5, "code_unknown", "物业服务形态", "填写了“1.5”"),
    ("F4", dt.date(2023, 1, 3), "code_unknown", "物业服务形态", "填写了“2023-01-03”"),
    ("G4", None, "code_missing", "业主委员会组建情况", "可填 1–3"),
    ("G4", "业委会筹备中", "code_unknown", "业主委员会组建情况", "可填 1–3"),
    ("H4", "９", "code_unknown", "党的工作覆盖情况", "可填 1–5"),
    ("I4", "绿地物业有限公司 张三 138055600", "phone_unreadable", "物业服务企业及项目负责人", "138055600"),
    ("J4", "八成", "percent_unreadable", "物业费收缴率", "如 85%"),
    ("J4", 120, "percent_out_of_range", "物业费收缴率", "超出范围"),
    ("J4", 1.2, "percent_ambiguous", "物业费收缴率", "1.2% 还是 120%"),
    ("J4", "80-90%", "percent_unreadable", "物业费收缴率", "填写了“80-90%”"),
    ("J4", "约90%", "percent_rough", "物业费收缴率", "90%"),
    ("D3", "同上", "ditto_without_row", "所在市县(区)、街道、社区", "上一行没有内容"),
]


@pytest.mark.parametrize(("cell", "value", "code", "column", "words"), CELLS_OF_ANNEX1)
def test_a_bad_cell_of_annex_1_is_named_with_its_place_and_costs_no_row(
    tmp_path: Path, cell: str, value: object, code: str, column: str, words: str
) -> None:
    path = tmp_path / "台账.xlsx"
    official(1, put(cell, value)).save(path)
    reading = read_annex1(path)
    issue = issue_of(reading.issues, code)
    assert (issue.where.file, issue.where.sheet, issue.where.row) == ("台账.xlsx", "附件1", int(cell[1:]))
    assert (issue.where.column, issue.where.cell) == (column, cell)
    assert words in issue.message
    assert f"第 {cell[1:]} 行“{column}”（{cell}）" in str(issue)
    assert [entry.community_names for entry in reading.entries] == [(name,) for name in NAMES]
    others = [entry for entry in reading.entries if entry.row != int(cell[1:])]
    assert {(entry.service_form, entry.fee_rate, entry.manager_phone) for entry in others} == {(1, 0.85, "13805560000")}


CELLS_OF_ANNEX2 = [
    ("E4", "消防", "category_unknown", "问题类别", "可填 1–22"),
    ("E4", 11.12, "category_unknown", "问题类别", "用顿号分开"),
    ("E4", "120", "category_unknown", "问题类别", "填写了“120”"),
    ("E4", "23", "category_added", "问题类别", "不在 1–22 之内，已作为县区在“其他”类中自行增加的编号保留"),
    ("E4", 99, "category_added", "问题类别", "“99”不在 1–22 之内"),
    ("E4", "11、23", "category_added", "问题类别", "“23”不在 1–22 之内"),
    ("E4", None, "category_missing", "问题类别", "未填写"),
    ("B4", None, "project_name_missing", "项目名称", "未填写"),
    ("C4", None, "county_missing", "所在区县", "未填写"),
    ("I4", "2023年13月45日", "date_unreadable", "整改完成时限", "看不出是哪一天"),
    ("I4", "7月15日前", "date_without_year", "整改完成时限", "没有年份"),
    ("I4", 45122, "date_serial", "整改完成时限", "2023年7月15日"),
    ("J4", "可能", "closed_unreadable", "是否销号", "可填 是 或 否"),
    ("J4", None, "closed_missing", "是否销号", "未填写"),
]


@pytest.mark.parametrize(("cell", "value", "code", "column", "words"), CELLS_OF_ANNEX2)
def test_a_bad_cell_of_annex_2_is_named_with_its_place_and_costs_no_row(
    tmp_path: Path, cell: str, value: object, code: str, column: str, words: str
) -> None:
    path = tmp_path / "问题.xlsx"
    official(2, put(cell, value)).save(path)
    reading = read_annex2(path)
    issue = issue_of(reading.issues, code)
    assert (issue.where.column, issue.where.cell, issue.where.row) == (column, cell, 4)
    assert words in issue.message
    assert [entry.content for entry in reading.entries] == [f"{name}消防车道被占" for name in NAMES]
    assert [entry.deadline for entry in reading.entries if entry.row != 4] == [dt.date(2023, 8, 15)] * 2


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?"])
def test_a_formula_error_is_named_and_the_rest_of_the_row_is_kept(tmp_path: Path, error: str) -> None:
    path = tmp_path / "台账.xlsx"
    official(1, formula_error("F4", error), formula_error("J5", error)).save(path)
    reading = read_annex1(path)
    assert [
        (issue.where.cell, error in issue.message) for issue in reading.issues if issue.code == "formula_error"
    ] == [
        ("F4", True),
        ("J5", True),
    ]
    assert [entry.service_form for entry in reading.entries] == [1, None, 1]
    assert [entry.fee_rate for entry in reading.entries] == [0.85, 0.85, None]


def test_a_formula_that_was_never_calculated_is_named(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    official(1, put("J4", "=0.4+0.4")).save(path)
    reading = read_annex1(path)
    assert "公式没有计算结果" in str(issue_of(reading.issues, "formula_error"))
    assert [entry.fee_rate for entry in reading.entries] == [0.85, None, 0.85]


def shift_down(sheet: Worksheet) -> None:
    sheet.unmerge_cells("A1:J1")
    sheet.insert_rows(1, 9)


def blank_rows(sheet: Worksheet) -> None:
    sheet.insert_rows(4, 3)
    sheet["C5"] = "   "


def notes_below(sheet: Worksheet) -> None:
    sheet.append([])
    sheet.append(["说明：1.物业服务形态：1专业化物业服务，2社区统管"])
    sheet.append(["2.业主委员会组建情况：1业主委员会，2物业管理委员会，3未成立"])
    sheet.append(["以上内容均经核实"])
    sheet.append(["", "注：本表一式三份"])
    sheet.append(["填表人：王某", "", "联系电话：0556-5500000"])


def merged_down(sheet: Worksheet) -> None:
    sheet["D4"], sheet["D5"] = None, None
    sheet.merge_cells("D3:D5")


def ditto(sheet: Worksheet) -> None:
    for cell in ("D4", "E4", "I4", "D5", "I5"):
        sheet[cell] = "同上"


def unnamed_row(sheet: Worksheet) -> None:
    sheet.append([4, "", "", "迎江区", "", 1])


def total_row(sheet: Worksheet) -> None:
    sheet.append(["合计", 3, "", "", "", "", "", "", "", 0.85])


def header_again(sheet: Worksheet) -> None:
    sheet.insert_rows(4)
    for column, title in enumerate(ANNEX1_COLUMNS, 1):
        sheet.cell(4, column, title)


def numbering_row(sheet: Worksheet) -> None:
    sheet.insert_rows(3)
    for column in range(1, 11):
        sheet.cell(3, column, f"（{column}）")


def duplicated_row(sheet: Worksheet) -> None:
    sheet.append([4, *ANNEX1_ROWS[0][1:]])


def without_abuttals(sheet: Worksheet) -> None:
    sheet.unmerge_cells("A1:J1")
    sheet.delete_cols(5)


def misspelt_header(sheet: Worksheet) -> None:
    sheet["E2"] = "四致范围"


def doubled_column(sheet: Worksheet) -> None:
    sheet["K2"], sheet["K4"] = "四至范围", "另一个四至"


def hidden(sheet: Worksheet) -> None:
    sheet.parent.create_sheet("说明页")["A1"] = "填表说明"  # type: ignore[union-attr]
    sheet.sheet_state = "hidden"


SHEETS = [
    (merged_down, "merged_filled", "D3:D5", "已填入第 3–5 行"),
    (ditto, "ditto", "D4", "已取第 3 行的“迎江区"),
    (unnamed_row, "row_empty", "第 6 行", "没有物业管理区域名称、小区名称和四至范围"),
    (total_row, "row_total", "第 6 行", "合计"),
    (header_again, "row_header_again", "第 4 行", "重复的表头"),
    (duplicated_row, "row_duplicate", "第 6 行", "与第 3 行的物业管理区域相同"),
    (without_abuttals, "column_missing", "“四至范围”", "其余各列照常读入"),
    (misspelt_header, "column_missing", "“四至范围”", "“四致范围”列是否就是它"),
    (doubled_column, "column_doubled", "K2", "以第一次出现的为准"),
    (hidden, "sheet_hidden", "工作表“附件1”", "隐藏"),
    (hidden, "sheet_skipped", "工作表“说明页”", "没有附件1的表头"),
]


@pytest.mark.parametrize(("damage", "code", "place", "words"), SHEETS)
def test_a_damaged_sheet_is_named_with_its_place_and_keeps_every_good_row(
    tmp_path: Path, damage: Damage, code: str, place: str, words: str
) -> None:
    path = tmp_path / "台账.xlsx"
    official(1, damage).save(path)
    reading = read_annex1(path)
    said = str(issue_of(reading.issues, code))
    assert said.startswith("台账.xlsx工作表“")
    assert place in said
    assert words in said
    assert [entry.community_names[0] for entry in reading.entries][:3] == list(NAMES)


@pytest.mark.parametrize("damage", [shift_down, blank_rows, notes_below, numbering_row])
def test_what_real_sheets_have_around_the_table_costs_nothing(tmp_path: Path, damage: Damage) -> None:
    path = tmp_path / "台账.xlsx"
    official(1, damage).save(path)
    reading = read_annex1(path)
    assert [entry.community_names[0] for entry in reading.entries] == list(NAMES)
    assert [str(issue) for issue in reading.issues] == []


def test_a_row_below_the_notes_is_still_a_row(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    official(1, notes_below, lambda sheet: sheet.append(["", "", "香樟里"])).save(path)
    assert [entry.community_names for entry in read_annex1(path).entries][-1] == ("香樟里",)


def test_a_workbook_of_chart_sheets_only_is_said_to_hold_no_table(tmp_path: Path) -> None:
    path = tmp_path / "图表.xlsx"
    workbook = openpyxl.Workbook()
    workbook.create_chartsheet("图")
    del workbook["Sheet"]
    workbook.save(path)
    assert "没有可读的工作表" in str(issue_of(read_annex1(path).issues, "sheet_empty"))


def test_ditto_takes_the_value_of_the_row_above_through_several_rows(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    official(1, ditto).save(path)
    entries = read_annex1(path).entries
    assert {entry.neighborhood for entry in entries} == {"炮营山社区"}
    assert {entry.company for entry in entries} == {"阳光花园物业服务有限公司"}
    assert entries[1].abuttals_text == entries[0].abuttals_text != entries[2].abuttals_text
    assert entries[1].raw["四至范围"] == "同上"


def test_a_missing_column_leaves_the_other_columns_readable(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    official(1, without_abuttals).save(path)
    entries = read_annex1(path).entries
    assert {entry.abuttals_text for entry in entries} == {""}
    assert {(entry.service_form, entry.fee_rate, entry.county) for entry in entries} == {(1, 0.85, "迎江区")}


def test_columns_that_the_form_does_not_know_are_kept_as_written(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    extra = {"K2": "建筑面积", "K4": 12000, "L2": "四至范围", "L4": "另写"}
    official(1, *(put(cell, value) for cell, value in extra.items())).save(path)
    raw = read_annex1(path).entries[1].raw
    assert (raw["建筑面积"], raw["四至范围（L列）"]) == ("12000", "另写")
