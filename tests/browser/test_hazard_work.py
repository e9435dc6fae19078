"""What is done about a problem at the hazard desk: no end without evidence, handed from unit to unit with a word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from gis_service.access import Role
from tests.browser.conftest import Photograph, serving
from tests.browser.officer import Desk, newest, officers, press_inside, put_a_photo
from tests.browser.seeing import barriers, features
from tests.web import bearing

pytestmark = [pytest.mark.browser, pytest.mark.database]


@pytest.fixture(scope="module")
def server(own_sample_engine: Engine) -> Iterator[str]:
    with serving(own_sample_engine) as address:
        yield address


@pytest.fixture
def desk(browser: Browser, server: str) -> Iterator[Desk]:
    with officers(browser, server) as opened:
        yield opened


def test_nobody_closes_a_problem_without_evidence_and_a_photograph_opens_the_way(
    desk: Desk, server: str, photograph: Photograph, tmp_path: Path
) -> None:
    number = _seen_on_the_spot(server, desk(Role.FIRE))
    with httpx.Client(base_url=server, headers=bearing(Role.COUNTY), timeout=60) as county:
        for step in ({"kind": "start", "measures": "拖离"}, {"kind": "report_done"}):
            assert county.post(f"/problems/{number}/events", json=step).status_code == 201
    page = desk(Role.FIRE, refused=1)
    page.evaluate("id => GIS.page.desk.showProblem(id)", number)
    act(page, "核验销号")
    page.locator("form.step button[type=submit]").click()
    expect(page.locator("form.step [role=alert]")).to_have_text("还没有整改后的照片或文件，不能销号；请先上传证据")
    expect(page.locator(".problem .state")).to_have_text("待核")
    photograph(page, "hazard-refused")
    assert barriers(page) == []
    act(page, "上传证据")
    put_a_photo(page, tmp_path, "整改后.jpg")
    page.locator("form.step button[type=submit]").click()
    expect(page.locator(".events li").last.locator("img")).to_be_visible()
    act(page, "核验销号")
    page.locator("form.step button[type=submit]").click()
    expect(page.locator(".problem .state")).to_have_text("已销号")
    assert httpx.get(f"{server}/problems/{number}", headers=bearing(Role.FIRE)).json()["closed"] is True


def test_a_problem_is_handed_over_with_a_word_and_all_of_it_is_in_history_and_log(
    desk: Desk, server: str, photograph: Photograph
) -> None:
    number = _seen_on_the_spot(server, desk(Role.FIRE))
    page = desk(Role.COUNTY)
    page.evaluate("id => GIS.page.desk.showProblem(id)", number)
    act(page, "转办")
    page.get_by_label("转给哪个单位").fill("城市管理执法局")
    page.get_by_label("说明（可不填）").fill("占道经营，请派人清理")
    page.locator("form.step button[type=submit]").click()
    expect(page.locator(".problem .fields")).to_contain_text("城市管理执法局")
    act(page, "留言")
    page.get_by_role("textbox", name="留言").fill("已电话告知")
    page.locator("form.step button[type=submit]").click()
    last = page.locator(".events li")
    expect(last).to_have_count(3)
    expect(last.nth(1)).to_contain_text("占道经营，请派人清理")
    expect(last.nth(1)).to_contain_text("责任单位：城市管理执法局")
    expect(last.nth(2)).to_contain_text("已电话告知")
    photograph(page, "hazard-problem")
    log = desk(Role.ADMIN)
    log.goto(f"{server}/admin/audit?login=county")
    steps = log.locator("tbody tr", has=log.get_by_role("cell", name=str(number), exact=True))
    steps = steps.filter(has_text="整改记录")
    expect(steps).to_have_count(2)
    expect(steps.first).to_contain_text("county（区县）")


def act(page: Page, what: str) -> None:
    page.get_by_role("group", name="办理", exact=True).get_by_role("button", name=what, exact=True).click()
    expect(page.locator("form.step")).to_have_attribute("aria-label", what)


def _seen_on_the_spot(server: str, page: Page) -> int:
    """The id of a report that the officer just sent from 宜秀区."""
    place = next(
        each
        for each in features(server, "communities")
        if each["properties"]["reporting_unit"] == "宜秀区" and each["geometry"]
    )
    page.get_by_role("button", name="现场上报").click()
    press_inside(page, place)
    expect(page.locator("#spot-place")).to_contain_text("已选位置")
    page.get_by_label("看到了什么").fill("消防车道被占")
    page.get_by_role("button", name="提交上报").click()
    expect(page.locator(".problem .state")).to_have_text("排查")
    return newest(server)
