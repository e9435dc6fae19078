"""A sheet (xlsx, xls, csv) or a JSON array of figures in; its rows, with headings understood, out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from gis_service.errors import BadRequestError
from gis_service.indicators.declaration import Indicator
from gis_service.indicators.reading import COLUMNS, MOST_ROWS, Given, column_named
from gis_service.ledger.cells import CellValue
from gis_service.ledger.findings import Findings
from gis_service.ledger.workbook import Sheet, sheets

_NEEDED = ("subject", "period", "value")
_HEADINGS_WITHIN = 5  # rows: a title may stand above the headings
_CSV_ENCODINGS = ("utf-8-sig", "gb18030")


def rows_of_json(body: bytes, indicator: Indicator) -> list[Given]:
    """The rows of a JSON array of objects with subject, period, value, note; an object may hold it as `values`."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequestError("请求的内容不是 JSON") from error
    if isinstance(told, dict) and set(told) == {"values"}:
        told = told["values"]
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise BadRequestError('应为 JSON 数组，如 [{"subject": "编号", "period": "2026-11", "value": 0.85}]')
    return [_given(number, one, indicator) for number, one in enumerate(told, 1)]


def _given(number: int, told: dict[str, object], indicator: Indicator) -> Given:
    named = {column_named(name, indicator): value for name, value in told.items()}
    missing = [name for name in _NEEDED if name not in named]
    if missing:
        raise BadRequestError(f"第 {number} 项缺少 {'、'.join(missing)}")
    return Given(number, {name: value if _is_plain(value) else str(value)[:80] for name, value in named.items()})


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def rows_of_csv(body: bytes, indicator: Indicator) -> list[Given]:
    """The rows of a CSV text, UTF-8 or GB18030."""
    for encoding in _CSV_ENCODINGS:
        try:
            text = body.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadRequestError("CSV 的编码既不是 UTF-8 也不是 GB18030")
    try:
        lines: list[list[CellValue]] = [list(line) for line in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error as error:
        raise BadRequestError("CSV 的引号不成对，或有过长的一格") from error
    return list(_rows(enumerate(lines, 1), indicator, "CSV"))


def rows_of_file(path: Path, indicator: Indicator) -> list[Given]:
    """The rows of the first sheet of a workbook or CSV that holds something; BadRequestError says what is wrong."""
    findings = Findings(path.name)
    for sheet in sheets(path, findings):
        if sheet.height and not sheet.hidden:
            return list(_rows(sheet.rows(), indicator, _named(sheet, path)))
    raise BadRequestError(str(findings.issues[0]) if findings.issues else f"{path.name}：没有内容")


def _named(sheet: Sheet, path: Path) -> str:
    return f"{path.name} 工作表“{sheet.name}”" if sheet.name else path.name


def _rows(lines: Iterator[tuple[int, list[CellValue]]], indicator: Indicator, place: str) -> Iterator[Given]:
    heading: dict[str, int] = {}
    for number, line in lines:
        if not any(cell not in ("", None) for cell in line):
            continue
        if not heading:
            heading = _heading(line, indicator, place) if _is_heading(line) else {}
            if not heading and number >= _HEADINGS_WITHIN:
                break
            continue
        if number > MOST_ROWS + _HEADINGS_WITHIN:
            raise BadRequestError(f"{place}：一次至多 {MOST_ROWS} 行，请分几次报送")
        yield Given(number, {name: line[at] if at < len(line) else "" for name, at in heading.items()})
    if not heading:
        raise BadRequestError(f"{place}：没有表头，应有“{'”“'.join(COLUMNS[name] for name in _NEEDED)}”各列")


def _is_heading(line: list[CellValue]) -> bool:
    return sum(1 for cell in line if isinstance(cell, str) and cell.strip()) >= len(_NEEDED)


def _heading(line: list[CellValue], indicator: Indicator, place: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(line):
        if str(cell).strip():
            name = column_named(str(cell), indicator)
            if name in found:
                raise BadRequestError(f"{place}：“{COLUMNS[name]}”有两列")
            found[name] = at
    missing = [COLUMNS[name] for name in _NEEDED if name not in found]
    if missing:
        raise BadRequestError(f"{place}：缺少“{'”“'.join(missing)}”列")
    return found
