"""The work list of the boundaries desk: filters in; a page of areas with the state each stands in, and counts, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, text

STATES: Mapping[str, str] = {
    "open": "有边未定",
    "ambiguous": "有歧义",
    "drafted": "草图",
    "in_review": "审核中",
    "sent_back": "已退回",
    "approved": "已核准",
    "retired": "已分立或合并",
}
_NEWEST = """
left join lateral (
  select r.number, r.state, r.author, r.geom from area_revisions r
  where r.area_id = a.id and r.state <> 'discarded' order by r.number desc limit 1
) n on true
"""
STATE_OF = """
case when a.retired_on is not null then 'retired'
     when n.state = 'draft' then 'drafted'
     when n.state is not null then n.state
     when a.resolution_status = 'ambiguous' then 'ambiguous'
     else 'open' end
"""
_LISTED = f"""
with listed as (
  select a.id, a.code, a.name, a.street, a.neighborhood, a.reporting_unit as county, a.county_code, a.street_code,
         a.neighborhood_code, a.resolution_status, a.confidence, a.sides, a.abuttals_text, a.open_sides,
         n.number as revision, n.author, n.geom, {STATE_OF} as state
  from management_areas a {_NEWEST}
  where (cast(:street as text) is null or a.street = :street)
    and (cast(:county as text) is null or :county in (a.reporting_unit, a.county_code))
    and (cast(:q as text) is null or position(:q in a.name) > 0 or position(:q in a.code) > 0
         or position(:q in a.abuttals_text) > 0 or position(:q in array_to_string(a.community_names, '、')) > 0)
    and (cast(:own as text[]) is null or a.reporting_unit = any(:own) or a.street_code = any(:own)
         or (a.reporting_unit <> all(:zones) and a.county_code = any(:own)))
)
"""  # noqa: S608 - put together from fixed texts of this file, every value is bound
_PAGE = f"""
{_LISTED}, page as (
  select * from listed where state = any(:states) and code > :after order by code limit :limit
)
select p.*, s.id as pending_id, s.kind as pending_kind, array[
    st_xmin(b.box), st_ymin(b.box), st_xmax(b.box), st_ymax(b.box)] as bbox
from page p
left join area_succession_parts w on w.area_id = p.id and w.role = 'before' and w.waiting
left join area_successions s on s.id = w.succession_id
left join lateral (
  select d.geom from divisions d
  where d.geom is not null and d.code in (p.neighborhood_code, p.street_code, p.county_code)
  order by length(d.code) desc limit 1
) home on true
left join lateral (select box2d(coalesce(p.geom, p.open_sides, home.geom)) as box) b on true
order by p.code
"""  # noqa: S608
_COUNTS = f"{_LISTED} select state, count(*) as number from listed group by state"  # noqa: S608
_PLACES = """
select distinct reporting_unit as county, street from management_areas where retired_on is null
  and (cast(:own as text[]) is null or reporting_unit = any(:own) or street_code = any(:own)
       or (reporting_unit <> all(:zones) and county_code = any(:own)))
order by 1, 2
"""


@dataclass(frozen=True)
class Wanted:
    """What of the list somebody wants; `own`: codes and units of the divisions it is narrowed to."""

    states: Sequence[str]
    street: str | None = None
    county: str | None = None
    q: str | None = None
    own: Sequence[str] | None = None
    zones: Sequence[str] = ()
    after: str = ""
    limit: int = 100

    @property
    def values(self) -> dict[str, Any]:
        """The values as the queries bind them."""
        own = None if self.own is None else list(self.own)
        return {
            **{"street": self.street, "county": self.county, "q": self.q, "own": own, "zones": list(self.zones)},
            **{"states": list(self.states), "after": self.after, "limit": self.limit},
        }


def page(connection: Connection, wanted: Wanted) -> Sequence[RowMapping]:
    """The areas in order of their codes, after the last one of the page before."""
    return connection.execute(text(_PAGE), wanted.values).mappings().all()


def counts(connection: Connection, wanted: Wanted) -> dict[str, int]:
    """How many areas stand in each state, whichever states are wanted."""
    found = {row.state: row.number for row in connection.execute(text(_COUNTS), wanted.values)}
    return {state: found.get(state, 0) for state in STATES}


def places(connection: Connection, wanted: Wanted) -> list[tuple[str, str]]:
    """The pairs of county and street that the list may be narrowed to."""
    return [(row.county, row.street) for row in connection.execute(text(_PLACES), wanted.values)]
