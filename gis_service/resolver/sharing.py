"""Areas of one run, in metres → the same areas with one line where two of them meet; real overlaps left and told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

_APART_M = 1.0  # areas this close to each other were meant to share a line
_GRID_M = 0.001
_SLIVER_WIDTH_M = 1.5  # mean width of ground that two drawings of one line leave between them, or count twice


@dataclass(frozen=True)
class Shared:
    """The areas in their order, and the pairs that claim the same ground, with the overlap in m²."""

    areas: tuple[BaseGeometry, ...]
    overlaps: tuple[tuple[int, int, float], ...]


def share_edges(areas: Sequence[BaseGeometry]) -> Shared:
    """Neighbouring areas with slivers between them given to one of the two, the earlier one first.

    Without the pairs in `overlaps` the result is a valid coverage (`shapely.coverage_is_valid`).
    """
    shapes = np.array([*areas, None], dtype=object)[:-1]
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_APART_M)
    pairs = [(int(one), int(other)) for one, other in zip(left, right, strict=True) if one < other]
    overlaps = tuple(found for one, other in pairs if (found := _overlap(shapes, one, other)))
    claimed = {index for one, other, _ in overlaps for index in (one, other)}
    for group in _groups([pair for pair in pairs if not claimed.intersection(pair)]):
        shapes[group] = _noded(shapes[group])
    return Shared(tuple(shapes), overlaps)


def clear_of(area: BaseGeometry, others: Sequence[BaseGeometry]) -> BaseGeometry:
    """The area without the slivers that it has in common with others; real overlaps are left for a person."""
    for other in others:
        if _is_sliver(area.intersection(other)):
            area = area.difference(other)
    return area


def _is_sliver(shared: BaseGeometry) -> bool:
    return 0 < 2 * shared.area <= _SLIVER_WIDTH_M * shared.length


def _overlap(shapes: NDArray[np.object_], one: int, other: int) -> tuple[int, int, float] | None:
    shared = shapely.intersection(shapes[one], shapes[other])
    if shared.area <= 0 or 2 * shared.area <= _SLIVER_WIDTH_M * shared.length:
        return None
    return one, other, float(shared.area)


def _groups(pairs: list[tuple[int, int]]) -> list[list[int]]:
    beside: dict[int, set[int]] = defaultdict(set)
    for one, other in pairs:
        beside[one].add(other)
        beside[other].add(one)
    groups, seen = [], set[int]()
    for start in sorted(beside):
        group, waiting = [], [start]
        while waiting:
            index = waiting.pop()
            if index not in seen:
                seen.add(index)
                group.append(index)
                waiting += sorted(beside[index])
        if group:
            groups.append(sorted(group))
    return groups


def _noded(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """The areas made anew from the faces of all their outlines."""
    outlines = shapely.union_all(shapely.boundary(shapes), grid_size=_GRID_M)
    faces = shapely.get_parts(shapely.polygonize([outlines]))
    spots = shapely.point_on_surface(faces)
    owners = np.full(len(faces), -1)
    face, shape = shapely.STRtree(shapes).query(spots, predicate="within")
    for at, index in sorted(zip(face.tolist(), shape.tolist(), strict=True), reverse=True):
        owners[at] = index
    for at in np.flatnonzero(owners == -1):
        if 2 * faces[at].area <= _SLIVER_WIDTH_M * faces[at].length:
            owners[at] = _widest_neighbour(faces, owners, int(at))
    made = np.empty(len(shapes), dtype=object)
    for index in range(len(shapes)):
        made[index] = shapely.coverage_union_all(faces[owners == index])
    return made


def _widest_neighbour(faces: NDArray[np.object_], owners: NDArray[np.int64], at: int) -> int:
    """The owner of the face that shares the longest line with a sliver; -1 where only open ground lies beside it."""
    shared = shapely.length(shapely.intersection(shapely.boundary(faces), faces[at].boundary))
    shared[owners == -1] = 0.0
    best = int(shared.argmax())
    return int(owners[best]) if shared[best] > 0 else -1
