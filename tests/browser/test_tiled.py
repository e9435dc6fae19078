"""Layers too large to be held whole are drawn from tiles: alike on the screen, chosen, searched, told in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Connection, Engine, text

from gis_service.api import pages
from tests.browser.conftest import Opener, Photograph, serving
from tests.browser.resting import rests
from tests.browser.seeing import colour_at, features, located, stands

pytestmark = [pytest.mark.browser, pytest.mark.database]


@pytest.fixture
def tiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every layer with more than ten features counts as large."""
    monkeypatch.setattr(pages, "_WHOLE", 10)


def inside(page: Page, layer: str, code: str) -> list[float]:
    """A position inside of a feature, by its code."""
    script = "id => fetch(`/collections/${id[0]}/items?code=${id[1]}`).then(answer => answer.json())"
    feature = page.evaluate(script, [layer, code])["features"][0]
    position: list[float] = page.evaluate("geometry => GIS.labelPosition(geometry)", feature["geometry"])
    return position


def press(page: Page, lonlat: list[float]) -> None:
    """The mouse pressed where the map shows a position."""
    page.evaluate("([lon, lat]) => { GIS.page.map.setView([lat, lon], 16, { animate: false }); }", lonlat)
    there = "([lon, lat]) => GIS.page.layers.get('management_areas').hit(L.latLng(lat, lon))"
    page.wait_for_function(there, arg=lonlat)
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.mark.usefixtures("tiled")
def test_every_feature_of_a_large_layer_is_drawn_from_tiles(open_page: Opener, live_server: str) -> None:
    page = open_page("/maps/coverage")
    assert page.evaluate("() => GIS.page.layers.get('management_areas').tiled")
    given = located(features(live_server, "management_areas"))
    assert given > 0
    stands(page, "management_areas", given)


def test_a_tile_shows_an_area_in_the_colour_that_the_page_alone_would_give_it(
    open_page: Opener, photograph: Photograph, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    area = next(each for each in features(live_server, "management_areas") if each["geometry"])
    seen = []
    for most, name in ((10_000, "whole"), (10, "tiled")):
        monkeypatch.setattr(pages, "_WHOLE", most)
        page = open_page("/maps/boundaries")
        spot = inside(page, "management_areas", area["properties"]["code"])
        page.evaluate("([lon, lat]) => { GIS.page.map.setView([lat, lon], 17, { animate: false }); }", spot)
        page.evaluate("() => { GIS.page.labels.remove(); GIS.page.showBase(false); }")
        if name == "tiled":
            page.wait_for_function(
                "([lon, lat]) => GIS.page.layers.get('management_areas').hit(L.latLng(lat, lon))", arg=spot
            )
        rests(page)
        seen.append(colour_at(page, photograph(page, f"area-{name}"), spot))
    assert all(abs(one - other) <= 6 for one, other in zip(*seen, strict=True)), seen
    assert seen[0] != (246, 245, 242), "the ground is no area"


@pytest.mark.usefixtures("tiled")
def test_an_area_pressed_on_a_tile_is_told_in_full_and_no_person_is_read(
    open_page: Opener, live_server: str, sample_engine: Engine
) -> None:
    page = open_page("/maps/coverage")
    uncovered = {each["properties"]["community_id"] for each in features(live_server, "uncovered_communities")}
    area = next(
        each["properties"]
        for each in features(live_server, "management_areas")
        if each["geometry"] and each["properties"]["service_form"] == 1 and uncovered
    )
    place = inside(page, "management_areas", area["code"])
    before = unmasked_reads(sample_engine)
    press(page, place)
    expect(page.locator(".leaflet-popup h2")).to_have_text(area["name"])
    expect(page.locator(".leaflet-popup dt", has_text="小区名称")).to_be_visible()
    assert unmasked_reads(sample_engine) == before, "the city could see persons, and did not ask for any"


def unmasked_reads(engine: Engine) -> int:
    """How often names or phones were shown, as the audit log has it."""
    with engine.connect() as connection:
        return int(connection.scalar(text("select count(*) from audit.log where action = 'read_unmasked'")) or 0)


@pytest.mark.usefixtures("tiled")
def test_what_only_the_server_holds_is_found_by_its_name(open_page: Opener, live_server: str) -> None:
    area = features(live_server, "management_areas")[0]["properties"]
    road = next(each["properties"] for each in features(live_server, "places") if each["properties"]["kind"] == "road")
    page = open_page("/maps/coverage")
    for name, kind in ((area["name"], "物业管理区域"), (road["name"], "道路")):
        page.locator("#search").fill(name)
        expect(page.locator("#search-results [role=option]", has_text=kind).first).to_contain_text(name)
        page.keyboard.press("Enter")
        expect(page.locator("#search-results")).to_be_hidden()


@pytest.mark.usefixtures("tiled")
def test_a_tiled_page_says_nothing_wrong_when_it_is_moved_and_zoomed(open_page: Opener) -> None:
    page = open_page("/maps/hazards")
    for zoom in (13, 15, 17, 12):
        page.evaluate("zoom => { GIS.page.map.setZoom(zoom, { animate: false }); }", zoom)
        rests(page)
    expect(page.locator("#notices p")).to_have_count(0)


SPOTS = {"完好": 40, "松动": 2, "缺失": 1}
BESIDE = 0.0004  # degrees, about 40 m
BESIDE_IT = 15  # px


@pytest.fixture(scope="module")
def covers(own_sample_engine: Engine) -> list[float]:
    """Forty-three covers within 40 m, of which three are defect; two more lie upon each other 3 km away."""
    with own_sample_engine.begin() as connection:
        lon, lat = connection.execute(
            text("select ST_X(p), ST_Y(p) from (select ST_Centroid(ST_Collect(geom)) p from manholes) x")
        ).one()
        connection.execute(text("delete from manholes"))
        states = [state for state, many in SPOTS.items() for _ in range(many)]
        for number, state in enumerate(states):
            _cover(connection, f"J{number}", state, lon + number % 7 * BESIDE / 7, lat + number // 7 * BESIDE / 7)
        for number, state in enumerate(("完好", "破损")):
            _cover(connection, f"同处{number}", state, lon + 0.03, lat)
    return [lon, lat]


def _cover(connection: Connection, code: str, state: str, lon: float, lat: float) -> None:
    connection.execute(
        text(
            "insert into manholes (code, kind, state, owner, load_class, sample, geom)"
            " values (:code, '雨水', :state, '', '', true, ST_SetSRID(ST_Point(:lon, :lat), 4490))"
        ),
        {"code": code, "state": state, "lon": lon, "lat": lat},
    )


@pytest.fixture(scope="module")
def own_server(own_sample_engine: Engine, covers: list[float]) -> Iterator[str]:
    assert covers
    with serving(own_sample_engine) as address:
        yield address


def discs(page: Page) -> list[dict[str, Any]]:
    """What the discs on the map say: how many, the state of the worst and how many are that bad."""
    found: list[dict[str, Any]] = page.evaluate(
        """() => GIS.page.layers.get("manholes").grid.pieces().flatMap((piece) => piece.discs || []).map(
        ({ count, worst }) => ({ count, alike: worst && worst.count,
                                 worst: worst && worst.feature.properties.state }))"""
    )
    return found


def look_at(page: Page, lonlat: list[float], zoom: float) -> None:
    page.evaluate(
        "([lon, lat, zoom]) => { GIS.page.map.setView([lat, lon], zoom, { animate: false }); }", [*lonlat, zoom]
    )


def centre(page: Page) -> tuple[float, float]:
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.usefixtures("tiled")
def test_a_disc_shows_the_worst_that_it_stands_for_and_how_many_are_that_bad(
    open_page: Opener, photograph: Photograph, own_server: str, covers: list[float]
) -> None:
    page = open_page("/maps/hazards", server=own_server)
    page.get_by_role("group", name="隐患类别").get_by_role("button", name="窨井盖").click()
    for zoom in (13, 15):
        look_at(page, covers, zoom)
        page.wait_for_function(
            "() => GIS.page.layers.get('manholes').grid.pieces().some((piece) => (piece.discs || []).length)"
        )
        rests(page)
        told = discs(page)
        assert sum(one["count"] for one in told) >= sum(SPOTS.values())
        assert {"worst": "缺失", "alike": 1} in [{key: one[key] for key in ("worst", "alike")} for one in told]
        photograph(page, f"hazard-discs-{zoom}")
    page.get_by_role("group", name="按状态筛选").get_by_role("button", name="缺失").click()
    rests(page)
    assert {"worst": "松动", "alike": 2} in [{key: one[key] for key in ("worst", "alike")} for one in discs(page)]


@pytest.mark.usefixtures("tiled")
def test_a_disc_that_is_pressed_is_gone_into_until_its_covers_stand_apart(
    open_page: Opener, own_server: str, covers: list[float]
) -> None:
    page = open_page("/maps/hazards", server=own_server)
    page.get_by_role("group", name="隐患类别").get_by_role("button", name="窨井盖").click()
    look_at(page, [covers[0] + BESIDE / 2, covers[1] + BESIDE / 2], 13)
    for _ in range(6):
        rests(page)
        place = page.evaluate(
            """() => { const map = GIS.page.map, layer = GIS.page.layers.get('manholes');
            const box = map.getContainer().getBoundingClientRect();
            for (const piece of layer.grid.pieces()) for (const disc of piece.discs || []) {
              if (disc.count < 10) continue;
              const at = piece.lonlat({ x: (disc.x + piece.right) / piece.times,
                                        y: (disc.y + piece.down) / piece.times });
              const { x, y } = map.latLngToContainerPoint([at[1], at[0]]);
              return [x + box.left, y + box.top];
            } return null; }"""
        )
        if place is None:
            break
        zoom = page.evaluate("() => GIS.page.map.getZoom()")
        page.mouse.click(*place)
        page.wait_for_function("zoom => GIS.page.map.getZoom() > zoom", arg=zoom)
        expect(page.locator(".leaflet-popup")).to_have_count(0)
    assert page.evaluate("() => GIS.page.map.getZoom()") > 14
    rests(page)
    assert not [one for one in discs(page) if one["count"] >= 10]


@pytest.mark.usefixtures("tiled")
def test_covers_that_no_zoom_sets_apart_are_listed_the_worst_first(
    open_page: Opener, own_server: str, covers: list[float]
) -> None:
    page = open_page("/maps/hazards", server=own_server)
    page.get_by_role("group", name="隐患类别").get_by_role("button", name="窨井盖").click()
    spot = [covers[0] + 0.03, covers[1]]
    look_at(page, spot, 18)
    page.wait_for_function(
        "([lon, lat]) => GIS.page.layers.get('manholes').hits(L.latLng(lat, lon)).length === 2", arg=spot
    )
    page.mouse.click(*centre(page))
    rows = page.locator(".several .row")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("破损")
    rows.first.click()
    expect(page.locator(".leaflet-popup h2").last).to_have_text("同处1")


def test_covers_of_a_small_layer_stand_apart_with_the_worst_on_top(
    open_page: Opener, own_server: str, covers: list[float]
) -> None:
    page = open_page("/maps/hazards", server=own_server)
    page.get_by_role("group", name="隐患类别").get_by_role("button", name="窨井盖").click()
    look_at(page, [covers[0] + 0.03, covers[1]], 18)
    stands(page, "manholes", sum(SPOTS.values()) + 2)
    states = page.evaluate(
        "() => GIS.page.layers.get('manholes').group.getLayers().map(({ feature }) => feature.properties.state)"
    )
    assert states[-1] == "缺失"
    assert states.index("完好") < states.index("破损")
    x, y = centre(page)
    page.mouse.click(x + BESIDE_IT, y)  # what lies at one spot is set apart in a ring
    expect(page.locator(".leaflet-popup h2")).to_have_text("同处1")
