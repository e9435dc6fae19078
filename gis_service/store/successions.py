"""Splits and merges as they are kept: proposals in, the areas before and after each with their shapes out."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

from gis_service.errors import NotFoundError

_PROPOSALS = """
select s.*, a.county_code, a.street_code, a.reporting_unit
from area_successions s
join lateral (
  select m.county_code, m.street_code, m.reporting_unit
  from area_succession_parts p join management_areas m on m.id = p.area_id
  where p.succession_id = s.id and p.role = 'before' order by p.id limit 1
) a on true
where (cast(:state as text) is null or s.state = :state) and (cast(:id as bigint) is null or s.id = :id)
order by s.id desc limit :limit
"""
_PARTS = """
select p.id, p.succession_id, p.role, p.area_id, p.revision_id, p.name, m.code,
       cast(st_asgeojson(p.shape, 7, 0) as jsonb) as geometry, st_asbinary(p.shape) as shape,
       round(cast(st_area(geography(p.shape)) as numeric), 1)::float as area_m2
from area_succession_parts p left join management_areas m on m.id = p.area_id
where p.succession_id = any(:ids) order by p.id
"""


def proposals(connection: Connection, state: str | None, limit: int = 200) -> Sequence[RowMapping]:
    """The newest proposals, in one state or in all."""
    values = {"state": state, "id": None, "limit": limit}
    return connection.execute(text(_PROPOSALS), values).mappings().all()


def proposal(connection: Connection, succession_id: int) -> RowMapping:
    """One proposal; NotFoundError without one."""
    values = {"state": None, "id": succession_id, "limit": 1}
    found = connection.execute(text(_PROPOSALS), values).mappings().one_or_none()
    if found is None:
        raise NotFoundError(f"没有编号为 {succession_id} 的分立或合并")
    return found


def parts(connection: Connection, succession_ids: Sequence[int]) -> dict[int, list[RowMapping]]:
    """The areas before and after, in order, by proposal."""
    told: dict[int, list[RowMapping]] = {one: [] for one in succession_ids}
    for row in connection.execute(text(_PARTS), {"ids": list(succession_ids)}).mappings():
        told[row["succession_id"]].append(row)
    return told
