"""Ledger entries go in, a workbook in the official form comes out: title row, exact headers, code list below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from gis_service.codes import CommitteeState, PartyCoverage, ProblemCategory, ServiceForm
from gis_service.ledger.coded import Code
from gis_service.ledger.columns import ANNEX1_COLUMNS, ANNEX1_TITLE, ANNEX2_COLUMNS, ANNEX2_TITLE
from gis_service.ledger.entries import LedgerEntry, ProblemEntry

_WIDTHS1 = (6, 24, 24, 30, 46, 12, 14, 14, 34, 12)
_WIDTHS2 = (6, 24, 12, 26, 10, 44, 44, 24, 16, 10, 20)
_THIN = Side(style="thin", color="FF808080")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_FORMULA = ("=", "+", "-", "@", "\t")
_MOST = 32_767
_HEADER_ROW = 2

Written = str | int | float | None


def write_annex1(entries: Iterable[LedgerEntry], path: Path) -> None:
    """A workbook at `path` in the form of 附件1 that `read_annex1` reads back as the same entries."""
    notes = (_code_list("物业服务形态", ServiceForm), _code_list("业主委员会组建情况", CommitteeState))
    rows = [_annex1_row(entry) for entry in entries]
    sheet = _form("附件1", ANNEX1_TITLE, ANNEX1_COLUMNS, _WIDTHS1)
    _fill(sheet, rows, f"说明：{'；'.join((*notes, _code_list('党的工作覆盖情况', PartyCoverage)))}。")
    for row in range(_HEADER_ROW + 1, _HEADER_ROW + 1 + len(rows)):
        sheet.cell(row, len(ANNEX1_COLUMNS)).number_format = "0.##%"
    _save(sheet, path)


def write_annex2(entries: Iterable[ProblemEntry], path: Path) -> None:
    """A workbook at `path` in the form of 附件2 that `read_annex2` reads back as the same entries."""
    sheet = _form("附件2", ANNEX2_TITLE, ANNEX2_COLUMNS, _WIDTHS2)
    names = "、".join(f"{int(code)} {code.words}" for code in ProblemCategory)
    _fill(sheet, [_annex2_row(entry) for entry in entries], f"说明：问题类别：{names}。")
    _save(sheet, path)


def _annex1_row(entry: LedgerEntry) -> Sequence[Written]:
    division = entry.division_text or "、".join(filter(None, (entry.county, entry.street, entry.neighborhood)))
    return (
        entry.seq,
        entry.area_name,
        "、".join(entry.community_names),
        division,
        entry.abuttals_text,
        entry.service_form,
        entry.committee,
        entry.party_coverage,
        _people(entry),
        entry.fee_rate,
    )


def _people(entry: LedgerEntry) -> str:
    manager = " ".join(filter(None, (entry.manager, entry.manager_phone)))
    return "\n".join(filter(None, (entry.company, f"项目负责人：{manager}" if manager else "")))


def _annex2_row(entry: ProblemEntry) -> Sequence[Written]:
    day = entry.deadline
    deadline = entry.deadline_text or (f"{day.year}年{day.month}月{day.day}日" if day else "")
    return (
        entry.seq,
        entry.project_name,
        entry.county,
        entry.company,
        "、".join(str(category) for category in entry.categories),
        entry.content,
        entry.progress,
        entry.responsible,
        deadline,
        None if entry.closed is None else ("是" if entry.closed else "否"),
        entry.remark,
    )


def _form(name: str, title: str, columns: Sequence[str], widths: Sequence[int]) -> Worksheet:
    sheet = Workbook().active
    if not isinstance(sheet, Worksheet):  # pragma: no cover - a new workbook has one worksheet
        raise TypeError(name)
    sheet.title = name
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(columns))
    _put(sheet.cell(1, 1), title, Font(size=18, bold=True), centred=True)
    sheet.row_dimensions[1].height = 36
    for at, (column, width) in enumerate(zip(columns, widths, strict=True), 1):
        cell = sheet.cell(_HEADER_ROW, at)
        _put(cell, column, Font(bold=True), centred=True)
        cell.border, cell.fill = _BORDER, PatternFill("solid", fgColor="FFE8EEF4")
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.row_dimensions[_HEADER_ROW].height = 36
    sheet.freeze_panes = f"A{_HEADER_ROW + 1}"
    sheet.print_title_rows = f"1:{_HEADER_ROW}"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return sheet


def _fill(sheet: Worksheet, rows: Sequence[Sequence[Written]], note: str) -> None:
    for number, row in enumerate(rows, _HEADER_ROW + 1):
        for at, value in enumerate(row, 1):
            cell = sheet.cell(number, at)
            _put(cell, value, Font(), centred=at == 1)
            cell.border = _BORDER
    last, width = _HEADER_ROW + 1 + len(rows), sheet.max_column
    sheet.merge_cells(start_row=last, start_column=1, end_row=last, end_column=width)
    _put(sheet.cell(last, 1), note, Font(size=9), centred=False)
    sheet.row_dimensions[last].height = 60


def _put(cell: Cell | object, value: Written, font: Font, *, centred: bool) -> None:
    """Write a value; a text stays a text even where a program would take it for a formula."""
    if not isinstance(cell, Cell):  # pragma: no cover - the first cell of a merged range is a plain cell
        raise TypeError(str(cell))
    cell.font = font
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center" if centred else None)
    if not isinstance(value, str):
        cell.value = None if value is None else value if isinstance(value, float) else int(value)
    elif value:
        cell.value = _ESCAPED.sub("_x005F_", _CONTROL.sub("", value))[:_MOST]
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(_FORMULA)


def _code_list(title: str, codes: type[Code]) -> str:
    return f"{title}：{'、'.join(f'{int(code)} {code.words}' for code in codes)}"


def _save(sheet: Worksheet, path: Path) -> None:
    workbook = sheet.parent
    if workbook is not None:
        workbook.save(path)
