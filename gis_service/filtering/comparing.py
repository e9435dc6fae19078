"""Comparisons of values of one kind: = <> < > <= >=, LIKE, IN, BETWEEN, IS NULL."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, false

from gis_service.filtering.model import FilterError, Kind, Scope, Value, arguments, same_family
from gis_service.filtering.values import value

Condition = ColumnElement[bool]
COMPARISONS: Mapping[str, Callable[[Any, Any], Condition]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_EQUAL = (Kind.STRING, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.TIMESTAMP)
_ORDERED = (Kind.STRING, Kind.NUMBER, Kind.DATE, Kind.TIMESTAMP)


def compare(name: str, args: list[object], scope: Scope) -> Condition:
    """True where the two values stand to each other as the operator says; texts in order of their code points."""
    left, right = (value(arg, scope) for arg in arguments(name, args, 2))
    same_family(name, (left, right))
    if name in ("=", "<>"):
        left.expect(name, *_EQUAL)
        return COMPARISONS[name](left.sql, right.sql)
    left.expect(name, *_ORDERED)
    return COMPARISONS[name](_in_order(left), right.sql)


def between(name: str, args: list[object], scope: Scope) -> Condition:
    """True where the first value is neither below the second nor above the third."""
    tested, low, high = (value(arg, scope) for arg in arguments(name, args, 3))
    same_family(name, (tested.expect(name, *_ORDERED), low, high))
    return and_(_in_order(tested) >= low.sql, _in_order(tested) <= high.sql)


def member(name: str, args: list[object], scope: Scope) -> Condition:
    """True where the value equals one of the list."""
    tested, listed = arguments(name, args, 2)
    if not isinstance(listed, list):
        raise FilterError("filter 中 IN 之后应为列表，例如 IN ('甲','乙')")
    found = [value(one, scope) for one in (tested, *listed)]
    same_family(name, found)
    first, *others = found
    first.expect(name, *_EQUAL)
    return first.sql.in_([other.sql for other in others]) if others else false()


def like(name: str, args: list[object], scope: Scope) -> Condition:
    r"""True where the text has the pattern: % any text, _ one letter, \ before either means itself."""
    tested, pattern = arguments(name, args, 2)
    left = value(tested, scope).expect(name, Kind.STRING)
    written = _innermost(pattern)
    if not isinstance(written, str):
        raise FilterError("filter 中 LIKE 之后应为引号中的文字，例如 LIKE '阳光%'")
    if (len(written) - len(written.rstrip("\\"))) % 2:
        raise FilterError("filter 中 LIKE 的文字不能以单独的 \\ 结尾")
    return left.sql.like(value(pattern, scope).sql)


def is_null(name: str, args: list[object], scope: Scope) -> Condition:
    """True where there is no value."""
    (arg,) = arguments(name, args, 1)
    return value(arg, scope).sql.is_(None)


def _in_order(text: Value) -> ColumnElement[Any]:
    # of its own collation every database has another idea
    return text.sql.collate("C") if text.kind is Kind.STRING else text.sql


def _innermost(node: object) -> object:
    while isinstance(node, dict) and str(node.get("op", "")).lower() in ("casei", "accenti"):
        args = node.get("args")
        node = args[0] if isinstance(args, list) and args else None
    return node
