"""An empty database in; 40,000 areas and 300,000 manholes in it, for us and for the peers, out."""

from __future__ import annotations

from sqlalchemy import Engine, text

from gis_service import clock
from gis_service.access import PLANNER
from gis_service.layers import load_layers
from gis_service.resources import shared
from gis_service.store.hazard_places import rejoin

AREAS, POINTS = 40_000, 300_000
WEST, SOUTH, SIDE = 117.0, 30.5, 0.2  # degrees: a city of 19 by 22 km


_FILL = (
    """
insert into management_areas (code, natural_key, name, reporting_unit, county_code, street_code, neighborhood_code,
  street, neighborhood, ledger_seq, community_names, abuttals_text, service_form, committee, party_coverage, company,
  manager, manager_phone, fee_rate, resolution_status, confidence, sides, issues, source_file, source_row, sample)
select 'WY-' || n, 'key-' || n, '第' || n || '物业管理区域', '迎江区', '340802', '340802001', '340802001001', '某街道',
  '某社区', n, array['第' || n || '小区'], '东至某某路、南至某某街、西至某某路、北至某某街', 1 + n % 6, 1 + n % 3,
  1 + n % 5,
  '某物业服务企业' || n % 60, '王某', '13800000000', (n % 100) / 100.0, 'resolved', 0.9,
  (select jsonb_agg(jsonb_build_object('side', side, 'text', side || '至某某路', 'places', jsonb_build_array('某某路'),
                                       'resolved', true, 'reason', '道路靠近小区一侧的边线'))
   from unnest(array['东', '南', '西', '北']) as side),
  '[]', '附件1.xlsx', n, true
from generate_series(1, :areas) as n
""",
    """
insert into area_revisions (area_id, number, state, origin, effective_from, author, decided_by, note, geom)
select id, 1, 'approved', 'resolver', date '2023-07-01', '街道', '县区', '',
  ST_Multi(ST_Buffer(ST_SetSRID(ST_Point(:west + (ledger_seq - 1) % 200 * :side / 200 + :side / 400,
                                         :south + (ledger_seq - 1) / 200 * :side / 200 + :side / 400), 4490),
                     :side / 450, 5))
from management_areas
""",
    """
insert into problems (code, natural_key, project_name, area_id, county, company, category, problem_group, content,
  progress, responsible, deadline_text, ledger_closed, remark, source_file, sample)
select 'WT-' || id, 'key-' || id, name, id, '迎江区', company, 11, '公共秩序和公共安全', '消防车道被占用', '', '', '',
  id % 2 = 0, '', '附件2.xlsx', true
from management_areas where id % 4 = 0
""",
    """
insert into manholes (code, kind, state, owner, load_class, reported_at, due_at, sample, geom)
select 'JG-' || n, '雨水', '破损', '市政管理处第' || n % 40 || '所', 'D400',
  timestamptz '2023-07-01 08:00+08' + n * interval '1 minute',
  timestamptz '2023-07-02 08:00+08' + n * interval '1 minute', true,
  ST_SetSRID(ST_Point(:west + (n * 7919::bigint % 200003) / 200003.0 * :side,
                      :south + (n * 104729::bigint % 100003) / 100003.0 * :side), 4490)
from generate_series(1, :points) as n
""",
)

_FLAT = """
select a.name, a.code, a.service_form, a.community_names, a.reporting_unit, a.street, a.neighborhood, a.company,
       a.committee, a.party_coverage, a.fee_rate, a.abuttals_text, a.resolution_status, a.confidence, r.state,
       r.number as revision, r.effective_from, round(st_area(geography(r.geom))::numeric, 1) as area_m2,
       (select count(*) from problems p where p.area_id = a.id and p.closed is not true) as problems_open,
       a.sides, st_asgeojson(a.open_sides, 7, 0)::jsonb as open_sides, a.issues, a.ledger_seq, a.county_code,
       a.street_code, a.neighborhood_code, a.id, a.sample, r.geom, r.geom_3857
from management_areas a join area_revisions r on r.area_id = a.id
"""
_FLAT_MANHOLES = """
select m.code, m.kind, m.state, m.owner, m.load_class, m.reported_at, m.due_at, c.name as community, a.name as area,
       c.code as community_code, a.code as area_code, m.area_id, m.community_id, m.id, m.sample, m.geom, m.geom_3857
from manholes m left join communities c on c.id = m.community_id left join management_areas a on a.id = m.area_id
"""


def fill(engine: Engine, areas: int = AREAS, points: int = POINTS) -> None:
    """The tables are full and analysed; schemas `peers` and `plain` have the same for who reads tables as they are.

    There the areas and the manholes are flat tables with spatial indexes, as the operator of a peer would make them
    every night; `plain` is for pygeoapi, which knows neither a second geometry nor lon/lat in EPSG:4490.
    """
    with engine.begin() as connection:
        numbers = {"areas": areas, "points": points, "west": WEST, "south": SOUTH, "side": SIDE}
        for statement in _FILL:
            connection.execute(text(statement), numbers)
        rejoin(connection, clock.today())
    with engine.begin() as connection:
        for statement in _peers():
            connection.execute(text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
    engine.dispose()


def published(layer_id: str) -> tuple[str, ...]:
    """The columns of a layer that a planner may see."""
    return tuple(load_layers(shared("layers"))[layer_id].visible_fields(PLANNER))


def _peers() -> list[str]:
    return [
        "create schema peers",
        "create schema plain",
        *_flat("management_areas", _FLAT),
        *_flat("manholes", _FLAT_MANHOLES),
        *_plain("management_areas"),
        *_plain("manholes"),
        # for everybody: the functions of PostGIS are declared as costly, so that small queries would be compiled first
        "alter role current_user set jit = off",
    ]


def _flat(table: str, told: str) -> list[str]:
    return [
        f"create table peers.{table} as {told}",
        f"alter table peers.{table} add primary key (id)",
        f"create index on peers.{table} using gist (geom)",
        f"create index on peers.{table} using gist (geom_3857)",
    ]


def _plain(table: str) -> list[str]:
    columns = ", ".join(published(table))
    return [
        f"create table plain.{table} as select {columns}, ST_SetSRID(geom, 4326) as geom from peers.{table}",  # noqa: S608
        f"alter table plain.{table} add primary key (id)",
        f"create index on plain.{table} using gist (geom)",
    ]
