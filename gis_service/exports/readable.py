"""Columns as people read them: titles, words for codes, 是 and 否, lists in one cell, Beijing time."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal

from gis_service import clock
from gis_service.exports.extracting import Extract
from gis_service.layers import Field
from gis_service.store.features import ColumnType

LIST_MARK = "、"
Value = str | int | float | dt.date | dt.datetime | None


def titles(taken: Extract) -> dict[str, str]:
    """The heading of each column, unit included, each unlike the others."""
    told = {name: heading(field) for name, (field, _) in taken.columns.items()}
    often = Counter(told.values())
    return {name: f"{title}（{name}）" if often[title] > 1 else title for name, title in told.items()}


def heading(field: Field) -> str:
    """The title of a field, with its unit."""
    return f"{field.title}（{field.unit}）" if field.unit else field.title


def readings(taken: Extract) -> dict[str, Callable[[object], Value]]:
    """For each column, what a person reads in place of a stored value; None stays None."""
    return {name: _reading(field, kind) for name, (field, kind) in taken.columns.items()}


def key(field: Field) -> str:
    """What the codes of a field mean, such as `1 专业化物业服务；2 社区统管`; empty where it has none."""
    return "；".join(f"{value} {words}" for value, words in field.labels.items() if value != words)


def number(value: object) -> object:
    """A number of the database as a float, None as None."""
    return float(value) if isinstance(value, Decimal) else value


def joined(value: object) -> str | None:
    """A list of texts as one text."""
    return LIST_MARK.join(str(part) for part in value) if isinstance(value, list) else None


def as_json(value: object) -> str | None:
    """A structure as JSON text."""
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _reading(field: Field, kind: ColumnType) -> Callable[[object], Value]:
    if field.labels and kind is not ColumnType.TEXTS:
        return _worded(field.labels)
    return _BY_KIND.get(kind, _unchanged)


def _worded(labels: Mapping[str, str]) -> Callable[[object], Value]:
    return lambda value: None if value is None else labels.get(str(value), str(value))


def _unchanged(value: object) -> Value:
    return value if isinstance(value, str | int | float | dt.date) else None


def _number(value: object) -> Value:
    return float(value) if isinstance(value, Decimal | float | int) else None


def _yes_or_no(value: object) -> Value:
    return None if value is None else "是" if value else "否"


def _moment(value: object) -> Value:
    return value.astimezone(clock.BEIJING).replace(tzinfo=None) if isinstance(value, dt.datetime) else None


_BY_KIND: Mapping[ColumnType, Callable[[object], Value]] = {
    ColumnType.NUMBER: _number,
    ColumnType.BOOLEAN: _yes_or_no,
    ColumnType.TIMESTAMP: _moment,
    ColumnType.TEXTS: joined,
    ColumnType.JSON: as_json,
}
