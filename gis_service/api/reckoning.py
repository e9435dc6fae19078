"""A day in; the facts of coverage as they were on it, counted once and kept, out."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import Connection

from gis_service import clock
from gis_service.analysis.courses import Histories, Lasting, Matrix, uncovered_course
from gis_service.analysis.coverage import Definition, tallied
from gis_service.analysis.footprints import footprint_cover
from gis_service.analysis.tallies import KEYS, KINDS, Kind
from gis_service.analysis.uncovered import uncovered_communities
from gis_service.codes import UncoveredReason
from gis_service.store import frames, links, spans, tallies
from gis_service.store.derived import computed_on, uncovered_frame
from gis_service.store.features import revision

_SOURCES = ("communities", "management_areas", "problems", "divisions", "uncovered_communities")
_KEPT = 8
_COURSES_KEPT = 4
_SUMS_KEPT, _MOST_ROWS = 256, 120  # sums are small, unless they are of every neighborhood
_Key = tuple[object, ...]
Sums = tuple[list[dict[str, Any]], dict[str, Any]]  # the rows of a level, and the totals; not to be changed


@dataclass(frozen=True)
class Reckoned:
    """What was true on a day: a row of numbers per community, ledger row and problem, and every reason of 失管.

    No definition of 失管 has been chosen yet; the divisions are without their shapes.
    """

    day: dt.date
    tallies: pd.DataFrame
    reasons: pd.DataFrame
    divisions: gpd.GeoDataFrame


@dataclass(frozen=True)
class Alike:
    """Days on which the communities were the same: a row per community, a column per day for each of the reasons."""

    days: Sequence[dt.date]
    communities: pd.DataFrame
    reasons: Mapping[UncoveredReason, Matrix]


@dataclass(frozen=True)
class Uncovered:
    """Which communities were uncovered on several days."""

    parts: Sequence[Alike]

    def counted(self, definition: Definition, place: tuple[str, str] | None) -> dict[dt.date, dict[str, int]]:
        """Of each day how many were covered under the definition, and how many not, of all or in one place."""
        return {day: told for part in self.parts for day, told in _counted_in(part, definition, place).items()}


def _counted_in(part: Alike, definition: Definition, place: tuple[str, str] | None) -> dict[dt.date, dict[str, int]]:
    here = np.ones(len(part.communities), dtype=bool)
    if place is not None:
        here = (part.communities[KEYS[place[0]]] == place[1]).to_numpy(dtype=bool)
    held = np.logical_or.reduce([part.reasons[reason][here] for reason in definition]).sum(axis=0)
    total = int(here.sum())
    return {day: {"covered": total - int(held[at]), "uncovered": int(held[at])} for at, day in enumerate(part.days)}


class Reckonings:
    """Keeps what was counted last; used by several threads, of which one counts at a time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, Reckoned] = OrderedDict()
        self._sums: OrderedDict[_Key, Sums] = OrderedDict()
        self._courses: OrderedDict[_Key, Uncovered] = OrderedDict()
        self._lock, self._counting = Lock(), Lock()

    def on(self, connection: Connection, day: dt.date) -> Reckoned:
        """The facts of the day, counted from the store unless nothing has changed since they were."""
        return self._found(_key(connection, day), lambda: reckoned(connection, day))

    def communities_on(self, connection: Connection, day: dt.date) -> Reckoned:
        """The facts of communities alone, without their ground: today these are known since the last write."""
        key = _key(connection, day)
        if self._get(key) is not None or not _known(connection, day):
            return self.on(connection, day)
        return self._found((*key, "communities"), lambda: _as_kept(connection, day, "community"))

    def sums(self, connection: Connection, day: dt.date, asked: object, count: Callable[[], Sums]) -> Sums:
        """What was counted for a question about the day, unless something has changed since.

        A year has more days at which its months end than facts are kept of.
        """
        key = (*_key(connection, day), asked)
        with self._lock:
            if key in self._sums:
                self._sums.move_to_end(key)
                return self._sums[key]
        found = count()
        if len(found[0]) <= _MOST_ROWS:
            with self._lock:
                self._sums[key] = found
                while len(self._sums) > _SUMS_KEPT:
                    self._sums.popitem(last=False)
        return found

    def course(self, connection: Connection, days: Sequence[dt.date]) -> Uncovered:
        """Who was uncovered on each of the days, read in one pass unless nothing has changed since it was."""
        key = (tuple(days), *_key(connection, days[0]))
        with self._lock:
            found = self._courses.get(key)
        if found is None:
            with self._counting:
                found = uncovered_on(connection, days)
            with self._lock:
                self._courses[key] = found
                while len(self._courses) > _COURSES_KEPT:
                    self._courses.popitem(last=False)
        return found

    def _found(self, key: _Key, count: Callable[[], Reckoned]) -> Reckoned:
        found = self._get(key)
        if found is None:
            with self._counting:
                found = self._get(key) or count()
                self._put(key, found)
        return found

    def _get(self, key: _Key) -> Reckoned | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _put(self, key: _Key, found: Reckoned) -> None:
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def reckoned(connection: Connection, day: dt.date) -> Reckoned:
    """The facts of the day from the store: boundaries, ledgers, problems and communities as of it."""
    if _known(connection, day):
        return _as_kept(connection, day)
    communities, areas = frames.communities_frame(connection, day), frames.all_areas_frame(connection, day)
    problems, divisions = frames.problems_frame(connection, day), frames.divisions_frame(connection, shapes=False)
    memberships, cover = _memberships(connection, day), footprint_cover(communities, areas)
    found = uncovered_communities(communities, areas, memberships, problems, on=day, cover=cover)
    reasons = pd.DataFrame(found.drop(columns="geom"))
    counted = tallied(communities, areas, memberships, reasons, problems, divisions, cover=cover)
    return Reckoned(day, counted, reasons, divisions)


def uncovered_on(connection: Connection, days: Sequence[dt.date]) -> Uncovered:
    """Who was uncovered on each of the days, as `reckoned` would say of each of them."""
    return Uncovered([_uncovered(connection, alike) for alike in spans.between_surveys(connection, days)])


def _uncovered(connection: Connection, days: Sequence[dt.date]) -> Alike:
    communities = frames.communities_frame(connection, days[0])
    read = (spans.areas, spans.named, spans.around, spans.boundaries, spans.companies_left)
    told = (each(connection, days) for each in read)
    histories = Histories(*(Lasting(rows, spans.lasting(rows, days)) for rows in told))
    keys = pd.DataFrame(communities[list(KEYS.values())])
    return Alike(days, keys, uncovered_course(communities, histories))


def _known(connection: Connection, day: dt.date) -> bool:
    """Whether the day is the one that the last write left everything counted for."""
    return day == computed_on(connection) and tallies.kept(connection)


def _as_kept(connection: Connection, day: dt.date, *kinds: Kind) -> Reckoned:
    """The facts as the last write left them, of every kind or of some."""
    divisions = frames.divisions_frame(connection, shapes=False)
    return Reckoned(day, tallies.read_kinds(connection, kinds or KINDS), uncovered_frame(connection), divisions)


def _key(connection: Connection, day: dt.date) -> _Key:
    return (day, clock.today(), *(revision(connection, source) for source in _SOURCES))


def _memberships(connection: Connection, day: dt.date) -> pd.DataFrame:
    return pd.DataFrame(links.memberships(connection, day), columns=["area_id", "community_id", "how"], dtype=object)
