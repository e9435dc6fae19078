"""The numbers that both desks show, beside the interface, the kept files and the sample's sheets counted by hand."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import geopandas
import httpx
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import Engine

from gis_service.access import Role
from tests.browser.conftest import OFFICE_PC, Photograph, serving, watching
from tests.browser.officer import chip, officers, tab
from tests.browser.resting import rests
from tests.browser.seeing import features
from tests.hand_counts import (
    COMMITTEE,
    PARTY,
    TOWN,
    fees,
    formed,
    forms,
    lane,
    problems,
    problems_in,
    rows,
    surveyed,
    uncovered,
)
from tests.web import bearing

pytestmark = [pytest.mark.browser, pytest.mark.database]
LEVELS = ("county", "street", "reporting_unit")
METRES = 4548  # CGCS2000 around 117° E
LANE_M = 4.0  # the width of a lane that nobody measured
Desk = Callable[[str], Page]


@pytest.fixture(scope="module")
def server(own_sample_engine: Engine) -> Iterator[str]:
    with serving(own_sample_engine) as address:
        yield address


@pytest.fixture
def planner(browser: Browser, server: str) -> Iterator[Desk]:
    with watching(browser) as made:

        def opened(fragment: str) -> Page:
            page = made(server, OFFICE_PC, extra_http_headers=bearing(Role.PLANNER))
            page.goto(f"{server}/maps/coverage#{fragment}")
            page.wait_for_selector("html[data-ready=true]", state="attached", timeout=60_000)
            expect(page.locator("#panel-body .tabs")).to_be_visible()
            return page

        yield opened


@pytest.fixture
def officer(browser: Browser, server: str) -> Iterator[Page]:
    with officers(browser, server) as opened:
        yield opened(Role.FIRE)


def asides(page: Page) -> list[str]:
    """What stands at the right of each division, once they stand."""
    expect(page.locator("#panel-body .division").first).to_be_visible()
    return page.locator("#panel-body .division .row-aside").all_inner_texts()


def summed(words: list[str]) -> tuple[int, int]:
    """The parts and the wholes of all divisions together: 84.4 %，20/29."""
    pairs = [found.groups() for one in words if (found := re.search(r"，([\d,]+)/([\d,]+)", one))]
    return sum(number(part) for part, _ in pairs), sum(number(whole) for _, whole in pairs)


def number(words: str) -> int:
    return int(words.replace(",", ""))


def kept(server: str, level: str) -> dict[str, Any]:
    """The last row of the file of divisions: all of them."""
    answer = httpx.get(
        f"{server}/coverage", params={"level": level, "f": "xlsx"}, headers=bearing(Role.PLANNER), timeout=60
    ).raise_for_status()
    titles, *lines = load_workbook(io.BytesIO(answer.content)).worksheets[0].values
    return dict(zip(map(str, titles), lines[-1], strict=True))


def by_hand(measure: str) -> tuple[int, int]:
    communities = len(features_of_sample("communities"))
    return {
        "coverage": (communities - uncovered(), communities),
        "committee": formed(COMMITTEE),
        "party": formed(PARTY),
        "closed": problems(),
    }[measure]


def features_of_sample(name: str) -> list[dict[str, Any]]:
    return surveyed(name)


COLUMNS = {
    "coverage": ("已覆盖小区", "小区总数"),
    "committee": ("已组建业委会", "填写组建情况的台账行"),
    "party": ("党的工作已覆盖", "填写党的工作覆盖情况的台账行"),
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("measure", ["coverage", "committee", "party", "closed"])
def test_the_divisions_of_a_measure_add_up_to_what_was_counted_by_hand(
    planner: Desk, server: str, measure: str, level: str
) -> None:
    page = planner(f"tab=divisions&measure={measure}&level={level}")
    expected = by_hand(measure)
    assert summed(asides(page)) == expected
    file = kept(server, level)
    if measure == "closed":
        assert (file["已销号问题"], file["已销号问题"] + file["未销号问题"]) == expected
    else:
        assert tuple(file[title] for title in COLUMNS[measure]) == expected


def test_the_figures_above_the_list_are_those_counted_by_hand(planner: Desk) -> None:
    page = planner("")
    figures = page.locator("#panel-body .figure")
    for place, measure in ((0, "coverage"), (2, "committee")):
        part, whole = by_hand(measure)
        expect(figures.nth(place).locator("strong")).to_have_text(f"{part / whole * 100:.1f} %")
        expect(figures.nth(place)).to_contain_text(f"{part}/{whole}")
    expect(figures.nth(1).locator("strong")).to_have_text(str(uncovered()))
    expect(page.locator("#panel-body .tabs [data-value=uncovered] b")).to_have_text(str(uncovered()))
    ledger = len(list(rows(TOWN / "annex1.xlsx")))
    communities = len(features_of_sample("communities"))
    expect(page.locator("#status-count")).to_have_text(f"失管小区 {uncovered()}/{communities}　台账 {ledger} 行")


def test_the_rate_by_area_is_that_measured_on_the_survey_under_the_boundaries(planner: Desk, server: str) -> None:
    page = planner("tab=divisions&measure=area&level=county")
    told = [re.search(r"，([\d,.]+) 公顷/([\d,.]+) 公顷", one) for one in asides(page)]
    shown = [sum(float(found[part].replace(",", "")) for found in told if found) for part in (1, 2)]
    survey = geopandas.read_file(TOWN / "communities.geojson").to_crs(METRES)
    boundaries = geopandas.GeoDataFrame.from_features(features(server, "management_areas"), crs=4490).to_crs(METRES)
    with (TOWN / "uncovered_expected.csv").open(encoding="utf-8") as file:
        lost = {row["code"] for row in csv.DictReader(file)}
    cared_for = survey.loc[~survey["code"].isin(lost)].geometry.intersection(boundaries.geometry.union_all())
    hand = [shapes.area.sum() / 10_000 for shapes in (cared_for, survey.geometry)]
    assert shown == pytest.approx(hand, rel=0.002)
    assert 0 < hand[0] < hand[1]


def test_the_mean_collection_rate_of_the_divisions_is_that_of_the_cells(planner: Desk, server: str) -> None:
    page = planner("tab=divisions&measure=fee&level=street")
    told = [re.match(r"([\d.]+) %，(\d+)/(\d+)", one) for one in asides(page)]
    rates = [(float(found[1]) / 100, int(found[2])) for found in told if found]
    hand = fees()
    assert sum(known for _, known in rates) == len(hand) == kept(server, "street")["填写收缴率的台账行"]
    mean = sum(rate * known for rate, known in rates) / len(hand)
    assert mean == pytest.approx(sum(hand) / len(hand), abs=0.0005)


def test_the_forms_of_service_of_the_divisions_are_those_of_the_cells(planner: Desk) -> None:
    page = planner("tab=divisions&measure=form&level=county")
    asides(page)
    shown = Counter(
        {
            form: sum(number(one) for one in page.locator(f"#panel-body [data-figure=form_{form}]").all_inner_texts())
            for form in range(1, 7)
        }
    )
    assert shown == forms()


def test_an_indicator_shows_what_the_other_system_told_and_what_told_nothing_comes_last(
    planner: Desk, server: str
) -> None:
    page = planner("tab=divisions&measure=indicator_satisfaction&level=street")
    told = asides(page)
    answer = httpx.get(f"{server}/coverage", params={"level": "street"}, headers=bearing(Role.PLANNER), timeout=60)
    known = {row["id"]: row["indicators"].get("satisfaction") for row in answer.json()["rows"]}
    values = sorted(one["value"] for one in known.values() if one)
    assert 0 < len(values) < len(known)
    assert told == [*(f"{value:g} 分" for value in values), *["没有数值"] * (len(known) - len(values))]
    page = planner("tab=divisions&measure=indicator_satisfaction&level=neighborhood")
    expect(page.locator("#panel-body .note", has_text="这一层级没有报来的数值，请换一个层级。")).to_be_visible()


def test_the_verdicts_on_lanes_and_covers_are_those_of_the_clauses_read_by_hand(officer: Page, server: str) -> None:
    verdicts = Counter(map(lane, surveyed("fire_lanes")))
    for words, verdict in (("不合格", "fail"), ("未测量", "not_measured"), ("合格", "pass")):
        button = officer.get_by_role("group", name="按状态筛选").get_by_role("button", name=re.compile(f"^{words}"))
        expect(button.locator("b")).to_have_text(str(verdicts[verdict]))
    covers = surveyed("manholes")
    expect(officer.locator("#status-count")).to_contain_text(f"窨井盖 {len(covers):,}")
    shown = Counter(one["properties"]["state"] for one in features(server, "manholes"))
    assert shown == Counter(one["state"] for one in covers)


def test_the_problems_of_the_fire_brigade_are_those_of_the_sheet_by_state(officer: Page, server: str) -> None:
    tab(officer, "问题整改")
    lines = [row for row in rows(TOWN / "annex2.xlsx") if set(map(int, numbers(row))) & set(range(10, 15))]
    fire = Counter[bool]()
    for row in lines:
        closed = bool(re.match("是|√|已销号", str(row["是否销号"] or "")))
        fire[closed] += sum(10 <= int(one) <= 14 for one in set(numbers(row)))
    expect(chip(officer, "按整改状态筛选", "已销号")).to_have_text(str(fire[True]))
    states = [number(chip(officer, "按整改状态筛选", words).inner_text()) for words in ("排查", "整改中", "待核")]
    assert sum(states) == fire[False]
    officer.get_by_label("只看消防相关").uncheck()
    all_closed, every = problems()
    assert every == sum(problems_in(row) for row in rows(TOWN / "annex2.xlsx"))
    expect(chip(officer, "按整改状态筛选", "已销号")).to_have_text(str(all_closed))
    told = [one["properties"] for one in features(server, "problems")]
    for name, words in (("found", "排查"), ("rectifying", "整改中"), ("waiting", "待核"), ("closed", "已销号")):
        expect(chip(officer, "按整改状态筛选", words)).to_have_text(str(sum(one["state"] == name for one in told)))
    overdue = sum(bool(one["deadline"]) and one["closed"] is not True for one in told)  # all of 2023
    expect(due(officer, "已逾期")).to_have_text(str(overdue))
    expect(officer.locator("#status-count")).to_contain_text(f"整改问题 {every}")


def numbers(row: dict[str, Any]) -> list[str]:
    text = str(row["问题类别"] or "").translate(str.maketrans("０１２３４５６７８９", "0123456789"))
    return re.findall(r"\d+", text)


def due(page: Page, words: str) -> Locator:
    return page.get_by_role("group", name="按状态筛选", exact=True).get_by_role("button", name=words).locator("b")


def test_e_bike_places_are_listed_with_their_checks_and_those_on_lanes_with_the_square_metres(
    officer: Page, server: str, photograph: Photograph
) -> None:
    tab(officer, "电动车")
    places = {one["properties"]["code"]: one for one in features(server, "ebike_charging")}
    on_lane = overlaps(server)
    wrong = {row["code"] for row in surveyed("ebike_charging") if fails_by_itself(row)} | set(on_lane)
    assert {code for code, one in places.items() if one["properties"]["result"] == "fail"} == wrong
    expect(due(officer, "不合格")).to_have_text(str(len(wrong)))
    due(officer, "未测量").click()
    expect(officer.locator("#panel-body .row")).to_have_count(
        sum(one["properties"]["result"] != "not_measured" for one in places.values())
    )
    assert on_lane
    for code, square_metres in sorted(on_lane.items())[:3]:
        told = places[code]["properties"]
        assert told["lane_overlap_m2"] == pytest.approx(square_metres, rel=0.02), code
        row = officer.locator("#panel-body .row", has=officer.get_by_text(told["name"], exact=True))
        expect(row.locator(".row-below")).to_contain_text(f"占用消防车道 {told['lane_overlap_m2']:.10g} m²")
        rests(officer)  # or the list may be written anew between press and release
        row.click()
        popup = officer.locator(".leaflet-popup")
        expect(popup.locator("h2")).to_have_text(told["name"])
        expect(popup.locator("dt", has_text="占用消防车道面积").locator("+ dd")).to_have_text(
            re.compile(rf"^{round(told['lane_overlap_m2'])} m²$")
        )
        popup.locator(".clauses summary").click()
        expect(popup.locator(".clauses")).to_contain_text("停放充电场所不得占用消防车道")
    photograph(officer, "hazard-ebike")


def fails_by_itself(row: dict[str, Any]) -> bool:
    """What of the guide can be seen without a map: room, group, sockets, exits, neighbours."""
    small = row["places"] <= 25
    told = {name: value for name, value in row.items() if value is not None}
    return bool(
        told["area_m2"] / told["places"] < 2.2
        or (not small and told["group_length_m"] > 20)
        or told.get("socket_spacing_m", 0.8) < 0.8
        or (not small and told.get("exits", 2) < 2)
        or told["near_sensitive"]
    )


def overlaps(server: str) -> dict[str, float]:
    """How much of each place lies on a lane, cut out here: a lane is as wide as it was measured, with flat ends."""
    lanes, places = (
        geopandas.GeoDataFrame.from_features(features(server, layer), crs=4490).to_crs(METRES)
        for layer in ("fire_lanes", "ebike_charging")
    )
    half = lanes["clear_width_m"].fillna(LANE_M).astype(float) / 2
    strips = lanes.geometry.buffer(half, cap_style="flat").union_all()
    areas = places.geometry.intersection(strips).area
    return {code: area for code, area in zip(places["code"], areas, strict=True) if area > 0.01}
