"""The day is that of the city: on a machine that is set to another zone, in the database, in the browser."""

from __future__ import annotations

import ast
import datetime as dt
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from sqlalchemy import Engine, text

from gis_service import clock
from gis_service.resources import clone_root

ZONES = ("UTC0", "LIN-14", "AOE12")  # between the last two it is never one and the same day
BY_THE_MACHINE = {"today", "now", "utcnow"}


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The machine is set to this zone."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.usefixtures("zone")
def test_the_day_of_the_program_is_that_of_the_database(engine: Engine) -> None:
    with engine.connect() as connection:
        before = clock.today()
        day = connection.scalar(text("select current_date"))
        assert day in {before, clock.today()}


@pytest.mark.usefixtures("zone")
def test_the_time_of_the_program_is_eight_hours_ahead_of_greenwich() -> None:
    assert clock.now().utcoffset() == dt.timedelta(hours=8)
    assert abs(clock.now() - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Pacific/Kiritimati"])
def test_the_day_of_a_page_is_that_of_the_city_wherever_its_reader_is(browser: Browser, zone: str) -> None:
    root = clone_root()
    assert root is not None
    context = browser.new_context(timezone_id=zone)
    page = context.new_page()
    page.evaluate((root / "gis_service" / "maps" / "static" / "dom.js").read_text(encoding="utf-8"))
    before = f"{clock.today()}"
    assert page.evaluate("() => GIS.today()") in {before, f"{clock.today()}"}
    context.close()


def test_nothing_asks_the_clock_of_the_machine_for_the_day() -> None:
    root = clone_root()
    assert root is not None
    asking = [
        f"{path.relative_to(root)}: {ast.unparse(node)}"
        for path in sorted([*(root / "gis_service").rglob("*.py"), *(root / "tests").rglob("*.py")])
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _asks(node)
    ]
    assert asking == []


def _asks(node: ast.AST) -> bool:
    """True where a day or a moment is named of `date` or `datetime` without a zone."""
    if isinstance(node, ast.Call):
        return bool(not node.args and not node.keywords and _named(node.func) and _of_datetime(node.func))
    return isinstance(node, ast.keyword) and _named(node.value) and _of_datetime(node.value)


def _named(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in BY_THE_MACHINE


def _of_datetime(node: ast.AST) -> bool:
    """True of `date.today`, `datetime.now` and the like, however `datetime` was imported."""
    return isinstance(node, ast.Attribute) and ast.unparse(node.value) in {"dt.date", "dt.datetime", "date", "datetime"}
