"""A small invented ground for tests: places laid out in metres around a point of 安庆, as lon/lat."""

from __future__ import annotations

from shapely import affinity
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

from gis_service import crs
from gis_service.codes import PlaceKind
from gis_service.gazetteer import Place

EPSG = 4548
ORIGIN = (505_000.0, 3_380_000.0)


def lonlat(shape: BaseGeometry) -> BaseGeometry:
    """A shape given in metres around the origin, as lon/lat."""
    return crs.to_lonlat(affinity.translate(shape, *ORIGIN), EPSG)


def metres(shape: BaseGeometry) -> BaseGeometry:
    """A lon/lat shape in metres around the origin."""
    return affinity.translate(crs.to_metric(shape, EPSG), -ORIGIN[0], -ORIGIN[1])


def place(name: str, kind: PlaceKind, shape: BaseGeometry, width_m: float | None = None, alias: str = "") -> Place:
    """A place with a shape in metres around the origin."""
    identity = f"{name}-{shape.centroid.x:.0f}-{shape.centroid.y:.0f}"
    return Place(identity, name, kind, lonlat(shape), (alias,) if alias else (), width_m)


def road(name: str, *points: tuple[float, float], width_m: float = 20.0, alias: str = "") -> Place:
    """A road along points in metres."""
    return place(name, PlaceKind.ROAD, LineString(points), width_m, alias)


def block(**roads: Place) -> list[Place]:
    """Four roads around a block of 400 × 300 m (centre lines); keywords E, S, W, N replace or add places."""
    usual = {
        "E": road("湖东路", (400, -500), (400, 800)),
        "S": road("菱湖南路", (-500, 0), (900, 0)),
        "W": road("集贤北路", (0, -500), (0, 800)),
        "N": road("天柱山东路", (-500, 300), (900, 300)),
    }
    return list((usual | roads).values())


def square(west: float, south: float, east: float, north: float) -> Polygon:
    """A box in metres around the origin."""
    return box(west, south, east, north)
