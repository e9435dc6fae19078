"""Lists in, conditions that compare them as sets out: A_EQUALS, A_CONTAINS, A_CONTAINEDBY, A_OVERLAPS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ARRAY, Boolean, ColumnElement, Date, DateTime, Numeric, Text, and_, cast
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.types import TypeEngine

from gis_service.filtering.model import FilterError, Kind, Scope, Value, arguments, same_family
from gis_service.filtering.values import described, value

Sql = ColumnElement[Any]


def _contains(left: Sql, right: Sql) -> Sql:
    return left.op("@>", is_comparison=True)(right)


ARRAY_RELATIONS: Mapping[str, Callable[[Sql, Sql], ColumnElement[bool]]] = {
    "a_contains": _contains,
    "a_containedby": lambda left, right: _contains(right, left),
    "a_equals": lambda left, right: and_(_contains(left, right), _contains(right, left)),
    "a_overlaps": lambda left, right: left.op("&&", is_comparison=True)(right),
}
_ELEMENTS: Mapping[Kind, TypeEngine[Any]] = {
    Kind.STRING: Text(),
    Kind.NUMBER: Numeric(),
    Kind.BOOLEAN: Boolean(),
    Kind.DATE: Date(),
    Kind.TIMESTAMP: DateTime(timezone=True),
}


def array_condition(name: str, args: list[object], scope: Scope) -> ColumnElement[bool]:
    """True where the two lists, taken as sets, stand to each other as the function says."""
    left, right = (_array(name, arg, scope) for arg in arguments(name, args, 2))
    of = left.of or right.of or Kind.STRING
    if right.of not in (None, of):
        raise FilterError(f"filter 中 {name} 两个列表的内容类型不同：{of.words}与{(right.of or of).words}")
    return ARRAY_RELATIONS[name.lower()](_typed(left, of), _typed(right, of))


def _array(name: str, node: object, scope: Scope) -> Value:
    if not isinstance(node, list):
        return value(node, scope).expect(name, Kind.ARRAY)
    elements = [value(one, scope) for one in node]
    for element in elements:
        if element.kind.family not in _ELEMENTS:
            raise FilterError(f"filter 中 {name} 的列表里不能有{element.named}")
    same_family(name, elements) if elements else None
    of = elements[0].kind.family if elements else None
    return Value(Kind.ARRAY, array([element.sql for element in elements]), described(node), of)


def _typed(found: Value, of: Kind) -> Sql:
    return cast(found.sql, ARRAY(_ELEMENTS[of]))
