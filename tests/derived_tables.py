"""What is derived from boundaries, ledgers and problems, as it stands and as it would be, were all made anew."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, text

from gis_service import clock
from gis_service.editing.refreshing import refresh_derived

_KEPT = {
    "memberships": "select area_id, community_id, how from area_communities",
    "problems": "select id, community_id, area_id, st_asewkb(geom) from problems",
    "tallies": "select * from tallies",
    "coverage": "select to_jsonb(c) - 'geom' - 'geom_3857', st_asewkb(geom) from coverage c",
    "uncovered": "select to_jsonb(u) - 'geom' - 'geom_3857', st_asewkb(geom) from uncovered_communities u",
}


def kept(connection: Connection) -> dict[str, set[str]]:
    """Every derived row, as text with all digits."""
    return {name: {repr(tuple(row)) for row in connection.execute(text(query))} for name, query in _KEPT.items()}


def differences(connection: Connection, on: dt.date | None = None) -> dict[str, tuple[set[str], set[str]]]:
    """By table, the rows that stand there and would not, and those that would and do not, if all were made anew."""
    stands = kept(connection)
    trial = connection.begin_nested()
    refresh_derived(connection, on or clock.today())
    would = kept(connection)
    trial.rollback()
    return {
        name: (stands[name] - would[name], would[name] - stands[name]) for name in _KEPT if stands[name] != would[name]
    }
