"""Several closed rings of one row → the one that the row's own evidence singles out, or none: never the first."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.resolver.rings import Ring

_SAME_SHARE = 0.8  # two rings that overlap this much are one reading drawn twice
_CLOSE_CALL = 0.6
_STATED_TOLERANCE = 0.15


@dataclass(frozen=True)
class Solution:
    """One closed ring and the area inside its near edges (metres)."""

    ring: Ring
    area: Polygon

    @property
    def confidence(self) -> float:
        """0–1: how sure the names, how true to the compass, how much of its breadth each side spans, bridged little."""
        names = min(line.score for line in self.ring.lines)
        bridged = min(1.0, 2 * self.ring.bridged_m / self.ring.face.length)
        spanned = min(1.0, 0.7 + min(self.ring.shares))
        return max(0.05, names * (0.75 + 0.25 * self.ring.compass) * spanned * (1 - bridged))


def _overlap(one: Solution, other: Solution) -> float:
    shared = one.ring.face.intersection(other.ring.face).area
    return float(shared / min(one.ring.face.area, other.ring.face.area))


def distinct(solutions: list[Solution]) -> list[Solution]:
    """The solutions with the surest names, readings of the same ground kept once."""
    best = max((one.confidence for one in solutions), default=0.0)
    kept: list[Solution] = []
    for one in sorted(solutions, key=lambda one: -one.confidence):
        if one.confidence >= _CLOSE_CALL * best and all(_overlap(one, other) < _SAME_SHARE for other in kept):
            kept.append(one)
    return kept


def supported(solutions: list[Solution], grounds: tuple[BaseGeometry, ...], stated_m2: float | None) -> list[Solution]:
    """Those that hold the row's own community, lie in its division or have the stated area, where that tells."""
    for ground in grounds:
        inside = [one for one in solutions if _holds(one.area, ground)]
        if 0 < len(inside) < len(solutions):
            solutions = inside
    if stated_m2 and len(solutions) > 1:
        fitting = [one for one in solutions if abs(one.area.area - stated_m2) <= _STATED_TOLERANCE * stated_m2]
        return fitting or solutions
    return solutions


def _holds(area: Polygon, ground: BaseGeometry) -> bool:
    smaller = min(area.area, ground.area)
    return bool(smaller and shapely.intersection(area, ground).area >= 0.5 * smaller)
