"""`/coverage`: one definition of 失管, one day, and every number the same wherever it is asked for."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from itertools import chain, combinations
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, text

from gis_service import clock
from gis_service.api import create_app
from gis_service.api.behind import FIGURES
from gis_service.codes import UncoveredReason
from tests.hand_counts import declared_on, sent, uncovered_on, without_service_on
from tests.web import SETTINGS, items_of, refusal, served

pytestmark = pytest.mark.database
REASONS = tuple(str(reason) for reason in UncoveredReason)
DEFINITIONS = tuple(chain.from_iterable(combinations(REASONS, count) for count in (1, 2, 3)))
JULY, NOVEMBER = dt.date(2023, 7, 31), dt.date(2023, 11, 30)
WHOLE_TOWN = {"communities": 205, "covered": 173, "uncovered": 32, "declared": 9, "lost": 5, "spatial": 20}


def told(web: httpx.Client, path: str = "", **parameters: object) -> dict[str, Any]:
    answer = web.get(f"/coverage{path}", params={key.rstrip("_"): str(value) for key, value in parameters.items()})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(web: httpx.Client, path: str, status: int = 400, **parameters: object) -> str:
    asked = {key.rstrip("_"): str(value) for key, value in parameters.items()}
    return refusal(web.get(f"/coverage{path}", params=asked), status)


def by_hand(web: httpx.Client, definition: tuple[str, ...], county: str = "") -> set[int]:
    """The communities that one of the reasons holds for, counted from the layer that states the reasons."""
    rows = [each["properties"] for each in items_of(web, "uncovered_communities", limit=500)["features"]]
    return {row["community_id"] for row in rows if row["reason"] in definition and county in ("", row["county"])}


def test_the_figures_of_the_sample_are_those_that_were_counted_by_hand(web: httpx.Client) -> None:
    totals = told(web)["totals"]
    assert {key: totals[key] for key in WHOLE_TOWN} == WHOLE_TOWN
    assert totals["coverage_rate"] == round(173 / 205, 6)


@pytest.mark.parametrize("level", ["county", "street", "neighborhood", "reporting_unit"])
def test_the_levels_add_up_to_the_same_totals(web: httpx.Client, level: str) -> None:
    answer = told(web, level=level, definition="declared,lost,spatial")
    for figure in (*WHOLE_TOWN, "area_rows", "committee_yes", "problems_open"):
        assert sum(row[figure] for row in answer["rows"]) == answer["totals"][figure], figure


def test_what_is_counted_anew_is_what_the_layer_says(web: httpx.Client) -> None:
    layer = {
        each["id"]: each["properties"] for each in items_of(web, "coverage", limit=500, level="street")["features"]
    }
    asked = told(web, level="street", as_of=clock.today())["rows"]
    anew = [row for row in told(web, level="street", within="340811")["rows"] if row["code"] != "未知"]
    assert asked
    assert anew
    for row in (*asked, *anew):
        shown = layer[row["id"]]
        measured = ("community_area_m2", "covered_area_m2")
        counted = [key for key in row if key not in (*measured, "indicators")]
        assert {key: row[key] for key in counted} == {key: shown[key] for key in counted}
        assert all(row[key] == pytest.approx(shown[key]) for key in measured)


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda reasons: "+".join(reasons))
def test_a_changed_definition_changes_map_list_numbers_and_files_together(
    web: httpx.Client, definition: tuple[str, ...]
) -> None:
    chosen = ",".join(definition)
    hand = by_hand(web, definition)
    totals = told(web, definition=chosen)["totals"]
    assert totals["uncovered"] == len(hand)
    assert totals["covered"] == totals["communities"] - len(hand)
    held = told(web, "/reasons", definition=chosen)["ids"]
    assert list(held) == sorted(definition)
    assert set(chain.from_iterable(held.values())) == hand
    rows = told(web, "/rows", definition=chosen, limit=500)
    assert {row["id"] for row in rows["rows"]} == hand
    assert all(row["reasons"] and set(row["reasons"]) <= set(definition) for row in rows["rows"])
    features = told(web, "/rows", definition=chosen, f="geojson")
    assert {feature["id"] for feature in features["features"]} == hand
    assert features["definition"] == list(definition)
    book = load_workbook(io.BytesIO(web.get("/coverage/rows", params={"definition": chosen, "f": "xlsx"}).content))
    assert book.worksheets[0].max_row - 1 == len(hand)
    words = {row[0]: row[1] for row in book["说明"].iter_rows(values_only=True)}
    assert words["口径"] == rows["definition_words"] == features["definition_words"]
    assert words["行数"] == len(hand)


@pytest.mark.parametrize("level", ["county", "street", "reporting_unit"])
def test_behind_every_number_stand_as_many_rows(web: httpx.Client, level: str) -> None:
    for row in told(web, level=level, definition="declared,spatial")["rows"]:
        for figure in (each for each in FIGURES if not each.startswith("turned_")):
            found = told(
                web, "/rows", figure=figure, level=level, code=row["code"], definition="declared,spatial", limit=1
            )
            assert found["numberMatched"] == _number(row, figure), (row["code"], figure)


def _number(row: dict[str, Any], figure: str) -> int:
    if figure.startswith("form_"):
        return int(row["forms"][figure.removeprefix("form_")])
    if figure.endswith("_no"):
        stem = figure.removesuffix("_no")
        return int(row[f"{stem}_known"] - row[f"{stem}_yes"])
    return int(row[figure])


def test_a_planner_finds_the_uncovered_communities_of_a_county_with_reason_and_street(web: httpx.Client) -> None:
    found = told(web, "/rows", level="county", code="340802", limit=100)
    assert {row["id"] for row in found["rows"]} == by_hand(web, REASONS, "迎江区")
    assert found["numberMatched"] == 14
    assert all(row["county"] == "迎江区" and row["street"] and row["evidence"] for row in found["rows"])


def test_rows_are_turned_page_by_page(web: httpx.Client) -> None:
    page = told(web, "/rows", limit=20)
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    rest = web.get(following).json()
    ids = [row["id"] for row in (*page["rows"], *rest["rows"])]
    assert len(ids) == len(set(ids)) == page["numberMatched"] == 32
    assert not [link for link in rest["links"] if link["rel"] == "next"]


def test_a_place_holds_what_its_row_says(web: httpx.Client) -> None:
    for level, code in (("county", "340811"), ("reporting_unit", "高新区")):
        row = next(each for each in told(web, level=level, definition="spatial")["rows"] if each["code"] == code)
        totals = told(web, within=code, definition="spatial")["totals"]
        assert {key: totals[key] for key in (*WHOLE_TOWN, "fee_known")} == {
            key: row[key] for key in (*WHOLE_TOWN, "fee_known")
        }


def test_before_the_first_boundary_nobody_is_covered_and_the_answer_says_what_has_no_history(web: httpx.Client) -> None:
    first = dt.date.fromisoformat(told(web)["change_days"][0])
    before = told(web, as_of=first - dt.timedelta(days=1))
    assert before["totals"]["covered"] == 0
    assert first == min(sent(1))
    assert before["totals"]["declared"] == len(declared_on(first))
    assert "小区名单从括号中的日期起才有记录" in before["notes"][-1]
    assert "所问之日没有历史" in before["notes"][1]
    assert told(web)["notes"] == []


def test_an_answer_that_has_not_changed_is_not_sent_again(web: httpx.Client) -> None:
    for path in ("", "/reasons", "/difference?from=2023-07-15"):
        tag = web.get(f"/coverage{path}").headers["etag"]
        assert web.get(f"/coverage{path}", headers={"If-None-Match": tag}).status_code == 304


@pytest.fixture(scope="module")
def ended(own_sample_engine: Engine) -> int:
    """The community whose boundary ended on 2023-11-01, and which no other boundary covers."""
    with own_sample_engine.begin() as connection:
        area, community = connection.execute(
            text(
                "select min(m.area_id), min(m.community_id) from area_communities m "
                "where m.how = 'spatial' and m.community_id not in (select community_id from uncovered_communities) "
                "group by m.area_id having count(*) = 1 order by 1 limit 1"
            )
        ).one()
        connection.execute(
            text(
                "update area_revisions set effective_to = '2023-11-01' where area_id = :area and effective_to is null"
            ),
            {"area": area},
        )
    return int(community)


@pytest.fixture(scope="module")
def changing(own_sample_engine: Engine) -> Iterator[httpx.Client]:
    """A sample town that changes, served."""
    with served(create_app(own_sample_engine, SETTINGS)) as client:
        yield client


def taken_over(web: httpx.Client) -> list[int]:
    """The communities that were without service by the sheets of July and have one by those of November."""
    codes = without_service_on(JULY) - without_service_on(NOVEMBER)
    assert codes
    rows = items_of(web, "communities", limit=500)["features"]
    return sorted(each["id"] for each in rows if each["properties"]["code"] in codes)


def test_july_and_november_are_compared_down_to_the_community(changing: httpx.Client, ended: int) -> None:
    found = told(changing, "/difference", from_=JULY, to=NOVEMBER, level="street")
    assert found["turned"] == {"covered": taken_over(changing), "uncovered": [ended]}
    before, after = found["totals"]["before"], found["totals"]["after"]
    assert (before["uncovered"], after["uncovered"]) == (uncovered_on(JULY), uncovered_on(NOVEMBER) + 1)
    days = {"from_": "2023-07-31", "as_of": "2023-11-30"}
    behind = told(changing, "/rows", figure="turned_uncovered", **days)
    assert [(row["id"], row["reasons"]) for row in behind["rows"]] == [(ended, ["spatial"])]
    assert told(changing, "/rows", figure="turned_covered", **days)["numberMatched"] == len(taken_over(changing))
    changed = [row["after"]["covered"] - row["before"]["covered"] for row in found["rows"]]
    assert sum(changed) == uncovered_on(JULY) - uncovered_on(NOVEMBER) - 1
    boundaries = {"2023-07-16", "2023-11-01"}
    assert set(told(changing)["change_days"]) == {*map(str, sent(1)), *boundaries}
    assert len(found["notes"]) == 1, "by the first of the two days every list had begun"


def test_a_definition_that_does_not_count_boundaries_sees_what_the_ledgers_say_alone(
    changing: httpx.Client, ended: int
) -> None:
    found = told(changing, "/difference", from_=JULY, to=NOVEMBER, definition="declared,lost")
    assert found["turned"] == {"covered": taken_over(changing), "uncovered": []}
    assert ended


def test_what_cannot_be_meant_is_refused_in_words(web: httpx.Client) -> None:
    assert "definition 应为" in refused(web, "", definition="none")
    assert "definition 应为" in refused(web, "", definition="lost,lost")
    assert "level 应为" in refused(web, "", level="city")
    assert "as_of 应为日期" in refused(web, "", as_of="2023-7-1")
    assert "没有代码或名称为“340899”" in refused(web, "", status=404, within="340899")
    assert "figure 应为" in refused(web, "/rows", figure="none")
    assert "f 应为" in refused(web, "/rows", f="shp")
    assert "请用 from 写明" in refused(web, "/difference")
    assert "用 from 写明前一日" in refused(web, "/rows", figure="turned_covered")
    assert "from 不能晚于 to" in refused(web, "/difference", from_="2023-08-01", to="2023-07-01")
    assert "没有参数" in refused(web, "/reasons", level_="x", reason="lost")
