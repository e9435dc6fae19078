"""Places that are sought on the coverage desk: a community, a road, a street, and what has no boundary."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from gis_service.access import Role
from tests.browser.conftest import Opener, Photograph
from tests.browser.seeing import features
from tests.web import bearing

pytestmark = [pytest.mark.browser, pytest.mark.database]


def told(server: str, path: str = "", level: str = "county") -> dict[str, Any]:
    """What the API answers."""
    asked = {"limit": "100"} if path else {"level": level}
    answer = httpx.get(f"{server}/coverage{path}", params=asked, timeout=60, headers=bearing(Role.CITY))
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def seek(page: Page, name: str, kind: str) -> None:
    """The name is typed, the arrows go down to what is meant, Enter goes there."""
    page.locator("#search").fill(name)
    options = page.locator("#search-results [role=option]")
    meant = options.filter(has=page.get_by_text(name, exact=True)).filter(has=page.get_by_text(kind, exact=True))
    expect(meant).to_have_count(1)
    for _ in range(options.evaluate_all("(all, one) => all.indexOf(one)", meant.element_handle())):
        page.keyboard.press("ArrowDown")
    expect(meant).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#search-results")).to_be_hidden()


def fills(page: Page, geometries: list[dict[str, Any]]) -> None:
    """Waited for: all of them are in view, and the view is as near as they let it be."""
    page.wait_for_function(
        """geometries => { const { map } = GIS.page, bounds = GIS.boundsOf(geometries);
        const nearest = map.getBoundsZoom(bounds);
        return map.getBounds().contains(bounds) && map.getZoom() >= Math.min(17, nearest) - 1; }""",
        arg=geometries,
    )


@pytest.mark.parametrize("covered", [True, False], ids=["covered", "uncovered"])
def test_a_community_that_is_sought_is_come_to_and_told(
    open_page: Opener, live_server: str, photograph: Photograph, covered: bool
) -> None:
    bare = {row["id"] for row in told(live_server, "/rows")["rows"]}
    found = features(live_server, "communities")
    names = [each["properties"]["name"] for each in found]
    community = next(
        each
        for each in reversed(found)
        if each["geometry"] and names.count(each["properties"]["name"]) == 1 and (each["id"] not in bare) == covered
    )
    page = open_page("/maps/coverage")
    seek(page, community["properties"]["name"], "小区")
    expect(page.locator(".leaflet-popup h2")).to_have_text(community["properties"]["name"])
    expect(page.locator(".leaflet-popup .popup-layer")).to_have_text("小区" if covered else "失管小区")
    expect(page.locator(".leaflet-popup dd").first).to_contain_text("没有失管原因" if covered else re.compile("."))
    photograph(page, f"coverage-sought-{covered}")
    fills(page, [community["geometry"]])


def test_a_road_that_is_sought_is_shown_whole_with_all_its_pieces(open_page: Opener, live_server: str) -> None:
    roads = [each for each in features(live_server, "places") if each["properties"]["kind"] == "road"]
    name = "柳溪路"
    pieces = [each["geometry"] for each in roads if each["properties"]["name"] == name]
    assert 0 < len(pieces) < len(roads)
    page = open_page("/maps/coverage")
    page.evaluate("() => { GIS.page.map.setZoom(17, { animate: false }); }")
    seek(page, name, "道路")
    fills(page, pieces)
    assert page.evaluate("() => [GIS.page.map.hasLayer(GIS.page.lit), GIS.page.lit.getLayers().length]") == [
        True,
        len(pieces),
    ]


def test_a_street_that_is_sought_opens_with_its_rate(open_page: Opener, live_server: str) -> None:
    row = next(each for each in told(live_server, level="street")["rows"] if each["name"] == "柳溪街道")
    page = open_page("/maps/coverage#level=street")
    seek(page, "柳溪街道", "区划")
    expect(page.locator(".leaflet-popup h2")).to_have_text("柳溪街道")
    expect(page.locator(".leaflet-popup")).to_contain_text(f"{row['coverage_rate'] * 100:.1f} %")
    shape = next(each for each in features(live_server, "coverage") if each["id"] == row["id"])
    fills(page, [shape["geometry"]])


def test_a_place_without_a_boundary_is_said_to_have_none(open_page: Opener, live_server: str) -> None:
    nowhere = next(each for each in features(live_server, "coverage") if not each["geometry"])["properties"]["name"]
    page = open_page("/maps/coverage")
    before = page.evaluate("() => GIS.page.map.getCenter().toString()")
    page.locator("#search").fill(nowhere)
    page.locator("#search-results [role=option]", has=page.get_by_text(nowhere, exact=True)).first.click()
    expect(page.locator("#notices")).to_contain_text(f"“{nowhere}”没有边界数据")
    assert page.evaluate("() => GIS.page.map.getCenter().toString()") == before
