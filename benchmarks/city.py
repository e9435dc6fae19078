"""An empty database in; a city for the desks in it: 40,000 communities and areas, 300,000 manholes, 19,000 roads."""

from __future__ import annotations

from sqlalchemy import Engine, text

from gis_service import clock
from gis_service.imports import refresh_derived

ACROSS = 200  # communities in a row, and rows
AREAS, POINTS = ACROSS * ACROSS, 300_000
WEST, SOUTH, SIDE = 117.0, 30.5, 0.2  # degrees: 19 by 22 km

# 10 counties of 16 streets of 10 社区 of 25 communities; `i`, `j` is the cell of a community in the grid
_PLACE = """
create temporary table cell as
select n, i, j, '3408' || 11 + (i / 40) * 2 + j / 100 as county,
  lpad((1 + (i % 40) / 10 * 4 + (j % 100) / 25)::text, 3, '0') as street,
  lpad((1 + (i % 10) / 5 * 5 + (j % 25) / 5)::text, 3, '0') as neighborhood,
  :west + i * :step as west, :south + j * :step as south
from (select n, n % :across as i, n / :across as j from generate_series(0, :areas - 1) as n) as numbered
"""
_DIVISIONS = """
insert into divisions (code, name, level, parent_code, reporting_unit, sample, geom)
select code, name, level, parent, unit, true, ST_Multi(ST_MakeEnvelope(min(west), min(south), max(west) + :step,
  max(south) + :step, 4490))
from cell, lateral (values
  (county, '第' || county || '区', 'county', null),
  (county || street, '第' || street || '街道', 'street', county),
  (county || street || neighborhood, '第' || neighborhood || '社区', 'neighborhood', county || street)
) as one (code, name, level, parent), lateral (select '第' || county || '区' as unit) as unit
group by code, name, level, parent, unit
"""
_COMMUNITIES = """
insert into communities (code, name, aliases, county_code, street_code, neighborhood_code, county, street, neighborhood,
  reporting_unit, households, floor_area_m2, sample, geom)
select 'XQ-' || n, '第' || n || '小区', '{}', county, county || street, county || street || neighborhood,
  '第' || county || '区', '第' || street || '街道', '第' || neighborhood || '社区', '第' || county || '区', n % 900,
  n % 90000, true, ST_Multi(ST_MakeEnvelope(west + :step * 0.15, south + :step * 0.15, west + :step * 0.85,
    south + :step * 0.85, 4490))
from cell order by n
"""
_AREAS = """
insert into management_areas (code, natural_key, name, reporting_unit, county_code, street_code, neighborhood_code,
  street, neighborhood, ledger_seq, community_names, abuttals_text, service_form, committee, party_coverage, company,
  manager, manager_phone, fee_rate, resolution_status, confidence, sides, issues, source_file, source_row, sample)
select 'WY-' || n, 'key-' || n, '第' || n || '小区', '第' || county || '区', county, county || street,
  county || street || neighborhood, '第' || street || '街道', '第' || neighborhood || '社区', n,
  array['第' || n || '小区'], '东至某某路、南至某某街、西至某某路、北至某某街',
  case when n % 37 = 0 then 5 else 1 + n % 4 end, 1 + n % 3, 1 + n % 5,
  '某物业服务企业' || n % 60, '王某', '13800000000', (n % 100) / 100.0, 'resolved', 0.9, '[]', '[]',
  '附件1.xlsx', n, true
from cell order by n
"""
_REVISIONS = """
insert into area_revisions (area_id, number, state, origin, effective_from, author, decided_by, note, geom)
select a.id, 1, 'approved', 'resolver', case when n % 3 = 0 then date '2023-11-01' else date '2023-07-01' end,
  '街道', '县区', '', ST_Multi(ST_Buffer(ST_MakeEnvelope(west + :step * 0.12, south + :step * 0.12, west + :step * 0.88,
    south + :step * 0.88, 4490), :step * 0.02, 3))
from cell join management_areas a on a.ledger_seq = n where n % 14 <> 0
"""
_PROBLEMS = """
insert into problems (code, natural_key, project_name, county, company, category, problem_group, content, progress,
  responsible, deadline_text, ledger_closed, remark, source_file, sample)
select 'WT-' || n, 'key-' || n, '第' || n || '小区', '第' || county || '区', '某物业服务企业',
  case when n % 100 = 0 then 19 else 11 end,
  '公共秩序和公共安全', '消防车道被占用', '', '', '', n % 8 = 0, '', '附件2.xlsx', true
from cell where n % 4 = 0
"""
_MANHOLES = """
insert into manholes (code, kind, state, owner, load_class, reported_at, due_at, sample, geom)
select 'JG-' || n, '雨水', (array['完好', '缺失', '破损', '下沉', '松动'])[1 + greatest(n % 40 - 35, 0)],
  '市政管理处第' || n % 40 || '所', 'D400', timestamptz '2023-07-01 08:00+08' + n * interval '1 minute',
  timestamptz '2023-07-02 08:00+08' + n * interval '1 minute', true,
  ST_SetSRID(ST_Point(:west + (n * 7919::bigint % 200003) / 200003.0 * :side,
                      :south + (n * 104729::bigint % 100003) / 100003.0 * :side), 4490)
from generate_series(1, :points) as n
"""
_ROADS = """
insert into places (id, name, kind, aliases, width_m, division_code, source, tags, sample, geom)
select 'r' || i || '-' || j || way, way || case when wide then i else i * 1000 + j end || '路', 'road', '{}',
  case when i % 25 = 0 then 36 when wide then 20 else 8 end, '', '', '{}', true,
  ST_SetSRID(case way when '南北' then ST_MakeLine(ST_Point(west, south), ST_Point(west, south + :step * 5))
    else ST_MakeLine(ST_Point(south - :south + :west, west - :west + :south),
                     ST_Point(south - :south + :west + :step * 5, west - :west + :south)) end, 4490)
from cell, lateral (select i % 5 = 0 as wide) as about, unnest(array['南北', '东西']) as way where j % 5 = 0
"""


def fill(engine: Engine) -> None:
    """The tables are full, the links and sums between them are made, and the planner knows them."""
    step = SIDE / ACROSS
    numbers = {"areas": AREAS, "across": ACROSS, "points": POINTS, "west": WEST, "south": SOUTH, "side": SIDE}
    with engine.begin() as connection:
        for statement in (
            *(_PLACE, _DIVISIONS, _COMMUNITIES, _AREAS, _REVISIONS, _PROBLEMS, _MANHOLES),
            *(_ROADS, "drop table cell"),
        ):
            connection.execute(text(statement), {**numbers, "step": step})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
    with engine.begin() as connection:
        refresh_derived(connection, clock.today())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
