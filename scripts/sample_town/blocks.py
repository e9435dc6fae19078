"""Blocks of the town: the meshes of the network with the named lines that bound each on its four compass sides."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from gis_service.abuttals.model import Side
from scripts.sample_town import ground

Sides = dict[Side, tuple[str, ...]]
Namer = Callable[[LineString], str | None]
_WRAP = 0.30  # a line with this share of its length on a second side bounds that side too
_SHORTEST_M = 22.0


@dataclass(frozen=True, eq=False)
class Block:
    """A block: its mesh (to centrelines), its land (to the near edges of the reserves) and its bounding lines."""

    face: Polygon
    land: Polygon
    sides: Mapping[Side, tuple[str, ...]]
    open_m: float  # length of the edge that is the town's limit

    @property
    def names(self) -> frozenset[str]:
        """All names on its sides."""
        return frozenset(name for names in self.sides.values() for name in names)

    @property
    def closable(self) -> bool:
        """True when the named lines of its four sides, and no others, enclose exactly this block."""
        return self.open_m == 0 and all(self.sides.get(side) for side in Side) and encloses(self.names, self.face)


def largest(geometry: BaseGeometry) -> Polygon:
    """The largest polygon of a geometry, without the collinear points of cutting."""
    parts = [part for part in getattr(geometry, "geoms", (geometry,)) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: part.area, default=Polygon())


def encloses(names: frozenset[str], face: Polygon) -> bool:
    """True when the lines of these names alone enclose the face."""
    lines = [f.line for f in ground.features() if f.name in names]
    inside = face.representative_point()
    for mesh in shapely.polygonize([shapely.union_all(lines)]).geoms:
        if mesh.contains(inside):
            return bool(mesh.symmetric_difference(face).area < 0.02 * face.area)
    return False


@cache
def _tree() -> shapely.STRtree:
    return shapely.STRtree([f.line for f in ground.features()])


def _outward(start: tuple[float, ...], end: tuple[float, ...]) -> Side:
    east, north = end[1] - start[1], start[0] - end[0]
    if abs(east) > abs(north):
        return Side.EAST if east > 0 else Side.WEST
    return Side.NORTH if north > 0 else Side.SOUTH


def line_at(step: LineString) -> str | None:
    """The name of the line of the network that a piece of a mesh's edge lies on; None on the town's limit."""
    middle = step.interpolate(0.5, normalized=True)
    feature = ground.features()[int(_tree().nearest(middle))]
    return feature.name if feature.line.distance(middle) <= 0.05 else None


def _votes(ring: Polygon, namer: Namer) -> tuple[dict[str, dict[Side, float]], float]:
    """Metres of each bounding thing on each side, and the metres without any."""
    votes: dict[str, dict[Side, float]] = defaultdict(lambda: defaultdict(float))
    open_m = 0.0
    coords = list(orient(ring).exterior.coords)
    for start, end in pairwise(coords):
        step = LineString((start, end))
        name = namer(step)
        if name is None:
            open_m += step.length
        else:
            votes[name][_outward(start, end)] += step.length
    return votes, open_m


def side_lengths(ring: Polygon, namer: Namer) -> tuple[Sides, float]:
    """The names on each compass side of a ring, the longest first, and the metres without any name."""
    votes, open_m = _votes(ring, namer)
    found: dict[Side, list[tuple[float, str]]] = defaultdict(list)
    for name, by_side in votes.items():
        total = sum(by_side.values())
        if total < _SHORTEST_M:
            continue
        most = max(by_side.values())
        for side, metres in by_side.items():
            if metres == most or (metres > _WRAP * total and metres > 40):
                found[side].append((metres, name))
    return {side: tuple(name for _, name in sorted(found[side], reverse=True)) for side in Side if found[side]}, open_m


def _land(face: Polygon, names: frozenset[str]) -> Polygon:
    bounding = [f.reserve for f in ground.features() if f.name in names and f.line.distance(face) < 1]
    return largest(face.difference(shapely.union_all([*bounding, ground.lake()])).buffer(0))


@cache
def blocks() -> tuple[Block, ...]:
    """All blocks of the town in a fixed order (from west to east)."""
    out = []
    for face in ground.faces():
        votes, _ = _votes(face, line_at)
        sides, open_m = side_lengths(face, line_at)
        land = _land(face, frozenset(votes))
        if land.area > 2500:
            out.append(Block(face, land, sides, open_m))
    return tuple(out)


def block_at(x: float, y: float) -> Block:
    """The block at a place in town metres."""
    at = shapely.Point(x, y)
    return min(blocks(), key=lambda block: (block.face.distance(at), math.hypot(*block.face.centroid.coords[0])))
