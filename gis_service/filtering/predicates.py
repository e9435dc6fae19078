"""The tree of a filter in, the condition that it is out: AND, OR, NOT, and what is true or false of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, and_, false, not_, or_, true

from gis_service.filtering.arrays import ARRAY_RELATIONS, array_condition
from gis_service.filtering.comparing import COMPARISONS, between, compare, is_null, like, member
from gis_service.filtering.model import FilterError, Kind, Scope, arguments
from gis_service.filtering.spatial import RELATIONS, spatial_condition
from gis_service.filtering.temporal import TIME_RELATIONS, temporal_condition
from gis_service.filtering.values import described, value

Condition = ColumnElement[bool]
Handler = Callable[[str, list[object], Scope], Condition]


def predicate(node: object, scope: Scope) -> Condition:
    """True of the rows that the part of the tree means; FilterError when it means nothing that is true or false."""
    match node:
        case bool():
            return true() if node else false()
        case {"op": str(name), "args": list(args)} if name.lower() in _HANDLERS:
            return _HANDLERS[name.lower()](name.upper(), args, scope)
        case {"property": str(_)} | {"op": str(_), "args": list(_)}:
            found = value(node, scope)
            if found.kind is not Kind.BOOLEAN:
                raise FilterError(f"filter 中{found.named}是{found.kind.words}，不是条件，应与一个值比较")
            return found.sql
        case _:
            raise FilterError(f"filter 中{described(node)}不是条件")


def _both(name: str, args: list[object], scope: Scope) -> Condition:
    return and_(*_several(name, args, scope))


def _either(name: str, args: list[object], scope: Scope) -> Condition:
    return or_(*_several(name, args, scope))


def _several(name: str, args: list[object], scope: Scope) -> list[Condition]:
    if len(args) < 2:
        raise FilterError(f"filter 中 {name} 应有两个或更多条件")
    return [predicate(arg, scope) for arg in args]


def _not(name: str, args: list[object], scope: Scope) -> Condition:
    (arg,) = arguments(name, args, 1)
    return not_(predicate(arg, scope))


_HANDLERS: Mapping[str, Handler] = {
    "and": _both,
    "or": _either,
    "not": _not,
    "like": like,
    "in": member,
    "between": between,
    "isnull": is_null,
    **dict.fromkeys(COMPARISONS, compare),
    **dict.fromkeys(RELATIONS, spatial_condition),
    **dict.fromkeys(TIME_RELATIONS, temporal_condition),
    **dict.fromkeys(ARRAY_RELATIONS, array_condition),
}
