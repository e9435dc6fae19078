"""Small frames with answers worked out by hand: 失管 by reason, coverage, overlaps, fire lanes, e-bikes, manholes."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gis_service.analysis.coverage import coverage
from gis_service.analysis.ebikes import assess_ebikes
from gis_service.analysis.findings import Threshold
from gis_service.analysis.footprints import footprint_cover
from gis_service.analysis.lanes import TURNING_HEAVY, TURNING_HIGH_RISE, LaneRules, assess_lanes
from gis_service.analysis.manholes import due_manholes
from gis_service.analysis.metric import metres, zone
from gis_service.analysis.overlaps import overlaps
from gis_service.analysis.uncovered import uncovered_communities
from gis_service.crs import to_lonlat

ZONE = 4548
EAST, NORTH = 505_000.0, 3_378_000.0  # metres in 安庆
TODAY = dt.date(2023, 7, 15)
Shape = TypeVar("Shape", bound=BaseGeometry)


def on_ground(shape: Shape) -> Shape:
    """A shape drawn in metres from a corner of the town, as lon/lat."""
    return to_lonlat(shapely.affinity.translate(shape, EAST, NORTH), ZONE)


def block(x: float, y: float, width: float = 100, height: float = 100) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([on_ground(shapely.box(x, y, x + width, y + height))])


def frame(rows: list[dict[str, Any]], **defaults: Any) -> gpd.GeoDataFrame:
    full = [{**defaults, **row} for row in rows]
    shapes = gpd.GeoSeries([row.pop("geom") for row in full], crs=4490)
    return gpd.GeoDataFrame(pd.DataFrame(full), geometry=shapes).rename_geometry("geom")


def communities(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    return frame(
        list(rows),
        code="XQ",
        name="某小区",
        county="甲区",
        street="一街道",
        neighborhood="一社区",
        reporting_unit="甲区",
        county_code="340801",
        street_code="340801001",
        neighborhood_code="340801001001",
        sample=False,
    )


def areas(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    return frame(
        list(rows),
        name="某区域",
        ledger_seq=None,
        service_form=1,
        committee=None,
        party_coverage=None,
        fee_rate=None,
        community_names=(),
        state=None,
        has_draft=False,
        reporting_unit="甲区",
        county_code="340801",
        street_code="340801001",
        neighborhood_code="340801001001",
        sample=False,
    )


def problems(*rows: dict[str, Any]) -> pd.DataFrame:
    known = {
        "code": "WT",
        "seq": 1,
        "project_name": "某小区",
        "community_id": None,
        "area_id": None,
        "county": "甲区",
        "category": 1,
        "closed": False,
        "sample": False,
    }
    return pd.DataFrame([{**known, **row} for row in rows], columns=list(known))


def members(*rows: tuple[int, int, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["area_id", "community_id", "how"])


def reasons(found: gpd.GeoDataFrame) -> list[tuple[int, str]]:
    return list(zip(found["community_id"], found["reason"], strict=True))


def test_a_frame_is_measured_in_the_zone_of_its_middle() -> None:
    square = gpd.GeoSeries([block(0, 0)], crs=4490)
    assert zone(square) == ZONE
    assert metres(square, ZONE)[0].area == pytest.approx(10_000, abs=0.01)


def test_a_missing_shape_stays_missing_and_a_bow_tie_is_made_valid() -> None:
    bow = on_ground(shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]))
    measured = metres([None, bow], ZONE)
    assert measured[0] is None
    assert measured[1].area == pytest.approx(5_000, abs=0.1)


def test_a_community_whose_middle_or_half_lies_in_an_area_is_inside() -> None:
    homes = communities(
        {"id": 1, "geom": block(0, 0)},  # wholly inside
        {"id": 2, "geom": block(60, 200)},  # its western 40 m inside: 40 %
        {"id": 3, "geom": block(49, 400)},  # its western 51 m inside
        {"id": 4, "geom": block(500, 500)},  # far away
    )
    found = footprint_cover(homes, areas({"id": 9, "geom": block(0, 0, 100, 600)}))
    assert list(found["inside"]) == [True, False, True, False]
    assert list(found["covered_m2"]) == pytest.approx([10_000, 4_000, 5_100, 0], abs=0.1)
    assert list(found["area_m2"]) == pytest.approx([10_000] * 4, abs=0.1)


def test_half_of_a_footprint_in_two_areas_counts_although_its_middle_is_on_the_street_between() -> None:
    home = communities({"id": 1, "geom": block(0, 0)})
    both = areas({"id": 1, "geom": block(0, 0, 30, 100)}, {"id": 2, "geom": block(75, 0, 25, 100)})
    found = footprint_cover(home, both)
    assert found["covered_m2"].item() == pytest.approx(5_500, abs=0.1)
    assert found["inside"].item()


def test_ground_in_two_overlapping_areas_counts_once() -> None:
    home = communities({"id": 1, "geom": block(0, 0)})
    twice = areas({"id": 1, "geom": block(0, 0, 30, 100)}, {"id": 2, "geom": block(0, 0, 40, 100)})
    found = footprint_cover(home, twice)
    assert found["covered_m2"].item() == pytest.approx(4_000, abs=0.1)
    assert not found["inside"].item()


def test_the_three_reasons_are_found_apart_and_a_community_may_have_them_all() -> None:
    homes = communities(
        {"id": 1, "geom": block(0, 0)},
        {"id": 2, "geom": block(200, 0)},
        {"id": 3, "geom": block(400, 0)},
        {"id": 4, "geom": block(600, 0)},
        {"id": 5, "geom": block(800, 0)},
    )
    land = areas(
        {"id": 11, "geom": block(0, 0), "service_form": 5, "ledger_seq": 7, "name": "江畔"},
        {"id": 12, "geom": block(200, 0)},
        {"id": 14, "geom": block(600, 0)},
        {"id": 15, "geom": None, "service_form": 5},
    )
    belongs = members((11, 1, "ledger"), (12, 2, "ledger"), (14, 4, "ledger"), (15, 5, "ledger"))
    trouble = problems(
        {"community_id": 2, "category": 19, "seq": 3, "project_name": "临湖"}, {"community_id": 5, "category": 19}
    )
    found = uncovered_communities(homes, land, belongs, trouble, on=TODAY)
    assert reasons(found) == [
        (1, "declared"),
        (2, "lost"),
        (3, "spatial"),
        (5, "declared"),
        (5, "lost"),
        (5, "spatial"),
    ]
    assert list(found["id"][:3]) == ["1:declared", "2:lost", "3:spatial"]
    assert list(found["evidence"][:3]) == [
        "附件1 序号 7“江畔”：无物管",
        "附件2 序号 3“临湖”：问题类别 19 未销号",
        "台账未登记，范围的 0.0% 在现行物业管理区域内",
    ]
    assert list(found["reason_words"][:3]) == ["台账登记无物管", "物业撤离", "不在任何物业管理区域内"]
    assert set(found["as_of"]) == {TODAY}


@pytest.mark.parametrize(("closed", "lost"), [(True, False), (False, True), (None, True)])
def test_only_a_closed_problem_19_gives_the_company_back(closed: bool | None, lost: bool) -> None:
    homes = communities({"id": 1, "geom": block(0, 0)})
    land = areas({"id": 11, "geom": block(0, 0)})
    trouble = problems({"community_id": 1, "category": 19, "closed": closed})
    found = uncovered_communities(homes, land, members((11, 1, "ledger")), trouble, on=TODAY)
    assert reasons(found) == ([(1, "lost")] if lost else [])


def test_another_open_problem_is_no_reason_and_problem_19_of_an_area_concerns_all_its_communities() -> None:
    homes = communities({"id": 1, "geom": block(0, 0)}, {"id": 2, "geom": block(200, 0)})
    land = areas({"id": 11, "geom": block(0, 0, 300, 100)})
    belongs = members((11, 1, "ledger"), (11, 2, "ledger"))
    assert uncovered_communities(homes, land, belongs, problems({"community_id": 1, "category": 18}), on=TODAY).empty
    found = uncovered_communities(homes, land, belongs, problems({"area_id": 11, "category": 19}), on=TODAY)
    assert reasons(found) == [(1, "lost"), (2, "lost")]


def test_where_the_ledger_names_a_community_an_area_lying_around_it_does_not_declare_it() -> None:
    homes = communities({"id": 1, "geom": block(0, 0)}, {"id": 2, "geom": block(200, 0)})
    land = areas({"id": 11, "geom": None}, {"id": 12, "geom": block(0, 0, 300, 100), "service_form": 5})
    belongs = members((11, 1, "ledger"), (12, 1, "spatial"), (12, 2, "spatial"))
    found = uncovered_communities(homes, land, belongs, problems(), on=TODAY)
    assert reasons(found) == [(2, "declared")]


@pytest.mark.parametrize(
    ("has_draft", "evidence"),
    [
        (True, "所属物业管理区域“某区域”的边界尚未核准"),
        (False, "所属物业管理区域“某区域”尚无边界"),
    ],
)
def test_a_community_whose_boundary_is_not_approved_is_spatial_and_marked_pending(
    has_draft: bool, evidence: str
) -> None:
    homes = communities({"id": 1, "geom": block(0, 0)}, {"id": 2, "geom": block(200, 0)})
    land = areas({"id": 11, "geom": None, "has_draft": has_draft})
    found = uncovered_communities(homes, land, members((11, 1, "ledger")), problems(), on=TODAY)
    assert reasons(found) == [(1, "spatial"), (2, "spatial")]
    assert list(found["boundary_pending"]) == [True, False]
    assert found["evidence"][0] == evidence


def test_a_community_without_a_footprint_is_judged_by_the_ledger_alone() -> None:
    homes = communities({"id": 1, "geom": None}, {"id": 2, "geom": None}, {"id": 3, "geom": block(0, 0)})
    land = areas({"id": 11, "geom": block(0, 0)})
    belongs = members((11, 1, "ledger"), (11, 3, "ledger"))
    found = uncovered_communities(homes, land, belongs, problems(), on=TODAY)
    assert reasons(found) == [(2, "spatial")]
    assert found["evidence"].item() == "小区尚无范围图形，台账也未登记所属物业管理区域"


def test_nothing_uncovered_is_an_empty_frame_with_all_columns() -> None:
    homes = communities({"id": 1, "geom": block(0, 0)})
    land = areas({"id": 11, "geom": block(0, 0)})
    found = uncovered_communities(homes, land, members((11, 1, "ledger")), problems(), on=TODAY)
    assert found.empty
    assert {"id", "reason", "evidence", "since", "geom"} <= set(found.columns)
    assert found.crs.to_epsg() == 4490


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


def test_areas_sharing_more_than_ten_square_metres_are_a_pair_with_their_ground() -> None:
    land = areas(
        {"id": 1, "geom": block(0, 0), "name": "甲"},
        {"id": 2, "geom": block(99.8, 0), "name": "乙"},  # 20 m²
        {"id": 3, "geom": block(0, 99.95), "name": "丙"},  # 5 m² with 甲
        {"id": 4, "geom": block(500, 0)},
        {"id": 5, "geom": None},
    )
    found = overlaps(land)
    assert [tuple(row) for row in found[["area_id", "other_id", "name", "other_name"]].to_numpy()] == [
        (1, 2, "甲", "乙")
    ]
    assert found["overlap_m2"].item() == pytest.approx(20, abs=0.1)
    assert found.geometry.item().geom_type == "MultiPolygon"


def test_neighbours_with_one_common_edge_do_not_overlap() -> None:
    assert overlaps(areas({"id": 1, "geom": block(0, 0)}, {"id": 2, "geom": block(100, 0)})).empty
    assert overlaps(areas({"id": 1, "geom": None})).empty


@settings(deadline=None, max_examples=25)
@given(st.floats(0, 100), st.floats(0, 100))
def test_the_overlap_of_two_squares_is_the_product_of_its_sides(east: float, north: float) -> None:
    found = overlaps(areas({"id": 1, "geom": block(0, 0)}, {"id": 2, "geom": block(east, north)}))
    expected = (100 - east) * (100 - north)
    if expected > 10.1:
        assert found["overlap_m2"].item() == pytest.approx(expected, abs=0.2)
    if expected < 9.9:
        assert found.empty


SOUND_LANE = {
    "clear_width_m": 4.0,
    "clear_height_m": 4.0,
    "gradient_pct": 10.0,
    "wall_distance_m": 5.0,
    "dead_end": False,
    "turning_m": None,
    "marked": True,
    "blocked": False,
}


def lanes(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    axis = on_ground(shapely.LineString([(0, 0), (100, 0)]))
    return frame([{**SOUND_LANE, **row} for row in rows], geom=axis)


def assessed(rules: LaneRules | None = None, **measured: Any) -> tuple[str, str, str]:
    row = (assess_lanes(lanes(measured), rules) if rules else assess_lanes(lanes(measured))).iloc[0]
    return row["result"], row["clause"], row["finding"]


def test_a_lane_at_every_limit_passes_with_its_values() -> None:
    assert assessed() == (
        "pass",
        "GB 50016 7.1.8；GB 55037 3.4.5",
        "净宽 4 m、净高 4 m、坡度 10 %、距外墙 5 m，均符合要求",
    )


@pytest.mark.parametrize(
    ("measured", "clause", "finding"),
    [
        ({"clear_width_m": 3.99}, "GB 50016 7.1.8", "净宽 3.99 m，要求不小于 4 m（GB 50016 7.1.8）"),
        ({"clear_height_m": 3.99}, "GB 50016 7.1.8", "净高 3.99 m，要求不小于 4 m（GB 50016 7.1.8）"),
        ({"gradient_pct": 10.01}, "GB 55037 3.4.5", "坡度 10.01 %，要求不大于 10 %（GB 55037 3.4.5）"),
        ({"wall_distance_m": 4.9}, "GB 50016 7.1.8", "距外墙 4.9 m，要求不小于 5 m（GB 50016 7.1.8）"),
        (
            {"dead_end": True, "turning_m": 11.9},
            "GB 50016 7.1.9",
            "回车场边长 11.9 m，要求不小于 12 m（GB 50016 7.1.9）",
        ),
        ({"blocked": True}, "附件2 问题类别 11", "被占用、堵塞（附件2 问题类别 11）"),
        ({"marked": False}, "附件2 问题类别 11", "未划线标识（附件2 问题类别 11）"),
    ],
)
def test_one_value_beyond_its_limit_fails_with_clause_and_value(
    measured: dict[str, Any], clause: str, finding: str
) -> None:
    assert assessed(**measured) == ("fail", clause, finding)


@pytest.mark.parametrize(
    ("measured", "title"),
    [
        ({"clear_width_m": None}, "净宽"),
        ({"clear_height_m": np.nan}, "净高"),
        ({"gradient_pct": None}, "坡度"),
        ({"wall_distance_m": None}, "距外墙"),
        ({"dead_end": True}, "回车场边长"),
        ({"dead_end": None}, "是否尽头路"),
    ],
)
def test_a_value_nobody_measured_is_never_a_pass(measured: dict[str, Any], title: str) -> None:
    result, _, finding = assessed(**measured)
    assert (result, finding) == ("not_measured", f"未测量：{title}")


def test_a_failing_value_fails_whatever_else_is_not_measured() -> None:
    result, clause, finding = assessed(clear_width_m=3.2, clear_height_m=None, gradient_pct=None)
    assert (result, clause) == ("fail", "GB 50016 7.1.8")
    assert finding == "净宽 3.2 m，要求不小于 4 m（GB 50016 7.1.8）；未测量：净高、坡度"


def test_a_dead_end_with_room_to_turn_passes_also_where_nobody_said_whether_it_is_one() -> None:
    assert assessed(dead_end=True, turning_m=12.0)[0] == "pass"
    assert assessed(dead_end=None, turning_m=12.0)[0] == "pass"


def test_high_rises_and_heavy_engines_need_a_larger_turning_place() -> None:
    high_rise = assessed(LaneRules(turning=TURNING_HIGH_RISE), dead_end=True, turning_m=14.9)
    assert high_rise == ("fail", "GB 50016 7.1.9", "回车场边长 14.9 m，要求不小于 15 m（GB 50016 7.1.9）")
    heavy = assessed(LaneRules(turning=TURNING_HEAVY), dead_end=True, turning_m=17)
    assert heavy == ("fail", "", "回车场边长 17 m，要求不小于 18 m")


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_threshold_is_met_exactly_from_its_limit_on(limit: float, value: float) -> None:
    assert Threshold("净宽", limit, "m", "").check(value).met is (value >= limit)
    assert Threshold("坡度", limit, "%", "", at_most=True).check(value).met is (value <= limit)
    assert Threshold("净宽", limit, "m", "").check(limit).met


SOUND_PLACE = {
    "places": 30,
    "area_m2": 66.0,
    "group_length_m": 20.0,
    "socket_spacing_m": 0.8,
    "exits": 2,
    "near_sensitive": "",
}


def parked(**measured: Any) -> pd.Series:
    """The verdict on a place 10 m × 6.6 m that stands 50 m north of the lane's axis unless told otherwise."""
    shape = on_ground(shapely.box(10, 50, 20, 56.6))
    width = measured.pop("clear_width_m", 4.0)
    return assess_ebikes(frame([{**SOUND_PLACE, "geom": shape, **measured}]), lanes({"clear_width_m": width})).iloc[0]


def test_an_ebike_place_at_every_limit_passes() -> None:
    place = parked()
    assert (place["result"], place["lane_overlap_m2"]) == ("pass", 0.0)
    assert place["finding"] == (
        "未占用消防车道、每车面积 2.2 m²、插座间距 0.8 m、每组长度 20 m、安全出口 2 个、不毗邻敏感场所，均符合要求"
    )


@pytest.mark.parametrize(
    ("measured", "finding"),
    [
        ({"area_m2": 65.7}, "每车面积 2.19 m²，要求不小于 2.2 m²"),
        ({"group_length_m": 20.1}, "每组长度 20.1 m，要求不大于 20 m"),
        ({"socket_spacing_m": 0.79}, "插座间距 0.79 m，要求不小于 0.8 m"),
        ({"exits": 1}, "安全出口 1 个，要求不小于 2 个"),
        ({"near_sensitive": "幼儿园"}, "毗邻幼儿园"),
    ],
)
def test_an_ebike_place_beyond_a_figure_of_the_guide_fails(measured: dict[str, Any], finding: str) -> None:
    place = parked(**measured)
    assert (place["result"], place["finding"]) == ("fail", f"{finding}（安徽省《电动自行车停车场（棚）防火技术导则》）")


@pytest.mark.parametrize(
    ("measured", "title"),
    [
        ({"places": None}, "每车面积、安全出口"),
        ({"area_m2": None}, "每车面积"),
        ({"socket_spacing_m": None}, "插座间距"),
        ({"near_sensitive": None}, "毗邻敏感场所"),
        ({"geom": None}, "与消防车道的位置关系"),
    ],
)
def test_an_ebike_place_not_measured_is_never_a_pass(measured: dict[str, Any], title: str) -> None:
    if measured == {"places": None}:
        measured["exits"] = None
    place = parked(**measured)
    assert (place["result"], place["finding"]) == ("not_measured", f"未测量：{title}")


def test_a_micro_place_needs_no_second_exit_and_no_groups() -> None:
    assert parked(places=25, exits=1, group_length_m=None)["result"] == "pass"
    assert parked(places=26, exits=1)["result"] == "fail"


@pytest.mark.parametrize(("width", "overlap"), [(4.0, 20.0), (6.0, 30.0), (None, 20.0)])
def test_an_ebike_place_on_a_lane_fails_with_the_square_metres(width: float | None, overlap: float) -> None:
    across = on_ground(shapely.box(10, -5, 20, 0))  # reaches the axis: it takes half of the strip along 10 m
    place = parked(geom=across, clear_width_m=width)
    assert place["result"] == "fail"
    assert place["lane_overlap_m2"] == pytest.approx(overlap, abs=0.02)
    assert place["finding"].startswith(f"占用消防车道 {place['lane_overlap_m2']:.10g} m²")


def test_a_place_beside_the_strip_takes_nothing_from_the_lane() -> None:
    beside = on_ground(shapely.box(10, 2.01, 20, 8))
    assert parked(geom=beside)["lane_overlap_m2"] == 0.0
    beyond_the_end = on_ground(shapely.box(100.01, -2, 110, 2))
    assert parked(geom=beyond_the_end)["lane_overlap_m2"] == 0.0


def test_where_two_lanes_cross_the_ground_taken_counts_once() -> None:
    crossing = lanes({}, {"geom": on_ground(shapely.LineString([(50, -50), (50, 50)]))})
    place = frame([{**SOUND_PLACE, "geom": on_ground(shapely.box(48, -2, 52, 2))}])
    assert assess_ebikes(place, crossing)["lane_overlap_m2"].item() == pytest.approx(16, abs=0.02)


def test_a_town_without_lanes_has_no_ebikes_on_lanes() -> None:
    place = frame([{**SOUND_PLACE, "geom": on_ground(shapely.box(0, 0, 10, 6.6))}])
    assert assess_ebikes(place, lanes({}).iloc[:0])["lane_overlap_m2"].item() == 0.0


def covers(*rows: tuple[str, object]) -> gpd.GeoDataFrame:
    point = on_ground(shapely.Point(0, 0))
    return frame([{"state": state, "reported_at": reported, "geom": point} for state, reported in rows])


def test_a_reported_fault_is_due_a_day_later_and_a_sound_cover_never() -> None:
    noon = dt.datetime(2023, 7, 15, 12, tzinfo=dt.UTC)
    found = due_manholes(covers(("缺失", noon), ("完好", noon), ("破损", None)))
    assert list(found["due_at"]) == [dt.datetime(2023, 7, 16, 12, tzinfo=dt.UTC), None, None]
    assert due_manholes(covers(("松动", noon)), hours=48)["due_at"][0] == noon + dt.timedelta(hours=48)


def test_a_report_without_a_time_zone_was_read_off_a_clock_in_china() -> None:
    found = due_manholes(covers(("下沉", "2023-07-15T08:00:00"), ("下沉", "2023-07-15T08:00:00+08:00")))
    assert set(found["due_at"]) == {dt.datetime(2023, 7, 16, 0, tzinfo=dt.UTC)}
