"""Everything kept about one management area: its facts, revisions with their steps, neighbours, successions, tag."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from gis_service.errors import NotFoundError
from gis_service.store.worklist import STATE_OF

TAGGED = ("boundary_drafts",)  # sources whose features are changed by those who hold their tag
NEAR_DEGREES = 0.003  # about 300 m
_MOST_NEIGHBOURS = 60
_GEOJSON = "cast(st_asgeojson({}, 7, 0) as jsonb)"
_FACTS = f"""
select a.*, {STATE_OF} as state, {_GEOJSON.format("a.open_sides")} as open_lines,
       s.id as pending_id, s.kind as pending_kind
from management_areas a
left join lateral (
  select r.state from area_revisions r where r.area_id = a.id and r.state <> 'discarded' order by r.number desc limit 1
) n on true
left join area_succession_parts w on w.area_id = a.id and w.role = 'before' and w.waiting
left join area_successions s on s.id = w.succession_id
where a.id = :area
"""  # noqa: S608 - this and the next ones are put together from fixed texts of this file
_REVISIONS = """
select r.id, r.number, r.state, r.origin, r.author, r.decided_by, r.note, r.created_at, r.effective_from,
       r.effective_to, round(cast(st_area(geography(r.geom)) as numeric), 1)::float as area_m2
from area_revisions r where r.area_id = :area order by r.number desc
"""
_STEPS = "select revision_id, step, person, note, at from area_steps where area_id = :area order by id"
_SHAPE = f"""
select {_GEOJSON.format("geom")} as geometry from area_revisions where area_id = :area and number = :number
"""  # noqa: S608
_COMPARED = f"""
with pair as (
  select (select geom from area_revisions where area_id = :area and number = :one) as one,
         (select geom from area_revisions where area_id = :area and number = :other) as other
), parts as (
  select st_collectionextract(st_difference(other, one), 3) as added,
         st_collectionextract(st_difference(one, other), 3) as removed from pair
)
select {_GEOJSON.format("added")} as added,
       {_GEOJSON.format("removed")} as removed,
       round(cast(st_area(geography(added)) as numeric), 1)::float as added_m2,
       round(cast(st_area(geography(removed)) as numeric), 1)::float as removed_m2
from parts
"""  # noqa: S608
_NEIGHBOURS = f"""
with here as (
  select coalesce(
    (select geom from area_revisions where area_id = :area and state <> 'discarded' order by number desc limit 1),
    (select open_sides from management_areas where id = :area)) as geom
)
select a.id, a.name, a.county_code, a.street_code, a.reporting_unit, shown.state, newest.number as revision,
       {_GEOJSON.format("shown.geom")} as geometry
from here join management_areas a on a.id <> :area and a.retired_on is null
 and a.id in (select r.area_id from area_revisions r where r.geom && st_expand(here.geom, :near))
join lateral (
  select r.state, r.geom from area_revisions r where r.area_id = a.id and r.state <> 'discarded'
  order by (r.state = 'approved' and daterange(r.effective_from, r.effective_to) @> cast(:on as date)) desc,
           r.number desc limit 1
) shown on shown.geom && st_expand(here.geom, :near)
join lateral (select max(r.number) as number from area_revisions r where r.area_id = a.id) newest on true
order by st_distance(shown.geom, here.geom), a.id limit :most
"""  # noqa: S608
_RELATIVES = """
select other.area_id as id, a.code, a.name, s.kind, s.effective_from, own.role
from area_succession_parts own
join area_successions s on s.id = own.succession_id and s.state = 'approved'
join area_succession_parts other on other.succession_id = s.id and other.role <> own.role
join management_areas a on a.id = other.area_id
where own.area_id = :area order by s.id, other.id
"""
_TAG = """
select md5(concat_ws('|', a.id, a.retired_on, a.name, a.resolution_status, a.confidence, a.sides, a.abuttals_text,
  (select max(r.id) from area_revisions r where r.area_id = a.id),
  (select max(s.id) from area_steps s where s.area_id = a.id),
  (select max(j.id) from judgements j where j.area_id = a.id),
  (select max(p.id) from area_succession_parts p where p.area_id = a.id and p.waiting)))
from management_areas a where a.id = :area
"""


@dataclass(frozen=True)
class History:
    """The revisions of an area, newest first, each with the steps it went."""

    revisions: Sequence[RowMapping]
    steps: dict[int, list[RowMapping]]

    @property
    def newest(self) -> RowMapping | None:
        """The newest revision that counts."""
        return next((row for row in self.revisions if row["state"] != "discarded"), None)

    @property
    def working(self) -> RowMapping | None:
        """The revision that somebody works on."""
        newest = self.newest
        return None if newest is None or newest["state"] == "approved" else newest

    def approved(self, on: dt.date) -> RowMapping | None:
        """The boundary agreed for the day."""
        return next((row for row in self.revisions if row["state"] == "approved" and _holds(row, on)), None)


def _holds(row: RowMapping, on: dt.date) -> bool:
    return bool(row["effective_from"] <= on) and (row["effective_to"] is None or bool(on < row["effective_to"]))


def facts(connection: Connection, area_id: int) -> RowMapping:
    """The area's row, its state in the work list and the succession it waits for; NotFoundError without one."""
    found = connection.execute(text(_FACTS), {"area": area_id}).mappings().one_or_none()
    if found is None:
        raise NotFoundError(f"没有编号为 {area_id} 的物业管理区域")
    return found


def tag(connection: Connection, area_id: int) -> str:
    """What changes whenever the area, its revisions, steps or judgements do."""
    found: str | None = connection.scalar(text(_TAG), {"area": area_id})
    if found is None:
        raise NotFoundError(f"没有编号为 {area_id} 的物业管理区域")
    return found


def state_tag(connection: Connection, source: str, feature_id: str) -> str | None:
    """The ETag that changes of a draft are made from; None of other sources, and of what is no area."""
    if source not in TAGGED or not (feature_id.isascii() and feature_id.isdigit() and len(feature_id) < 19):
        return None
    found = connection.scalar(text(_TAG), {"area": int(feature_id)})
    return None if found is None else f'"{found}"'


def history(connection: Connection, area_id: int) -> History:
    """Every revision of the area with its steps."""
    steps: dict[int, list[RowMapping]] = {}
    for row in connection.execute(text(_STEPS), {"area": area_id}).mappings():
        steps.setdefault(row["revision_id"], []).append(row)
    return History(connection.execute(text(_REVISIONS), {"area": area_id}).mappings().all(), steps)


def shape(connection: Connection, area_id: int, number: int) -> Any:
    """The geometry of one revision as GeoJSON; NotFoundError without one."""
    found = connection.execute(text(_SHAPE), {"area": area_id, "number": number}).one_or_none()
    if found is None:
        raise NotFoundError(f"没有第 {number} 版")
    return found.geometry


def compare(connection: Connection, area_id: int, one: int, other: int) -> dict[str, Any]:
    """What the other revision added to and removed from the first, with square metres; None where nothing."""
    row = connection.execute(text(_COMPARED), {"area": area_id, "one": one, "other": other}).mappings().one()
    told = dict(row)
    for name in ("added", "removed"):
        told[name] = told[name] if told[f"{name}_m2"] else None
    return told


def neighbours(connection: Connection, area_id: int, on: dt.date) -> Sequence[RowMapping]:
    """Other areas around this one, nearest first: the agreed boundary, or the draft of one that has none."""
    values = {"area": area_id, "on": on, "near": NEAR_DEGREES, "most": _MOST_NEIGHBOURS}
    return connection.execute(text(_NEIGHBOURS), values).mappings().all()


def names(connection: Connection) -> dict[str, str]:
    """What people are called, by the login that is kept with what they do."""
    return {row.login: row.name for row in connection.execute(text("select login, name from accounts"))}


def relatives(connection: Connection, area_id: int) -> Sequence[RowMapping]:
    """The areas that this one came from (its `role` there is after) and those that came from it (before)."""
    return connection.execute(text(_RELATIVES), {"area": area_id}).mappings().all()
