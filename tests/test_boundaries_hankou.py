"""Forty rows of real Hankou, fifteen with a side left open: each is closed by a judgement, approved at the desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import shapely
from sqlalchemy import Engine

from gis_service.abuttals import parse
from gis_service.codes import ResolutionStatus
from gis_service.gazetteer import Gazetteer, read_places
from gis_service.resolver import ResolvedSide, resolve
from tests.desk import CLERK, OFFICE, Seat, desk
from tests.import_files import annex1, clear, entry, rows, take_in
from tests.test_real_ground import BLOCKS

pytestmark = pytest.mark.database
ROWS, LEFT_OPEN = 40, 15
LOST = ("小路", "无名巷道甲", "新修某支路")  # no name at all, or names that no map has


class Task(NamedTuple):
    """A row: its sentence, and of an open side where it runs and what really lies there."""

    sentence: str
    side: str = ""
    spot: tuple[float, float] = (0.0, 0.0)
    place: str = ""


def _opened(sentence: str, word: str, gazetteer: Gazetteer) -> Task | None:
    """The row with the name of one side lost; None where it cannot be lost so that exactly that side is open."""
    for side in resolve(parse(sentence), gazetteer).sides:
        if side.edge is None or len(side.anchors) != 1 or sentence.count(side.anchors[0]) != 1:
            continue
        lost = sentence.replace(side.anchors[0], word)
        if resolve(parse(lost), gazetteer).status is ResolutionStatus.PARTIAL:
            return Task(lost, str(side.side), _middle(side), side.places[0])
    return None


def _middle(side: ResolvedSide) -> tuple[float, float]:
    longest = max(shapely.get_parts(side.edge), key=shapely.length)
    spot = longest.interpolate(0.5, normalized=True)
    return spot.x, spot.y


def _tasks(gazetteer: Gazetteer) -> Iterator[Task]:
    opened = 0
    for block in BLOCKS:
        if resolve(parse(block.sentence), gazetteer).status is not ResolutionStatus.RESOLVED:
            continue
        word = LOST[opened % len(LOST)] + ("" if opened % len(LOST) == 0 else str(opened))
        task = _opened(block.sentence, word, gazetteer) if opened < LEFT_OPEN else None
        opened += task is not None
        yield task or Task(block.sentence)


@pytest.fixture(scope="module")
def tasks(shared_dir: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> list[Task]:
    """The rows, in the database with the roads of Hankou."""
    files = sorted((shared_dir / "data" / "wuhan_hankou").glob("*.geojson"))
    gazetteer = Gazetteer(place for file in files for place in read_places(file).places)
    found = list(_tasks(gazetteer))[:ROWS]
    clear(engine)
    take_in(engine, "gazetteer", *files)
    facts = [
        entry(at, area_name=f"{at}号院", community_names=(f"{at}号院",), abuttals_text=task.sentence)
        for at, task in enumerate(found, 1)
    ]
    take_in(engine, "ledger", annex1(tmp_path_factory.mktemp("hankou"), *facts))
    return found


@pytest.fixture(scope="module")
def client(engine: Engine, tasks: list[Task]) -> Iterator[httpx.Client]:
    assert (len(tasks), sum(bool(task.side) for task in tasks)) == (ROWS, LEFT_OPEN)
    with desk(engine) as client:
        yield client


def test_forty_rows_of_hankou_are_closed_by_judgements_and_approved(
    client: httpx.Client, engine: Engine, tasks: list[Task], capsys: pytest.CaptureFixture[str]
) -> None:
    clerk, office = Seat(client, CLERK), Seat(client, OFFICE)
    listed = clerk.ask("/boundaries/areas")
    assert listed["counts"]["open"] == LEFT_OPEN
    ids = {item["name"]: item["id"] for item in listed["items"]}
    kinds = []
    for at, task in enumerate(tasks, 1):
        area = ids[f"{at}号院"]
        told = clerk.look(area)
        if task.side:
            assert task.side in told["open_sides"]
            lon, lat = task.spot
            near = clerk.ask(f"/boundaries/areas/{area}/candidates", side=task.side, lon=lon, lat=lat)["items"]
            meant = next(one for one in near if one["name"] == task.place)
            told = clerk.do(area, "judgements", side=task.side, place_id=meant["place_id"])
            side = next(one for one in told["sentence"]["sides"] if one["side"] == task.side)
            kinds.append(side["judgement"]["kind"])
        assert told["state"] == "drafted", (task.sentence, told["resolution"]["issues"])
        clerk.do(area, "submit")
        office.look(area)
        office.do(area, "approve")
    counts = clerk.ask("/boundaries/areas")["counts"]
    with capsys.disabled():
        print(f"\n汉口 {ROWS} 行：{kinds.count('name')} 边按名称、{kinds.count('side')} 边按地物指定，", end="")
        print(f"核准 {counts['approved']} 行")
    assert counts["approved"] == ROWS
    overlapping = """
        select a.area_id, b.area_id from area_revisions a join area_revisions b on a.area_id < b.area_id
         and st_area(geography(st_intersection(a.geom, b.geom))) > 10
        where a.state = 'approved' and b.state = 'approved'"""
    assert rows(engine, overlapping) == []
