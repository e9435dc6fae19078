"""Parts of a filter that stand for a value: literals, properties, folded text, arithmetic, functions."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Date, DateTime, Numeric, Text, literal

from gis_service.filtering.functions import ARITHMETIC, FOLDING, FUNCTIONS, Function
from gis_service.filtering.model import FilterError, Kind, Scope, Value, arguments

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WITHIN_BIGINT = 2**63
_PARTS = {"interval": "时段 INTERVAL ", "date": "DATE ", "timestamp": "TIMESTAMP ", "bbox": "几何", "type": "几何"}


def value(node: object, scope: Scope) -> Value:
    """The value that a part of the tree stands for; FilterError when it stands for none."""
    match node:
        case bool() | int() | float() | str():
            return _scalar(node)
        case {"property": str(name)}:
            return _property(name, scope)
        case {"date": str(written)}:
            return moment(written, "DATE")
        case {"timestamp": str(written)}:
            return moment(written, "TIMESTAMP")
        case {"op": str(name), "args": list(args)}:
            return _operation(name, args, scope)
        case None:
            raise FilterError("filter 中不能与 NULL 比较，请用 IS NULL 或 IS NOT NULL")
        case _:
            raise FilterError(f"filter 中{described(node)}不能用在这里")


def moment(written: str, function: str) -> Value:
    """The day or the time with its offset from UTC (RFC 3339) that is written; FilterError for anything else."""
    try:
        if function != "TIMESTAMP" and _DAY.fullmatch(written):
            day = dt.date.fromisoformat(written)
            return Value(Kind.DATE, literal(day, Date()), f"日期 {written}")
        time = dt.datetime.fromisoformat(written)
        if function != "DATE" and time.tzinfo is not None and "T" in written:
            return Value(Kind.TIMESTAMP, literal(time, DateTime(timezone=True)), f"时间 {written}")
    except ValueError:
        pass
    wanted = {"DATE": "2023-07-15", "TIMESTAMP": "2023-07-15T08:00:00Z"}
    examples = " 或 ".join(f"'{example}'" for name, example in wanted.items() if function in (name, "INTERVAL"))
    raise FilterError(f"filter 中 {function} 的“{written[:40]}”写法不对，应形如 {examples}")


def described(node: object) -> str:
    """How a message names a part of the tree."""
    match node:
        case {"property": str(name)}:
            return f"字段“{name[:40]}”"
        case {"op": str(name)}:
            return f"运算 {name[:40]} "
        case bool() | int() | float() | str():
            return f"“{str(node)[:40]}”"
        case list():
            return "列表"
        case dict():
            return next((words for key, words in _PARTS.items() if key in node), "这一部分")
        case _:
            return "这一部分"


def _scalar(scalar: bool | float | str) -> Value:
    if isinstance(scalar, str):
        return Value(Kind.STRING, literal(scalar, Text()), f"“{scalar[:40]}”")
    if isinstance(scalar, bool):
        return Value(Kind.BOOLEAN, literal(scalar, Boolean()), str(scalar).lower())
    return _number(scalar)


def _property(name: str, scope: Scope) -> Value:
    asked = scope.queryable(name)
    return Value(asked.kind, asked.column, f"字段“{name}”", Kind.STRING if asked.kind is Kind.ARRAY else None)


def _number(number: float) -> Value:
    if not math.isfinite(number):
        raise FilterError("filter 中有无法表示的数字")
    if number == int(number) and abs(number) < _WITHIN_BIGINT:
        return Value(Kind.INTEGER, literal(int(number), BigInteger()), str(int(number)))
    return Value(Kind.NUMBER, literal(Decimal(repr(number)), Numeric()), repr(number))


def _operation(name: str, args: list[object], scope: Scope) -> Value:
    operation = name.lower()
    if operation in FOLDING:
        return _applied(operation.upper(), FOLDING[operation], args, scope)
    if operation in ARITHMETIC:
        return _arithmetic(operation, args, scope)
    if operation in FUNCTIONS:
        return _applied(operation, FUNCTIONS[operation], args, scope)
    raise FilterError(f"filter 中没有函数“{name[:40]}”，或不能用在这里；可用函数：{'、'.join(FUNCTIONS)}")


def _arithmetic(operation: str, args: list[object], scope: Scope) -> Value:
    sides: list[ColumnElement[Any]] = [
        value(arg, scope).expect(operation, Kind.NUMBER).sql for arg in arguments(operation, args, 2)
    ]
    return Value(Kind.NUMBER, ARITHMETIC[operation](*sides), f"运算 {operation} 的结果")


def _applied(name: str, function: Function, args: list[object], scope: Scope) -> Value:
    (arg,) = arguments(name, args, 1)
    given = value(arg, scope).expect(name, *function.takes)
    return Value(function.gives, function.sql(given.sql), f"{name} 的结果")
