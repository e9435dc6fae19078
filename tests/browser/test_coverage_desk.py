"""A planner at the coverage desk: finds who is uncovered, opens what stands behind a number, compares days, prints."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from gis_service.access import Role
from tests.browser.conftest import LARGE, OFFICE_PC, PHONE, Opener, Photograph
from tests.browser.resting import rests
from tests.browser.seeing import barriers, drawn, located, stands
from tests.web import bearing

pytestmark = [pytest.mark.browser, pytest.mark.database]
SIZES = {"1366x768": OFFICE_PC, "1920x1080": LARGE, "390x844": PHONE}
READY = "html[data-ready=true]"


def told(server: str, path: str = "", **parameters: object) -> dict[str, Any]:
    """What the API answers."""
    asked = {key: str(value) for key, value in parameters.items()}
    answer = httpx.get(f"{server}/coverage{path}", params=asked, timeout=60, headers=bearing(Role.CITY))
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def turn_to(page: Page, tab: str) -> None:
    page.locator(f"#panel-body .tabs [data-value={tab}]").click()
    expect(page.locator(f"#panel-body .tabs [data-value={tab}]")).to_have_attribute("aria-pressed", "true")


def leave_out(page: Page, reason: str) -> None:
    """The definition without a reason; the new numbers stand."""
    page.locator(f"#panel-body .definition-row [data-value={reason}]").click()
    expect(page.locator("#definition")).not_to_contain_text(
        {"spatial": "不在现行管理区域内", "lost": "物业撤离"}[reason]
    )


def choose_level(page: Page, level: str) -> None:
    page.get_by_role("group", name="统计层级").locator(f"[data-value={level}]").click()
    expect(page.locator("#panel-body .division").first).to_have_attribute("data-id", re.compile(f"^{level}:"))


def figure(page: Page, number: int) -> Locator:
    return page.locator("#panel-body .figure").nth(number)


def test_a_planner_finds_the_uncovered_communities_of_a_county(
    open_page: Opener, live_server: str, photograph: Photograph
) -> None:
    page = open_page("/maps/coverage")
    photograph(page, "coverage")
    page.locator("#division").select_option("340802")
    expected = told(live_server, "/rows", within="340802", limit=100)
    expect(page.locator("#panel-body .tabs [data-value=uncovered]")).to_have_text(
        f"失管小区{expected['numberMatched']}"
    )
    expect(page.locator("#panel-body .paged button.row")).to_have_count(expected["numberMatched"])
    first = expected["rows"][0]
    row = page.locator("#panel-body .paged button.row").first
    expect(row.locator(".row-title")).to_have_text(first["name"])
    expect(row.locator(".row-below")).to_contain_text(f"迎江区 {first['street']}")
    row.click()
    expect(page.locator(".leaflet-popup h2")).to_have_text(first["name"])
    expect(page.locator(".leaflet-popup dd", has_text=first["evidence"])).to_be_visible()
    expect(page.locator(".leaflet-popup .sample-note")).to_have_text("示例数据（虚构）")
    photograph(page, "coverage-chosen")


def test_every_number_on_the_page_is_that_of_the_api(open_page: Opener, live_server: str) -> None:
    page = open_page("/maps/coverage")
    totals = told(live_server)["totals"]
    assert (totals["covered"], totals["communities"], totals["uncovered"]) == (173, 205, 32)  # counted by hand
    expect(figure(page, 0)).to_contain_text("84.4 %")
    expect(figure(page, 0)).to_contain_text("173/205")
    expect(figure(page, 1)).to_contain_text(f"登记 {totals['declared']}")
    expect(figure(page, 2)).to_contain_text(f"{totals['committee_yes']}/{totals['committee_known']}")
    turn_to(page, "divisions")
    choose_level(page, "street")
    for row in told(live_server, level="street")["rows"]:
        shown = page.locator(f"#panel-body .division[data-id='{row['id']}']")
        share = (
            f"{row['covered'] / row['communities'] * 100:.1f} %，{row['covered']}/{row['communities']}"
            if row["communities"]
            else "没有可计的行"
        )
        expect(shown.locator(".row-aside")).to_have_text(share)
        expect(shown.locator("[data-figure=uncovered]")).to_have_text(str(row["uncovered"]))


@pytest.mark.parametrize("measure", ["area", "committee", "party", "fee", "form"])
def test_each_measure_shows_the_rates_of_the_api(open_page: Opener, live_server: str, measure: str) -> None:
    page = open_page(f"/maps/coverage#tab=divisions&measure={measure}&level=county")
    rates = {
        "area": "area_coverage_rate",
        "committee": "committee_rate",
        "party": "party_rate",
        "fee": "fee_rate_mean",
    }
    for row in (each for each in told(live_server, level="county")["rows"] if each["area_rows"]):
        value = row["forms"]["1"] / row["area_rows"] if measure == "form" else row[rates[measure]]
        shown = page.locator(f"#panel-body .division[data-id='{row['id']}'] .row-aside")
        expect(shown).to_contain_text(f"{value * 100:.1f} %")
    if measure == "committee":
        expect(page.locator("#panel-body .missed").first).to_contain_text("未达 70 %")


def test_a_changed_definition_changes_map_list_numbers_and_files_together(open_page: Opener, live_server: str) -> None:
    page = open_page("/maps/coverage")
    leave_out(page, "spatial")
    expected = told(live_server, "/rows", definition="declared,lost", limit=100)
    count = expected["numberMatched"]
    assert count < 32
    expect(page.locator("#panel-body .tabs [data-value=uncovered]")).to_have_text(f"失管小区{count}")
    expect(page.locator("#panel-body .paged button.row")).to_have_count(count)
    features_ = told(live_server, "/rows", definition="declared,lost", f="geojson")["features"]
    assert located(features_) > 0
    stands(page, "communities", located(features_))
    expect(figure(page, 0)).to_contain_text(f"{(205 - count) / 205 * 100:.1f} %")
    expect(page.locator("#status-count")).to_contain_text(f"失管小区 {count}/205")
    expect(page.locator("#legend-body .legend-note").first).to_contain_text("失管口径：台账登记无物管、物业撤离")
    link = page.locator("#panel-body .files [data-form=xlsx]")
    with page.expect_download() as waiting:
        link.click()
    assert waiting.value.url == f"{live_server}/coverage/rows?definition=declared%2Clost&figure=uncovered&f=xlsx"
    file = httpx.get(waiting.value.url, headers=bearing(Role.CITY), timeout=60).raise_for_status()
    book = load_workbook(io.BytesIO(file.content))
    assert book.worksheets[0].max_row - 1 == count
    assert {row[0]: row[1] for row in book["说明"].iter_rows(values_only=True)}["口径"] == expected["definition_words"]


def test_the_last_reason_of_the_definition_stays(open_page: Opener) -> None:
    page = open_page("/maps/coverage#definition=lost")
    page.locator("#panel-body .definition-row [data-value=lost]").click()
    expect(page.locator("#notices p")).to_have_text("口径至少要计入一种原因。")
    expect(page.locator("#definition")).to_contain_text("失管口径：物业撤离")


def test_behind_a_rate_stand_its_rows(open_page: Opener, live_server: str, photograph: Photograph) -> None:
    page = open_page("/maps/coverage#tab=divisions&measure=committee&level=street")
    division = page.locator("#panel-body .division").first
    photograph(page, "coverage-divisions")
    code = (division.get_attribute("data-id") or "").partition(":")[2]
    lacking = division.locator("[data-figure=committee_no]")
    number = int(lacking.inner_text())
    lacking.click()
    expected = told(live_server, "/rows", figure="committee_no", level="street", code=code, limit=100)
    assert expected["numberMatched"] == number > 0
    expect(page.locator("#panel-body .rows-head b")).to_contain_text(f"{number} 行")
    expect(page.locator("#panel-body .paged button.row")).to_have_count(number)
    expect(page.locator("#panel-body .paged .row-title")).to_have_text([row["name"] for row in expected["rows"]])
    photograph(page, "coverage-rows")
    page.keyboard.press("Escape")
    expect(page.locator("#panel-body .division").first.locator("[data-figure=committee_no]")).to_be_focused()


def test_two_days_are_compared_with_what_turned_between_them(
    open_page: Opener, live_server: str, photograph: Photograph
) -> None:
    page = open_page("/maps/coverage")
    turn_to(page, "difference")
    expect(page.locator("#day-from")).to_have_value("2023-07-14")  # the eve of the first ledger
    expected = told(live_server, "/difference", **{"from": "2023-07-14"})
    expect(page.locator(".compared tbody tr").first).to_contain_text("0/205")
    expect(page.locator(".compared tbody tr").last).to_contain_text("173/205")
    expect(page.locator(".note", has_text="小区名单从括号中的日期起才有记录，所问之日没有历史")).to_be_visible()
    assert len(expected["turned"]["covered"]) == 173
    rests(page)
    photograph(page, "coverage-difference")
    page.locator("[data-figure=turned_covered]").click()
    expect(page.locator("#panel-body .rows-head b")).to_have_text("转为已覆盖的小区 173 个")
    turn_to(page, "uncovered")
    expect(page.locator("#day-from")).to_have_count(0)


def test_the_map_of_an_earlier_day_shows_its_boundaries(open_page: Opener) -> None:
    page = open_page("/maps/coverage")
    assert drawn(page, "management_areas") > 0
    page.locator("#day-to").fill("2023.7.14")
    page.keyboard.press("Enter")
    expect(page.locator("#status-time")).to_have_text("数据时间 2023-07-14")
    expect(page.locator("#panel-body .tabs [data-value=uncovered]")).to_have_text("失管小区205")
    page.wait_for_function("() => GIS.page.layers.get('management_areas').drawn() === 0")
    expect(page.locator(".days .note", has_text="小区名单从括号中的日期起才有记录，所问之日没有历史")).to_be_visible()


def test_what_is_no_day_is_said_and_put_back(open_page: Opener) -> None:
    page = open_page("/maps/coverage")
    before = page.locator("#day-to").input_value()
    page.locator("#day-to").fill("2023-02-30")
    page.keyboard.press("Enter")
    expect(page.locator("#notices p")).to_have_text("日期应写成 2023-07-15 这样。")
    expect(page.locator("#day-to")).to_have_value(before)


def test_an_address_shows_somebody_else_the_same(open_page: Opener) -> None:
    page = open_page("/maps/coverage")
    leave_out(page, "lost")
    page.locator("#division").select_option("340811")
    turn_to(page, "divisions")
    page.locator("#measure").select_option("party")
    choose_level(page, "neighborhood")
    page.wait_for_function("() => location.hash.includes('level=neighborhood')")
    shown = page.locator("#panel-body .division .row-aside").all_inner_texts()
    address = page.url
    other = open_page("/maps/coverage" + address[address.index("#") :])
    expect(other.locator("#panel-body .division .row-aside")).to_have_text(shown)
    expect(other.locator("#division")).to_have_value("340811")
    expect(other.locator("#status-count")).to_contain_text("宜秀区")
    assert other.evaluate("() => GIS.page.map.getZoom()") == pytest.approx(
        page.evaluate("() => GIS.page.map.getZoom()"), abs=0.01
    )


def test_a_distance_is_measured_by_pressing_two_places(open_page: Opener) -> None:
    page = open_page("/maps/coverage")
    page.get_by_role("button", name="量距离和面积").click()
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    places = [(box["x"] + 300, box["y"] + 300), (box["x"] + 500, box["y"] + 300)]
    for x, y in places:
        page.mouse.click(x, y)
        rests(page)
    script = """() => {
      const [from, to] = [[300, 300], [500, 300]].map(spot => GIS.page.map.containerPointToLatLng(spot));
      return GIS.page.map.distance(from, to);
    }"""
    metres = page.evaluate(script)
    words = f"{metres / 1000:.2f} km" if metres >= 1000 else f"{metres:.0f} m"
    expect(page.locator("#notices p")).to_contain_text(f"距离 {words}")
    page.keyboard.press("Escape")
    expect(page.locator("#notices p")).to_have_count(0)


def test_words_at_the_edge_of_a_phone_are_read_whole(open_page: Opener) -> None:
    page = open_page("/maps/coverage", PHONE)
    script = """() => {
      const texts = [], { labels } = GIS.page, context = labels._context, draw = context.fillText.bind(context);
      context.fillText = (text, x, y) => {
        const half = context.measureText(text).width / 2;
        texts.push([text, x - half, x + half]);
        draw(text, x, y);
      };
      labels.redraw();
      const { left, right } = labels._view().seen;
      return texts.filter(([text]) => text.endsWith(" %")).map(([text, from, to]) => [text, from - left, right - to]);
    }"""
    rates = page.evaluate(script)
    assert len(rates) >= 5
    assert [text for text, before, behind in rates if before < 0 or behind < 0] == []


def test_the_map_is_printed_on_a3_with_all_that_a_printed_map_needs(open_page: Opener, tmp_path: Path) -> None:
    page = open_page("/maps/coverage#tab=divisions")
    page.evaluate("() => GIS.prepareSheet(GIS.page, 'A3')")
    page.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True, print_background=True)
    page.emulate_media(media="print")
    for needed in (".leaflet-control-scale-line", ".north", "#status-time", ".status .source", ".legend", ".bar h1"):
        expect(page.locator(needed).first).to_be_visible()
    expect(page.locator("#definition")).to_contain_text("失管口径")
    text = (tmp_path / "map.pdf").read_bytes()
    assert text.count(b"/Type /Page\n") + text.count(b"/Type /Page/") == 1
    width, height = map(float, re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", text)[0])
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (420, 297)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tab", ["uncovered", "divisions", "difference"])
def test_nothing_keeps_people_with_other_senses_out(
    open_page: Opener, photograph: Photograph, size: str, tab: str
) -> None:
    page = open_page(f"/maps/coverage#tab={tab}{'&from=2023-07-15' if tab == 'difference' else ''}", SIZES[size])
    rests(page)
    photograph(page, f"coverage-{tab}-{size}")
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]


@pytest.mark.parametrize("size", SIZES)
def test_what_opens_over_the_map_keeps_nobody_out(open_page: Opener, photograph: Photograph, size: str) -> None:
    page = open_page("/maps/coverage", SIZES[size])
    page.locator("#panel-body .paged button.row").first.click()
    expect(page.locator(".leaflet-popup h2")).to_be_visible()
    rests(page)
    photograph(page, f"coverage-popup-{size}")
    assert barriers(page) == []
    page.keyboard.press("Escape")
    page.locator("#panel-body .figure [data-figure=uncovered]").first.click()
    expect(page.locator("#panel-body .rows-head b")).to_contain_text("失管小区")
    photograph(page, f"coverage-behind-{size}")
    assert barriers(page) == []
    page.keyboard.press("Escape")
    if page.locator("#definition").is_visible():
        page.locator("#definition").click()
        expect(page.locator("#definitions")).to_be_visible()
        photograph(page, f"coverage-definitions-{size}")
        assert barriers(page) == []


def test_text_of_the_data_is_never_markup(open_page: Opener) -> None:
    page = open_page("/maps/coverage")
    evil = '<img src=x onerror="window.broken = true"><b>名</b>'
    page.evaluate(
        """evil => {
          const desk = GIS.page.desk, rows = desk.facts.rows.bind(desk.facts);
          desk.panel.rows.standing = null;
          desk.facts.rows = async (...asked) => {
            const answer = await rows(...asked);
            answer.rows.forEach(row => { row.name = evil; row.evidence = evil; });
            return answer;
          };
          GIS.page.settle();
        }""",
        evil,
    )
    row = page.locator("#panel-body .paged button.row").first
    expect(row.locator(".row-title")).to_have_text(evil)
    row.click()
    expect(page.locator(".leaflet-popup h2")).to_contain_text("<img src=x")
    assert page.locator(".leaflet-popup img, #panel-body img").count() == 0
    assert page.evaluate("() => window.broken === undefined")
