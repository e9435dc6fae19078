"""Hazards in; the community, the area and the division that each belongs to out, and kept right in their tables.

The community is the one that the survey names (code, name or alias, where only one fits), else the one whose footprint
it lies in; the area is the one whose approved boundary it lies in. Of a line the longest part counts, of a surface the
largest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, text
from sqlalchemy import Table as SqlTable

from gis_service.store.staging import Row, staged
from gis_service.store.tables import EbikeCharging, FireLane, Manhole, Table

HAZARDS: tuple[type[Table], ...] = (FireLane, EbikeCharging, Manhole)
_CALLED = """
select id, code as called, true as by_code from communities
union all select distinct id, bare_name(n), false from communities cross join unnest(aliases || name) as n
"""
_PART = "st_transform(st_intersection(ground.geom, h.geom), 3857)"
_SHARES = {FireLane: f"st_length({_PART})", EbikeCharging: f"st_area({_PART})", Manhole: "1.0"}
_IN_FORCE = "r.state = 'approved' and r.effective_from <= :on and (r.effective_to is null or r.effective_to > :on)"
_AREAS = f"(select r.area_id as id, r.geom from area_revisions r where {_IN_FORCE})"  # noqa: S608
# A name counts only where it fits one community; a code goes before any name.
_NAMED = f"""
select said, case when count(distinct id) filter (where by_code) = 1 then min(id) filter (where by_code)
                  when count(distinct id) = 1 then min(id) end as community_id
from (select distinct community_said as said from hazards where community_said <> '') as told
join ({_CALLED}) as known on known.called = case when known.by_code then told.said else bare_name(told.said) end
group by said
"""  # noqa: S608
_UNNAMED = """
(select h.* from hazards h left join named n on n.said = h.community_said where n.community_id is null)
"""
_DIVISION = """
select left(d.code, 6) as county_code, left(d.code, 9) as street_code, d.reporting_unit, d.name
from divisions d where d.geom && h.geom and st_covers(d.geom, st_pointonsurface(h.geom))
order by length(d.code) desc, d.code limit 1
"""


@dataclass(frozen=True)
class Place:
    """What a hazard belongs to; `where` names it for people. Nothing is known of what is None."""

    community_id: int | None
    area_id: int | None
    county_code: str | None
    street_code: str | None
    reporting_unit: str | None
    where: str


def _inside(table: type[Table], key: str, hazards: str, grounds: str) -> str:
    """`key` and `ground` of the hazards that lie in one: the ground that holds most.

    All at once: to look each up by itself took sixteen times as long.
    """
    met = f"{hazards} as h join {grounds} as ground on st_intersects(ground.geom, h.geom)"
    shares = f"select h.{key} as key, ground.id as ground, {_SHARES[table]} as share from {met}"  # noqa: S608
    most = "select distinct on (key) key, ground"
    return f"({most} from ({shares}) as shares where share > 0 order by key, share desc, ground)"


def places_of(connection: Connection, table: type[Table], rows: Iterable[Row], on: dt.date) -> Mapping[str, Place]:
    """Where each of the rows (`code`, `community_said`, `geom`) belongs on the day, by code; nothing is written."""
    told = [{name: row[name] for name in ("code", "community_said", "geom")} for row in rows]
    if not told:
        return {}
    with staged(connection, cast("SqlTable", table.__table__), told) as staging:
        return _places(connection, table, f'"{staging.name}"', on)


def stored_places(
    connection: Connection, table: type[Table], codes: Collection[str], on: dt.date
) -> Mapping[str, Place]:
    """The same of those that are stored under these codes."""
    return _places(connection, table, f"(select * from {table.__tablename__} where code = any(:codes))", on, codes)  # noqa: S608


def _places(
    connection: Connection, table: type[Table], relation: str, on: dt.date, codes: Collection[str] = ()
) -> Mapping[str, Place]:
    statement = f"""
    with hazards as materialized (select code, community_said, geom from {relation} as given), named as ({_NAMED}),
    placed as (
      select h.code, coalesce(n.community_id, inside.ground) as community_id, around.ground as area_id, h.geom
      from hazards h left join named n on n.said = h.community_said
      left join {_inside(table, "code", _UNNAMED, "communities")} as inside on inside.key = h.code
      left join {_inside(table, "code", "hazards", _AREAS)} as around on around.key = h.code)
    select h.code, h.community_id, h.area_id,
      case when c.id is not null then c.county_code when a.id is not null then a.county_code else d.county_code end,
      case when c.id is not null then c.street_code when a.id is not null then a.street_code else d.street_code end,
      coalesce(c.reporting_unit, a.reporting_unit, d.reporting_unit), coalesce(c.name, a.name, d.name, '')
    from placed h left join communities c on c.id = h.community_id
    left join management_areas a on a.id = h.area_id and c.id is null
    left join lateral ({_DIVISION}) as d on c.id is null and a.id is null
    """  # noqa: S608 - put together from fixed texts of this file
    told = connection.execute(text(statement), {"on": on, "codes": list(codes)})
    return {row[0]: Place(*row[1:]) for row in told}


def called(connection: Connection) -> Mapping[str, int]:
    """How many communities a code, or a name without what only says what it is, fits."""
    counted = f"select called, count(distinct id) from ({_CALLED}) as known group by called"  # noqa: S608
    return {row[0]: row[1] for row in connection.execute(text(counted))}


def rejoin(connection: Connection, on: dt.date) -> None:
    """Hazards are in the areas of the day; only those are looked at that a changed boundary held or holds."""
    changed = connection.execute(text(_CHANGED), {"on": on}).all()
    if not changed:
        return
    places = {"areas": [row.area_id for row in changed], "revisions": [row.revision_id for row in changed]}
    for table in HAZARDS:
        connection.execute(text(_rejoining(table)), {"on": on, **places})
    for statement in (_FORGET, _REMEMBER):
        connection.execute(text(statement), {"on": on, "areas": places["areas"]})


_CHANGED = f"""
select coalesce(r.area_id, j.area_id) as area_id, r.id as revision_id
from (select r.area_id, r.id from area_revisions r where {_IN_FORCE}) as r
full join joined_boundaries j on j.area_id = r.area_id
where r.id is distinct from j.revision_id
"""  # noqa: S608
_FORGET = "delete from joined_boundaries where area_id = any(:areas)"
_REMEMBER = f"""
insert into joined_boundaries (area_id, revision_id)
select r.area_id, r.id from area_revisions r where {_IN_FORCE} and r.area_id = any(:areas)
"""  # noqa: S608


def _rejoining(table: type[Table]) -> str:
    name = table.__tablename__
    return f"""
    with touched as (
      select id from {name} where area_id = any(:areas)
      union select h.id from area_revisions r join {name} h on h.geom && r.geom where r.id = any(:revisions)),
    hazards as not materialized (select h.id, h.geom from touched join {name} h on h.id = touched.id)
    update {name} as kept set area_id = found.area_id
    from (select h.id, around.ground as area_id from hazards h
          left join {_inside(table, "id", "hazards", _AREAS)} as around on around.key = h.id) as found
    where found.id = kept.id and kept.area_id is distinct from found.area_id
    """  # noqa: S608


def rejoin_communities(connection: Connection) -> None:
    """Hazards are in the communities that there are now; to be called after communities were written."""
    for table in HAZARDS:
        name = table.__tablename__
        statement = f"""
        with hazards as not materialized (select id, community_said, geom from {name}), named as ({_NAMED}),
        found as (
          select h.id, coalesce(n.community_id, inside.ground) as community_id
          from hazards h left join named n on n.said = h.community_said
          left join {_inside(table, "id", _UNNAMED, "communities")} as inside on inside.key = h.id)
        update {name} as kept set community_id = found.community_id from found
        where found.id = kept.id and kept.community_id is distinct from found.community_id
        """  # noqa: S608
        connection.execute(text(statement))
