"""The gazetteer: files become places, pieces become roads, and names find them with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, mapping
from shapely.geometry.base import BaseGeometry

from gis_service.codes import PlaceKind
from gis_service.gazetteer import Gazetteer, Place, read_frame, read_places
from gis_service.gazetteer.naming import bracketed, is_slip, normal
from tests.ground import lonlat, place, road, square


def _geojson(path: Path, *features: tuple[BaseGeometry | None, dict[str, object]]) -> Path:
    members = [
        {"type": "Feature", "properties": properties, "geometry": mapping(shape) if shape else None}
        for shape, properties in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": members}), encoding="utf-8")
    return path


LINE = LineString([(117.0, 30.5), (117.01, 30.5)])


def test_geojson_with_a_kind_column_becomes_places(tmp_path: Path) -> None:
    file = _geojson(tmp_path / "地名.geojson", (LINE, {"name": "湖心路", "kind": "road", "aliases": "湖路;老湖路"}))
    reading = read_places(file)
    assert [(one.name, one.kind, one.aliases) for one in reading.places] == [
        ("湖心路", PlaceKind.ROAD, ("湖路", "老湖路"))
    ]
    assert reading.issues == ()


def test_osm_tags_tell_the_kind_and_the_width_is_given_or_told_by_lanes_or_class(tmp_path: Path) -> None:
    features: list[tuple[BaseGeometry | None, dict[str, object]]] = [
        (LINE, {"name": "发展大道", "highway": "primary"}),
        (LINE, {"name": "京广铁路", "railway": "rail"}),
        (LINE, {"name": "黄孝河", "waterway": "river", "width": "25"}),
        (LINE, {"name": "新华路", "highway": "primary", "lanes": "4"}),
    ]
    places = read_places(_geojson(tmp_path / "osm.geojson", *features)).places
    assert [(one.kind, one.width_m) for one in places] == [
        (PlaceKind.ROAD, 20.0),
        (PlaceKind.RAILWAY, 8.0),
        (PlaceKind.RIVER, 25.0),
        (PlaceKind.ROAD, 14.0),
    ]


def test_a_shapefile_with_chinese_in_gb18030_is_read(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"name": ["湖心路"], "kind": ["road"]}, geometry=[LINE], crs=4490)
    frame.to_file(tmp_path / "路.shp", encoding="GB18030")
    (tmp_path / "路.cpg").unlink()
    assert [one.name for one in read_places(tmp_path / "路.shp").places] == ["湖心路"]


def test_projected_coordinates_come_out_as_lon_lat(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"name": ["湖心路"], "kind": ["road"]}, geometry=[LINE], crs=4490).to_crs(4548)
    frame.to_file(tmp_path / "roads.gpkg")
    (found,) = read_places(tmp_path / "roads.gpkg").places
    assert found.geometry.equals_exact(LINE, 1e-7)


def test_an_osm_file_is_read_with_its_tags(tmp_path: Path) -> None:
    (tmp_path / "town.osm").write_text(
        """<?xml version='1.0' encoding='UTF-8'?><osm version="0.6">
        <node id="1" lat="30.5" lon="117.0"/><node id="2" lat="30.5" lon="117.01"/>
        <way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="secondary"/><tag k="name" v="湖心路"/>
        <tag k="alt_name" v="湖滨路"/></way></osm>""",
        encoding="utf-8",
    )
    (found,) = read_places(tmp_path / "town.osm").places
    assert (found.name, found.kind, found.aliases) == ("湖心路", PlaceKind.ROAD, ("湖滨路",))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("没有.geojson", None, "文件不存在"),
        ("坏.geojson", b"{not json", "无法读取"),
        ("表格.txt", b"a,b", "不是可读的矢量文件"),
        ("空.geojson", b'{"type":"FeatureCollection","features":[]}', "没有任何要素"),
    ],
)
def test_an_unreadable_file_is_named_with_the_reason(
    tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (issue,) = read_frame(tmp_path / name).issues
    assert name in str(issue)
    assert reason in issue.message


def test_a_feature_without_geometry_is_reported_and_the_others_kept(tmp_path: Path) -> None:
    file = _geojson(
        tmp_path / "a.geojson", (None, {"name": "缺路", "kind": "road"}), (LINE, {"name": "好路", "kind": "road"})
    )
    reading = read_places(file)
    assert [one.name for one in reading.places] == ["好路"]
    assert [issue.message for issue in reading.issues] == ["“缺路”没有图形"]


def test_the_pieces_of_a_road_are_one_road_and_a_namesake_across_town_is_another() -> None:
    pieces = [
        road("湖心路", (0, 0), (100, 0)),
        road("湖心路", (130, 0), (300, 0)),
        road("湖心路", (9000, 0), (9100, 0)),
    ]
    lengths = sorted(round(one.place.geometry.length * 1e5) for one in Gazetteer(pieces).find("湖心路"))
    assert len(lengths) == 2
    assert lengths[0] < lengths[1]


@pytest.fixture(scope="module")
def town() -> Gazetteer:
    return Gazetteer(
        [
            road("湖心北路", (0, 0), (100, 0)),
            road("绿杨路", (0, 50), (100, 50), alias="合店路"),
            road("后湖一路", (0, 60), (100, 60)),
            road("后湖二路", (0, 70), (100, 70)),
            road("G206", (0, 80), (100, 80)),
            road("塔子湖東路", (0, 90), (100, 90)),
            road("长江大道", (0, 95), (100, 95)),
            place("菱湖", PlaceKind.LAKE, square(0, 100, 50, 150)),
            place("锦绣花园", PlaceKind.ESTATE, square(100, 100, 150, 150)),
            place("望湖小区", PlaceKind.ESTATE, square(200, 100, 250, 150)),
        ]
    )


@pytest.mark.parametrize(
    ("written", "found", "why"),
    [
        ("绿杨路", "绿杨路", "名称一致"),
        ("合店路", "绿杨路", "别名“合店路”一致"),
        ("后湖1路", "后湖一路", "名称一致"),
        ("206国道", "G206", "名称一致"),
        ("塔子湖东路", "塔子湖東路", "名称一致"),
        ("绿杨路东段", "绿杨路", "是“绿杨路”的一段"),
        ("安庆市迎江区绿杨路", "绿杨路", "去掉前缀"),
        ("长江路", "长江大道", "通名不同"),
        ("湖心路", "湖心北路", "简称"),
        ("绿扬路", "绿杨路", "一字之差"),
        ("锦绣花园小区", "锦绣花园", "小区名"),
        ("望湖", "望湖小区", "小区名"),
    ],
)
def test_a_name_as_clerks_write_it_finds_its_place_with_the_reason(
    town: Gazetteer, written: str, found: str, why: str
) -> None:
    (candidate,) = town.find(written)
    assert candidate.place.name == found
    assert why in candidate.why


@pytest.mark.parametrize("written", ["后湖三路", "空地", "", "湖", "不存在路"])
def test_a_name_that_is_not_there_finds_nothing_rather_than_a_neighbour(town: Gazetteer, written: str) -> None:
    assert town.find(written) == ()


def test_a_numeral_or_a_direction_is_never_taken_for_a_slip() -> None:
    assert is_slip("绿扬路", "绿杨路")
    assert not is_slip("后湖一路", "后湖二路")
    assert not is_slip("湖心东路", "湖心西路")


def test_brackets_hold_other_names_but_states_are_none() -> None:
    assert bracketed("长江东路（合店路）") == ("合店路",)
    assert bracketed("沿山路（规划）") == ()


@given(st.text(max_size=40))
def test_the_normal_form_of_a_name_is_its_own_normal_form(name: str) -> None:
    once = normal(name)
    assert normal(once) == normal(normal(once))


@given(st.text(max_size=30))
def test_looking_for_any_text_finds_places_or_nothing(name: str) -> None:
    gazetteer = Gazetteer([road("湖心北路", (0, 0), (100, 0))])
    assert all(0 < one.score <= 1 and isinstance(one.place, Place) for one in gazetteer.find(name))


def test_the_projected_system_is_that_of_the_ground() -> None:
    west = Place("w", "西路", PlaceKind.ROAD, LineString([(114.2, 30.6), (114.3, 30.6)]))
    assert Gazetteer([west]).epsg == 4547
    assert Gazetteer([road("东路", (0, 0), (9, 9))]).epsg == 4548
    assert lonlat(Point(0, 0)).centroid.x == pytest.approx(117.052, abs=0.01)


def test_a_road_drawn_in_sections_is_one_road_under_its_own_name() -> None:
    places = [
        Place("1", "湖心路北段", PlaceKind.ROAD, LineString([(117.0, 30.5), (117.0, 30.502)])),
        Place("2", "湖心路中段", PlaceKind.ROAD, LineString([(117.0, 30.502), (117.0, 30.504)])),
        Place("3", "湖心路辅路", PlaceKind.ROAD, LineString([(117.0002, 30.5), (117.0002, 30.504)])),
    ]
    (found,) = Gazetteer(places).find("湖心路")
    assert (found.why, found.place.name, set(found.place.aliases)) == (
        "名称一致",
        "湖心路",
        {"湖心路北段", "湖心路中段", "湖心路辅路"},
    )
    assert found.place.geometry.length == pytest.approx(0.008)


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("湖心北北路", "湖心北路"),
        ("皖江大到", "皖江大道"),
        ("江皖大道", "皖江大道"),
        ("皖大道", "皖江大道"),
        ("皖姜大道", "皖江大道"),
    ],
)
def test_one_slip_of_the_pen_still_means_the_road(written: str, known: str) -> None:
    (found,) = Gazetteer([Place("1", known, PlaceKind.ROAD, LINE)]).find(written)
    assert found.place.name == known
    assert found.score < 0.9


@pytest.mark.parametrize(
    ("written", "known"),
    [("石桥路", "石桥一路"), ("石桥二路", "石桥一路"), ("湖东路", "湖西路"), ("老街路", "新街路"), ("甲路", "乙路")],
)
def test_a_numeral_or_direction_is_never_taken_for_a_slip(written: str, known: str) -> None:
    assert Gazetteer([Place("1", known, PlaceKind.ROAD, LINE)]).find(written) == ()


@pytest.mark.parametrize(
    ("columns", "kind", "code"),
    [
        ({"name": "迎江区", "adcode": "340802"}, PlaceKind.COUNTY, "340802"),
        ({"name": "宜城路街道", "code": "340802001"}, PlaceKind.STREET, "340802001"),
        ({"name": "吴樾社区", "level": "neighborhood", "code": "340802001001"}, PlaceKind.NEIGHBORHOOD, "340802001001"),
        ({"name": "湖心路", "kind": "road", "division_code": "340802"}, PlaceKind.ROAD, "340802"),
    ],
)
def test_a_division_is_known_by_its_level_or_its_code(
    tmp_path: Path, columns: dict[str, object], kind: PlaceKind, code: str
) -> None:
    (found,) = read_places(_geojson(tmp_path / "区划.geojson", (LINE.buffer(0.01), columns))).places
    assert (found.kind, found.division_code) == (kind, code)
