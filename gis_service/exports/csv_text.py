"""An extract comes in; CSV goes out, piece by piece, as Excel opens it: UTF-8 with a byte order mark, titles first."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Generator, Iterable

from sqlalchemy import Connection

from gis_service.exports.extracting import Extract
from gis_service.exports.readable import Value
from gis_service.exports.table import headings, table_rows

FORMULA_MARKS = tuple("=+-@\t\r\n＝＋－＠")  # OWASP, CSV injection; Chinese Excel also takes the full-width ones


def csv_pieces(connection: Connection, taken: Extract) -> Generator[str, None, int]:
    """A line a feature, after a line of titles; returns how many features.

    Before a text that a spreadsheet would take for a formula stands an apostrophe; numbers stay as they are.
    """
    yield "\ufeff" + _line(headings(taken))
    count = 0
    for row in table_rows(connection, taken):
        yield _line(row.cells)
        count += 1
    return count


def harmless(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it.

    >>> harmless("=1+1"), harmless("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{text}" if text.startswith(FORMULA_MARKS) else text


def _line(cells: Iterable[Value]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(value: Value) -> Value:
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds")
    return harmless(value) if isinstance(value, str) else value
