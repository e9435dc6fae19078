"""What a filter speaks of: queryable properties, values with their kinds, and the error that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement

from gis_service.crs import Reference
from gis_service.errors import BadRequestError


class FilterError(BadRequestError):
    """The filter cannot be read, or asks for what the layer does not offer; the message says where and why."""


class Kind(StrEnum):
    """The kind of a value; only values of one family can be compared."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    GEOMETRY = "geometry"
    ARRAY = "array"

    @property
    def words(self) -> str:
        """The kind as a reader of Chinese knows it."""
        return _WORDS[self]

    @property
    def family(self) -> Kind:
        """Whole numbers are numbers; every other kind stands alone."""
        return Kind.NUMBER if self is Kind.INTEGER else self


_WORDS = {
    Kind.STRING: "文字",
    Kind.INTEGER: "数字",
    Kind.NUMBER: "数字",
    Kind.BOOLEAN: "是否（true、false）",
    Kind.DATE: "日期",
    Kind.TIMESTAMP: "时间",
    Kind.GEOMETRY: "几何",
    Kind.ARRAY: "列表",
}


@dataclass(frozen=True)
class Queryable:
    """A property that may be asked for: geometries are lon/lat (EPSG:4490), arrays hold texts."""

    column: ColumnElement[Any]
    kind: Kind


@dataclass(frozen=True)
class Scope:
    """What a filter is read against: the properties there are, and the reference system of its coordinates."""

    queryables: Mapping[str, Queryable]
    reference: Reference

    def queryable(self, name: str) -> Queryable:
        """The property of that name; FilterError lists those there are."""
        if name not in self.queryables:
            raise FilterError(f"filter 中的字段“{name[:40]}”不能查询，可用：{'、'.join(self.queryables)}")
        return self.queryables[name]


@dataclass(frozen=True)
class Value:
    """A part of a filter as SQL, with its kind and how a message names it; `of` is the kind of an array's elements."""

    kind: Kind
    sql: ColumnElement[Any]
    named: str
    of: Kind | None = None

    def expect(self, operation: str, *kinds: Kind) -> Value:
        """The value itself; FilterError when it is of none of these kinds."""
        if self.kind.family not in kinds:
            wanted = "或".join(dict.fromkeys(kind.words for kind in kinds))
            raise FilterError(f"filter 中 {operation} 只能用于{wanted}，而{self.named}是{self.kind.words}")
        return self


def arguments(operation: str, args: list[object], count: int) -> list[object]:
    """The arguments; FilterError when there are more or fewer than the operation takes."""
    if len(args) != count:
        raise FilterError(f"filter 中 {operation} 应有 {count} 个参数，给出了 {len(args)} 个")
    return args


def same_family(operation: str, values: Iterable[Value]) -> None:
    """FilterError unless all the values can be compared with each other."""
    first, *others = values
    for other in others:
        if other.kind.family is not first.kind.family:
            raise FilterError(
                f"filter 中 {operation} 两边类型不同：{first.named}是{first.kind.words}，"
                f"{other.named}是{other.kind.words}{_advice({first.kind, other.kind})}"
            )


def _advice(kinds: set[Kind]) -> str:
    if kinds == {Kind.STRING, Kind.DATE}:
        return "；日期写作 DATE('2023-07-15')"
    if kinds == {Kind.STRING, Kind.TIMESTAMP}:
        return "；时间写作 TIMESTAMP('2023-07-15T00:00:00Z')"
    if kinds == {Kind.DATE, Kind.TIMESTAMP}:
        return "；日期与时间相比请用 T_BEFORE、T_AFTER、T_INTERSECTS"
    return "；列表请用 A_CONTAINS 等" if Kind.ARRAY in kinds else ""
