"""Whatever people do at the desk, in whatever order: one boundary a day for an area, all history, nothing overlaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from shapely import LineString
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Engine, text

from gis_service.access import Reader
from gis_service.analysis.shapes import in_metres
from gis_service.editing import changes, succession
from gis_service.editing.changes import At
from gis_service.errors import ServiceError
from gis_service.store import area_files, successions
from tests.derived_tables import differences
from tests.desk import CITY, CLERK, OFFICE, STRANGER, STREET, rows_of
from tests.ground import lonlat, metres, square

pytestmark = pytest.mark.database
PEOPLE = [CLERK, OFFICE, STREET, STRANGER, CITY]
AREAS = 3
STEP_M = 50.0  # drawings lie on a grid, so that some meet, some overlap and some do neither
_IN_FORCE = """
select r.area_id, r.id, st_asbinary(r.geom) as shape from area_revisions r
where r.state = 'approved' and daterange(r.effective_from, r.effective_to) @> current_date order by r.area_id
"""
people, places = st.sampled_from(PEOPLE), st.integers(0, 5)


class Desk(RuleBasedStateMachine):
    """People at work on a few areas; a refusal changes nothing."""

    engine: Engine
    seen: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.connection: Connection = self.engine.connect()
        self.transaction = self.connection.begin()
        self.drawn: dict[tuple[int, int], bytes] = {}
        self.approved: set[int] = set()
        self.done = self.compared = 0

    def teardown(self) -> None:
        self.transaction.rollback()
        self.connection.close()

    def attempt(self, act: Callable[[], Any]) -> Any:
        """What came of an act; None where it was refused, and then nothing has changed."""
        step = self.connection.begin_nested()
        try:
            made = act()
        except ServiceError:
            step.rollback()
            return None
        step.commit()
        self.remember()
        return made if made is not None else True

    def remember(self) -> None:
        """Every revision there is, from the moment it is there; and how many steps were taken."""
        rows = self.connection.execute(text("select area_id, number, st_asbinary(geom) as shape from area_revisions"))
        for row in rows:
            self.drawn.setdefault((row.area_id, row.number), bytes(row.shape))

    def ids(self) -> list[int]:
        return list(self.connection.scalars(text("select id from management_areas order by id")))

    def area(self, place: int) -> int:
        ids = self.ids()
        return ids[place % len(ids)]

    def at(self, person: Reader, place: int) -> At:
        area = self.area(place)
        return At(person, area, area_files.tag(self.connection, area))

    @initialize()
    def start(self) -> None:
        assert len(self.ids()) == AREAS

    @rule(person=people, place=places, east=st.integers(0, 5), wide=st.integers(1, 3))
    def draw(self, person: Reader, place: int, east: int, wide: int) -> None:
        west = 20 + east * STEP_M
        shape = lonlat(square(west, 20, west + wide * STEP_M, 220))
        self.attempt(lambda: changes.save(self.connection, self.at(person, place), shape))

    @rule(place=places, east=st.integers(0, 5))
    def agree(self, place: int, east: int) -> None:
        self.draw(CLERK, place, east, 1)
        self.submit(CLERK, place)
        self.approve(OFFICE, place)

    @rule(place=places)
    def cut_and_agree(self, place: int) -> None:
        self.split(CLERK, place, 0)
        self.decide(OFFICE, "approve")

    @rule()
    def join_and_agree(self) -> None:
        ids = list(self.in_force())[:2]
        self.attempt(lambda: succession.propose_merge(self.connection, CLERK, ids, "合并区域"))
        self.decide(OFFICE, "approve")

    @rule(person=people, place=places)
    def submit(self, person: Reader, place: int) -> None:
        self.attempt(lambda: changes.submit(self.connection, self.at(person, place)))

    @rule(person=people, place=places)
    def approve(self, person: Reader, place: int) -> None:
        at = self.at(person, place)
        working = area_files.history(self.connection, at.area_id).working
        if self.attempt(lambda: changes.approve(self.connection, at, None)):
            assert working is not None
            assert working["author"] != person.login
            assert person not in (STREET, STRANGER)
            self.approved.add(at.area_id)
            self.seen["approve"] += 1

    @rule(person=people, place=places)
    def send_back(self, person: Reader, place: int) -> None:
        self.attempt(lambda: changes.send_back(self.connection, self.at(person, place), "请重画"))

    @rule(person=people, place=places)
    def withdraw(self, person: Reader, place: int) -> None:
        self.attempt(lambda: changes.withdraw(self.connection, self.at(person, place)))

    @rule(person=people, place=places)
    def discard(self, person: Reader, place: int) -> None:
        self.attempt(lambda: changes.discard(self.connection, self.at(person, place)))

    @rule(person=people, place=places, number=st.integers(1, 4))
    def restore(self, person: Reader, place: int, number: int) -> None:
        self.attempt(lambda: changes.restore(self.connection, self.at(person, place), number))

    @rule(person=people, place=places, aside=st.sampled_from([0, 0, 500]))
    def split(self, person: Reader, place: int, aside: float) -> None:
        shape = self.in_force().get(self.area(place))
        south = (metres(shape).bounds[1] + metres(shape).bounds[3]) / 2 if shape is not None else 0
        line = lonlat(LineString([(-100, south + aside), (900, south + aside)]))
        self.attempt(lambda: succession.propose_split(self.connection, self.at(person, place), line))

    @rule(person=people, one=places, other=places)
    def merge(self, person: Reader, one: int, other: int) -> None:
        ids = [self.area(one), self.area(other)]
        self.attempt(lambda: succession.propose_merge(self.connection, person, ids, "合并区域"))

    @rule(person=people, what=st.sampled_from(["approve", "approve", "send_back", "withdraw"]))
    def decide(self, person: Reader, what: str) -> None:
        waiting = successions.proposals(self.connection, "in_review")
        if not waiting:
            return
        proposal, before = waiting[0]["id"], self.in_force()
        if what == "send_back":
            self.attempt(lambda: succession.send_back(self.connection, person, proposal, "请重提"))
        elif what == "withdraw":
            self.attempt(lambda: succession.withdraw(self.connection, person, proposal))
        elif made := self.attempt(lambda: succession.approve(self.connection, person, proposal)):
            assert waiting[0]["proposed_by"] != person.login
            self.approved |= set(made)
            self.seen[waiting[0]["kind"]] += 1
            ground = [shapely.union_all(list(shapes.values())).area for shapes in (before, self.in_force())]
            assert ground[0] == pytest.approx(ground[1], rel=1e-9), "no ground was lost or won"

    def in_force(self) -> dict[int, BaseGeometry]:
        rows = self.connection.execute(text(_IN_FORCE)).all()
        assert len({row.area_id for row in rows}) == len(rows), "two boundaries of one area on one day"
        return {row.area_id: shapely.from_wkb(bytes(row.shape)) for row in rows}

    @invariant()
    def an_area_once_agreed_has_one_boundary_until_others_follow_it(self) -> None:
        retired = set(self.connection.scalars(text("select id from management_areas where retired_on is not null")))
        assert set(self.in_force()) == self.approved - retired
        for area in retired:
            assert [row["role"] for row in area_files.relatives(self.connection, area)].count("before") >= 1

    @invariant()
    def nothing_that_was_drawn_is_lost_or_changed(self) -> None:
        rows = self.connection.execute(text("select area_id, number, st_asbinary(geom) as shape from area_revisions"))
        kept = {(row.area_id, row.number): bytes(row.shape) for row in rows}
        assert self.drawn == kept
        untold = "select count(*) from area_revisions where id not in (select revision_id from area_steps)"
        assert self.connection.scalar(text(untold)) == 0
        taken = self.connection.scalar(text("select count(*) from area_steps")) or 0
        assert taken >= self.done
        self.done = taken

    @invariant()
    def what_is_derived_stands_as_if_made_anew(self) -> None:
        if self.done >= self.compared + 5:
            assert not differences(self.connection)
            self.compared = self.done

    @invariant()
    def agreed_areas_do_not_overlap(self) -> None:
        shapes = [in_metres(shape) for shape in self.in_force().values()]
        for index, one in enumerate(shapes):
            assert all(one.intersection(other).area <= 10 for other in shapes[:index])


def test_whatever_people_do_one_boundary_holds_and_nothing_is_lost(engine: Engine, tmp_path: Path) -> None:
    rows_of(engine, tmp_path, *["四周为空地"] * AREAS)
    machine = type("DeskHere", (Desk,), {"engine": engine, "seen": (seen := Counter[str]())})
    limits = settings(
        max_examples=12,
        stateful_step_count=50,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    run_state_machine_as_test(machine, settings=limits)
    print(f"\n核准、分立、合并的次数：{dict(seen)}")
    assert min(seen[kind] for kind in ("approve", "split", "merge")) > 0, "the machine went where it should"
