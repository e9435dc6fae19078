"""The campaign walked on the sample, from survey to summing-up: every published rate beside what a person works out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.api.reckoning import reckoned
from gis_service.errors import DeclarationError
from gis_service.imports import import_file
from gis_service.resources import shared
from gis_service.store.courses import area_course, problem_course
from gis_service.targets import load_campaigns, load_targets
from tests.browser.resting import watch_rest
from tests.dispatching import close_on, reopen_on
from tests.hand_counts import COMMITTEE, FORM, PARTY, TOWN, formed, problems, rows, sent, uncovered, uncovered_on
from tests.web import SETTINGS, bearing, refusal, served

JULY, SEPTEMBER, NOVEMBER, DECEMBER = sent(1)  # the days of the sample's own ledgers
COMMUNITIES = 205
LATE = dt.date(2023, 12, 14)
CHANGED = (JULY, SEPTEMBER, NOVEMBER, DECEMBER, LATE, *(dt.date(2023, *day) for day in ((8, 20), (10, 20), (11, 10))))


def sheet_with(folder: Path, name: str, changes: Mapping[str, tuple[str, int]]) -> Path:
    """The sample's 附件1 with one cell changed in each of the named areas."""
    book = load_workbook(TOWN / "annex1.xlsx")
    sheet = book.worksheets[0]
    heads: list[str] = []
    for line in sheet.iter_rows():
        texts = [re.sub(r"\s", "", str(cell.value or "")) for cell in line]
        heads = texts if texts[0] == "序号" else heads
        for column, value in [changes[texts[1]]] if heads and texts[1] in changes else []:
            line[heads.index(column)].value = value
    file = folder / f"{name}.xlsx"
    book.save(file)
    return file


def without_committee() -> list[str]:
    """Areas whose row says 3 未成立, of names that stand in one row alone."""
    names = [str(row["物业管理区域名称"]) for row in rows(TOWN / "annex1.xlsx")]
    return [
        str(row["物业管理区域名称"])
        for row in rows(TOWN / "annex1.xlsx")
        if str(row[COMMITTEE]).startswith(("3", "未")) and names.count(str(row["物业管理区域名称"])) == 1
    ]


@pytest.fixture(scope="module")
def walked(own_sample_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The sample's ledgers of four days and what happens between: 72 problems closed, one of them opened again.

    20 August: 12 problems that every ledger has as open are closed. 20 October: one of them is opened again.
    10 November: 60 more are closed. 14 December: a ledger with 16 committees more, and 状元里, 柳荫里 and 晨景府,
    which had none, with a company.
    """
    with own_sample_engine.begin() as connection:
        own = (
            "select id from problems p where not coalesce(closed, false) and category <> 19"  # 19: 物业撤离
            " and exists (select from problem_facts f where f.problem_id = p.id and f.since = :first) order by id"
        )
        found = list(connection.scalars(text(own), {"first": JULY}))
        close_on(connection, found[:12], dt.date(2023, 8, 20))
        reopen_on(connection, found[0], dt.date(2023, 10, 20))
        close_on(connection, found[12:72], dt.date(2023, 11, 10))
    names = without_committee()
    changes = dict.fromkeys(names[:10], (COMMITTEE, 1)) | dict.fromkeys(names[10:16], (COMMITTEE, 2))
    changes |= dict.fromkeys(("状元里", "柳荫里", "晨景府物业管理区域"), (FORM, 1))
    assert len(changes) == 19, "no area is changed twice"
    file = sheet_with(tmp_path_factory.mktemp("台账"), "附件1_12月", changes)
    import_file(own_sample_engine, "ledger", [file], commit=True, since=LATE)
    return own_sample_engine


@pytest.fixture(scope="module")
def web(walked: Engine) -> Iterator[httpx.Client]:
    with served(create_app(walked, SETTINGS)) as client:
        client.timeout = httpx.Timeout(120)
        yield client


SAID, PARTY_SAID = formed(COMMITTEE)[1], formed(PARTY)[1]  # the same in every ledger
YES = {day: formed(COMMITTEE, file)[0] for day, file in sent(1).items()}
PARTY_YES = {day: formed(PARTY, file)[0] for day, file in sent(1).items()}
CLOSED = {day: problems(file)[0] for day, file in sent(2).items()}
EVERY = {day: problems(file)[1] for day, file in sent(2).items()}
COVERED = {day: COMMUNITIES - uncovered_on(day) for day in sent(1)}
# day: the ledger that speaks of it, problems closed, committees, communities covered; from the sheets and `walked`
BY_HAND = {
    "2023-06-16": (JULY, CLOSED[JULY], YES[JULY], 0),  # the first day: what was sent first is the earliest known
    "2023-07-15": (JULY, CLOSED[JULY], YES[JULY], 0),  # the survey ends; no boundary is agreed yet
    "2023-07-16": (JULY, CLOSED[JULY], YES[JULY], COVERED[JULY]),  # the sample's boundaries are agreed from here on
    "2023-08-19": (JULY, CLOSED[JULY], YES[JULY], COVERED[JULY]),  # the eve
    "2023-08-20": (JULY, CLOSED[JULY] + 12, YES[JULY], COVERED[JULY]),
    "2023-09-29": (JULY, CLOSED[JULY] + 12, YES[JULY], COVERED[JULY]),
    "2023-09-30": (SEPTEMBER, CLOSED[SEPTEMBER] + 12, YES[SEPTEMBER], COVERED[SEPTEMBER]),
    "2023-10-20": (SEPTEMBER, CLOSED[SEPTEMBER] + 11, YES[SEPTEMBER], COVERED[SEPTEMBER]),
    "2023-11-09": (SEPTEMBER, CLOSED[SEPTEMBER] + 11, YES[SEPTEMBER], COVERED[SEPTEMBER]),
    "2023-11-14": (SEPTEMBER, CLOSED[SEPTEMBER] + 71, YES[SEPTEMBER], COVERED[SEPTEMBER]),
    "2023-11-15": (NOVEMBER, CLOSED[NOVEMBER] + 71, YES[NOVEMBER], COVERED[NOVEMBER]),  # rectification ends
    "2023-12-09": (NOVEMBER, CLOSED[NOVEMBER] + 71, YES[NOVEMBER], COVERED[NOVEMBER]),
    "2023-12-10": (DECEMBER, CLOSED[DECEMBER] + 71, YES[DECEMBER], COVERED[DECEMBER]),
    # 柳荫里、晨景府; 状元里 stays 失管: problem 19 is open
    "2023-12-15": (DECEMBER, CLOSED[DECEMBER] + 71, YES[DECEMBER] + 16, COVERED[DECEMBER] + 2),
}


def asked(web: httpx.Client, path: str, **parameters: str) -> dict[str, Any]:
    answer = web.get(path, params=parameters or None)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_figures_of_the_ledgers_are_those_a_person_counts() -> None:
    assert (dt.date(2023, 7, 15), dt.date(2023, 12, 10)) == (JULY, DECEMBER)
    assert ([*YES.values()], SAID) == ([56, 65, 75, 97], 161)  # rows with 1 or 2, of those with 1, 2 or 3
    assert ([*PARTY_YES.values()], PARTY_SAID) == ([67, 85, 93, 104], 160)  # rows with 1–4, of those with 1–5
    assert {formed(column, file)[1] for column in (COMMITTEE, PARTY) for file in sent(1).values()} == {161, 160}
    assert [*CLOSED.values()] == [6, 42, 99, 123]
    assert [*EVERY.values()] == [234, 269, 269, 269]  # one for each number in the cell of 问题类别
    assert [*COVERED.values()] == [162, 163, 167, 173]  # 205 communities but for those that are uncovered
    assert COVERED[DECEMBER] == COMMUNITIES - uncovered()


@pytest.mark.parametrize("day", BY_HAND)
def test_every_published_rate_of_a_day_is_what_a_person_works_out(web: httpx.Client, day: str) -> None:
    ledger, closed, committees, covered = BY_HAND[day]
    every, party = EVERY[ledger], PARTY_YES[ledger]
    expected = {
        "closed": (closed, every),
        "committee": (committees, SAID),
        "party": (party, PARTY_SAID),
        "coverage": (covered, COMMUNITIES),
    }
    found = {one["id"]: one["total"] for one in asked(web, "/targets", as_of=day)["targets"] if one["formula"]}
    assert {name: (one["part"], one["whole"]) for name, one in found.items()} == expected
    for name, (part, whole) in expected.items():
        assert found[name]["value"] == pytest.approx(part / whole, abs=1e-6)
    totals = asked(web, "/coverage", as_of=day)["totals"]
    assert totals["committee_rate"] == pytest.approx(committees / SAID, abs=1e-6)
    assert totals["party_rate"] == pytest.approx(party / PARTY_SAID, abs=1e-6)
    assert totals["coverage_rate"] == pytest.approx(covered / COMMUNITIES, abs=1e-6)
    assert (totals["problems_closed"], totals["problems_open"]) == (closed, every - closed)
    assert found["committee"]["met"] is (committees / SAID >= 0.7)


def test_a_course_read_in_one_pass_is_that_of_its_days_one_by_one(walked: Engine) -> None:
    days = [dt.date(2023, 6, 1) + dt.timedelta(days=5 * step) for step in range(50)]
    days += [day for change in CHANGED for day in (change - dt.timedelta(days=1), change)]
    with walked.connect() as connection:
        areas, problems = area_course(connection, days), problem_course(connection, days)
        for day in days:
            counted = reckoned(connection, day).tallies
            told = {**areas[day], **problems[day]}
            assert told == {name: int(counted[name].sum()) for name in told}, day
    assert len({tuple(one.values()) for one in (*areas.values(), *problems.values())}) > len(CHANGED)


def test_the_timeline_tells_each_phase_as_it_stood_at_its_end(web: httpx.Client) -> None:
    told = asked(web, "/campaign", as_of="2023-12-15")
    assert [phase["state"] for phase in told["phases"]] == ["over", "over", "running"]
    assert [phase["days"] for phase in told["phases"]] == [30, 123, 30]
    for phase, day in zip(told["phases"], ("2023-07-15", "2023-11-15", "2023-12-15"), strict=True):
        ledger, closed, committees, covered = BY_HAND[day]
        parts = {name: one["part"] for name, one in phase["standings"].items() if name != "fee_collection"}
        assert parts == {"closed": closed, "committee": committees, "party": PARTY_YES[ledger], "coverage": covered}
        assert phase["counts"] == {
            "area_rows": 164,
            "communities": COMMUNITIES,
            "problems_open": EVERY[ledger] - closed,
            "problems_closed": closed,
        }
    assert told["phases"][2]["standings"]["committee"]["met"] is True  # 113/161 is 70.2 %
    courses = {one["id"]: one["points"] for one in told["targets"]}
    days = ["2023-06-30", "2023-07-31", "2023-08-31", "2023-09-30", "2023-10-31", "2023-11-30", "2023-12-15"]
    assert [point["day"] for point in courses["closed"]] == days
    ledgers = (JULY, JULY, JULY, SEPTEMBER, SEPTEMBER, NOVEMBER, DECEMBER)
    gains = {"closed": (0, 0, 12, 12, 11, 71, 71), "committee": (0, 0, 0, 0, 0, 0, 16), "party": (0,) * 7}
    for name, told_by in (("closed", CLOSED), ("committee", YES), ("party", PARTY_YES)):
        expected = [told_by[ledger] + gain for ledger, gain in zip(ledgers, gains[name], strict=True)]
        assert [point["part"] for point in courses[name]] == expected, name


@pytest.mark.parametrize(
    ("day", "phase", "states", "gone"),
    [
        ("2023-06-01", None, ["to_come", "to_come", "to_come"], [0, 0, 0]),
        ("2023-06-16", "survey", ["running", "to_come", "to_come"], [1, 0, 0]),
        ("2023-07-16", "rectification", ["over", "running", "to_come"], [30, 1, 0]),
        ("2024-01-01", None, ["over", "over", "over"], [30, 123, 30]),
    ],
)
def test_a_day_lies_in_its_phase(
    web: httpx.Client, day: str, phase: str | None, states: list[str], gone: list[int]
) -> None:
    told = asked(web, "/campaign", as_of=day)
    assert told["phase"] == phase
    assert [one["state"] for one in told["phases"]] == states
    assert [one["gone"] for one in told["phases"]] == gone
    assert "没有专项行动“x”" in refusal(web.get("/campaign?campaign=x"), 404)


@pytest.mark.browser
def test_the_page_shows_the_phases_and_the_target_that_was_reached(browser: Browser, web: httpx.Client) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers=bearing(Role.CITY))
    watch_rest(context)
    page = context.new_page()
    page.goto(f"{web.base_url}/campaign?as_of=2023-12-15")
    expect(page.locator("[aria-current=step]")).to_contain_text("总结验收")
    expect(page.locator("[aria-current=step]")).to_contain_text("第 30 天，共 30 天")
    expect(page.locator("tbody tr", has_text="总结验收")).to_contain_text("✓ 70.2 %")
    expect(page.locator("tbody tr", has_text="集中整改")).to_contain_text("▼ 46.6 %")  # 75/161
    context.close()


def test_a_slip_in_a_campaign_is_told(tmp_path: Path) -> None:
    good = (shared("campaigns") / "rectification.toml").read_text(encoding="utf-8")
    targets = load_targets(shared("targets"), ("fee_collection",))
    for change, message in (
        (("from = 2023-07-16", "from = 2023-07-15"), r"phases\[2\].from：应在上一阶段结束之后"),
        (("to = 2023-12-15", "to = 2023-11-01"), r"phases\[3\].to：早于 from"),
        (('"closed"', '"none"'), "targets：没有目标“none”"),
    ):
        (tmp_path / "one.toml").write_text(good.replace(*change), encoding="utf-8")
        with pytest.raises(DeclarationError, match=message):
            load_campaigns(tmp_path, targets)
