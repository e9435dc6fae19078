"""Who belongs to whom: communities to areas, problems to communities and areas; found by name or by boundary."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, text

_NAMES = "select distinct id, bare_name(n) as bare from communities cross join unnest(aliases || name) as n"
# A name counts only where it fits one community: two of the same name in the division are nobody's.
_BY_NAME = f"""
select area_id, min(community_id) as community_id, 'ledger' as how
from (
  select distinct a.id as area_id, names.bare, c.id as community_id
  from management_areas a
  cross join unnest(a.community_names) as said
  join ({_NAMES}) as names on names.bare = bare_name(said)
  join communities c on c.id = names.id
   and (a.county_code = c.county_code or a.reporting_unit = c.reporting_unit)
   and coalesce(a.street_code = c.street_code, true)
   and coalesce(a.neighborhood_code = c.neighborhood_code, true)
) named
group by area_id, bare having count(*) = 1
"""  # noqa: S608 - this and the next ones are put together from fixed texts of this file
_BY_BOUNDARY = """
select r.area_id, c.id as community_id, 'spatial' as how
from area_revisions r
join communities c on r.geom && c.geom and st_covers(r.geom, st_pointonsurface(c.geom))
where r.state = 'approved' and daterange(r.effective_from, r.effective_to) @> cast(:on as date)
"""
_WANTED = f"select distinct area_id, community_id, how from ({_BY_NAME} union all {_BY_BOUNDARY}) as found"  # noqa: S608

_FORGET = f"""
delete from area_communities m
where not exists (select from ({_WANTED}) as w
                  where (w.area_id, w.community_id, w.how) = (m.area_id, m.community_id, m.how))
"""  # noqa: S608
_REMEMBER = f"insert into area_communities (area_id, community_id, how) {_WANTED} on conflict do nothing"

_PROBLEMS = f"""
with by_community as (
  select p.id, min(c.id) as community_id
  from problems p
  join ({_NAMES}) as names on names.bare = bare_name(p.project_name)
  join communities c on c.id = names.id and p.county in (c.county, c.reporting_unit)
  group by p.id having count(*) = 1
), by_area as (
  select p.id, min(a.id) as area_id
  from problems p
  left join divisions d on d.level = 'county' and d.name = p.county
  join management_areas a on bare_name(a.name) = bare_name(p.project_name)
   and (a.reporting_unit = p.county or a.county_code = d.code)
  group by p.id having count(*) = 1
), by_ledger as (
  select community_id, min(area_id) as area_id from area_communities where how = 'ledger'
  group by community_id having count(*) = 1
), found as (
  select p.id, bc.community_id, coalesce(bl.area_id, ba.area_id) as area_id
  from problems p
  left join by_community bc on bc.id = p.id
  left join by_area ba on ba.id = p.id
  left join by_ledger bl on bl.community_id = bc.community_id
), placed as (
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
from placed f
where f.id = p.id
  and (p.community_id, p.area_id, p.geom) is distinct from (f.community_id, f.area_id, f.geom)
"""  # noqa: S608


def relink(connection: Connection, on: dt.date) -> None:
    """Memberships and the links of problems are those of the day; what was right already is not touched."""
    for statement in (_FORGET, _REMEMBER, _PROBLEMS):
        connection.execute(text(statement), {"on": on})
