"""The derived tables made anew: what the store holds on the day, through `analysis`, back into the store."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection

from gis_service.analysis.coverage import coverage
from gis_service.analysis.uncovered import uncovered_communities
from gis_service.store import derived, frames
from gis_service.store.links import relink


def refresh_derived(connection: Connection, on: dt.date) -> None:
    """Memberships, uncovered communities and coverage are those of the day; to be called after every write."""
    relink(connection, on)
    communities, areas = frames.communities_frame(connection), frames.all_areas_frame(connection, on)
    memberships, problems = frames.memberships_frame(connection), frames.problems_frame(connection)
    uncovered = uncovered_communities(communities, areas, memberships, problems, on=on)
    sums = coverage(communities, areas, memberships, uncovered, problems, frames.divisions_frame(connection), on=on)
    derived.replace(connection, coverage=sums, uncovered=uncovered)
