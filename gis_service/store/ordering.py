"""Sort keys and places in an order come in; ORDER BY and keyset conditions go out, always ending in the id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, FromClause, Text, and_, bindparam, cast, false, or_

from gis_service.errors import BadRequestError
from gis_service.store.filters import column_type, is_value
from gis_service.store.sources import ColumnType, Source

Key = ColumnElement[Any]
Place = tuple[str | None, ...]  # the text of each key of one feature, its id last
UNSORTABLE = (ColumnType.JSON, ColumnType.TEXTS)


@dataclass(frozen=True)
class SortKey:
    """A column to sort by; features without a value come last either way."""

    name: str
    descending: bool = False


@dataclass(frozen=True)
class Start:
    """Where in the order to begin: after the feature at `place`, at it, or (backwards) before it."""

    place: Place
    side: Literal["after", "at", "before"] = "after"


def keys(source: Source, rows: FromClause, order: Sequence[SortKey]) -> list[Key]:
    """The columns that make the order, the id last; BadRequestError for one that has no order."""
    for key in order:
        if column_type(source, key.name) in UNSORTABLE:
            raise BadRequestError(f"不能按“{key.name}”排序")
    return [*(rows.c[key.name] for key in order), rows.c[source.id_column]]


def order_by(source: Source, rows: FromClause, order: Sequence[SortKey], *, reverse: bool = False) -> list[Key]:
    """The ORDER BY of the order, or of the same backwards."""
    *sorted_by, last = keys(source, rows, order)
    told = [_directed(column, key.descending, reverse) for column, key in zip(sorted_by, order, strict=True)]
    return [*told, last.desc() if reverse else last]


def _directed(column: Key, descending: bool, reverse: bool) -> Key:
    directed = column.desc() if descending != reverse else column.asc()
    return directed.nulls_first() if reverse else directed.nulls_last()


def beyond(source: Source, rows: FromClause, order: Sequence[SortKey], start: Start) -> ColumnElement[bool]:
    """True of the rows after, from, or before the start; BadRequestError for a place that is none of this order."""
    columns = keys(source, rows, order)
    check(source, order, start.place)
    wanted = [
        _value(column, text, number) for number, (column, text) in enumerate(zip(columns, start.place, strict=True))
    ]
    same = [column.is_not_distinct_from(value) for column, value in zip(columns[:-1], wanted[:-1], strict=True)]
    steps = [
        and_(*same[:number], _further(column, value, key.descending, start.side == "before"))
        for number, (column, value, key) in enumerate(zip(columns[:-1], wanted[:-1], order, strict=True))
    ]
    own, last = columns[-1], wanted[-1]
    by_id = {"after": own > last, "at": own >= last, "before": own < last}[start.side]
    return or_(*steps, and_(*same, by_id))


def _further(column: Key, value: Key | None, descending: bool, before: bool) -> ColumnElement[bool]:
    if value is None:
        return column.is_not(None) if before else false()
    if before:
        return column > value if descending else column < value
    return or_(column < value if descending else column > value, column.is_(None))


def _value(column: Key, text: str | None, number: int) -> Key | None:
    return None if text is None else cast(bindparam(f"start_{number}", text, Text()), column.type)


def check(source: Source, order: Sequence[SortKey], place: Place) -> None:
    """BadRequestError unless the place is one of this order."""
    names = [*(key.name for key in order), source.id_column]
    fits = len(place) == len(names) and place[-1] is not None
    if not fits or not all(
        text is None or is_value(source, name, text) for name, text in zip(names, place, strict=True)
    ):
        raise BadRequestError("翻页的位置与本次查询不符，请从第一页开始")
