"""Coverage per division and reporting unit, on a town small enough to count on fingers."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from gis_service.analysis.coverage import coverage
from gis_service.analysis.metric import metres
from gis_service.analysis.uncovered import uncovered_communities
from tests.frames import TODAY, ZONE, areas, block, communities, frame, members, problems


def divisions() -> gpd.GeoDataFrame:
    """县区 甲 and 乙; a street of 甲 reports as 经开区."""
    return frame(
        [
            {"code": "340801", "name": "甲区", "level": "county", "geom": block(0, 0, 1000, 1000)},
            {"code": "340802", "name": "乙县", "level": "county", "reporting_unit": "乙县", "geom": None},
            {"code": "340801001", "name": "一街道", "level": "street", "parent_code": "340801", "geom": None},
            {
                "code": "340801002",
                "name": "二街道",
                "level": "street",
                "parent_code": "340801",
                "reporting_unit": "经开区",
                "geom": block(0, 0, 300, 1000),
            },
            {
                "code": "340801001001",
                "name": "一社区",
                "level": "neighborhood",
                "parent_code": "340801001",
                "geom": None,
            },
        ],
        parent_code=None,
        reporting_unit="甲区",
        sample=False,
    )


JINGKAI = {"reporting_unit": "经开区", "street_code": "340801002", "neighborhood_code": None}


def town() -> dict[str, Any]:
    """Five communities, six ledger rows and four problems, small enough to count on fingers."""
    homes = communities(
        {"id": 1, "geom": block(0, 0), **JINGKAI},
        {"id": 2, "geom": block(200, 0), **JINGKAI, "sample": True},
        {"id": 3, "geom": block(400, 0)},
        {"id": 4, "geom": block(600, 0)},
        {"id": 5, "geom": block(800, 0), "county_code": "349999", "reporting_unit": ""},
    )
    land = areas(
        {"id": 11, "geom": block(0, 0), **JINGKAI, "committee": 1, "party_coverage": 3, "fee_rate": 0.9},
        {"id": 12, "geom": block(200, 0), **JINGKAI, "committee": 3, "fee_rate": 0.5, "service_form": 5},
        {"id": 13, "geom": block(400, 0, 60, 100), "committee": 2, "party_coverage": 5},
        {"id": 14, "geom": None, "committee": 1, "party_coverage": 4, "fee_rate": 0.8, "service_form": None},
        {"id": 15, "geom": None, "county_code": None, "street_code": None, "reporting_unit": "", "service_form": 2},
        {"id": 16, "geom": None, "county_code": None, "street_code": None, "neighborhood_code": None},
    )
    belongs = members((11, 1, "ledger"), (12, 2, "ledger"), (13, 3, "ledger"), (14, 4, "ledger"), (16, 4, "ledger"))
    trouble = problems(
        {"community_id": 3, "category": 19},
        {"area_id": 11, "county": "经开区", "closed": True},
        {"county": "乙县", "closed": None},
        {"county": "丙县"},
    )
    uncovered = uncovered_communities(homes, land, belongs, trouble, on=TODAY)
    return {
        "communities": homes,
        "areas": land,
        "memberships": belongs,
        "uncovered": uncovered,
        "problems": trouble,
        "divisions": divisions(),
    }


@pytest.fixture(scope="module")
def counted() -> pd.DataFrame:
    rows: pd.DataFrame = coverage(**town(), on=TODAY).set_index("id")
    return rows


def test_coverage_has_a_row_for_each_division_and_unit_and_one_for_the_unknown(counted: pd.DataFrame) -> None:
    assert list(counted.index) == [
        "county:340801",
        "county:340802",
        "county:未知",
        "street:340801001",
        "street:340801002",
        "street:未知",
        "neighborhood:340801001001",
        "neighborhood:未知",
        "reporting_unit:甲区",
        "reporting_unit:乙县",
        "reporting_unit:经开区",
        "reporting_unit:未知",
    ]


def test_communities_are_counted_once_and_their_reasons_each(counted: pd.DataFrame) -> None:
    county = counted.loc["county:340801"]
    assert [county[name] for name in ("communities", "covered", "uncovered")] == [4, 1, 3]
    assert [county[name] for name in ("declared", "lost", "spatial")] == [1, 1, 1]
    assert county["coverage_rate"] == 0.25
    assert list(counted.loc["county:未知", ["communities", "uncovered", "spatial"]]) == [1, 1, 1]


def test_the_economic_zone_counts_as_a_unit_beside_the_county_it_lies_in(counted: pd.DataFrame) -> None:
    assert list(counted.loc["reporting_unit:经开区", ["communities", "covered", "area_rows"]]) == [2, 1, 2]
    assert list(counted.loc["reporting_unit:甲区", ["communities", "covered", "area_rows"]]) == [2, 0, 3]
    assert counted.loc["reporting_unit:未知", "communities"] == 1
    ground = metres(counted.loc[["reporting_unit:甲区", "reporting_unit:经开区"], "geom"], ZONE)
    assert [shape.area for shape in ground] == pytest.approx([700_000, 300_000], abs=10)


def test_a_rate_leaves_out_the_rows_that_say_nothing_and_shows_both_numbers(counted: pd.DataFrame) -> None:
    county = counted.loc["county:340801"]  # rows 11–14 and 16, whose community lies there
    assert county["area_rows"] == 5
    assert [county[name] for name in ("committee_yes", "committee_known", "committee_rate")] == [3, 4, 0.75]
    assert [county[name] for name in ("party_yes", "party_known", "party_rate")] == [2, 3, 0.666667]
    assert county["fee_known"] == 3
    assert county["fee_rate_mean"] == pytest.approx((0.9 + 0.5 + 0.8) / 3, abs=1e-6)
    empty = counted.loc["county:340802"]
    assert [empty[name] for name in ("coverage_rate", "committee_rate", "fee_rate_mean", "area_coverage_rate")] == [
        None
    ] * 4


def test_the_forms_of_service_add_up_to_the_ledger_rows_with_the_unknown_beside(counted: pd.DataFrame) -> None:
    assert counted.loc["county:340801", "forms"] == {
        "1": 3,
        "2": 0,
        "3": 0,
        "4": 0,
        "5": 1,
        "6": 0,
        "unknown": 1,
    }
    assert (counted["forms"].map(lambda forms: sum(forms.values())) == counted["area_rows"]).all()


def test_a_ledger_row_without_division_is_counted_where_its_communities_are_or_as_unknown(
    counted: pd.DataFrame,
) -> None:
    assert counted.loc["county:未知", "area_rows"] == 1  # row 15: no division, no community
    assert counted.loc["neighborhood:340801001001", "area_rows"] == 4  # 13, 14, 15 and, by its community, 16


def test_covered_ground_is_that_of_covered_communities_only(counted: pd.DataFrame) -> None:
    county = counted.loc["county:340801"]
    assert county["community_area_m2"] == pytest.approx(40_000, abs=1)
    assert county["covered_area_m2"] == pytest.approx(10_000, abs=1)
    assert county["area_coverage_rate"] == pytest.approx(0.25, abs=1e-4)


def test_problems_are_counted_in_the_division_of_their_community_area_or_county(counted: pd.DataFrame) -> None:
    assert list(counted.loc["county:340801", ["problems_open", "problems_closed"]]) == [1, 1]
    assert list(counted.loc["county:340802", ["problems_open", "problems_closed"]]) == [1, 0]
    assert list(counted.loc["county:未知", ["problems_open", "problems_closed"]]) == [1, 0]
    assert list(counted.loc["reporting_unit:经开区", ["problems_open", "problems_closed"]]) == [0, 1]


@pytest.mark.parametrize(
    ("column", "total"),
    [("communities", 5), ("area_rows", 6), ("problems_open", 3), ("problems_closed", 1), ("uncovered", 4)],
)
def test_every_level_adds_up_to_the_same_total(counted: pd.DataFrame, column: str, total: int) -> None:
    assert set(counted.groupby("level")[column].sum()) == {total}


def test_figures_that_rest_on_sample_data_are_marked_as_sample(counted: pd.DataFrame) -> None:
    assert counted.loc["reporting_unit:经开区", "sample"]
    assert counted.loc["county:340801", "sample"]
    assert not counted.loc["county:340802", "sample"]


def test_an_empty_town_still_has_a_row_for_each_division() -> None:
    everything = town()
    empty = {name: rows.iloc[:0] for name, rows in everything.items() if name != "divisions"}
    found = coverage(**empty, divisions=everything["divisions"], on=TODAY)
    assert len(found) == 8
    assert set(found["communities"]) == {0}
    assert set(found["coverage_rate"]) == {None}


def test_frames_of_the_store_whose_columns_hold_any_object_count_alike(counted: pd.DataFrame) -> None:
    def loose(rows: pd.DataFrame) -> pd.DataFrame:
        plain = rows.drop(columns="geom") if "geom" in rows else rows
        found = plain.astype(object).where(plain.notna(), None)
        return gpd.GeoDataFrame(found, geometry=rows.geometry).rename_geometry("geom") if "geom" in rows else found

    again = coverage(**{name: loose(rows) for name, rows in town().items()}, on=TODAY).set_index("id")
    pd.testing.assert_frame_equal(again.drop(columns="geom"), counted.drop(columns="geom"))
