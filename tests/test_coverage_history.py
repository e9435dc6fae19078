"""A ledger of July and one of November: every figure, list, file and tile of a day says what was told by that day."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyogrio
import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, text

from gis_service import clock
from gis_service.access import Reader, Role
from gis_service.api import create_app
from gis_service.codes import ProblemEventKind as Kind
from gis_service.editing.refreshing import refresh_derived
from gis_service.imports import import_file
from gis_service.rectifying.moves import Step, append
from gis_service.store.sources import is_past
from gis_service.tiling import TILE_MATRIX_SETS
from tests.import_files import annex1, annex2, communities_file, entry, problem, ready
from tests.web import SETTINGS, give_accounts, items_of, served

pytestmark = pytest.mark.database
JULY, NOVEMBER = dt.date(2023, 7, 15), dt.date(2023, 11, 15)
EVE = JULY - dt.timedelta(days=1)
FORMS = ("service_form", "committee", "party_coverage", "fee_rate", "company")


@pytest.fixture(scope="module")
def town(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """阳光花园1 gets worse and 阳光花园2 better between July and November; 阳光花园3 is new in November."""
    folder = tmp_path_factory.mktemp("台账")
    give_accounts(engine)
    ready(engine, folder)
    communities = communities_file(folder, "阳光花园1", "阳光花园2", "阳光花园3")
    import_file(engine, "communities", [communities], commit=True, since=JULY)
    first = {"committee": 3, "party_coverage": 5, "fee_rate": 0.5, "company": "甲物业服务有限公司"}
    july = annex1(folder, entry(1, **first), entry(2, service_form=5, company=""))
    import_file(engine, "ledger", [july], commit=True, since=JULY)
    later = {"service_form": 5, "committee": 1, "party_coverage": 3, "fee_rate": 0.9, "company": "乙物业服务有限公司"}
    november = annex1(folder, entry(1, **later), entry(2, service_form=2), entry(3))
    import_file(engine, "ledger", [november], commit=True, since=NOVEMBER)
    left = annex2(folder, problem(1, categories=(19,), project_name="阳光花园3"))
    import_file(engine, "problems", [left], commit=True, since=JULY)
    return engine


@pytest.fixture(scope="module")
def past(town: Engine) -> Iterator[httpx.Client]:
    with served(create_app(town, SETTINGS)) as client:
        yield client


def told(web: httpx.Client, path: str = "", **asked: object) -> dict[str, Any]:
    answer = web.get(f"/coverage{path}", params={key.rstrip("_"): str(value) for key, value in asked.items()})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def figures(totals: dict[str, Any]) -> tuple[object, ...]:
    forms = {form: count for form, count in totals["forms"].items() if count}
    counts = ("area_rows", "declared", "committee_yes", "committee_known", "party_yes", "fee_known")
    return (*(totals[name] for name in counts), totals["fee_rate_mean"], forms)


# rows, 无物管, committees formed, of how many, party, fees known, mean fee, forms: counted by hand from the two ledgers
IN_JULY = (2, 1, 1, 2, 1, 2, 0.675, {"1": 1, "5": 1})
IN_NOVEMBER = (3, 1, 3, 3, 3, 3, 0.866667, {"1": 1, "2": 1, "5": 1})


@pytest.mark.parametrize(
    ("day", "counted"), [(JULY, IN_JULY), (NOVEMBER - dt.timedelta(days=1), IN_JULY), (NOVEMBER, IN_NOVEMBER)]
)
def test_the_figures_of_a_day_are_those_of_the_ledger_of_that_day(
    past: httpx.Client, day: dt.date, counted: tuple[object, ...]
) -> None:
    assert figures(told(past, as_of=day)["totals"]) == counted
    assert figures(told(past, as_of=day, within="340802", level="street")["totals"]) == counted


def test_today_is_what_the_last_ledger_says(past: httpx.Client) -> None:
    assert figures(told(past)["totals"]) == IN_NOVEMBER


def test_the_rows_behind_a_number_and_their_files_say_what_was_told_that_day(past: httpx.Client) -> None:
    rows = told(past, "/rows", figure="area_rows", as_of=JULY)["rows"]
    assert [tuple(row[name] for name in FORMS) for row in rows] == [
        (1, 3, 5, 0.5, "甲物业服务有限公司"),
        (5, 1, 3, 0.85, ""),
    ]
    answer = past.get("/coverage/rows", params={"figure": "form_5", "as_of": f"{JULY}", "f": "xlsx"})
    sheet, *_ = load_workbook(io.BytesIO(answer.content)).worksheets
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["阳光花园2"]
    collected = told(past, "/rows", figure="form_5", as_of=NOVEMBER, f="geojson")
    assert [feature["properties"]["name"] for feature in collected["features"]] == ["阳光花园1"]


def test_who_is_uncovered_and_what_turned_follows_the_ledger_of_each_day(past: httpx.Client) -> None:
    ids = dict(_ids(past))
    assert told(past, "/reasons", as_of=JULY)["ids"]["declared"] == [ids["阳光花园2"]]
    assert told(past, "/reasons", as_of=NOVEMBER)["ids"]["declared"] == [ids["阳光花园1"]]
    found = told(past, "/difference", from_=JULY, to=NOVEMBER, definition="declared")
    assert found["turned"] == {"covered": [ids["阳光花园2"]], "uncovered": [ids["阳光花园1"]]}
    assert (found["totals"]["before"]["declared"], found["totals"]["after"]["declared"]) == (1, 1)


def _ids(web: httpx.Client) -> list[tuple[str, int]]:
    return [(each["properties"]["name"], each["id"]) for each in items_of(web, "communities")["features"]]


def test_the_layer_of_areas_is_read_as_the_ledgers_had_it(past: httpx.Client) -> None:
    july = items_of(past, "management_areas", datetime=JULY)["features"]
    assert [tuple(each["properties"][name] for name in FORMS) for each in july] == [
        (1, 3, 5, 0.5, "甲物业服务有限公司"),
        (5, 1, 3, 0.85, ""),
    ]
    assert items_of(past, "management_areas", datetime=JULY, service_form=5)["numberMatched"] == 1
    one = past.get(f"/collections/management_areas/items/{july[0]['id']}", params={"datetime": f"{JULY}"}).json()
    assert one["properties"]["company"] == "甲物业服务有限公司"
    assert items_of(past, "management_areas")["numberMatched"] == 3


def test_before_the_first_ledger_the_first_one_counts_and_the_answer_says_so(past: httpx.Client) -> None:
    answer = told(past, as_of=EVE)
    assert figures(answer["totals"]) == IN_JULY
    assert (
        "迎江区（2023-07-15）的台账、问题台账和小区名单从括号中的日期起才有记录，所问之日没有历史" in answer["notes"][1]
    )
    assert len(told(past, as_of=JULY)["notes"]) == 1
    assert told(past)["notes"] == []
    book = past.get("/coverage/rows", params={"figure": "area_rows", "as_of": f"{EVE}", "f": "xlsx"}).content
    notes = [row[1] for row in load_workbook(io.BytesIO(book))["说明"].iter_rows(values_only=True) if row[0] == "说明"]
    assert notes == answer["notes"]


def test_the_days_to_choose_from_are_those_on_which_a_ledger_or_a_boundary_changed(past: httpx.Client) -> None:
    assert {f"{JULY}", f"{NOVEMBER}"} <= set(told(past)["change_days"])


def test_a_problem_that_was_closed_later_was_open_before(past: httpx.Client, town: Engine) -> None:
    ids = dict(_ids(past))
    assert told(past, "/reasons")["ids"]["lost"] == [ids["阳光花园3"]]
    _close(town)
    assert told(past, "/reasons")["ids"]["lost"] == []
    assert told(past)["totals"]["problems_closed"] == 1
    yesterday = clock.today() - dt.timedelta(days=1)
    before = told(past, as_of=yesterday)["totals"]
    assert (before["lost"], before["problems_open"], before["problems_closed"]) == (1, 1, 0)
    (row,) = told(past, "/rows", figure="problems_open", as_of=yesterday)["rows"]
    assert row["closed"] is False


def _close(town: Engine) -> None:
    """Somebody reports it done with a picture, another one closes it."""
    county = Reader(Role.COUNTY, login="county", name="甲", divisions=frozenset({"340802"}))
    other = Reader(Role.COUNTY, login="other", name="乙", divisions=frozenset({"340802"}))
    with town.begin() as connection:
        problem_id = int(connection.execute(text("select id from problems")).scalar_one())
        append(connection, county, problem_id, Step(Kind.REPORT_DONE))
        event = append(connection, county, problem_id, Step(Kind.EVIDENCE))
        connection.execute(
            text(
                "insert into problem_evidence (event_id, problem_id, media_type, byte_count, sha256, content) "
                "values (:event, :problem, 'image/png', 1, '', 'x')"
            ),
            {"event": event, "problem": problem_id},
        )
        append(connection, other, problem_id, Step(Kind.CLOSE))
        refresh_derived(connection, clock.today())


def test_only_a_day_that_is_over_is_past() -> None:
    today = clock.today()
    assert [is_past(day) for day in (None, today, today - dt.timedelta(days=1))] == [False, False, True]


def test_a_tile_of_a_day_has_the_colours_of_that_day(past: httpx.Client, town: Engine, tmp_path: Path) -> None:
    with town.begin() as connection:
        connection.execute(
            text(
                "update area_revisions set state = 'approved', decided_by = '审核人', effective_from = case"
                " when area_id = (select max(id) from management_areas) then date '2023-12-01' else '2023-07-01' end"
            )
        )
    forms = {day: _forms(past, town, tmp_path, day) for day in (JULY, NOVEMBER)}
    assert forms[JULY] == {"阳光花园1": 1, "阳光花园2": 5}
    assert forms[NOVEMBER] == {"阳光花园1": 5, "阳光花园2": 2}


def _forms(web: httpx.Client, town: Engine, folder: Path, day: dt.date) -> dict[str, int]:
    with town.connect() as connection:
        x, y = connection.execute(
            text("select ST_X(p), ST_Y(p) from (select ST_Centroid(ST_Collect(geom_3857)) p from area_revisions) r")
        ).one()
    mercator, level = TILE_MATRIX_SETS["WebMercatorQuad"], 13
    side = mercator.side(level)
    half = side * 2 ** (level - 1)
    place = f"{level}/{int((half - y) / side)}/{int((x + half) / side)}"
    answer = web.get(f"/collections/management_areas/tiles/WebMercatorQuad/{place}", params={"datetime": f"{day}"})
    (folder / "tile.pbf").write_bytes(answer.content)
    found = pyogrio.read_dataframe(folder / "tile.pbf", CLIP="NO")
    return dict(zip(found["name"], found["service_form"], strict=True))
