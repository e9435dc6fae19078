"""What the browser tests share: the real application on a free port, and pages that can reach nothing else."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route
from sqlalchemy import Engine

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.settings import Settings
from gis_service.store.sample_accounts import password_of
from scripts.picture import keep
from tests.browser.resting import watch_rest
from tests.web import bearing

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
PICTURES = Path(__file__).parents[2] / "docs" / "images"
NewPage = Callable[..., Page]
OFFICE_PC, LARGE, PHONE = (1366, 768), (1920, 1080), (390, 844)
Opener = Callable[..., Page]
Photograph = Callable[..., Path]


@contextmanager
def serving(engine: Engine, settings: Settings | None = None) -> Iterator[str]:
    """The address of the real application on a database, until the end of the block."""
    app = create_app(engine, settings or Settings(logins_a_minute=1000))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    with socket.create_server(("127.0.0.1", 0)) as listener:  # whoever comes before it has started, waits
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def live_server(sample_engine: Engine) -> Iterator[str]:
    """The address of the real application with the sample town."""
    with serving(sample_engine) as address:
        yield address


class Watched:
    """A page whose every complaint, failure and foreign request is kept; so many refusals belong to its story."""

    def __init__(self, page: Page, allowed: str, refused: int = 0) -> None:
        self.allowed, self.refused = allowed, refused
        self.said: list[str] = []
        page.route("**/*", self._only_allowed)
        page.on("console", lambda said: self.said.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on(
            "response",
            lambda answer: self.said.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None,
        )

    @property
    def wrong(self) -> list[str]:
        """What went wrong, but for as many answers 409 as were to come."""
        if sum(one.startswith("409: ") for one in self.said) != self.refused:
            return [f"not {self.refused} times 409", *self.said]
        return [one for one in self.said if not self.refused or "409" not in one]

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # which the page itself does with what it no longer needs
            self.said.append(f"failed: {request.url}: {request.failure}")

    def _only_allowed(self, route: Route) -> None:
        if route.request.url.startswith((self.allowed, "data:", "blob:")):
            route.continue_()
            return
        self.said.append(f"left our server: {route.request.url}")
        route.abort()


@contextmanager
def watching(browser: Browser) -> Iterator[NewPage]:
    """Makes pages, each in a browser of its own; at the end nothing may have gone wrong on any of them."""
    contexts: list[BrowserContext] = []
    watched: list[Watched] = []

    def made(allowed: str, size: tuple[int, int] = OFFICE_PC, *, refused: int = 0, **more: Any) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **more)
        watch_rest(context)
        contexts.append(context)
        page = context.new_page()
        watched.append(Watched(page, allowed, refused))
        return page

    yield made
    wrong = [complaint for each in watched for complaint in each.wrong]
    for context in contexts:
        context.close()
    assert wrong == []


def enter(page: Page, server: str, role: Role, path: str) -> None:
    """Somebody logs in by the form and comes to a page, which stands."""
    fill_in(page, server, role, path)
    page.wait_for_selector("html[data-ready=true]", state="attached")


def fill_in(page: Page, server: str, role: Role, path: str) -> None:
    """The form of the login is sent, to come to a page."""
    page.goto(f"{server}/login?next={path}")
    page.locator("#login").fill(str(role))
    page.locator("#password").fill(password_of(str(role)))
    page.keyboard.press("Enter")


@pytest.fixture
def open_page(browser: Browser, live_server: str) -> Iterator[Opener]:
    """Opens a path of our server, or a file, at a size; at the end nothing may have gone wrong on any of them."""
    with watching(browser) as made:

        def opened(
            path: str, size: tuple[int, int] = OFFICE_PC, *, file: Path | None = None, server: str = live_server
        ) -> Page:
            who = {} if file else bearing(Role.CITY)
            page = made(file.as_uri() if file else server, size, offline=file is not None, extra_http_headers=who)
            page.goto(file.as_uri() if file else server + path)
            if file or path.startswith("/maps/"):
                page.wait_for_selector("html[data-ready=true]", state="attached")
            return page

        yield opened


@pytest.fixture
def photograph() -> Photograph:
    """Keeps what the page looks like under screenshots/, which git ignores.

    With DOCS_IMAGES set, what the documents show under the same name is made anew.
    """

    def taken(page: Page, name: str, shot: bytes | None = None) -> Path:
        SCREENSHOTS.mkdir(exist_ok=True)
        target = SCREENSHOTS / f"{name}.png"
        target.write_bytes(shot or page.screenshot())
        if os.environ.get("DOCS_IMAGES") and (shown := PICTURES / target.name).exists():
            keep(target.read_bytes(), shown)
        return target

    return taken
