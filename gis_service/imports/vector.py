"""A vector file → its features with geometry of the wanted kind, in lon/lat; what does not fit becomes an issue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

import shapely
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.gazetteer import read_frame
from gis_service.issues import Issue, Mender, Severity, Where

_MAX_LATITUDE = 85.0  # beyond it there is no Web Mercator


class Shape(Enum):
    """The kind of geometry a table takes, with the Chinese word for it."""

    SURFACES = "面"
    SURFACE = "单个面"
    LINE = "线"
    POINT = "点"


@dataclass(frozen=True)
class Feature:
    """One feature: where it stands (numbered from 1), its properties, its geometry where it has one.

    `titles`: what a sheet calls its properties.
    """

    where: Where
    properties: Mapping[str, object]
    geometry: BaseGeometry | None
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Features:
    """The features that can be used, how many cannot, and why."""

    features: tuple[Feature, ...]
    rejected: int
    issues: tuple[Issue, ...]


def read_features(path: Path, shape: Shape, *, required: bool) -> Features:
    """Features whose geometry is of that kind; without one they are kept unless it is required."""
    raw = read_raw(path)
    fitting = fitted(raw.features, shape, required=required)
    return replace(fitting, issues=raw.issues + fitting.issues)


def read_raw(path: Path) -> Features:
    """Every feature of the file as it stands there."""
    reading = read_frame(path)
    if reading.frame is None:
        return Features((), 0, reading.issues)
    shapes = reading.frame.geometry
    plain = reading.frame.drop(columns=shapes.name).to_dict("records")
    features = tuple(
        Feature(Where(file=path.name, row=index), properties, geometry)
        for index, (properties, geometry) in enumerate(zip(plain, shapes, strict=True), start=1)
    )
    return Features(features, 0, reading.issues)


def fitted(features: Sequence[Feature], shape: Shape, *, required: bool) -> Features:
    """The features with geometry of that kind; those without one are rejected when it is required."""
    issues: list[Issue] = []
    kept = []
    for feature in features:
        found = _fitted(feature.geometry, shape, feature.where, required=required)
        issues += found.issues
        if found.geometry is not None or not required:
            kept.append(replace(feature, geometry=found.geometry))
    return Features(tuple(kept), len(features) - len(kept), tuple(issues))


@dataclass(frozen=True)
class _Fitted:
    geometry: BaseGeometry | None
    issues: tuple[Issue, ...] = ()


def _fitted(geometry: BaseGeometry | None, shape: Shape, where: Where, *, required: bool) -> _Fitted:
    cost = Severity.ERROR if required else Severity.WARNING
    if geometry is None or geometry.is_empty:
        issue = Issue("geometry_missing", "没有图形", cost, where, Mender.SURVEYOR)
        return _Fitted(None, (issue,) if required else ())
    flat = shapely.force_2d(geometry)
    if not _is_lonlat(flat):
        return _Fitted(None, (Issue("geometry_outside", "坐标不是经纬度", cost, where, Mender.SURVEYOR),))
    found = _FIT[shape](flat)
    if found is None:
        text = f"图形是 {geometry.geom_type}，应为{shape.value}"
        return _Fitted(None, (Issue("geometry_type", text, cost, where, Mender.SURVEYOR),))
    if flat.is_valid:
        return _Fitted(found)
    why = shapely.is_valid_reason(flat)
    return _Fitted(
        found, (Issue("geometry_mended", f"图形有误，已修正（{why}）", Severity.NOTE, where, Mender.SURVEYOR),)
    )


def _is_lonlat(geometry: BaseGeometry) -> bool:
    west, south, east, north = geometry.bounds
    return -180 <= west <= east <= 180 and -_MAX_LATITUDE <= south <= north <= _MAX_LATITUDE


def _surfaces(geometry: BaseGeometry) -> MultiPolygon | None:
    if geometry.geom_type not in {"Polygon", "MultiPolygon"}:
        return None
    whole = geometry if geometry.is_valid else shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    parts = [part for part in shapely.get_parts(whole) if isinstance(part, Polygon) and part.area > 0]
    return MultiPolygon(parts) if parts else None


def _surface(geometry: BaseGeometry) -> Polygon | None:
    surfaces = _surfaces(geometry)
    return surfaces.geoms[0] if surfaces is not None and len(surfaces.geoms) == 1 else None


def _line(geometry: BaseGeometry) -> LineString | None:
    merged = shapely.line_merge(geometry) if geometry.geom_type == "MultiLineString" else geometry
    return merged if isinstance(merged, LineString) and merged.length > 0 else None


def _point(geometry: BaseGeometry) -> Point | None:
    lone = geometry.geoms[0] if isinstance(geometry, MultiPoint) and len(geometry.geoms) == 1 else geometry
    return lone if isinstance(lone, Point) else None


_FIT: Mapping[Shape, Callable[[BaseGeometry], BaseGeometry | None]] = {
    Shape.SURFACES: _surfaces,
    Shape.SURFACE: _surface,
    Shape.LINE: _line,
    Shape.POINT: _point,
}
