"""Side lines of one combination → the closed rings they form, judged by the compass, in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.resolver.candidates import SideLine
from gis_service.resolver.lines import DIRECTION, bridges_between, bridges_within, window
from gis_service.resolver.options import ResolverOptions

_ON_LINE_M = 0.3
_LEAST_COSINE = -0.1  # a side may turn at most 95° away from the direction it is named for
_LEAST_MEAN_COSINE = 0.5  # and all of them together at most 60°: quarters turned by 45° are common
_SLIVER_WIDTH_M = 6.0
_MINOR_SHARE = 0.1  # a second ring smaller than this share of the first lies between carriageways


@dataclass(frozen=True)
class Ring:
    """A closed ring: the face, how well its sides look where they are named for (0–1), metres bridged."""

    face: Polygon
    compass: float
    bridged_m: float
    step: int


@dataclass(frozen=True)
class RingSides:
    """Which side line each segment of a ring lies on (-1: a bridge), with outward normals and lengths in metres."""

    owner: NDArray[np.int64]
    normals: NDArray[np.float64]
    lengths: NDArray[np.float64]


def direction_of(line: SideLine) -> NDArray[np.float64]:
    """Unit vector of the compass direction that the side is named for; zero when it wraps opposite sides."""
    total = np.sum([DIRECTION[side] for side in line.sides], axis=0).astype(float)
    size = float(np.hypot(*total))
    unit: NDArray[np.float64] = total / size if size else total
    return unit


def attribute(face: Polygon, lines: tuple[SideLine, ...], tolerance_m: list[float]) -> RingSides:
    """Each segment of the outline given to the side line it lies on; of several, to the one it faces."""
    ring = shapely.get_coordinates(shapely.geometry.polygon.orient(face).exterior)
    steps = np.diff(ring, axis=0)
    normals = np.column_stack((steps[:, 1], -steps[:, 0]))
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    middles = shapely.points((ring[1:] + ring[:-1]) / 2)
    distances = np.array([shapely.distance(middles, line.line) for line in lines])
    facing = np.array([normals @ direction_of(line) for line in lines])
    scores = np.where(distances <= np.array(tolerance_m)[:, None], facing, -np.inf)
    owner = np.where(np.isinf(scores).all(axis=0), -1, scores.argmax(axis=0))
    return RingSides(owner, normals, lengths)


def _compass(sides: RingSides, lines: tuple[SideLine, ...], options: ResolverOptions) -> float | None:
    """Mean cosine between where the sides look and what they are named for, or None when the ring is not theirs."""
    cosines, angles = [], []
    for index, line in enumerate(lines):
        mine = sides.owner == index
        if sides.lengths[mine].sum() < options.min_side_m:
            return None
        net, wanted = sides.normals[mine].sum(axis=0), direction_of(line)
        size = float(np.hypot(*net))
        if not wanted.any() or not size:
            continue
        cosines.append(float(net @ wanted) / size)
        angles.append(float(np.arctan2(net[1], net[0])))
    if not cosines or min(cosines) < _LEAST_COSINE or float(np.mean(cosines)) < _LEAST_MEAN_COSINE:
        return None
    return float(np.mean(cosines)) if _clockwise(angles) else None


def _clockwise(angles: list[float]) -> bool:
    """True when the sides E, S, W, N follow each other once around (each turn is clockwise, one round in all)."""
    turns = [(angles[index - 1] - angle) % (2 * np.pi) for index, angle in enumerate(angles)]
    return len(angles) < 3 or bool(np.isclose(sum(turns), 2 * np.pi))


def _faces(lines: list[BaseGeometry], links: list[LineString]) -> list[Polygon]:
    noded = shapely.union_all([*lines, *links])
    return [face for face in shapely.get_parts(shapely.polygonize([noded])) if isinstance(face, Polygon)]


def _links(lines: list[BaseGeometry], reach_m: float) -> list[LineString]:
    links = [link for line in lines for link in bridges_within(line, reach_m)]
    for index, line in enumerate(lines):
        links += bridges_between(line, lines[(index + 1) % len(lines)], reach_m)
    return [_through(link) for link in links]


def _through(link: LineString) -> LineString:
    """The link a hair longer at both ends, so that rounding cannot leave it short of the lines it joins."""
    (x0, y0), (x1, y1) = link.coords[0], link.coords[-1]
    dx, dy = (x1 - x0) / link.length * 0.01, (y1 - y0) / link.length * 0.01
    return LineString([(x0 - dx, y0 - dy), (x0, y0), (x1, y1), (x1 + dx, y1 + dy)])


def _judged(face: Polygon, lines: tuple[SideLine, ...], step: int, options: ResolverOptions) -> Ring | None:
    outer = Polygon(face.exterior)
    if outer.area < options.min_area_m2 or 2 * outer.area / outer.length < _SLIVER_WIDTH_M:
        return None
    sides = attribute(outer, lines, [_ON_LINE_M] * len(lines))
    compass = _compass(sides, lines, options)
    if compass is None:
        return None
    return Ring(outer, compass, float(sides.lengths[sides.owner == -1].sum()), step)


def close(lines: tuple[SideLine, ...], options: ResolverOptions) -> list[Ring]:
    """The rings that the sides form, with no more bridging than needed; empty when they stay open."""
    whole = [line.line for line in lines]
    if len(lines) > 1:
        box = window(whole, options.bridge_steps_m[-1])
        whole = [shapely.clip_by_rect(line, *box) for line in whole]
    if any(line.is_empty for line in whole):
        return []
    for step, reach_m in enumerate(options.bridge_steps_m):
        judged = (_judged(face, lines, step, options) for face in _faces(whole, _links(whole, reach_m)))
        rings = sorted((ring for ring in judged if ring), key=lambda ring: -ring.face.area)
        if rings:
            return [ring for ring in rings if ring.face.area >= _MINOR_SHARE * rings[0].face.area]
    return []


def widest_gap_m(lines: tuple[SideLine, ...]) -> tuple[float, SideLine, SideLine]:
    """The corner where two neighbouring sides lie farthest apart, in metres, and those two sides."""
    pairs = [(line, lines[(index + 1) % len(lines)]) for index, line in enumerate(lines)]
    gap, one, other = max(((one.line.distance(other.line), one, other) for one, other in pairs), key=lambda gap: gap[0])
    return float(gap), one, other
