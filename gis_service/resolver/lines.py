"""A place, and the side it bounds → the line on the ground that the ring may follow, in metres."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient
from shapely.ops import substring

from gis_service.abuttals.model import Side

_MEETING_M = 40.0
_LEAST_LENGTH_M = 1e-6
_FLANK_COSINE = 0.34
_SEEN_M = 30.0  # the direction of a line at its end is that of its last 30 m
DIRECTION = {Side.EAST: (1.0, 0.0), Side.SOUTH: (0.0, -1.0), Side.WEST: (-1.0, 0.0), Side.NORTH: (0.0, 1.0)}


def pieces(geometry: BaseGeometry) -> Iterator[LineString]:
    """The single lines of a line geometry, empty ones left out."""
    for part in shapely.get_parts(geometry):
        if isinstance(part, LineString) and not part.is_empty:
            yield part


def lineal(geometry: BaseGeometry) -> BaseGeometry:
    """The lines of a geometry that have any length; a clip also leaves points where a line only touches the edge."""
    found = [line for line in pieces(geometry) if line.length > _LEAST_LENGTH_M]
    return found[0] if len(found) == 1 else MultiLineString(found)


def _split_at(ring: np.ndarray, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    low, high = sorted((first, second))
    return ring[low : high + 1], np.vstack((ring[high:], ring[1 : low + 1]))


def _facing(polygon: Polygon, towards: tuple[float, float]) -> LineString:
    """The chain of the outline that faces a direction, between the outermost points across that direction."""
    ring = np.asarray(shapely.get_coordinates(orient(polygon).exterior))
    across = ring @ np.array((-towards[1], towards[0]))
    chains = _split_at(ring, int(across[:-1].argmax()), int(across[:-1].argmin()))
    lines = [chain for chain in chains if len(chain) > 1]
    depth = [float(LineString(chain).centroid.coords[0] @ np.array(towards)) for chain in lines]
    return LineString(_without_flanks(lines[int(np.argmax(depth))], towards))


def _without_flanks(chain: np.ndarray, towards: tuple[float, float]) -> np.ndarray:
    """The chain without what lies along the flanks: stretches at its ends that look past the direction by over 70°."""
    steps = np.diff(chain, axis=0)
    cosines = (steps[:, 1] * towards[0] - steps[:, 0] * towards[1]) / np.hypot(steps[:, 0], steps[:, 1])
    facing = np.flatnonzero(cosines > _FLANK_COSINE)
    return chain[facing[0] : facing[-1] + 2] if len(facing) else chain


def outline(polygon_like: BaseGeometry, side: Side, *, own: bool) -> BaseGeometry:
    """The part of an outline that bounds an area on `side`: a neighbour's near chain, or the area's own far chain."""
    x, y = DIRECTION[side]
    towards = (x, y) if own else (-x, -y)
    chains = [_facing(part, towards) for part in shapely.get_parts(polygon_like) if isinstance(part, Polygon)]
    return chains[0] if len(chains) == 1 else MultiLineString(chains)


def moved(line: BaseGeometry, side: Side, distance_m: float) -> BaseGeometry:
    """The line carried `distance_m` in a compass direction (以东50米), as a parallel and not along itself."""
    x, y = DIRECTION[side]
    curves = []
    for piece in pieces(line):
        both = [shapely.offset_curve(piece, sign * distance_m) for sign in (1, -1)]
        curves.append(max(both, key=lambda curve: curve.centroid.x * x + curve.centroid.y * y))
    return shapely.union_all([curve for curve in curves if not curve.is_empty])


def heading(line: LineString, along_m: float) -> tuple[float, float]:
    """Unit vector from the start of a line to the point `along_m` further on."""
    start, onward = line.interpolate(0), line.interpolate(along_m)
    dx, dy = onward.x - start.x, onward.y - start.y
    size = math.hypot(dx, dy) or 1.0
    return dx / size, dy / size


def loose_ends(line: BaseGeometry) -> list[tuple[Point, tuple[float, float]]]:
    """Points where exactly one piece of a line begins or stops, each with the direction in which it would go on."""
    merged = shapely.line_merge(line) if line.geom_type == "MultiLineString" else line
    found = list(pieces(merged))
    touched = [point for piece in found for point in (piece.coords[0], piece.coords[-1])]
    ends = []
    for piece in found:
        for one in (piece.reverse(), piece):
            if touched.count(one.coords[-1]) == 1:
                x, y = heading(one.reverse(), _SEEN_M)
                ends.append((Point(one.coords[-1]), (-x, -y)))
    return ends


def bridges_within(line: BaseGeometry, reach_m: float) -> list[LineString]:
    """The shortest links that join the pieces of one broken line over gaps up to `reach_m`."""
    merged = shapely.line_merge(line) if line.geom_type == "MultiLineString" else line
    groups = list(pieces(shapely.union_all(merged)))
    joined, rest, links = groups[:1], groups[1:], []
    while rest:
        whole = MultiLineString(joined)
        nearest = min(rest, key=whole.distance)
        if whole.distance(nearest) > reach_m:
            break
        if whole.distance(nearest) > 0:
            links.append(shapely.shortest_line(whole, nearest))
        rest.remove(nearest)
        joined.append(nearest)
    return links


def bridges_between(one: BaseGeometry, other: BaseGeometry, reach_m: float) -> list[LineString]:
    """Links over the corner of two sides: the shortest one, and one from every loose end within `reach_m`."""
    links = [shapely.shortest_line(one, other)]
    for line, target in ((one, other), (other, one)):
        links += [shapely.shortest_line(end, target) for end, _ in loose_ends(line)]
    return [link for link in links if 0 < link.length <= reach_m]


def prolonged(one: BaseGeometry, other: BaseGeometry, reach_m: float) -> list[LineString]:
    """Links over a wide gap: loose ends carried straight on to the other line, or else the shortest link alone."""
    links = []
    for line, target in ((one, other), (other, one)):
        for end, (dx, dy) in loose_ends(line):
            ray = LineString([(end.x, end.y), (end.x + dx * reach_m, end.y + dy * reach_m)])
            hit = shapely.intersection(ray, target)
            if not hit.is_empty:
                links.append(shapely.shortest_line(end, hit))
    links = [link for link in links if link.length <= reach_m]
    return links or [link for link in [shapely.shortest_line(one, other)] if link.length <= reach_m]


def corners(lines: Sequence[BaseGeometry]) -> tuple[float, float, float, float]:
    """The box around all corners of consecutive lines: where they cross, or where they come nearest."""
    found = []
    for index, line in enumerate(lines):
        following = lines[(index + 1) % len(lines)]
        crossing = shapely.intersection(line, following)
        found.append(crossing if not crossing.is_empty else shapely.shortest_line(line, following))
    west, south, east, north = shapely.total_bounds(found)
    return float(west), float(south), float(east), float(north)


def widened(box: tuple[float, float, float, float], margin_m: float) -> tuple[float, float, float, float]:
    """The box, larger by a margin on all sides."""
    return box[0] - margin_m, box[1] - margin_m, box[2] + margin_m, box[3] + margin_m


def between(line: BaseGeometry, one: list[BaseGeometry], other: list[BaseGeometry]) -> BaseGeometry:
    """The stretch of a line from where it meets `one` to where it meets `other`; the whole where it meets neither."""
    merged = shapely.line_merge(line) if line.geom_type == "MultiLineString" else line
    for piece in sorted(pieces(merged), key=lambda piece: -piece.length):
        first, second = _meeting(piece, one), _meeting(piece, other)
        if first is not None and second is not None and first != second:
            return substring(piece, min(first, second), max(first, second))
    return line


def _meeting(piece: LineString, others: list[BaseGeometry]) -> float | None:
    """How far along the piece it meets one of the others, within the width of a road; None where it does not."""
    near = [other for other in others if piece.distance(other) <= _MEETING_M]
    return piece.project(shapely.shortest_line(piece, near[0]).interpolate(0)) if near else None
