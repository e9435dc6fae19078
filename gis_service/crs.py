"""The only place where coordinates change their reference system; always lon, lat and easting, northing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

LONLAT = 4490  # CGCS2000, the official datum; within decimetres of WGS 84 and treated as equal to it
WEB_MERCATOR = 3857
_FIRST_MERIDIAN, _FIRST_ZONE_EPSG, _ZONES = 75, 4534, 21  # CGCS2000 / 3-degree Gauss-Kruger CM 75E … 135E
_EARTH_A, _EARTH_EE = 6378245.0, 0.00669342162296594323  # Krassovsky 1940, on which GCJ-02 rests
_BD_TURN = np.pi * 3000.0 / 180.0
FloatArray = NDArray[np.float64]
_EDGE_PARTS = 32  # a straight edge in metres is no straight line in degrees
Shapes = NDArray[np.object_]  # geometries or None
G = TypeVar("G", bound=BaseGeometry | Shapes)
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@dataclass(frozen=True)
class Reference:
    """A reference system as a URI names it: `north_first` where its axes are latitude or northing, then the other."""

    epsg: int
    north_first: bool
    degrees: bool


REFERENCES: Mapping[str, Reference] = {  # axes as the EPSG registry has them
    CRS84: Reference(LONLAT, north_first=False, degrees=True),
    "http://www.opengis.net/def/crs/EPSG/0/4326": Reference(4326, north_first=True, degrees=True),
    "http://www.opengis.net/def/crs/EPSG/0/4490": Reference(LONLAT, north_first=True, degrees=True),
    "http://www.opengis.net/def/crs/EPSG/0/3857": Reference(WEB_MERCATOR, north_first=False, degrees=False),
    "http://www.opengis.net/def/crs/EPSG/0/4548": Reference(4548, north_first=True, degrees=False),
    "http://www.opengis.net/def/crs/EPSG/0/4527": Reference(4527, north_first=True, degrees=False),
}


def gauss_kruger(lon: float) -> int:
    """EPSG code of the CGCS2000 3-degree Gauss-Kruger zone for a longitude in degrees; 4548 serves 安庆.

    >>> gauss_kruger(117.06), gauss_kruger(114.27)
    (4548, 4547)
    """
    zone = round((lon - _FIRST_MERIDIAN) / 3)
    return _FIRST_ZONE_EPSG + min(max(zone, 0), _ZONES - 1)


@cache
def _transformer(source: int, target: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def transform(geometry: G, source: int, target: int) -> G:
    """The geometry, or each of an array, in another EPSG reference system, x (east) first in both."""
    if source == target or {source, target} == {4326, LONLAT}:
        return geometry
    step = _transformer(source, target)
    return _with_points(geometry, lambda points: np.column_stack(step.transform(points[:, 0], points[:, 1])))


def _with_points(geometry: G, move: Callable[[FloatArray], FloatArray]) -> G:
    return shapely.transform(geometry, move)  # type: ignore[type-var]


def to_metric(geometry: G, epsg: int) -> G:
    """A lon/lat geometry in metres of the projected system `epsg` (see `gauss_kruger`)."""
    return transform(geometry, LONLAT, epsg)


def to_lonlat(geometry: G, epsg: int) -> G:
    """A geometry in metres of `epsg` as lon/lat degrees."""
    return transform(geometry, epsg, LONLAT)


def all_to_lonlat(geometries: Sequence[BaseGeometry], epsg: int) -> list[BaseGeometry]:
    """Geometries in metres of `epsg` as lon/lat degrees, all in one pass."""
    return list(to_lonlat(np.array([*geometries, None], dtype=object)[:-1], epsg))


def lonlat_of(geometry: BaseGeometry, reference: Reference) -> BaseGeometry:
    """A geometry with the axes of the reference system in its own order as lon/lat degrees."""
    if reference.north_first:
        geometry = shapely.transform(geometry, lambda points: points[:, ::-1])
    return to_lonlat(geometry, reference.epsg)


def box_to_lonlat(low: Sequence[float], high: Sequence[float], reference: Reference) -> BaseGeometry:
    """The box between two corners, axes in the system's own order, as lon/lat; it may cross the 180th meridian.

    ValueError where the lower corner is not below the upper one.
    """
    if reference.north_first:
        low, high = low[::-1], high[::-1]
    if low[1] > high[1] or (low[0] > high[0] and not reference.degrees):
        raise ValueError("the lower corner is above the upper one")
    if low[0] > high[0]:
        return shapely.union(_rectangle(low[0], low[1], 180, high[1]), _rectangle(-180, low[1], high[0], high[1]))
    box = _rectangle(low[0], low[1], high[0], high[1])
    longest = max(high[0] - low[0], high[1] - low[1])
    if not reference.degrees and 0 < longest < math.inf:
        box = shapely.segmentize(box, longest / _EDGE_PARTS)
    return to_lonlat(box, reference.epsg)


def _rectangle(west: float, south: float, east: float, north: float) -> BaseGeometry:
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def _gcj_shift(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    d_lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    d_lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _EARTH_EE * np.sin(phi) ** 2
    per_lat = (_EARTH_A * (1.0 - _EARTH_EE)) / (magic * np.sqrt(magic)) * np.pi / 180.0
    per_lon = _EARTH_A / np.sqrt(magic) * np.cos(phi) * np.pi / 180.0
    return d_lon / per_lon, d_lat / per_lat


def _wgs_to_gcj(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    d_lon, d_lat = _gcj_shift(lon, lat)
    return lon + d_lon, lat + d_lat


def _gcj_to_wgs(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    guess_lon, guess_lat = lon, lat
    for _ in range(6):  # a contraction: the error shrinks a thousandfold a step
        d_lon, d_lat = _gcj_shift(guess_lon, guess_lat)
        guess_lon, guess_lat = lon - d_lon, lat - d_lat
    return guess_lon, guess_lat


def _gcj_to_bd(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _bd_to_gcj(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    guess_lon, guess_lat = lon - 0.0065, lat - 0.006
    for _ in range(6):
        bd_lon, bd_lat = _gcj_to_bd(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + lon - bd_lon, guess_lat + lat - bd_lat
    return guess_lon, guess_lat


def _moved(geometry: G, *steps: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]) -> G:
    def apply(points: FloatArray) -> FloatArray:
        lon, lat = points[:, 0], points[:, 1]
        for step in steps:
            lon, lat = step(lon, lat)
        return np.column_stack((lon, lat))

    return _with_points(geometry, apply)


def to_gcj02(geometry: G) -> G:
    """A lon/lat geometry as 高德 and 腾讯 draw it (GCJ-02); for drawing only, never stored."""
    return _moved(geometry, _wgs_to_gcj)


def from_gcj02(geometry: G) -> G:
    """A GCJ-02 geometry as lon/lat of CGCS2000, by iteration to better than a centimetre."""
    return _moved(geometry, _gcj_to_wgs)


def to_bd09(geometry: G) -> G:
    """A lon/lat geometry as 百度 draws it (BD-09)."""
    return _moved(geometry, _wgs_to_gcj, _gcj_to_bd)


def from_bd09(geometry: G) -> G:
    """A BD-09 geometry as lon/lat of CGCS2000."""
    return _moved(geometry, _bd_to_gcj, _gcj_to_wgs)
