"""The anchors of a sentence + the gazetteer → for each side the lines it may follow, in metres, with reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.abuttals.model import Abuttal, AbuttalsPart, Basis, Side
from gis_service.codes import PlaceKind
from gis_service.gazetteer.gazetteer import Gazetteer
from gis_service.gazetteer.naming import normal
from gis_service.gazetteer.place import Candidate, Place
from gis_service.resolver.lines import moved, outline
from gis_service.resolver.options import Edge, Hint, ResolverOptions

_BUILT = frozenset({PlaceKind.ESTATE, PlaceKind.AREA, PlaceKind.BUILDING, PlaceKind.SCHOOL})
_MAX_CHOICES_A_SIDE = 12


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
    """What bounds one side (or two, where one anchor wraps both): one strand for each anchor found."""

    sides: tuple[Side, ...]
    strands: tuple[Strand, ...]
    line: BaseGeometry

    @property
    def score(self) -> float:
        """How sure the names are: the least sure of the strands, 0–1."""
        return min(strand.candidate.score for strand in self.strands)


def own_places(gazetteer: Gazetteer, hint: Hint) -> tuple[Place, ...]:
    """Footprints in the gazetteer that bear the name of the row's own community."""
    found = (one for name in hint.community_names for one in gazetteer.find(name, kinds=_BUILT) if one.score >= 1)
    return tuple(one.place for one in found if one.place.geometry.area > 0)


def _is_own(abuttal: Abuttal, hint: Hint) -> bool:
    return abuttal.own or normal(abuttal.anchor) in {normal(own) for own in hint.community_names}


def candidates_of(abuttal: Abuttal, gazetteer: Gazetteer, hint: Hint) -> tuple[Candidate, ...]:
    """Every place that the anchor, a plainer reading of it, or the alias in its brackets may mean."""
    if _is_own(abuttal, hint):
        return tuple(Candidate(place, "小区自身范围", 1.0) for place in own_places(gazetteer, hint))
    found = _first_found(gazetteer, (abuttal.anchor, *abuttal.names))
    if abuttal.alias and (not found or found[0].score < 1):
        by_alias = gazetteer.find(abuttal.alias)
        found = tuple(one for one in by_alias if one.score >= 1) or found or by_alias
    return found or _at_junction(abuttal, gazetteer)


def _first_found(gazetteer: Gazetteer, names: tuple[str, ...]) -> tuple[Candidate, ...]:
    return next((found for name in names if (found := gazetteer.find(name))), ())


def _at_junction(abuttal: Abuttal, gazetteer: Gazetteer) -> tuple[Candidate, ...]:
    """The roads that cross at 某路与某路交汇处: which of them the side follows, the other sides tell."""
    crossing = (one for road in abuttal.junction for one in gazetteer.find(road) if one.score >= 1)
    return tuple(Candidate(one.place, f"路口：沿“{one.place.name}”", 0.8) for one in crossing)


class SideLines:
    """Side lines of one row, each made once however many combinations use it."""

    def __init__(self, gazetteer: Gazetteer, hint: Hint, options: ResolverOptions) -> None:
        self._gazetteer, self._hint, self._options = gazetteer, hint, options

    def choices(self, sides: tuple[Side, ...], abuttals: tuple[Abuttal, ...]) -> list[SideLine]:
        """The lines that the side may follow, surest names first; anchors without a place are left out."""
        found = [(abuttal, candidates_of(abuttal, self._gazetteer, self._hint)) for abuttal in abuttals]
        known = [[(abuttal, one) for one in candidates] for abuttal, candidates in found if candidates]
        if not known:
            return []
        combined = islice(product(*known), _MAX_CHOICES_A_SIDE)
        lines = (self._side_line(sides, tuple(self._strand(sides, *pair) for pair in pairs)) for pairs in combined)
        return [line for line in lines if line.line.length > 0]

    def _side_line(self, sides: tuple[Side, ...], strands: tuple[Strand, ...]) -> SideLine:
        return SideLine(sides, strands, shapely.union_all([strand.line for strand in strands]))

    def _strand(self, sides: tuple[Side, ...], abuttal: Abuttal, candidate: Candidate) -> Strand:
        shape, side = self._gazetteer.metric(candidate.place), sides[0]
        half = (candidate.place.width_m or 0.0) / 2
        line, keep_out = shape, None
        if shape.area > 0:
            own = _is_own(abuttal, self._hint)
            line = shapely.union_all([outline(shape, one, own=own) for one in sides])
            keep_out, half = (None if own else shape), 0.0
        if abuttal.basis is Basis.FAR_EDGE and half:
            line = moved(line, side, half)
        if abuttal.offset_m:
            line, keep_out = moved(line, abuttal.offset_dir or side, abuttal.offset_m), None
        near = abuttal.basis is Basis.NEAR_EDGE and self._options.edge is Edge.NEAR
        keep_off = (near or abuttal.basis is Basis.RED_LINE) and not abuttal.offset_m
        return Strand(abuttal, candidate, line, half if keep_off else 0.0, keep_out)


def side_groups(part: AbuttalsPart) -> list[tuple[tuple[Side, ...], tuple[Abuttal, ...]]]:
    """The sides in the order E, S, W, N; neighbours that share the very same anchor become one group."""
    groups: list[tuple[tuple[Side, ...], tuple[Abuttal, ...]]] = []
    for side in Side:
        abuttals = part.sides.get(side, ())
        if not abuttals:
            continue
        if groups and _wraps(groups[-1][1], abuttals):
            groups[-1] = ((*groups[-1][0], side), abuttals)
        else:
            groups.append(((side,), abuttals))
    if len(groups) > 1 and _wraps(groups[-1][1], groups[0][1]):
        last = groups.pop()
        groups[0] = ((*last[0], *groups[0][0]), groups[0][1])
    return groups


def _wraps(one: tuple[Abuttal, ...], other: tuple[Abuttal, ...]) -> bool:
    return [normal(abuttal.anchor) for abuttal in one] == [normal(abuttal.anchor) for abuttal in other]


def combinations(choices: list[list[SideLine]], options: ResolverOptions) -> Iterator[tuple[SideLine, ...]]:
    """One choice a side, dropping those whose neighbouring sides lie farther apart than any bridge reaches."""
    reach = options.bridge_steps_m[-1]

    def extend(taken: tuple[SideLine, ...]) -> Iterator[tuple[SideLine, ...]]:
        if len(taken) == len(choices):
            if taken[-1].line.distance(taken[0].line) <= reach:
                yield taken
            return
        for choice in choices[len(taken)]:
            if not taken or taken[-1].line.distance(choice.line) <= reach:
                yield from extend((*taken, choice))

    yield from islice(extend(()), options.max_combinations)
