"""People at the boundaries desk in a real browser: who they are, what they see, where they click, how often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Route, expect
from shapely import Point
from sqlalchemy import Engine

from gis_service.access import Reader
from gis_service.api import create_app
from gis_service.settings import Settings
from tests.browser.conftest import OFFICE_PC
from tests.browser.resting import watch_rest
from tests.desk import Seated, who
from tests.ground import lonlat
from tests.web import served

Size = tuple[int, int]


@contextmanager
def desk_server(engine: Engine) -> Iterator[str]:
    """The address of the real application on a database, where a header says who asks."""
    settings = Settings()
    app = create_app(engine, settings)
    app.state.visitors = Seated(engine, settings)
    with served(app, None) as client:
        yield str(client.base_url).rstrip("/")


class Person:
    """Somebody with a browser of their own at the desk; every click is counted, every foreign request refused."""

    def __init__(self, browser: Browser, server: str, reader: Reader, size: Size = OFFICE_PC) -> None:
        self.server, self.reader, self.clicks = server, reader, 0
        self.wrong: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, extra_http_headers=who(reader), has_touch=size[0] < 500
        )
        watch_rest(self.context)
        self.context.route("**/*", self._ours)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def _ours(self, route: Route, request: Request) -> None:
        if request.url.startswith((self.server, "data:", "blob:")):
            route.continue_()
            return
        self.wrong.append(f"left our server: {request.url}")
        route.abort()

    def opens(self, path: str = "/maps/boundaries") -> Page:
        """The desk, once it stands."""
        self.page.goto(self.server + path)
        self.page.wait_for_selector("html[data-ready=true]", state="attached")
        expect(self.page.locator("#panel-body button.row, #back").first).to_be_visible()
        return self.page

    def click(self, target: str | Locator) -> None:
        """One click, counted."""
        (self.page.locator(target).first if isinstance(target, str) else target).click()
        self.clicks += 1

    def row(self, name: str) -> Locator:
        """The row of an area in the work list."""
        return self.page.locator("#panel-body button.row", has=self.page.get_by_text(name, exact=True))

    def takes(self, name: str) -> None:
        """The row is chosen and its area stands in the panel."""
        self.click(self.row(name))
        expect(self.page.locator("#panel-body h2")).to_have_text(name)

    def acts(self, what: str) -> None:
        """A button of the action bar is pressed."""
        self.click(f".actions [data-act={what}]")

    def told(self, words: str) -> None:
        """The page has said so."""
        expect(self.page.locator("#notices")).to_contain_text(words)

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a position stands on the screen."""
        script = """([lon, lat]) => {
          const map = GIS.page.map, place = map.latLngToContainerPoint([lat, lon]);
          const box = map.getContainer().getBoundingClientRect();
          return [place.x + box.left, place.y + box.top];
        }"""
        x, y = self.page.evaluate(script, [lon, lat])
        return float(x), float(y)

    def points(self, lon: float, lat: float) -> None:
        """A click on the map, counted; the pointer comes from a little beside, as a hand does."""
        x, y = self.at(lon, lat)
        self.page.mouse.move(x - 4, y - 3)
        self.page.mouse.move(x, y)
        self.page.mouse.click(x, y)
        self.clicks += 1

    def drags(self, handle: Locator, lon: float, lat: float) -> None:
        """A handle is taken and dropped at a position."""
        box = handle.bounding_box()
        assert box is not None
        x, y = self.at(lon, lat)
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        self.page.mouse.move((box["x"] + x) / 2, (box["y"] + y) / 2, steps=3)
        self.page.mouse.move(x, y, steps=3)
        self.page.mouse.up()
        self.clicks += 1

    def handle(self, lon: float, lat: float) -> Locator:
        """The handle that stands nearest to a position."""
        script = """([lon, lat]) => {
          const point = GIS.page.map.latLngToLayerPoint([lat, lon]);
          const handles = [...document.querySelectorAll(".handle:not(.adds)")];
          const away = (node) => { const at = L.DomUtil.getPosition(node); return at.distanceTo(point); };
          return handles.indexOf(handles.reduce((best, node) => (away(node) < away(best) ? node : best)));
        }"""
        return self.page.locator(".handle:not(.adds)").nth(self.page.evaluate(script, [lon, lat]))

    def kept(self) -> Locator:
        """What the bar says about whether the drawing is kept."""
        return self.page.locator(".draw-kept")

    def asks(self, address: str, **parameters: object) -> Any:
        """What the interface answers this person."""
        given = {name: str(value) for name, value in parameters.items()}
        return (
            httpx.get(self.server + address, params=given, headers=who(self.reader), timeout=60)
            .raise_for_status()
            .json()
        )

    def area(self, name: str) -> dict[str, Any]:
        """An area by its name, as the interface has it."""
        items = self.asks("/boundaries/areas", q=name, limit=500)["items"]
        found: dict[str, Any] = self.asks(
            f"/boundaries/areas/{next(item['id'] for item in items if item['name'] == name)}"
        )
        return found

    def leaves(self) -> None:
        """The browser is closed; nothing may have gone wrong in it."""
        self.context.close()
        assert self.wrong == []


def spot(east_m: float, north_m: float) -> tuple[float, float]:
    """Metres around the origin of the invented ground, as longitude and latitude."""
    west, south, _, _ = lonlat(Point(east_m, north_m)).bounds
    return float(west), float(south)
