"""The desks in Chromium on 40,000 areas and 300,000 manholes: when the first map stands, how long tasks block the page.

`python -m benchmarks.smoothness`. A task is told by the time on the clock and by the processor time it took: on a
machine that does other things too, the second is what the page itself is answerable for. Whoever looks at a map does so
on a machine of their own: here database and service give way to the browser where all want the same processor.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine, text

from benchmarks.city import fill
from benchmarks.database import empty_database
from benchmarks.readers import asking
from gis_service.api import create_app
from gis_service.settings import Settings
from gis_service.store.opening import make_engine

PAGES = ("/maps/coverage", "/maps/hazards")
LONG_MS = 200
_MARK = "gis-watched"
_GIVING_WAY = 19  # as `nice` has it
_MIDDLE = """() => {
  const box = GIS.page.map.getContainer().getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_WATCH = """
window.addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
  if (document.documentElement.dataset.ready && !window.standsAt) window.standsAt = performance.now();
}).observe(document.documentElement, { attributes: true }));
"""


def main() -> None:
    """The figures, a page and a deed a line."""
    with empty_database() as (url, engine):
        started = time.perf_counter()
        fill(engine)
        print(f"filled in {time.perf_counter() - started:.0f} s")
        _database_gives_way(engine)
        with _serving(url) as address, chromium() as browser:
            for path in PAGES:
                _watch(browser, address + path, asking(url, "city"))


def _watch(browser: Browser, address: str, headers: dict[str, str]) -> None:
    for turn in ("first", "again"):  # the second time the server has the tiles at hand
        page = browser.new_page(viewport={"width": 1366, "height": 768}, extra_http_headers=headers)
        page.add_init_script(_WATCH)
        tasks = traced(browser, page, lambda page=page: _open(page, address))  # type: ignore[misc]
        told = page.evaluate("[standsAt, performance.getEntriesByType('navigation')[0].responseStart]")
        print(
            f"{address.rpartition('/')[2]:10} {turn:6} {tasks}\n"
            f"{'':17} the map stands {(told[0] - told[1]) / 1000:.2f} s after the server answered"
        )
        for name, deed in (("pan", _pan), ("zoom", _zoom)):
            print(f"{'':10} {name:6} {traced(browser, page, lambda page=page, deed=deed: deed(page))}")  # type: ignore[misc]
        page.close()


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("html[data-ready=true]", state="attached", timeout=60_000)
    page.wait_for_timeout(1500)


def _middle(page: Page) -> tuple[float, float]:
    x, y = page.evaluate(_MIDDLE)
    return float(x), float(y)


def _pan(page: Page) -> None:
    x, y = _middle(page)
    for step in (1, 1, 1, -1, -1, -1):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 250 * step, y - 120 * step, steps=12)
        page.mouse.up()
        page.wait_for_timeout(700)


def _zoom(page: Page) -> None:
    x, y = _middle(page)
    page.mouse.move(x, y)
    for turn in (*[-200] * 5, *[200] * 5):
        page.mouse.wheel(0, turn)
        page.wait_for_timeout(900)


def traced(browser: Browser, page: Page, deed: Callable[[], None]) -> str:
    """The tasks of the page's main thread while something is done: the longest, and how many were long.

    Chromium's own pages, such as that of its address bar, have main threads too: ours is the one that leaves a mark.
    """
    browser.start_tracing(page=page, categories=["toplevel", "blink.user_timing"])
    deed()
    page.evaluate(f"performance.mark('{_MARK}')")
    events = json.loads(browser.stop_tracing())["traceEvents"]
    threads = {(one["pid"], one["tid"]) for one in events if one["name"] == _MARK}
    tasks = [
        (one["dur"] / 1000, one.get("tdur", 0) / 1000)
        for one in events
        if one["name"] == "ThreadControllerImpl::RunTask" and (one["pid"], one["tid"]) in threads and "dur" in one
    ]
    clock, own = [task[0] for task in tasks] or [0.0], [task[1] for task in tasks] or [0.0]
    many = [sum(each > LONG_MS for each in times) for times in (own, clock)]
    return (
        f"longest task {max(own):4.0f} ms of the processor, {max(clock):4.0f} ms on the clock; "
        f"above {LONG_MS} ms: {many[0]} and {many[1]} of {len(tasks)}; {sum(own) / 1000:.1f} s of the processor in all"
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, _PROGRAMS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--no-first-run"])
        yield browser
        browser.close()


def _database_gives_way(engine: Engine) -> None:
    """Every connection from now on."""
    with engine.connect() as connection:
        own = connection.execute(text("select pg_backend_pid()")).scalar_one()
    told = Path(f"/proc/{own}/status").read_text(encoding="utf-8")
    master = int(told.partition("PPid:")[2].split()[0])
    os.setpriority(os.PRIO_PROCESS, master, _GIVING_WAY)


def _serve(url: str, port: int) -> None:
    os.nice(_GIVING_WAY)
    uvicorn.run(create_app(make_engine(url), Settings(database_url=url)), port=port, log_level="critical")


@contextmanager
def _serving(url: str) -> Iterator[str]:
    """The service in a process of its own, as it runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(url, port), daemon=True)
    server.start()
    try:
        _await(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.join()


def _await(address: str) -> None:
    for _ in range(600):
        try:
            httpx.get(f"{address}/healthz", timeout=5).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the service does not answer")


if __name__ == "__main__":
    main()
