"""Instants and intervals in, conditions on how they lie in time out: T_AFTER … T_OVERLAPS (CQL2, after Allen)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, Integer, Interval, Text, and_, cast, literal, not_, or_
from sqlalchemy.types import TypeEngine

from gis_service.filtering.model import FilterError, Kind, Scope, Value, arguments
from gis_service.filtering.values import moment, value

Sql = ColumnElement[Any]
Condition = ColumnElement[bool]
_OPEN = ("..", "")
_TYPES: Mapping[Kind, TypeEngine[Any]] = {Kind.DATE: Date(), Kind.TIMESTAMP: DateTime(timezone=True)}


@dataclass(frozen=True)
class _Span:
    """From `start` to `end`, both included; None is open. `kind` is None where both are."""

    kind: Kind | None
    start: Sql | None
    end: Sql | None


@dataclass(frozen=True)
class _Time:
    start: Sql
    end: Sql


def _disjoint(a: _Time, b: _Time) -> Condition:
    return or_(a.end < b.start, a.start > b.end)


TIME_RELATIONS: Mapping[str, Callable[[_Time, _Time], Condition]] = {
    "t_after": lambda a, b: a.start > b.end,
    "t_before": lambda a, b: a.end < b.start,
    "t_contains": lambda a, b: and_(a.start < b.start, a.end > b.end),
    "t_disjoint": _disjoint,
    "t_during": lambda a, b: and_(a.start > b.start, a.end < b.end),
    "t_equals": lambda a, b: and_(a.start == b.start, a.end == b.end),
    "t_finishedby": lambda a, b: and_(a.start < b.start, a.end == b.end),
    "t_finishes": lambda a, b: and_(a.start > b.start, a.end == b.end),
    "t_intersects": lambda a, b: not_(_disjoint(a, b)),
    "t_meets": lambda a, b: a.end == b.start,
    "t_metby": lambda a, b: a.start == b.end,
    "t_overlappedby": lambda a, b: and_(a.start > b.start, a.start < b.end, a.end > b.end),
    "t_overlaps": lambda a, b: and_(a.start < b.start, a.end > b.start, a.end < b.end),
    "t_startedby": lambda a, b: and_(a.start == b.start, a.end > b.end),
    "t_starts": lambda a, b: and_(a.start == b.start, a.end < b.end),
}


def temporal_condition(name: str, args: list[object], scope: Scope) -> Condition:
    """True where the two lie in time as the function says; a day beside a time is the whole day (Beijing time)."""
    left, right = (_span(name, arg, scope) for arg in arguments(name, args, 2))
    kinds = {left.kind, right.kind} - {None}
    kind = Kind.DATE if kinds == {Kind.DATE} else Kind.TIMESTAMP
    return TIME_RELATIONS[name.lower()](_time(left, kind), _time(right, kind))


def _span(name: str, node: object, scope: Scope) -> _Span:
    if not (isinstance(node, dict) and "interval" in node):
        instant = value(node, scope).expect(name, Kind.DATE, Kind.TIMESTAMP)
        return _Span(instant.kind, instant.sql, instant.sql)
    ends = node["interval"]
    if not isinstance(ends, list) or len(ends) != 2:
        raise FilterError("filter 中 INTERVAL 应有起止两个值，例如 INTERVAL('2023-07-01','..')")
    start, end = (_end(one, scope) for one in ends)
    kinds = {one.kind for one in (start, end) if one is not None}
    if len(kinds) > 1:
        raise FilterError("filter 中 INTERVAL 的起止应同为日期或同为时间")
    return _Span(kinds.pop() if kinds else None, start.sql if start else None, end.sql if end else None)


def _end(node: object, scope: Scope) -> Value | None:
    if node is None or node in _OPEN:
        return None
    if isinstance(node, str):
        return moment(node, "INTERVAL")
    return value(node, scope).expect("INTERVAL", Kind.DATE, Kind.TIMESTAMP)


def _time(span: _Span, kind: Kind) -> _Time:
    if span.kind is Kind.DATE and kind is Kind.TIMESTAMP:
        start, end = _midnight(span.start, 0), _midnight(span.end, 1)
        end = None if end is None else end - literal(dt.timedelta(microseconds=1), Interval())
    else:
        start, end = span.start, span.end
    return _Time(_or_open(start, "-infinity", kind), _or_open(end, "infinity", kind))


def _midnight(day: Sql | None, later: int) -> Sql | None:
    """The start of the day, or of the one after, in the time zone of the session."""
    return None if day is None else cast(day + literal(later, Integer()), DateTime(timezone=True))


def _or_open(end: Sql | None, forever: str, kind: Kind) -> Sql:
    return cast(literal(forever, Text()), _TYPES[kind]) if end is None else end
