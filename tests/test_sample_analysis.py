"""The sample town as loaded, against the list of uncovered communities worked out by hand and against its ledger."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import pytest
from sqlalchemy import Connection, Engine, text

from gis_service.analysis.coverage import coverage
from gis_service.analysis.uncovered import uncovered_communities
from gis_service.codes import DivisionLevel, UncoveredReason
from gis_service.ledger import read_annex1
from gis_service.resources import shared
from gis_service.store import frames

pytestmark = pytest.mark.database
TOWN = shared("data") / "boundaries" / "sample_town"
LEVELS = [*map(str, DivisionLevel), "reporting_unit"]


@pytest.fixture(scope="module")
def town(sample_engine: Engine) -> Iterator[Connection]:
    with sample_engine.connect() as connection:
        yield connection


def by_hand() -> list[dict[str, str]]:
    with (TOWN / "uncovered_expected.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows(town: Connection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in town.execute(text(query))]


@pytest.mark.parametrize("reason", list(UncoveredReason))
def test_the_uncovered_communities_of_a_reason_are_those_found_by_hand(town: Connection, reason: str) -> None:
    expected = {(row["code"], row["name"]) for row in by_hand() if row["reason"] == reason}
    query = f"select code, name from uncovered_communities where reason = '{reason}'"  # noqa: S608 - an enum's value
    found = set(rows(town, query))
    assert (sorted(found - expected), sorted(expected - found)) == ([], [])
    assert expected


def test_the_communities_whose_boundary_is_pending_are_those_found_by_hand(town: Connection) -> None:
    expected = {row["code"] for row in by_hand() if row["boundary_pending"] == "true"}
    found = {code for (code,) in rows(town, "select code from uncovered_communities where boundary_pending")}
    assert (sorted(found - expected), sorted(expected - found)) == ([], [])
    assert expected


def test_the_ledger_counts_as_many_areas_of_each_form_as_its_workbook_has_rows(town: Connection) -> None:
    entries = read_annex1(TOWN / "annex1.xlsx").entries
    written = Counter("unknown" if entry.service_form is None else str(int(entry.service_form)) for entry in entries)
    for level in LEVELS:
        told: Counter[str] = Counter()
        for (forms,) in rows(town, f"select forms from coverage where level = '{level}'"):  # noqa: S608 - a constant
            told.update(forms)
        assert {form: number for form, number in told.items() if number} == written


@pytest.mark.parametrize(
    ("column", "counted"),
    [
        ("area_rows", "select count(*) from management_areas"),
        ("communities", "select count(*) from communities"),
        ("uncovered", "select count(distinct community_id) from uncovered_communities"),
        ("declared", "select count(*) from uncovered_communities where reason = 'declared'"),
        ("lost", "select count(*) from uncovered_communities where reason = 'lost'"),
        ("spatial", "select count(*) from uncovered_communities where reason = 'spatial'"),
        ("committee_yes", "select count(*) from management_areas where committee in (1, 2)"),
        ("committee_known", "select count(*) from management_areas where committee is not null"),
        ("party_yes", "select count(*) from management_areas where party_coverage < 5"),
        ("fee_known", "select count(*) from management_areas where fee_rate is not null"),
        ("problems_closed", "select count(*) from problems where closed"),
        ("problems_open", "select count(*) from problems where closed is not true"),
    ],
)
def test_coverage_adds_up_to_the_tables_at_every_level(town: Connection, column: str, counted: str) -> None:
    sums = dict(rows(town, f"select level, sum({column}) from coverage group by level"))  # noqa: S608 - constants
    ((total,),) = rows(town, counted)
    assert total > 0
    assert sums == dict.fromkeys(LEVELS, total)


def test_what_stands_in_the_database_is_what_the_analysis_says_of_its_frames(town: Connection) -> None:
    ((day,),) = rows(town, "select distinct as_of from coverage")
    found = analysed(town, day)
    stored = rows(town, "select id, evidence, boundary_pending from uncovered_communities order by id")
    assert sorted(map(tuple, found["uncovered"][["id", "evidence", "boundary_pending"]].to_numpy().tolist())) == stored
    counts = ["id", "communities", "covered", "area_rows", "problems_open"]
    stored = rows(town, f"select {', '.join(counts)} from coverage")  # noqa: S608 - constants
    assert set(map(tuple, found["coverage"][counts].to_numpy().tolist())) == set(stored)


def analysed(town: Connection, day: dt.date) -> dict[str, gpd.GeoDataFrame]:
    homes, land = frames.communities_frame(town), frames.all_areas_frame(town, day)
    belongs, trouble = frames.memberships_frame(town), frames.problems_frame(town, day)
    uncovered = uncovered_communities(homes, land, belongs, trouble, on=day)
    divisions = frames.divisions_frame(town)
    return {"uncovered": uncovered, "coverage": coverage(homes, land, belongs, uncovered, trouble, divisions, on=day)}


def test_every_figure_of_the_fictional_town_is_marked_as_sample(town: Connection) -> None:
    assert rows(town, "select count(*) from coverage where communities + area_rows > 0 and not sample") == [(0,)]
    assert rows(town, "select count(*) from uncovered_communities where not sample") == [(0,)]
