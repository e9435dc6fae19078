"""What is on a page and what the API gives for it: features, what is drawn of them, colours of the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Page


def features(server: str, layer: str) -> list[dict[str, Any]]:
    """Every feature of a layer, as the API gives it."""
    answer = httpx.get(f"{server}/collections/{layer}/items", params={"limit": 10_000}, timeout=60).raise_for_status()
    found: list[dict[str, Any]] = answer.json()["features"]
    return found


def drawn(page: Page, layer: str) -> int:
    """How many features of a layer stand on the map."""
    return int(page.evaluate("layer => GIS.page.layers.get(layer).drawn()", layer))


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
