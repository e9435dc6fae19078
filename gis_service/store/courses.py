"""Past days in; of each, what was counted of all ledger rows and of all problems, read in one pass over history, out.

The same as counting `areas_on` and `problems_on` of each day: a row of facts counts from its day until the next one of
the same subject, the first one also before it where the unit's ledger had begun; what people did with a problem counts
from its day on instead of what ledgers say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from gis_service.codes import CommitteeState, PartyCoverage

_SPANS = """
with said as (
  select distinct on ({about}, since) {about} as id, since, coalesce(same_as, id) as fact
  from {facts} order by {about}, since, id desc
), spans as (
  select id, fact, since, lead(since) over w as until, lag(since) over w is null as earliest
  from said window w as (partition by id order by since)
), begun as (
  select u.{unit} as unit, min(t.since) as since from {facts} t join {subject} u on u.id = t.{about} group by 1
)
"""
_PER_DAY = """
select d.day, coalesce(sum(c.yes), 0) as yes, coalesce(sum(c.known), 0) as known,
       coalesce(sum(c.more_yes), 0) as more_yes, coalesce(sum(c.more_known), 0) as more_known
from (select distinct unnest(cast(:days as date[])) as day) d
left join counted c on c.first <= d.day and d.day < c.until
group by d.day
"""
_OF_AREAS = """
{spans}, drawn as (
  select area_id, min(effective_from) as since from area_revisions where state = 'approved' group by 1
), told as (
  select greatest(case when s.id is null or s.earliest and s.since <= b.since then date '-infinity'
                       when s.earliest then least(s.since, d.since) else s.since end,
                  coalesce(a.established_on, date '-infinity')) as first,
         least(coalesce(s.until, date 'infinity'), coalesce(a.retired_on, date 'infinity')) as until,
         case when f.facts ? 'committee' then (f.facts ->> 'committee')::int else a.committee end as committee,
         case when f.facts ? 'party_coverage' then (f.facts ->> 'party_coverage')::int else a.party_coverage end
           as party
  from management_areas a
  left join spans s on s.id = a.id
  left join area_facts f on f.id = s.fact
  left join begun b on b.unit = a.reporting_unit
  left join drawn d on d.area_id = a.id
), counted as (
  select first, until, count(*) filter (where committee = any(:formed)) as yes,
         count(*) filter (where committee = any(:committees)) as known,
         count(*) filter (where party = any(:covered)) as more_yes,
         count(*) filter (where party = any(:parties)) as more_known
  from told group by first, until
)
{days}"""
_OF_PROBLEMS = """
{spans}, steps as (
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
), told as (
  select case when s.id is null or s.earliest then k.since else greatest(s.since, k.since) end as first,
         least(coalesce(s.until, date 'infinity'), coalesce(t.since, date 'infinity')) as until,
         case when f.facts ? 'ledger_closed' then (f.facts ->> 'ledger_closed')::boolean else p.ledger_closed end
           as closed
  from problems p
  join known k on k.id = p.id
  left join spans s on s.id = p.id
  left join problem_facts f on f.id = s.fact
  left join acted t on t.id = p.id
  union all
  select greatest(e.since, k.since), coalesce(e.until, date 'infinity'), e.state = 'closed'
  from steps e join known k on k.id = e.id
), counted as (
  select first, until, count(*) filter (where closed) as yes, count(*) filter (where closed is not true) as known,
         0 as more_yes, 0 as more_known
  from told group by first, until
)
{days}"""

_AREAS = _OF_AREAS.format(
    spans=_SPANS.format(facts="area_facts", about="area_id", subject="management_areas", unit="reporting_unit"),
    days=_PER_DAY,
)
_PROBLEMS = _OF_PROBLEMS.format(
    spans=_SPANS.format(facts="problem_facts", about="problem_id", subject="problems", unit="county"), days=_PER_DAY
)


def area_course(connection: Connection, days: Sequence[dt.date]) -> dict[dt.date, dict[str, int]]:
    """Of each day, how many ledger rows say of the committee and of party work that there is one, or say anything."""
    formed, covered = set(CommitteeState) - {CommitteeState.NONE}, set(PartyCoverage) - {PartyCoverage.NONE}
    told = {"formed": _codes(formed), "committees": _codes(CommitteeState)}
    told |= {"covered": _codes(covered), "parties": _codes(PartyCoverage)}
    names = ("committee_yes", "committee_known", "party_yes", "party_known")
    return _read(connection, _AREAS, {"days": list(days), **told}, names)


def problem_course(connection: Connection, days: Sequence[dt.date]) -> dict[dt.date, dict[str, int]]:
    """Of each day, how many problems were closed, and how many were not."""
    return _read(connection, _PROBLEMS, {"days": list(days)}, ("problems_closed", "problems_open"))


def _codes(known: Iterable[int]) -> list[int]:
    return sorted(int(code) for code in known)


def _read(
    connection: Connection, query: str, told: dict[str, object], names: Sequence[str]
) -> dict[dt.date, dict[str, int]]:
    rows = connection.execute(text(query), told)
    return {row[0]: {name: int(value) for name, value in zip(names, row[1:], strict=False)} for row in rows}
