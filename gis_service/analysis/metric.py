"""Lon/lat frames come in; their geometries in metres, valid and ready to be measured, go out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis_service.crs import gauss_kruger, to_metric

Geometries = NDArray[Any]


def zone(frame: gpd.GeoDataFrame) -> int:
    """EPSG code of the 3-degree Gauss-Kruger zone at the frame's centre, in which its metres are true."""
    west, _, east, _ = frame.total_bounds
    return zone_between(west, east)


def zone_between(west: float, east: float) -> int:
    """EPSG code of the zone in the middle of two longitudes; any where there are none (NaN)."""
    middle = (west + east) / 2
    return gauss_kruger(middle if np.isfinite(middle) else 0.0)  # without a geometry any zone does


def metres(geometries: Sequence[BaseGeometry | None], epsg: int) -> Geometries:
    """The lon/lat geometries in metres of `epsg`, made valid, in the same order; None stays None."""
    found = np.array(list(geometries), dtype=object)
    present = ~(shapely.is_missing(found) | shapely.is_empty(found))
    measured = np.full(len(found), None, dtype=object)
    if present.any():
        projected = to_metric(shapely.GeometryCollection(list(found[present])), epsg)
        measured[present] = _valid(np.array(projected.geoms, dtype=object))
    return measured


def _valid(geometries: Geometries) -> Geometries:
    broken = ~shapely.is_valid(geometries)
    if broken.any():
        geometries[broken] = shapely.make_valid(geometries[broken])
    return geometries


def surface(geometry: BaseGeometry) -> shapely.MultiPolygon:
    """The polygons of a geometry; lines and points that an intersection left over are dropped."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.MultiPolygon([part for part in parts if isinstance(part, shapely.Polygon)])
