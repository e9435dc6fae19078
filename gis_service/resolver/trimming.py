"""A ring along landmarks → the area inside their near edges, and the part of its outline that each side is."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.resolver.candidates import SideLine
from gis_service.resolver.rings import Ring, attribute

_LEAST_KEPT = 0.5  # an area that loses more than this to its roads was misread: keep the centre lines
_SPIKE_M = 1.5
_SIMPLE_M = 0.05


def _largest(shape: BaseGeometry) -> Polygon | None:
    polygons = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return max(polygons, key=lambda part: part.area, default=None)


def _reserves(lines: tuple[SideLine, ...]) -> list[BaseGeometry]:
    strands = [strand for line in lines for strand in line.strands]
    strips = [strand.line.buffer(strand.half_width_m) for strand in strands if strand.half_width_m]
    return strips + [strand.keep_out for strand in strands if strand.keep_out is not None]


def trim(ring: Ring, lines: tuple[SideLine, ...]) -> Polygon:
    """The ring without road and river reserves and neighbours' ground (metres); spikes thinner than 3 m removed."""
    box = shapely.box(*ring.face.buffer(200).bounds)
    taken = shapely.union_all([shapely.intersection(reserve, box) for reserve in _reserves(lines)])
    opened = ring.face.difference(taken).buffer(-_SPIKE_M, join_style="mitre").buffer(_SPIKE_M, join_style="mitre")
    left = _largest(shapely.intersection(opened, ring.face).simplify(_SIMPLE_M))
    if left is None or left.area < _LEAST_KEPT * ring.face.area:
        return ring.face
    return Polygon(left.exterior)


def edges(area: Polygon, lines: tuple[SideLine, ...]) -> list[BaseGeometry]:
    """For each side line the part of the outline that follows it, within its half width and a metre."""
    tolerance = [1.0 + max(strand.half_width_m for strand in line.strands) for line in lines]
    dense = shapely.segmentize(area, 20.0)
    sides = attribute(dense, lines, tolerance)
    ring = shapely.get_coordinates(shapely.geometry.polygon.orient(dense).exterior)
    parts: list[BaseGeometry] = []
    for index in range(len(lines)):
        mine = np.flatnonzero(sides.owner == index)
        parts.append(shapely.line_merge(shapely.union_all([LineString(ring[one : one + 2]) for one in mine])))
    return parts
