"""The boundaries desk as people use it: a side gets its line, a boundary is drawn, submitted, decided, seen at once."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pyogrio
import pytest
import shapely
from playwright.sync_api import Browser, expect
from shapely import MultiPolygon, Point
from sqlalchemy import Engine, delete

from gis_service.access import Reader
from gis_service.codes import Step
from gis_service.store.tables import Account
from tests.browser.conftest import OFFICE_PC
from tests.browser.people import Person, Size, desk_server, spot
from tests.browser.resting import rests
from tests.desk import CLERK, OFFICE, enrol, rows_of
from tests.ground import lonlat, square
from tests.import_files import SENTENCE

pytestmark = [pytest.mark.browser, pytest.mark.database]
OPEN = "东至湖东路，南至菱湖南路，西至老围墙，北至天柱山东路"
WEST_ROAD = spot(0, 150)
_PLACES = ("county:340802", "street:340802001", "neighborhood:340802001001", "reporting_unit:迎江区")
Sit = Callable[..., Person]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rows")


@pytest.fixture
def server(engine: Engine, folder: Path) -> Iterator[str]:
    """The desk with two rows that lie on the same block, the one open in the west, the other drafted."""
    rows_of(engine, folder, OPEN, SENTENCE)
    with engine.begin() as connection:
        connection.execute(delete(Account).where(Account.login.in_((CLERK.login, OFFICE.login))))
    enrol(engine, CLERK, OFFICE)
    with desk_server(engine) as address:
        yield address


@pytest.fixture
def sit(browser: Browser, server: str) -> Iterator[Sit]:
    """Seats people at the desk, each in a browser of their own."""
    seated: list[Person] = []

    def seat(reader: Reader, size: Size = OFFICE_PC) -> Person:
        seated.append(Person(browser, server, reader, size))
        return seated[-1]

    yield seat
    for person in seated:
        person.leaves()


def _mended(clerk: Person, name: str = "阳光花园1") -> None:
    """The open side is given its line and the row submitted: a row, a line, a button."""
    clerk.takes(name)
    expect(clerk.page.get_by_role("region", name="指定西边")).to_be_visible()
    clerk.points(*WEST_ROAD)
    expect(clerk.page.locator(".verdict b")).to_have_text("草图")
    clerk.acts("submit")
    clerk.told("已提交审核")


def _decided(office: Person, name: str = "阳光花园1") -> None:
    office.takes(name)
    office.acts("approve")
    office.told("已核准")


def _item(server: str, area: int) -> dict[str, Any]:
    """What every reader of the layer gets of the area."""
    found: dict[str, Any] = httpx.get(f"{server}/collections/management_areas/items/{area}").raise_for_status().json()
    return found


def _in_tile(server: str, folder: Path, area: int) -> bool:
    """True where the vector tile in the middle of the block has the area."""
    lon, lat = spot(200, 150)
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    place = f"15/{int(down * 2**15)}/{int((lon + 180) / 360 * 2**15)}"
    answer = httpx.get(f"{server}/collections/management_areas/tiles/WebMercatorQuad/{place}")
    (folder / "tile.pbf").write_bytes(answer.raise_for_status().content)
    return area in set(pyogrio.read_dataframe(folder / "tile.pbf", CLIP="NO")["id"])


class _Covered(NamedTuple):
    """The communities without service, and how many there are with it in each place that these two lie in."""

    uncovered: set[str]
    counts: dict[str, int]


def _covered(server: str) -> _Covered:
    layer = f"{server}/collections/{{}}/items"
    uncovered = httpx.get(layer.format("uncovered_communities")).raise_for_status().json()["features"]
    sums = httpx.get(layer.format("coverage")).raise_for_status().json()["features"]
    counts = {one["id"]: one["properties"]["covered"] for one in sums if one["id"] in _PLACES}
    return _Covered({one["properties"]["name"] for one in uncovered}, counts)


def _shape(told: dict[str, Any]) -> MultiPolygon:
    found = shapely.from_geojson(json.dumps(told["geometry"]))
    assert isinstance(found, MultiPolygon)
    return found


def test_a_row_with_one_open_side_takes_three_clicks_and_its_approval_two(sit: Sit) -> None:
    clerk = sit(CLERK)
    clerk.opens()
    _mended(clerk)
    assert clerk.clicks == 3
    assert clerk.area("阳光花园1")["state"] == "in_review"
    office = sit(OFFICE)
    office.opens()
    _decided(office)
    assert office.clicks == 2


def test_an_approved_boundary_is_seen_at_once_wherever_the_area_is_published(
    sit: Sit, server: str, folder: Path
) -> None:
    clerk, office = sit(CLERK), sit(OFFICE)
    clerk.opens()
    area = clerk.area("阳光花园1")["id"]
    assert not _in_tile(server, folder, area)
    before = _covered(server)
    _mended(clerk)
    office.opens()
    _decided(office)
    published = _item(server, area)
    assert published["properties"]["state"] == "approved"
    assert _shape(published).contains(lonlat(Point(200, 150)))
    assert _in_tile(server, folder, area)
    export = httpx.get(f"{server}/collections/management_areas/export", params={"f": "geojson"}).json()
    states = {one["properties"]["name"]: one["properties"]["state"] for one in export["features"]}
    assert states["阳光花园1"] == "approved"
    after = _covered(server)
    assert ("阳光花园1" in before.uncovered, "阳光花园1" in after.uncovered) == (True, False)
    more = {place: count - before.counts[place] for place, count in after.counts.items()}
    assert more == dict.fromkeys(_PLACES, 2), "the footprints of both communities lie on that block"


def test_what_is_sent_back_tells_why_and_an_earlier_version_is_taken_up_again(sit: Sit) -> None:
    clerk, office = sit(CLERK), sit(OFFICE)
    clerk.opens()
    _mended(clerk)
    office.opens()
    office.takes("阳光花园1")
    office.acts("send-back")
    office.page.get_by_role("dialog").get_by_role("button", name="退回").click()
    expect(office.page.get_by_role("alert")).to_have_text("请填写退回的原因。")
    office.page.get_by_label("退回的原因").fill("西边应到围墙，不到路")
    office.page.get_by_role("dialog").get_by_role("button", name="退回").click()
    office.told("已退回")
    page = clerk.opens()
    clerk.takes("阳光花园1")
    expect(page.locator(".sent-back")).to_contain_text("西边应到围墙，不到路")
    page.get_by_text("历史版本").click()
    steps = page.locator(".steps li")
    expect(steps.filter(has_text=Step.SEND_BACK.words)).to_contain_text(OFFICE.name)
    expect(steps.filter(has_text=Step.SUBMIT.words)).to_contain_text(CLERK.name)
    assert not {CLERK.login, OFFICE.login} & set(page.locator("#panel-body").inner_text().split())
    page.get_by_role("button", name="把第 1 版恢复为草图").click()
    clerk.told("恢复为新的草图")
    expect(page.locator(".verdict")).to_contain_text("第 2 版")
    told = clerk.area("阳光花园1")
    assert told["history"][0]["state"] == "draft"
    assert any(step["note"] == "西边应到围墙，不到路" for one in told["history"] for step in one["steps"])


def test_a_boundary_is_redrawn_and_its_area_is_that_of_the_server(sit: Sit) -> None:
    clerk = sit(CLERK)
    page = clerk.opens()
    clerk.takes("阳光花园2")
    before = _shape(clerk.area("阳光花园2")["working"])
    clerk.acts("draw")
    clerk.drags(clerk.handle(*before.geoms[0].exterior.coords[0]), *spot(200, 150))
    expect(clerk.kept()).to_have_text("◐ 已存本机")
    shown = float(page.locator(".draw-area").inner_text().replace(",", "").removesuffix(" m²"))
    clerk.click("[data-tool=keep]")
    expect(clerk.kept()).to_have_text("✓ 已保存")
    saved = clerk.area("阳光花园2")["working"]
    assert shown == pytest.approx(saved["area_m2"], rel=1e-3)
    assert _shape(saved).area < before.area
    page.keyboard.press("Control+z")
    expect(clerk.kept()).to_have_text("◐ 已存本机")
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+s")
    expect(clerk.kept()).to_have_text("✓ 已保存")
    assert _shape(clerk.area("阳光花园2")["working"]).equals_exact(_shape(saved), 1e-6)


def test_a_hole_and_a_second_part_are_drawn_and_kept(sit: Sit) -> None:
    clerk = sit(CLERK)
    page = clerk.opens()
    clerk.takes("阳光花园2")
    clerk.acts("draw")
    clerk.click("[data-tool=hole]")
    for corner in ((150, 100), (250, 100), (250, 200), (150, 200), (150, 100)):
        clerk.points(*spot(*corner))
    page.wait_for_function("() => GIS.page.desk.drawing.now.shape[0].length === 2")
    clerk.click("[data-tool=part]")
    for corner in ((425, 100), (450, 100), (450, 180)):
        clerk.points(*spot(*corner))
    page.keyboard.press("Enter")
    page.wait_for_function("() => GIS.page.desk.drawing.now.shape.length === 2")
    clerk.click("[data-tool=keep]")
    expect(clerk.kept()).to_have_text("✓ 已保存")
    parts = list(_shape(clerk.area("阳光花园2")["working"]).geoms)
    assert sorted(len(part.interiors) for part in parts) == [0, 1]
    hole = next(shapely.Polygon(part.interiors[0]) for part in parts if part.interiors)
    drawn = lonlat(square(150, 100, 250, 200))
    assert hole.symmetric_difference(drawn).area < 0.05 * drawn.area


def test_a_newer_change_is_compared_and_never_overwritten(sit: Sit) -> None:
    clerk, office = sit(CLERK), sit(OFFICE)
    corners = _shape(sit(CLERK).area("阳光花园2")["working"]).geoms[0].exterior.coords
    for person, place in ((clerk, (150, 100)), (office, (250, 200))):
        person.opens()
        person.takes("阳光花园2")
        person.acts("draw")
        person.drags(person.handle(*corners[0]), *spot(*place))
        expect(person.kept()).to_have_text("◐ 已存本机")
    clerk.click("[data-tool=keep]")
    expect(clerk.kept()).to_have_text("✓ 已保存")
    office.click("[data-tool=keep]")
    dialog = office.page.get_by_role("dialog", name="别人已经更新了这个区域")
    expect(dialog).to_contain_text(f"{CLERK.name}（")
    expect(dialog.get_by_role("img")).to_be_visible()
    expect(dialog).to_contain_text("多出")
    dialog.get_by_role("button", name="把我的存为新的一版").click()
    expect(office.kept()).to_have_text("✓ 已保存")
    history = office.area("阳光花园2")["history"]
    assert [one["author"] for one in history[:2]] == [OFFICE.login, CLERK.login]


def test_a_drawing_outlives_a_reload_and_a_lost_connection(sit: Sit) -> None:
    clerk = sit(CLERK)
    page = clerk.opens()
    clerk.takes("阳光花园2")
    corners = _shape(clerk.area("阳光花园2")["working"]).geoms[0].exterior.coords
    clerk.acts("draw")
    clerk.context.set_offline(True)
    clerk.drags(clerk.handle(*corners[0]), *spot(150, 100))
    expect(clerk.kept()).to_have_text("◐ 已存本机")
    clerk.click("[data-tool=keep]")
    expect(clerk.kept()).to_have_text("◐ 已存本机，连上服务器后自动保存")
    clerk.drags(clerk.handle(*corners[2]), *spot(250, 200))
    clerk.context.set_offline(False)
    expect(clerk.kept()).to_have_text("✓ 已保存")
    kept = _shape(clerk.area("阳光花园2")["working"])
    assert kept.geoms[0].exterior.distance(lonlat(Point(150, 100))) < 1e-4
    assert kept.geoms[0].exterior.distance(lonlat(Point(250, 200))) < 1e-4
    clerk.drags(clerk.handle(*spot(150, 100)), *spot(100, 100))
    expect(clerk.kept()).to_have_text("◐ 已存本机")
    drawn = page.evaluate("() => JSON.stringify(GIS.page.desk.drawing.now.shape)")
    page.reload()
    clerk.told("已恢复本机上")
    assert page.evaluate("() => JSON.stringify(GIS.page.desk.drawing.now.shape)") == drawn
    expect(clerk.kept()).to_have_text("◐ 已存本机")


def test_a_boundary_is_drawn_without_a_mouse(sit: Sit) -> None:
    clerk = sit(CLERK)
    page = clerk.opens()
    page.locator("#area-filter").focus()
    page.keyboard.type("阳光花园2")
    expect(page.locator("#panel-body button.row")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#panel-body h2")).to_have_text("阳光花园2")
    page.locator(".actions [data-act=draw]").press("Enter")
    before = page.evaluate("() => JSON.stringify(GIS.page.desk.drawing.now.shape)")
    handle = page.locator(".handle.active")
    handle.focus()
    for key in ("ArrowRight", "Shift+ArrowUp", ".", "Delete"):
        page.keyboard.press(key)
    assert page.evaluate("() => GIS.page.desk.drawing.past.length") == 3
    for _ in range(3):
        page.keyboard.press("Control+z")
    assert page.evaluate("() => JSON.stringify(GIS.page.desk.drawing.now.shape)") == before
    page.locator("[data-tool=part]").press("Enter")
    expect(page.locator(".folium-map")).to_be_focused()
    for key in ("Space", "ArrowRight", "Space", "ArrowDown", "Space", "Enter"):
        page.keyboard.press(key)
        rests(page)
    assert page.evaluate("() => GIS.page.desk.drawing.now.shape.length") == 2
