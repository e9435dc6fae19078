"""A community in; what a fire crew takes along of it, out: lanes, e-bike places, covers, ways in, ground around it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Row, func, select, text

from gis_service.store.links import memberships
from gis_service.store.sources import is_past, surveyed_as_of
from gis_service.store.tables import AreaCommunity, Community
from gis_service.store.versions import DAY, as_of

_AROUND_M = 300.0  # ground around the community, of which the map shows what fits
_LANES = """
select h.*, st_asbinary(h.geom_3857) as shape from fire_lanes h where h.community_id = :id
order by case h.result when 'fail' then 0 when 'not_measured' then 1 else 2 end, h.code
"""
_EBIKES = """
select h.*, st_asbinary(h.geom_3857) as shape from ebike_charging h where h.community_id = :id
order by case h.result when 'fail' then 0 when 'not_measured' then 1 else 2 end, h.code
"""
_MANHOLES = """
select h.*, st_asbinary(h.geom_3857) as shape from manholes h
where h.community_id = :id order by h.state = '完好', h.due_at, h.code
"""
_WAYS_IN = """
select l.code, st_asbinary(p.geom) as shape
from communities c join fire_lanes l on l.community_id = c.id and l.geom && c.geom
cross join lateral st_dump(st_intersection(l.geom_3857, st_boundary(c.geom_3857))) as p
where c.id = :id and st_geometrytype(p.geom) = 'ST_Point' order by l.code limit 20
"""
_GROUND = """
select p.name, p.kind, p.width_m, st_asbinary(st_intersection(p.geom_3857, b.box)) as shape
from places p,
  (select st_setsrid(st_expand(st_extent(geom_3857)::geometry, :around), 3857) as box
   from communities where id = :id) as b
where p.geom_3857 && b.box and p.kind in ('road', 'river', 'lake', 'railway', 'wall', 'building', 'school')
  and st_intersects(p.geom_3857, b.box)
order by p.kind, p.id limit 300
"""
_NEIGHBOURS = """
select n.name, st_asbinary(st_intersection(n.geom_3857, b.box)) as shape
from communities n,
  (select st_setsrid(st_expand(st_extent(geom_3857)::geometry, :around), 3857) as box
   from communities where id = :id) as b
where n.id <> :id and n.geom_3857 && b.box limit 40
"""


_THEN = as_of("communities", "fire_lanes", "ebike_charging", "manholes", day="day")


@dataclass(frozen=True)
class Placed:
    """A row with its shape in Web Mercator metres."""

    row: Row[Any]
    shape: BaseGeometry


@dataclass(frozen=True)
class CommunityFile:
    """What is known of a community on the spot; shapes in Web Mercator metres."""

    community: Row[Any]
    outline: BaseGeometry | None
    lanes: Sequence[Placed]
    ebikes: Sequence[Placed]
    manholes: Sequence[Placed]
    ways_in: Sequence[Placed]
    ground: Sequence[Placed]
    neighbours: Sequence[Placed]
    area_ids: tuple[int, ...]


def community_file(connection: Connection, community_id: int, day: dt.date) -> CommunityFile | None:
    """Everything on the sheet of a community as of the day; None where there was none of that id."""
    past = is_past(day)
    table = surveyed_as_of(Community, day, past)
    columns = [column for column in table.c if column.key not in ("geom", "geom_3857", DAY)]
    shape = func.ST_AsBinary(table.c.geom_3857)
    found = connection.execute(select(*columns).where(table.c.id == community_id)).one_or_none()
    if found is None:
        return None
    outline = connection.scalar(select(shape).where(table.c.id == community_id))
    values: dict[str, object] = {"id": community_id, "day": day} if past else {"id": community_id}

    def placed(query: str, **more: float) -> list[Placed]:
        return _placed(connection, f"{_THEN if past else ''}{query}", {**values, **more})

    around = {"around": _AROUND_M * 1.16}  # a metre on the ground is 1.16 of Web Mercator here
    own = [placed(query) for query in (_LANES, _EBIKES, _MANHOLES, _WAYS_IN)]
    ground, neighbours = placed(_GROUND, **around), placed(_NEIGHBOURS, **around)
    areas = _areas(connection, community_id, day)
    lanes, ebikes, manholes, ways_in = own
    outlined = shapely.from_wkb(outline) if outline is not None else None
    return CommunityFile(found, outlined, lanes, ebikes, manholes, ways_in, ground, neighbours, tuple(sorted(areas)))


def _areas(connection: Connection, community_id: int, day: dt.date) -> set[int]:
    if is_past(day):
        return {area for area, community, _ in memberships(connection, day) if community == community_id}
    own = select(AreaCommunity.area_id).where(AreaCommunity.community_id == community_id)
    return set(connection.scalars(own))


def _placed(connection: Connection, query: str, values: dict[str, object]) -> list[Placed]:
    rows = connection.execute(text(query), values).all()
    shapes = shapely.from_wkb([row.shape for row in rows])
    return [Placed(row, shape) for row, shape in zip(rows, shapes, strict=True) if shape is not None]
