"""Forty rows of real Hankou, fifteen with a side left open, all mended and approved: the clicks are counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import shapely
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine

from gis_service.abuttals import parse
from gis_service.codes import ResolutionStatus
from gis_service.gazetteer import Gazetteer, read_places
from gis_service.resolver import resolve
from tests.browser.people import Person, desk_server
from tests.desk import CLERK, OFFICE
from tests.import_files import annex1, clear, entry, take_in
from tests.test_real_ground import BLOCKS

pytestmark = [pytest.mark.browser, pytest.mark.database]
ROWS, LEFT_OPEN = 40, 15


class Task(NamedTuple):
    """A row of the ledger, and where the line of its open side lies, if it has one."""

    name: str
    sentence: str
    line: tuple[float, float] | None


def _left_open(sentence: str, gazetteer: Gazetteer) -> tuple[str, tuple[float, float]] | None:
    """The sentence with the name of one side lost, and the middle of that side; None where no side can be lost so."""
    said = parse(sentence)
    whole = resolve(said, gazetteer)
    for side in whole.sides:
        if side.edge is None or len(side.anchors) != 1 or sentence.count(side.anchors[0]) != 1:
            continue
        lost = sentence.replace(side.anchors[0], "小路")
        if resolve(parse(lost), gazetteer).status is ResolutionStatus.PARTIAL:
            middle = max(shapely.get_parts(side.edge), key=shapely.length).interpolate(0.5, normalized=True)
            return lost, (middle.x, middle.y)
    return None


def _tasks(gazetteer: Gazetteer) -> Iterator[Task]:
    """Rows that resolve, the first ones with a side left open."""
    number = opened = 0
    for block in BLOCKS:
        if resolve(parse(block.sentence), gazetteer).status is not ResolutionStatus.RESOLVED:
            continue
        number += 1
        lost = _left_open(block.sentence, gazetteer) if opened < LEFT_OPEN else None
        opened += lost is not None
        yield Task(f"{number}号院", *(lost or (block.sentence, None)))


@pytest.fixture(scope="module")
def tasks(shared_dir: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> list[Task]:
    """The rows, in the database with the roads of Hankou."""
    files = sorted((shared_dir / "data" / "wuhan_hankou").glob("*.geojson"))
    gazetteer = Gazetteer(place for file in files for place in read_places(file).places)
    found = list(_tasks(gazetteer))[:ROWS]
    clear(engine)
    take_in(engine, "gazetteer", *files)
    facts = [
        entry(at, area_name=task.name, community_names=(task.name,), abuttals_text=task.sentence)
        for at, task in enumerate(found, 1)
    ]
    take_in(engine, "ledger", annex1(tmp_path_factory.mktemp("hankou"), *facts))
    return found


def _mend(clerk: Person, task: Task, before: int) -> int:
    """The clicks that it takes until the row is proposed; the desk then opens the next one by itself."""
    expect(clerk.page.locator("#panel-body h2")).to_have_text(task.name)
    if task.line:
        clerk.points(*task.line)
        expect(clerk.page.locator(".verdict b")).to_have_text("草图")
    clerk.acts("submit")
    clerk.told(f"“{task.name}”已提交审核")
    return clerk.clicks - before


def test_forty_rows_of_hankou_are_approved_in_few_clicks_each(
    browser: Browser, engine: Engine, tasks: list[Task], capsys: pytest.CaptureFixture[str]
) -> None:
    assert (len(tasks), sum(1 for task in tasks if task.line)) == (ROWS, LEFT_OPEN)
    with desk_server(engine) as server:
        clerk, office = Person(browser, server, CLERK), Person(browser, server, OFFICE)
        clerk.opens()
        clerk.takes(tasks[0].name)
        mended = {task: _mend(clerk, task, 0 if task is tasks[0] else clerk.clicks) for task in tasks}
        office.opens()
        office.click("#panel-body [data-value=in_review]")
        office.click("#panel-body button.row")
        for task in tasks:
            expect(office.page.locator("#panel-body h2")).to_have_text(task.name)
            office.acts("approve")
            office.told(f"“{task.name}”的边界已核准")
        counts = clerk.asks("/boundaries/areas")["counts"]
        clerk.leaves()
        office.leaves()
    open_clicks = [clicks for task, clicks in mended.items() if task.line]
    with capsys.disabled():
        others = max(clicks for task, clicks in mended.items() if not task.line)
        print(
            f"\n汉口 {ROWS} 行：有一边未定的 {LEFT_OPEN} 行每行点击 {max(open_clicks)} 次，其余每行 {others} 次，",
            end="",
        )
        print(f"核准平均每行 {office.clicks / ROWS:.2f} 次")
    assert counts["approved"] == ROWS
    assert max(open_clicks) <= 4
