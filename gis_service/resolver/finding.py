"""An anchor of one row → the places it may mean: judged by people, a neighbour, or found in the gazetteer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.abuttals.model import Abuttal, Basis
from gis_service.codes import PlaceKind
from gis_service.gazetteer.gazetteer import Gazetteer
from gis_service.gazetteer.naming import normal
from gis_service.gazetteer.place import Candidate, Place
from gis_service.resolver.judgements import Judgements
from gis_service.resolver.options import Hint

_BUILT = frozenset({PlaceKind.ESTATE, PlaceKind.AREA, PlaceKind.BUILDING, PlaceKind.SCHOOL})
_DIVISION_KINDS = frozenset({PlaceKind.NEIGHBORHOOD, PlaceKind.STREET, PlaceKind.COUNTY})
_WALLS = ("围墙", "院墙", "墙")
_BESIDE_M = 500.0  # a landmark of a row lies in the row's division, or runs along its border

Neighbours = Mapping[str, tuple[Candidate, ...]]
"""Areas of other rows already resolved, by the normal form of their names, as sure as those rows are."""


class Finder:
    """What one row knows of the ground before any line is drawn."""

    def __init__(self, gazetteer: Gazetteer, hint: Hint, judgements: Judgements, neighbours: Neighbours) -> None:
        self._gazetteer, self._hint, self._neighbours = gazetteer, hint, neighbours
        here = [one for one in judgements.names if self._is_here(one.division)]
        places = {normal(one.name): one.place or gazetteer.by_id(one.place_id) for one in here}
        self._judged = {name: place for name, place in places.items() if place is not None}
        self._own_names = {normal(name) for name in hint.community_names}

    def _is_here(self, division: str) -> bool:
        hint = self._hint
        return not division or division in (hint.county, hint.street, hint.neighborhood)

    @cached_property
    def own_places(self) -> tuple[Place, ...]:
        """Footprints in the gazetteer that bear the name of the row's own community."""
        names = self._hint.community_names
        found = (one for name in names for one in self._gazetteer.find(name, kinds=_BUILT) if one.score >= 1)
        return tuple(one.place for one in found if one.place.geometry.area > 0)

    @cached_property
    def footprints(self) -> tuple[BaseGeometry, ...]:
        """The ground of `own_places`, in metres."""
        return tuple(self._gazetteer.metric(place) for place in self.own_places)

    @cached_property
    def divisions(self) -> tuple[Place, ...]:
        """The divisions of the row that the gazetteer knows by name, from small to large."""
        names = (self._hint.neighborhood, self._hint.street, self._hint.county)
        found = [self._gazetteer.find(name, kinds=_DIVISION_KINDS)[:1] for name in names if name]
        return tuple(one.place for candidates in found for one in candidates)

    @cached_property
    def grounds(self) -> tuple[BaseGeometry, ...]:
        """The ground of `divisions`, in metres, from small to large."""
        return tuple(self._gazetteer.metric(place) for place in self.divisions)

    def is_own(self, abuttal: Abuttal) -> bool:
        """True when the anchor is the row's own community."""
        return abuttal.own or normal(abuttal.anchor) in self._own_names

    def candidates(self, abuttal: Abuttal, *, wide: bool = False) -> tuple[Candidate, ...]:
        """Every place that the anchor may mean here, surest first; `wide`: in every way of reading its name."""
        if judged := self._judged.get(normal(abuttal.anchor)):
            return (Candidate(judged, "人工指定", 1.0),)
        if not abuttal.lookable:
            return ()
        if self.is_own(abuttal):
            return tuple(Candidate(place, "小区自身范围", 1.0) for place in self.own_places)
        neighbours = self._neighbours.get(normal(abuttal.anchor), ())
        found = neighbours or self._found(abuttal, wide=wide) or self._at_junction(abuttal)
        return self._of_division(found)

    def _found(self, abuttal: Abuttal, *, wide: bool) -> tuple[Candidate, ...]:
        names = [abuttal.anchor, *abuttal.names]
        if abuttal.basis is Basis.WALL:
            walls = (self._gazetteer.find(abuttal.anchor + word, kinds=frozenset({PlaceKind.WALL})) for word in _WALLS)
            exact = next((one for one in walls if one and one[0].score >= 1), ())
            if exact:
                return exact
        look = self._gazetteer.find_all if wide else self._gazetteer.find
        found = next((found for name in names if (found := look(name))), ())
        if abuttal.alias and (not found or found[0].score < 1):
            by_alias = self._gazetteer.find(abuttal.alias)
            found = tuple(one for one in by_alias if one.score >= 1) or found or by_alias
        return found

    def _at_junction(self, abuttal: Abuttal) -> tuple[Candidate, ...]:
        """The roads that cross at 某路与某路交汇处: which of them the side follows, the other sides tell."""
        crossing = (one for road in abuttal.junction for one in self._gazetteer.find(road) if one.score >= 1)
        return tuple(Candidate(one.place, f"路口：沿“{one.place.name}”", 0.8) for one in crossing)

    def _of_division(self, found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        """Of places that share a name, those in the row's smallest division that has any of them."""
        if len(found) < 2:
            return found
        for level, name in self._levels():
            here = tuple(one for one in found if one.place.tags.get(level) == name)
            if here:
                return here
        for division, ground in zip(self.divisions, self.grounds, strict=True):
            here = tuple(one for one in found if self._lies_in(one.place, division, ground))
            if here:
                return here
        return found

    def _levels(self) -> Iterator[tuple[str, str]]:
        hint = self._hint
        for level, name in (("neighborhood", hint.neighborhood), ("street", hint.street), ("county", hint.county)):
            if name:
                yield level, name

    def _lies_in(self, place: Place, division: Place, ground: BaseGeometry) -> bool:
        code = division.division_code
        if code and place.division_code.startswith(code):
            return True
        return bool(shapely.dwithin(ground, self._gazetteer.metric(place), _BESIDE_M))
