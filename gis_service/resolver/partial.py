"""Sides that were found though the ring stays open: each cut to the stretch that its neighbours leave."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.resolver.sidelines import SideLine

_REACH_M = 300.0


def _corner(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    crossing = shapely.intersection(one, other)
    return shapely.shortest_line(one, other) if crossing.is_empty else crossing


def stretch(line: SideLine, others: list[SideLine]) -> BaseGeometry:
    """The part of a side within 300 m of the corners with the other sides known; the whole where there is none."""
    corners = [_corner(line.line, other.line) for other in others if other is not line]
    near = [corner for corner in corners if corner.length <= _REACH_M or "Point" in corner.geom_type]
    if not near:
        return line.line
    west, south, east, north = shapely.total_bounds(near)
    box = (west - _REACH_M, south - _REACH_M, east + _REACH_M, north + _REACH_M)
    cut = shapely.clip_by_rect(line.line, *box)
    return line.line if cut.is_empty else cut
