"""What was changed in; whatever else it concerns, and what must be read to count that anew, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, text

from gis_service.codes import ProblemCategory
from gis_service.store.links import Touched

# a boundary and a footprint that meet in metres have boxes that meet within a metre
_MET = """
select c.id from communities c join area_revisions r on c.geom && st_expand(r.geom, 0.00001)
where r.area_id = any(:areas) and r.state = 'approved'
"""
_AROUND = """
select r.area_id from communities c join area_revisions r on r.geom && st_expand(c.geom, 0.00001)
where c.id = any(:communities) and r.state = 'approved'
  and daterange(r.effective_from, r.effective_to) @> cast(:on as date)
"""
_BEGUN_OR_ENDED = """
select area_id from area_revisions where state = 'approved'
 and (effective_from > :since and effective_from <= :on or effective_to > :since and effective_to <= :on)
"""
_PROBLEMS = "select id from problems where area_id = any(:areas)"
_OF_PROBLEMS = "select area_id, community_id from problems where id = any(:problems)"
_MEMBERS = "select community_id from area_communities where area_id = any(:areas)"
_OWNERS = "select area_id from area_communities where community_id = any(:communities)"
_LEFT = """
select id from problems where category = :left and (community_id = any(:communities) or area_id = any(:areas))
"""
_UNITS = """
select reporting_unit from divisions union select reporting_unit from communities union
select reporting_unit from management_areas
where coalesce(established_on <= cast(:on as date), true) and coalesce(retired_on > cast(:on as date), true)
"""
_TAKE_TURN = "select from layer_revisions where source = 'management_areas' for update"


def take_turn(connection: Connection) -> None:
    """Nobody else who writes areas or problems is at it until this transaction ends: all lock this row first."""
    connection.execute(text(_TAKE_TURN))


def begun_or_ended(connection: Connection, since: dt.date, on: dt.date) -> frozenset[int]:
    """The areas of which a boundary began or ended after the one day, up to the other."""
    return _ids(connection, _BEGUN_OR_ENDED, since=since, on=on)


def concerned(connection: Connection, touched: Touched) -> Touched:
    """What is touched, with the communities that its areas hold or meet and the problems that lie in these areas."""
    problems = touched.problems | _ids(connection, _PROBLEMS, areas=touched.areas)
    linked = connection.execute(text(_OF_PROBLEMS), {"problems": sorted(problems)}).all()
    areas = touched.areas | {row.area_id for row in linked if row.area_id is not None}
    communities = touched.communities | {row.community_id for row in linked if row.community_id is not None}
    communities |= _ids(connection, _MEMBERS, areas=areas) | _ids(connection, _MET, areas=touched.areas)
    return Touched(areas, communities, problems)


def beside(connection: Connection, on: dt.date, touched: Touched) -> Touched:
    """The areas and problems that must be read to count anew what is `concerned`; its communities are those."""
    owners = _ids(connection, _OWNERS, communities=touched.communities)
    left = {"left": int(ProblemCategory.COMPANY_LEFT), "communities": touched.communities}
    return Touched(
        areas=touched.areas | owners | _ids(connection, _AROUND, communities=touched.communities, on=on),
        communities=touched.communities,
        problems=touched.problems | _ids(connection, _LEFT, areas=owners, **left),
    )


def units(connection: Connection, on: dt.date) -> set[str]:
    """Every unit that a division, community or area of the day names."""
    return {unit for unit in connection.scalars(text(_UNITS), {"on": on}) if unit}


def _ids(connection: Connection, query: str, **values: Any) -> frozenset[int]:
    given = {name: sorted(value) if isinstance(value, Collection) else value for name, value in values.items()}
    return frozenset(connection.scalars(text(query), given))
