"""A running service and the code of a row in; docs/images/boundaries.png out: its sentence, its sides, its map.

`python -m scripts.picture http://127.0.0.1:8000 WY-340811-0102`, with the sample loaded.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.conftest import BROWSER_FLAGS, BROWSERS

TARGET = Path(__file__).resolve().parent.parent / "docs" / "images" / "boundaries.png"
WIDTH, TALL = 960, 900
SHARPNESS = 2  # pixels of the picture for one of the page
COLOURS = 256
BELOW = 12  # room under the table of sides
SETTLING_MS = 800


def main(server: str, code: str) -> None:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("没有 Chromium：Debian/Ubuntu 上 sudo apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": TALL}, device_scale_factor=SHARPNESS)
        page.goto(f"{server}/login")
        page.get_by_role("button", name="市级").click()
        photograph = photographed(page, f"{server}/maps/boundaries#{code}")
        browser.close()
    keep(photograph, TARGET)
    print(f"{TARGET}：{TARGET.stat().st_size / 1024:.0f} KB")


def keep(photograph: bytes, target: Path) -> None:
    """A photograph becomes a picture of the documents: few bytes, and every colour of a legend still itself."""
    with Image.open(io.BytesIO(photograph)) as picture:
        few = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(target, optimize=True)


def photographed(page: Page, address: str) -> bytes:
    """The page from the bar down to the end of the side table, the map fitted to that height, the legend folded."""
    low = _opened(page, address)
    status = page.locator(".status").evaluate("node => node.offsetHeight")
    foot = page.locator(".actions-place").evaluate("node => node.offsetHeight")
    page.set_viewport_size({"width": WIDTH, "height": low + BELOW + foot + status})
    low = _opened(page, address)
    page.locator("#legend-toggle").click()
    page.evaluate("() => GIS.page.desk.zoomTo(GIS.page.desk.shown.shapes())")
    page.wait_for_timeout(SETTLING_MS)
    top = page.locator(".stage").evaluate("node => node.offsetTop")
    return page.screenshot(clip={"x": 0, "y": top, "width": WIDTH, "height": low + BELOW + foot - top})


def _opened(page: Page, address: str) -> int:
    """Where the side table of the row ends, once the page stands still."""
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("html[data-ready=true]", state="attached")
    page.wait_for_timeout(SETTLING_MS)
    return int(page.locator(".sides").evaluate("node => Math.round(node.getBoundingClientRect().bottom)"))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1].rstrip("/"), sys.argv[2])
