"""An extract comes in; an Excel workbook goes out: a sheet of features, and a sheet that says what they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES, ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from sqlalchemy import Connection

from gis_service import clock
from gis_service.errors import TooLargeError
from gis_service.exports.csv_text import FORMULA_MARKS
from gis_service.exports.extracting import Extract, Written
from gis_service.exports.readable import Value
from gis_service.exports.table import WKT, TableRow, has_places, headings, table_rows

MOST_ROWS = 1_048_575  # of a sheet, the titles not counted
LONGEST_CELL = 32_767  # characters
_LISTED = 1_000
_NOT_IN_A_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")


@dataclass
class _Shortened:
    """Texts that a cell does not hold: how many, and the first of them by id and column."""

    count: int = 0
    listed: list[tuple[str, str]] = field(default_factory=list)

    def note(self, row: TableRow, column: str) -> None:
        self.count += 1
        if self.count <= _LISTED:
            self.listed.append((str(row.id), column))


def write_workbook(connection: Connection, taken: Extract, out: Path) -> Written:
    """The file holds every feature; texts are texts, also those that look like formulas, and numbers are numbers.

    What no cell can hold is listed on the second sheet: a long text is cut there, a long WKT left out.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_NOT_IN_A_SHEET_NAME.sub(" ", taken.title)[:31])
    shortened = _Shortened()
    try:
        count = _fill(sheet, taken, table_rows(connection, taken), shortened)
        _explain(book.create_sheet("说明"), taken, count, shortened)
    finally:
        book.save(out)  # also when something failed: that is how openpyxl removes its temporary files
    notes = (f"{shortened.count} 处文字超过单元格上限 {LONGEST_CELL} 字，见“说明”表",) if shortened.count else ()
    return Written(count, notes)


def packed_sheets(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[Value]], about: Iterable[tuple[str, Value]]
) -> bytes:
    """The same workbook in memory, for rows that are no more than one answer holds."""
    out = BytesIO()
    write_sheets(out, title, headings, rows, about)
    return out.getvalue()


def write_sheets(
    out: Path | BytesIO,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Value]],
    about: Iterable[tuple[str, Value]],
    shares: Collection[str] = (),
) -> None:
    """The file holds the rows under their headings, and a sheet that says what they are; `shares` read as per cent."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_NOT_IN_A_SHEET_NAME.sub(" ", title)[:31])
    sheet.freeze_panes = "A2"
    for place, name in enumerate(headings, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = min(max(12, 2 * len(name) + 4), 40)
    sheet.append([_bold(sheet, name) for name in headings])
    for row in rows:
        held = (value[:LONGEST_CELL] if isinstance(value, str) else value for value in row)
        cells = zip(headings, held, strict=True)
        sheet.append([_share(sheet, value) if name in shares else _cell(sheet, value) for name, value in cells])
    words = book.create_sheet("说明")
    words.column_dimensions["A"].width, words.column_dimensions["B"].width = 16, 100
    made = ("导出时间", f"{clock.now():%Y-%m-%d %H:%M}（北京时间）")
    for name, value in (*about, made):
        words.append([_cell(words, name), _cell(words, value)])
    book.save(out)


def _fill(sheet: Any, taken: Extract, rows: Iterator[TableRow], shortened: _Shortened) -> int:
    names = headings(taken)
    sheet.freeze_panes = "A2"
    for place, name in enumerate(names, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = min(max(12, 2 * len(name) + 4), 40)
    sheet.append([_bold(sheet, name) for name in names])
    count = 0
    for row in rows:
        count += 1
        if count > MOST_ROWS:
            raise TooLargeError(f"要素超过 Excel 一张表的上限 {MOST_ROWS} 行，请缩小范围，或改用 CSV、GeoPackage")
        sheet.append(
            [_cell(sheet, _held(row, cell, name, shortened)) for name, cell in zip(names, row.cells, strict=True)]
        )
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(names))}{count + 1}"
    return count


def _held(row: TableRow, cell: Value, name: str, shortened: _Shortened) -> Value:
    if not isinstance(cell, str) or len(cell) <= LONGEST_CELL:
        return cell
    shortened.note(row, name)
    return None if name == WKT else cell[:LONGEST_CELL]


def _cell(sheet: Any, value: Value) -> object:
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)
    if not text.startswith(FORMULA_MARKS) and text not in ERROR_CODES:
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # a text, whatever openpyxl or Excel would make of it
    cell.quotePrefix = True  # also after somebody has edited the cell
    return cell


def _share(sheet: Any, value: Value) -> object:
    cell = WriteOnlyCell(sheet)
    cell.value, cell.number_format = value, "0.0%"
    return cell


def _bold(sheet: Any, text: str) -> object:
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _explain(sheet: Any, taken: Extract, count: int, shortened: _Shortened) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 16, 100
    told: list[tuple[str, Value]] = [
        ("图层", taken.title),
        ("口径", taken.layer.description),
        ("要素数", count),
        ("导出时间", f"{clock.now():%Y-%m-%d %H:%M}（北京时间）"),
    ]
    if has_places(taken):
        told.append(("坐标系", f"{taken.system.id}，{taken.system.title}"))
    told += [(spec.title, spec.description) for spec, _ in taken.columns.values() if spec.description]
    if shortened.count:
        told.append(
            ("超长文字", f"{shortened.count} 处超过单元格上限 {LONGEST_CELL} 字；前 {_LISTED} 处的编号与列如下")
        )
    for name, words in [*told, *shortened.listed]:
        sheet.append([_cell(sheet, name), _cell(sheet, words)])
