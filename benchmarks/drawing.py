"""A boundary of 5,000 vertices among 2,000 neighbours, edited in Chromium: how long tasks block the page.

`python -m benchmarks.drawing`; a task is told as in `benchmarks.smoothness`.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import Engine, text

from benchmarks.database import empty_database
from benchmarks.smoothness import chromium, traced
from tests.browser.people import Person, desk_server
from tests.desk import CITY
from tests.import_files import annex1, entry, ready, take_in

VERTICES, NEIGHBOURS, CORNERS = 5_000, 2_000, 60
LON, LAT = 117.06, 30.53
STEP_LON, STEP_LAT, MARGIN = 0.0022, 0.0018, 0.0058
MOVES, FRAME_MS, SETTLING_MS = 60, 16, 1500
_NEAR = "([lat, lon]) => { GIS.page.map.setView([lat, lon], 18, { animate: false }); }"
_AGREED = (
    "insert into area_revisions (area_id, number, state, origin, author, note, geom, effective_from, decided_by) "
    "select id, 1, 'approved', 'drawn', 'clerk', '', st_multi(st_geomfromtext(:shape, 4490)), '2023-07-01', 'office' "
    "from management_areas where name = :name"
)


def main() -> None:
    """The figures, a deed a line."""
    with empty_database() as (_, engine):
        _fill(engine)
        with desk_server(engine) as server, chromium() as browser:
            person = Person(browser, server, CITY)
            page = person.opens()

            def told(words: str, deed: str) -> None:
                print(f"{words:26} {traced(browser, page, lambda: _DEEDS[deed](person))}")

            told("opened", "open")
            told("drawing begun", "draw")
            print(f"{'':26} {page.locator('.handle').count()} handles on the page")
            told("dragged, the whole in view", "drag")
            told("gone near", "near")
            told("dragged, near", "drag")
            person.leaves()


def _open(person: Person) -> None:
    person.takes("大院")
    person.page.wait_for_timeout(SETTLING_MS)


def _draw(person: Person) -> None:
    person.acts("draw")
    person.page.wait_for_timeout(SETTLING_MS)


def _near(person: Person) -> None:
    person.page.evaluate(_NEAR, [LAT + 0.0034, LON])
    person.page.wait_for_timeout(SETTLING_MS)


def _drag(person: Person) -> None:
    """One vertex is dragged for a second, a move a frame, and dropped."""
    page: Page = person.page
    box = page.locator(".handle:not(.adds)").nth(20).bounding_box() or {"x": 0, "y": 0, "width": 0, "height": 0}
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(MOVES):
        page.mouse.move(x + step * 1.5, y - step)
        page.wait_for_timeout(FRAME_MS)
    page.mouse.up()
    page.wait_for_timeout(SETTLING_MS)


_DEEDS = {"open": _open, "draw": _draw, "near": _near, "drag": _drag}


def _ring(lon: float, lat: float, size: tuple[float, float], vertices: int, wave: float = 0.0) -> str:
    turns = [2 * math.pi * at / vertices for at in range(vertices)]
    reach = [1 + wave * math.sin(37 * turn) for turn in turns]
    places = [
        f"{lon + size[0] * far * math.cos(turn):.7f} {lat + size[1] * far * math.sin(turn):.7f}"
        for turn, far in zip(turns, reach, strict=True)
    ]
    return f"POLYGON(({', '.join([*places, places[0]])}))"


def _shapes() -> Iterator[tuple[str, str]]:
    """The boundary, and its neighbours on a grid around it."""
    yield "大院", _ring(LON, LAT, (0.004, 0.0034), VERTICES, 0.03)
    half, number = math.ceil(math.sqrt(NEIGHBOURS) / 2) + 3, 0
    for column in range(-half, half + 1):
        for row in range(-half, half + 1):
            east, north = column * STEP_LON, row * STEP_LAT
            if number < NEIGHBOURS - 1 and max(abs(east), abs(north)) > MARGIN:
                number += 1
                yield f"邻院{number}", _ring(LON + east, LAT + north, (0.001, 0.0008), CORNERS)


def _fill(engine: Engine) -> None:
    shapes = dict(_shapes())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ready(engine, folder)
        rows = [
            entry(at, area_name=area, community_names=(area,), abuttals_text="") for at, area in enumerate(shapes, 1)
        ]
        take_in(engine, "ledger", annex1(folder, *rows))
    with engine.begin() as connection:
        connection.execute(text(_AGREED), [{"name": area, "shape": shape} for area, shape in shapes.items()])


if __name__ == "__main__":
    main()
