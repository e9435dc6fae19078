"""Names of 附件2 that fit no community and no area, what they may mean, and what staff settled that they mean."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from gis_service import clock
from gis_service.store.tables import Division, ProblemName

_LOOSE = """
select p.county as unit, bare_name(p.project_name) as bare, min(p.project_name) as name, count(*) as problems,
  count(*) filter (where p.closed is not true) as problems_open, array_agg(distinct p.category) as categories
from problems p
where p.origin = 'ledger' and p.community_id is null and p.area_id is null
group by 1, 2 order by 1, problems_open desc, name
"""
# what lies in the unit, whether the unit is a county or a zone beside them
_TARGETS = """
select 'community' as kind, c.id, c.code, c.name, c.aliases as names, c.county_code, c.street_code, c.reporting_unit,
  c.street, c.neighborhood
from communities c where :unit in (c.county, c.reporting_unit)
union all
select 'area', a.id, a.code, a.name, a.former_names, a.county_code, a.street_code, a.reporting_unit, a.street,
  a.neighborhood
from management_areas a left join divisions d on d.level = 'county' and d.code = a.county_code
where :unit in (a.reporting_unit, d.name) and coalesce(a.retired_on > cast(:on as date), true)
"""
_SETTLED = """
select n.id, n.unit, n.name, n.person, n.made_at, coalesce(who.name, n.person) as person_name,
  case when n.community_id is null then 'area' else 'community' end as kind,
  coalesce(c.name, a.name) as target, coalesce(c.street, a.street) as street,
  (select count(*) from problems p where p.county = n.unit and bare_name(p.project_name) = n.bare) as problems
from problem_names n left join communities c on c.id = n.community_id left join management_areas a on a.id = n.area_id
left join accounts who on who.login = n.person
order by n.unit, n.name
"""


def loose_names(connection: Connection) -> list[Row[Any]]:
    """Per unit and bare name: how many problems stand nowhere because of it; most open ones first within a unit."""
    return list(connection.execute(text(_LOOSE)))


def settled_names(connection: Connection) -> list[Row[Any]]:
    """What staff settled, with the name of what it means and of who said so."""
    return list(connection.execute(text(_SETTLED)))


def targets(connection: Connection, unit: str) -> list[Row[Any]]:
    """Every community, and every area that stands today, of a reporting unit or county."""
    return list(connection.execute(text(_TARGETS), {"unit": unit, "on": clock.today()}))


def county_code(connection: Connection, unit: str) -> str | None:
    """The code of the county that bears the name; None for a zone or an unknown one."""
    query = select(Division.code).where(Division.level == "county", Division.name == unit)
    return connection.scalar(query.order_by(Division.code).limit(1))


def settle(connection: Connection, unit: str, name: str, person: str, **meaning: int) -> int:
    """The id of what is remembered: `community_id` or `area_id` for the name in the unit, whatever was before."""
    told = {"community_id": None, "area_id": None, **meaning, "name": name, "person": person, "made_at": func.now()}
    row = insert(ProblemName).values(unit=unit, bare=func.bare_name(name), **told)
    row = row.on_conflict_do_update(index_elements=["unit", "bare"], set_=told)
    return int(connection.execute(row.returning(ProblemName.id)).scalar_one())


def settled(connection: Connection, name_id: int) -> Row[Any] | None:
    """One settled name."""
    return connection.execute(select(*ProblemName.__table__.c).where(ProblemName.id == name_id)).first()


def forget(connection: Connection, name_id: int) -> None:
    """The name means nothing in particular again."""
    connection.execute(delete(ProblemName).where(ProblemName.id == name_id))
