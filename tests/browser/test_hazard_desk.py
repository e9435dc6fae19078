"""A fire officer's day: lanes that fail, a community's sheet, a report from the spot, followed to 销号."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import pages
from tests.browser.conftest import LARGE, OFFICE_PC, PHONE, Photograph, serving
from tests.browser.officer import Desk, chip, newest, officers, press_inside, put_a_photo, tab
from tests.browser.resting import rests
from tests.browser.seeing import barriers, features
from tests.import_files import annex2, problem, take_in
from tests.rectification import photo
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


def test_an_officer_finds_the_lanes_that_fail_and_takes_the_sheet_along(
    desk: Desk, server: str, photograph: Photograph, tmp_path: Path
) -> None:
    page = desk()
    lanes = features(server, "fire_lanes")
    results = Counter(each["properties"]["result"] for each in lanes)
    for result, words in (("pass", "合格"), ("fail", "不合格"), ("not_measured", "未测量")):
        group = page.get_by_role("group", name="按状态筛选")
        assert results[result] > 0, words
        expect(group.locator(f"[data-value={result}] b")).to_have_text(f"{results[result]:,}")
    page.locator("#panel-body .row").first.click()
    popup = page.locator(".leaflet-popup")
    expect(popup).to_contain_text("不合格")
    expect(popup).to_contain_text("条款")
    photograph(page, "hazard-lane")
    with page.context.expect_page() as opened:
        popup.get_by_role("link", name="小区一页纸").click()
    sheet = opened.value
    sheet.wait_for_url("**/sheet")
    number = sheet.url.rsplit("/", 2)[-2]
    own = Counter(each["properties"]["result"] for each in lanes if str(each["properties"]["community_id"]) == number)
    told = f"合格 {own['pass']}，不合格 {own['fail']}，未测量 {own['not_measured']}"
    expect(sheet.locator("h2", has_text="消防车道")).to_contain_text(told)
    contacts = sheet.locator("section", has=sheet.get_by_role("heading", name="联系")).locator("p").all_inner_texts()
    assert len(set(contacts)) == len(contacts), "two rows of the ledger that say the same are said once"
    paper = sheet.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    sheet.set_viewport_size({"width": 900, "height": 1200})
    photograph(sheet, "hazard-sheet")


def test_a_row_is_chosen_though_the_list_is_written_anew_while_it_is_pressed(desk: Desk) -> None:
    page = desk()
    rests(page)
    row = page.locator("#panel-body .row").nth(2)
    title, box = row.locator(".row-title").inner_text(), row.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 10)
    page.mouse.down()
    written = row.element_handle()
    page.evaluate("GIS.page.desk.render()")
    assert not written.evaluate("row => row.isConnected")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    page.mouse.up()
    expect(page.locator(".leaflet-popup")).to_contain_text(title)


def test_every_sheet_prints_on_one_page(desk: Desk, server: str, own_sample_engine: Engine) -> None:
    """Also that of the community with the most to tell."""
    with own_sample_engine.connect() as connection:
        full = connection.scalar(
            text(
                "select community_id from problems where closed is not true and community_id is not null"
                " group by 1 order by count(*) desc limit 1"
            )
        )
    page = desk()
    page.goto(f"{server}/communities/{full}/sheet")
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


def test_a_report_from_the_phone_is_followed_to_its_end(
    desk: Desk, server: str, photograph: Photograph, tmp_path: Path
) -> None:
    place = next(
        each
        for each in features(server, "communities")
        if each["properties"]["reporting_unit"] == "宜秀区" and each["geometry"]
    )
    page = desk(Role.FIRE, PHONE, has_touch=True)
    page.get_by_role("button", name="现场上报").click()
    press_inside(page, place)
    expect(page.locator("#spot-place")).to_contain_text("已选位置")
    put_a_photo(page, tmp_path, "现场.jpg")
    page.get_by_label("看到了什么").fill("私家车停在消防车道上，云梯车进不去")
    photograph(page, "hazard-spot")
    page.get_by_role("button", name="提交上报").click()
    expect(page.locator(".problem h2")).to_have_text(place["properties"]["name"])
    expect(page.locator(".problem .state")).to_have_text("排查")
    expect(page.locator(".problem .popup-layer")).to_contain_text("第 11 类")
    picture = page.locator(".events img").first
    expect(picture).to_be_visible()
    photograph(page, "hazard-problem-phone")
    number = newest(server)
    _county_mends(server, number)
    page.get_by_role("button", name="返回清单").click()
    page.evaluate("() => GIS.page.desk.problemsChanged()")
    tab(page, "问题整改")
    rests(page)
    before = int(chip(page, "按整改状态筛选", "已销号").inner_text().replace(",", ""))
    page.evaluate("id => GIS.page.desk.showProblem(id)", number)
    expect(page.locator(".problem .state")).to_have_text("待核")
    page.get_by_role("button", name="核验销号").click()
    page.get_by_label("说明（可不填）").fill("现场核验，车道畅通")
    page.locator("form.step button[type=submit]").click()
    expect(page.locator(".problem .state")).to_have_text("已销号")
    expect(page.locator(".events li")).to_have_count(5)
    photograph(page, "hazard-closed-phone")
    page.get_by_role("button", name="返回清单").click()
    expect(chip(page, "按整改状态筛选", "已销号")).to_have_text(f"{before + 1:,}")


def _county_mends(server: str, number: int) -> None:
    with httpx.Client(base_url=server, headers=bearing(Role.COUNTY), timeout=60) as county:
        steps = f"/problems/{number}/events"
        assert county.post(steps, json={"kind": "start", "measures": "拖离、划线"}).status_code == 201
        assert county.post(f"/problems/{number}/evidence", files={"file": ("后.jpg", photo())}).status_code == 201
        assert county.post(steps, json={"kind": "report_done"}).status_code == 201


def test_the_photo_that_the_server_gives_back_does_not_say_where_it_was_taken(server: str) -> None:
    lon, lat = features(server, "fire_lanes")[0]["geometry"]["coordinates"][0]
    told = {"lon": str(lon), "lat": str(lat), "note": "私家车堵住消防车道"}
    with httpx.Client(base_url=server, headers=bearing(Role.FIRE), timeout=60) as officer:
        sent = officer.post("/problems", data=told, files={"file": ("现场.jpg", photo(size=(1200, 900)))})
    number = sent.raise_for_status().json()["id"]
    events = httpx.get(f"{server}/problems/{number}", headers=bearing(Role.FIRE)).json()["events"]
    address = f"{server}/problems/{number}/evidence/{events[0]['evidence']['id']}"
    with Image.open(io.BytesIO(httpx.get(address, headers=bearing(Role.FIRE)).content)) as picture:
        assert not picture.getexif()
        assert picture.size == (1200, 900)


def test_the_phone_says_where_it_is(desk: Desk) -> None:
    more = {"geolocation": {"longitude": 117.0301, "latitude": 30.6101}, "permissions": ["geolocation"]}
    page = desk(Role.FIRE, PHONE, **more)
    page.get_by_role("button", name="现场上报").click()
    page.get_by_role("button", name="用手机定位").click()
    expect(page.locator("#spot-place")).to_contain_text("30.610100，117.030100")
    page.get_by_role("button", name="提交上报").click()
    expect(page.locator(".wrong")).to_have_text("请写明看到了什么。")


def test_every_count_is_the_same_on_the_page_from_the_api_in_the_file_and_by_hand(desk: Desk, server: str) -> None:
    page = desk()
    tab(page, "统计")
    names = ("lanes_fail", "lanes_not_measured", "ebikes_fail", "covers_bad", "fire_problems_open")
    told = httpx.get(f"{server}/hazards/counts", headers=bearing(Role.FIRE)).json()
    shown = [told["totals"][name] for name in names]
    expect(page.locator(".counts tfoot td")).to_have_text([f"{number:,}" for number in shown])
    file = httpx.get(f"{server}/hazards/counts", params={"f": "xlsx"}, headers=bearing(Role.FIRE)).content
    titles, *rows = list(load_workbook(io.BytesIO(file)).worksheets[0].values)
    counted = [place for place, title in enumerate(titles) if place > 3 and "m²" not in str(title)]
    columns = {str(titles[place]): sum(int(str(row[place])) for row in rows) for place in counted}
    assert shown == [columns[told["titles"][name]] for name in names]
    assert shown == _by_hand(server)


def _by_hand(server: str) -> list[int]:
    """Each layer read row by row and counted here, without what belongs to no community."""
    lanes, ebikes, covers, problems = (
        [each["properties"] for each in features(server, layer) if each["properties"]["community_id"] is not None]
        for layer in ("fire_lanes", "ebike_charging", "manholes", "problems")
    )
    lane, ebike = (Counter(each["result"] for each in kind) for kind in (lanes, ebikes))
    bad = sum(each["state"] != "完好" for each in covers)
    open_ = sum(10 <= each["category"] <= 14 and each["closed"] is not True for each in problems)
    return [lane["fail"], lane["not_measured"], ebike["fail"], bad, open_]


@pytest.mark.parametrize("size", [OFFICE_PC, LARGE, PHONE], ids=["office", "large", "phone"])
def test_nothing_keeps_anybody_from_using_the_desk(desk: Desk, photograph: Photograph, size: tuple[int, int]) -> None:
    page = desk(Role.FIRE, size)
    for name in ("list", "problem", "report", "tally"):
        _go(page, name)
        rests(page)
        photograph(page, f"hazard-{name}-{size[0]}")
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        assert barriers(page) == [], name


@pytest.mark.parametrize("size", [OFFICE_PC, LARGE, PHONE], ids=["office", "large", "phone"])
def test_what_opens_over_the_map_and_in_a_problem_keeps_nobody_out(
    desk: Desk, photograph: Photograph, size: tuple[int, int]
) -> None:
    page = desk(Role.COUNTY, size)
    page.locator("#panel-body .row").first.click()
    expect(page.locator(".leaflet-popup h2")).to_be_visible()
    rests(page)
    photograph(page, f"hazard-popup-{size[0]}")
    assert barriers(page) == []
    page.keyboard.press("Escape")
    page.locator("#division").select_option("340811")
    tab(page, "问题整改")
    page.locator("#panel-body .row", has_text="已逾期").first.click()
    expect(page.locator(".problem .state")).to_be_visible()
    rests(page)
    acts = page.locator(".acts .act").all_inner_texts()
    assert acts
    for act in acts:
        page.locator(".acts").get_by_role("button", name=act, exact=True).click()
        expect(page.locator("form.step")).to_be_visible()
        assert barriers(page) == [], act
    photograph(page, f"hazard-step-{size[0]}")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def _go(page: Page, name: str) -> None:
    if name == "list":
        tab(page, "问题整改")
    elif name == "problem":
        page.locator("#panel-body .row").first.click()
    elif name == "report":
        page.get_by_role("button", name="返回清单").click()
        page.locator("#spot-report").click()
    else:
        page.get_by_role("button", name="不报了").click()
        tab(page, "统计")


def test_the_sheet_is_usable_by_all(desk: Desk, server: str) -> None:
    page = desk()
    community = features(server, "communities")[0]["id"]
    page.goto(f"{server}/communities/{community}/sheet")
    assert barriers(page) == []


def test_a_clerk_settles_a_name_that_fits_nothing_and_its_problems_come_on_the_map(
    desk: Desk, own_sample_engine: Engine, photograph: Photograph, tmp_path: Path
) -> None:
    with own_sample_engine.connect() as connection:
        name = str(connection.scalar(text("select min(name) from communities where reporting_unit = '宜秀区'")))
    written = f"{name}（新区）"
    rows = [problem(n, project_name=written, county="宜秀区", content=f"第{n}件") for n in (1, 2)]
    take_in(own_sample_engine, "problems", annex2(tmp_path, *rows))
    page = desk(Role.COUNTY)
    tab(page, "问题整改")
    page.locator("#problem-names").click()
    page.locator(".names .row", has_text=written).click()
    expect(page.locator("#name-candidates .row-title").first).to_contain_text(name)
    photograph(page, "hazard-names")
    for width, height in (PHONE, OFFICE_PC):
        page.set_viewport_size({"width": width, "height": height})
        assert barriers(page) == [], width
    page.locator("#name-search").fill("没有这样的名字")
    expect(page.locator("#name-candidates")).to_contain_text("没有名称含这些字的")
    page.locator("#name-search").fill(name)
    page.locator("#name-candidates .row", has=page.get_by_text(name, exact=True)).first.click()
    expect(page.locator("#notices")).to_contain_text("2 个问题已对上")
    expect(page.locator(".settled li")).to_contain_text(f"{written} 就是 {name}")
    photograph(page, "hazard-names-settled")
    page.get_by_role("button", name="问题清单").click()
    expect(page.locator("#panel-body .row", has_text=written)).to_have_count(2)
    page.wait_for_function(
        """name => GIS.page.desk.problems.features.filter(
        ({ geometry, properties }) => geometry && properties.project_name === name).length === 2""",
        arg=written,
    )
    page.locator("#problem-names").click()
    page.get_by_role("button", name=f"撤销“{written}”的对应").click()
    expect(page.locator(".names .row", has_text=written)).to_contain_text("2 个问题")


def test_a_county_and_a_street_narrow_what_is_shown_however_many_divisions_there_are(
    desk: Desk, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = {each["id"]: each["properties"] for each in features(server, "communities")}
    lanes = [homes[each["properties"]["community_id"]] for each in features(server, "fire_lanes")]
    for most in (1_000, 10):  # the second time also communities and lanes are drawn from tiles
        monkeypatch.setattr(pages, "_WHOLE", most)
        page = desk(Role.CITY)
        for code, field in (("340811", "county_code"), (lanes[0]["street_code"], "street_code")):
            page.locator("#division").select_option(code)
            inside = sum(home[field] == code for home in lanes)
            assert 0 < inside < len(lanes)
            page.wait_for_function("n => GIS.page.layers.get('fire_lanes').drawn() === n", arg=inside)
