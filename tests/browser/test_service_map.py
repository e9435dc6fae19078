"""Somebody without an account looks up who serves their home, where there is a 审图号; without one there is no map."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from gis_service.settings import Settings
from tests.browser.conftest import LARGE, OFFICE_PC, PHONE, Photograph, Watched, serving
from tests.browser.resting import watch_rest
from tests.browser.seeing import barriers, stands

pytestmark = [pytest.mark.browser, pytest.mark.database]
NUMBER = "皖S(2026)1号"
SIZES = {"1366x768": OFFICE_PC, "1920x1080": LARGE, "390x844": PHONE}


@pytest.fixture(scope="module")
def server(sample_engine: Engine) -> Iterator[str]:
    with serving(sample_engine, Settings(review_number=NUMBER)) as address:
        yield address


def opened(browser: Browser, server: str, size: tuple[int, int] = OFFICE_PC) -> tuple[Page, Watched]:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    watch_rest(context)
    page = context.new_page()
    watched = Watched(page, server)
    page.goto(f"{server}/maps/service")
    page.wait_for_selector("html[data-ready=true]", state="attached")
    return page, watched


def items(server: str, layer: str, **more: str) -> list[dict[str, object]]:
    answer = httpx.get(f"{server}/collections/{layer}/items", params={"limit": "1000", **more}).raise_for_status()
    return [one["properties"] for one in answer.json()["features"]]


@pytest.mark.parametrize("size", SIZES)
def test_a_visitor_finds_who_serves_their_home(
    browser: Browser, server: str, photograph: Photograph, size: str
) -> None:
    page, watched = opened(browser, server, SIZES[size])
    areas = items(server, "management_areas")
    expect(page.locator("#panel-body .tally")).to_have_text(f"{len(areas)} 个物业管理区域")
    expect(page.locator(".status .source")).to_contain_text(f"审图号：{NUMBER}")
    photograph(page, f"service-{size}")
    wanted = next(one for one in areas if one["company"] and one["community_names"])
    home = wanted["community_names"][0]  # type: ignore[index]
    page.locator("#area-filter").fill(home)
    row = page.locator("#panel-body button.row", has=page.get_by_text(str(wanted["name"]), exact=True)).first
    row.click()
    popup = page.locator(".leaflet-popup")
    expect(popup.locator("h2")).to_have_text(str(wanted["name"]))
    expect(popup).to_contain_text(str(wanted["company"]))
    expect(popup).not_to_contain_text("电话")
    photograph(page, f"service-popup-{size}")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert barriers(page) == []
    page.context.close()
    assert watched.wrong == []


def test_the_rates_of_the_divisions_are_those_of_the_layer(
    browser: Browser, server: str, photograph: Photograph
) -> None:
    page, watched = opened(browser, server)
    page.locator("#panel-body .tabs [data-value=coverage]").click()
    for level in ("county", "street"):
        page.get_by_role("group", name="统计层级").locator(f"[data-value={level}]").click()
        told = {str(one["name"]): one for one in items(server, "coverage", level=level) if one["communities"]}
        rows = page.locator("#panel-body button.row")
        expect(rows).to_have_count(len(told))
        for name, one in told.items():
            row = page.locator("#panel-body button.row", has=page.get_by_text(name, exact=True))
            expect(row.locator(".row-aside")).to_contain_text(f"{one['covered']}/{one['communities']}")
    photograph(page, "service-coverage")
    assert barriers(page) == []
    page.locator("#panel-body .tabs [data-value=areas]").click()
    stands(page, "coverage", 0)
    page.context.close()
    assert watched.wrong == []


def test_without_a_review_number_a_visitor_is_led_to_the_door(browser: Browser, live_server: str) -> None:
    page = browser.new_page()
    page.goto(f"{live_server}/maps/service")
    expect(page.locator("#login")).to_be_visible()
    page.close()
