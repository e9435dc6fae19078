"""Files that are no ledger, or too large for one: each is named in Chinese, and no good row is lost."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from gis_service.issues import Severity
from gis_service.ledger import ANNEX1_COLUMNS, ANNEX2_COLUMNS, annex_of, limits, read_annex1, read_annex2
from tests.ledger_files import (
    ANNEX1_ROWS,
    LETTERS,
    NAMES,
    compound_file,
    fill,
    issue_of,
    official,
    put,
    sheet_of_rows,
    with_sheet_xml,
    xls,
    xml_row,
)


def write_bytes(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def write_truncated(path: Path) -> None:
    official(1).save(path)
    path.write_bytes(path.read_bytes()[:-400])


def write_broken_inside(path: Path) -> None:
    official(1).save(path)
    content = bytearray(path.read_bytes())
    at = content.index(b"xl/worksheets/sheet1.xml") + 60
    content[at : at + 200] = bytes(200)
    path.write_bytes(content)


def write_zip(name: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as package:
            package.writestr(name, "<x/>")

    return write


def write_empty_workbook(path: Path) -> None:
    openpyxl.Workbook().save(path)


def write_other_table(path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.append(["序号", "姓名", "电话"])
    sheet.append([1, "张三", "123"])
    workbook.save(path)


def write_header_only(path: Path) -> None:
    workbook = official(1)
    workbook["附件1"].delete_rows(3, 3)
    workbook.save(path)


def write_annex_2(path: Path) -> None:
    official(2).save(path)


def write_bomb_of_strings(path: Path) -> None:
    strings = b"<sst><si><t>" + b"x" * (limits.MAX_STRINGS_BYTES + 1) + b"</t></si></sst>"
    with_sheet_xml(path, sheet_of_rows([]), strings=strings)


def write_doctype(path: Path) -> None:
    with_sheet_xml(path, ['<!DOCTYPE x [<!ENTITY a "aaaa">]>', *sheet_of_rows([])])


FILES: list[tuple[str, Callable[[Path], object], str, str]] = [
    ("空.xlsx", write_bytes(b""), "file_empty", "0 字节"),
    ("文本.xlsx", write_bytes("只是几个字".encode()), "file_not_workbook", "纯文本"),
    ("旧编码.xlsx", write_bytes("序号,小区名称\n1,阳光".encode("gb18030")), "header_missing", "只认出 2 列"),
    ("网页.xls", write_bytes(b"<html><table><tr><td>1</td></tr></table></html>"), "file_not_workbook", "网页"),
    ("扫描.xlsx", write_bytes(b"%PDF-1.7\n"), "file_not_workbook", "PDF"),
    ("图.xlsx", write_bytes(b"\x89PNG\r\n\x1a\n"), "file_not_workbook", "图片"),
    ("乱.xlsx", write_bytes(bytes(range(256)) * 4), "file_not_workbook", "无法识别"),
    ("加密.xlsx", write_bytes(compound_file({"EncryptedPackage": b"\x07", "EncryptionInfo": b"\x01"})),
     "file_encrypted", "打开密码"),
    ("报告.doc", write_bytes(compound_file({"WordDocument": b"\x07"})), "file_not_workbook", "Word"),
    ("半截.xls", write_bytes(compound_file({"Workbook": b"\x09\x08"})), "file_damaged", "损坏"),
    ("半截.xlsx", write_truncated, "file_damaged", "不完整"),
    ("坏块.xlsx", write_broken_inside, "file_damaged", "损坏"),
    ("报告.xlsx", write_zip("word/document.xml"), "file_not_workbook", "Word"),
    ("表.ods", write_zip("content.xml"), "file_not_workbook", "OpenDocument"),
    ("表.xlsb", write_zip("xl/workbook.bin"), "file_not_workbook", ".xlsb"),
    ("包.zip", write_zip("台账.xlsx"), "file_not_workbook", "先解压"),
    ("缺件.xlsx", write_zip("xl/workbook.xml"), "file_damaged", "损坏"),
    ("文件夹.xlsx", lambda path: path.mkdir(), "file_is_folder", "文件夹"),
    ("没有.xlsx", lambda _path: None, "file_missing", "找不到"),
    ("空表.xlsx", write_empty_workbook, "sheet_empty", "工作表是空的"),
    ("通讯录.xlsx", write_other_table, "header_missing", "缺少 “物业管理区域名称”"),
    ("只有表头.xlsx", write_header_only, "no_rows", "没有数据行"),
    ("问题.xlsx", write_annex_2, "wrong_annex", "这是附件2《住宅物业服务问题整治工作台账》"),
    ("炸弹.xlsx", write_bomb_of_strings, "file_too_large", "64 MB"),
    ("声明.xlsx", write_doctype, "file_damaged", "DOCTYPE"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "write", "code", "words"), FILES, ids=[name for name, *_ in FILES])
def test_a_file_that_is_no_such_ledger_is_an_error_with_the_file_named(
    tmp_path: Path, name: str, write: Callable[[Path], object], code: str, words: str
) -> None:
    path = tmp_path / name
    write(path)
    reading = read_annex1(path)
    issue = issue_of(reading.issues, code)
    assert reading.entries == ()
    assert issue.severity is Severity.ERROR
    assert words in issue.message
    assert str(issue).startswith(name)
    assert annex_of(path) == {"问题.xlsx": 2, "只有表头.xlsx": 1}.get(name)


def test_the_wrong_annex_says_how_to_import_it(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    official(1).save(path)
    said = str(issue_of(read_annex2(path).issues, "wrong_annex"))
    assert "这是附件1《住宅物业管理区域信息台账》，不是附件2" in said
    assert "gis-service import ledger" in said


def test_a_hundred_thousand_columns_are_cut_and_every_good_row_is_read(tmp_path: Path) -> None:
    titles = [*ANNEX1_COLUMNS, *(f"多余{number}" for number in range(100_000 - len(ANNEX1_COLUMNS)))]
    cells = "".join(f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in titles)
    rows = [f'<row r="1">{cells}</row>', *(xml_row(at, row, LETTERS) for at, row in enumerate(ANNEX1_ROWS, 2))]
    path = with_sheet_xml(tmp_path / "宽.xlsx", sheet_of_rows(rows))
    reading = read_annex1(path)
    assert "共有 100000 列，只读前 64 列" in str(issue_of(reading.issues, "sheet_cut"))
    assert [entry.community_names[0] for entry in reading.entries] == list(NAMES)


def test_a_million_formatted_empty_rows_cost_nothing_and_are_not_even_mentioned(tmp_path: Path) -> None:
    table = [xml_row(1, ANNEX1_COLUMNS, LETTERS), *(xml_row(at, row, LETTERS) for at, row in enumerate(ANNEX1_ROWS, 2))]
    empty = (
        f'<row r="{at}" s="1" customFormat="1"><c r="A{at}" s="1"/><c r="B{at}" s="1"/></row>'
        for at in range(5, 1_048_577)
    )
    merge = '<mergeCells count="1"><mergeCell ref="H2:H3"/></mergeCells>'
    path = with_sheet_xml(tmp_path / "长.xlsx", sheet_of_rows((*table, *empty), merge))
    reading = read_annex1(path)
    assert [entry.community_names[0] for entry in reading.entries] == list(NAMES)
    assert reading.issues == ()


def test_stray_cells_in_the_last_row_and_column_are_cut_and_named(tmp_path: Path) -> None:
    path = tmp_path / "远.xlsx"
    official(1, put("XFD3", "x"), put("A1048576", "x")).save(path)
    reading = read_annex1(path)
    said = [str(issue) for issue in reading.issues if issue.code == "sheet_cut"]
    assert said == [
        "远.xlsx工作表“附件1”：超过 200000 行，其后的内容未读入",
        "远.xlsx工作表“附件1”：共有 16384 列，只读前 64 列，请删去右侧多余的列",
    ]
    assert [entry.community_names[0] for entry in reading.entries] == list(NAMES)


def test_a_text_that_is_used_a_million_times_is_not_multiplied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CHARACTERS", 5_000)
    rows = [xml_row(1, ANNEX1_COLUMNS, LETTERS), *(xml_row(at, row, LETTERS) for at, row in enumerate(ANNEX1_ROWS, 2))]
    rows += [f'<row r="{at}"><c r="C{at}" t="s"><v>0</v></c></row>' for at in range(5, 20)]
    strings = f"<sst><si><t>{'长' * 1_000}</t></si></sst>".encode()
    path = with_sheet_xml(tmp_path / "重复.xlsx", sheet_of_rows(rows), strings=strings)
    reading = read_annex1(path)
    assert "文字超过 5000 个字符" in str(issue_of(reading.issues, "sheet_cut"))
    assert [entry.community_names[0] for entry in reading.entries][:3] == list(NAMES)
    assert len(reading.entries) < 3 + 5


@pytest.mark.parametrize("end", ["</c>", "", "</v></c></row>"])
def test_a_sheet_whose_xml_breaks_off_keeps_the_rows_before_the_break(tmp_path: Path, end: str) -> None:
    rows = [xml_row(1, ANNEX1_COLUMNS, LETTERS), *(xml_row(at, row, LETTERS) for at, row in enumerate(ANNEX1_ROWS, 2))]
    path = with_sheet_xml(tmp_path / "断.xlsx", ["<worksheet><sheetData>", *rows, '<row r="5"><c r="A5"><v>4', end])
    reading = read_annex1(path)
    assert "内容从第 5 行起损坏" in str(issue_of(reading.issues, "sheet_cut"))
    assert [entry.community_names[0] for entry in reading.entries] == list(NAMES)


def test_a_sheet_larger_than_the_limit_keeps_the_rows_up_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = [xml_row(1, ANNEX1_COLUMNS, LETTERS), *(xml_row(at, row, LETTERS) for at, row in enumerate(ANNEX1_ROWS, 2))]
    path = with_sheet_xml(tmp_path / "大.xlsx", sheet_of_rows([*table, "<row/>" * 10_000, xml_row(20_000, "x", "B")]))
    monkeypatch.setattr(limits, "MAX_SHEET_BYTES", 30_000)
    reading = read_annex1(path)
    assert "解开后超过" in str(issue_of(reading.issues, "sheet_cut"))
    assert [entry.community_names[0] for entry in reading.entries] == list(NAMES)


def test_every_fitting_sheet_is_read_and_the_sheet_is_named_in_each_issue(tmp_path: Path) -> None:
    workbook = official(1, put("F4", 8))
    second = workbook.create_sheet("第二页")
    fill(second, 1)
    second.title = "宜秀区"
    second["F5"] = "九"
    other = workbook.create_sheet("其他")
    fill(other, 2)
    path = tmp_path / "多表.xlsx"
    workbook.save(path)
    reading = read_annex1(path)
    assert reading.sheet == "附件1、宜秀区"
    assert [entry.community_names[0] for entry in reading.entries] == [*NAMES, *NAMES]
    assert [(issue.where.sheet, issue.where.cell) for issue in reading.issues if issue.code == "code_unknown"] == [
        ("附件1", "F4"),
        ("宜秀区", "F5"),
    ]
    assert len(read_annex2(path).entries) == len(NAMES)


def test_a_workbook_of_excel_97_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "旧版.xls"
    path.write_bytes(xls([["住宅物业管理区域信息台账"], ANNEX1_COLUMNS, *ANNEX1_ROWS]))
    reading = read_annex1(path)
    assert [(entry.community_names[0], entry.service_form) for entry in reading.entries] == [
        (name, 1) for name in NAMES
    ]
    assert reading.issues == ()
    assert annex_of(path) == 1


def test_the_columns_of_both_forms_are_read_without_a_single_issue(tmp_path: Path) -> None:
    first, second = tmp_path / "1.xlsx", tmp_path / "2.xlsx"
    official(1).save(first)
    official(2).save(second)
    assert (read_annex1(first).issues, read_annex2(second).issues) == ((), ())
    assert set(read_annex2(second).entries[0].raw) == set(ANNEX2_COLUMNS) - {"备注"}
