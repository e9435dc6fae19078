"""Geometries in, conditions on how they lie to each other out: S_INTERSECTS … S_CROSSES, in lon/lat (EPSG:4490)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, LargeBinary, func, literal, not_

from gis_service.crs import LONLAT, Reference, lonlat_of, to_lonlat
from gis_service.filtering.model import FilterError, Kind, Scope, arguments
from gis_service.filtering.values import value

Sql = ColumnElement[Any]
Condition = ColumnElement[bool]
RELATIONS: Mapping[str, Callable[[Sql, Sql], Condition]] = {
    "s_intersects": func.ST_Intersects,
    "s_disjoint": lambda left, right: not_(func.ST_Intersects(left, right)),
    "s_equals": func.ST_Equals,
    "s_touches": func.ST_Touches,
    "s_crosses": func.ST_Crosses,
    "s_within": func.ST_Within,
    "s_contains": func.ST_Contains,
    "s_overlaps": func.ST_Overlaps,
}
_TAKE_COLLECTIONS = ("s_intersects", "s_disjoint")
_EDGE_PARTS = 32  # a straight edge in metres is no straight line in degrees


def spatial_condition(name: str, args: list[object], scope: Scope) -> Condition:
    """True where the two geometries lie to each other as the function says (OGC Simple Features)."""
    left, right = (_geometry(name, arg, scope) for arg in arguments(name, args, 2))
    return RELATIONS[name.lower()](left, right)


def _geometry(name: str, node: object, scope: Scope) -> Sql:
    match node:
        case {"bbox": list(corners)}:
            shape = _on_earth(_box(corners, scope.reference))
        case {"type": str(kind)}:
            shape = _on_earth(lonlat_of(_shape(kind, json.dumps(node)), scope.reference))
        case _:
            return value(node, scope).expect(name, Kind.GEOMETRY).sql
    if shape.geom_type == "GeometryCollection":
        shape = shapely.unary_union(shape)
    if shape.geom_type == "GeometryCollection" and name.lower() not in _TAKE_COLLECTIONS:
        raise FilterError(f"filter 中 {name} 不能用于混合的 GEOMETRYCOLLECTION，可用 S_INTERSECTS、S_DISJOINT")
    return func.ST_GeomFromWKB(literal(shapely.to_wkb(shape), LargeBinary()), LONLAT)


def _shape(kind: str, geojson: str) -> BaseGeometry:
    try:
        shape: BaseGeometry = shapely.force_2d(shapely.from_geojson(geojson))
    except shapely.errors.ShapelyError as error:
        raise FilterError(f"filter 中的 {kind[:40]} 写法不对：点数不足、未闭合或坐标有误") from error
    if shape.is_empty:
        raise FilterError(f"filter 中的 {shape.geom_type} 是空的")
    if not shape.is_valid:
        place = re.search(r"\[(.+)\]", shapely.is_valid_reason(shape))
        where = f"（{place[1]} 处）" if place else ""
        raise FilterError(f"filter 中的 {shape.geom_type} 不是有效的几何：边自相交或环相叠{where}")
    return shape


def _box(corners: list[object], reference: Reference) -> BaseGeometry:
    numbers = [float(one) for one in corners if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) != len(corners) or len(numbers) not in (4, 6):
        raise FilterError("filter 中 BBOX 应为 4 个（或带高程的 6 个）数字")
    low, high = numbers[:2], numbers[len(numbers) // 2 :][:2]
    if reference.north_first:
        low, high = low[::-1], high[::-1]
    if low[1] > high[1] or (low[0] > high[0] and not reference.degrees):
        raise FilterError("filter 中 BBOX 的下限应不大于上限；坐标次序依 filter-crs 的规定")
    if low[0] > high[0]:  # across the 180th meridian
        return shapely.union(_rectangle((low[0], low[1], 180, high[1])), _rectangle((-180, low[1], high[0], high[1])))
    box = _rectangle((*low, *high))
    longest = max(high[0] - low[0], high[1] - low[1])
    if not reference.degrees and 0 < longest < math.inf:
        box = shapely.segmentize(box, longest / _EDGE_PARTS)
    return to_lonlat(box, reference.epsg)


def _rectangle(bounds: tuple[float, ...]) -> BaseGeometry:
    west, south, east, north = bounds
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def _on_earth(shape: BaseGeometry) -> BaseGeometry:
    west, south, east, north = shapely.bounds(shape)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise FilterError("filter 中的坐标超出经纬度范围；请检查坐标次序和 filter-crs")
    return shape
