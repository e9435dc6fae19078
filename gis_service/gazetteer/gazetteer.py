"""Places indexed by the names people use: a name in, the places it may mean out, each with the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain

import shapely
from shapely import Point
from shapely.geometry.base import BaseGeometry

from gis_service import crs
from gis_service.codes import PlaceKind
from gis_service.gazetteer.joining import join_pieces, without_gaps
from gis_service.gazetteer.naming import (
    is_slip,
    kinds_of,
    normal,
    shortened,
    stem,
    without_direction,
    without_prefix,
    without_section,
)
from gis_service.gazetteer.place import Candidate, Place

_MIN_NAME = 2
_LINES = frozenset({PlaceKind.ROAD, PlaceKind.RAILWAY, PlaceKind.RIVER})
MAX_CANDIDATES = 8


class Gazetteer:
    """All named places of a region. Geometries are lon/lat; `metric` gives them in metres of `epsg`."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._set(tuple(join_pieces(places)))

    def _set(self, places: tuple[Place, ...]) -> None:
        self.places = places
        self._by_name = self._index(normal)
        self._metric: dict[int, tuple[Place, BaseGeometry]] = {}

    def __getstate__(self) -> tuple[Place, ...]:
        return self.places

    def __setstate__(self, places: tuple[Place, ...]) -> None:
        self._set(places)

    def _index(self, form: Callable[[str], str]) -> Mapping[str, list[tuple[Place, str]]]:
        index: dict[str, list[tuple[Place, str]]] = defaultdict(list)
        for place in self.places:
            for name in dict.fromkeys((place.name, *place.aliases)):
                key = form(normal(name))
                if len(key) >= _MIN_NAME and all(held is not place for held, _ in index[key]):
                    index[key].append((place, name))
        return index

    @cached_property
    def _by_stem(self) -> Mapping[str, list[tuple[Place, str]]]:
        return self._index(stem)

    @cached_property
    def _by_family(self) -> Mapping[str, list[tuple[Place, str]]]:
        return self._index(without_direction)

    @cached_property
    def _by_shortened(self) -> Mapping[str, list[str]]:
        index: dict[str, list[str]] = defaultdict(list)
        for name in self._by_name:
            for form in shortened(name):
                index[form].append(name)
        return index

    @cached_property
    def epsg(self) -> int:
        """EPSG code of the projected system of this region."""
        if not self.places:
            return crs.gauss_kruger(117.0)
        bounds = shapely.total_bounds([place.geometry for place in self.places])
        return crs.gauss_kruger(float(bounds[0] + bounds[2]) / 2)

    def metric(self, place: Place) -> BaseGeometry:
        """The geometry of a place in metres of `epsg`, its pieces joined where digitising parted them."""
        key = id(place)  # ids and names may repeat; the place is held, so that no other one comes by its address
        if key not in self._metric:
            self._metric[key] = place, without_gaps(crs.to_metric(place.geometry, self.epsg))
        return self._metric[key][1]

    def by_id(self, place_id: str) -> Place | None:
        """The place with this id, None when there is none."""
        return self._by_id.get(place_id)

    def lines_near(self, point: Point, reach_m: float) -> list[Place]:
        """Roads, rivers and railways that come within `reach_m` of a point given in metres of `epsg`."""
        lines, tree = self._line_tree
        around = crs.to_lonlat(shapely.box(*point.buffer(reach_m).bounds), self.epsg)
        near = [lines[int(index)] for index in tree.query(around, predicate="intersects")]
        return [place for place in near if self.metric(place).distance(point) <= reach_m]

    def places_near(self, point: Point, reach_m: float) -> list[tuple[Place, float]]:
        """Places whose line or outline comes within `reach_m` of a lon/lat point, nearest first, with the distance."""
        spot = crs.to_metric(point, self.epsg)
        around = crs.to_lonlat(shapely.box(*spot.buffer(reach_m).bounds), self.epsg)
        found = []
        for index in self._tree.query(around, predicate="intersects"):
            shape = self.metric(self.places[int(index)])
            away = (shape.boundary if shape.area > 0 else shape).distance(spot)
            if away <= reach_m:
                found.append((self.places[int(index)], float(away)))
        return sorted(found, key=lambda one: (one[1], one[0].id))

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree([place.geometry for place in self.places])

    @cached_property
    def _line_tree(self) -> tuple[list[Place], shapely.STRtree]:
        lines = [place for place in self.places if place.kind in _LINES and place.geometry.length > 0]
        return lines, shapely.STRtree([place.geometry for place in lines])

    @cached_property
    def _by_id(self) -> Mapping[str, Place]:
        return {place.id: place for place in self.places}

    def find(self, name: str, *, kinds: frozenset[PlaceKind] | None = None) -> tuple[Candidate, ...]:
        """Places that the name may mean, from the first way of reading it that finds any; empty when none does."""
        return next(self._readings(name, kinds), ())

    def find_all(self, name: str) -> tuple[Candidate, ...]:
        """Places that the name may mean in any way of reading it, each once, surest reading first."""
        found = {id(one.place): one for one in reversed([*chain(*self._readings(name, None))])}
        return tuple(sorted(found.values(), key=lambda one: -one.score))

    def _readings(self, name: str, kinds: frozenset[PlaceKind] | None) -> Iterator[tuple[Candidate, ...]]:
        key, wanted = normal(name), kinds if kinds is not None else kinds_of(name)
        for step in (_exact, _estate, _sectioned, _prefixed, _generic, _family, _slip):
            found = step(self, key)
            allowed = wanted | _LINES if wanted and step is _slip and kinds is None else wanted
            fitting = [one for one in found if allowed is None or one.place.kind in allowed]
            if fitting or (found and step is _exact):
                yield tuple((fitting or found)[:MAX_CANDIDATES])

    def named(self, key: str) -> list[tuple[Place, str]]:
        """Places (and the name or alias that fits) whose normal name is `key`."""
        return list(self._by_name.get(key, ()))

    def with_stem(self, key: str) -> list[tuple[Place, str]]:
        """Places whose name without its generic word is `key`."""
        return list(self._by_stem.get(key, ()))

    def of_family(self, key: str) -> list[tuple[Place, str]]:
        """Places whose name without the direction before its generic word is `key`."""
        return list(self._by_family.get(key, ()))

    def alike(self, key: str) -> list[tuple[Place, str]]:
        """Places whose normal name is one slip of the pen away from `key`."""
        near = {name for form in shortened(key) for name in self._by_shortened.get(form, ())}
        return [pair for name in sorted(near) if is_slip(key, name) for pair in self._by_name[name]]


def _exact(gazetteer: Gazetteer, name: str) -> list[Candidate]:
    return [
        Candidate(place, "名称一致" if normal(place.name) == name else f"别名“{held}”一致", 1.0)
        for place, held in gazetteer.named(name)
    ]


def _estate(gazetteer: Gazetteer, name: str) -> list[Candidate]:
    other = name.removesuffix("小区") if name.endswith("小区") else f"{name}小区"
    if len(other) < _MIN_NAME:
        return []
    return [Candidate(place, f"小区名“{held}”一致", 0.95) for place, held in gazetteer.named(other)]


def _sectioned(gazetteer: Gazetteer, name: str) -> list[Candidate]:
    bare = without_section(name)
    if bare == name or len(bare) <= _MIN_NAME:
        return []
    return [Candidate(place, f"“{name}”是“{place.name}”的一段", 0.9) for place, _ in gazetteer.named(bare)]


def _prefixed(gazetteer: Gazetteer, name: str) -> list[Candidate]:
    bare = name
    for _ in range(3):
        bare = without_prefix(bare)
        if len(bare) <= _MIN_NAME:
            return []
        found = gazetteer.named(bare) or gazetteer.named(without_section(bare))
        if found and bare != name:
            return [Candidate(place, f"去掉前缀后与“{held}”一致", 0.95) for place, held in found]
    return []


def _generic(gazetteer: Gazetteer, name: str) -> list[Candidate]:
    root = stem(without_section(name))
    if root == name or len(root) < _MIN_NAME:
        return []
    same = [(place, held) for place, held in gazetteer.with_stem(root) if place.kind is PlaceKind.ROAD]
    return [Candidate(place, f"通名不同：“{held}”", 0.8) for place, held in same]


def _family(gazetteer: Gazetteer, name: str) -> list[Candidate]:
    bare = without_direction(name)
    if bare != name:
        whole = gazetteer.named(bare)
        return [Candidate(place, f"全路名“{held}”", 0.6) for place, held in whole if place.kind is PlaceKind.ROAD]
    kin = gazetteer.of_family(name)
    return [Candidate(place, f"简称：全名“{held}”", 0.6) for place, held in kin if place.kind is PlaceKind.ROAD]


def _slip(gazetteer: Gazetteer, name: str) -> list[Candidate]:
    return [Candidate(place, f"一字之差：“{held}”", 0.5) for place, held in gazetteer.alike(name)]
