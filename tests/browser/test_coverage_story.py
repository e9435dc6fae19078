"""A planner's whole morning at the coverage desk, and the files taken away from it, opened where planners open them."""

from __future__ import annotations

import datetime as dt
import json
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas
import httpx
import pyogrio
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import pages
from gis_service.settings import Settings
from tests.browser.conftest import OFFICE_PC, Photograph, fill_in, serving, watching
from tests.hand_counts import surveyed, without_service_on
from tests.web import bearing

pytestmark = [pytest.mark.browser, pytest.mark.database]
JULY, NOVEMBER = "2023-07-31", "2023-11-30"
REVIEW = "皖S（2023）99号"
Desk = Callable[..., Page]


@pytest.fixture(scope="module")
def mended(own_sample_engine: Engine) -> str:
    """A community whose area had no service in July by the ledger, and a company in November."""
    with own_sample_engine.begin() as connection:
        area, name = connection.execute(
            text(
                "select m.area_id, c.name from area_communities m join communities c on c.id = m.community_id "
                "join management_areas a on a.id = m.area_id where m.how = 'ledger' and a.county_code = '340802' "
                "and a.service_form = 1 and c.id not in (select community_id from uncovered_communities) "
                "order by 1 limit 1"
            )
        ).one()
        for day, form, company in (("2023-07-15", 5, ""), ("2023-11-15", 1, "新到物业服务有限公司")):
            connection.execute(
                text(
                    "insert into area_facts (area_id, since, facts) select area_id, :day, facts || "
                    "jsonb_build_object('service_form', cast(:form as int), 'company', cast(:company as text)) "
                    "from area_facts where area_id = :area and facts is not null order by since, id limit 1"
                ),
                {"day": dt.date.fromisoformat(day), "form": form, "company": company, "area": area},
            )
    return str(name)


@pytest.fixture(scope="module")
def server(own_sample_engine: Engine, mended: str) -> Iterator[str]:
    assert mended
    with serving(own_sample_engine, Settings(review_number=REVIEW)) as address:
        yield address


@pytest.fixture
def desk(browser: Browser, server: str) -> Iterator[Desk]:
    """Opens the coverage map as a planner who logged in by the form; nothing may go wrong on it or leave our server."""
    with watching(browser) as made:

        def opened(fragment: str = "", size: tuple[int, int] = OFFICE_PC) -> Page:
            page = made(server, size, accept_downloads=True)
            fill_in(page, server, Role.PLANNER, "/account")
            page.wait_for_url(f"{server}/account")
            page.goto(f"{server}/maps/coverage#{fragment}")
            page.wait_for_selector("html[data-ready=true]", state="attached")
            return page

        yield opened


def told(server: str, path: str = "", **parameters: object) -> dict[str, Any]:
    asked = {key.rstrip("_"): str(value) for key, value in parameters.items()}
    answer = httpx.get(f"{server}/coverage{path}", params=asked, timeout=60, headers=bearing(Role.PLANNER))
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def turn_to(page: Page, tab: str) -> None:
    page.locator(f"#panel-body .tabs [data-value={tab}]").click()
    expect(page.locator(f"#panel-body .tabs [data-value={tab}]")).to_have_attribute("aria-pressed", "true")


def set_day(page: Page, name: str, day: str) -> None:
    page.locator(f"#day-{name}").fill(day)
    page.keyboard.press("Enter")
    expect(page.locator(f"#day-{name}")).to_have_value(day)


def downloaded(page: Page, link: Locator, folder: Path) -> Path:
    """What the browser itself keeps when the link is pressed."""
    expect(link).to_be_visible()
    with page.expect_download() as waiting:
        link.click()
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    return target


def table(file: Path) -> list[dict[str, Any]]:
    titles, *rows = load_workbook(file).worksheets[0].values
    return [dict(zip(map(str, titles), row, strict=True)) for row in rows]


def as_gdal_reads(file: Path) -> geopandas.GeoDataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL says that lists become texts
        found: geopandas.GeoDataFrame = pyogrio.read_dataframe(file)
    return found


def test_a_planners_morning_from_the_county_to_the_printed_map(
    desk: Desk, server: str, mended: str, photograph: Photograph, tmp_path: Path
) -> None:
    page = desk()
    page.locator("#division").select_option("340802")
    expected = told(server, "/rows", within="340802", limit=100)
    listed = page.locator("#panel-body .paged button.row")
    expect(listed).to_have_count(expected["numberMatched"])

    rate = page.locator("#panel-body .figure").nth(2)
    totals = told(server, within="340802")["totals"]
    expect(rate).to_contain_text(f"{totals['committee_yes']}/{totals['committee_known']}")
    rate.locator("[data-figure=committee_yes]").click()
    expect(page.locator("#panel-body .rows-head b")).to_contain_text(f"{totals['committee_yes']} 行")
    page.keyboard.press("Escape")

    turn_to(page, "difference")
    set_day(page, "to", NOVEMBER)
    set_day(page, "from", JULY)
    turned = told(server, "/difference", from_=JULY, to=NOVEMBER, within="340802")["turned"]
    days = map(dt.date.fromisoformat, (JULY, NOVEMBER))
    then, now = (without_service_on(day) for day in days)
    names = {one["name"] for one in surveyed("communities") if one["code"] in then - now and one["county"] == "迎江区"}
    assert len(turned["covered"]) == len(names | {mended}) > 1
    page.locator("[data-figure=turned_covered]").click()
    expect(page.locator("#panel-body .rows-head b")).to_have_text(f"转为已覆盖的小区 {len(names) + 1} 个")
    assert set(page.locator("#panel-body .paged .row-title").all_inner_texts()) == names | {mended}
    photograph(page, "coverage-july-november")
    page.keyboard.press("Escape")

    turn_to(page, "uncovered")
    set_day(page, "to", JULY)
    expect(listed.filter(has_text=mended)).to_have_count(1)
    kept = downloaded(page, page.locator("#panel-body .files [data-form=xlsx]"), tmp_path)
    assert mended in [row["小区名称"] for row in table(kept)]
    paper = printed(page, tmp_path)
    assert "340802" not in paper
    assert f"数据时间 {JULY}" in paper


@pytest.mark.parametrize("form", ["xlsx", "geojson"])
def test_the_uncovered_list_is_kept_by_the_browser_and_says_what_the_page_says(
    desk: Desk, form: str, tmp_path: Path
) -> None:
    page = desk("within=340811")
    rows = page.locator("#panel-body .paged button.row")
    expect(rows.first).to_be_visible()
    names = page.locator("#panel-body .paged .row-title").all_inner_texts()
    count = int(page.locator("#panel-body .tabs [data-value=uncovered]").inner_text().replace("失管小区", ""))
    file = downloaded(page, page.locator(f"#panel-body .files [data-form={form}]"), tmp_path)
    assert file.suffix == f".{form}"
    if form == "xlsx":
        assert [row["小区名称"] for row in table(file)] == names
    else:
        frame = as_gdal_reads(file)
        assert list(frame["name"]) == names
        assert frame.crs is not None
        assert set(frame["county"]) == {"宜秀区"}
    assert len(names) == count > 0


@pytest.mark.parametrize("form", ["xlsx", "geojson"])
def test_the_figures_of_the_divisions_are_kept_by_the_browser_and_are_those_of_the_page(
    desk: Desk, form: str, tmp_path: Path
) -> None:
    page = desk("tab=divisions&level=street&definition=declared,lost")
    expect(page.locator("#panel-body .division").first).to_be_visible()
    shown = {
        row.get_attribute("data-id"): (
            row.locator(".row-title").inner_text(),
            int(row.locator("[data-figure=covered]").inner_text()),
            int(row.locator("[data-figure=uncovered]").inner_text()),
        )
        for row in page.locator("#panel-body .division").all()
    }
    file = downloaded(page, page.locator(f"#panel-body .files [data-form={form}]"), tmp_path)
    if form == "xlsx":
        *rows, total = table(file)
        found = {f"street:{row['代码']}": (row["名称"], row["已覆盖小区"], row["失管小区"]) for row in rows}
        assert (total["名称"], total["失管小区"]) == ("合计", sum(row["失管小区"] for row in rows))
        words = {row[0]: row[1] for row in load_workbook(file)["说明"].iter_rows(values_only=True)}
        assert words["口径"] == "失管口径：台账登记无物管、物业撤离"
    else:
        frame = as_gdal_reads(file)
        found = {
            f"street:{row['code']}": (row["name"], row["covered"], row["uncovered"]) for row in frame.to_dict("records")
        }
        assert frame[frame["code"] != "未知"].geometry.notna().all()
        assert json.loads(file.read_text())["definition"] == ["declared", "lost"]
    assert found == shown


def test_a_changed_definition_changes_page_interface_files_tiles_and_sheet_together(
    desk: Desk, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pages, "_WHOLE", 10)  # every layer is drawn from tiles
    counts = {}
    for definition, words in (("lost", "失管口径：物业撤离"), ("declared,lost", "失管口径：台账登记无物管、物业撤离")):
        page = desk(f"definition={definition}")
        assert page.evaluate("() => GIS.page.layers.get('communities').tiled")
        rows = told(server, "/rows", definition=definition, limit=100)
        count = counts[definition] = rows["numberMatched"]
        assert told(server, definition=definition)["totals"]["uncovered"] == count
        expect(page.locator("#panel-body .tabs [data-value=uncovered]")).to_have_text(f"失管小区{count}")
        expect(page.locator("#status-count")).to_contain_text(f"失管小区 {count}/205")
        drawn = located(server, [row["id"] for row in rows["rows"]])
        page.evaluate("() => { GIS.page.map.setZoom(13, { animate: false }); }")
        page.wait_for_function("n => GIS.page.layers.get('communities').drawn() === n", arg=len(drawn))
        file = downloaded(page, page.locator("#panel-body .files [data-form=xlsx]"), tmp_path)
        assert len(table(file)) == count
        paper = printed(page, tmp_path)
        assert words in paper
        assert f"失管小区 {count}/205" in paper
    assert counts["lost"] < counts["declared,lost"]


def located(server: str, ids: list[int]) -> list[int]:
    answer = httpx.get(
        f"{server}/collections/communities/items", params={"limit": 1000}, headers=bearing(Role.PLANNER), timeout=60
    )
    return [each["id"] for each in answer.json()["features"] if each["id"] in ids and each["geometry"]]


def printed(page: Page, folder: Path) -> str:
    """The words of the page as it is printed on A3; what must stand on a printed map stands on it."""
    page.evaluate("() => GIS.prepareSheet(GIS.page, 'A3')")
    page.pdf(path=folder / "map.pdf", prefer_css_page_size=True, print_background=True)
    paper = (folder / "map.pdf").read_bytes()
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page/") == 1
    width, height = map(float, re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)[0])
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (420, 297)
    page.emulate_media(media="print")
    expect(page.locator(".joined .leaflet-tile:visible")).to_have_count(0)  # tiles side by side leave seams on paper
    expect(page.locator(".joined > canvas:visible").first).to_be_visible()
    for needed in (".leaflet-control-scale-line", ".north", "#status-time", ".status .source", ".legend", ".bar h1"):
        expect(page.locator(needed).first).to_be_visible()
    words = page.locator("body").inner_text()
    page.emulate_media(media="screen")
    for needed in ("物业服务覆盖图", "数据时间", "来源", f"审图号：{REVIEW}", "失管口径"):
        assert needed in words, needed
    return words
