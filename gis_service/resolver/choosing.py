"""Several closed rings of one row → the one that the row's own evidence singles out, or none: never the first."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.gazetteer.place import Place
from gis_service.resolver.candidates import SideLine
from gis_service.resolver.rings import Ring

_SAME_SHARE = 0.8  # two rings that overlap this much are one reading drawn twice


@dataclass(frozen=True)
class Solution:
    """One closed ring, the lines it was made of, and the area inside their near edges (metres)."""

    ring: Ring
    lines: tuple[SideLine, ...]
    area: Polygon

    @property
    def confidence(self) -> float:
        """0–1: how sure the names, how true to the compass, how little was bridged."""
        names = min(line.score for line in self.lines)
        bridged = min(1.0, 2 * self.ring.bridged_m / self.ring.face.length)
        return max(0.05, names * (0.75 + 0.25 * self.ring.compass) * (1 - bridged))


def _overlap(one: Solution, other: Solution) -> float:
    shared = one.ring.face.intersection(other.ring.face).area
    return float(shared / min(one.ring.face.area, other.ring.face.area))


def distinct(solutions: list[Solution]) -> list[Solution]:
    """The solutions with the least bridging and the surest names, readings of the same ground kept once."""
    if not solutions:
        return []
    least = min(one.ring.step for one in solutions)
    best = max(one.confidence for one in solutions if one.ring.step == least)
    kept: list[Solution] = []
    for one in sorted(solutions, key=lambda one: -one.confidence):
        close_call = one.ring.step == least and one.confidence >= 0.6 * best
        if close_call and all(_overlap(one, other) < _SAME_SHARE for other in kept):
            kept.append(one)
    return kept


def supported(solutions: list[Solution], grounds: list[BaseGeometry]) -> list[Solution]:
    """Those that hold the row's own community, or lie in its division, where that tells them apart."""
    for ground in grounds:
        inside = [one for one in solutions if _holds(one.area, ground)]
        if 0 < len(inside) < len(solutions):
            solutions = inside
    return solutions


def _holds(area: Polygon, ground: BaseGeometry) -> bool:
    smaller = min(area.area, ground.area)
    return bool(smaller and shapely.intersection(area, ground).area >= 0.5 * smaller)


def misplaced(area: BaseGeometry, own: tuple[Place, ...], footprints: list[BaseGeometry]) -> str | None:
    """The name of the row's own community when its footprint lies outside the area drawn."""
    for place, footprint in zip(own, footprints, strict=True):
        if not area.intersects(footprint.representative_point()):
            return place.name
    return None
