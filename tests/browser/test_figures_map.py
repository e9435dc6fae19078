"""An indicator that one file declares colours areas and communities singly: classes, rows, each one's course."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from gis_service.access import Role
from tests.browser.conftest import LARGE, OFFICE_PC, PHONE, Photograph, serving, watching
from tests.browser.resting import rests
from tests.browser.seeing import EVERY, barriers, colour_at, features
from tests.indicator_files import declared_in, push
from tests.web import bearing, give_accounts

pytestmark = [pytest.mark.browser, pytest.mark.database]
Desk = Callable[..., Page]
MAP = "/maps/indicator_repair_fund"


@pytest.fixture(scope="module")
def server(own_sample_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample town with the repair fund of three areas: two periods of the first, one low and one high."""
    give_accounts(own_sample_engine)
    settings = declared_in(tmp_path_factory.mktemp("work") / "indicators")
    with serving(own_sample_engine, settings) as address:
        first, second, third = (area["properties"]["code"] for area in _agreed(address)[:3])
        rows = [
            {"subject": first, "period": "2023-08", "value": 0.3},
            {"subject": first, "period": "2023-09", "value": 0.96},
            {"subject": second, "period": "2023-09", "value": 0.1},
            {"subject": third, "period": "2023-09", "value": 0.1},
        ]
        with httpx.Client(base_url=address, headers=bearing(Role.CITY), timeout=60) as client:
            assert push(client, "repair_fund", rows)["new"] == 4
        yield address


def _agreed(server: str) -> list[dict[str, Any]]:
    return [
        area
        for area in features(server, "management_areas")
        if area["geometry"] and area["properties"]["state"] == "approved"
    ]


@pytest.fixture
def desk(browser: Browser, server: str) -> Iterator[Desk]:
    """Opens the map of the indicator; nothing may go wrong on it."""
    with watching(browser) as made:

        def opened(size: tuple[int, int] = OFFICE_PC, role: Role = Role.PLANNER) -> Page:
            page = made(server, size, extra_http_headers=bearing(role))
            page.goto(server + MAP)
            page.wait_for_selector("html[data-ready=true]", state="attached")
            return page

        yield opened


def test_each_class_is_counted_and_what_has_no_value_is_apart(desk: Desk, server: str) -> None:
    page = desk()
    everything = len(features(server, "management_areas"))
    counted = page.locator(".classes button b")
    expect(counted.first).to_have_text("3")
    expect(counted).to_have_text(["3", *(str(each) for each in _by_class(server))])
    expect(page.locator(".classes + .tally")).to_contain_text(f"没有数值的区域 {everything - 3}，共 {everything}")
    expect(page.locator(".legend")).to_contain_text("没有数值的区域")
    expect(page.locator(".rows .row")).to_have_count(3)
    expect(page.locator(".rows .row-aside")).to_have_text(["10.0 %", "10.0 %", "96.0 %"])
    page.get_by_role("button", name="高的在前").click()
    expect(page.locator(".rows .row-aside")).to_have_text(["96.0 %", "10.0 %", "10.0 %"])


def _by_class(server: str) -> list[int]:
    """By hand, from the values as the layer has them: five equal classes, as no others are declared."""
    values = [one["properties"]["value"] for one in features(server, "indicator_repair_fund")]
    return [sum(min(int(value * 5), 4) == step for value in values) for step in range(5)]


def test_a_row_opens_its_area_with_its_own_course(desk: Desk) -> None:
    page = desk()
    page.get_by_role("button", name="高的在前").click()
    expect(page.locator(".rows .row-aside").first).to_have_text("96.0 %")
    page.locator(".rows .row").first.click()
    popup = page.locator(".leaflet-popup")
    expect(popup).to_contain_text("96")
    expect(popup.locator("svg.trend-line")).to_have_attribute(
        "aria-label", r"维修资金续筹率：2023-08 30.0 %，2023-09 96.0 %"
    )


def test_low_and_high_have_the_colours_of_their_classes(desk: Desk, server: str, photograph: Photograph) -> None:
    page = desk()
    low, high = (
        next(one for one in features(server, "indicator_repair_fund") if one["properties"]["value"] == value)
        for value in (0.1, 0.96)
    )
    shades = []
    for one in (low, high):
        page.evaluate("one => GIS.page.zoomTo([one.geometry], { animate: false })", one)
        rests(page)
        place = page.evaluate("one => GIS.labelPosition(one.geometry)", one)
        shot = photograph(page, f"figure-{one['properties']['value']}")
        around = [colour_at(page, shot, [place[0] + step, place[1] + step]) for step in (0.00005, -0.00008, 0.0001)]
        shades.append(min(sum(each) for each in around))
    assert shades[0] > shades[1] + 100, "from light to dark"


@pytest.mark.parametrize("size", [OFFICE_PC, LARGE, PHONE], ids=["office", "large", "phone"])
def test_nothing_keeps_anybody_from_reading_the_map(desk: Desk, photograph: Photograph, size: tuple[int, int]) -> None:
    page = desk(size)
    expect(page.locator(".rows .row")).to_have_count(3)
    photograph(page, f"figures-{size[0]}")
    assert barriers(page, EVERY) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_it_is_found_from_the_pages_of_indicators_and_is_no_card_of_its_own(desk: Desk, server: str) -> None:
    page = desk()
    page.wait_for_load_state("networkidle")  # or what is still asked for is told as failed
    page.goto(f"{server}/indicators")
    page.get_by_role("link", name="维修资金续筹率：逐个看").click()
    page.wait_for_url(f"**{MAP}")
    page.wait_for_selector("html[data-ready=true]", state="attached")
    page.wait_for_load_state("networkidle")
    assert MAP not in httpx.get(server, headers={"Accept": "text/html", **bearing(Role.PLANNER)}).text
    assert httpx.get(server + MAP, headers=bearing(Role.FIRE)).status_code in (200, 404)
    assert httpx.get(server + MAP, follow_redirects=False).status_code in (302, 303, 307, 401)
