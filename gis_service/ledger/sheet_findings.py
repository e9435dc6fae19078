"""What is said about whole sheets: columns that are missing or doubled, sheets that were not read, the wrong annex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gis_service.ledger.columns import FORMS, TITLES, Annex
from gis_service.ledger.findings import Findings
from gis_service.ledger.header import SEARCHED_ROWS, Header
from gis_service.ledger.sheet_xml import column_letters
from gis_service.ledger.workbook import Sheet


@dataclass(frozen=True)
class UnreadSheet:
    """A sheet that is not of the annex that was asked for, with the best header it has."""

    name: str
    holds_something: bool
    header: Header | None
    annex: Annex | None


def tell_header(sheet: Sheet, header: Header, findings: Findings) -> None:
    """Findings about the header of a sheet that is read."""
    for column in header.missing():
        like = header.like(column)
        hint = f"；“{like}”列是否就是它？请改用规定的列名" if like else ""
        findings.warning(
            "column_missing",
            f"表头缺少“{column.title}”列，其余各列照常读入{hint}",
            findings.place(header.last_row, column.title),
        )
    for at, title in header.doubled.items():
        findings.warning(
            "column_doubled",
            f"“{title}”列出现多次，以第一次出现的为准",
            findings.place(header.last_row, title, f"{column_letters(at)}{header.last_row}"),
        )
    if sheet.hidden:
        findings.note("sheet_hidden", "这张工作表是隐藏的，也已读入")


def tell_unread(others: Sequence[UnreadSheet], annex: Annex, findings: Findings, *, read: bool) -> None:
    """Findings about the sheets that were not read: notes beside a sheet that was, else the error of the file."""
    held = [sheet for sheet in others if sheet.holds_something]
    if not read and not others and not findings.issues:
        findings.error("sheet_empty", "工作簿里没有可读的工作表，请用 Excel 或 WPS 打开核对后另存再导入")
    if read:
        for sheet in held:
            findings.of_sheet(sheet.name).note("sheet_skipped", f"没有附件{annex}的表头，未读入")
        return
    wrong = next((sheet for sheet in held if sheet.annex), None)
    if wrong and wrong.annex:
        findings.of_sheet(wrong.name).error("wrong_annex", _wrong_annex(annex, wrong.annex))
    elif held:
        best = max(held, key=lambda sheet: sheet.header.score if sheet.header else 0)
        findings.of_sheet(best.name).error("header_missing", _no_header(annex, best.header))
    elif others:
        findings.of_sheet(others[0].name).error(
            "sheet_empty", f"工作表是空的，没有附件{annex}《{TITLES[annex]}》的内容"
        )


def _wrong_annex(asked: Annex, found: Annex) -> str:
    how = "作为台账（ledger）导入" if found == 1 else "作为问题整治台账（problems）导入"
    return (
        f"这是附件{found}《{TITLES[found]}》，不是附件{asked}《{TITLES[asked]}》；"
        f"请{how}，或用命令 gis-service import ledger，它会自动认出附件1和附件2"
    )


def _no_header(annex: Annex, header: Header | None) -> str:
    title = f"附件{annex}《{TITLES[annex]}》"
    if header is None:
        wanted = "、".join(f"“{column.title}”" for column in FORMS[annex])
        return f"前 {SEARCHED_ROWS} 行没有{title}的表头，应有 {wanted} 各列"
    missing = "、".join(f"“{column.title}”" for column in header.missing())
    return f"第 {header.last_row} 行只认出 {header.score} 列，不是{title}的表头，缺少 {missing}"
