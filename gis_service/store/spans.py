"""Facts of areas and problems, who belonged to whom, and boundaries, each with the days from which and until which.

Read in one pass over history instead of `areas_on`, `problems_on` and `memberships` of every day. A row of facts counts
from its day until the next one of the same subject, the first one also before it where the unit's ledger had begun.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, text

from gis_service.codes import ProblemCategory, ServiceForm
from gis_service.crs import LONLAT
from gis_service.store.versions import as_of, community_days

Matrix = np.ndarray[Any, np.dtype[np.bool_]]  # a row per thing, a column per day
_CODES = ("county_code", "street_code", "neighborhood_code", "reporting_unit")
_SPANS = """
with said as (
  select distinct on ({about}, since) {about} as id, since, coalesce(same_as, t.id) as fact
  from {facts} t order by {about}, since, t.id desc
), spans as (
  select id, fact, since, lead(since) over w as until, lag(since) over w is null as earliest
  from said window w as (partition by id order by since)
), begun as (
  select u.{unit} as unit, min(t.since) as since from {facts} t join {subject} u on u.id = t.{about} group by 1
)
"""


def _said(name: str, kind: str = "") -> str:
    """What a row of facts says in a column, or else what stands today."""
    return f"case when f.facts ? '{name}' then (f.facts ->> '{name}'){kind} else a.{name} end as {name}"


AREAS = f"""
{_SPANS.format(facts="area_facts", about="area_id", subject="management_areas", unit="reporting_unit")}, drawn as (
  select area_id, min(effective_from) as since from area_revisions where state = 'approved' group by 1
), told as (
  select a.id, greatest(case when s.id is null or s.earliest and s.since <= b.since then date '-infinity'
                             when s.earliest then least(s.since, d.since) else s.since end,
                        coalesce(a.established_on, date '-infinity')) as first,
         least(coalesce(s.until, date 'infinity'), coalesce(a.retired_on, date 'infinity')) as until,
         {", ".join(_said(name, "::int") for name in ("service_form", "committee", "party_coverage"))},
         {", ".join(_said(name) for name in _CODES)},
         case when f.facts ? 'community_names'
              then array(select jsonb_array_elements_text(f.facts -> 'community_names')) else a.community_names end
           as community_names
  from management_areas a
  left join spans s on s.id = a.id
  left join area_facts f on f.id = s.fact
  left join begun b on b.unit = a.reporting_unit
  left join drawn d on d.area_id = a.id
)
"""  # noqa: S608
"""`told`: an area with what ledgers said of it, from `first` until the day before `until`."""
_STOOD = f"""
{_SPANS.format(facts="problem_facts", about="problem_id", subject="problems", unit="county")}, steps as (
  select problem_id as id, at::date as since, state,
         min(at::date) over (partition by problem_id order by id rows between 1 following and unbounded following)
           as until
  from problem_events where kind in ('report', 'start', 'report_done', 'close', 'send_back', 'reopen')
), acted as (
  select id, min(since) as since from steps group by id
), known as (
  select p.id, case when p.origin = 'spot' then coalesce(p.registered_at::date, date 'infinity')
                    when s.id is null or s.since <= b.since then date '-infinity' else s.since end as since
  from problems p
  left join spans s on s.id = p.id and s.earliest
  left join begun b on b.unit = p.county
), stood as (
  select a.id, case when s.id is null or s.earliest then k.since else greatest(s.since, k.since) end as first,
         coalesce(s.until, date 'infinity') as until, t.since as acted,
         {_said("ledger_closed", "::boolean")}, {_said("county")}
  from problems a
  join known k on k.id = a.id
  left join spans s on s.id = a.id
  left join problem_facts f on f.id = s.fact
  left join acted t on t.id = a.id
)
"""  # noqa: S608
_BY_LEDGERS = """
  select id, first, least(until, coalesce(acted, date 'infinity')) as until, ledger_closed as closed{more} from stood
  union all
"""
PROBLEMS = f"""
{_STOOD}, told as (
  {_BY_LEDGERS.format(more="")}
  select e.id, greatest(e.since, k.since), coalesce(e.until, date 'infinity'), e.state = 'closed'
  from steps e join known k on k.id = e.id
)
"""  # noqa: S608
"""`told`: a problem and whether it was closed, from `first` until the day before `until`.

What people did with it counts from its day on instead of what ledgers say.
"""
PROBLEMS_PLACED = f"""
{_STOOD}, told as (
  {_BY_LEDGERS.format(more=", county")}
  select e.id, greatest(e.since, s.first), least(coalesce(e.until, date 'infinity'), s.until), e.state = 'closed',
         s.county
  from steps e join stood s on s.id = e.id
)
"""  # noqa: S608
"""As `PROBLEMS`, with the `county` that the ledger named by then."""
WITHIN = "greatest({first}, :least) as first, least({until}, :most) as until"
_NAMES = "select distinct id, bare_name(n) as bare from communities cross join unnest(aliases || name) as n"
# Whom a row names, once for all rows of an area that say the same of it; see `links.py`.
_NAMED = f"""
{AREAS}, same as (
  select id, {", ".join(_CODES)}, community_names, range_agg(daterange(first, until)) as lasts
  from told where first < until {{of}} group by id, {", ".join(_CODES)}, community_names
), numbered as (
  select *, row_number() over () as place from same
), found as (
  select place, min(community_id) as community_id
  from (
    select distinct a.place, names.bare, c.id as community_id
    from numbered a
    cross join unnest(a.community_names) as said
    join ({_NAMES}) as names on names.bare = bare_name(said)
    join communities c on c.id = names.id
     and (a.county_code = c.county_code or a.reporting_unit = c.reporting_unit)
     and coalesce(a.street_code = c.street_code, true)
     and coalesce(a.neighborhood_code = c.neighborhood_code, true)
  ) as each
  group by place, bare having count(*) = 1
)
select a.id as area_id, f.community_id, {WITHIN.format(first="lower(each)", until="upper(each)")}
from found f join numbered a on a.place = f.place cross join unnest(a.lasts) as each
where lower(each) < :most and upper(each) > :least
order by 1, 2, 3
"""  # noqa: S608
_LASTS = WITHIN.format(first="r.effective_from", until="coalesce(r.effective_to, date 'infinity')")
_IN_FORCE = "r.state = 'approved' and r.effective_from < :most and coalesce(r.effective_to > :least, true)"
_AROUND = f"""
select r.area_id, c.id as community_id, {_LASTS}
from area_revisions r join communities c on r.geom && c.geom and st_covers(r.geom, st_pointonsurface(c.geom))
where {_IN_FORCE} {{of}} order by 1, 2, 3
"""  # noqa: S608
_DRAWN = (
    f"select r.area_id, {_LASTS}, ST_AsBinary(r.geom) as geom from area_revisions r where {_IN_FORCE} order by 1, 2"  # noqa: S608
)
_OF_AREAS = f"""
{AREAS}, lasting as (
  select id, range_agg(daterange(first, until)) as lasts,
         range_agg(daterange(first, until)) filter (where service_form = {int(ServiceForm.NONE)}) as without
  from told where first < until group by id
)
select l.id, kind.unserved, {WITHIN.format(first="lower(each)", until="upper(each)")}
from lasting l cross join lateral (values (l.lasts, false), (l.without, true)) as kind(lasts, unserved)
cross join unnest(kind.lasts) as each
where lower(each) < :most and upper(each) > :least order by 1, 2, 3
"""  # noqa: S608
_LEFT = f"""
{PROBLEMS} select p.community_id, p.area_id, {WITHIN.format(first="t.first", until="t.until")}
from told t join problems p on p.id = t.id
where p.category = {int(ProblemCategory.COMPANY_LEFT)} and t.closed is not true
  and t.first < :most and t.until > :least and t.first < t.until order by p.id, t.first
"""  # noqa: S608


def between_surveys(connection: Connection, days: Collection[dt.date]) -> list[list[dt.date]]:
    """The days in order of time, in groups within each of which the communities are the same."""
    changed = sorted(connection.scalars(community_days()))
    return [list(alike) for _, alike in groupby(sorted(set(days)), lambda day: bisect_right(changed, day))]


def as_surveyed(query: str) -> str:
    """The query with the communities of the day `:least` in the place of those of today."""
    told, query = as_of("communities", day="least").rstrip(), query.strip()
    return f"{told}, {query.removeprefix('with ')}" if query.startswith("with ") else f"{told} {query}"


def span_of(days: Collection[dt.date]) -> dict[str, dt.date]:
    """What bounds a reading of these days."""
    return {"least": min(days), "most": max(days) + dt.timedelta(days=1)}


def areas(connection: Connection, days: Collection[dt.date]) -> pd.DataFrame:
    """`id`, `unserved`, `first`, `until`: when there was each area, and (`unserved`) when its row said 无物管."""
    return frame(connection, _OF_AREAS, span_of(days))


def named(connection: Connection, days: Collection[dt.date], of: Sequence[int] | None = None) -> pd.DataFrame:
    """`area_id`, `community_id`, `first`, `until`: whom rows of 附件1 name, of all areas or of these.

    The communities are to be the same on all of the days, here and in `around`.
    """
    told = {**span_of(days), **({} if of is None else {"of": list(of)})}
    return frame(connection, as_surveyed(_NAMED.format(of="" if of is None else "and id = any(:of)")), told)


def around(connection: Connection, days: Collection[dt.date], of: Sequence[int] | None = None) -> pd.DataFrame:
    """`area_id`, `community_id`, `first`, `until`: who lies within an agreed boundary, of all areas or of these."""
    told = {**span_of(days), **({} if of is None else {"of": list(of)})}
    return frame(connection, as_surveyed(_AROUND.format(of="" if of is None else "and r.area_id = any(:of)")), told)


def boundaries(connection: Connection, days: Collection[dt.date]) -> gpd.GeoDataFrame:
    """`area_id`, `first`, `until` and the agreed boundary as `geom`, in lon/lat, by area."""
    found = frame(connection, _DRAWN, span_of(days))
    shapes = shapely.from_wkb(found.pop("geom").to_numpy(dtype=object))
    return gpd.GeoDataFrame(found, geometry=gpd.GeoSeries(shapes, crs=LONLAT, index=found.index)).rename_geometry(
        "geom"
    )


def companies_left(connection: Connection, days: Collection[dt.date]) -> pd.DataFrame:
    """`community_id`, `area_id`, `first`, `until` of every problem 19 as long as it was not closed."""
    return frame(connection, _LEFT, span_of(days))


def lasting(spans: pd.DataFrame, days: Sequence[dt.date]) -> Matrix:
    """A row per span, a column per day: whether it counts on the day."""
    first, until = (spans[name].to_numpy(dtype="datetime64[D]")[:, None] for name in ("first", "until"))
    each = np.array(list(days), dtype="datetime64[D]")[None, :]
    found: Matrix = (first <= each) & (each < until)
    return found


def frame(connection: Connection, query: str, told: Mapping[str, object]) -> pd.DataFrame:
    """What the query gives, by the names of its columns."""
    found = connection.execute(text(query), dict(told))
    return pd.DataFrame(found.all(), columns=list(found.keys()), dtype=object)
