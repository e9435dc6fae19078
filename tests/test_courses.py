"""Courses read in one pass: on random histories they say what is said when every day is counted by itself."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from itertools import chain, combinations
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from gis_service.analysis.coverage import Definition, under
from gis_service.analysis.tallies import KEYS
from gis_service.api.reckoning import Reckoned, reckoned, uncovered_on
from gis_service.codes import UncoveredReason
from gis_service.store.courses import area_course, problem_course
from gis_service.store.homes import is_place
from tests.dispatching import close_on, reopen_on
from tests.import_files import clear

pytestmark = pytest.mark.database
SPRING = dt.date(2023, 3, 1)
DAYS = [SPRING + dt.timedelta(days=30 * step) for step in range(-1, 9)]
UNITS, COUNTIES = ("甲区", "乙区", "经开区", "不报的"), (("340801", "甲区"), ("340802", "乙区"))
NAMES = ("东苑", "西苑", "南苑", "北苑", "中苑", "里苑", "外苑", "上苑")
STREETS = ("340801001", "340801002", "340802001")
NEIGHBORHOODS = ("340801001001", "340801001002", "340802001001")
PLACES = [
    None,
    *(("county", code) for code, _ in COUNTIES),
    *(("street", code) for code in STREETS),
    *(("neighborhood", code) for code in NEIGHBORHOODS),
    *(("reporting_unit", unit) for unit in UNITS[:3]),
]
DEFINITIONS: list[Definition] = [
    frozenset(each) for each in chain.from_iterable(combinations(UncoveredReason, size) for size in (1, 2, 3))
]
FORMULAS = ("committee_yes", "committee_known", "party_yes", "party_known", "problems_closed", "problems_open")
STEP = 0.002  # degrees: a community is half as wide


class History:
    """A small town whose rows, boundaries, problems and their steps are drawn by chance."""

    def __init__(self, connection: Connection, seed: int) -> None:
        self.connection, self.random = connection, Random(seed)  # noqa: S311 - a history, no secret
        self.days = [SPRING + dt.timedelta(days=self.random.randrange(-40, 260)) for _ in range(30)]

    def write(self) -> None:
        for code, name in COUNTIES:
            self.put("divisions", code=code, name=name, level="county", reporting_unit=name)
        for code in (*STREETS, *NEIGHBORHOODS):
            level = "street" if len(code) == 9 else "neighborhood"
            self.put("divisions", code=code, name=code, level=level, parent_code=code[:-3], reporting_unit=None)
        gone, *communities = [self.community(at) for at in range(len(NAMES) + 1)]
        self.connection.execute(text("delete from communities where id = :gone"), {"gone": gone})
        areas = [self.area(at) for at in range(7)]
        for area in areas:
            self.boundaries(area)
            self.facts("area_facts", "area_id", area, self.said_of_area)
        for at in range(12):
            self.problem(at, communities, areas)

    def put(self, table: str, **values: Any) -> int:
        names = ", ".join(values)
        told = ", ".join("cast(:geom as geometry)" if name == "geom" else f":{name}" for name in values)
        back = "id" if table != "divisions" else "0"
        statement = f"insert into {table} ({names}) values ({told}) returning {back}"  # noqa: S608
        return int(self.connection.execute(text(statement), values).scalar_one())

    def one(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def box(self, at: float, wide: float) -> str:
        west = 117 + STEP * at
        return (
            f"SRID=4490;MULTIPOLYGON((({west} 30.5, {west + wide} 30.5, {west + wide} 30.501, {west} 30.501,"
            f" {west} 30.5)))"
        )

    def place(self) -> dict[str, Any]:
        """The codes of a division, some of them left out."""
        neighborhood = self.one(*NEIGHBORHOODS)
        return {
            "county_code": self.one(neighborhood[:6], neighborhood[:6], None),
            "street_code": self.one(neighborhood[:9], None, ""),
            "neighborhood_code": self.one(neighborhood, None),
            "reporting_unit": self.one("甲区", "甲区", "乙区", "经开区", ""),
        }

    def community(self, at: int) -> int:
        words = {"county": "", "street": "", "neighborhood": "", "sample": False}
        days = sorted(
            {SPRING + dt.timedelta(days=35 * self.random.randrange(-1, 6)) for _ in range(self.one(1, 1, 2, 3))}
        )
        own = {"code": f"XQ-{at}", "aliases": [], **words, "stands_from": days[0]}
        community = self.put("communities", **own, **self.surveyed(at))
        for day in days[1:]:
            told = {"stands_from": day, **self.surveyed(at)}
            sets = ", ".join(
                f"{name} = " + ("cast(:geom as geometry)" if name == "geom" else f":{name}") for name in told
            )
            statement = f"update communities set {sets} where id = :id"  # noqa: S608
            self.connection.execute(text(statement), {**told, "id": community})
        return community

    def surveyed(self, at: int) -> dict[str, Any]:
        """What a survey says of a community: its name, where it lies, its footprint or none."""
        shape = None if self.random.random() < 0.2 else self.box(at + self.random.uniform(0, 0.6), STEP / 2)
        return {
            "name": self.one(NAMES[at % len(NAMES)], NAMES[at % len(NAMES)], NAMES[0]),
            "geom": shape,
            **self.place(),
        }

    def said_of_area(self) -> dict[str, Any]:
        return {
            **self.place(),
            "community_names": self.random.sample(NAMES, self.random.randrange(3)),
            "service_form": self.one(1, 2, 5, None),
            "committee": self.one(1, 2, 3, None),
            "party_coverage": self.one(1, 4, 5, None),
        }

    def area(self, at: int) -> int:
        empty = dict.fromkeys(("street", "neighborhood", "abuttals_text", "company", "manager", "manager_phone"), "")
        born, gone = sorted(self.random.sample(self.days, 2))
        lasts = {"established_on": self.one(None, None, born), "retired_on": self.one(None, None, gone)}
        usual = {"code": f"WY-{at}", "natural_key": f"{at}", "name": f"{at}", "resolution_status": "unresolved"}
        more = {"confidence": 0, "sides": "[]", "issues": "[]", "source_file": "", "sample": False}
        return self.put("management_areas", **usual, **more, **empty, **lasts, **self.said_of_area())

    def boundaries(self, area: int) -> None:
        ends = sorted(set(self.random.sample(self.days, self.one(0, 2, 3, 4))))
        usual = {"origin": "drawn", "author": "甲", "decided_by": "乙", "note": ""}
        for number, (start, end) in enumerate(zip(ends, [*ends[1:], None], strict=False)):
            wide, at = self.one(0.3, 0.6, 1.2, 2.3) * STEP, self.random.uniform(-0.3, len(NAMES))
            until = self.one(end, end, None if end is None else start + (end - start) / 2)
            lasts = {"effective_from": start, "effective_to": until}
            state = {"state": "approved", "number": number, "geom": self.box(at, wide)}
            self.put("area_revisions", area_id=area, **usual, **lasts, **state)

    def facts(self, table: str, about: str, of: int, said: Any) -> None:
        """Some rows of facts, in whatever order of days; now and then one says the same as one before."""
        put: list[int] = []
        for day in self.random.sample(self.days, self.one(0, 1, 1, 3, 5)):
            if put and self.random.random() < 0.3:
                self.put(table, **{about: of}, since=day, same_as=self.one(*put))
            else:
                told = json.dumps(said(), ensure_ascii=False)
                put.append(self.put(table, **{about: of}, since=day, facts=told))

    def problem(self, at: int, communities: list[int], areas: list[int]) -> None:
        empty = dict.fromkeys(("company", "content", "progress", "responsible", "deadline_text", "remark"), "")
        spot = self.random.random() < 0.2
        where = {"community_id": self.one(None, *communities), "area_id": self.one(None, *areas)}
        about = {"category": self.one(19, 19, 11), "problem_group": "其他", "source_file": "", "sample": False}
        said = self.said_of_problem()
        told = {
            "code": f"WT-{at}",
            "natural_key": f"{at}",
            "project_name": f"{at}",
            "origin": "spot" if spot else "ledger",
        }
        came = dt.datetime.combine(self.one(*self.days), dt.time(12), dt.timezone(dt.timedelta(hours=8)))
        problem = self.put("problems", **told, **about, **empty, **where, **said, registered_at=came)
        if not spot:
            self.facts("problem_facts", "problem_id", problem, self.said_of_problem)
        steps = sorted(self.random.sample(self.days, self.one(0, 0, 1, 2)))
        open_now = said["ledger_closed"] is not True
        for at_step, day in enumerate(steps):
            if (at_step % 2 == 0) is open_now:
                close_on(self.connection, [problem], day)
            else:
                reopen_on(self.connection, problem, day)

    def said_of_problem(self) -> dict[str, Any]:
        return {"county": self.one(*UNITS), "ledger_closed": self.one(True, False, None)}


@pytest.fixture(params=range(14))
def history(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Connection]:
    clear(engine)
    with engine.begin() as connection:
        History(connection, request.param).write()
    with engine.connect() as connection:
        yield connection


def test_on_a_random_history_every_day_has_the_figures_that_are_counted_for_it_alone(history: Connection) -> None:
    every = {day: reckoned(history, day) for day in DAYS}
    uncovered = uncovered_on(history, DAYS)
    changed = 0
    for place in PLACES:
        areas, problems = area_course(history, DAYS, place), problem_course(history, DAYS, place)
        for day, facts in every.items():
            counted = in_place(facts, place)
            told = {**areas[day], **problems[day]}
            assert told == {name: int(counted[name].sum()) for name in FORMULAS}, (place, day)
        for definition in DEFINITIONS:
            course = uncovered.counted(definition, place)
            for day, facts in every.items():
                counted = under(in_place(facts, place), definition)
                assert course[day] == {name: int(counted[name].sum()) for name in ("covered", "uncovered")}, (
                    *(place, day, sorted(definition)),
                )
            changed += len({tuple(one.values()) for one in course.values()}) > 1
    assert changed, "a history in which nothing happens shows nothing"


def in_place(facts: Reckoned, place: tuple[str, str] | None) -> Any:
    return facts.tallies if place is None else facts.tallies[facts.tallies[KEYS[place[0]]] == place[1]]


def test_a_place_is_what_a_division_or_a_unit_is_called(history: Connection) -> None:
    assert all(is_place(history, place) for place in PLACES[:6] if place)
    assert not is_place(history, ("county", "340899"))
    assert not is_place(history, ("street", "340801"))
    assert not is_place(history, ("reporting_unit", "没有的区"))
