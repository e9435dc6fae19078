"""Surveys of July and November through the web door: items, tiles, files, counts, sheets are of the day asked."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyogrio
import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from gis_service import clock
from gis_service.access import Role
from gis_service.api import create_app
from gis_service.imports import import_file
from tests.import_files import annex2, clear, communities_file, divisions_file, problem
from tests.test_surveys_by_date import JULY, NOVEMBER, ONE, SEPTEMBER, covers, lanes, survey
from tests.tiles import address, middle, place_of
from tests.web import SETTINGS, bearing, give_accounts, items_of, served

pytestmark = pytest.mark.database
EVE = JULY - ONE
HAZARDS = ("fire_lanes", "ebike_charging", "manholes")


@pytest.fixture(scope="module")
def town(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A lane too narrow until November, a cover that breaks in September, a community renamed, and one that is new."""
    folder = tmp_path_factory.mktemp("调查")
    clear(engine)
    give_accounts(engine)
    import_file(engine, "divisions", [divisions_file(folder)], commit=True)
    survey(engine, JULY, communities_file(folder, "旧名苑", "湖畔苑"), kind="communities")
    survey(engine, JULY, lanes(folder, {"车道1": {"clear_width_m": 3.2}, "车道2": {}}))
    survey(engine, JULY, covers(folder, 井1={"state": "完好"}))
    told = problem(1, project_name="湖畔苑", content="七月", progress="")
    import_file(engine, "problems", [annex2(folder, told)], commit=True, since=JULY)
    survey(engine, SEPTEMBER, covers(folder, 井1={"state": "破损", "reported_at": "2023-09-15T10:00:00+08:00"}))
    survey(engine, NOVEMBER, communities_file(folder, "新名苑", "湖畔苑", "晚来苑"), kind="communities")
    survey(engine, NOVEMBER, lanes(folder, {"车道1": {}, "车道2": {}}))
    closed = problem(1, project_name="湖畔苑", content="十一月", closed=True)
    import_file(engine, "problems", [annex2(folder, closed)], commit=True, since=NOVEMBER)
    return engine


@pytest.fixture(scope="module")
def past(town: Engine) -> Iterator[httpx.Client]:
    with served(create_app(town, SETTINGS)) as client:
        client.headers.update(bearing(Role.CITY))
        yield client


def lanes_of(features: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    names = ("code", "result", "clear_width_m", "community")
    return sorted(tuple(each["properties"][name] for name in names) for each in features)


THEN = [("车道1", "fail", 3.2, "旧名苑"), ("车道2", "pass", 4.5, "湖畔苑")]
NOW = [("车道1", "pass", 4.5, "新名苑"), ("车道2", "pass", 4.5, "湖畔苑")]


def test_items_of_a_day_are_as_surveyed_by_then_and_may_be_asked_for_by_what_they_were(past: httpx.Client) -> None:
    for day, expected in ((JULY, THEN), (NOVEMBER - ONE, THEN), (NOVEMBER, NOW)):
        assert lanes_of(items_of(past, "fire_lanes", datetime=day)["features"]) == expected
    assert lanes_of(items_of(past, "fire_lanes")["features"]) == NOW
    assert items_of(past, "fire_lanes", datetime=EVE)["numberMatched"] == 0
    (failing,) = items_of(past, "fire_lanes", datetime=JULY, result="fail", community="旧名苑")["features"]
    one = past.get(f"/collections/fire_lanes/items/{failing['id']}", params={"datetime": f"{JULY}"}).json()
    assert one["properties"]["finding"] == "净宽 3.2 m，要求不小于 4 m（GB 50016 7.1.8）"
    easts, norths = zip(*failing["geometry"]["coordinates"], strict=True)
    box = ",".join(map(str, (min(easts), min(norths), max(easts), max(norths))))
    assert items_of(past, "fire_lanes", datetime=JULY, bbox=box)["numberMatched"] == 1
    names = [each["properties"]["name"] for each in items_of(past, "communities", datetime=JULY)["features"]]
    assert names == ["旧名苑", "湖畔苑"]
    covers_then = [items_of(past, "manholes", datetime=day)["features"] for day in (JULY, NOVEMBER)]
    assert [cover["properties"]["state"] for (cover,) in covers_then] == ["完好", "破损"]


def test_problems_of_a_day_are_those_of_the_ledger_of_that_day(past: httpx.Client) -> None:
    told = {
        day: [(each["properties"]["content"], each["properties"]["closed"]) for each in found]
        for day in (JULY, NOVEMBER)
        for found in [items_of(past, "problems", datetime=day)["features"]]
    }
    assert told == {JULY: [("七月", False)], NOVEMBER: [("十一月", True)]}


def test_a_collection_tells_its_first_day_and_what_it_was_asked_stays_no_longer_than_it_is_true(
    past: httpx.Client, town: Engine, tmp_path: Path
) -> None:
    for layer in ("fire_lanes", "manholes", "communities", "problems"):
        interval = past.get(f"/collections/{layer}").json()["extent"]["temporal"]["interval"]
        assert interval[0][0].startswith(f"{JULY}"), layer
    before = past.get("/collections/fire_lanes/items", params={"datetime": f"{JULY}"})
    held = {"if-none-match": before.headers["etag"]}
    assert past.get("/collections/fire_lanes/items", params={"datetime": f"{JULY}"}, headers=held).status_code == 304
    survey(town, clock.today(), lanes(tmp_path, {"车道2": {"name": "改了名"}}))
    after = past.get("/collections/fire_lanes/items", params={"datetime": f"{JULY}"}, headers=held)
    assert after.status_code == 200
    assert lanes_of(after.json()["features"]) == THEN


def test_tiles_and_files_of_a_day_hold_what_was_there(past: httpx.Client, town: Engine, tmp_path: Path) -> None:
    tile = address("fire_lanes", place_of("WebMercatorQuad", 13, *middle(town, "fire_lanes")))
    for day, results in ((JULY, {"pass": 1, "fail": 1}), (NOVEMBER, {"pass": 2}), (EVE, {})):
        told = {"datetime": f"{day}"}
        answer = past.get(tile, params=told)
        found: Counter[str] = Counter()
        if answer.status_code == 200:
            (tmp_path / "tile.pbf").write_bytes(answer.content)
            found = Counter(pyogrio.read_dataframe(tmp_path / "tile.pbf", CLIP="NO")["result"])
        assert found == results, f"{day}"
        file = past.get("/collections/fire_lanes/export", params={"f": "geojson", "as_of": f"{day}"}).json()
        assert Counter(each["properties"]["result"] for each in file["features"]) == results


def test_counts_of_a_day_are_the_same_as_answer_and_as_file_and_as_the_items_say(past: httpx.Client) -> None:
    for day in (JULY, SEPTEMBER, NOVEMBER):
        told = past.get("/hazards/counts", params={"as_of": f"{day}"}).json()
        assert told["as_of"] == f"{day}"
        book = load_workbook(io.BytesIO(past.get("/hazards/counts", params={"as_of": f"{day}", "f": "xlsx"}).content))
        first, about = book.worksheets[0], book.worksheets[1]
        titles, *lines = first.iter_rows(values_only=True)
        for name, title in told["titles"].items():
            assert sum(float(f"{line[titles.index(title)]}") for line in lines) == told["totals"][name], title
        assert ("统计日期", f"{day}") in [row[:2] for row in about.iter_rows(values_only=True)]
        items = Counter(each["properties"]["result"] for each in items_of(past, "fire_lanes", datetime=day)["features"])
        assert (told["totals"]["lanes_fail"], told["totals"]["lanes_pass"]) == (items["fail"], items["pass"])
    july = past.get("/hazards/counts", params={"as_of": f"{JULY}"}).json()
    assert [(row["name"], row["lanes_fail"], row["fire_problems_open"]) for row in july["rows"]] == [
        ("旧名苑", 1, 0),
        ("湖畔苑", 0, 1),
    ]


def test_what_was_not_surveyed_yet_is_told_and_the_days_of_change_are_offered(past: httpx.Client) -> None:
    told = past.get("/hazards/days", params={"as_of": f"{EVE}"}).json()
    assert {f"{JULY}", f"{SEPTEMBER}", f"{NOVEMBER}"} <= set(told["change_days"])
    assert f"消防车道（{JULY}）、电动车场所（还没有调查）、窨井盖（{JULY}）从括号中的日期起才有调查" in told["notes"][1]
    assert f"迎江区（{JULY}）的问题台账和小区名单从括号中的日期起才有记录" in told["notes"][2]
    assert past.get("/hazards/days").json()["notes"] == []
    assert past.get("/hazards/counts", params={"as_of": f"{EVE}"}).json()["rows"] == [
        {**row, "fire_problems_open": 1, "lanes_pass": 0}
        for row in past.get("/hazards/counts", params={"as_of": f"{JULY}"}).json()["rows"]
        if row["name"] == "湖畔苑"
    ]


def test_coverage_of_a_day_counts_the_communities_of_that_day_under_the_names_they_had(past: httpx.Client) -> None:
    for day, names in ((JULY, ["旧名苑", "湖畔苑"]), (NOVEMBER, ["新名苑", "湖畔苑", "晚来苑"])):
        told = past.get("/coverage", params={"as_of": f"{day}"}).json()
        assert (told["totals"]["communities"], told["totals"]["spatial"]) == (len(names), len(names))
        behind = past.get("/coverage/rows", params={"figure": "spatial", "as_of": f"{day}"}).json()
        assert sorted(row["name"] for row in behind["rows"]) == sorted(names)
    assert f"{NOVEMBER}" in past.get("/coverage").json()["change_days"]
    days = {"from": f"{JULY}", "to": f"{NOVEMBER}"}
    compared = past.get("/coverage/difference", params=days).json()["totals"]
    assert (compared["before"]["communities"], compared["after"]["communities"]) == (2, 3)


def test_the_sheet_of_a_day_names_the_community_and_its_lanes_as_they_were(past: httpx.Client) -> None:
    own, *_ = items_of(past, "communities")["features"]
    then = past.get(f"/communities/{own['id']}/sheet", params={"as_of": f"{JULY}"}).text
    now = past.get(f"/communities/{own['id']}/sheet").text
    assert "旧名苑" in then
    assert f"{JULY} 的情形" in then
    assert "净宽 3.2 m" in then
    assert "新名苑" in now
    assert "的情形" not in now
    assert past.get(f"/communities/{own['id']}/sheet", params={"as_of": "gestern"}).status_code == 400


def test_a_day_that_is_none_is_refused(past: httpx.Client) -> None:
    for path in ("/hazards/counts", "/hazards/days"):
        assert past.get(path, params={"as_of": "2023-13-01"}).status_code == 400
