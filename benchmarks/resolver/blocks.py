"""The named lines of any network → true blocks: faces of the network, with the names along each of their sides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service import crs
from gis_service.abuttals.model import Side
from gis_service.codes import PlaceKind
from gis_service.gazetteer import Place

LINES = (PlaceKind.ROAD, PlaceKind.RIVER, PlaceKind.RAILWAY)
LEAST_AREA_M2 = 5_000.0
LEAST_WIDTH_M = 30.0  # mean width: thinner faces lie between carriageways
LEAST_RUN_M = 30.0  # a shorter stretch at a corner is no side
HEALED_M = 30.0  # a line that ends this close to another one meets it
REJOINED_M = 5.0  # two pieces of one line this close are one
_GRID_M = 0.1  # ends that rounding has parted meet again
_ROUND = ((Side.EAST, (1.0, 0.0)), (Side.NORTH, (0.0, 1.0)), (Side.WEST, (-1.0, 0.0)), (Side.SOUTH, (0.0, -1.0)))
_LEAST_COSINE = 0.65  # a run that looks more than 50° away from its side has no plain name for it
_LATIN = re.compile(r"\s+[A-Za-z .]+$|（.*）$")
_UNSPOKEN = re.compile("地铁|轨道交通|号线|^小路$|^.$")


@dataclass(frozen=True)
class Run:
    """A stretch of a block's outline along one named line: its length in metres, and where it looks (unit vector)."""

    name: str
    length_m: float
    outward: tuple[float, float]


@dataclass(frozen=True)
class Block:
    """A true block along centre lines, in metres, and the names on its sides in order along the outline."""

    face: Polygon
    sides: dict[Side, tuple[str, ...]]
    inner: str = ""  # the named line that runs through it

    @property
    def names(self) -> tuple[str, ...]:
        """All names around the block."""
        return tuple(name for names in self.sides.values() for name in names)


class Network:
    """The named lines of a set of places, in metres of `epsg`, one geometry a name."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = tuple(places)
        middle = float(np.mean(shapely.total_bounds([place.geometry for place in self.places])[[0, 2]]))
        self.epsg = crs.gauss_kruger(middle)
        spoken = [place for place in self.places if _is_spoken(place)]
        by_name: dict[str, list[BaseGeometry]] = {}
        for place in spoken:
            by_name.setdefault(self.spoken(place), []).append(crs.to_metric(place.geometry, self.epsg))
        self.names = tuple(by_name)
        self.lines = [shapely.union_all(shapes) for shapes in by_name.values()]
        self._tree = shapely.STRtree(self.lines)

    @staticmethod
    def spoken(place: Place) -> str:
        """The name as people say it, without what stands behind it in brackets or Latin letters."""
        return _LATIN.sub("", place.name)

    def faces(self) -> list[Polygon]:
        """Every face of the network that is large enough to live on."""
        noded = shapely.union_all([*self.lines, *self._healing()], grid_size=_GRID_M)
        return [
            face
            for face in shapely.get_parts(shapely.polygonize([noded]))
            if face.area >= LEAST_AREA_M2 and 2 * face.area / face.length >= LEAST_WIDTH_M
        ]

    def _healing(self) -> Iterator[LineString]:
        for index, line in enumerate(self.lines):
            yield from _rejoined(line)
            for end in _loose_ends(line):
                for other in self._tree.query(end, predicate="dwithin", distance=HEALED_M):
                    if other != index and end.distance(self.lines[other]) > 0:
                        yield _overlong(shapely.shortest_line(end, self.lines[other]))

    def runs(self, face: Polygon) -> list[Run] | None:
        """The named stretches around a face; None when a stretch worth a name has none."""
        ring = shapely.get_coordinates(shapely.geometry.polygon.orient(Polygon(face.exterior)).exterior)
        owners = self._owners(ring)
        stretches: list[tuple[int, list[int]]] = []
        for index, owner in enumerate(owners):
            if stretches and stretches[-1][0] == owner:
                stretches[-1][1].append(index)
            else:
                stretches.append((owner, [index]))
        if len(stretches) > 1 and stretches[0][0] == stretches[-1][0]:
            stretches[0] = (stretches[0][0], stretches.pop()[1] + stretches[0][1])
        runs = [self._run(ring, owner, indices) for owner, indices in stretches]
        long = [run for run in runs if run.length_m >= LEAST_RUN_M]
        return None if any(not run.name for run in long) else _merged(long)

    def _owners(self, ring: np.ndarray) -> list[int]:
        middles = shapely.points((ring[1:] + ring[:-1]) / 2)
        near = self._tree.query(middles, predicate="dwithin", distance=0.5)
        owners = [-1] * len(middles)
        for segment, line in zip(*near.tolist(), strict=True):
            owners[segment] = line
        return owners

    def _run(self, ring: np.ndarray, owner: int, indices: list[int]) -> Run:
        steps = np.array([ring[index + 1] - ring[index] for index in indices])
        net = np.array((steps[:, 1].sum(), -steps[:, 0].sum()))
        unit = net / (np.hypot(*net) or 1.0)
        length = float(np.hypot(steps[:, 0], steps[:, 1]).sum())
        return Run(self.names[owner] if owner >= 0 else "", length, (float(unit[0]), float(unit[1])))


def _is_spoken(place: Place) -> bool:
    return place.kind in LINES and place.geometry.length > 0 and not _UNSPOKEN.search(place.name)


def _loose_ends(line: BaseGeometry) -> list[Point]:
    merged = shapely.line_merge(line) if line.geom_type == "MultiLineString" else line
    points = [point for part in shapely.get_parts(merged) for point in (part.coords[0], part.coords[-1])]
    return [Point(point) for point in points if points.count(point) == 1]


def _rejoined(line: BaseGeometry) -> Iterator[LineString]:
    """Links over the gaps that digitising left between two pieces of one line."""
    parts = list(shapely.get_parts(shapely.line_merge(line))) if line.geom_type == "MultiLineString" else []
    for one, other in combinations(parts, 2):
        if 0 < one.distance(other) <= REJOINED_M:
            yield _overlong(shapely.shortest_line(one, other))


def _overlong(link: LineString) -> LineString:
    start, end = np.array(link.coords[0]), np.array(link.coords[-1])
    over = (end - start) / link.length * 0.01
    return LineString([start - over, start, end, end + over])


def _merged(runs: list[Run]) -> list[Run]:
    """Runs of one name that only a short stretch parted, as one."""
    merged: list[Run] = []
    for run in runs:
        if merged and merged[-1].name == run.name:
            merged[-1] = _joined(merged[-1], run)
        else:
            merged.append(run)
    if len(merged) > 1 and merged[0].name == merged[-1].name:
        merged[0] = _joined(merged.pop(), merged[0])
    return merged


def _joined(one: Run, other: Run) -> Run:
    net = np.array(one.outward) * one.length_m + np.array(other.outward) * other.length_m
    unit = net / (np.hypot(*net) or 1.0)
    return Run(one.name, one.length_m + other.length_m, (float(unit[0]), float(unit[1])))


def sides_of(runs: list[Run]) -> dict[Side, tuple[str, ...]] | None:
    """The runs given to the sides they look to, or None when that is not plain: a name twice, a side bare."""
    names = [run.name for run in runs]
    if len(set(names)) != len(names) or not 4 <= len(runs) <= 6:
        return None
    taken: list[int] = []
    for run in runs:
        cosines = [run.outward[0] * x + run.outward[1] * y for _, (x, y) in _ROUND]
        if max(cosines) < _LEAST_COSINE:
            return None
        taken.append(int(np.argmax(cosines)))
    turns = [(after - before) % 4 for before, after in pairwise([*taken, taken[0]])]
    if set(taken) != {0, 1, 2, 3} or sum(turns) != 4 or max(turns) > 1:
        return None
    return {
        side: tuple(run.name for run, at in zip(runs, taken, strict=True) if at == index)
        for index, (side, _) in enumerate(_ROUND)
    }


def blocks(network: Network) -> list[Block]:
    """The faces that a person could name by their four sides, each meant by its names alone."""
    found = []
    for face in network.faces():
        runs = network.runs(face)
        sides = sides_of(runs) if runs else None
        if sides:
            found.append(Block(Polygon(face.exterior), sides))
    return _meaning_one(found)


def crossed(network: Network, single: list[Block]) -> list[Block]:
    """Two neighbouring blocks as one, the line between them inside it."""
    tree = shapely.STRtree([block.face for block in single])
    found = []
    for left, right in tree.query([block.face for block in single], predicate="touches").T:
        if left >= right:
            continue
        shared = set(single[left].names) & set(single[right].names)
        whole = shapely.union(single[left].face, single[right].face)
        if whole.geom_type != "Polygon" or whole.interiors:
            continue
        runs = network.runs(whole)
        sides = sides_of(runs) if runs else None
        inner = shared - {name for names in (sides or {}).values() for name in names}
        if sides and len(inner) == 1 and all(len(names) == 1 for names in sides.values()):
            found.append(Block(whole, sides, inner.pop()))
    return _meaning_one(found)


def _meaning_one(found: list[Block]) -> list[Block]:
    meant: dict[frozenset[tuple[Side, frozenset[str]]], list[Block]] = {}
    for block in found:
        key = frozenset((side, frozenset(names)) for side, names in block.sides.items())
        meant.setdefault(key, []).append(block)
    return [some[0] for some in meant.values() if len(some) == 1]
