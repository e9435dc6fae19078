"""Vector files and code lists into a real PostGIS: every format, every kind, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from shapely import LineString, MultiLineString, Point, Polygon
from sqlalchemy import Engine

from gis_service.codes import PlaceKind
from gis_service.editing.landmarks import landmarks
from gis_service.imports import import_file
from gis_service.imports.locating import Divisions
from tests.ground import ORIGIN, lonlat, place, road, square
from tests.import_files import (
    annex1,
    clear,
    communities_file,
    contents,
    divisions_file,
    entry,
    gazetteer_file,
    lonlat_file,
    rows,
    take_in,
    vector,
)

pytestmark = pytest.mark.database
CODE_LIST = """village_code,village,street_code,street,area_code,area
340802001001,吴樾居委会,340802001,宜城路街道,340802,迎江区
340803402001,某某村委会,340803402,高新技术产业开发区,340803,大观区
340871001001,某居委会,340871001,菱北街道,340871,安徽安庆经济开发区
"""
FACTS = {"name": "阳光花园1", "county": "迎江区", "street": "宜城路街道", "neighborhood": "吴樾社区"}


@pytest.fixture
def base(engine: Engine) -> Iterator[Engine]:
    """An empty database."""
    yield engine
    clear(engine)


def codes(engine: Engine, kind: str, path: Path) -> list[str]:
    return [issue.code for issue in import_file(engine, kind, [path], commit=True).issues]


def test_a_code_list_makes_counties_streets_and_neighborhoods(base: Engine, tmp_path: Path) -> None:
    path = tmp_path / "divisions.csv"
    path.write_text(CODE_LIST, encoding="utf-8")
    assert take_in(base, "divisions", path).new == 9
    query = "select code, level, parent_code, reporting_unit from divisions where code like '34080%' order by code"
    assert rows(base, query) == [
        ("340802", "county", None, "迎江区"),
        ("340802001", "street", "340802", "迎江区"),
        ("340802001001", "neighborhood", "340802001", "迎江区"),
        ("340803", "county", None, "大观区"),
        ("340803402", "street", "340803", "高新区"),
        ("340803402001", "neighborhood", "340803402", "高新区"),
    ]
    assert rows(base, "select distinct reporting_unit from divisions where code like '340871%'") == [("经开区",)]
    assert take_in(base, "divisions", path).same == 9


def test_a_code_list_leaves_the_ground_that_is_known(base: Engine, tmp_path: Path) -> None:
    take_in(base, "divisions", divisions_file(tmp_path))
    path = tmp_path / "divisions.csv"
    path.write_bytes(CODE_LIST.encode("gb18030"))
    report = take_in(base, "divisions", path)
    assert (report.new, report.changed) == (6, 1), "one 社区 is spelt differently"
    assert rows(base, "select name from divisions where geom is not null order by code") == [
        ("迎江区",),
        ("宜城路街道",),
        ("吴樾居委会",),
        ("孝肃路街道",),
    ]


def test_a_code_list_with_bad_lines_keeps_the_good_ones(base: Engine, tmp_path: Path) -> None:
    path = tmp_path / "divisions.csv"
    path.write_text(CODE_LIST + "12,某村,340802001,宜城路街道,340802,迎江区\n", encoding="utf-8")
    report = take_in(base, "divisions", path)
    assert (report.new, report.rejected) == (9, 1)
    assert (report.issues[0].code, report.issues[0].where.row) == ("division_code", 5)
    path.write_text("code,name\n340802,迎江区\n", encoding="utf-8")
    (issue,) = take_in(base, "divisions", path).issues
    assert "village_code" in issue.message


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("迎江区", "宜城路街道", "吴樾社区居委会"), ("340802", "340802001", "340802001001")),
        (("迎江", "宜城路街道办事处", "吴樾社区"), ("340802", "340802001", "340802001001")),
        (("迎江区", "", "吴樾社区"), ("340802", "340802001", "340802001001")),
        (("迎江区", "孝肃路街道", "吴樾社区"), ("340802", "340802002", None)),
        (("迎江区", "无名街道", ""), ("340802", None, None)),
        (("", "", ""), (None, None, None)),
    ],
)
def test_divisions_are_found_as_clerks_write_them(
    base: Engine, tmp_path: Path, names: tuple[str, str, str], found: tuple[str | None, ...]
) -> None:
    take_in(base, "divisions", divisions_file(tmp_path))
    with base.connect() as connection:
        codes = Divisions.read(connection).locate(*names)
    assert (codes.county_code, codes.street_code, codes.neighborhood_code) == found


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp"])
def test_communities_come_from_every_format_and_a_second_import_changes_nothing(
    base: Engine, tmp_path: Path, suffix: str
) -> None:
    take_in(base, "divisions", divisions_file(tmp_path))
    place = {"neighborhood_code": "340802001001"}  # a shapefile shortens it to neighbor_1, neighborhood to neighborho
    path = lonlat_file(tmp_path / f"小区.{suffix}", ({**FACTS, **place, "households": 320}, square(50, 50, 80, 100)))
    assert take_in(base, "communities", path).new == 1
    columns = "name, neighborhood, county_code, neighborhood_code, reporting_unit, households, st_srid(geom)"
    query = f"select {columns} from communities"  # noqa: S608 - fixed text
    assert rows(base, query) == [("阳光花园1", "吴樾社区", "340802", "340802001001", "迎江区", 320, 4490)]
    before = contents(base)
    report = take_in(base, "communities", path)
    assert (report.new, report.changed, report.same) == (0, 0, 1)
    assert contents(base)["communities"] == before["communities"]


def test_a_shapefile_of_an_office_pc_is_read_in_its_encoding(base: Engine, tmp_path: Path) -> None:
    path = lonlat_file(tmp_path / "小区.shp", ({"name": "阳光花园"}, square(0, 0, 30, 30)))
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("阳光花园".encode(), "阳光花园".encode("gb18030").ljust(12)))
    path.with_suffix(".cpg").unlink()
    take_in(base, "communities", path)
    assert rows(base, "select name from communities") == [("阳光花园",)]


def test_projected_coordinates_land_in_the_right_place(base: Engine, tmp_path: Path) -> None:
    shape = shapely.affinity.translate(square(0, 0, 30, 30), *ORIGIN)
    take_in(base, "communities", vector(tmp_path / "小区.gpkg", [({"name": "阳光花园"}, shape)], "EPSG:4548"))
    ((wkb,),) = rows(base, "select st_asbinary(geom) from communities")
    expected = lonlat(square(0, 0, 30, 30))
    assert shapely.from_wkb(bytes(wkb)).hausdorff_distance(expected) < 1e-9


def test_coordinates_without_a_system_are_taken_as_lon_lat_with_a_note_or_refused(base: Engine, tmp_path: Path) -> None:
    degrees = vector(tmp_path / "a.shp", [({"name": "甲"}, lonlat(square(0, 0, 30, 30)))], None)
    assert codes(base, "communities", degrees) == ["crs_missing"]
    metres = vector(tmp_path / "b.shp", [({"name": "乙"}, shapely.box(505000, 3380000, 505030, 3380030))], None)
    report = take_in(base, "communities", metres)
    assert [str(issue.severity) for issue in report.issues] == ["error"]
    assert rows(base, "select name from communities") == [("甲",)]


def test_a_file_that_is_no_vector_file_is_named(base: Engine, tmp_path: Path) -> None:
    for name, content in (("坏.geojson", b"{"), ("坏.gpkg", b"\x00" * 100), ("坏.docx", b"PK")):
        (tmp_path / name).write_bytes(content)
        report = take_in(base, "communities", tmp_path / name)
        assert [issue.where.file for issue in report.issues] == [name]
        assert (report.new, report.issues[0].severity) == (0, "error")


def test_a_feature_of_the_wrong_geometry_is_kept_out_and_the_others_stay(base: Engine, tmp_path: Path) -> None:
    bow = Polygon([(0, 0), (50, 50), (50, 0), (0, 50)])
    path = lonlat_file(
        tmp_path / "areas.geojson",
        ({**FACTS, "name": "点"}, Point(1, 1)),
        ({**FACTS, "name": "空"}, None),
        ({**FACTS, "name": "蝴蝶"}, bow),
        ({**FACTS, "name": "好"}, square(60, 0, 90, 30)),
        ({"county": "迎江区"}, square(0, 0, 30, 30)),
    )
    report = take_in(base, "areas", path)
    assert (report.new, report.rejected) == (2, 3)
    assert {(issue.code, issue.where.row) for issue in report.issues} == {
        ("geometry_type", 1),
        ("geometry_missing", 2),
        ("geometry_mended", 3),
        ("value_missing", 5),
    }
    assert rows(base, "select bool_and(st_isvalid(geom)) from area_revisions") == [(True,)]


def test_a_community_without_code_is_found_again_and_a_repeated_code_is_named(base: Engine, tmp_path: Path) -> None:
    path = lonlat_file(tmp_path / "小区.geojson", (FACTS, square(0, 0, 9, 9)), (FACTS, square(20, 0, 29, 9)))
    report = take_in(base, "communities", path)
    assert (report.new, report.rejected, [issue.code for issue in report.issues]) == (1, 1, ["key_repeated"])
    assert take_in(base, "communities", path).same == 1


def test_a_value_that_is_no_number_is_left_out_with_its_place(base: Engine, tmp_path: Path) -> None:
    path = lonlat_file(tmp_path / "小区.geojson", ({**FACTS, "households": "约三百"}, square(0, 0, 9, 9)))
    (issue,) = take_in(base, "communities", path).issues
    assert (issue.code, issue.where.row, issue.where.column) == ("value_unreadable", 1, "households")
    assert rows(base, "select households from communities") == [(None,)]


def test_landmarks_of_two_files_with_the_same_numbers_do_not_meet(base: Engine, tmp_path: Path) -> None:
    for name, landmark in (("roads", road("湖东路", (0, 0), (9, 9))), ("rivers", road("秦潭湖", (0, 9), (9, 0)))):
        facts = {"id": "1", "name": landmark.name, "kind": "road"}
        assert (
            take_in(
                base, "gazetteer", vector(tmp_path / f"{name}.geojson", [(facts, landmark.geometry)], "EPSG:4490")
            ).new
            == 1
        )
    assert len(rows(base, "select id from places")) == 2


def test_a_neighbouring_estate_is_a_landmark_once(base: Engine, tmp_path: Path) -> None:
    take_in(base, "divisions", divisions_file(tmp_path))
    ground, surveyed = square(400, -100, 700, 400), square(380, -100, 700, 400)
    roads = [road("菱湖南路", (-500, 0), (900, 0)), road("集贤北路", (0, -500), (0, 800))]
    roads += [road("天柱山东路", (-500, 300), (900, 300)), place("滨江苑", PlaceKind.ESTATE, ground)]
    take_in(base, "gazetteer", gazetteer_file(tmp_path, roads))
    take_in(base, "communities", lonlat_file(tmp_path / "c.geojson", ({**FACTS, "name": "滨江苑"}, surveyed)))
    sentence = "东至滨江苑，南至菱湖南路，西至集贤北路，北至天柱山东路"
    take_in(base, "ledger", annex1(tmp_path, entry(1, abuttals_text=sentence)))
    assert rows(base, "select resolution_status from management_areas") == [("resolved",)]
    with base.connect() as connection:
        (estate,) = [one for one in landmarks(connection).places if one.name == "滨江苑"]
    assert estate.geometry.equals(lonlat(ground)), "what the gazetteer says goes before the footprint"


def test_a_drawn_boundary_is_a_draft_of_the_area_that_it_names(base: Engine, tmp_path: Path) -> None:
    take_in(base, "divisions", divisions_file(tmp_path))
    take_in(base, "ledger", annex1(tmp_path, entry(1)))
    path = lonlat_file(tmp_path / "areas.geojson", (FACTS, square(20, 20, 300, 200)))
    report = take_in(base, "areas", path)
    assert (report.new, report.changed, report.same) == (0, 1, 0)
    assert rows(base, "select state, origin, author from area_revisions") == [("draft", "imported", "导入")]
    assert take_in(base, "areas", path).same == 1
    by_code = ({"code": "WY-340802-0001"}, square(20, 20, 300, 220))
    assert take_in(base, "areas", lonlat_file(tmp_path / "b.geojson", by_code)).changed == 1
    assert rows(base, "select count(*) from area_revisions") == [(2,)]


def test_a_drawn_boundary_of_the_sample_is_agreed_at_once(base: Engine, tmp_path: Path) -> None:
    path = lonlat_file(tmp_path / "areas.geojson", (FACTS, square(20, 20, 300, 200)))
    take_in(base, "areas", path, sample=True)
    assert rows(base, "select state, author, decided_by from area_revisions") == [("approved", "示例数据", "示例数据")]


def test_a_drawn_boundary_of_no_area_or_of_one_twice_is_kept_out(base: Engine, tmp_path: Path) -> None:
    path = lonlat_file(
        tmp_path / "areas.geojson",
        ({"code": "WY-000000-0404"}, square(0, 0, 9, 9)),
        (FACTS, square(20, 20, 300, 200)),
        (FACTS, square(20, 20, 300, 210)),
    )
    report = take_in(base, "areas", path)
    assert (report.new, report.rejected) == (1, 2)
    assert [issue.code for issue in report.issues] == ["area_unknown", "area_repeated"]


LANE = {"code": "XF-1", "community": "XQ-1", "name": "主车道", "clear_width_m": 4.5, "clear_height_m": 5.0}
LANE |= {"gradient_pct": 2.0, "wall_distance_m": 6.0, "dead_end": False, "marked": True, "blocked": False}
LANE |= {"measured_on": "2023-08-02"}
AXIS = LineString([(50, 75), (150, 75)])


def test_lanes_are_judged_as_measured_and_not_measured_is_no_pass(base: Engine, tmp_path: Path) -> None:
    take_in(base, "communities", communities_file(tmp_path, "阳光花园1"))
    narrow = {**LANE, "code": "XF-2", "clear_width_m": 3.2, "community": "XQ-9"}
    unmeasured = {**LANE, "code": "XF-3", "clear_width_m": None, "measured_on": None}
    path = lonlat_file(tmp_path / "fire_lanes.geojson", (LANE, AXIS), (narrow, AXIS), (unmeasured, AXIS))
    report = take_in(base, "hazards", path)
    assert (report.new, [issue.code for issue in report.issues]) == (3, ["community_unknown"])
    assert rows(base, "select code, result, measured_on, community_id is null from fire_lanes order by code") == [
        ("XF-1", "pass", dt.date(2023, 8, 2), False),
        ("XF-2", "fail", dt.date(2023, 8, 2), False),
        ("XF-3", "not_measured", None, False),
    ]
    ((clause, finding),) = rows(base, "select clause, finding from fire_lanes where code = 'XF-2'")
    assert ("GB 50016" in clause, "3.2" in finding) == (True, True)
    before = contents(base)["fire_lanes"]
    assert take_in(base, "hazards", path).same == 3
    assert contents(base)["fire_lanes"] == before


def test_a_lane_drawn_over_an_ebike_place_makes_it_fail_at_once(base: Engine, tmp_path: Path) -> None:
    facts = {"code": "DC-1", "name": "车棚", "places": 10, "area_m2": 30.0, "group_length_m": 10.0}
    facts |= {"socket_spacing_m": 1.0, "exits": 2, "near_sensitive": ""}
    take_in(base, "hazards", lonlat_file(tmp_path / "ebike_charging.geojson", (facts, square(60, 70, 70, 74))))
    assert rows(base, "select result, lane_overlap_m2 from ebike_charging") == [("pass", 0.0)]
    take_in(base, "hazards", lonlat_file(tmp_path / "fire_lanes.geojson", (LANE, AXIS)))
    ((result, overlap),) = rows(base, "select result, lane_overlap_m2 from ebike_charging")
    assert (result, overlap) == ("fail", pytest.approx(12.5, abs=0.1))


def test_an_ebike_place_of_which_the_surroundings_are_untold_does_not_pass(base: Engine, tmp_path: Path) -> None:
    facts = {"code": "DC-1", "places": 10, "area_m2": 30.0, "group_length_m": 10.0, "socket_spacing_m": 1.0}
    path = lonlat_file(tmp_path / "ebike_charging.geojson", ({**facts, "exits": 2}, square(60, 70, 70, 74)))
    take_in(base, "hazards", path)
    assert rows(base, "select result from ebike_charging") == [("not_measured",)]


def test_manholes_have_a_clock_and_a_state_that_nobody_reported_is_not_sound(base: Engine, tmp_path: Path) -> None:
    usual = {"owner": "排水公司", "kind": "雨水", "load_class": "D400"}
    broken = {**usual, "code": "JG-1", "state": "破损", "reported_at": "2023-08-01T08:00:00+08:00"}
    path = lonlat_file(
        tmp_path / "manholes.geojson",
        (broken, Point(1, 1)),
        ({**usual, "code": "JG-2", "state": "完好"}, Point(2, 2)),
        ({**usual, "code": "JG-3", "state": "不明"}, Point(3, 3)),
    )
    report = take_in(base, "hazards", path)
    assert (report.new, report.rejected) == (2, 1)
    assert [issue.code for issue in report.issues] == ["value_unreadable", "value_missing"]
    china = dt.timezone(dt.timedelta(hours=8))
    assert rows(base, "select code, due_at from manholes order by code") == [
        ("JG-1", dt.datetime(2023, 8, 2, 8, tzinfo=china)),
        ("JG-2", None),
    ]


def test_hazards_are_told_by_the_property_layer_where_the_file_name_does_not(base: Engine, tmp_path: Path) -> None:
    manhole = {"layer": "manholes", "code": "JG-1", "kind": "污水", "state": "完好"}
    path = lonlat_file(
        tmp_path / "普查.gpkg",
        (LANE | {"layer": "fire_lanes", "community": None}, MultiLineString([AXIS])),
        (manhole, Point(1, 1)),
        ({"layer": "hydrants", "code": "X"}, Point(2, 2)),
    )
    report = take_in(base, "hazards", path)
    assert (report.new, report.rejected, [issue.code for issue in report.issues]) == (2, 1, ["hazard_kind"])
    assert rows(base, "select (select count(*) from fire_lanes), (select count(*) from manholes)") == [(1, 1)]
