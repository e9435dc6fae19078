"""What is on a page and what the API gives for it: features, what is drawn of them, colours of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Page

from gis_service.access import Role
from gis_service.resources import clone_root
from tests.browser.resting import rests
from tests.web import bearing

GRAVE = ("serious", "critical")  # what keeps somebody from using a page
EVERY = (*GRAVE, "moderate", "minor")


def features(server: str, layer: str) -> list[dict[str, Any]]:
    """Every feature of a layer, as the API gives it."""
    answer = httpx.get(
        f"{server}/collections/{layer}/items", params={"limit": 10_000}, timeout=60, headers=bearing(Role.CITY)
    ).raise_for_status()
    found: list[dict[str, Any]] = answer.json()["features"]
    return found


def drawn(page: Page, layer: str) -> int:
    """How many features of a layer stand on the map."""
    return int(page.evaluate("layer => GIS.page.layers.get(layer).drawn()", layer))


def stands(page: Page, layer: str, number: int) -> None:
    """Waited for: so many features of a layer stand on the map."""
    page.wait_for_function("([layer, number]) => GIS.page.layers.get(layer).drawn() === number", arg=[layer, number])


def located(found: list[dict[str, Any]]) -> int:
    """How many features have a place."""
    return sum(1 for feature in found if feature["geometry"])


def colour_at(page: Page, photograph: Path, lonlat: list[float]) -> tuple[int, int, int]:
    """The colour of the photograph where the map shows a position."""
    script = """([lon, lat]) => {
      const map = GIS.page.map, place = map.latLngToContainerPoint([lat, lon]);
      const box = map.getContainer().getBoundingClientRect();
      return [place.x + box.left, place.y + box.top];
    }"""
    x, y = page.evaluate(script, lonlat)
    with Image.open(photograph) as picture:
        red, green, blue = picture.convert("RGB").getpixel((round(x), round(y)))  # type: ignore[misc]
    return red, green, blue


def barriers(page: Page, impacts: Sequence[str] = GRAVE) -> list[str]:
    """What axe finds on the page: rule, and where. What is still pale is waited for."""
    root = clone_root()
    assert root is not None
    rests(page)
    if page.evaluate("() => !window.axe"):
        page.evaluate((root / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    asked = "{ resultTypes: ['violations'], rules: { 'label-content-name-mismatch': { enabled: true } } }"
    found = page.evaluate(f"() => axe.run(document, {asked})")["violations"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:160]} {node['failureSummary']}"
        for one in found
        if one["impact"] in impacts
        for node in one["nodes"]
    ]
