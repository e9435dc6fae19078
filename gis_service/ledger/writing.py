"""Rows of the official forms go in, a workbook or CSV comes out: titles, exact headers, rows, notes; memory bounded."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from gis_service.ledger.cells import CellValue
from gis_service.ledger.columns import FORMS, Annex
from gis_service.ledger.delimited import guarded
from gis_service.ledger.entries import LedgerEntry, ProblemEntry, SheetFrame
from gis_service.ledger.forms import Cell, FormRow, FormSheet, area_cells, official_frame, problem_cells

REASON_COLUMN = "需要修改的地方"
_WIDTHS: dict[Annex, tuple[int, ...]] = {
    1: (6, 24, 24, 30, 46, 12, 14, 14, 34, 12),
    2: (6, 24, 12, 26, 10, 44, 44, 24, 16, 10, 20),
}
_BESIDE_WIDTH, _REASON_WIDTH = 18, 60
_THIN = Side(style="thin", color="FF808080")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_MIDDLE, _CENTRE = (Alignment(wrap_text=True, vertical="center", horizontal=at) for at in (None, "center"))
_RED = PatternFill("solid", fgColor="FFFFC7CE")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_A_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_FORMULA = ("=", "+", "-", "@", "\t")
_MOST = 32_767
_STYLES: dict[str, dict[str, Any]] = {
    "题": {"font": Font(size=18, bold=True), "alignment": _CENTRE},
    "题下": {"alignment": _MIDDLE},
    "表头": {
        "font": Font(bold=True),
        "alignment": _CENTRE,
        "border": _BORDER,
        "fill": PatternFill("solid", fgColor="FFE8EEF4"),
    },
    "格": {"alignment": _MIDDLE, "border": _BORDER},
    "序号": {"alignment": _CENTRE, "border": _BORDER},
    "比率": {"alignment": _MIDDLE, "border": _BORDER, "number_format": "0.##%"},
    "待改": {"alignment": _MIDDLE, "border": _BORDER, "fill": _RED},
    "原因": {"alignment": _MIDDLE, "border": _BORDER, "font": Font(color="FF9C0006")},
    "注": {"font": Font(size=9), "alignment": _MIDDLE},
}


def write_annex1(entries: Iterable[LedgerEntry], path: Path) -> None:
    """A workbook at `path` in the form of 附件1 that `read_annex1` reads back as the same entries."""
    write_forms([FormSheet(official_frame(1), (FormRow(area_cells(entry)) for entry in entries))], path)


def write_annex2(entries: Iterable[ProblemEntry], path: Path) -> None:
    """A workbook at `path` in the form of 附件2 that `read_annex2` reads back as the same entries."""
    write_forms([FormSheet(official_frame(2), (FormRow(problem_cells(entry)) for entry in entries))], path)


def write_forms(sheets: Sequence[FormSheet], path: Path) -> int:
    """The sheets are in the file, .csv or else .xlsx; says how many rows were written."""
    return _write_csv(sheets, path) if path.suffix.lower() == ".csv" else _write_workbook(sheets, path)


def _write_csv(sheets: Sequence[FormSheet], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for sheet in sheets:
            writer.writerows(_texts(line) for line in sheet.frame.above)
            writer.writerow(_titles(sheet))
            for row in sheet.rows:
                writer.writerow(_texts([*row.cells, *_further(sheet, row)]))
                count += 1
            writer.writerows(_texts(line) for line in sheet.frame.notes)
    return count


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [_text(cell) for cell in cells]


def _text(cell: Cell) -> str:
    """The cell in a CSV; a workbook holds every number as one with decimals, a whole one is written without."""
    if isinstance(cell, str):
        return guarded(cell)
    return "" if cell is None else f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell)


def _titles(sheet: FormSheet) -> list[str]:
    titles = [column.title for column in FORMS[sheet.frame.annex]]
    return [*titles, *filter(None, [sheet.beside, REASON_COLUMN if sheet.with_reasons else ""])]


def _further(sheet: FormSheet, row: FormRow) -> list[str]:
    """The cells of a row behind those of the form."""
    return [*([row.beside] if sheet.beside else []), *([row.reason] if sheet.with_reasons else [])]


def _write_workbook(sheets: Sequence[FormSheet], path: Path) -> int:
    book = Workbook(write_only=True)
    for name, style in _STYLES.items():
        book.add_named_style(NamedStyle(name, **style))
    taken: set[str] = set()
    try:
        return sum(_fill(_sheet(book, sheet, taken), sheet) for sheet in sheets)
    finally:
        book.save(path)  # also when something failed: that is how openpyxl removes its temporary files


def _sheet(book: Workbook, form: FormSheet, taken: set[str]) -> Any:
    plain = _NOT_IN_A_SHEET_NAME.sub(" ", form.frame.sheet).strip()[:28] or f"附件{form.frame.annex}"
    name = next(name for at in range(len(taken) + 1) if (name := f"{plain}{at or ''}") not in taken)
    taken.add(name)
    sheet = book.create_sheet(name)
    further = [*([_BESIDE_WIDTH] if form.beside else []), *([_REASON_WIDTH] if form.with_reasons else [])]
    widths = [*_WIDTHS[form.frame.annex], *further]
    for at, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    header = len(form.frame.above) + 1
    sheet.freeze_panes = f"A{header + 1}"
    sheet.print_title_rows = f"{header}:{header}"
    sheet.row_dimensions[header].height = 36
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return sheet


def _fill(sheet: Any, form: FormSheet) -> int:
    count = 0
    _lines(sheet, form.frame, form.frame.above, 1, ("题", "题下"))
    sheet.append([_cell(sheet, title, "表头") for title in _titles(form)])
    for row in form.rows:
        sheet.append(list(_row(sheet, form, row)))
        count += 1
    _lines(sheet, form.frame, form.frame.notes, len(form.frame.above) + 2 + count, ("注", "注"))
    return count


def _row(sheet: Any, form: FormSheet, row: FormRow) -> Iterator[object]:
    share = len(FORMS[1]) - 1 if form.frame.annex == 1 else None
    for at, value in enumerate(row.cells):
        rate = at == share and isinstance(value, float) and value <= 1
        yield _cell(sheet, value, "待改" if at in row.wrong else "序号" if at == 0 else "比率" if rate else "格")
    if form.beside:
        yield _cell(sheet, row.beside, "格")
    if form.with_reasons:
        yield _cell(sheet, row.reason, "原因")


def _lines(
    sheet: Any, frame: SheetFrame, lines: Sequence[list[CellValue]], first: int, styles: tuple[str, str]
) -> None:
    """Write lines outside the table; one that holds only its first cell lies across all columns."""
    width = get_column_letter(len(FORMS[frame.annex]))
    for at, line in enumerate(lines):
        if line and line[0] != "" and all(cell == "" for cell in line[1:]):
            sheet.merged_cells.add(f"A{first + at}:{width}{first + at}")
            sheet.row_dimensions[first + at].height = 36 if styles[0] == "题" else 60
            line = line[:1]
        sheet.append([_cell(sheet, cell, styles[0 if at == 0 else 1]) for cell in line])


def _cell(sheet: Any, value: Cell, style: str) -> object:
    """The cell; a text stays a text even where a program would take it for a formula."""
    cell = WriteOnlyCell(sheet)
    cell.style = style
    if not isinstance(value, str):
        cell.value = value
    elif text := _storable(value):
        cell.value = text
        cell.data_type = "s"
        if text.startswith(_FORMULA):
            cell.quotePrefix = True
    return cell


def _storable(text: str) -> str | None:
    return _ESCAPED.sub("_x005F_", _CONTROL.sub("", text))[:_MOST] or None
