"""Everything in the store that a 四至 sentence may name, as one gazetteer."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator

import geopandas as gpd
from sqlalchemy import Connection

from gis_service.codes import PlaceKind
from gis_service.gazetteer import Gazetteer, Place
from gis_service.store import frames
from gis_service.store.features import revision

_SOURCES = ("places", "communities", "divisions")


class Landmarks:
    """The gazetteer of one process, made anew when its tables changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[tuple[int, ...], Gazetteer] | None = None

    def of(self, connection: Connection) -> Gazetteer:
        """The gazetteer as the connection sees the tables."""
        marks = tuple(revision(connection, source) for source in _SOURCES)
        with self._lock:
            if self._held is None or self._held[0] != marks:
                self._held = marks, landmarks(connection)
            return self._held[1]


def landmarks(connection: Connection) -> Gazetteer:
    """The stored places, the communities as estates, the divisions; each ground under a name only once."""
    stored = frames.places(connection)
    more = [*_communities(frames.communities_frame(connection)), *_divisions(frames.divisions_frame(connection))]
    return Gazetteer((*stored, *_unknown(more, stored)))


def _communities(frame: gpd.GeoDataFrame) -> Iterator[Place]:
    known = frame[frame.geometry.notna()]
    columns = (known[name] for name in ("code", "name", "aliases", "neighborhood_code"))
    for code, name, aliases, division, shape in zip(*columns, known.geometry, strict=True):
        yield Place(
            id=f"community:{code}",
            name=name,
            kind=PlaceKind.ESTATE,
            geometry=shape,
            aliases=tuple(aliases),
            division_code=division or "",
            source="communities",
        )


def _divisions(frame: gpd.GeoDataFrame) -> Iterator[Place]:
    known = frame[frame.geometry.notna()]
    for code, name, level, shape in zip(known["code"], known["name"], known["level"], known.geometry, strict=True):
        yield Place(f"division:{code}", name, PlaceKind(level), shape, division_code=code, source="divisions")


def _unknown(places: Iterable[Place], stored: Iterable[Place]) -> Iterator[Place]:
    """Places that do not lie on a stored one of the same name and kind: twice on the list would be ambiguous."""
    by_name: dict[tuple[str, PlaceKind], list[Place]] = defaultdict(list)
    for place in stored:
        by_name[place.name, place.kind].append(place)
    for place in places:
        namesakes = by_name.get((place.name, place.kind), ())
        if not any(place.geometry.intersects(namesake.geometry) for namesake in namesakes):
            yield place
