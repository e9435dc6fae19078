"""The sheet of the dispatch meeting: overdue, due soon, new and closed by unit, beside the period before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from io import BytesIO

import httpx
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.imports import import_file
from tests.browser.resting import watch_rest
from tests.dispatching import close_on
from tests.hand_counts import closed, deadline, in_force, problems_in, rows
from tests.import_files import annex2, problem
from tests.web import SETTINGS, bearing, refusal, served

DAY = dt.date(2023, 9, 20)


@pytest.fixture(scope="module")
def worked(own_sample_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """宜秀区 closes three problems in the week to the 20th, one of them on that day, and one in the week before.

    Its ledger of the 19th, which is sent today, has two problems that the one of July had not.
    """
    ledger = annex2(
        tmp_path_factory.mktemp("ledger"),
        *(problem(row, project_name=f"新增{row}", county="宜秀区") for row in (1, 2)),
    )
    import_file(own_sample_engine, "problems", [ledger], commit=True, since=dt.date(2023, 9, 19))
    with own_sample_engine.begin() as connection:
        found = connection.scalars(
            text(
                "select id from problems where county = '宜秀区' and not closed and deadline > '2023-01-01' order by id"
            )
        ).all()
        for one, day in zip(found, (20, 18, 14, 10), strict=False):
            close_on(connection, [one], dt.date(2023, 9, day))
    return own_sample_engine


@pytest.fixture(scope="module")
def web(worked: Engine) -> Iterator[httpx.Client]:
    with served(create_app(worked, SETTINGS), Role.COUNTY) as client:
        yield client


def test_a_week_stands_beside_the_week_before(web: httpx.Client) -> None:
    told = web.get("/summary", params={"date": f"{DAY}", "period": "week", "within": "宜秀区"}).json()
    assert (told["from"], told["to"]) == ("2023-09-14", "2023-09-20")
    assert told["before"] == {"from": "2023-09-07", "to": "2023-09-13"}
    sums = told["totals"]
    assert (sums["did_close"], sums["before_close"], sums["new"], sums["before_new"]) == (3, 1, 2, 0)
    assert {row["county"] for row in told["rows"]} == {"宜秀区"}
    day = web.get("/summary", params={"date": f"{DAY}", "within": "宜秀区"}).json()["totals"]
    assert (day["did_close"], day["before_close"]) == (1, 0)


def test_a_past_day_is_told_as_problems_stood_then(web: httpx.Client, worked: Engine) -> None:
    def on(day: str) -> dict[str, int]:
        totals: dict[str, int] = web.get("/summary", params={"date": day, "within": "宜秀区"}).json()["totals"]
        return totals

    early, late = on("2023-09-09"), on("2023-09-20")
    assert (early["total"], early["open"]) == (late["total"] - 2, late["open"] - 2 + 4)
    with worked.connect() as connection:
        done = connection.scalar(
            text(
                "select count(*) from problems p where deadline < '2023-09-20'"
                " and exists (select from problem_events e where e.problem_id = p.id and e.kind = 'close')"
            )
        )
    open_ones = (row for row in rows(in_force(2, DAY)) if row["所在区县"] == "宜秀区" and not closed(row))
    overdue = (row for row in open_ones if (deadline(row["整改完成时限"]) or DAY) < DAY)
    assert late["overdue"] == sum(problems_in(row) for row in overdue) - done


def test_units_add_up_to_counties_and_counties_to_the_city(web: httpx.Client) -> None:
    told = web.get("/summary", params={"date": f"{DAY}", "period": "week"}).json()
    assert len(told["counties"]) > 1
    for name, total in told["totals"].items():
        assert sum(row[name] for row in told["rows"]) == sum(row[name] for row in told["counties"]) == total
    assert "period 应为 day、week" in refusal(web.get("/summary", params={"period": "month"}), 400)
    assert "date 应为日期" in refusal(web.get("/summary", params={"date": "昨天"}), 400)


def test_the_workbook_says_the_same_as_the_page(web: httpx.Client) -> None:
    asked = {"date": f"{DAY}", "period": "week", "within": "宜秀区"}
    book = load_workbook(BytesIO(web.get("/summary", params={**asked, "f": "xlsx"}).content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    told = web.get("/summary", params=asked).json()
    assert list(rows[0][2:]) == list(told["titles"].values())
    assert list(rows[-1][2:]) == list(told["totals"].values())
    assert ("本期", "2023-09-14 至 2023-09-20") in [row[:2] for row in book.worksheets[1].iter_rows(values_only=True)]


@pytest.mark.browser
def test_the_page_is_reached_from_a_map_and_prints_on_a4(browser: Browser, web: httpx.Client) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers=bearing(Role.CITY))
    watch_rest(context)
    page = context.new_page()
    page.goto(f"{web.base_url}/maps/hazards")
    page.click("nav >> text=统计")
    expect(page.locator("h1")).to_have_text("问题整改日调度")
    page.select_option("#within", label="宜秀区")
    page.select_option("#period", label="周")
    page.fill("#date", f"{DAY}")
    page.click("text=查看")
    expect(page.locator("h1")).to_have_text("问题整改周调度")
    expect(page.locator(".figures > div", has_text="本期销号")).to_contain_text("上期 1，+2")
    page.emulate_media(media="print")
    expect(page.locator(".tools")).to_be_hidden()
    page.set_viewport_size({"width": 703, "height": 1000})  # 186 mm between the margins, in pixels of 96 dpi
    assert page.evaluate("document.documentElement.scrollWidth <= 703")
    context.close()
