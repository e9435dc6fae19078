"""After whatever is done to a boundary or a problem, what is derived stands as if all of it had been made anew."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shapely
from shapely import LineString, affinity
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Engine, text

from gis_service import clock
from gis_service.access import Reader, Role
from gis_service.codes import ProblemEventKind as Kind
from gis_service.editing import changes, succession
from gis_service.editing.changes import At
from gis_service.editing.refreshing import refresh_derived, refresh_touched
from gis_service.errors import ServiceError
from gis_service.rectifying.evidence import Evidence
from gis_service.rectifying.moves import Step, add_evidence, take
from gis_service.rectifying.naming import forget, settle
from gis_service.rectifying.reporting import SpotReport, report
from gis_service.store import derived
from tests.derived_tables import differences, kept

pytestmark = pytest.mark.database
ONE, OTHER = Reader(Role.CITY, "one", "甲"), Reader(Role.CITY, "other", "乙")
TODAY = clock.today()
ANYTHING_M2 = 1e12  # overlaps are let through, so that ground counts once where areas lie on each other
_BOUNDED = """
select a.id, a.reporting_unit, st_asbinary(r.geom) as shape
from management_areas a join area_revisions r on r.area_id = a.id and r.state = 'approved' and r.effective_to is null
where a.retired_on is null order by a.id
"""
_NOWHERE = (
    "update communities set street_code = null, neighborhood_code = '' where id % 7 = 0",
    "update communities set county_code = '999999', reporting_unit = '某新区' where id % 11 = 0",
    "update management_areas set county_code = null, street_code = '', reporting_unit = '' where id % 5 = 0",
    "update problems set county = '某处' where id % 3 = 0",
)
_UNSETTLED = "select county, project_name from problems where origin = 'ledger' and project_name <> '' order by id"
_TARGET = "select id from communities where reporting_unit = :unit order by id limit 1"


@pytest.fixture
def town(own_sample_engine: Engine) -> Iterator[Connection]:
    with own_sample_engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


class Hands:
    """Somebody and somebody else, who do this and that at random; whatever is refused changes nothing."""

    def __init__(self, town: Connection, seed: int) -> None:
        self.town, self.dice, self.done = town, random.Random(seed), Counter[str]()  # noqa: S311 - no secret

    def act(self) -> None:
        what = self.dice.choice([self.agree, self.agree, self.draw, self.restore, self.discard, self.split, self.merge])
        self.attempt(self.dice.choice([what, what, self.close, self.reopen, self.spot, self.name]))

    def attempt(self, what: Callable[[], Any]) -> None:
        trial = self.town.begin_nested()
        try:
            what()
        except ServiceError:
            trial.rollback()
            return
        trial.commit()
        self.done[what.__name__] += 1

    def bounded(self, count: int = 1) -> list[Any]:
        return self.dice.sample(self.town.execute(text(_BOUNDED)).all(), count)

    def moved(self, wkb: bytes) -> BaseGeometry:
        grown = affinity.scale(shapely.from_wkb(bytes(wkb)), self.dice.uniform(0.2, 2.5), self.dice.uniform(0.5, 1.5))
        return affinity.translate(grown, self.dice.uniform(-1e-3, 1e-3), self.dice.uniform(-1e-3, 1e-3))

    def at(self, person: Reader, area: int) -> At:
        return At(person, area, "*")

    def draw(self) -> int:
        (area,) = self.bounded()
        changes.save(self.town, self.at(ONE, area.id), self.moved(area.shape))
        return int(area.id)

    def agree(self) -> None:
        area = self.draw()
        changes.submit(self.town, self.at(ONE, area), tolerated_m2=ANYTHING_M2)
        changes.approve(self.town, self.at(OTHER, area), None, tolerated_m2=ANYTHING_M2)

    def restore(self) -> None:
        (area,) = self.bounded()
        changes.restore(self.town, self.at(ONE, area.id), 1)

    def discard(self) -> None:
        changes.discard(self.town, self.at(ONE, self.draw()))

    def split(self) -> None:
        (area,) = self.bounded()
        west, south, east, north = shapely.from_wkb(bytes(area.shape)).bounds
        line = LineString([((west + east) / 2, south - 1e-3), ((west + east) / 2, north + 1e-3)])
        made = succession.propose_split(self.town, self.at(ONE, area.id), line)
        succession.approve(self.town, OTHER, made, tolerated_m2=ANYTHING_M2)

    def merge(self) -> None:
        first, *_ = self.bounded()
        unit = [row.id for row in self.town.execute(text(_BOUNDED)) if row.reporting_unit == first.reporting_unit]
        made = succession.propose_merge(self.town, ONE, self.dice.sample(unit, min(2, len(unit))), "合并区域")
        succession.approve(self.town, OTHER, made, tolerated_m2=ANYTHING_M2)

    def problem(self, closed: bool) -> int:
        wanted = text("select id from problems where (closed is true) = :closed order by category <> 19, id")
        return int(self.dice.choice(list(self.town.scalars(wanted, {"closed": closed}))[:8]))

    def close(self) -> None:
        problem = self.problem(closed=False)
        add_evidence(self.town, ONE, problem, Evidence("image/png", b"x", 1, 1))
        take(self.town, ONE, problem, Step(Kind.REPORT_DONE))
        take(self.town, OTHER, problem, Step(Kind.CLOSE))

    def reopen(self) -> None:
        take(self.town, OTHER, self.problem(closed=True), Step(Kind.REOPEN, "又坏了"))

    def spot(self) -> None:
        (area,) = self.bounded()
        place = shapely.from_wkb(bytes(area.shape)).representative_point()
        report(self.town, ONE, SpotReport(place.x, place.y, "车道被占"))

    def name(self) -> None:
        row = self.dice.choice(self.town.execute(text(_UNSETTLED)).all())
        community = self.town.execute(text(_TARGET), {"unit": row.county}).scalar()
        made = settle(self.town, ONE, row.county, row.project_name, "community", community or 0)
        if self.dice.random() < 0.5:
            forget(self.town, ONE, made)


def test_what_is_counted_after_each_act_is_what_counting_everything_gives(town: Connection) -> None:
    for statement in _NOWHERE:  # some rows name no division, or one that is not known
        town.execute(text(statement))
    refresh_derived(town, TODAY)
    hands = Hands(town, seed=20230715)
    for act in range(60):
        hands.act()
        if act % 3 == 2:
            assert not differences(town), f"after {dict(hands.done)}"
    print(f"\n{dict(hands.done)}")
    assert {"agree", "draw", "restore", "discard", "split", "merge", "close", "reopen", "spot"} <= set(hands.done)


def test_the_first_act_of_a_day_turns_everything_to_that_day(town: Connection) -> None:
    derived.turn_to(town, TODAY - dt.timedelta(days=1))
    Hands(town, seed=1).agree()
    assert derived.computed_on(town) == TODAY
    assert not differences(town)


def test_a_boundary_that_begins_tomorrow_counts_from_tomorrow(town: Connection) -> None:
    hands, tomorrow = Hands(town, seed=2), TODAY + dt.timedelta(days=1)
    area = hands.draw()
    changes.submit(town, hands.at(ONE, area), tolerated_m2=ANYTHING_M2)
    before = kept(town)
    changes.approve(town, hands.at(OTHER, area), tomorrow, tolerated_m2=ANYTHING_M2)
    assert kept(town) == before
    assert not differences(town)
    refresh_touched(town, tomorrow)
    assert kept(town)["tallies"] != before["tallies"]
    assert not differences(town, tomorrow)


def test_where_nothing_was_counted_yet_everything_is(town: Connection) -> None:
    before = kept(town)
    for table in ("tallies", "coverage", "uncovered_communities"):
        town.execute(text(f"delete from {table}"))  # noqa: S608 - a constant
    refresh_touched(town, TODAY)
    assert kept(town) == before


def test_what_an_act_does_not_change_is_not_written(town: Connection) -> None:
    written = "select max(xmin::text::bigint) from coverage"
    before = town.scalar(text(written))
    Hands(town, seed=3).draw()
    assert town.scalar(text(written)) == before, "a draft where a boundary is agreed changes no figure"
    Hands(town, seed=3).agree()
    (changed,) = town.execute(
        text("select count(*) from coverage where xmin::text::bigint > :before"), {"before": before}
    ).one()
    assert 0 < changed <= 8, "only the divisions of what the area holds are summed up anew"
