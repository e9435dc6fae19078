"""Two indicators by TOML alone, pushed by API, seen in the browser: as layer, choropleth, column and trend."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import httpx
import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from tests.browser.resting import watch_rest
from tests.indicator_files import declared_in, push
from tests.web import bearing, served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def city(own_sample_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    app = create_app(own_sample_engine, declared_in(tmp_path_factory.mktemp("work") / "indicators"))
    with served(app, Role.CITY) as client:
        with own_sample_engine.connect() as connection:
            areas = connection.execute(text("select code, county_code from management_areas order by code")).all()
            communities = connection.execute(text("select code from communities order by code")).all()
        for month, gain in (("2023-09", 0.0), ("2023-10", 0.1)):
            rates = {"340802": 0.3 + gain, "340811": 0.8 + gain}
            rows = [
                {"subject": one.code, "period": month, "value": rates[one.county_code]}
                for one in areas
                if one.county_code in rates
            ]
            assert push(client, "repair_fund", rows)["new"] == len(rows)
        rows = [{"subject": one.code, "period": "2023-Q3", "value": at % 3} for at, one in enumerate(communities)]
        assert push(client, "owner_votes", rows)["new"] == len(rows)
        yield client


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers=bearing(Role.PLANNER))
    watch_rest(context)
    page = context.new_page()
    yield page
    context.close()


def test_the_indicator_is_a_layer_with_a_page_of_its_features(page: Page, city: httpx.Client) -> None:
    page.goto(f"{city.base_url}/collections/indicator_repair_fund/items?f=html")
    expect(page.locator("h1")).to_have_text("维修资金续筹率：要素")
    expect(page.locator("thead")).to_contain_text("时段")
    expect(page.locator("tbody tr").first).to_contain_text("2023-10")


def test_the_planner_chooses_it_in_the_measure_switch_and_sees_divisions_coloured_and_the_trend(
    page: Page, city: httpx.Client
) -> None:
    page.goto(f"{city.base_url}/maps/coverage#tab=divisions&level=county")
    page.select_option("#measure", label="维修资金续筹率")
    row = page.locator(".division", has_text="宜秀区")
    expect(row).to_contain_text("90.0 %")
    expect(row).to_contain_text("2023-10")
    expect(page.locator(".division", has_text="迎江区")).to_contain_text("40.0 %")
    colours = page.evaluate(
        "['county:340811', 'county:340802'].map((id) => GIS.page ? GIS.page.desk.ruleOfDivision(id).fill : '')"
    )
    assert colours == ["#21679f", "#8fbfe0"]
    expect(page.locator(".legend")).to_contain_text("维修资金续筹率")
    expect(page.locator(".legend")).to_contain_text("80.0 % 至 100.0 %")
    expect(page.locator(".trend svg")).to_have_attribute("aria-label", course(city))


def course(city: httpx.Client) -> str:
    """What the chart of the whole city says."""
    points = city.get("/indicators/repair_fund/trend").json()["points"]
    return "维修资金续筹率：" + "，".join(f"{one['period']} {one['value'] * 100:.1f} %" for one in points)


def test_sums_of_communities_are_a_measure_too_and_the_address_remembers_it(page: Page, city: httpx.Client) -> None:
    page.goto(f"{city.base_url}/maps/coverage#tab=divisions&level=county&measure=indicator_owner_votes")
    expect(page.locator("#measure")).to_have_value("indicator_owner_votes")
    figures = city.get("/indicators/owner_votes").json()["figures"]["county"]
    for figure in figures:
        expect(page.locator(".division", has_text=figure["name"])).to_contain_text(f"{figure['value']:.0f} 场")


def test_the_page_of_the_indicator_tells_its_course_and_definition(page: Page, city: httpx.Client) -> None:
    page.goto(f"{city.base_url}/indicators")
    page.click("text=维修资金续筹率")
    expect(page.locator("h1")).to_have_text("维修资金续筹率")
    expect(page.locator(".lead")).to_contain_text("维修资金管理信息系统")
    expect(page.locator("svg.chart")).to_have_attribute("aria-label", course(city))
    page.select_option("#within", label="宜秀区")
    page.click("text=查看")
    expect(page.locator("#trend")).to_contain_text("宜秀区")
    expect(page.locator("table.wide")).to_contain_text("90.0 %")


def test_the_export_that_people_open_has_its_column(city: httpx.Client) -> None:
    book = city.get("/collections/management_areas/export", params={"f": "xlsx"})
    rows = list(openpyxl.load_workbook(BytesIO(book.content)).worksheets[0].iter_rows(values_only=True))
    at = rows[0].index("维修资金续筹率")
    assert {round(float(str(row[at])), 1) for row in rows[1:] if row[at] is not None} == {0.4, 0.9}
