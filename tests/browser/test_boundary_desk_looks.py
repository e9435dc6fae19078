"""The boundaries desk as it looks: at three sizes, in every state, in Chinese, and for those who hear it read out.

`DESK_PICTURES=1` also keeps the pictures of the office PC that stand in docs/boundaries_desk.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from gis_service.access import PUBLIC
from gis_service.api import create_app
from gis_service.resources import clone_root
from gis_service.settings import Settings
from gis_service.store.sample_accounts import password_of
from tests.browser.conftest import LARGE, OFFICE_PC, PHONE, Photograph
from tests.browser.people import Person, Size, desk_server
from tests.browser.resting import rests
from tests.browser.seeing import barriers
from tests.desk import CITY, who
from tests.web import served

pytestmark = [pytest.mark.browser, pytest.mark.database]
SIZES = {"1366x768": OFFICE_PC, "1920x1080": LARGE, "390x844": PHONE}
FORMATS = ("GeoJSON", "geojson", "GPKG", "Shapefile", "zip", "KML", "DXF")
LATIN = (*FORMATS, "WY", "CGCS", "WGS", "GCJ", "BD", "Esc", "Alt", "Tab", "Ctrl", "Shift", "km")
TOLD = ("list", "open", "drawing", "compare")  # what stands in the handbook
COLOURS = 128
_NEIGHBOURED = """
select a.code, a.name, st_asbinary(r.geom) as shape
from management_areas a join area_revisions r on r.area_id = a.id and r.state = 'approved' and r.effective_to is null
join area_revisions o on o.area_id <> r.area_id and o.state = 'approved' and o.effective_to is null
 and st_dwithin(o.geom, r.geom, 0.0005)
where a.retired_on is null
group by a.id, r.id having count(*) > 2 and max(st_area(st_intersection(o.geom, r.geom)::geography)) < 5
order by st_area(r.geom) desc limit 1
"""
Sit = Callable[[Size], Person]
ROOT = clone_root()
assert ROOT is not None
PICTURES = ROOT / "docs" / "images"


@pytest.fixture(scope="module")
def server(own_sample_engine: Engine) -> Iterator[str]:
    with desk_server(own_sample_engine) as address:
        yield address


@pytest.fixture
def sit(browser: Browser, server: str) -> Iterator[Sit]:
    """Seats somebody of the city at the desk, at a size of the screen."""
    seated: list[Person] = []

    def seat(size: Size) -> Person:
        seated.append(Person(browser, server, CITY, size))
        seated[-1].opens()
        return seated[-1]

    yield seat
    for person in seated:
        person.leaves()


def _row(person: Person, state: str, at: int = 0) -> None:
    """A row of the work list in some state stands in the panel."""
    person.click(f"#panel-body [data-value={state}]")
    expect(person.page.locator(f"#panel-body [data-value={state}]")).to_have_attribute("aria-pressed", "true")
    rests(person.page)
    person.click(person.page.locator("#panel-body button.row").nth(at))
    expect(person.page.locator("#panel-body h2")).to_be_visible()


def _english(page: Page) -> list[str]:
    """Words in Latin letters that somebody sees or hears, other than names of formats, keys and units."""
    script = """(known) => {
      const seen = [...document.querySelectorAll("[title], [aria-label], [placeholder]")];
      const said = seen.filter((node) => node.offsetParent)
        .flatMap((node) => ["title", "aria-label", "placeholder"].map((name) => node.getAttribute(name)));
      const data = [...document.querySelectorAll(".fields")].map((node) => node.innerText);
      const text = data.reduce((rest, part) => rest.replace(part, ""), document.body.innerText);
      const words = [text, ...said].join(" ").match(/[A-Za-z]{2,}/g) || [];
      return [...new Set(words)].filter((word) => !known.includes(word));
    }"""
    found: list[str] = page.evaluate(script, list(LATIN))
    return found


def _neighboured(engine: Engine) -> dict[str, Any]:
    """An agreed area with others around it that overlaps none, and nobody at work on it."""
    with engine.begin() as connection:
        connection.execute(text("update area_revisions set state = 'discarded' where state = 'draft' and note = ''"))
        row = connection.execute(text(_NEIGHBOURED)).mappings().one()
    return {**row, "bounds": shapely.from_wkb(bytes(row["shape"])).bounds}


def _drawn(area: dict[str, Any], folder: Path) -> Path:
    """A file with a drawing of the area, one of nobody known, and one that crosses itself."""
    west, south, east, north = area["bounds"]
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    crossed = [(west, south), (east, north), (east, south), (west, north), (west, south)]
    nobody = "某某路以东某某街以南的一个名称很长而且台账里没有的物业管理区域"
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [places]}}
        for name, places in ((area["name"], ring), (nobody, ring), (area["name"], crossed))
    ]
    file = folder / "街道绘制的边界.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return file


def _cut(page: Page) -> list[str]:
    """What stands out of the dialog or panel that it is in, or is cut off without a sign."""
    script = """() => [...document.querySelectorAll("dialog[open] *, #panel *")].filter((node) => {
      const box = node.getBoundingClientRect(), frame = node.closest("dialog, #panel").getBoundingClientRect();
      const style = getComputedStyle(node);
      if (!box.width || !box.height || style.opacity === "0" || node.closest("svg svg, .chips")) return false;
      const out = box.left < frame.left - 1 || box.right > frame.right + 1;
      const hidden = style.overflowX === "hidden" && style.textOverflow !== "ellipsis";
      const cut = hidden && node.scrollWidth > node.clientWidth + 1;
      return out || cut;
    }).map((node) => `${node.tagName}.${node.className.baseVal ?? node.className} ${node.textContent.slice(0, 30)}`)"""
    found: list[str] = page.evaluate(script)
    return found


@pytest.mark.parametrize("size", SIZES)
def test_every_state_of_the_desk_is_in_order(sit: Sit, photograph: Photograph, size: str) -> None:
    person = sit(SIZES[size])
    page = person.page

    def in_order(name: str) -> None:
        rests(page)
        taken = photograph(page, f"desk-{name}-{size}")
        if os.environ.get("DESK_PICTURES") and SIZES[size] == OFFICE_PC and name in TOLD:
            with Image.open(taken) as picture:
                picture.convert("RGB").quantize(COLOURS).save(PICTURES / f"desk-{name}.png", optimize=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
        assert (name, _english(page), barriers(page)) == (name, [], [])

    in_order("list")
    _row(person, "open", 1)
    expect(page.locator(".picking li").first).to_be_visible()
    in_order("open")
    page.locator("#back").click()
    _row(person, "approved", 3)
    page.get_by_text("历史版本").click()
    in_order("agreed")
    page.get_by_role("button", name="与上一版比较").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    in_order("compare")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    person.acts("draw")
    page.locator(".handle.active").focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowUp")
    expect(page.locator(".findings li").first).to_be_visible()
    in_order("drawing")
    page.locator("#back").click()
    page.get_by_role("button", name="导入绘制好的边界").click()
    in_order("import")


def _whole(page: Page, photograph: Photograph, name: str, size: str) -> None:
    """The page as it stands is photographed, in Chinese, within its width, without barriers, and nothing is cut off."""
    rests(page)
    photograph(page, f"desk-{name}-{size}")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert (name, _english(page), barriers(page), _cut(page)) == (name, [], [], [])


def _opened(person: Person, area: dict[str, Any]) -> Page:
    person.page.goto(f"{person.server}/maps/boundaries#{area['code']}")
    person.page.reload()
    expect(person.page.locator("#panel-body h2")).to_have_text(area["name"])
    return person.page


@pytest.mark.parametrize("size", SIZES)
def test_splitting_and_merging_are_in_order(
    sit: Sit, photograph: Photograph, own_sample_engine: Engine, size: str
) -> None:
    area, person = _neighboured(own_sample_engine), sit(SIZES[size])
    page = _opened(person, area)
    person.acts("merge")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="提出合并").click()
    _whole(page, photograph, "merge", size)
    page.keyboard.press("Escape")
    person.acts("split")
    west, south, east, north = area["bounds"]
    for lon in (west - (east - west) / 20, east + (east - west) / 20):
        person.points(lon, (south + north) / 2)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    _whole(page, photograph, "split", size)
    page.get_by_role("dialog").get_by_role("button", name="提出分立").click()
    expect(page.get_by_role("region", name="待核准的提议").locator("svg")).to_be_visible()
    _whole(page, photograph, "proposal", size)
    page.get_by_role("button", name="撤回提议").click()
    expect(page.get_by_role("region", name="待核准的提议")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_what_somebody_else_saved_and_what_a_file_holds_are_in_order(
    sit: Sit, photograph: Photograph, own_sample_engine: Engine, tmp_path: Path, size: str
) -> None:
    area, person = _neighboured(own_sample_engine), sit(SIZES[size])
    page = _opened(person, area)
    person.acts("draw")
    page.locator(".handle.active").press("Shift+ArrowUp")
    expect(person.kept()).to_have_text("◐ 已存本机")
    told = person.area(area["name"])
    body, other = {"geometry": told["approved"]["geometry"]}, {**who(CITY), "If-Match": "*"}
    httpx.put(f"{person.server}/boundaries/areas/{told['id']}/draft", json=body, headers=other).raise_for_status()
    person.click("[data-tool=keep]")
    expect(page.get_by_role("dialog", name="别人已经更新了这个区域")).to_be_visible()
    _whole(page, photograph, "newer", size)
    page.get_by_role("button", name="采用对方的，放弃我的").click()
    expect(page.locator(".draw-bar")).to_have_count(0)
    page.locator("#back").click()
    page.get_by_role("button", name="导入绘制好的边界").click()
    page.get_by_label("选择文件").set_input_files(_drawn(area, tmp_path))
    rows = page.get_by_role("list", name="文件中的图形")
    expect(rows).to_contain_text(area["name"])
    expect(page.get_by_role("button", name="存为草图")).to_be_in_viewport()
    _whole(page, photograph, "import-preview", size)
    rows.get_by_role("button", name="在图上看").last.scroll_into_view_if_needed()
    _whole(page, photograph, "import-rows", size)


def test_a_dialog_keeps_the_focus_and_gives_it_back(sit: Sit) -> None:
    person = sit(OFFICE_PC)
    page = person.page
    _row(person, "approved", 3)
    page.get_by_text("历史版本").click()
    button = page.get_by_role("button", name="与上一版比较").first
    button.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
        assert page.evaluate("() => Boolean(document.activeElement.closest('dialog'))")
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_who_logged_in_saves_and_another_who_logged_in_approves(browser: Browser, own_sample_engine: Engine) -> None:
    with served(create_app(own_sample_engine, Settings()), None) as client:
        server = str(client.base_url).rstrip("/")
        clerk, office = (_logged_in(browser, server, login) for login in ("street", "city"))
        _row(clerk, "approved")
        name = clerk.page.locator("#panel-body h2").inner_text()
        clerk.acts("draw")
        clerk.page.locator(".handle.active").focus()
        clerk.page.keyboard.press("ArrowUp")
        clerk.acts("submit")
        clerk.told("已提交审核")
        _row(office, "in_review")
        expect(office.page.locator("#panel-body h2")).to_have_text(name)
        office.acts("approve")
        office.told(f"“{name}”的边界已核准")
        clerk.leaves()
        office.leaves()


def _logged_in(browser: Browser, server: str, login: str) -> Person:
    """Somebody who gave name and password at the door, as the sample has them."""
    person = Person(browser, server, PUBLIC)
    person.page.goto(f"{server}/login?next=/maps/boundaries")
    person.page.locator("#login").fill(login)
    person.page.locator("#password").fill(password_of(login))
    person.page.locator("button.main").click()
    person.page.wait_for_url("**/maps/boundaries")
    person.page.wait_for_selector("html[data-ready=true]", state="attached")
    return person
