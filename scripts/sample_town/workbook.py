"""Writes a ledger sheet in the official form: merged title row, headers, rows, notes; the same bytes every time."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | float | dt.date | None
_MOMENT = dt.datetime(2023, 7, 31, 9, 0, 0)
_THIN = Side(style="thin", color="999999")


@dataclass(frozen=True)
class Sheet:
    """What goes on a sheet; `rows` may hold empty rows and rows across the table (one cell)."""

    name: str
    title: str
    subtitle: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Sequence[Sequence[Cell]]
    notes: tuple[str, ...]


def write(sheet: Sheet, path: Path) -> None:
    """The workbook at `path`, byte for byte the same for the same sheet."""
    book = Workbook()
    book.properties.creator = "示例数据（虚构）"
    book.properties.created = book.properties.modified = _MOMENT
    page = book.worksheets[0]
    page.title = sheet.name
    _head(page, sheet)
    for offset, row in enumerate(sheet.rows):
        _row(page, 4 + offset, row)
    last = 4 + len(sheet.rows)
    for offset, note in enumerate(sheet.notes):
        page.cell(last + 1 + offset, 1, note)
    buffer = io.BytesIO()
    book.save(buffer)
    path.write_bytes(_dated(buffer.getvalue()))


def _head(page: Worksheet, sheet: Sheet) -> None:
    last = get_column_letter(len(sheet.columns))
    for row, text, size in ((1, sheet.title, 18), (2, sheet.subtitle, 11)):
        page.merge_cells(f"A{row}:{last}{row}")
        page.cell(row, 1, text).font = Font(name="宋体", size=size, bold=row == 1)
        page.cell(row, 1).alignment = Alignment(horizontal="center" if row == 1 else "left")
    for column, (title, width) in enumerate(zip(sheet.columns, sheet.widths, strict=True), start=1):
        cell = page.cell(3, column, title)
        cell.font = Font(name="宋体", bold=True)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
        page.column_dimensions[get_column_letter(column)].width = width
    page.freeze_panes = "A4"


def _row(page: Worksheet, number: int, row: Sequence[Cell]) -> None:
    for column, value in enumerate(row, start=1):
        if value is None or value == "":
            continue
        cell = page.cell(number, column, value)
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        if isinstance(value, dt.date):
            cell.number_format = "yyyy/m/d"
        elif isinstance(value, float) and value < 1:
            cell.number_format = "General"


def _dated(content: bytes) -> bytes:
    """The same archive with every date in it set to one moment."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2023-07-31T09:00:00Z", data)
            entry = zipfile.ZipInfo(name, (2023, 7, 31, 9, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            target.writestr(entry, data)
    return out.getvalue()
