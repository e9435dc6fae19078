"""The days of the sample's campaign: every figure of a day beside the sheets that speak of it, read cell by cell."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine

from gis_service import clock
from gis_service.access import Role
from gis_service.api import create_app
from gis_service.codes import CommitteeState, PartyCoverage, ServiceForm
from gis_service.imports import import_file
from gis_service.ledger import read_annex1, read_annex2
from tests.browser.conftest import OFFICE_PC, watching
from tests.browser.officer import chip, tab
from tests.hand_counts import (
    COMMITTEE,
    PARTY,
    TOWN,
    due,
    fees,
    formed,
    forms,
    in_force,
    problems,
    rows,
    sent,
    uncovered,
    uncovered_on,
)
from tests.import_files import clear
from tests.web import SETTINGS, bearing, give_accounts, served

pytestmark = pytest.mark.database
COMMUNITIES = 205
SENT = {dt.date(2023, 7, 15), dt.date(2023, 9, 30), dt.date(2023, 11, 15), dt.date(2023, 12, 10)}
DAYS = [
    dt.date(2023, *day)
    for day in ((7, 16), (8, 15), (9, 29), (9, 30), (10, 20), (11, 14), (11, 15), (12, 9), (12, 10), (12, 15))
]
SUMMER = dt.date(2023, 8, 15)
STATES = ("overdue", "due_soon", "in_time", "undated")


def asked(web: httpx.Client, path: str, **parameters: object) -> dict[str, Any]:
    answer = web.get(path, params={key: str(value) for key, value in parameters.items()}, timeout=120)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_ledgers_are_of_four_days_and_each_tells_more_than_the_one_before() -> None:
    assert set(sent(1)) == set(sent(2)) == SENT
    assert [formed(COMMITTEE, file) for file in sent(1).values()] == [(56, 161), (65, 161), (75, 161), (97, 161)]
    assert [formed(PARTY, file) for file in sent(1).values()] == [(67, 160), (85, 160), (93, 160), (104, 160)]
    assert [problems(file) for file in sent(2).values()] == [(6, 234), (42, 269), (99, 269), (123, 269)]
    assert [uncovered_on(day) for day in sorted(SENT)] == [43, 42, 38, uncovered()]
    assert due(SUMMER) == {"closed": 6, "overdue": 67, "due_soon": 24, "in_time": 130, "undated": 7}


@pytest.mark.parametrize(("before", "after"), list(pairwise(("_202307", "_202309", "_202311", ""))))
def test_a_later_ledger_takes_nothing_back(before: str, after: str) -> None:
    old, new = (read_annex1(TOWN / f"annex1{name}.xlsx").entries for name in (before, after))
    assert [one.area_name for one in old] == [one.area_name for one in new]
    assert [one.abuttals_text for one in old] == [one.abuttals_text for one in new]
    for one, other in zip(old, new, strict=True):
        assert one.committee in (other.committee, CommitteeState.NONE)
        assert one.party_coverage in (other.party_coverage, PartyCoverage.NONE)
        assert one.service_form in (other.service_form, ServiceForm.NONE)
        assert (one.fee_rate or 0) <= (other.fee_rate or 1)
    found, grown = (
        Counter((one.seq, one.content, bool(one.closed)) for one in read_annex2(TOWN / f"annex2{name}.xlsx").entries)
        for name in (before, after)
    )
    assert all(grown[seq, content, True] >= number for (seq, content, closed), number in found.items() if closed)
    assert {key[:2] for key in found} <= {key[:2] for key in grown}
    assert grown != found


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_figures_of_a_day_are_those_of_the_sheets_that_speak_of_it(web: httpx.Client, day: dt.date) -> None:
    totals = asked(web, "/coverage", as_of=day)["totals"]
    ledger, (closed, every) = in_force(1, day), problems(in_force(2, day))
    assert (totals["committee_yes"], totals["committee_known"]) == formed(COMMITTEE, ledger)
    assert (totals["party_yes"], totals["party_known"]) == formed(PARTY, ledger)
    said = {str(form): count for form, count in forms(ledger).items()}
    unsaid = len(list(rows(ledger))) - sum(said.values())
    assert {form: count for form, count in totals["forms"].items() if count} == {**said, "unknown": unsaid}
    rates = fees(ledger)
    assert (totals["fee_known"], totals["fee_rate_mean"]) == (
        len(rates),
        pytest.approx(sum(rates) / len(rates), abs=1e-6),
    )
    assert (totals["problems_closed"], totals["problems_open"]) == (closed, every - closed)
    assert (totals["communities"], totals["uncovered"]) == (COMMUNITIES, uncovered_on(day))


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_what_is_overdue_due_soon_and_in_time_on_a_day_is_counted_from_the_deadlines(
    web: httpx.Client, day: dt.date
) -> None:
    told, hand = asked(web, "/summary", date=day)["totals"], due(day)
    assert (told["overdue"], told["due_soon"]) == (hand["overdue"], hand["due_soon"])
    assert (told["open"], told["total"]) == (hand.total() - hand["closed"], hand.total())


def test_a_week_has_as_many_new_problems_as_its_ledger_has_more_than_the_one_before(web: httpx.Client) -> None:
    every = [problems(file)[1] for file in sent(2).values()]
    grown = [after - before for before, after in zip([0, *every], every, strict=False)]
    assert [asked(web, "/summary", date=day, period="week")["totals"]["new"] for day in sorted(SENT)] == grown
    assert asked(web, "/summary", period="week")["totals"]["new"] == 0, "nothing was sent of late"


def test_july_beside_november_shows_what_the_two_sheets_say(web: httpx.Client) -> None:
    days = dt.date(2023, 7, 31), dt.date(2023, 11, 30)
    between = asked(web, "/coverage/difference", **{"from": days[0], "to": days[1]})
    for name, day in zip(("before", "after"), days, strict=True):
        totals = between["totals"][name]
        assert totals["uncovered"] == uncovered_on(day)
        assert totals["problems_closed"] == problems(in_force(2, day))[0]
    turned = {name: len(ids) for name, ids in between["turned"].items()}
    assert turned["covered"] - turned["uncovered"] == uncovered_on(days[0]) - uncovered_on(days[1]) == 5


@pytest.fixture(scope="module")
def in_summer(engine: Engine) -> Iterator[str]:
    """The town as it was served on 15 August 2023, with the ledgers of July."""
    clear(engine)
    give_accounts(engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: dt.datetime.combine(SUMMER, dt.time(10), clock.BEIJING))
        for kind in ("divisions", "gazetteer", "communities"):
            import_file(engine, kind, [TOWN / f"{kind}.geojson"], commit=True)
        for annex in (1, 2):
            day, file = next(iter(sent(annex).items()))
            import_file(engine, "ledger", [file], commit=True, since=day)
        with served(create_app(engine, SETTINGS), Role.CITY) as client:
            yield str(client.base_url).rstrip("/")


def test_on_a_day_of_the_campaign_the_list_of_problems_tells_who_is_in_time(in_summer: str) -> None:
    with httpx.Client(base_url=in_summer, headers=bearing(Role.CITY)) as client:
        told = asked(client, "/problems", limit=1)
        hand = due(SUMMER)
        assert told["counts"]["due"] == hand
        assert all(hand[state] for state in STATES)
        for state in STATES:
            assert asked(client, "/problems", due=state, limit=1)["numberMatched"] == hand[state], state
        summed = asked(client, "/problems/summary")["totals"]
        assert {state: summed[state] for state in STATES} == {state: hand[state] for state in STATES}


@pytest.mark.browser
def test_on_a_day_of_the_campaign_the_hazard_map_counts_who_is_in_time(browser: Browser, in_summer: str) -> None:
    with watching(browser) as made:
        page = made(in_summer, OFFICE_PC, extra_http_headers=bearing(Role.CITY))
        page.clock.set_fixed_time(dt.datetime.combine(SUMMER, dt.time(10), clock.BEIJING))
        page.goto(f"{in_summer}/maps/hazards")
        page.wait_for_selector("html[data-ready=true]", state="attached")
        tab(page, "问题整改")
        page.get_by_label("只看消防相关").uncheck()
        hand = due(SUMMER)
        for words, state in (
            ("已逾期", "overdue"),
            ("临近到期", "due_soon"),
            ("期限内", "in_time"),
            ("未定时限", "undated"),
        ):
            expect(chip(page, "按状态筛选", words)).to_have_text(str(hand[state]))
