"""Geometries in, conditions on how they lie to each other out: S_INTERSECTS … S_CROSSES, in lon/lat (EPSG:4490)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, LargeBinary, func, literal, not_

from gis_service.crs import LONLAT, Reference, box_to_lonlat, lonlat_of
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
    try:
        return box_to_lonlat(low, high, reference)
    except ValueError as error:
        raise FilterError("filter 中 BBOX 的下限应不大于上限；坐标次序依 filter-crs 的规定") from error


def _on_earth(shape: BaseGeometry) -> BaseGeometry:
    west, south, east, north = shapely.bounds(shape)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise FilterError("filter 中的坐标超出经纬度范围；请检查坐标次序和 filter-crs")
    return shape
