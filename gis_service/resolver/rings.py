"""Side lines of one combination → the closed rings they form, judged by the compass, in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.resolver.lines import bridges_between, bridges_within, corners, lineal, prolonged, widened
from gis_service.resolver.options import ResolverOptions
from gis_service.resolver.sidelines import SideLine

_ON_LINE_M = 0.3
_LEAST_COSINE = -0.1  # a side may turn at most 95° away from the direction it is named for
_LEAST_MEAN_COSINE = 0.5  # and all of them together at most 60°: quarters turned by 45° are common
_SLIVER_WIDTH_M = 6.0
_MINOR_SHARE = 0.1  # a second ring smaller than this share of the first lies between carriageways
_NEARBY_M = 60.0  # how far a road may bulge out of the box of its corners, at first
_CLOSE_SHARE = 0.2  # and as a share of that box
_WIDE_M = 200.0
_LEAST_LINK_M = 1e-9

Lines = tuple[SideLine, ...]


@dataclass(frozen=True)
class Ring:
    """A closed ring: its face, the side lines near it, how well they look where they are named for (0–1)."""

    face: Polygon
    lines: Lines
    near: tuple[BaseGeometry, ...]
    compass: float
    shares: tuple[float, ...]  # how much of the ring's breadth each side spans, 0–1
    bridged_m: float


@dataclass(frozen=True)
class RingSides:
    """Which side line each segment of a ring lies on (-1: a bridge), with outward normals and lengths in metres."""

    points: NDArray[np.float64]
    owner: NDArray[np.int64]
    normals: NDArray[np.float64]
    lengths: NDArray[np.float64]
    facing: NDArray[np.float64]


def attribute(face: Polygon, lines: Lines, near: tuple[BaseGeometry, ...], tolerance_m: list[float]) -> RingSides:
    """Each segment of the outline given to the side line it lies on; of several, to the one it faces."""
    ring = shapely.get_coordinates(face.exterior)
    if not face.exterior.is_ccw:
        ring = ring[::-1]
    steps = np.diff(ring, axis=0)
    normals = np.column_stack((steps[:, 1], -steps[:, 0]))
    middles = shapely.points((ring[1:] + ring[:-1]) / 2)
    on_line = np.array([shapely.dwithin(shape, middles, reach) for shape, reach in zip(near, tolerance_m, strict=True)])
    facing = np.array([normals @ line.towards for line in lines])
    owner = np.where(on_line.any(axis=0), np.where(on_line, facing, -np.inf).argmax(axis=0), -1)
    return RingSides(ring, owner, normals, np.hypot(steps[:, 0], steps[:, 1]), facing)


def close(lines: Lines, reach_m: float, options: ResolverOptions) -> list[Ring]:
    """The rings that the sides form when gaps up to `reach_m` are bridged; empty when they stay open."""
    whole = [line.line for line in lines]
    if len(lines) == 1:
        return _rings(lines, (lineal(whole[0]),), reach_m, options)
    box = corners(whole)
    extent = max(box[2] - box[0], box[3] - box[1])
    margin = max(4 * reach_m, _WIDE_M, extent) if reach_m else _NEARBY_M + _CLOSE_SHARE * extent
    near = tuple(lineal(shapely.clip_by_rect(line, *widened(box, margin))) for line in whole)
    if any(line.is_empty for line in near):
        return []
    return _rings(lines, near, reach_m, options)


def _rings(lines: Lines, near: tuple[BaseGeometry, ...], reach_m: float, options: ResolverOptions) -> list[Ring]:
    links = _links(near, reach_m, options.tolerance_m, around=bool(lines[0].sides)) if reach_m else []
    faces = _faces(near, links, options)
    shapely.prepare(near)  # only now: the shortest line from a prepared line can crash GEOS
    judged = (_judged(face, lines, near, options) for face in faces)
    rings = sorted((ring for ring in judged if ring), key=lambda ring: -ring.face.area)
    return [ring for ring in rings if ring.face.area >= _MINOR_SHARE * rings[0].face.area]


def _faces(near: tuple[BaseGeometry, ...], links: list[LineString], options: ResolverOptions) -> list[Polygon]:
    noded = shapely.union_all([*near, *links])
    parts = shapely.get_parts(shapely.polygonize([noded]))
    area, length = shapely.area(parts), shapely.length(parts)
    wide = (area >= options.min_area_m2) & (2 * area >= _SLIVER_WIDTH_M * length)
    return [Polygon(face.exterior) for face in parts[wide]]


def _links(near: tuple[BaseGeometry, ...], reach_m: float, tolerance_m: float, *, around: bool) -> list[LineString]:
    """The bridges of one attempt: within each side, and between neighbours; wide ones only where two do not meet."""
    links = [link for line in near for link in bridges_within(line, reach_m)]
    for index, line in enumerate(near):
        others = [near[(index + 1) % len(near)]] if around else near[index + 1 :]
        for other in others:
            far = reach_m > tolerance_m and line.distance(other) > tolerance_m
            links += prolonged(line, other, reach_m) if far else bridges_between(line, other, min(reach_m, tolerance_m))
    return [_through(link) for link in links if link.length > _LEAST_LINK_M]


def _through(link: LineString) -> LineString:
    """The link a hair longer at both ends, so that rounding cannot leave it short of the lines it joins."""
    (x0, y0), (x1, y1) = link.coords[0], link.coords[-1]
    dx, dy = (x1 - x0) / link.length * 0.01, (y1 - y0) / link.length * 0.01
    return LineString([(x0 - dx, y0 - dy), (x0, y0), (x1, y1), (x1 + dx, y1 + dy)])


def _judged(face: Polygon, lines: Lines, near: tuple[BaseGeometry, ...], options: ResolverOptions) -> Ring | None:
    sides = attribute(face, lines, near, [_ON_LINE_M] * len(lines))
    lengths = np.array([sides.lengths[sides.owner == index].sum() for index in range(len(lines))])
    if lengths.min() < options.min_side_m:
        return None
    bridged_m = float(sides.lengths[sides.owner == -1].sum()) + _continued_m(sides, lines)
    if not lines[0].sides:
        return Ring(face, lines, near, 1.0, (1.0,) * len(lines), bridged_m)
    nets = np.array([sides.normals[sides.owner == index].sum(axis=0) for index in range(len(lines))])
    compass = _compass(nets, lines)
    if compass is None:
        return None
    return Ring(face, lines, near, compass, _shares(face, nets, lines), bridged_m)


def _continued_m(sides: RingSides, lines: Lines) -> float:
    """Metres of the ring that run along roads which only carry a side on."""
    strips = [stretch for line in lines for stretch in line.continued]
    if not strips:
        return 0.0
    middles = shapely.points((sides.points[1:] + sides.points[:-1]) / 2)
    return float(sides.lengths[shapely.dwithin(shapely.union_all(strips), middles, _ON_LINE_M)].sum())


def _compass(nets: NDArray[np.float64], lines: Lines) -> float | None:
    """Mean cosine between where the sides look and what they are named for, or None when the ring is not theirs."""
    cosines, angles = [], []
    for net, line in zip(nets, lines, strict=True):
        size = float(np.hypot(*net))
        if not line.towards.any() or not size:
            continue
        cosines.append(float(net @ line.towards) / size)
        angles.append(float(np.arctan2(net[1], net[0])))
    if not cosines or min(cosines) < _LEAST_COSINE or float(np.mean(cosines)) < _LEAST_MEAN_COSINE:
        return None
    return float(np.mean(cosines)) if _clockwise(angles) else None


def _shares(face: Polygon, nets: NDArray[np.float64], lines: Lines) -> tuple[float, ...]:
    west, south, east, north = face.bounds
    breadth = np.array((north - south, east - west))
    return tuple(
        min(1.0, float(np.abs(net) @ np.abs(line.towards)) / float(breadth @ np.abs(line.towards)))
        if line.towards.any()
        else 1.0
        for net, line in zip(nets, lines, strict=True)
    )


def _clockwise(angles: list[float]) -> bool:
    """True when the sides E, S, W, N follow each other once around (each turn is clockwise, one round in all)."""
    turns = [(angles[index - 1] - angle) % (2 * np.pi) for index, angle in enumerate(angles)]
    return len(angles) < 3 or bool(np.isclose(sum(turns), 2 * np.pi))


def widest_gap_m(lines: Lines) -> tuple[float, SideLine, SideLine]:
    """The corner where two neighbouring sides lie farthest apart, in metres, and those two sides."""
    pairs = [(line, lines[(index + 1) % len(lines)]) for index, line in enumerate(lines)]
    gap, one, other = max(((one.line.distance(other.line), one, other) for one, other in pairs), key=lambda gap: gap[0])
    return float(gap), one, other
