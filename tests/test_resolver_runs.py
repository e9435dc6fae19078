"""Many rows together: neighbours in turn, one line between them, people's answers, overlaps told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import LineString, box
from shapely.geometry.base import BaseGeometry

from gis_service.abuttals import parse
from gis_service.abuttals.model import Side
from gis_service.codes import PlaceKind, ResolutionStatus
from gis_service.gazetteer import Gazetteer, Place
from gis_service.resolver import (
    Edge,
    Hint,
    Judgements,
    NameMeans,
    Resolution,
    ResolverOptions,
    Row,
    SideIs,
    resolve,
    resolve_all,
)
from gis_service.resolver.sharing import share_edges
from tests.ground import block, lonlat, metres, place, road, square

CENTERLINE = ResolverOptions(edge=Edge.CENTERLINE)
WHOLE = "东至湖东路，南至菱湖南路，西至集贤北路，北至天柱山东路"


def row(text: str, *names: str, **more: object) -> Row:
    return Row(parse(text), Hint(community_names=names), names, **more)  # type: ignore[arg-type]


def run(places: list[Place], *rows: Row, options: ResolverOptions = CENTERLINE) -> list[Resolution]:
    return resolve_all(rows, Gazetteer(places), options=options, processes=1)


def codes(resolution: Resolution) -> set[str]:
    return {issue.code for issue in resolution.issues}


def area(resolution: Resolution) -> BaseGeometry:
    assert resolution.status is ResolutionStatus.RESOLVED, [issue.message for issue in resolution.issues]
    assert resolution.geometry is not None
    return metres(resolution.geometry)


def with_wall() -> list[Place]:
    """The block of 400 × 300 m with a lane through its middle that only the western estate names."""
    return [*block(), road("中巷", (180, 0), (180, 300), width_m=4)]


def test_an_estate_that_names_its_neighbour_is_drawn_after_it_and_meets_it_in_one_line() -> None:
    east = row("东至湖东路，南至菱湖南路，西至甲小区，北至天柱山东路", "乙小区")
    west = row("东至中巷，南至菱湖南路，西至集贤北路，北至天柱山东路", "甲小区")
    second, first = run(with_wall(), east, west)
    assert area(first).symmetric_difference(square(0, 0, 180, 300)).area < 5
    assert area(second).symmetric_difference(square(180, 0, 400, 300)).area < 5
    assert shapely.coverage_is_valid(np.array([first.geometry, second.geometry]))
    assert "相邻区域“甲小区”的边界" in {side.why for side in second.sides}


def test_the_neighbour_need_not_repeat_the_word_estate() -> None:
    found = run(
        with_wall(),
        row("东至中巷，南至菱湖南路，西至集贤北路，北至天柱山东路", "甲苑小区"),
        row("东至湖东路，南至菱湖南路，西至甲苑，北至天柱山东路", "乙小区"),
    )
    assert [one.status for one in found] == [ResolutionStatus.RESOLVED] * 2


def test_neighbours_that_only_name_each_other_are_told_to_be_a_circle() -> None:
    one = row("东至乙小区，南至菱湖南路，西至集贤北路，北至天柱山东路", "甲小区")
    other = row("东至湖东路，南至菱湖南路，西至甲小区，北至天柱山东路", "乙小区")
    found = run(block(), one, other)
    assert [resolution.status for resolution in found] == [ResolutionStatus.PARTIAL] * 2
    assert "neighbour_circle" in codes(found[0])
    assert "neighbour_open" in codes(found[1])


def test_neighbours_that_name_each_other_share_one_line_when_one_footprint_is_known() -> None:
    estate = place("乙小区", PlaceKind.ESTATE, box(200, 10, 390, 290))
    one = row("东至乙小区，南至菱湖南路，西至集贤北路，北至天柱山东路", "甲小区")
    other = row("东至湖东路，南至菱湖南路，西至甲小区，北至天柱山东路", "乙小区")
    found = run([*block(), estate], one, other)
    assert area(found[0]).symmetric_difference(square(0, 0, 200, 300)).area < 60
    assert area(found[0]).intersection(area(found[1])).area < 1
    assert shapely.coverage_is_valid(np.array([resolution.geometry for resolution in found]))


def test_a_neighbour_of_another_county_is_not_meant() -> None:
    far = Row(parse(WHOLE), Hint(county="怀宁县"), ("甲小区",))
    near = Row(parse("东至湖东路，南至菱湖南路，西至甲小区，北至天柱山东路"), Hint(county="迎江区"))
    found = run(block(), far, near)
    assert found[1].status is ResolutionStatus.PARTIAL


def test_two_rows_that_claim_the_same_ground_are_both_drawn_and_both_told() -> None:
    found = run(block(), row(WHOLE, "甲小区"), row(WHOLE, "乙小区"))
    assert all("overlaps_neighbour" in codes(resolution) for resolution in found)
    assert "与“乙小区”重叠约 120000 平方米" in "；".join(issue.message for issue in found[0].issues)
    assert max(resolution.confidence for resolution in found) < 0.9


def test_a_name_that_people_have_settled_wins_over_every_other_reading() -> None:
    places = [*block(), road("滨江大道", (410, -500), (410, 800))]
    text = "东至老江堤，南至菱湖南路，西至集贤北路，北至天柱山东路"
    gazetteer = Gazetteer(places)
    judged = Judgements(names=(NameMeans("老江堤", places[-1].id),))
    assert resolve(parse(text), gazetteer, options=CENTERLINE).status is ResolutionStatus.PARTIAL
    found = resolve(parse(text), gazetteer, options=CENTERLINE, judgements=judged)
    assert area(found).symmetric_difference(square(0, 0, 410, 300)).area < 5
    assert [side.why for side in found.sides if side.side is Side.EAST] == ["人工指定"]


def test_a_settled_name_holds_only_in_its_division() -> None:
    places = [*block(), road("滨江大道", (410, -500), (410, 800))]
    judged = Judgements(names=(NameMeans("老江堤", places[-1].id, "迎江区"),))
    text = parse("东至老江堤，南至菱湖南路，西至集贤北路，北至天柱山东路")
    here, there = Hint(county="迎江区"), Hint(county="怀宁县")
    gazetteer = Gazetteer(places)
    assert resolve(text, gazetteer, hint=here, judgements=judged).status is ResolutionStatus.RESOLVED
    assert resolve(text, gazetteer, hint=there, judgements=judged).status is ResolutionStatus.PARTIAL


def test_a_side_drawn_by_people_closes_what_the_words_left_open() -> None:
    line = lonlat(LineString([(300, -20), (310, 150), (300, 320)]))
    judged = Judgements(sides=(SideIs(Side.EAST, line),))
    for text in ("东至空地，南至菱湖南路，西至集贤北路，北至天柱山东路", "南至菱湖南路，西至集贤北路，北至天柱山东路"):
        found = resolve(parse(text), Gazetteer(block()), options=CENTERLINE, judgements=judged)
        assert area(found).area == pytest.approx(300 * 304, rel=0.03)


def test_roads_listed_in_a_circle_without_directions_close_their_block() -> None:
    found = resolve(
        parse("由湖东路、菱湖南路、集贤北路、天柱山东路合围而成的区域"), Gazetteer(block()), options=CENTERLINE
    )
    assert area(found).symmetric_difference(square(0, 0, 400, 300)).area < 5
    assert {side.side: side.places for side in found.sides}[Side.EAST] == ("湖东路",)


def test_a_road_that_changes_its_name_before_the_corner_is_carried_on_and_told() -> None:
    places = block(
        N=road("天柱山东路", (-500, 300), (150, 300)),
        N2=road("天柱大街", (150, 300), (280, 310), (900, 310)),
    )
    found = resolve(parse(WHOLE), Gazetteer(places), options=CENTERLINE)
    assert area(found).area == pytest.approx(400 * 304, rel=0.02)
    assert "“天柱山东路”未到路口，沿“天柱大街”接续" in [issue.message for issue in found.issues]
    assert found.confidence < 0.9
    bridged = {side.side: side.bridge for side in found.sides if side.bridge is not None}
    assert metres(bridged[Side.NORTH]).length == pytest.approx(250, abs=15)


def test_an_area_in_the_wrong_division_is_doubted() -> None:
    county = place("怀宁县", PlaceKind.COUNTY, box(5000, 5000, 9000, 9000))
    gazetteer = Gazetteer([*block(), county])
    doubted = resolve(parse(WHOLE), gazetteer, hint=Hint(county="怀宁县"))
    assert "outside_division" in codes(doubted)
    assert doubted.confidence < 0.7 < resolve(parse(WHOLE), gazetteer).confidence


def test_a_stated_length_that_does_not_fit_is_told() -> None:
    fits = resolve(parse(f"{WHOLE}，东西长约400米，南北宽约300米"), Gazetteer(block()), options=CENTERLINE)
    clashes = resolve(parse(f"{WHOLE}，东西长约900米"), Gazetteer(block()), options=CENTERLINE)
    assert "stated_length_clash" in codes(clashes) - codes(fits)


def test_a_road_limited_by_cross_roads_is_used_only_between_them() -> None:
    places = block(N=road("天柱山东路", (-500, 300), (400, 300), (400, 600), (0, 600), (0, 300)))
    text = "东至湖东路，南至菱湖南路，西至集贤北路，北至天柱山东路（集贤北路至湖东路段）"
    found = resolve(parse(text), Gazetteer(places), options=CENTERLINE)
    assert area(found).symmetric_difference(square(0, 0, 400, 300)).area < 5


@given(cuts=st.lists(st.floats(0.1, 0.9), min_size=1, max_size=4), wobble=st.floats(-0.4, 0.4))
@settings(max_examples=25, deadline=None)
def test_two_drawings_of_one_line_become_one(cuts: list[float], wobble: float) -> None:
    ends = [(100.0, 0.0), *((100.0 + wobble, 200 * at) for at in sorted(set(cuts))), (100.0, 200.0)]
    left = shapely.Polygon([(0, 0), *ends, (0, 200)])
    right = shapely.Polygon([(100, 0), (300, 0), (300, 200), (100, 200)])
    shared = share_edges([left, right])
    assert shared.overlaps == ()
    assert shapely.coverage_is_valid(np.array(shared.areas))
    assert sum(one.area for one in shared.areas) == pytest.approx(60_000, abs=1)


def test_areas_across_a_lane_keep_their_own_edges() -> None:
    one, other = box(0, 0, 100, 100), box(104, 0, 200, 100)
    assert share_edges([one, other]).areas == (one, other)


def test_many_rows_give_the_same_answers_over_processes() -> None:
    rows = [row(WHOLE, f"甲{number}") for number in range(3)] * 140
    gazetteer = Gazetteer(block())
    alone = resolve_all(rows, gazetteer, options=CENTERLINE, processes=1)
    together = resolve_all(rows, gazetteer, options=CENTERLINE, processes=2)
    assert [(one.status, one.geometry) for one in alone] == [(one.status, one.geometry) for one in together]


def test_roads_of_one_name_are_told_apart_by_the_county_that_the_data_gives_them() -> None:
    there = [
        Place(f"{one.id}-there", one.name, one.kind, affinity.translate(one.geometry, 0, 0.2), width_m=20.0)
        for one in block()
    ]
    told = [
        *(replace(one, tags={"county": "迎江区"}) for one in block()),
        *(replace(one, tags={"county": "怀宁县"}) for one in there),
    ]
    found = resolve(parse(WHOLE), Gazetteer(told), hint=Hint(county="怀宁县"), options=CENTERLINE)
    assert found.geometry is not None
    assert found.geometry.centroid.y == pytest.approx(there[0].geometry.centroid.y, abs=0.01)
    assert resolve(parse(WHOLE), Gazetteer(told)).status is ResolutionStatus.AMBIGUOUS
