"""A place, and the side it bounds → the line on the ground that the ring may follow, in metres."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.abuttals.model import Side

DIRECTION = {Side.EAST: (1.0, 0.0), Side.SOUTH: (0.0, -1.0), Side.WEST: (-1.0, 0.0), Side.NORTH: (0.0, 1.0)}


def pieces(geometry: BaseGeometry) -> Iterator[LineString]:
    """The single lines of a line geometry, empty ones left out."""
    for part in shapely.get_parts(geometry):
        if isinstance(part, LineString) and not part.is_empty:
            yield part


def _split_at(ring: np.ndarray, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    low, high = sorted((first, second))
    return ring[low : high + 1], np.vstack((ring[high:], ring[1 : low + 1]))


def _facing(polygon: Polygon, towards: tuple[float, float]) -> LineString:
    """The chain of the outline that faces a direction, between the outermost points across that direction."""
    ring = np.asarray(shapely.get_coordinates(polygon.exterior))
    across = ring @ np.array((-towards[1], towards[0]))
    chains = _split_at(ring, int(across[:-1].argmax()), int(across[:-1].argmin()))
    depth = [float(LineString(chain).centroid.coords[0] @ np.array(towards)) for chain in chains if len(chain) > 1]
    lines = [chain for chain in chains if len(chain) > 1]
    return LineString(lines[int(np.argmax(depth))])


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


def ends(line: BaseGeometry) -> list[shapely.Point]:
    """The loose ends of a line: points where exactly one piece begins or stops."""
    merged = shapely.line_merge(line) if line.geom_type == "MultiLineString" else line
    points = [point for piece in pieces(merged) for point in (piece.coords[0], piece.coords[-1])]
    return [shapely.Point(point) for point in points if points.count(point) == 1]


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
        links += [shapely.shortest_line(end, target) for end in ends(line)]
    return [link for link in links if 0 < link.length <= reach_m]


def window(lines: list[BaseGeometry], reach_m: float) -> tuple[float, float, float, float]:
    """The box around all corners of four consecutive sides, widened by its own size, in metres."""
    corners = []
    for index, line in enumerate(lines):
        following = lines[(index + 1) % len(lines)]
        crossing = shapely.intersection(line, following)
        corners.append(crossing if not crossing.is_empty else shapely.shortest_line(line, following))
    west, south, east, north = shapely.total_bounds(corners)
    margin = max(4 * reach_m, east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin
