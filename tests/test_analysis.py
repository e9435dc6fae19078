"""失管 by reason and overlaps of areas, on small frames with answers worked out by hand."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_service.analysis.footprints import footprint_cover
from gis_service.analysis.metric import metres, zone
from gis_service.analysis.overlaps import overlaps
from gis_service.analysis.uncovered import uncovered_communities
from tests.frames import TODAY, ZONE, areas, block, communities, members, on_ground, problems


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
