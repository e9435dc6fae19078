"""Past days in; of each, what was counted of ledger rows and problems, of all or in one place, in one pass, out.

The same as counting `areas_on` and `problems_on` of each day; what counts from when until when is told by `spans.py`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from sqlalchemy import Connection, text

from gis_service.codes import CommitteeState, PartyCoverage
from gis_service.store.homes import COLUMNS, Place, area_homes
from gis_service.store.spans import (
    AREAS,
    PROBLEMS,
    PROBLEMS_PLACED,
    WITHIN,
    Matrix,
    as_surveyed,
    between_surveys,
    frame,
    lasting,
    span_of,
)

_PER_DAY = """
select d.day, coalesce(sum(c.yes), 0) as yes, coalesce(sum(c.known), 0) as known,
       coalesce(sum(c.more_yes), 0) as more_yes, coalesce(sum(c.more_known), 0) as more_known
from (select distinct unnest(cast(:days as date[])) as day) d
left join counted c on c.first <= d.day and d.day < c.until
group by d.day
"""
_AREAS = f"""
{AREAS}, counted as (
  select first, until, count(*) filter (where committee = any(:formed)) as yes,
         count(*) filter (where committee = any(:committees)) as known,
         count(*) filter (where party_coverage = any(:covered)) as more_yes,
         count(*) filter (where party_coverage = any(:parties)) as more_known
  from told {{where}} group by first, until
)
{_PER_DAY}"""  # noqa: S608
_PROBLEMS = f"""
{PROBLEMS}, counted as (
  select first, until, count(*) filter (where closed) as yes, count(*) filter (where closed is not true) as known,
         0 as more_yes, 0 as more_known
  from told group by first, until
)
{_PER_DAY}"""  # noqa: S608
Course = dict[dt.date, dict[str, int]]
_AREA_NAMES = ("committee_yes", "committee_known", "party_yes", "party_known")
_PROBLEM_NAMES = ("problems_closed", "problems_open")


def area_course(connection: Connection, days: Sequence[dt.date], place: Place | None = None) -> Course:
    """Of each day, how many ledger rows say of the committee and of party work that there is one, or say anything.

    Of all rows, or of those in a place: its level and code. A row that names no division lies where its communities do.
    """
    formed, covered = set(CommitteeState) - {CommitteeState.NONE}, set(PartyCoverage) - {PartyCoverage.NONE}
    told: dict[str, object] = {"formed": _codes(formed), "committees": _codes(CommitteeState)}
    told |= {"covered": _codes(covered), "parties": _codes(PartyCoverage), "days": list(days)}
    if place is None:
        return _read(connection, _AREAS.format(where=""), told, _AREA_NAMES)
    column, code = COLUMNS[place[0]], place[1]
    direct = _read(connection, _AREAS.format(where=f"where {column} = :code"), {**told, "code": code}, _AREA_NAMES)
    nowhere = frame(connection, _NOWHERE.format(column=column), {**span_of(days), **told})
    if not nowhere.empty:
        homes = area_homes(connection, days, place, nowhere["id"].unique())
        here = lasting(nowhere, days) & homes.here[homes.at(nowhere["id"])]
        for name in _AREA_NAMES:
            for day, more in zip(days, here[nowhere[name].to_numpy(dtype=bool)].sum(axis=0), strict=True):
                direct[day][name] += int(more)
    return direct


def problem_course(connection: Connection, days: Sequence[dt.date], place: Place | None = None) -> Course:
    """Of each day, how many problems were closed, and how many were not: of all, or of those in a place.

    A problem lies where its community does, else its area, else in the county it names; its unit is the one it names.
    """
    if place is None:
        return _read(connection, _PROBLEMS, {"days": list(days)}, _PROBLEM_NAMES)
    groups = between_surveys(connection, days)
    return {day: told for alike in groups for day, told in _problems_in(connection, alike, place).items()}


def _problems_in(connection: Connection, days: Sequence[dt.date], place: Place) -> Course:
    """`problem_course` of a place on days on all of which the communities are the same."""
    told = frame(
        connection, as_surveyed(_OF_PLACE.format(column=COLUMNS[place[0]])), {**span_of(days), "code": place[1]}
    )
    here = lasting(told, days) & _lie_in(connection, days, place, told)
    closed = told["closed"].to_numpy(dtype=object) == True  # noqa: E712 - None is not closed
    sums = {name: here[of].sum(axis=0) for name, of in zip(_PROBLEM_NAMES, (closed, ~closed), strict=True)}
    return {day: {name: int(sums[name][at]) for name in _PROBLEM_NAMES} for at, day in enumerate(days)}


def _lie_in(connection: Connection, days: Sequence[dt.date], place: Place, told: pd.DataFrame) -> Matrix:
    """A row per row of `told`, a column per day: whether the problem lies in the place."""
    level, code = place
    own, loose = told["own"].to_numpy(dtype=object), told["own"].isna().to_numpy()
    here = np.repeat((own == code)[:, None], len(days), axis=1)
    known = np.repeat(~loose[:, None], len(days), axis=1)
    areas = told.loc[loose & told["area_id"].notna().to_numpy(), "area_id"]
    if not areas.empty:
        homes, rows = area_homes(connection, days, place, areas.unique()), areas.index.to_numpy()
        here[rows], known[rows] = homes.here[homes.at(areas)], homes.known[homes.at(areas)]
    named = (told["county"] == code).to_numpy()
    if level == "reporting_unit":
        reports = _reports(connection, days, told["county"])
        return np.where(reports, named[:, None], here)
    if level == "county":
        counties: dict[str, str] = {row[0]: row[1] for row in connection.execute(text(_COUNTIES))}
        here |= ~known & (told["county"].map(counties) == code).to_numpy()[:, None]
    return here


def _reports(connection: Connection, days: Sequence[dt.date], named: pd.Series) -> Matrix:
    """Whether what a problem names is a unit that reports on the day: that of a division, community or ledger row."""
    units = frame(connection, as_surveyed(_UNITS), span_of(days))
    if not set(named) <= set(units["unit"]):
        units = pd.concat([units, frame(connection, _UNITS_OF_AREAS, span_of(days))], ignore_index=True)
    lasts = lasting(units, days)
    by_unit = {unit: lasts[rows].any(axis=0) for unit, rows in units.groupby("unit").indices.items()}
    none = np.zeros(len(days), dtype=bool)
    return np.array([by_unit.get(unit, none) for unit in named]).reshape(len(named), len(days))


_NOWHERE = f"""
{AREAS} select id, {WITHIN.format(first="first", until="until")},
  coalesce(committee = any(:formed), false) as committee_yes,
  coalesce(committee = any(:committees), false) as committee_known,
  coalesce(party_coverage = any(:covered), false) as party_yes,
  coalesce(party_coverage = any(:parties), false) as party_known
from told where coalesce({{column}}, '') = '' and first < :most and until > :least and first < until
"""  # noqa: S608
# What may lie in the place: what lies elsewhere by its community is left out, unless it names the unit.
_OF_PLACE = f"""
{PROBLEMS_PLACED}
select t.closed, t.county, p.area_id, nullif(c.{{column}}, '') as own, {WITHIN.format(first="t.first", until="t.until")}
from told t join problems p on p.id = t.id left join communities c on c.id = p.community_id
where t.first < :most and t.until > :least and t.first < t.until
  and (c.{{column}} = :code or coalesce(c.{{column}}, '') = '' or t.county = :code)
"""  # noqa: S608
_COUNTIES = "select name, code from divisions where level = 'county' order by code"
_UNITS = """
select unit, cast(:least as date) as first, cast(:most as date) as until
from (select reporting_unit as unit from divisions union select reporting_unit from communities) each where unit <> ''
"""
_UNITS_OF_AREAS = f"""
{AREAS}
select reporting_unit as unit, {WITHIN.format(first="first", until="until")}
from told where reporting_unit <> '' and first < until group by reporting_unit, first, until
"""  # noqa: S608


def _codes(known: Iterable[int]) -> list[int]:
    return sorted(int(code) for code in known)


def _read(connection: Connection, query: str, told: dict[str, object], names: Sequence[str]) -> Course:
    rows = connection.execute(text(query), told)
    return {row[0]: {name: int(value) for name, value in zip(names, row[1:], strict=False)} for row in rows}
