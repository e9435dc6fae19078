"""The resolver: named sides close into the block a clerk means, or stay open with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import LineString, box

from gis_service.abuttals.model import Abuttal, Abuttals, AbuttalsPart, Basis, Side
from gis_service.codes import PlaceKind, ResolutionStatus
from gis_service.gazetteer import Gazetteer, Place
from gis_service.resolver import Edge, Hint, Resolution, ResolverOptions, resolve
from tests.ground import block, metres, place, road, square

CENTERLINE = ResolverOptions(edge=Edge.CENTERLINE)
USUAL = {"E": "湖东路", "S": "菱湖南路", "W": "集贤北路", "N": "天柱山东路"}


def said(sides: dict[str, str | Abuttal], **more: object) -> Abuttals:
    """Abuttals with one or several (、) anchors a side, as the parser would give them."""
    anchors: dict[Side, tuple[Abuttal, ...]] = {}
    position = 0
    for letter, words in sides.items():
        listed = [words] if isinstance(words, Abuttal) else [Abuttal(word, (0, 0)) for word in words.split("、")]
        placed = []
        for one in listed:
            span = (position, position + len(one.anchor))
            placed.append(replace(one, span=span))
            position += len(one.anchor) + 1
        anchors[Side(letter)] = tuple(placed)
    return Abuttals("", (AbuttalsPart(None, anchors),), usable=True, **more)  # type: ignore[arg-type]


def outcome(
    places: list[Place],
    sides: dict[str, str | Abuttal],
    options: ResolverOptions = CENTERLINE,
    hint: Hint | None = None,
) -> Resolution:
    return resolve(said(sides), Gazetteer(places), hint=hint, options=options)


def messages(resolution: Resolution) -> str:
    return "；".join(issue.message for issue in resolution.issues)


def test_four_named_roads_close_a_block_along_their_centre_lines() -> None:
    found = outcome(block(), dict(USUAL))
    assert found.status is ResolutionStatus.RESOLVED
    assert found.geometry is not None
    assert metres(found.geometry).symmetric_difference(square(0, 0, 400, 300)).area < 5
    assert found.confidence > 0.9


def test_an_area_ends_at_the_near_edge_of_its_roads() -> None:
    found = outcome(block(), dict(USUAL), ResolverOptions())
    assert found.geometry is not None
    assert metres(found.geometry).symmetric_difference(square(10, 10, 390, 290)).area < 5


def test_a_side_said_to_lie_on_the_centre_line_goes_there_while_the_others_keep_off() -> None:
    sides: dict[str, str | Abuttal] = {**USUAL, "E": Abuttal("湖东路", (0, 0), basis=Basis.CENTERLINE)}
    found = outcome(block(), sides, ResolverOptions())
    assert found.geometry is not None
    assert metres(found.geometry).bounds == pytest.approx((10, 10, 400, 290), abs=0.1)


def test_the_red_line_of_a_road_is_the_edge_of_its_reserve() -> None:
    sides: dict[str, str | Abuttal] = {**USUAL, "E": Abuttal("湖东路", (0, 0), basis=Basis.RED_LINE)}
    found = outcome(block(), sides, ResolverOptions())
    assert found.geometry is not None
    assert metres(found.geometry).bounds == pytest.approx((10, 10, 390, 290), abs=0.1)
    along_centres = outcome(block(), sides)
    assert along_centres.geometry is not None
    assert metres(along_centres.geometry).bounds == pytest.approx((0, 0, 400, 300), abs=0.1)


def test_each_side_tells_the_place_it_matched_and_why() -> None:
    found = outcome(block(), dict(USUAL))
    assert {side.side: (side.places, side.why) for side in found.sides}[Side.NORTH] == (("天柱山东路",), "名称一致")
    lengths = {side.side: round(metres(side.edge).length) for side in found.sides if side.edge is not None}
    assert lengths == {Side.EAST: 300, Side.SOUTH: 400, Side.WEST: 300, Side.NORTH: 400}


def test_the_order_of_the_sides_does_not_matter_but_swapped_sides_do_not_close() -> None:
    swapped = {"E": "集贤北路", "S": "菱湖南路", "W": "湖东路", "N": "天柱山东路"}
    found = outcome(block(), dict(swapped))
    assert found.status is ResolutionStatus.PARTIAL
    assert "核对方位" in messages(found)


def test_a_missing_side_stays_open_and_the_others_are_drawn() -> None:
    found = outcome(block(), {key: name for key, name in USUAL.items() if key != "N"})
    assert found.status is ResolutionStatus.PARTIAL
    assert found.geometry is not None
    assert found.geometry.geom_type == "MultiLineString"


def test_a_landmark_that_nobody_knows_stays_open_and_is_named() -> None:
    found = outcome(block(), {**USUAL, "E": "空地"})
    assert found.status is ResolutionStatus.PARTIAL
    assert "东至“空地”在地名库中没有找到" in messages(found)
    assert [side.edge is None for side in found.sides if side.side is Side.EAST] == [True]


def test_nothing_known_is_unresolved() -> None:
    found = outcome(block(), {"E": "甲", "S": "乙", "W": "丙", "N": "丁"})
    assert (found.status, found.geometry, found.confidence) == (ResolutionStatus.UNRESOLVED, None, 0.0)


def test_a_sentence_without_sides_is_unresolved_with_a_reason() -> None:
    found = resolve(Abuttals("详见附图"), Gazetteer(block()))
    assert found.status is ResolutionStatus.UNRESOLVED
    assert messages(found)


def test_a_road_that_stops_short_of_the_corner_is_bridged_and_costs_confidence() -> None:
    short = block(E=road("湖东路", (400, -500), (400, 250)))
    found = outcome(short, dict(USUAL))
    assert found.status is ResolutionStatus.RESOLVED
    assert found.geometry is not None
    assert metres(found.geometry).symmetric_difference(square(0, 0, 400, 300)).area < 20
    assert "50 米的缺口" in messages(found)
    assert found.confidence < outcome(block(), dict(USUAL)).confidence


def test_a_gap_too_wide_to_bridge_leaves_the_ring_open_and_tells_the_distance() -> None:
    far = block(E=road("湖东路", (400, -2000), (400, -400)))
    found = outcome(far, dict(USUAL))
    assert found.status is ResolutionStatus.PARTIAL
    assert "相距约" in messages(found)


def test_a_road_broken_in_the_middle_is_one_side() -> None:
    broken = [*block()[1:], road("湖东路", (400, -500), (400, 100)), road("湖东路", (400, 160), (400, 800))]
    found = outcome(broken, dict(USUAL))
    assert found.geometry is not None
    assert metres(found.geometry).area == pytest.approx(120_000, rel=0.001)


def test_a_dual_carriageway_leaves_the_block_on_its_inner_side() -> None:
    dual = block(E=road("湖东路", (400, -500), (400, 800), width_m=8))
    dual.append(road("湖东路", (420, -500), (420, 800), width_m=8))
    found = outcome(dual, dict(USUAL), ResolverOptions())
    assert found.geometry is not None
    assert metres(found.geometry).bounds[2] == pytest.approx(396, abs=0.2)


def test_two_namesakes_are_told_apart_by_the_other_three_sides() -> None:
    far = road("湖东路", (9400, -500), (9400, 800))
    found = outcome([*block(), far], dict(USUAL))
    assert found.status is ResolutionStatus.RESOLVED


def _twins() -> list[Place]:
    moved = [
        Place(f"{one.id}-2", one.name, one.kind, affinity.translate(one.geometry, 0.1, 0), (), one.width_m)
        for one in block()
    ]
    return block() + moved


def test_two_blocks_that_both_fit_are_ambiguous_and_none_is_chosen() -> None:
    found = outcome(_twins(), dict(USUAL))
    assert (found.status, found.geometry, len(found.alternatives)) == (ResolutionStatus.AMBIGUOUS, None, 2)
    assert "2 处范围" in messages(found)


def test_the_footprint_of_the_rows_own_community_settles_an_ambiguity() -> None:
    estate = place("湖心花园", PlaceKind.ESTATE, square(50, 50, 300, 250))
    found = outcome([*_twins(), estate], dict(USUAL), hint=Hint(community_names=("湖心花园",)))
    assert found.status is ResolutionStatus.RESOLVED
    assert found.geometry is not None
    assert metres(found.geometry).contains(square(60, 60, 290, 240))


def test_a_community_outside_its_own_area_is_reported() -> None:
    estate = place("湖心花园", PlaceKind.ESTATE, square(1050, 50, 1300, 250))
    found = outcome([*block(), estate], dict(USUAL), hint=Hint(community_names=("湖心花园",)))
    assert "小区“湖心花园”的范围不在落图边界之内" in messages(found)


def test_a_park_bounds_the_area_by_its_near_edge() -> None:
    park = place("莲湖公园", PlaceKind.PARK, square(350, -20, 600, 320))
    found = outcome([*block()[1:], park], {**USUAL, "E": "莲湖公园"})
    assert found.geometry is not None
    assert metres(found.geometry).bounds == pytest.approx((0, 0, 350, 300), abs=1)


def test_the_estates_own_wall_bounds_it_on_that_side() -> None:
    estate = place("湖心花园", PlaceKind.ESTATE, square(20, 20, 330, 290))
    sides: dict[str, str | Abuttal] = {**USUAL, "E": Abuttal("本小区", (0, 0), basis=Basis.WALL, own=True)}
    found = outcome([*block()[1:], estate], sides, hint=Hint(community_names=("湖心花园",)))
    assert found.geometry is not None
    assert metres(found.geometry).bounds == pytest.approx((0, 0, 330, 300), abs=1)


def test_an_offset_moves_the_side_away_from_its_landmark() -> None:
    sides: dict[str, str | Abuttal] = {**USUAL, "E": Abuttal("湖东路", (0, 0), offset_m=50.0, offset_dir=Side.EAST)}
    found = outcome(block(), sides)
    assert found.geometry is not None
    assert metres(found.geometry).bounds == pytest.approx((0, 0, 450, 300), abs=0.5)


def test_several_roads_on_one_side_make_one_broken_line() -> None:
    bent = [*block()[1:], road("湖东路", (400, -500), (400, 150)), road("长桥路", (400, 150), (450, 800))]
    found = outcome(bent, {**USUAL, "E": "长桥路、湖东路"})
    assert found.status is ResolutionStatus.RESOLVED
    assert found.geometry is not None
    assert metres(found.geometry).area > 120_000


def test_one_anchor_that_wraps_two_sides_bounds_both() -> None:
    river = place("北斗河", PlaceKind.RIVER, LineString([(-50, 800), (0, 100), (100, 0), (800, -50)]), 10)
    sides: dict[str, str | Abuttal] = {"E": "湖东路", "S": "北斗河", "W": "北斗河", "N": "天柱山东路"}
    found = outcome([*block(), river], sides)
    assert found.status is ResolutionStatus.RESOLVED
    assert {side.side for side in found.sides} == set(Side)


def test_an_exclusion_known_by_name_is_cut_out_and_an_unknown_one_is_reported() -> None:
    school = place("实验小学", PlaceKind.SCHOOL, square(100, 100, 200, 200))
    found = resolve(
        said(dict(USUAL), exclude=("实验小学", "某某仓库")), Gazetteer([*block(), school]), options=CENTERLINE
    )
    assert found.geometry is not None
    assert metres(found.geometry).area == pytest.approx(110_000, rel=0.001)
    assert "“某某仓库”没有落图" in messages(found)


def test_a_stated_area_that_clashes_is_reported_and_never_averaged() -> None:
    found = resolve(said(dict(USUAL), stated_area_m2=19_600.0), Gazetteer(block()), options=CENTERLINE)
    assert "相差较大" in messages(found)
    assert found.geometry is not None
    assert metres(found.geometry).area == pytest.approx(120_000, rel=0.001)


def test_a_wide_river_is_kept_out_of_the_area() -> None:
    river = place("长河", PlaceKind.RIVER, square(380, -600, 460, 900))
    found = outcome([*block()[1:], river], {**USUAL, "E": "长河"}, ResolverOptions())
    assert found.geometry is not None
    assert metres(found.geometry).intersection(square(380, -600, 460, 900)).area < 1


@settings(max_examples=40, deadline=None)
@given(st.floats(-40, 40), st.floats(80, 900), st.floats(80, 900))
def test_a_block_of_any_size_turned_up_to_forty_degrees_closes_on_its_true_ground(
    turn: float, width: float, depth: float
) -> None:
    def turned(name: str, line: LineString) -> Place:
        return place(name, PlaceKind.ROAD, affinity.rotate(line, turn, origin=(0, 0)), 12)

    ground = [
        turned("湖东路", LineString([(width, -300), (width, depth + 300)])),
        turned("菱湖南路", LineString([(-300, 0), (width + 300, 0)])),
        turned("集贤北路", LineString([(0, -300), (0, depth + 300)])),
        turned("天柱山东路", LineString([(-300, depth), (width + 300, depth)])),
    ]
    found = outcome(ground, dict(USUAL))
    wanted = affinity.rotate(box(0, 0, width, depth), turn, origin=(0, 0))
    assert found.status is ResolutionStatus.RESOLVED
    assert found.geometry is not None
    assert metres(found.geometry).symmetric_difference(wanted).area < 0.01 * wanted.area + 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-600, 900), st.floats(-600, 900)), min_size=2, max_size=6, unique=True))
@example([(200.0, 14.0), (0.0, 0.0), (2.0, 51.0)])
@example([(-1.0, 0.0), (0.0, -301.0), (0.0, -1.0)])
@example([(0.0, 0.0), (0.0, 5e-324)])
@example([(400.0, 300.0), (400.0, 300.0 + 1e-9), (400.0, 0.0)])
def test_whatever_the_fourth_road_does_the_outcome_is_valid_or_open(points: list[tuple[float, float]]) -> None:
    found = outcome([*block()[1:], road("湖东路", *points)], dict(USUAL), ResolverOptions())
    if found.status is ResolutionStatus.RESOLVED:
        assert found.geometry is not None
        assert shapely.is_valid(found.geometry)
        assert found.geometry.area > 0
    else:
        assert found.issues
