"""The boundaries desk where areas touch: a shared edge moves both, areas are split and merged, drawings come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, text

from gis_service.access import Reader
from tests.browser.people import Person, desk_server, spot
from tests.desk import CLERK, OFFICE, Seat, geojson, rows_of
from tests.ground import lonlat, square
from tests.import_files import annex1, annex2, entry, lonlat_file, problem, rows, take_in

pytestmark = [pytest.mark.browser, pytest.mark.database]
Sit = Callable[[Reader], Person]
WEST, EAST = square(20, 20, 200, 280), square(200, 20, 380, 280)


@pytest.fixture(scope="module")
def server(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    rows_of(engine, tmp_path_factory.mktemp("ground"), "四周为空地")
    with desk_server(engine) as address:
        yield address


@pytest.fixture(autouse=True)
def _two_agreed_areas(engine: Engine, server: str, tmp_path: Path) -> None:
    """西院 and 东院 side by side, agreed; each with a community, 西院 with a problem too."""
    with engine.begin() as connection:
        connection.execute(text("truncate management_areas, problems cascade"))
    houses = (("西院", "阳光花园1"), ("东院", "阳光花园2"))
    entries = [
        entry(at, area_name=name, community_names=(community,), abuttals_text="四周为空地")
        for at, (name, community) in enumerate(houses, 1)
    ]
    take_in(engine, "ledger", annex1(tmp_path, *entries))
    take_in(engine, "ledger", annex2(tmp_path, problem(1, project_name="西院")))
    with httpx.Client(base_url=server, timeout=60) as client:
        clerk, office = Seat(client, CLERK), Seat(client, OFFICE)
        for name, shape in (("西院", WEST), ("东院", EAST)):
            area = int(rows(engine, f"select id from management_areas where name = '{name}'")[0][0])  # noqa: S608
            clerk.look(area)
            clerk.do(area, "draft", geometry=geojson(lonlat(shape)))
            clerk.do(area, "submit")
            office.look(area)
            office.do(area, "approve", effective_from="2023-08-01")


@pytest.fixture
def sit(browser: Browser, server: str) -> Iterator[Sit]:
    """Seats people at the desk, each in a browser of their own."""
    seated: list[Person] = []

    def seat(reader: Reader) -> Person:
        seated.append(Person(browser, server, reader))
        seated[-1].opens()
        return seated[-1]

    yield seat
    for person in seated:
        person.leaves()


def _east_edge(told: dict[str, Any]) -> float:
    """The easternmost metre of a boundary, as longitude."""
    return max(float(place[0]) for part in told["geometry"]["coordinates"] for place in part[0])


def test_a_shared_corner_moves_both_areas_when_the_person_says_so(sit: Sit) -> None:
    clerk = sit(CLERK)
    clerk.takes("西院")
    clerk.acts("draw")
    clerk.drags(clerk.handle(*spot(200, 280)), *spot(230, 260))
    dialog = clerk.page.get_by_role("dialog", name="这个点与邻区共用")
    expect(dialog).to_contain_text("“东院”")
    dialog.get_by_role("button", name="两块一起移动").click()
    clerk.click("[data-tool=keep]")
    expect(clerk.kept()).to_have_text("✓ 已保存")
    west, east = (clerk.area(name)["working"] for name in ("西院", "东院"))
    assert _east_edge(west) == pytest.approx(spot(230, 260)[0], abs=1e-5)
    shapes = [shapely.geometry.shape(one["geometry"]) for one in (west, east)]
    assert shapes[0].intersection(shapes[1]).area < 1e-12
    whole = lonlat(shapely.Polygon([(20, 20), (380, 20), (380, 280), (230, 260), (20, 280)]))
    assert shapes[0].union(shapes[1]).symmetric_difference(whole).area < 0.01 * whole.area


def test_a_shared_corner_moves_alone_when_the_person_says_so(sit: Sit) -> None:
    clerk = sit(CLERK)
    clerk.takes("西院")
    clerk.acts("draw")
    clerk.page.get_by_label("移动共用的点时").select_option("own")
    clerk.drags(clerk.handle(*spot(200, 280)), *spot(180, 260))
    expect(clerk.kept()).to_have_text("◐ 已存本机")
    clerk.click("[data-tool=keep]")
    expect(clerk.kept()).to_have_text("✓ 已保存")
    assert clerk.area("东院")["working"] is None


def test_an_overlap_is_named_with_its_square_metres_and_stops_the_submission(sit: Sit) -> None:
    clerk = sit(CLERK)
    clerk.takes("西院")
    clerk.acts("draw")
    clerk.page.get_by_label("移动共用的点时").select_option("own")
    clerk.drags(clerk.handle(*spot(200, 280)), *spot(260, 250))
    finding = clerk.page.locator(".findings .blocking").first
    expect(finding).to_contain_text("东院")
    expect(finding).to_contain_text("m²")
    expect(clerk.page.locator(".actions [data-act=submit]")).to_be_disabled()
    zoom = clerk.page.evaluate("() => GIS.page.map.getZoom()")
    finding.get_by_role("button").click()
    clerk.page.wait_for_function("before => GIS.page.map.getZoom() !== before", arg=zoom)
    clerk.page.keyboard.press("Control+z")
    expect(clerk.page.locator(".findings .blocking")).to_have_count(0)
    expect(clerk.page.locator(".actions [data-act=submit]")).to_be_enabled()


def test_an_area_is_split_along_a_line_and_its_problems_follow(sit: Sit, engine: Engine) -> None:
    clerk = sit(CLERK)
    clerk.takes("西院")
    clerk.acts("split")
    for place in ((120, 310), (120, -10)):
        clerk.points(*spot(*place))
    clerk.page.keyboard.press("Enter")
    dialog = clerk.page.get_by_role("dialog", name="分立“西院”")
    expect(dialog.get_by_label("第一部分的名称")).to_have_value("西院一区")
    dialog.get_by_role("button", name="提出分立").click()
    clerk.told("已提出分立")
    office = sit(OFFICE)
    office.takes("西院")
    office.page.get_by_role("region", name="待核准的提议").get_by_role("button", name="核准").click()
    office.told("已核准")
    expect(office.page.locator("#panel-body h2")).to_have_text("西院一区")
    names = {item["name"] for item in clerk.asks("/boundaries/areas")["items"]}
    assert names == {"西院一区", "西院二区", "东院"}
    ((area, seq),) = rows(
        engine, "select a.name, a.ledger_seq from problems p join management_areas a on a.id = p.area_id"
    )
    assert (area in names, seq) == (True, 1)


def test_two_areas_become_one_with_the_communities_of_both_and_problems_follow(sit: Sit, engine: Engine) -> None:
    clerk = sit(CLERK)
    clerk.takes("西院")
    clerk.acts("merge")
    dialog = clerk.page.get_by_role("dialog", name="把“西院”与邻区合并")
    dialog.get_by_role("button", name="提出合并").click()
    expect(dialog.get_by_role("alert")).to_have_text("请选择与它合并的区域。")
    dialog.get_by_label("东院").check()
    dialog.get_by_label("合并以后的名称").fill("大院")
    dialog.get_by_role("button", name="提出合并").click()
    clerk.told("已提出合并")
    office = sit(OFFICE)
    office.takes("西院")
    office.page.get_by_role("region", name="待核准的提议").get_by_role("button", name="核准").click()
    office.told("已核准")
    facts = {one["title"]: one["value"] for one in clerk.area("大院")["facts"]}
    assert set(facts["小区名称"].split("、")) == {"阳光花园1", "阳光花园2"}
    followed = "select a.name, a.ledger_seq, p.project_name from problems p join management_areas a on a.id = p.area_id"
    assert rows(engine, followed) == [("大院", 1, "西院")]
    old = [one["name"] for one in clerk.area("大院")["predecessors"]]
    assert sorted(old) == ["东院", "西院"]


def test_drawn_boundaries_are_seen_in_their_place_before_they_are_kept(sit: Sit, tmp_path: Path) -> None:
    shape = square(40, 40, 190, 260)
    path = lonlat_file(tmp_path / "边界.geojson", ({"name": "西院"}, shape))
    clerk = sit(CLERK)
    page = clerk.page
    page.get_by_role("button", name="导入绘制好的边界").click()
    page.get_by_label("选择文件").set_input_files(path)
    expect(page.get_by_role("list", name="文件中的图形")).to_contain_text("西院")
    in_view = "([lon, lat]) => GIS.page.map.getBounds().contains([lat, lon])"
    page.wait_for_function(in_view, arg=list(spot(100, 100)))
    assert clerk.area("西院")["working"] is None
    page.get_by_label("坐标系").select_option("GCJ-02")
    expect(page.locator(".import .fields")).to_contain_text("GCJ-02")
    page.get_by_label("坐标系").select_option("file")
    expect(page.locator(".import .fields")).not_to_contain_text("GCJ-02")
    page.get_by_role("button", name="存为草图").click()
    clerk.told("已存为草图")
    drawn = shapely.geometry.shape(clerk.area("西院")["working"]["geometry"])
    assert drawn.symmetric_difference(lonlat(shape)).area < 0.01 * lonlat(shape).area
