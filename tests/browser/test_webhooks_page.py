"""The administrator's subscriptions: made with a key shown once, tried, looked into, paused, resumed, ended."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from gis_service.access import Role
from gis_service.settings import Settings
from gis_service.store.sample_accounts import password_of
from tests.browser.conftest import LARGE, OFFICE_PC, PHONE, Photograph, enter, serving, watching
from tests.browser.resting import watch_rest
from tests.browser.seeing import EVERY, barriers

pytestmark = [pytest.mark.browser, pytest.mark.database]
Desk = Callable[..., Page]
SET = {"secret": "x" * 40, "webhook_allow": "127.0.0.0/8,data.example.gov.cn", "logins_a_minute": 1000}


@pytest.fixture(scope="module")
def server(own_sample_engine: Engine) -> Iterator[str]:
    with serving(own_sample_engine, Settings(**SET)) as address:  # type: ignore[arg-type]
        yield address


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    """The address of a machine that takes every message."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    taking = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=taking.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{taking.server_port}/gis/changes"
    taking.shutdown()
    taking.server_close()


@pytest.fixture
def desk(browser: Browser, server: str) -> Iterator[Desk]:
    """Opens the page as the administrator; nothing may go wrong on it."""
    with watching(browser) as made:

        def opened(size: tuple[int, int] = OFFICE_PC) -> Page:
            page = made(server, size)
            enter(page, server, Role.ADMIN, "/admin/webhooks")
            return page

        yield opened


def subscribe(page: Page, url: str) -> None:
    page.get_by_label("发到哪个网址").fill(url)
    page.get_by_role("button", name="新建订阅").click()
    expect(page.locator("#key")).to_have_text(re.compile(r"whsec_[A-Za-z0-9+/=]{44}"))


def test_a_subscription_from_its_key_to_its_end(desk: Desk, receiver: str) -> None:
    page = desk()
    page.get_by_role("checkbox", name="问题").uncheck()
    subscribe(page, receiver)
    own = page.locator("#list tbody tr", has_text=receiver)
    expect(own).to_contain_text("物业管理区域、小区、指标")
    page.reload()
    expect(own).to_contain_text("投递中")
    expect(page.locator("#key")).to_have_count(0)
    own.get_by_role("button", name="试投").click()
    expect(page.locator("#said")).to_contain_text("收到了：答 204")
    expect(page.locator("#attempts tbody tr").first).to_contain_text("试投")
    own.get_by_role("button", name="暂停").click()
    expect(own).to_contain_text("已暂停")
    own.get_by_role("button", name="恢复").click()
    expect(own).to_contain_text("投递中")
    own.get_by_role("button", name="取消").click()
    expect(own.get_by_role("button", name="确定取消")).to_be_focused()
    own.get_by_role("button", name="确定取消").click()
    expect(own).to_have_count(0)


def test_what_nobody_answers_is_told_with_the_reason(desk: Desk) -> None:
    page = desk()
    subscribe(page, "http://127.0.0.1:9/nobody")
    own = page.locator("#list tbody tr", has_text="127.0.0.1:9")
    own.get_by_role("button", name="试投").click()
    expect(page.locator("#said [role=alert]")).to_contain_text("没有收到：没有回答")
    expect(page.locator("#attempts")).to_contain_text("没有回答")


def test_an_address_that_is_not_allowed_is_told_on_the_page(browser: Browser, server: str) -> None:
    context = browser.new_context()
    watch_rest(context)
    page = context.new_page()  # a refusal stands in the console of the browser, which `desk` would not have
    page.goto(f"{server}/login?next=/admin/webhooks")
    page.locator("#login").fill(str(Role.ADMIN))
    page.locator("#password").fill(password_of(str(Role.ADMIN)))
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-ready=true]", state="attached")
    page.get_by_label("发到哪个网址").fill("http://10.9.9.9/x")
    page.get_by_role("button", name="新建订阅").click()
    expect(page.locator("#said [role=alert]")).to_contain_text("不在 GIS_SERVICE_WEBHOOK_ALLOW")
    context.close()


@pytest.mark.parametrize("size", [OFFICE_PC, LARGE, PHONE], ids=["office", "large", "phone"])
def test_nothing_keeps_the_administrator_from_using_the_page(
    desk: Desk, photograph: Photograph, size: tuple[int, int], receiver: str
) -> None:
    page = desk(size)
    subscribe(page, f"{receiver}?{size[0]}")
    own = page.locator("#list tbody tr", has_text=f"?{size[0]}")
    photograph(page, f"webhooks-key-{size[0]}")
    assert barriers(page, EVERY) == []
    own.get_by_role("button", name="试投").click()
    expect(page.locator("#attempts tbody tr")).to_have_count(1)
    own.get_by_role("button", name="取消").click()
    expect(own.get_by_role("button", name="确定取消")).to_be_focused()
    photograph(page, f"webhooks-{size[0]}")
    assert barriers(page, EVERY) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
