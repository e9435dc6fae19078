"""Every ledger has its day: in whatever order ledgers come, every day has the state that the ledgers tell of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Engine

from gis_service import clock
from gis_service.api import create_app
from gis_service.codes import CommitteeState, ServiceForm
from gis_service.errors import BadRequestError
from gis_service.exports.ledgers import write_ledger
from gis_service.imports import import_file
from tests.conftest import copy_of
from tests.dispatching import close_on
from tests.hand_counts import COMMITTEE, TOWN, formed, problems, problems_in
from tests.hand_counts import rows as sample_rows
from tests.import_files import annex1, annex2, clear, contents, divisions_file, entry, problem, rows, take_in
from tests.web import SETTINGS, served

JULY, SEPTEMBER, NOVEMBER = dt.date(2023, 7, 31), dt.date(2023, 9, 30), dt.date(2023, 11, 30)
EVE = NOVEMBER - dt.timedelta(days=1)
TODAY = (
    "select name, reporting_unit, street, neighborhood, community_names, abuttals_text, service_form, committee,"
    " party_coverage, company, manager, fee_rate, written::text, ledger_seq, source_file, source_row"
    " from management_areas order by ledger_position",
    "select project_name, county, category, content, progress, closed, state, deadline, written::text, source_file"
    " from problems order by ledger_position",
    "select name from area_names order by 1",
)
THEN = (
    "select name, service_form, committee, company, written::text from areas_on('{}') order by name, written::text",
    "select project_name, category, content, closed, state, deadline from problems_on('{}') order by 1, 2, 3, 4, 5",
)


@pytest.fixture
def town(engine: Engine, tmp_path: Path) -> Engine:
    clear(engine)
    take_in(engine, "divisions", divisions_file(tmp_path))
    return engine


def send(engine: Engine, day: dt.date, *files: Path) -> tuple[int, int, int, int]:
    """How many rows were new, changed, the same, and told of the past alone."""
    reports = [import_file(engine, "ledger", [file], commit=True, since=day) for file in files]
    names = ("new", "changed", "same", "past")
    new, changed, same, past = (sum(getattr(each, name) for each in reports) for name in names)
    return new, changed, same, past


def states(engine: Engine, days: Sequence[dt.date]) -> list[Any]:
    """What there is today, and what there was on each of the days."""
    today = [rows(engine, query) for query in TODAY]
    return [today, *([rows(engine, query.format(day)) for query in THEN] for day in days)]


def forms(engine: Engine, folder: Path) -> list[list[tuple[Any, ...]]]:
    """The cells of both official forms."""
    cells = []
    for annex in (1, 2):
        with engine.connect() as connection:
            write_ledger(connection, 2 if annex == 2 else 1, folder / "回.xlsx")
        cells += [list(sheet.iter_rows(values_only=True)) for sheet in load_workbook(folder / "回.xlsx").worksheets]
    return cells


def heads(sheet: Worksheet) -> tuple[int, dict[str, int]]:
    """The row of the headings, and the column of each."""
    for line in sheet.iter_rows():
        if str(line[0].value).strip() == "序号":
            return int(line[0].row or 0), {
                "".join(str(cell.value or "").split()): at for at, cell in enumerate(line, 1)
            }
    raise AssertionError("no headings")


def november(folder: Path, annex: int, changes: Mapping[int, Mapping[str, object]], gone: int) -> Path:
    """A sheet of the sample with cells changed, by 序号, and one row left out."""
    book = load_workbook(TOWN / f"annex{annex}.xlsx")
    sheet = book.worksheets[0]
    top, columns = heads(sheet)
    for at in range(sheet.max_row, top, -1):
        number = str(sheet.cell(at, 1).value).strip()
        for title, value in (changes.get(int(number), {}) if number.isdigit() else {}).items():
            sheet.cell(at, columns[title]).value = value  # type: ignore[assignment]
        if number == str(gone):
            sheet.delete_rows(at)
    file = folder / f"附件{annex}_11月.xlsx"
    book.save(file)
    return file


@pytest.fixture(scope="module")
def ground(engine: Engine) -> Engine:
    """The sample town before its first ledger."""
    clear(engine)
    for kind, name in (("divisions", "divisions"), ("gazetteer", "gazetteer"), ("communities", "communities")):
        take_in(engine, kind, TOWN / f"{name}.geojson")
    return engine


def numbers(annex: int, column: str, words: tuple[str, ...]) -> list[int]:
    """The 序号 of the sample's rows whose cell begins with one of the words."""
    sheet = load_workbook(TOWN / f"annex{annex}.xlsx").worksheets[0]
    top, columns = heads(sheet)
    lines = sheet.iter_rows(top + 1, values_only=True)
    found = [line for line in lines if str(line[0]).strip().isdigit()]
    every = [str(line[0]).strip() for line in found]
    return [
        int(str(line[0]))
        for line in found
        if str(line[columns[column] - 1] or "").startswith(words) and every.count(str(line[0]).strip()) == 1
    ]


def test_the_sample_of_july_and_of_november_gives_every_day_the_same_in_either_order(
    ground: Engine, tmp_path: Path
) -> None:
    open_rows = numbers(2, "是否销号", ("否", "×", "未"))[:20]
    none_yet = numbers(1, COMMITTEE, ("3", "未"))[:10]
    (renamed,) = numbers(1, "物业管理区域名称", ("晨景府",))
    closing: dict[str, object] = {"是否销号": "是", "整改措施进展情况": "已整改到位"}
    areas: dict[int, dict[str, object]] = {number: {COMMITTEE: 1} for number in none_yet}
    areas[renamed] = areas.get(renamed, {}) | {"物业管理区域名称": "晨景府邸物业管理区域"}
    left_out = next(number for number in numbers(1, COMMITTEE, ("1",)) if number not in areas)
    gone = next(number for number in numbers(2, "是否销号", ("否",)) if number not in open_rows)
    july = [TOWN / "annex1.xlsx", TOWN / "annex2.xlsx"]
    later = [
        november(tmp_path, 1, areas, left_out),
        november(tmp_path, 2, dict.fromkeys(open_rows, closing), gone),
    ]
    found = []
    for order in (((JULY, july), (NOVEMBER, later)), ((NOVEMBER, later), (JULY, july))):
        with copy_of(ground) as town:
            counts = [send(town, *sent[:1], *sent[1]) for sent in order]
            days = states(town, (JULY, EVE, NOVEMBER))
            with served(create_app(town, SETTINGS)) as web:
                told = [web.get(f"/targets?as_of={day}&f=json", timeout=120).json() for day in (JULY, EVE, NOVEMBER)]
                between = web.get(f"/coverage/difference?from={JULY}&to={NOVEMBER}", timeout=120).json()
            rates = [{one["id"]: one["total"] for one in each["targets"]} for each in told]
            found.append((days, rates, between, forms(town, tmp_path)))
            assert send(town, *order[1][:1], *order[1][1])[::3] == (0, 0), "sent again, it tells nothing new"
            assert states(town, (JULY, EVE, NOVEMBER)) == days
    assert counts[1][3] > 0, "the July ledger told of the past alone"
    assert counts[1][1] == 0, "and changed nothing of today"
    for at, (one, other) in enumerate(zip(found[0], found[1], strict=True)):
        assert one == other, f"part {at} differs by order"
    _, (then, eve, now), between, _ = found[0]
    yes, said = formed(COMMITTEE)
    closed, every = problems()
    assert (then["committee"]["part"], then["committee"]["whole"]) == (yes, said) == (eve["committee"]["part"], said)
    assert (now["committee"]["part"], now["committee"]["whole"]) == (yes + len(none_yet), said)
    assert (then["closed"]["part"], then["closed"]["whole"]) == (closed, every) == (eve["closed"]["part"], every)
    done = [problems_in(row) for row in sample_rows(TOWN / "annex2.xlsx") if int(row["序号"]) in open_rows]
    assert (len(done), now["closed"]["part"], now["closed"]["whole"]) == (20, closed + sum(done), every)
    totals = between["totals"]
    assert [totals[at]["problems_closed"] for at in ("before", "after")] == [closed, closed + sum(done)]


AREAS = {  # what each ledger says of 甲、乙、丙: form, committee
    JULY: {"甲": (1, 3), "乙": (1, 3)},
    SEPTEMBER: {"甲": (5, 3), "乙": (1, 3), "丙": (2, 1)},
    NOVEMBER: {"甲": (5, 3), "乙": (1, 1)},
}
CLOSED = {JULY: (False, False), SEPTEMBER: (True, False), NOVEMBER: (False, True)}  # 销号 of two problems


def ledgers(folder: Path, day: dt.date) -> list[Path]:
    areas = [
        entry(at, area_name=f"{name}苑", community_names=(f"{name}苑",), service_form=ServiceForm.numbered(form),
              committee=CommitteeState.numbered(committee))
        for at, (name, (form, committee)) in enumerate(AREAS[day].items(), 1)
    ]  # fmt: skip
    found = [
        problem(at, project_name=f"{'甲乙'[at - 1]}苑", closed=closed, progress="", deadline_text=f"{day}")
        for at, closed in enumerate(CLOSED[day], 1)
    ]
    return [annex1(folder, *areas, name=f"附件1_{day}.xlsx"), annex2(folder, *found, name=f"附件2_{day}.xlsx")]


@pytest.mark.parametrize("order", list(permutations(AREAS)), ids=lambda order: "、".join(f"{d.month}" for d in order))
def test_three_ledgers_in_any_order_leave_the_same_days(
    town: Engine, tmp_path: Path, order: tuple[dt.date, ...]
) -> None:
    for day in order:
        send(town, day, *ledgers(tmp_path, day))
    told = "select name, service_form, committee from {} order by name"
    closed = "select project_name, closed, state, deadline from {} order by project_name"
    assert rows(town, told.format("management_areas")) == [("丙苑", 2, 1), ("乙苑", 1, 1), ("甲苑", 5, 3)]
    assert rows(town, closed.format("problems")) == [
        ("乙苑", True, "closed", NOVEMBER),
        ("甲苑", False, "found", NOVEMBER),
    ]
    for day in AREAS:
        then = [(f"{name}苑", *said) for name, said in AREAS[day].items()]
        if day == NOVEMBER:
            then.append(("丙苑", 2, 1))  # which the ledger no longer has: kept, and told
        assert rows(town, told.format(f"areas_on('{day}')")) == sorted(then), f"{day}"
        expected = [
            (name, done, "closed" if done else "found", day)
            for name, done in zip(("甲苑", "乙苑"), CLOSED[day], strict=True)
        ]
        assert rows(town, closed.format(f"problems_on('{day}')")) == sorted(expected), f"{day}"
    before = {name: text for name, text in contents(town).items() if name in ("management_areas", "problems")}
    facts = rows(town, "select count(*) from area_facts") + rows(town, "select count(*) from problem_facts")
    for day in order:
        assert send(town, day, *ledgers(tmp_path, day))[::3] == (0, 0)
    now = contents(town)
    assert {name: now[name] for name in before} == before
    assert rows(town, "select count(*) from area_facts") + rows(town, "select count(*) from problem_facts") == facts


def test_an_older_ledger_shows_that_it_tells_of_the_past_alone_and_no_row_as_missing(
    town: Engine, tmp_path: Path
) -> None:
    send(town, SEPTEMBER, *ledgers(tmp_path, SEPTEMBER))
    older = ledgers(tmp_path, JULY)
    for file, past in zip(older, (2, 2), strict=True):
        report = import_file(town, "ledger", [file], commit=False, since=JULY)
        assert (report.new, report.changed, report.past) == (0, 0, past)
        assert report.differences[0].rows == ()
        assert report.differences[0].absent_count == 0


def test_a_day_that_is_still_to_come_is_refused(town: Engine, tmp_path: Path) -> None:
    tomorrow = clock.today() + dt.timedelta(days=1)
    with pytest.raises(BadRequestError, match="还没有到"):
        send(town, tomorrow, *ledgers(tmp_path, JULY))


def test_what_somebody_decided_stays_whatever_a_ledger_of_whatever_day_says(town: Engine, tmp_path: Path) -> None:
    send(town, JULY, *ledgers(tmp_path, JULY))
    with town.begin() as connection:
        (first, second) = (row[0] for row in rows(town, "select id from problems order by project_name desc"))
        close_on(connection, [first], dt.date(2023, 8, 20))
    send(town, NOVEMBER, *ledgers(tmp_path, NOVEMBER))
    send(town, SEPTEMBER, *ledgers(tmp_path, SEPTEMBER))
    state = "select state from {} where id = {}"
    told = [
        [rows(town, state.format(f"problems_on('{day}')", each))[0][0] for each in (first, second)]
        for day in (JULY, dt.date(2023, 8, 19), dt.date(2023, 8, 20), SEPTEMBER, NOVEMBER)
    ]
    assert told == [["found", "found"], ["found", "found"], ["closed", "found"], ["closed", "found"], ["closed"] * 2]
    assert rows(town, state.format("problems", first)) == [("closed",)], "the ledger of November says that it is open"


def test_the_title_of_an_older_ledger_does_not_come_back_in_the_place_of_the_newer_one(
    town: Engine, tmp_path: Path
) -> None:
    for day in (NOVEMBER, JULY):
        file = ledgers(tmp_path, day)[0]
        book = openpyxl.load_workbook(file)
        book.worksheets[0]["A1"] = f"住宅物业管理区域信息台账（{day:%Y年%m月}）"
        book.save(file)
        send(town, day, file)
    with town.connect() as connection:
        write_ledger(connection, 1, tmp_path / "回.xlsx")
    title = openpyxl.load_workbook(tmp_path / "回.xlsx").worksheets[0]["A1"].value
    assert title == "住宅物业管理区域信息台账（2023年11月）"
