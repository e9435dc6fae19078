"""The places that an anchor may mean → the lines that its side may follow, in metres, with reasons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis_service import crs
from gis_service.abuttals.model import Abuttal, AbuttalsPart, Basis, Side
from gis_service.codes import PlaceKind
from gis_service.gazetteer.gazetteer import Gazetteer
from gis_service.gazetteer.naming import normal
from gis_service.gazetteer.place import Candidate, Place
from gis_service.resolver.finding import Finder
from gis_service.resolver.judgements import Judgements
from gis_service.resolver.lines import DIRECTION, between, moved, outline
from gis_service.resolver.options import Edge, ResolverOptions

_MAX_CHOICES_A_SIDE = 12

Group = tuple[tuple[Side, ...], tuple[Abuttal, ...]]
"""The sides that the same anchors bound, and those anchors."""


@dataclass(frozen=True)
class Strand:
    """One anchor taken as one place: its line in metres, half the reserve to keep clear of, ground not to enter."""

    abuttal: Abuttal
    candidate: Candidate
    line: BaseGeometry
    half_width_m: float = 0.0
    keep_out: BaseGeometry | None = None


@dataclass(frozen=True)
class SideLine:
    """What bounds one side (two, where one anchor wraps both; none in a ring without directions), in metres."""

    sides: tuple[Side, ...]
    strands: tuple[Strand, ...]
    line: BaseGeometry
    continued: tuple[BaseGeometry, ...] = ()  # stretches of other roads that carry the line on to the corner
    continued_by: tuple[str, ...] = ()

    @cached_property
    def towards(self) -> NDArray[np.float64]:
        """Unit vector of the compass direction that the side is named for; zero when it has none."""
        total = np.sum([DIRECTION[side] for side in self.sides], axis=0) if self.sides else np.zeros(2)
        size = float(np.hypot(*total))
        unit: NDArray[np.float64] = total / size if size else np.zeros(2)
        return unit

    @property
    def score(self) -> float:
        """How sure the names are: the least sure of the strands, 0–1."""
        return min(strand.candidate.score for strand in self.strands)


class SideLines:
    """Side lines of one row, each made once however many combinations use it."""

    def __init__(self, finder: Finder, gazetteer: Gazetteer, judgements: Judgements, options: ResolverOptions) -> None:
        self._finder, self._gazetteer, self._options = finder, gazetteer, options
        self._judged = {one.side: crs.to_metric(one.line, gazetteer.epsg) for one in judgements.sides}
        self._along = {one.side: one.place for one in judgements.along}

    def judged_sides(self) -> frozenset[Side]:
        """The sides whose line, or the place that they follow, a person has given."""
        return frozenset(self._judged) | frozenset(self._along)

    def choices(self, group: Group, *, wide: bool = False) -> list[SideLine]:
        """The lines that the side may follow, surest names first; anchors without a place are left out."""
        sides, abuttals = group
        if sides and all(side in self._judged for side in sides):
            return [self._by_judgement(sides, abuttals)]
        if sides and all(side in self._along for side in sides):
            return [self._along_judged(sides, abuttals)]
        found = [(abuttal, self._finder.candidates(abuttal, wide=wide)) for abuttal in abuttals]
        known = [_taken(abuttal, candidates) for abuttal, candidates in found if candidates]
        if not known:
            return []
        combined = islice(product(*known), _MAX_CHOICES_A_SIDE)
        made = (tuple(self._strand(sides, *pair) for one in pairs for pair in one) for pairs in combined)
        lines = [SideLine(sides, strands, _as_one([one.line for one in strands])) for strands in made]
        return [line for line in lines if not line.line.is_empty]

    def _by_judgement(self, sides: tuple[Side, ...], abuttals: tuple[Abuttal, ...]) -> SideLine:
        line = shapely.union_all([self._judged[side] for side in sides])
        place = Place("", "人工指定的界线", PlaceKind.WALL, line)
        abuttal = abuttals[0] if abuttals else Abuttal("", (0, 0), lookable=False)
        return SideLine(sides, (Strand(abuttal, Candidate(place, "人工指定", 1.0), line),), line)

    def _along_judged(self, sides: tuple[Side, ...], abuttals: tuple[Abuttal, ...]) -> SideLine:
        abuttal = abuttals[0] if abuttals else Abuttal("", (0, 0), lookable=False)
        strand = self._strand(sides, abuttal, Candidate(self._along[sides[0]], "人工指定", 1.0))
        return SideLine(sides, (strand,), strand.line)

    def _strand(self, sides: tuple[Side, ...], abuttal: Abuttal, candidate: Candidate) -> Strand:
        shape = self._gazetteer.metric(candidate.place)
        if shape.area > 0:
            return self._along_outline(sides, abuttal, candidate, shape)
        half = (candidate.place.width_m or 0.0) / 2 if self._options.edge is Edge.NEAR else 0.0
        line = self._limited(abuttal, shape)
        if abuttal.offset_m and sides:
            return Strand(abuttal, candidate, moved(line, abuttal.offset_dir or sides[0], abuttal.offset_m))
        if abuttal.basis is Basis.FAR_EDGE and half and sides:
            return Strand(abuttal, candidate, moved(line, sides[0], half))
        keep_off = abuttal.basis in (Basis.NEAR_EDGE, Basis.RED_LINE)
        return Strand(abuttal, candidate, line, half if keep_off else 0.0)

    def _along_outline(
        self, sides: tuple[Side, ...], abuttal: Abuttal, candidate: Candidate, shape: BaseGeometry
    ) -> Strand:
        own = self._finder.is_own(abuttal)
        facing = [outline(shape, side, own=own) for side in sides] or [shape.boundary]
        line = _as_one(facing)
        if abuttal.offset_m and sides:
            return Strand(abuttal, candidate, moved(line, abuttal.offset_dir or sides[0], abuttal.offset_m))
        return Strand(abuttal, candidate, line, keep_out=None if own else shape)

    def _limited(self, abuttal: Abuttal, line: BaseGeometry) -> BaseGeometry:
        """A路（B路至C路段）: the stretch of A between B and C, where both are known and meet it."""
        if abuttal.limits is None:
            return line
        found = [self._gazetteer.find(name) for name in abuttal.limits]
        if not all(found):
            return line
        ends = [[self._gazetteer.metric(one.place) for one in candidates] for candidates in found]
        return between(line, ends[0], ends[1])


def _as_one(lines: list[BaseGeometry]) -> BaseGeometry:
    return lines[0] if len(lines) == 1 else shapely.union_all(lines)


def _taken(abuttal: Abuttal, candidates: tuple[Candidate, ...]) -> list[tuple[tuple[Abuttal, Candidate], ...]]:
    """Each candidate by itself, and, where a short name stands for several roads of one family, all of them."""
    single: list[tuple[tuple[Abuttal, Candidate], ...]] = [((abuttal, one),) for one in candidates]
    kin = [one for one in candidates if one.why.startswith("简称")]
    return [*single, tuple((abuttal, one) for one in kin)] if len(kin) > 1 else single


def side_groups(part: AbuttalsPart, judged: frozenset[Side] = frozenset()) -> list[Group]:
    """The sides in the order E, S, W, N; neighbours that share the very same anchor become one group."""
    groups: list[Group] = []
    for side in Side:
        abuttals = part.sides.get(side, ())
        if not abuttals and side not in judged:
            continue
        if groups and _wraps(groups[-1], side, abuttals, judged):
            groups[-1] = ((*groups[-1][0], side), abuttals)
        else:
            groups.append(((side,), abuttals))
    if len(groups) > 1 and _wraps(groups[-1], groups[0][0][0], groups[0][1], judged):
        last = groups.pop()
        groups[0] = ((*last[0], *groups[0][0]), groups[0][1])
    return groups


def _wraps(group: Group, side: Side, abuttals: tuple[Abuttal, ...], judged: frozenset[Side]) -> bool:
    if side in judged or judged.intersection(group[0]):
        return False
    return [normal(one.anchor) for one in group[1]] == [normal(one.anchor) for one in abuttals]
