"""What holds for every sentence and every drawing of the same ground."""

from __future__ import annotations

from itertools import pairwise

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import LineString, box
from shapely.ops import substring

from gis_service.abuttals import parse
from gis_service.codes import PlaceKind, ResolutionStatus
from gis_service.gazetteer import Gazetteer
from gis_service.resolver import Edge, Hint, ResolverOptions, Row, resolve, resolve_all
from tests.ground import block, metres, place, road, square

CENTERLINE = ResolverOptions(edge=Edge.CENTERLINE)
WHOLE = "东至湖东路，南至菱湖南路，西至集贤北路，北至天柱山东路"
ROADS = {
    "湖东路": LineString([(400, -500), (410, 150), (400, 800)]),
    "菱湖南路": LineString([(-500, 10), (200, -10), (900, 0)]),
    "集贤北路": LineString([(0, -500), (-15, 100), (0, 800)]),
    "天柱山东路": LineString([(-500, 300), (900, 320)]),
}
NAMES = ["湖东路", "菱湖南路", "集贤北路", "天柱山东路", "湖心小区", "小区围墙", "空地", "规划路", "长河", "湖动路"]
WORDS = "东至 南至 西至 北至 东、南至 以西 以北 以东50米 、 ， ； （ ） 由 合围 一期： 二期： 除外 含 同上 详见附图"
PIECES = st.sampled_from([*WORDS.split(), *NAMES])
GROUND = Gazetteer(
    [
        *block(),
        place("湖心小区", PlaceKind.ESTATE, square(30, 30, 150, 200)),
        place("长河", PlaceKind.RIVER, square(500, -600, 560, 900)),
        place("迎江区", PlaceKind.COUNTY, box(-1000, -1000, 2000, 2000)),
    ]
)


def _drawn(pieces: dict[str, list[LineString]], turn: float = 0.0, east: float = 0.0, north: float = 0.0) -> Gazetteer:
    def moved(line: LineString) -> LineString:
        return affinity.translate(affinity.rotate(line, turn, origin=(0, 0)), east, north)

    places = [road(name, *moved(line).coords, width_m=12) for name, lines in pieces.items() for line in lines]
    return Gazetteer(places)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_splitting_the_pieces_of_the_roads_does_not_change_the_answer(data: st.DataObject) -> None:
    whole = resolve(parse(WHOLE), _drawn({name: [line] for name, line in ROADS.items()}))
    split: dict[str, list[LineString]] = {}
    for name, line in ROADS.items():
        cuts = data.draw(st.lists(st.floats(0.05, 0.95), max_size=5, unique_by=lambda at: round(at, 2)))
        stops = [0.0, *sorted(cuts), 1.0]
        parts = [substring(line, a, b, normalized=True) for a, b in pairwise(stops)]
        split[name] = data.draw(st.permutations([part for part in parts if isinstance(part, LineString)]))
    found = resolve(parse(WHOLE), _drawn(split))
    assert found.status is whole.status is ResolutionStatus.RESOLVED
    assert found.geometry is not None
    assert whole.geometry is not None
    assert metres(found.geometry).symmetric_difference(metres(whole.geometry)).area < 5


@given(turn=st.floats(-35, 35), east=st.floats(-40_000, 40_000), north=st.floats(-90_000, 90_000))
@settings(max_examples=40, deadline=None)
def test_turning_and_shifting_the_ground_turns_and_shifts_the_answer(turn: float, east: float, north: float) -> None:
    still = resolve(parse(WHOLE), _drawn({name: [line] for name, line in ROADS.items()}))
    moved = resolve(parse(WHOLE), _drawn({name: [line] for name, line in ROADS.items()}, turn, east, north))
    assert still.status is moved.status is ResolutionStatus.RESOLVED
    assert still.geometry is not None
    assert moved.geometry is not None
    there = affinity.translate(affinity.rotate(metres(still.geometry), turn, origin=(0, 0)), east, north)
    assert metres(moved.geometry).symmetric_difference(there).area < 0.002 * there.area


@given(st.lists(PIECES, min_size=1, max_size=24).map("".join), st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_sentence_raises_and_every_area_is_valid_closed_and_in_its_division_or_told(text: str, near: bool) -> None:
    options = ResolverOptions() if near else CENTERLINE
    hint = Hint(county="迎江区", community_names=("湖心小区",))
    found = resolve(parse(text), GROUND, hint=hint, options=options)
    assert 0 <= found.confidence <= 1
    if found.status is not ResolutionStatus.RESOLVED:
        assert found.issues
        return
    assert found.geometry is not None
    assert shapely.is_valid(found.geometry)
    assert found.geometry.geom_type in {"Polygon", "MultiPolygon"}
    assert found.geometry.area > 0
    told = {issue.code for issue in found.issues}
    inside = (
        metres(found.geometry).difference(square(-1000, -1000, 2000, 2000)).area < 0.03 * metres(found.geometry).area
    )
    assert inside or told & {"outside_division", "crosses_division"}


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_at_all_gives_an_answer(text: str) -> None:
    (found,) = resolve_all([Row(parse(text))], GROUND, processes=1)
    assert found.issues or found.status is ResolutionStatus.RESOLVED


@pytest.mark.parametrize("edge", list(Edge))
def test_the_same_row_gives_the_same_answer_again(edge: Edge) -> None:
    options = ResolverOptions(edge=edge)
    assert resolve(parse(WHOLE), GROUND, options=options) == resolve(parse(WHOLE), GROUND, options=options)
