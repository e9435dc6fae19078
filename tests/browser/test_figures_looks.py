"""The pages of figures at the office PC, on a large screen and on a phone: nothing sideways, nothing that axe finds."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from gis_service.access import Role
from gis_service.api import create_app
from tests.browser.resting import watch_rest
from tests.browser.seeing import EVERY, barriers
from tests.web import SETTINGS, bearing, served

pytestmark = pytest.mark.browser
PAGES = (
    "/summary?period=week&date=2023-09-20",
    "/targets?level=street",
    "/targets/committee?from=2026-09-01",
    "/campaign?as_of=2023-08-20",
    "/indicators",
    "/indicators/fee_collection",
    "/packages",
)


@pytest.fixture(scope="module")
def web(sample_engine: Engine) -> Iterator[httpx.Client]:
    with served(create_app(sample_engine, SETTINGS)) as client:
        yield client


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(extra_http_headers=bearing(Role.CITY), bypass_csp=True)
    watch_rest(context)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("address", PAGES)
def test_the_page_fits_every_screen_and_is_accessible(web: httpx.Client, page: Page, address: str) -> None:
    page.goto(f"{web.base_url}{address}")
    expect(page.locator("h1")).to_be_visible()
    for width, height in ((1366, 768), (1920, 1080), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert barriers(page, EVERY) == [], width
