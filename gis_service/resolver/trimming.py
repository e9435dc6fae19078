"""A ring along landmarks → the area inside their near edges, and the part of its outline that each side is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiLineString, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.resolver.rings import Lines, Ring, RingSides, attribute

_LEAST_KEPT = 0.5  # an area that loses more than this to its roads was misread: keep the centre lines
_SPIKE_M = 1.5
_SIMPLE_M = 0.05
_AROUND_M = 50.0
_LONGEST_SEGMENT_M = 40.0
_ON_EDGE_M = 1.0
_NOTHING = LineString()


@dataclass(frozen=True)
class SideEdge:
    """The part of an area's outline that is one side, and how much of it no landmark was found for, in metres."""

    edge: BaseGeometry
    bridged: BaseGeometry


def _largest(shape: BaseGeometry) -> Polygon | None:
    polygons = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return max(polygons, key=lambda part: part.area, default=None)


def _reserves(ring: Ring) -> list[BaseGeometry]:
    west, south, east, north = ring.face.bounds
    taken: list[BaseGeometry] = []
    for line in ring.lines:
        for strand in line.strands:
            if strand.half_width_m:
                out = strand.half_width_m + _AROUND_M
                near = shapely.clip_by_rect(strand.line, west - out, south - out, east + out, north + out)
                taken.append(near.buffer(strand.half_width_m, quad_segs=4))
        width = max(strand.half_width_m for strand in line.strands)
        taken += [stretch.buffer(width, quad_segs=4) for stretch in line.continued if width]
    return taken + [strand.keep_out for line in ring.lines for strand in line.strands if strand.keep_out is not None]


def trim(ring: Ring) -> Polygon:
    """The ring without road and river reserves and neighbours' ground (metres); spikes thinner than 3 m removed."""
    reserves = [reserve for reserve in _reserves(ring) if reserve.intersects(ring.face)]
    if not reserves:
        return ring.face
    rest = ring.face.difference(shapely.union_all(reserves))
    opened = rest.buffer(-_SPIKE_M, join_style="mitre").buffer(_SPIKE_M, join_style="mitre")
    left = _largest(shapely.intersection(opened, ring.face).simplify(_SIMPLE_M))
    if left is None or left.area < _LEAST_KEPT * ring.face.area:
        return ring.face
    return Polygon(left.exterior)


def edges(area: Polygon, ring: Ring) -> list[SideEdge]:
    """For each side line the part of the outline that is its side; a bridge belongs to the side it faces."""
    lines = ring.lines
    widths = [max(strand.half_width_m for strand in line.strands) for line in lines]
    outline = Polygon(shapely.segmentize(area.exterior, _LONGEST_SEGMENT_M))
    sides = attribute(outline, lines, ring.near, [w + _ON_EDGE_M for w in widths])
    unowned = sides.owner == -1
    owner = np.where(unowned, _nearest(sides, ring) if not lines[0].sides else sides.facing.argmax(axis=0), sides.owner)
    bridged = unowned | _continued(sides, lines, widths) if any(line.continued for line in lines) else unowned
    return [_side_edge(sides.points, owner == index, bridged) for index in range(len(lines))]


def _nearest(sides: RingSides, ring: Ring) -> NDArray[np.int64]:
    middles = shapely.points((sides.points[1:] + sides.points[:-1]) / 2)
    nearest: NDArray[np.int64] = np.array([shapely.distance(shape, middles) for shape in ring.near]).argmin(axis=0)
    return nearest


def _continued(sides: RingSides, lines: Lines, widths: list[float]) -> NDArray[np.bool_]:
    """True for the segments that run along a road which only carries their side on."""
    middles = shapely.points((sides.points[1:] + sides.points[:-1]) / 2)
    along: NDArray[np.bool_] = np.zeros(len(sides.owner), dtype=np.bool_)
    for index, (line, width) in enumerate(zip(lines, widths, strict=True)):
        if line.continued:
            strip = shapely.union_all(line.continued)
            own = shapely.union_all([strand.line for strand in line.strands])
            nearer = shapely.distance(strip, middles) < shapely.distance(own, middles)
            along = along | (sides.owner == index) & nearer & shapely.dwithin(strip, middles, width + _ON_EDGE_M)
    return along


def _side_edge(points: NDArray[np.float64], mine: NDArray[np.bool_], bridged: NDArray[np.bool_]) -> SideEdge:
    gaps = np.flatnonzero(mine & bridged)
    return SideEdge(_joined(points, np.flatnonzero(mine)), _joined(points, gaps) if len(gaps) else _NOTHING)


def _joined(points: NDArray[np.float64], segments: NDArray[np.int64]) -> BaseGeometry:
    """Segments of an outline as lines; one line where they follow each other, also over the outline's start."""
    if not len(segments):
        return _NOTHING
    breaks = np.flatnonzero(np.diff(segments) != 1) + 1
    chains = [points[run[0] : run[-1] + 2] for run in np.split(segments, breaks)]
    if len(chains) > 1 and segments[0] == 0 and segments[-1] == len(points) - 2:
        chains[0] = np.vstack((chains.pop(), chains[0][1:]))
    return LineString(chains[0]) if len(chains) == 1 else MultiLineString([LineString(chain) for chain in chains])
