"""四至落图核对 in a real browser: what the program bridged is seen as such, and of two places a person must choose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import shapely
from playwright.sync_api import Page, expect
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine

from tests.browser.conftest import OFFICE_PC, PHONE, Opener, Photograph, serving
from tests.browser.resting import rests
from tests.browser.rows import TWICE, take_in_a_row_that_fits_twice
from tests.browser.seeing import colour_at, features

pytestmark = [pytest.mark.browser, pytest.mark.database]
COLOURS = {"E": (217, 95, 2), "S": (27, 158, 119), "W": (117, 112, 179), "N": (231, 41, 138)}
WHITE, OUTLINE = (255, 255, 255), (87, 69, 129)
STEPS = np.linspace(0.05, 0.95, 61)


@pytest.fixture(scope="module")
def twice(own_sample_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Any]]]:
    """A server of the sample town with a row of 附件1 that two places fit, and that row as the API gives it."""
    take_in_a_row_that_fits_twice(own_sample_engine, tmp_path_factory.mktemp("ledger"))
    with serving(own_sample_engine) as server:
        areas = [area["properties"] for area in features(server, "management_areas")]
        yield server, next(area for area in areas if area["name"] == TWICE)


def _bridged(server: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The longest stretch that the program drew on by itself: its area and its side."""
    areas = [area["properties"] for area in features(server, "management_areas")]
    found = [(area, side) for area in areas for side in area["sides"] if side["bridge"]]
    return max(found, key=lambda pair: float(pair[1]["bridged_m"]))


def _close(page: Page, line: BaseGeometry, zoom: int) -> None:
    middle = line.interpolate(0.5, normalized=True)
    page.evaluate("() => { GIS.page.labels.remove(); }")
    script = "([lon, lat, zoom]) => { GIS.page.map.setView([lat, lon], zoom, { animate: false }); }"
    page.evaluate(script, [middle.x, middle.y, zoom])
    rests(page)


def _seen(page: Page, photograph: Photograph, name: str, line: BaseGeometry, wanted: tuple[int, int, int]) -> float:
    """The share of places along a line where the screen shows a colour."""
    taken = photograph(page, name)
    places = [line.interpolate(share, normalized=True) for share in STEPS]
    colours = np.array([colour_at(page, taken, [place.x, place.y]) for place in places])
    return float((np.abs(colours - wanted).max(axis=1) < 60).mean())


def test_what_the_program_bridged_is_white_dashed_within_the_colour_of_its_side(
    open_page: Opener, photograph: Photograph, live_server: str
) -> None:
    area, side = _bridged(live_server)
    page = open_page(f"/maps/boundaries#{area['code']}")
    expect(page.locator("#panel-body h2")).to_have_text(area["name"])
    rests(page)
    photograph(page, "boundaries-bridged")
    bridge = max(shapely.get_parts(shapely.from_geojson(json.dumps(side["bridge"]))), key=shapely.length)
    edge = shapely.from_geojson(json.dumps(side["edge"]))
    _close(page, bridge, 19)
    own = COLOURS[side["side"]]
    shares = [_seen(page, photograph, "boundaries-bridge", bridge, colour) for colour in (WHITE, own)]
    assert all(0.25 < share < 0.75 for share in shares), "dashes: about half and half"
    rest = max(shapely.get_parts(edge.difference(bridge.buffer(1e-5))), key=shapely.length)
    _close(page, rest, 18)
    assert _seen(page, photograph, "boundaries-edge", rest, own) > 0.95, "what a landmark reaches is one colour"


def test_a_bridged_side_tells_its_metres_and_the_legend_explains_the_dashes(
    open_page: Opener, live_server: str
) -> None:
    area, side = _bridged(live_server)
    page = open_page(f"/maps/boundaries#{area['code']}")
    note = page.locator(f".side[data-side={side['side']}] .bridged")
    expect(note).to_have_text(f"其中 {round(side['bridged_m'])} m 由程序补接，请核对")
    whole = [each["side"] for each in area["sides"] if not each["bridge"]]
    assert whole
    assert all(page.locator(f".side[data-side={each}] .bridged").count() == 0 for each in whole)
    expect(page.locator("#legend-body li", has_text="补接的一段")).to_be_visible()
    assert f"补接 {round(side['bridged_m'])} m" in _words(page)


@pytest.mark.parametrize("size", [OFFICE_PC, PHONE])
def test_both_places_that_fit_an_ambiguous_sentence_are_outlined_and_named(
    open_page: Opener, photograph: Photograph, twice: tuple[str, dict[str, Any]], size: tuple[int, int]
) -> None:
    server, area = twice
    page = open_page(f"/maps/boundaries#{area['code']}", size, server=server)
    expect(page.get_by_role("region", name="可能的范围")).to_be_visible()
    rests(page)
    photograph(page, f"boundaries-ambiguous-{size[0]}")
    assert {"可能一", "可能二"} <= set(_words(page))
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    outlines = [shapely.LineString(ring) for ring in area["open_sides"]["coordinates"]]
    assert len(outlines) == 2
    in_view = "([lon, lat]) => GIS.page.map.getBounds().contains([lat, lon])"
    assert all(page.evaluate(in_view, list(place)) for outline in outlines for place in outline.coords)
    page.evaluate("() => { GIS.page.labels.remove(); }")
    for outline in outlines:
        assert _seen(page, photograph, "boundaries-outlines", outline, OUTLINE) > 0.15


def test_of_two_places_that_fit_a_person_must_choose(open_page: Opener, twice: tuple[str, dict[str, Any]]) -> None:
    server, area = twice
    assert area["resolution_status"] == "ambiguous"
    page = open_page("/maps/boundaries", server=server)
    expect(page.locator("#panel-body [data-value=ambiguous]")).to_have_text("有歧义1")
    page.locator(f"#panel-body button.row[data-id={area['code']}]").click()
    choice = page.get_by_role("region", name="可能的范围")
    expect(choice).to_contain_text("有 2 处范围都符合这句四至，须由人选定一处")
    sizes = ["可能一约 10.64 公顷在图上看", "选定可能一", "可能二约 10.64 公顷在图上看", "选定可能二"]
    expect(choice.get_by_role("button")).to_have_text(sizes)
    expect(page.locator("#legend-body li", has_text="可能的范围（有歧义）")).to_be_visible()
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    west, east = (shapely.LineString(ring) for ring in sorted(area["open_sides"]["coordinates"]))
    choice.locator("button", has_text="可能二约").click()
    in_view = "([lon, lat]) => GIS.page.map.getBounds().contains([lat, lon])"
    assert [page.evaluate(in_view, list(each.centroid.coords[0])) for each in (west, east)] == [False, True]


def _words(page: Page) -> list[str]:
    """The words that the desk wishes to see on the map."""
    found: list[str] = page.evaluate("() => GIS.page.desk.labels(GIS.page.labels._view()).map(wish => wish.text)")
    return found
