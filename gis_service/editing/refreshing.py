"""The derived tables made anew: what the store holds on the day, through `analysis`, back into the store.

All of it after an import; after anything smaller what that concerns, by the same statements and functions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from gis_service.analysis.coverage import coverage_of, tallied
from gis_service.analysis.footprints import footprint_cover
from gis_service.analysis.metric import zone_between
from gis_service.analysis.tallies import KEYS, UNKNOWN
from gis_service.analysis.uncovered import uncovered_communities
from gis_service.store import derived, frames, tallies, touched
from gis_service.store.links import Touched, relink, relink_boundaries

_Places = dict[str, set[str]]  # by level or column, the codes


def refresh_derived(connection: Connection, on: dt.date) -> None:
    """Memberships, links of problems, uncovered communities and coverage are those of the day."""
    relink(connection, on)
    communities, areas = frames.communities_frame(connection), frames.all_areas_frame(connection, on)
    memberships, problems = frames.memberships_frame(connection), frames.problems_frame(connection, on)
    cover = footprint_cover(communities, areas)
    uncovered = uncovered_communities(communities, areas, memberships, problems, on=on, cover=cover)
    divisions = frames.divisions_frame(connection)
    counted = tallied(communities, areas, memberships, uncovered, problems, divisions, cover=cover)
    tallies.keep(connection, counted)
    derived.replace(connection, coverage=coverage_of(counted, divisions, on=on), uncovered=uncovered)


def refresh_touched(
    connection: Connection,
    on: dt.date,
    *,
    areas: Collection[int] = (),
    problems: Collection[int] = (),
    named: bool = False,
) -> None:
    """What `refresh_derived` would do, where since the last time only this came to pass.

    areas: boundaries or drafts of these came or went. problems: these were closed or opened. named: areas came or
    went, or a name means something else.
    """
    touched.take_turn(connection)
    since = derived.computed_on(connection) if tallies.kept(connection) else None
    if since is None or since > on:
        refresh_derived(connection, on)
        return
    changed = {*areas, *touched.begun_or_ended(connection, since, on)}
    linked = relink(connection, on) if named else relink_boundaries(connection, on, changed)
    of = Touched(linked.areas | changed, linked.communities, linked.problems | set(problems))
    _count(connection, on, touched.concerned(connection, of))
    if since < on:
        derived.turn_to(connection, on)


def _count(connection: Connection, on: dt.date, of: Touched) -> None:
    communities = frames.communities_frame(connection, ids=of.communities)
    memberships = frames.memberships_frame(connection, areas=of.areas, communities=of.communities)
    read = touched.beside(connection, on, of)
    areas = frames.all_areas_frame(connection, on, read.areas)
    problems = frames.problems_frame(connection, on, read.problems)
    cover = footprint_cover(communities, areas, zone_between(*frames.communities_between(connection)))
    uncovered = uncovered_communities(communities, areas, memberships, problems, on=on, cover=cover)
    derived.replace_uncovered(connection, uncovered, of.communities)
    divisions, units = frames.divisions_frame(connection, shapes=False), touched.units(connection, on)
    counted = tallied(communities, areas, memberships, uncovered, problems, divisions, cover=cover, units=units)
    changed = tallies.replace(connection, counted, of)
    if not changed.empty:
        _sum(connection, on, changed, divisions)


def _sum(connection: Connection, on: dt.date, changed: pd.DataFrame, divisions: gpd.GeoDataFrame) -> None:
    """The sums of every division that a changed tally counts for."""
    places = {level: set(changed[column]) for level, column in KEYS.items()}
    known = divisions.groupby("level")["code"].agg(set).to_dict() | {"reporting_unit": places["reporting_unit"]}
    strange = {level: codes for level, codes in places.items() if codes - known.get(level, set())}
    counted = tallies.read(
        connection,
        {KEYS[level]: codes for level, codes in places.items()},
        {KEYS[level]: known.get(level, set()) for level in strange},
    )
    ids = {f"{level}:{code}" for level, codes in places.items() for code in codes & known.get(level, set())}
    ids |= {f"{level}:{UNKNOWN}" for level in strange}
    sums = coverage_of(counted, divisions, on=on)
    derived.replace_coverage(connection, sums[sums["id"].isin(ids)], ids)
