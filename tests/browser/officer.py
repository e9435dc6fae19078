"""People at the hazard desk in a real browser: who log in by the form, press the map, put a photograph, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Locator, Page

from gis_service.access import Role
from tests.browser.conftest import OFFICE_PC, enter, watching
from tests.rectification import photo
from tests.web import bearing

Desk = Callable[..., Page]


@contextmanager
def officers(browser: Browser, server: str) -> Iterator[Desk]:
    """Opens the hazard map as somebody who logged in by the form; nothing may go wrong on it or leave our server."""
    with watching(browser) as made:

        def opened(role: Role = Role.FIRE, size: tuple[int, int] = OFFICE_PC, **more: Any) -> Page:
            page = made(server, size, **more)
            enter(page, server, role, "/maps/hazards")
            return page

        yield opened


def tab(page: Page, title: str) -> None:
    page.get_by_role("group", name="隐患类别").get_by_role("button", name=title).click()


def chip(page: Page, group: str, title: str) -> Locator:
    """The number on a chip."""
    return page.get_by_role("group", name=group).get_by_role("button", name=title).locator("b")


def put_a_photo(page: Page, folder: Path, name: str) -> None:
    (folder / name).write_bytes(photo(size=(1200, 900)))
    page.locator("#photo").set_input_files(folder / name)


def press_inside(page: Page, community: dict[str, Any]) -> None:
    """The map pressed in the middle of a community, as a finger would."""
    spot = page.evaluate("geometry => GIS.labelPosition(geometry)", community["geometry"])
    page.evaluate("([lon, lat]) => { GIS.page.map.setView([lat, lon], 18, { animate: false }); }", spot)
    place = page.evaluate(
        """([lon, lat]) => { const map = GIS.page.map, box = map.getContainer().getBoundingClientRect();
        const { x, y } = map.latLngToContainerPoint([lat, lon]); return [x + box.left, y + box.top]; }""",
        spot,
    )
    page.mouse.click(*place)


def newest(server: str) -> int:
    """The number of the report from the spot that came last."""
    told = httpx.get(f"{server}/problems", params={"origin": "spot"}, headers=bearing(Role.FIRE)).json()["problems"]
    return max(int(each["id"]) for each in told)
