"""Cells as they were written, kept as JSON beside what was understood, and given back as the same cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from gis_service.ledger.cells import CellValue, long_text

Written = Mapping[str, CellValue]  # key of the column → what stood in its cell; blank cells are absent

_KINDS: tuple[tuple[str, type[dt.datetime] | type[dt.date] | type[dt.time]], ...] = (
    ("datetime", dt.datetime),  # before `date`, since every datetime is a date
    ("date", dt.date),
    ("time", dt.time),
)


def to_json(written: Written) -> dict[str, object]:
    """The cells as JSON: texts, numbers and yes/no as they are, days and times as `{"date": "2023-07-15"}`.

    >>> to_json({"seq": 1.0, "deadline": dt.date(2023, 7, 15)})
    {'seq': 1.0, 'deadline': {'date': '2023-07-15'}}
    """
    return {key: _plain(value) for key, value in written.items()}


def from_json(stored: Mapping[str, object]) -> dict[str, CellValue]:
    """The cells that `to_json` kept.

    >>> from_json({"deadline": {"date": "2023-07-15"}})
    {'deadline': datetime.date(2023, 7, 15)}
    """
    return {key: _cell(value) for key, value in stored.items()}


def cell_text(stored: object) -> str:
    """A stored cell as a person reads it; empty for a blank one."""
    return "" if stored is None else long_text(_cell(stored))


def line_to_json(cells: list[CellValue]) -> list[object]:
    """A line outside the table (title, note), cell by cell."""
    return [_plain(cell) for cell in cells]


def line_from_json(stored: list[object]) -> list[CellValue]:
    """The line that `line_to_json` kept."""
    return [_cell(value) for value in stored]


def _plain(value: CellValue) -> object:
    for name, kind in _KINDS:
        if isinstance(value, kind):
            return {name: value.isoformat()}
    return {"seconds": value.total_seconds()} if isinstance(value, dt.timedelta) else value


def _cell(value: object) -> CellValue:
    if isinstance(value, Mapping):
        if "seconds" in value:
            return dt.timedelta(seconds=float(value["seconds"]))
        name, kind = next(pair for pair in _KINDS if pair[0] in value)
        return kind.fromisoformat(str(value[name]))
    if isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"not a stored cell: {value!r}")
