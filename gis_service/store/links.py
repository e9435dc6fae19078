"""Who belongs to whom: communities to areas, problems to communities and areas; found by name or by boundary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from gis_service.store.hazard_places import rejoin
from gis_service.store.sources import is_past
from gis_service.store.versions import as_of

_NAMES = "select distinct id, bare_name(n) as bare from communities cross join unnest(aliases || name) as n"
_EXISTS = "coalesce(a.established_on <= cast(:on as date), true) and coalesce(a.retired_on > cast(:on as date), true)"
# an area also goes by the names of those it came from, and by those that sheets gave it before
_AREA_NAMES = f"""
select distinct a.id, a.reporting_unit, a.county_code, bare_name(called.n) as bare
from management_areas a
cross join lateral (
  select unnest(a.former_names || a.name) as n union all select name from area_names where area_id = a.id
) as called
where {_EXISTS}
"""  # noqa: S608
# A name counts only where it fits one community: two of the same name in the division are nobody's.
_BY_NAME = """
select area_id, min(community_id) as community_id, 'ledger' as how
from (
  select distinct a.id as area_id, names.bare, c.id as community_id
  from management_areas a
  cross join unnest(a.community_names) as said
  join ({names}) as names on names.bare = bare_name(said)
  join communities c on c.id = names.id
   and (a.county_code = c.county_code or a.reporting_unit = c.reporting_unit)
   and coalesce(a.street_code = c.street_code, true)
   and coalesce(a.neighborhood_code = c.neighborhood_code, true)
  where {exists}
) named
group by area_id, bare having count(*) = 1
"""
_BY_BOUNDARY = """
select r.area_id, c.id as community_id, 'spatial' as how
from area_revisions r
join communities c on r.geom && c.geom and st_covers(r.geom, st_pointonsurface(c.geom))
where r.state = 'approved' and daterange(r.effective_from, r.effective_to) @> cast(:on as date) {of}
"""


def _wanted() -> str:
    by_name = _BY_NAME.format(names=_NAMES, exists=_EXISTS)
    by_boundary = _BY_BOUNDARY.format(of="")
    # this and the next ones are put together from fixed texts of this file
    return f"select distinct area_id, community_id, how from ({by_name} union all {by_boundary}) as found"  # noqa: S608


_WANTED = _wanted()
_WANTED_THEN = as_of("communities", "management_areas", day="on") + _WANTED

_FORGET = """
delete from area_communities m
where {of} not exists (select from ({wanted}) as w
                       where (w.area_id, w.community_id, w.how) = (m.area_id, m.community_id, m.how))
returning area_id, community_id
"""
_REMEMBER = """
insert into area_communities (area_id, community_id, how) {wanted} on conflict do nothing
returning area_id, community_id
"""
_LINKED = f"""
with settled as (
  select p.id, n.community_id, live.id as area_id
  from problems p
  join problem_names n on n.unit = p.county and n.bare = bare_name(p.project_name)
  left join management_areas chosen on chosen.id = n.area_id
  left join lateral (
    select a.id from management_areas a
    where (a.id = chosen.id or (chosen.retired_on is not null and a.reporting_unit = chosen.reporting_unit
                                and chosen.name = any(a.former_names))) and {_EXISTS}
    order by a.id <> chosen.id, a.id limit 1
  ) live on true
), by_community as (
  select p.id, min(c.id) as community_id
  from problems p
  join ({_NAMES}) as names on names.bare = bare_name(p.project_name)
  join communities c on c.id = names.id and p.county in (c.county, c.reporting_unit)
  group by p.id having count(*) = 1
), by_area as (
  select p.id, min(a.id) as area_id
  from problems p
  left join divisions d on d.level = 'county' and d.name = p.county
  join ({_AREA_NAMES}) as a on a.bare = bare_name(p.project_name)
   and (a.reporting_unit = p.county or a.county_code = d.code)
  group by p.id having count(*) = 1
), by_ledger as (
  select community_id, min(area_id) as area_id from area_communities where how = 'ledger'
  group by community_id having count(*) = 1
), found as (
  select p.id, home.community_id,
         coalesce(bl.area_id, case when s.id is null then ba.area_id else s.area_id end) as area_id
  from problems p
  left join settled s on s.id = p.id
  left join by_community bc on bc.id = p.id
  left join by_area ba on ba.id = p.id
  cross join lateral (select case when s.id is null then bc.community_id else s.community_id end) home(community_id)
  left join by_ledger bl on bl.community_id = home.community_id
)
"""  # noqa: S608
_LINKED_BEFORE = "with found as (select id, community_id, area_id from problems where area_id = any(:areas))"
_PLACED = """
{found}, placed as (
  select f.*, st_pointonsurface(coalesce(c.geom, shown.geom)) as geom
  from found f
  left join communities c on c.id = f.community_id
  left join lateral (
    select r.geom from area_revisions r where r.area_id = f.area_id
    order by (r.state = 'approved' and daterange(r.effective_from, r.effective_to) @> cast(:on as date)) desc,
             r.number desc limit 1
  ) shown on true
)
update problems p set community_id = f.community_id, area_id = f.area_id, geom = f.geom
from placed f join problems before on before.id = f.id
where f.id = p.id and p.origin = 'ledger'
  and (p.community_id, p.area_id, p.geom) is distinct from (f.community_id, f.area_id, f.geom)
returning p.id, array_remove(array[before.community_id, p.community_id], null) as communities,
  array_remove(array[before.area_id, p.area_id], null) as areas
"""
_BY_BOUNDARY_OF = _BY_BOUNDARY.format(of="and r.area_id = any(:areas)")
_EVERYTHING = (_FORGET.format(of="", wanted=_WANTED), _REMEMBER.format(wanted=_WANTED), _PLACED.format(found=_LINKED))
_OF_BOUNDARIES = (
    _FORGET.format(of="m.area_id = any(:areas) and m.how = 'spatial' and", wanted=_BY_BOUNDARY_OF),
    _REMEMBER.format(wanted=_BY_BOUNDARY_OF),
    _PLACED.format(found=_LINKED_BEFORE),
)


@dataclass(frozen=True)
class Touched:
    """Ids of areas, communities and problems that a change concerns."""

    areas: frozenset[int] = field(default_factory=frozenset)
    communities: frozenset[int] = field(default_factory=frozenset)
    problems: frozenset[int] = field(default_factory=frozenset)


def memberships(connection: Connection, on: dt.date) -> list[tuple[int, int, str]]:
    """Area, community and how they belong together by what was in force and told on the day; nothing is written."""
    wanted = _WANTED_THEN if is_past(on) else _WANTED
    found = connection.execute(text(f"{wanted} order by 1, 2, 3"), {"on": on})
    return [(row.area_id, row.community_id, row.how) for row in found]


def relink(connection: Connection, on: dt.date) -> Touched:
    """Memberships, the links of problems and the areas of hazards are those of the day; what was right stays."""
    return _done(connection, _EVERYTHING, on)


def relink_boundaries(connection: Connection, on: dt.date, areas: Collection[int]) -> Touched:
    """`relink` where nothing but the boundaries of these areas, or drafts of them, came or went since the last time."""
    return _done(connection, _OF_BOUNDARIES, on, areas=sorted(areas))


def _done(connection: Connection, statements: Iterable[str], on: dt.date, **more: object) -> Touched:
    values = {"on": on, **more}
    forget, remember, place = (connection.execute(text(statement), values).all() for statement in statements)
    rejoin(connection, on)
    pairs = [*forget, *remember]
    return Touched(
        areas=frozenset({pair.area_id for pair in pairs}.union(*(row.areas for row in place))),
        communities=frozenset({pair.community_id for pair in pairs}.union(*(row.communities for row in place))),
        problems=frozenset(row.id for row in place),
    )
