"""What the browser tests share: the real application on a free port, and pages that can reach nothing else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Response, Route
from sqlalchemy import Engine

from gis_service.api import create_app
from gis_service.settings import Settings

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
OFFICE_PC, LARGE, PHONE = (1366, 768), (1920, 1080), (390, 844)
Opener = Callable[..., Page]
Photograph = Callable[[Page, str], Path]


@contextmanager
def serving(engine: Engine) -> Iterator[str]:
    """The address of the real application on a database, until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(engine, Settings()), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the server stopped while it was starting"
        assert time.monotonic() < deadline, "the server did not start within 30 s"
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def live_server(sample_engine: Engine) -> Iterator[str]:
    """The address of the real application with the sample town."""
    with serving(sample_engine) as address:
        yield address


class Watched:
    """A page whose every complaint, failure and foreign request is kept."""

    def __init__(self, page: Page, allowed: str) -> None:
        self.page, self.allowed = page, allowed
        self.wrong: list[str] = []
        page.route("**/*", self._only_allowed)
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("requestfailed", lambda request: self.wrong.append(f"failed: {request.url}"))
        page.on(
            "response",
            lambda answer: self.wrong.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None,
        )

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400:
            self.wrong.append(f"{answer.status}: {answer.url}")

    def _only_allowed(self, route: Route) -> None:
        if route.request.url.startswith((self.allowed, "data:", "blob:")):
            route.continue_()
            return
        self.wrong.append(f"left our server: {route.request.url}")
        route.abort()


@pytest.fixture
def open_page(browser: Browser, live_server: str) -> Iterator[Opener]:
    """Opens a path of our server, or a file, at a size; at the end nothing may have gone wrong on any of them."""
    watched: list[Watched] = []
    contexts: list[BrowserContext] = []

    def opened(
        path: str, size: tuple[int, int] = OFFICE_PC, *, file: Path | None = None, server: str = live_server
    ) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=file is not None)
        contexts.append(context)
        page = context.new_page()
        watched.append(Watched(page, file.as_uri() if file else server))
        page.goto(file.as_uri() if file else server + path)
        if file or path.startswith("/maps/"):
            page.wait_for_selector("html[data-ready=true]", state="attached", timeout=30_000)
        return page

    yield opened
    wrong = [complaint for each in watched for complaint in each.wrong]
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def photograph() -> Photograph:
    """Keeps what the page looks like under screenshots/, which git ignores."""

    def taken(page: Page, name: str) -> Path:
        SCREENSHOTS.mkdir(exist_ok=True)
        target = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=target)
        return target

    return taken
