"""Hazards belong to communities and areas: by what the survey says, by where they lie, as boundaries come and go."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapely import LineString, Point
from sqlalchemy import Engine, text

from gis_service import clock
from gis_service.imports import ImportReport, import_file
from gis_service.store.features import Column, FeatureQuery, count_features, stream_rows
from gis_service.store.hazard_counts import hazard_counts
from tests.ground import square
from tests.import_files import clear, communities_file, divisions_file, lonlat_file, rows, take_in

pytestmark = pytest.mark.database
SOUND = {"layer": "manholes", "kind": "雨水", "state": "完好"}
BROKEN = SOUND | {"state": "破损"}


@pytest.fixture
def town(engine: Engine, tmp_path: Path) -> Engine:
    """XQ-1 on metres 100–130 and XQ-2 on 150–180 of the block, 50–100 north of its corner; no area yet."""
    clear(engine)
    take_in(engine, "divisions", divisions_file(tmp_path))
    take_in(engine, "communities", communities_file(tmp_path, "空", "阳光花园", "湖畔苑（一期）"))
    return engine


def covers(folder: Path, *told: tuple[str, float, dict[str, object]], name: str = "窨井.geojson") -> Path:
    """Covers by code, each so many metres east and 75 m north of the corner of the block."""
    return lonlat_file(folder / name, *(({**BROKEN, "code": code, **facts}, Point(x, 75)) for code, x, facts in told))


def boundary(folder: Path, name: str, west: float, east: float) -> Path:
    facts = {"name": name, "county": "迎江区", "street": "宜城路街道"}
    return lonlat_file(folder / f"{name}.geojson", (facts, square(west, 40, east, 110)))


def homes(engine: Engine, table: str = "manholes") -> dict[str, tuple[str | None, str | None]]:
    found = rows(
        engine,
        f"select h.code, c.code, a.name from {table} h left join communities c on c.id = h.community_id"  # noqa: S608
        " left join management_areas a on a.id = h.area_id order by 1",
    )
    return {row[0]: (row[1], row[2]) for row in found}


def messages(report: ImportReport) -> list[str]:
    return [issue.message for issue in report.issues]


def test_what_the_survey_says_goes_before_where_it_lies_and_a_name_that_nobody_bears_is_told(
    town: Engine, tmp_path: Path
) -> None:
    report = take_in(
        town,
        "hazards",
        covers(
            tmp_path,
            ("JG-1", 110, {"community": "XQ-3"}),
            ("JG-2", 110, {"community": "湖畔苑(一期)项目"}),
            ("JG-3", 110, {"community": "月亮湾"}),
            ("JG-4", 900, {"community": "月亮湾"}),
            ("JG-5", 160, {}),
        ),
    )
    assert {code: home for code, (home, _) in homes(town).items()} == {
        "JG-1": "XQ-3", "JG-2": "XQ-3", "JG-3": "XQ-2", "JG-4": None, "JG-5": "XQ-3"
    }  # fmt: skip
    assert messages(report) == [
        "没有编号或名称为“月亮湾”的小区，按位置归入阳光花园",
        "没有编号或名称为“月亮湾”的小区，位置也不在任何小区之内，按未填处理",
    ]
    assert [(issue.where.row, issue.where.column) for issue in report.issues] == [(3, "community"), (4, "community")]


def test_a_name_that_two_communities_bear_is_settled_by_the_place_and_told(town: Engine, tmp_path: Path) -> None:
    take_in(town, "communities", communities_file(tmp_path, "空", "阳光花园", "阳光花园"))
    report = take_in(town, "hazards", covers(tmp_path, ("JG-1", 160, {"community": "阳光花园"})))
    assert homes(town)["JG-1"] == ("XQ-3", None)
    assert messages(report) == ["有 2 个小区叫“阳光花园”，按位置归入阳光花园"]


def test_a_community_that_comes_later_takes_what_named_it_or_lies_in_it(town: Engine, tmp_path: Path) -> None:
    take_in(town, "hazards", covers(tmp_path, ("JG-1", 900, {"community": "新家园"}), ("JG-2", 210, {})))
    assert set(homes(town).values()) == {(None, None)}
    take_in(
        town,
        "communities",
        communities_file(tmp_path, "空", "阳光花园", "湖畔苑（一期）", "新家园", name="later.geojson"),
    )
    assert {code: home for code, (home, _) in homes(town).items()} == {"JG-1": "XQ-4", "JG-2": "XQ-4"}


def test_a_boundary_that_is_agreed_later_takes_what_lies_in_it_and_gives_back_what_it_leaves(
    town: Engine, tmp_path: Path
) -> None:
    take_in(town, "hazards", covers(tmp_path, ("JG-1", 110, {}), ("JG-2", 160, {}), ("JG-3", 300, {})))
    take_in(town, "areas", boundary(tmp_path, "草图", 90, 400))
    assert {area for _, area in homes(town).values()} == {None}, "a draft holds nothing yet"
    take_in(town, "areas", boundary(tmp_path, "东区", 140, 200), sample=True)
    assert {code: area for code, (_, area) in homes(town).items()} == {"JG-1": None, "JG-2": "东区", "JG-3": None}
    take_in(town, "areas", boundary(tmp_path, "西区", 90, 135), sample=True)
    take_in(town, "areas", boundary(tmp_path, "东区", 250, 350), sample=True)
    assert {code: area for code, (_, area) in homes(town).items()} == {"JG-1": "西区", "JG-2": None, "JG-3": "东区"}
    before = rows(town, "select xmin::text, code from manholes order by 2")
    take_in(town, "areas", boundary(tmp_path, "北区", 500, 600), sample=True)
    assert rows(town, "select xmin::text, code from manholes order by 2") == before, "what is right is not touched"


def test_a_lane_is_where_its_longest_part_lies(town: Engine, tmp_path: Path) -> None:
    take_in(town, "areas", boundary(tmp_path, "西区", 90, 135), sample=True)
    take_in(town, "areas", boundary(tmp_path, "东区", 135, 200), sample=True)
    lanes = [("XF-1", 100, 150), ("XF-2", 125, 195), ("XF-3", 190, 900), ("XF-4", 10, 90)]
    told = [({"layer": "fire_lanes", "code": code}, LineString([(west, 75), (east, 75)])) for code, west, east in lanes]
    take_in(town, "hazards", lonlat_file(tmp_path / "lanes.geojson", *told))
    assert homes(town, "fire_lanes") == {
        "XF-1": ("XQ-2", "西区"), "XF-2": ("XQ-3", "东区"), "XF-3": (None, "东区"), "XF-4": ("XQ-1", None)
    }  # fmt: skip


def test_codes_and_names_are_columns_to_read_and_to_ask_by(town: Engine, tmp_path: Path) -> None:
    take_in(town, "areas", boundary(tmp_path, "西区", 90, 135), sample=True)
    take_in(town, "hazards", covers(tmp_path, ("JG-1", 110, {}), ("JG-2", 160, {})))
    ((area,),) = rows(town, "select code from management_areas")
    columns = tuple(Column(name) for name in ("code", "community_code", "community", "area_code", "area"))
    with town.connect() as connection:
        (batch,) = stream_rows(connection, FeatureQuery("manholes", columns))
        told = [list(row)[2:] for row in batch]
        assert told == [
            ["JG-1", "XQ-2", "阳光花园", area, "西区"], ["JG-2", "XQ-3", "湖畔苑（一期）", None, None]
        ]  # fmt: skip
        for asked in (("area_code", area), ("area", "西区"), ("community", "阳光花园"), ("community_code", "XQ-2")):
            assert count_features(connection, FeatureQuery("manholes", columns, equals=(asked,))) == 1, asked


def test_a_new_name_of_an_area_or_community_is_a_new_state_of_the_layers_that_show_it(
    town: Engine, tmp_path: Path
) -> None:
    take_in(town, "areas", boundary(tmp_path, "西区", 90, 135), sample=True)
    take_in(town, "hazards", covers(tmp_path, ("JG-1", 110, {})))

    def state() -> int:
        return int(rows(town, "select revision from layer_revisions where source = 'manholes'")[0][0])

    with town.begin() as connection:
        before = state()
        connection.execute(text("update management_areas set company = '某公司'"))
    assert state() == before
    with town.begin() as connection:
        connection.execute(text("update management_areas set name = '西苑'"))
    assert state() == before + 1


def test_areas_and_communities_are_counted_by_the_same_columns(town: Engine, tmp_path: Path) -> None:
    take_in(town, "areas", boundary(tmp_path, "西区", 90, 170), sample=True)
    lane = ({"layer": "fire_lanes", "code": "XF-1", "clear_width_m": 3.2}, LineString([(100, 75), (129, 75)]))
    take_in(town, "hazards", covers(tmp_path, ("JG-1", 110, {}), ("JG-2", 160, {}), ("JG-3", 175, {})))
    take_in(town, "hazards", lonlat_file(tmp_path / "lanes.geojson", lane))

    def counted(by: str) -> list[tuple[str, int, int]]:
        with town.connect() as connection:
            found = hazard_counts(connection, by, "", clock.today())
        return [(row.name, int(row.lanes_fail), int(row.covers_bad)) for row in found]

    assert counted("area") == [("西区", 1, 2)]
    assert sorted(counted("community")) == [("湖畔苑（一期）", 0, 2), ("阳光花园", 1, 1)]
    assert counted("county") == [("迎江区", 1, 3)]


def own(town: Engine, path: Path, *divisions: str) -> ImportReport:
    return import_file(town, "ledger", [path], commit=True, within=frozenset(divisions))


def test_staff_write_in_their_own_division_and_nothing_of_a_foreign_row_is_kept(town: Engine, tmp_path: Path) -> None:
    take_in(town, "hazards", covers(tmp_path, ("JG-9", 2500, {"owner": "原单位"}), name="before.geojson"))
    sent = covers(
        tmp_path,
        ("JG-1", 110, {}),
        ("JG-2", 2500, {}),
        ("JG-3", 9000, {}),
        ("JG-9", 110, {"owner": "别家"}),
        ("JG-4", 900, {"community": "XQ-2"}),
    )
    report = own(town, sent, "340802001")
    assert (report.new, report.changed, report.rejected, report.units) == (2, 0, 3, ())
    assert messages(report) == [
        "位于孝肃路街道，不是您的区划，未导入",
        "看不出在哪个区划，不是您的区划，未导入",
        "编号“JG-9”已登记在孝肃路街道，不是您的区划，未导入",
    ]
    assert rows(town, "select code, owner from manholes order by 1") == [("JG-1", ""), ("JG-4", ""), ("JG-9", "原单位")]
    assert own(town, sent, "340822", "怀宁县").rejected == 5
    assert own(town, sent, "340802", "迎江区").rejected == 1
    assert import_file(town, "hazards", [sent], commit=True).rejected == 0
