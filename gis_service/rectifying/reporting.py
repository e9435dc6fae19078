"""What somebody saw on the spot in; a problem at that place, in its community, division and unit, out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import uuid4

from geoalchemy2.shape import from_shape
from shapely import Point
from sqlalchemy import Connection, insert, text

from gis_service import clock
from gis_service.access import Reader, may_work_on
from gis_service.codes import ProblemCategory, ProblemOrigin, problem_group
from gis_service.codes import ProblemEventKind as Kind
from gis_service.crs import LONLAT
from gis_service.editing.refreshing import refresh_touched
from gis_service.errors import BadRequestError, ForbiddenError
from gis_service.rectifying.evidence import Evidence
from gis_service.rectifying.moves import Step, append, keep_evidence
from gis_service.store.batches import wait_for_imports
from gis_service.store.numbering import Codes
from gis_service.store.tables import Problem

_NEAR_M = 30.0  # a lane runs along a community as often as inside it
_SITE = """
with spot as (select st_setsrid(st_makepoint(:lon, :lat), 4490) as geom),
community as (
  select c.id, c.name, c.county_code, c.street_code, c.county, c.street, c.reporting_unit, c.sample
  from communities c, spot
  where c.geom && st_expand(spot.geom, :near_degrees) and st_dwithin(c.geom::geography, spot.geom::geography, :near_m)
  order by st_distance(c.geom, spot.geom), c.id limit 1
), area as (
  select a.id, a.name, a.county_code, a.street_code, a.reporting_unit, a.company, a.sample
  from area_revisions r join management_areas a on a.id = r.area_id, spot
  where r.state = 'approved' and daterange(r.effective_from, r.effective_to) @> cast(:on as date)
    and st_covers(r.geom, spot.geom)
  limit 1
), street as (
  select d.code, d.name, d.parent_code from divisions d, spot
  where d.level = 'street' and st_covers(d.geom, spot.geom) limit 1
), county as (
  select d.code, d.name from divisions d, spot where d.level = 'county' and st_covers(d.geom, spot.geom) limit 1
)
select community.id as community_id, area.id as area_id,
  coalesce(community.name, area.name, '') as name, coalesce(area.company, '') as company,
  coalesce(community.county_code, area.county_code, street.parent_code, county.code) as county_code,
  coalesce(community.street_code, area.street_code, street.code) as street_code,
  coalesce(nullif(community.reporting_unit, ''), nullif(area.reporting_unit, ''), county.name, '') as reporting_unit,
  coalesce(nullif(community.street, ''), street.name, '') as street,
  coalesce(community.sample, area.sample, false) as sample
from spot left join community on true left join area on true left join street on true left join county on true
"""
_NOWHERE = "现场位置"
_LOCK = 4_490_004


@dataclass(frozen=True)
class SpotReport:
    """What was seen where: lon, lat in degrees; a category of 附件2."""

    lon: float
    lat: float
    note: str
    category: int = int(ProblemCategory.FIRE_LANES)
    deadline: dt.date | None = None


def report(connection: Connection, reader: Reader, told: SpotReport, evidence: Evidence | None = None) -> int:
    """The id of the new problem, with its first event and the photo."""
    if not told.note.strip():
        raise BadRequestError("请写明看到了什么")
    wait_for_imports(connection)
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})  # codes are given out one by one
    site = connection.execute(
        text(_SITE),
        {"lon": told.lon, "lat": told.lat, "near_m": _NEAR_M, "near_degrees": _NEAR_M / 80_000, "on": clock.today()},
    ).one()
    place = {name: site._mapping[name] for name in ("county_code", "street_code", "reporting_unit")}
    if not may_work_on(reader, told.category, **place):
        raise ForbiddenError("这个位置或这类问题不在您的职责范围内，不能上报")
    row = {
        "code": Codes(connection, Problem, "WT").next(site.county_code),
        "natural_key": f"spot|{uuid4().hex}",
        "project_name": site.name or site.street or _NOWHERE,
        "community_id": site.community_id,
        "area_id": site.area_id,
        "county": site.reporting_unit,
        "company": site.company,
        "category": told.category,
        "problem_group": str(problem_group(told.category)),
        "content": told.note.strip(),
        **dict.fromkeys(("progress", "responsible", "deadline_text", "remark", "source_file"), ""),
        "origin": str(ProblemOrigin.SPOT),
        "county_code": site.county_code,
        "street_code": site.street_code,
        "sample": site.sample,
        "geom": from_shape(Point(told.lon, told.lat), srid=LONLAT),
    }
    problem_id = int(connection.execute(insert(Problem).values(row).returning(Problem.id)).scalar_one())
    unit = site.street or None
    event_id = append(connection, reader, problem_id, Step(Kind.REPORT, told.note, unit=unit, deadline=told.deadline))
    if evidence is not None:
        keep_evidence(connection, problem_id, event_id, evidence)
    refresh_touched(connection, clock.today(), problems=[problem_id])
    return problem_id
