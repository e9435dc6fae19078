"""The arithmetic and the functions that a filter may use, as SQL that no row can make fail by dividing by zero."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Double, Integer, Numeric, Text, cast, extract, func

from gis_service.filtering.model import Kind

Sql = ColumnElement[Any]
_MARKS = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"  # the combining ones


@dataclass(frozen=True)
class Function:
    """A function of one value: the kinds it takes, the kind it gives."""

    takes: tuple[Kind, ...]
    gives: Kind
    sql: Callable[[Sql], Sql]


def _exact(sql: Sql) -> Sql:
    return cast(sql, Numeric())


def _divisor(sql: Sql) -> Sql:
    return func.nullif(_exact(sql), 0, type_=Numeric())  # nothing divided by zero is true of no row


def _power(base: Sql, exponent: Sql) -> Sql:
    # in double precision: exact powers can have a hundred thousand digits
    return cast(func.power(cast(base, Double()), cast(exponent, Double())), Numeric())


def _without_accents(text: Sql) -> Sql:
    # in place of the extension `unaccent`, which only a superuser may install
    apart = func.pg_catalog.normalize(text, "NFD")
    return func.pg_catalog.normalize(func.regexp_replace(apart, _MARKS, "", "g"), "NFC", type_=Text())


ARITHMETIC: Mapping[str, Callable[[Sql, Sql], Sql]] = {
    "+": lambda left, right: _exact(left) + _exact(right),
    "-": lambda left, right: _exact(left) - _exact(right),
    "*": lambda left, right: _exact(left) * _exact(right),
    "/": lambda left, right: _exact(left) / _divisor(right),
    "%": lambda left, right: func.mod(_exact(left), _divisor(right), type_=Numeric()),
    "div": lambda left, right: func.div(_exact(left), _divisor(right), type_=Numeric()),
    "^": _power,
}
_TEXT, _NUMBER, _DAY = (Kind.STRING,), (Kind.NUMBER,), (Kind.DATE, Kind.TIMESTAMP)
FOLDING: Mapping[str, Function] = {
    "casei": Function(_TEXT, Kind.STRING, lambda text: func.lower(text, type_=Text())),
    "accenti": Function(_TEXT, Kind.STRING, _without_accents),
}
FUNCTIONS: Mapping[str, Function] = {
    "lower": Function(_TEXT, Kind.STRING, lambda text: func.lower(text, type_=Text())),
    "upper": Function(_TEXT, Kind.STRING, lambda text: func.upper(text, type_=Text())),
    "trim": Function(_TEXT, Kind.STRING, lambda text: func.btrim(text, type_=Text())),
    "length": Function(_TEXT, Kind.INTEGER, lambda text: func.length(text, type_=Integer())),
    "abs": Function(_NUMBER, Kind.NUMBER, lambda number: func.abs(_exact(number), type_=Numeric())),
    "floor": Function(_NUMBER, Kind.NUMBER, lambda number: func.floor(_exact(number), type_=Numeric())),
    "ceil": Function(_NUMBER, Kind.NUMBER, lambda number: func.ceil(_exact(number), type_=Numeric())),
    "round": Function(_NUMBER, Kind.NUMBER, lambda number: func.round(_exact(number), type_=Numeric())),
    "year": Function(_DAY, Kind.NUMBER, lambda day: extract("year", day)),
    "month": Function(_DAY, Kind.NUMBER, lambda day: extract("month", day)),
    "day": Function(_DAY, Kind.NUMBER, lambda day: extract("day", day)),
}
