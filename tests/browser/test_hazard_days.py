"""A fire officer looks back: the map, its list, its counts and the sheet of a community as they were on a day."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine

from gis_service import clock
from gis_service.access import Role
from gis_service.imports import import_file
from gis_service.resources import shared
from tests.browser.conftest import OFFICE_PC, PHONE, Photograph, serving
from tests.browser.officer import Desk, officers, tab
from tests.browser.seeing import barriers
from tests.web import bearing

pytestmark = [pytest.mark.browser, pytest.mark.database]
DAY = "2023-08-09"


@pytest.fixture(scope="module")
def widened(own_sample_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A lane that failed on the day it was measured, and which was found in order today."""
    told = json.loads((shared("data") / "boundaries/sample_town/fire_lanes.geojson").read_text("utf-8"))
    lane = next(each for each in told["features"] if each["properties"]["measured_on"] == DAY)
    assert lane["properties"]["clear_width_m"] == 3.0
    mended = {"clear_width_m": 4.5, "clear_height_m": 4.5, "measured_on": f"{clock.today()}"}
    file = tmp_path_factory.mktemp("车道") / "fire_lanes.geojson"
    file.write_text(json.dumps({**told, "features": [{**lane, "properties": {**lane["properties"], **mended}}]}))
    assert import_file(own_sample_engine, "hazards", [file], commit=True).changed == 1
    found: dict[str, Any] = lane
    return found


@pytest.fixture(scope="module")
def server(own_sample_engine: Engine) -> Iterator[str]:
    with serving(own_sample_engine) as address:
        yield address


@pytest.fixture
def desk(browser: Browser, server: str) -> Iterator[Desk]:
    with officers(browser, server) as opened:
        yield opened


def lanes_on(server: str, day: str | None) -> list[dict[str, Any]]:
    asked = {"limit": "500", **({"datetime": day} if day else {})}
    answer = httpx.get(f"{server}/collections/fire_lanes/items", params=asked, headers=bearing(Role.FIRE))
    found: list[dict[str, Any]] = answer.json()["features"]
    return found


@pytest.mark.parametrize("size", [OFFICE_PC, PHONE], ids=["1366", "390"])
def test_an_officer_sets_a_past_day_and_sees_the_lane_as_it_failed_then(
    desk: Desk, server: str, widened: dict[str, Any], photograph: Photograph, size: tuple[int, int]
) -> None:
    page = desk(size=size)
    name = widened["properties"]["name"]
    row = page.locator("#panel-body .row", has_text=name)
    expect(row).to_contain_text("合格")
    expect(row).to_contain_text("4.5 m")
    page.locator("#day-day").fill(DAY)
    page.keyboard.press("Enter")
    expect(row).to_contain_text("不合格")
    expect(row).to_contain_text("3 m")
    then = Counter(each["properties"]["result"] for each in lanes_on(server, DAY))
    now = Counter(each["properties"]["result"] for each in lanes_on(server, None))
    assert sum(then.values()) < sum(now.values())
    for result, number in then.items():
        chip = page.get_by_role("group", name="按状态筛选").locator(f"[data-value={result}] b")
        expect(chip).to_have_text(f"{number:,}")
    expect(page.locator("#status-time")).to_contain_text(f"{DAY} 的情形")
    expect(page.locator(".days .note")).to_contain_text("从括号中的日期起才有调查")
    assert page.url.endswith(f"#as_of={DAY}")
    photograph(page, f"hazard-day-{size[0]}")
    assert barriers(page) == []
    if size == PHONE:
        return
    row.click()
    popup = page.locator(".leaflet-popup")
    expect(popup).to_contain_text("净宽 3 m，要求不小于 4 m")
    with page.context.expect_page() as opened:
        popup.get_by_role("link", name="小区一页纸").click()
    sheet = opened.value
    sheet.wait_for_url(f"**/sheet?as_of={DAY}")
    expect(sheet.locator("header")).to_contain_text(f"{DAY} 的情形")
    expect(sheet.locator("tr", has_text=name)).to_contain_text("不合格")
    assert len(re.findall(rb"/Type\s*/Page\b", sheet.pdf(prefer_css_page_size=True))) == 1
    photograph(sheet, "hazard-day-sheet")
    page.locator("#day-day").fill(f"{clock.today()}")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("4.5 m")
    expect(page.locator(".days .note")).to_have_count(0)


def test_the_counts_of_the_day_are_those_of_the_answers_and_the_address_brings_the_day_back(
    desk: Desk, server: str, photograph: Photograph
) -> None:
    page = desk()
    page.goto(f"{server}/maps/hazards#as_of={DAY}")
    page.reload()
    page.wait_for_selector("html[data-ready=true]", state="attached")
    tab(page, "统计")
    told = httpx.get(f"{server}/hazards/counts", params={"as_of": DAY}, headers=bearing(Role.FIRE)).json()
    expect(page.locator(".counts tbody tr")).to_have_count(len(told["rows"]))
    total = page.locator(".counts tfoot td").first
    expect(total).to_have_text(f"{told['totals']['lanes_fail']:,}")
    expect(page.locator("#panel-body")).to_contain_text("隐患属于哪个物业管理区域、问题属于哪里按现在的计")
    failing = sum(
        each["properties"]["result"] == "fail" and each["properties"]["community_id"] is not None
        for each in lanes_on(server, DAY)
    )
    assert told["totals"]["lanes_fail"] == failing > 0
    photograph(page, "hazard-day-counts")
    with page.expect_download() as started:
        page.get_by_role("link", name="下载 Excel").click()
    assert Path(started.value.path()).stat().st_size > 0
