"""What is wrong where: hazards and open problems counted per community, area, street or county, on any day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from gis_service import clock
from gis_service.store.sources import is_past
from gis_service.store.versions import as_of

NUMBERS = {
    "lanes_fail": "车道不合格",
    "lanes_not_measured": "车道未测量",
    "lanes_pass": "车道合格",
    "ebikes_fail": "电动车场所不合格",
    "ebikes_not_measured": "电动车场所未测量",
    "ebikes_pass": "电动车场所合格",
    "overlap_m2": "占用消防车道（m²）",
    "covers_bad": "井盖缺损",
    "covers_overdue": "井盖逾期未修",
    "fire_problems_open": "消防类问题未销号",
    "fire_problems_overdue": "消防类问题逾期",
}
_COUNTED = """
select h.id,
  coalesce(l.fail, 0) as lanes_fail, coalesce(l.unknown, 0) as lanes_not_measured, coalesce(l.pass, 0) as lanes_pass,
  coalesce(e.fail, 0) as ebikes_fail, coalesce(e.unknown, 0) as ebikes_not_measured,
  coalesce(e.pass, 0) as ebikes_pass, coalesce(e.overlap_m2, 0) as overlap_m2,
  coalesce(m.bad, 0) as covers_bad, coalesce(m.overdue, 0) as covers_overdue,
  coalesce(p.open, 0) as fire_problems_open, coalesce(p.overdue, 0) as fire_problems_overdue
from {homes} h
left join (
  select {key}, count(*) filter (where result = 'fail') as fail,
    count(*) filter (where result = 'not_measured') as unknown, count(*) filter (where result = 'pass') as pass
  from fire_lanes group by {key}) l on l.{key} = h.id
left join (
  select {key}, count(*) filter (where result = 'fail') as fail,
    count(*) filter (where result = 'not_measured') as unknown, count(*) filter (where result = 'pass') as pass,
    round(sum(lane_overlap_m2)::numeric, 2) as overlap_m2
  from ebike_charging group by {key}) e on e.{key} = h.id
left join (
  select {key}, count(*) as bad, count(*) filter (where due_at < :moment) as overdue
  from manholes where state <> '完好' group by {key}) m on m.{key} = h.id
left join (
  select {key}, count(*) as open, count(*) filter (where deadline < :day) as overdue
  from problems where category between 10 and 14 and closed is not true group by {key}) p
  on p.{key} = h.id
"""
_BY_COMMUNITY = ("communities", "community_id")
_PLACE = "(:place = '' or :place in (h.county_code, h.street_code, h.reporting_unit))"
_ONE = "h.id::text as id, h.code, h.name, h.reporting_unit as county, h.street"
_OF_ONE = "h.id, h.code, h.name, h.reporting_unit, h.street"
_GROUPS = {
    "community": (_BY_COMMUNITY, _ONE, _OF_ONE),
    "area": (("management_areas", "area_id"), _ONE, _OF_ONE),
    "street": (
        _BY_COMMUNITY,
        "coalesce(h.street_code, '') as id, coalesce(h.street_code, '') as code, h.street as name,"
        " min(h.county) as county, h.street",
        "h.street_code, h.street",
    ),
    "county": (
        _BY_COMMUNITY,
        "h.reporting_unit as id, coalesce(min(h.county_code), '') as code, h.reporting_unit as name,"
        " h.reporting_unit as county, '' as street",
        "h.reporting_unit",
    ),
}
GROUPS = tuple(_GROUPS)
_OPEN = " + ".join(("lanes_fail", "ebikes_fail", "covers_bad", "fire_problems_open"))
_THEN = as_of(
    *("communities", "management_areas", "fire_lanes", "ebike_charging", "manholes", "problems"),
    day="day",
)


def hazard_counts(connection: Connection, by: str, place: str, day: dt.date) -> Sequence[Row[Any]]:
    """A row per community, area, street or county that has something surveyed or open on the day, the worst first.

    What was overdue when a day that is over ended counts as overdue on it. Streets and counties are the sums of their
    communities: what belongs to none is in none of them.
    """
    (homes, key), columns, grouped = _GROUPS[by]
    sums = ", ".join(f"sum(n.{name}) as {name}" for name in NUMBERS)
    counted = _COUNTED.format(homes=homes, key=key)
    statement = (
        f"{_THEN if is_past(day) else ''}"  # noqa: S608
        f"select * from (select {columns}, {sums} from ({counted}) as n join {homes} h on h.id = n.id"
        f" where {_PLACE} group by {grouped}) as told where {' + '.join(NUMBERS)} > 0"
        f" order by {_OPEN} desc, county, street, name, id limit 50000"
    )
    return connection.execute(text(statement), {"place": place, "day": day, "moment": clock.moment_of(day)}).all()
