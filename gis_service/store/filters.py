"""Filters of a read: box, ids and equal values as conditions with bound parameters; nonsense is refused in Chinese."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, FromClause, LargeBinary, any_, bindparam, func, literal

from gis_service.crs import LONLAT
from gis_service.errors import BadRequestError
from gis_service.filtering import Kind
from gis_service.store.sources import ColumnType, Source

Bbox = tuple[float, float, float, float]
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_BOOLEANS = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}
_WANTED = {
    ColumnType.INTEGER: "整数",
    ColumnType.NUMBER: "数字",
    ColumnType.BOOLEAN: "true 或 false",
    ColumnType.DATE: "形如 2023-07-15 的日期",
    ColumnType.TIMESTAMP: "形如 2023-07-15T08:00:00+08:00 的时间",
    ColumnType.TEXT: "文字",
    ColumnType.TEXTS: "文字",
}

KINDS = {  # of JSON nothing can be asked
    ColumnType.TEXT: Kind.STRING,
    ColumnType.INTEGER: Kind.INTEGER,
    ColumnType.NUMBER: Kind.NUMBER,
    ColumnType.BOOLEAN: Kind.BOOLEAN,
    ColumnType.DATE: Kind.DATE,
    ColumnType.TIMESTAMP: Kind.TIMESTAMP,
    ColumnType.TEXTS: Kind.ARRAY,
}


def column_type(source: Source, column: str) -> ColumnType:
    """The type of a column of the source; BadRequestError when it has none of that name."""
    if column not in source.columns:
        raise BadRequestError(f"数据源“{source.id}”没有字段“{column}”")
    return source.columns[column]


def inside(rows: FromClause, area: Bbox | BaseGeometry) -> ColumnElement[bool]:
    """True of rows whose geometry meets the area: west, south, east, north in degrees, or a shape in lon/lat."""
    shape = _shape(area)
    return func.ST_Intersects(rows.c.geom, shape)


def _shape(area: Bbox | BaseGeometry) -> ColumnElement[object]:
    if isinstance(area, BaseGeometry):
        return func.ST_GeomFromWKB(bindparam("box", shapely.to_wkb(area), LargeBinary()), LONLAT)
    west, south, east, north = area
    if not all(map(math.isfinite, area)) or west > east or south > north:
        raise BadRequestError("bbox 应为“西,南,东,北”四个经纬度，且西不大于东、南不大于北")
    return func.ST_MakeEnvelope(west, south, east, north, LONLAT)


def is_value(source: Source, column: str, text: str) -> bool:
    """True of a text that says a value of the column."""
    return _parses(column_type(source, column), text)


def with_ids(source: Source, rows: FromClause, ids: tuple[str, ...]) -> ColumnElement[bool]:
    """True of rows with one of the ids; an id that no row can have matches nothing."""
    kind = source.columns[source.id_column]
    wanted = [_PARSERS[kind](text) for text in ids if _parses(kind, text)]
    return rows.c[source.id_column].in_(wanted)


def equal(source: Source, rows: FromClause, column: str, text: str) -> ColumnElement[bool]:
    """True of rows whose column equals the value that the text says; of lists, when one element does."""
    kind = column_type(source, column)
    if kind is ColumnType.JSON:
        raise BadRequestError(f"字段“{column}”不能作为筛选条件")
    if not _parses(kind, text):
        raise BadRequestError(f"字段“{column}”的筛选值应为{_WANTED[kind]}")
    value = _PARSERS[kind](text)
    if kind is ColumnType.TEXTS:
        return literal(value) == any_(rows.c[column])
    return rows.c[column] == value


def _integer(text: str) -> int:
    number = int(text)
    if not _SMALLEST <= number <= _LARGEST:
        raise ValueError(text)
    return number


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text.lower()]


def _words(text: str) -> str:
    text.encode("utf-8")  # UnicodeEncodeError, a ValueError, for lone surrogates
    if "\x00" in text:
        raise ValueError(text)
    return text


_PARSERS: Mapping[ColumnType, Callable[[str], object]] = {
    ColumnType.INTEGER: _integer,
    ColumnType.NUMBER: _number,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE: dt.date.fromisoformat,
    ColumnType.TIMESTAMP: dt.datetime.fromisoformat,
    ColumnType.TEXT: _words,
    ColumnType.TEXTS: _words,
}


def _parses(kind: ColumnType, text: str) -> bool:
    try:
        _PARSERS[kind](text)
    except ValueError:
        return False
    return True
