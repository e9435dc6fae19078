"""The pages in a real browser, with nothing to reach but our server: drawn in full, usable, quiet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from gis_service.access import Role
from gis_service.api.publication import publish
from gis_service.cli.mapping import self_contained
from gis_service.settings import Settings
from scripts.picture import SHARPNESS, TALL, WIDTH, photographed
from tests.browser.conftest import LARGE, OFFICE_PC, PHONE, Opener, Photograph, watching
from tests.browser.resting import rests
from tests.browser.seeing import EVERY, barriers, colour_at, drawn, features, located, stands
from tests.web import bearing

pytestmark = [pytest.mark.browser, pytest.mark.database]
MAPS = ("coverage", "hazards", "boundaries")
SIZES = {"1366x768": OFFICE_PC, "1920x1080": LARGE, "390x844": PHONE}
SIDE_COLOURS = {"E": "rgb(217, 95, 2)", "S": "rgb(27, 158, 119)", "W": "rgb(117, 112, 179)", "N": "rgb(231, 41, 138)"}
OPEN = "rgb(197, 48, 48)"
each_map = pytest.mark.parametrize("name", MAPS)


@pytest.mark.parametrize("size", SIZES)
@each_map
def test_a_map_opens_at_every_size_without_scrolling_sideways(
    open_page: Opener, photograph: Photograph, name: str, size: str
) -> None:
    page = open_page(f"/maps/{name}", SIZES[size])
    rests(page)
    photograph(page, f"{name}-{size}")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    expect(page.locator("#panel-body button.row").first).to_be_visible()
    expect(page.locator(".sample-mark:visible").first).to_have_text("示例数据（虚构）")


@pytest.mark.parametrize("size", SIZES)
def test_the_landing_page_shows_living_numbers(
    open_page: Opener, photograph: Photograph, live_server: str, size: str
) -> None:
    page = open_page("/", SIZES[size])
    for layer in ("communities", "fire_lanes", "management_areas"):
        expect(page.locator(f"dd[data-layer={layer}]")).to_have_text(f"{len(features(live_server, layer)):,}")
    photograph(page, f"landing-{size}")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert page.locator("a.card").count() == 3


@pytest.mark.parametrize("size", [OFFICE_PC, PHONE], ids=["office", "phone"])
def test_nothing_keeps_anybody_from_the_landing_page(open_page: Opener, size: tuple[int, int]) -> None:
    page = open_page("/", size)
    assert barriers(page, EVERY) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_hazard_map_draws_every_feature_that_the_api_gives(open_page: Opener, live_server: str) -> None:
    page = open_page("/maps/hazards")
    page.get_by_role("button", name="问题整改").click()
    page.get_by_label("只看消防相关").uncheck()
    # near enough that no covers are drawn together, far enough that all are in view
    page.evaluate("() => { GIS.page.map.setZoom(14.5, { animate: false }); }")
    for layer in ("fire_lanes", "ebike_charging", "manholes", "problems", "communities"):
        given = located(features(live_server, layer))
        assert given > 0
        stands(page, layer, given)


def test_the_boundary_map_lists_every_area_with_its_state(open_page: Opener, live_server: str) -> None:
    page = open_page("/maps/boundaries")
    areas = features(live_server, "management_areas")
    stands(page, "management_areas", located(areas))
    expect(page.locator(".tally")).to_have_text(f"{len(areas)} 个物业管理区域")
    agreed = sum(1 for area in areas if area["properties"]["state"] == "approved")
    for state, words in (
        ("open", f"有边未定{len(areas) - agreed}"),
        ("drafted", "草图0"),
        ("approved", f"已核准{agreed}"),
    ):
        expect(page.locator(f"#panel-body [data-value={state}]")).to_have_text(words)


def test_a_failing_lane_is_red_on_the_screen(open_page: Opener, photograph: Photograph, live_server: str) -> None:
    page = open_page("/maps/hazards")
    lane = next(each for each in features(live_server, "fire_lanes") if each["properties"]["result"] == "fail")
    first, second = lane["geometry"]["coordinates"][:2]
    middle = [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2]
    page.evaluate("([lon, lat]) => { GIS.page.map.setView([lat, lon], 19, { animate: false }); }", middle)
    page.evaluate("() => { GIS.page.labels.remove(); }")
    rests(page)
    red, green, blue = colour_at(page, photograph(page, "hazards-lane"), middle)
    assert (red > 170, green < 90, blue < 90) == (True, True, True)


def test_phrases_and_edges_of_a_sentence_share_the_colours_of_their_sides(
    open_page: Opener, photograph: Photograph, live_server: str
) -> None:
    areas = [each["properties"] for each in features(live_server, "management_areas")]
    area = next(each for each in areas if each["resolution_status"] == "resolved" and len(each["sides"]) == 4)
    page = open_page(f"/maps/boundaries#{area['code']}")
    expect(page.locator("#panel-body h2")).to_have_text(area["name"])
    underlines = dict(_underlines(page))
    assert underlines == SIDE_COLOURS
    edges = set(page.evaluate("() => GIS.page.desk.shown.edges.map(edge => edge.side).filter(Boolean)"))
    assert edges == set("ESWN")
    rests(page)
    photograph(page, "boundaries-resolved")


def test_the_picture_of_a_sentence_shows_its_sides_and_nothing_cut_off(
    browser: Browser, live_server: str, photograph: Photograph
) -> None:
    with watching(browser) as made:
        page = made(live_server, (WIDTH, TALL), device_scale_factor=SHARPNESS, extra_http_headers=bearing(Role.CITY))
        shot = photographed(page, f"{live_server}/maps/boundaries#WY-340811-0102")
        for side in "ESWN":
            expect(page.locator(f".side[data-side={side}]")).to_be_in_viewport(ratio=1)
        photograph(page, "boundaries", shot)


def test_the_open_side_of_a_sentence_is_red_and_dotted(
    open_page: Opener, photograph: Photograph, live_server: str
) -> None:
    areas = [each["properties"] for each in features(live_server, "management_areas")]
    area = next(each for each in areas if each["state"] is None and _open_sides(each))
    side = _open_sides(area)[0]
    page = open_page(f"/maps/boundaries#{area['code']}")
    phrase = page.locator(f".phrase.open[data-side={side}]").first
    style = phrase.evaluate(
        "node => { const s = getComputedStyle(node); return [s.borderBottomColor, s.borderBottomStyle]; }"
    )
    assert style == [OPEN, "dotted"]
    expect(page.locator(f".side.open[data-side={side}]")).to_be_visible()
    page.wait_for_function("side => GIS.page.desk.shown.open.some(mark => mark.side === side)", arg=side)
    rests(page)
    photograph(page, "boundaries-partial")


def test_a_row_is_found_by_the_words_of_its_sentence(open_page: Opener, live_server: str) -> None:
    areas = [each["properties"] for each in features(live_server, "management_areas")]
    anchor = next(side["anchors"][0] for area in areas for side in area["sides"] if side["anchors"])
    page = open_page("/maps/boundaries")
    page.locator("#area-filter").fill(anchor)
    found = sum(1 for area in areas if any(anchor in text for text in (area["name"], area["abuttals_text"])))
    expect(page.locator("#panel-body button.row")).to_have_count(found)


def test_everything_is_reached_without_a_mouse(open_page: Opener, live_server: str) -> None:
    road = next(each for each in features(live_server, "places") if each["properties"]["kind"] == "road")
    page = open_page("/maps/boundaries")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type(road["properties"]["name"])
    expect(page.locator("#search-results [role=option]").first).to_contain_text(road["properties"]["name"])
    page.keyboard.press("Enter")
    expect(page.locator("#search-results")).to_be_hidden()
    page.locator("#panel-body button.row").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#panel-body button.row").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#back")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#panel-body button.row").nth(1)).to_be_focused()


def test_every_control_has_a_name_for_those_who_listen(open_page: Opener) -> None:
    script = """() => [...document.querySelectorAll('button, input, select, a[href]')].filter(node => !(
      node.getAttribute('aria-label') || node.textContent.trim() || node.title || (node.labels && node.labels.length)
      || node.getAttribute('aria-hidden') === 'true')).map(node => node.outerHTML)"""
    for name in MAPS:
        assert open_page(f"/maps/{name}").evaluate(script) == []


def test_the_legend_switches_layers_off_and_on(open_page: Opener) -> None:
    page = open_page("/maps/coverage")
    box = page.locator("#legend-body input[data-layer=management_areas]")
    before = drawn(page, "management_areas")
    box.uncheck()
    stands(page, "management_areas", 0)
    box.check()
    stands(page, "management_areas", before)
    assert before > 0


def test_a_layer_larger_than_the_page_carries_is_cut_with_a_notice(open_page: Opener, live_server: str) -> None:
    page = open_page("/")
    script = """async () => {
      GIS.config = { ...GIS.config, max_features: 25, page_limit: 10 };
      const loaded = await GIS.loadFeatures('manholes');
      return [loaded.features.length, loaded.matched, loaded.cut];
    }"""
    assert page.evaluate(script) == [25, len(features(live_server, "manholes")), True]


def test_pages_follow_the_next_links_until_everything_is_there(open_page: Opener, live_server: str) -> None:
    page = open_page("/")
    script = """async () => {
      GIS.config = { ...GIS.config, max_features: 20000, page_limit: 300 };
      const loaded = await GIS.loadFeatures('manholes');
      return [new Set(loaded.features.map(feature => feature.id)).size, loaded.cut];
    }"""
    assert page.evaluate(script) == [len(features(live_server, "manholes")), False]


@each_map
def test_a_map_prints_on_one_sheet(open_page: Opener, tmp_path: Path, name: str) -> None:
    page = open_page(f"/maps/{name}")
    page.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True, print_background=True)
    text = (tmp_path / "map.pdf").read_bytes()
    assert text.count(b"/Type /Page\n") + text.count(b"/Type /Page/") == 1
    assert "printing" not in (page.locator("html").get_attribute("class") or "")


@each_map
def test_the_self_contained_file_opens_without_a_network(
    open_page: Opener, photograph: Photograph, sample_engine: Engine, tmp_path: Path, name: str
) -> None:
    published = publish(sample_engine, Settings())
    target = tmp_path / f"{name}.html"
    target.write_text(self_contained(published, published.maps[name]), encoding="utf-8")
    page = open_page("", file=target)
    rests(page)
    photograph(page, f"file-{name}")
    config = json.loads(page.locator("#page-config").inner_text() or page.evaluate("() => JSON.stringify(GIS.config)"))
    assert config["server_data"] is False
    assert drawn(page, published.maps[name].layers[0]) > 0
    expect(page.locator("#panel-body button.row").first).to_be_visible()


def _underlines(page: Page) -> list[tuple[str, str]]:
    script = "nodes => nodes.map(node => [node.dataset.side, getComputedStyle(node).borderBottomColor])"
    return [(side, colour) for side, colour in page.locator(".phrase").evaluate_all(script)]


def _open_sides(area: dict[str, Any]) -> list[str]:
    """Sides that the sentence names and no place was found for."""
    return [side["side"] for side in area["sides"] if side["spans"] and not side["places"]]


@pytest.mark.parametrize(
    ("name", "layer"), [("coverage", "management_areas"), ("hazards", "fire_lanes"), ("boundaries", "management_areas")]
)
def test_what_is_pressed_on_the_map_is_told(open_page: Opener, name: str, layer: str) -> None:
    page = open_page(f"/maps/{name}")
    x, y = page.evaluate(
        """layer => { const { map, layers } = GIS.page, container = map.getContainer().getBoundingClientRect();
        const { geometry } = layers.get(layer).shown().find((one) => one.geometry);
        const [lon, lat] = GIS.labelPosition(geometry);
        map.setView([lat, lon], 18, { animate: false });
        const { x, y } = map.latLngToContainerPoint([lat, lon]);
        return [x + container.left, y + container.top]; }""",
        layer,
    )
    page.mouse.click(x, y)
    told = page.locator("#panel-body h2" if name == "boundaries" else ".leaflet-popup h2")
    expect(told.first).to_be_visible()
    expect(told.first).not_to_be_empty()
