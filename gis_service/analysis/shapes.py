"""A drawn boundary comes in, in lon/lat; what is wrong with its shape, and where exactly, goes out."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import LinearRing, MultiPoint, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.crs import gauss_kruger, to_metric

LEAST_M2 = 1.0
_SPIKE_DEGREES = 3.0
_SPIKE_M = 1.0
_FRAGMENT_M2 = 20.0
_MANY = 20  # places told of each kind; more help nobody


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a boundary: in words, its size and place (lon/lat), whether it must be mended."""

    code: str
    message: str
    blocking: bool = False
    area_m2: float | None = None
    other: tuple[int, str] | None = None  # id and name of the area it concerns
    geometry: BaseGeometry | None = None

    @property
    def told(self) -> dict[str, Any]:
        """The finding as JSON."""
        return {
            "code": self.code,
            "severity": "error" if self.blocking else "warning",
            "blocking": self.blocking,
            "message": self.message,
            "area_m2": self.area_m2,
            "other": None if self.other is None else {"id": self.other[0], "name": self.other[1]},
            "geometry": None if self.geometry is None else as_geojson(self.geometry),
        }


def as_geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """A lon/lat geometry as GeoJSON at seven decimals."""
    rounded = shapely.transform(shapely.force_2d(geometry), lambda points: points.round(7))
    told: dict[str, Any] = json.loads(shapely.to_geojson(rounded))
    return told


def shape_findings(geometry: BaseGeometry) -> list[Finding]:
    """What keeps a geometry from being a boundary; empty for a valid surface on the globe with some size."""
    if not isinstance(geometry, Polygon | MultiPolygon) or geometry.is_empty:
        return [Finding("not_a_surface", "边界应为面（Polygon 或 MultiPolygon）", blocking=True)]
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -85 <= south <= north <= 85):
        return [Finding("outside_world", "边界坐标应为经纬度（经度在前）", blocking=True)]
    if not geometry.is_valid:
        return [_crossing(geometry)]
    square_metres = in_metres(geometry).area
    if square_metres < LEAST_M2:
        return [Finding("too_small", f"面积只有 {square_metres:.2f} m²", blocking=True, geometry=geometry)]
    return []


def in_metres(geometry: BaseGeometry) -> BaseGeometry:
    """A lon/lat geometry in metres of the zone it lies in."""
    west, _, east, _ = geometry.bounds
    return to_metric(geometry, gauss_kruger((west + east) / 2))


def crossings(geometry: BaseGeometry) -> list[tuple[float, float]]:
    """The points, lon/lat, where the outline of a surface crosses or touches itself.

    >>> crossings(Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]))
    [(1.0, 1.0)]
    """
    noded = shapely.get_parts(shapely.node(shapely.MultiLineString(_lines(geometry))))
    ends: dict[tuple[float, float], int] = defaultdict(int)
    for piece in noded:
        for at in (piece.coords[0], piece.coords[-1]):
            ends[at[0], at[1]] += 1
    return sorted(point for point, number in ends.items() if number > 2)


def _lines(geometry: BaseGeometry) -> list[LinearRing]:
    polygons = [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon)]
    return [ring for part in polygons for ring in (part.exterior, *part.interiors)]


def _crossing(geometry: BaseGeometry) -> Finding:
    points = crossings(geometry)[:_MANY]
    if not points:
        lon, lat = _reasoned(geometry)
        words = f"在 {lon:.7f}, {lat:.7f} 处有误：洞不在外圈以内，或几个部分重叠"
        return Finding("self_crossing", words, blocking=True, geometry=MultiPoint([(lon, lat)]))
    places = "；".join(f"{lon:.7f}, {lat:.7f}" for lon, lat in points[:3])
    more = f"等 {len(points)} 处" if len(points) > 3 else ""
    return Finding("self_crossing", f"自相交于 {places}{more}", blocking=True, geometry=MultiPoint(points))


def _reasoned(geometry: BaseGeometry) -> tuple[float, float]:
    """The place that GEOS gives for an invalid shape without a crossing, such as a hole outside its outline."""
    _, _, place = shapely.is_valid_reason(geometry).partition("[")
    lon, lat = (float(number) for number in place.rstrip("]").split()[:2])
    return lon, lat


def detail_findings(geometry: BaseGeometry) -> list[Finding]:
    """Spikes and fragments of a valid surface: drawing slips that block nothing."""
    metric = in_metres(geometry)
    return [*_spikes(geometry, metric), *_fragments(geometry, metric)]


def _spikes(geometry: BaseGeometry, metric: BaseGeometry) -> list[Finding]:
    found = [
        tuple(ring.coords[index])
        for ring, measured in zip(_lines(geometry), _lines(metric), strict=True)
        for index in _sharp(shapely.get_coordinates(measured))
    ]
    if not found:
        return []
    lon, lat = found[0][:2]
    more = f"等 {len(found)} 处" if len(found) > 1 else ""
    return [Finding("spike", f"在 {lon:.6f}, {lat:.6f} {more}有尖刺", geometry=MultiPoint(found[:_MANY]))]


def _sharp(points: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[int]:
    """The vertices of a closed ring where it turns back on itself, with both arms longer than a slip."""
    ring = points[:-1]
    before, after = np.roll(ring, 1, axis=0) - ring, np.roll(ring, -1, axis=0) - ring
    lengths = np.hypot(*before.T) * np.hypot(*after.T)
    cosine = np.divide((before * after).sum(axis=1), lengths, out=np.zeros(len(ring)), where=lengths > 0)
    long = np.minimum(np.hypot(*before.T), np.hypot(*after.T)) > _SPIKE_M
    return [int(index) for index in np.flatnonzero((cosine > math.cos(math.radians(_SPIKE_DEGREES))) & long)]


def _fragments(geometry: BaseGeometry, metric: BaseGeometry) -> list[Finding]:
    parts = list(zip(shapely.get_parts(geometry), shapely.get_parts(metric), strict=True))
    small = [(part, measured.area) for part, measured in parts if measured.area < _FRAGMENT_M2]
    if len(parts) < 2 or not small:
        return []
    size = sum(area for _, area in small)
    shapes = MultiPolygon([part for part, _ in small])
    return [
        Finding("fragment", f"有 {len(small)} 处细碎的部分，共 {size:.0f} m²", area_m2=round(size, 1), geometry=shapes)
    ]
