"""`gis-service resolve` on the sample town: one feature a row, and the reason for each side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely

from gis_service.ledger import read_annex1
from tests.command_line import TOWN, refused, run


@pytest.fixture(scope="module")
def drafts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `resolve` writes for the sample town."""
    out = tmp_path_factory.mktemp("drafts") / "A.geojson"
    result = run("resolve", "--ledger", TOWN / "annex1.xlsx", "--gazetteer", TOWN / "gazetteer.geojson", "--out", out)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "已落图" in result.stderr
    assert "第 " in result.stderr  # issues name the row
    written: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return written


def test_every_row_of_the_ledger_becomes_one_feature(drafts: dict[str, Any]) -> None:
    entries = read_annex1(TOWN / "annex1.xlsx").entries
    assert set(drafts) == {"type", "features"}
    assert [feature["id"] for feature in drafts["features"]] == [entry.row for entry in entries]
    told = [(feature["properties"]["seq"], feature["properties"]["name"]) for feature in drafts["features"]]
    assert told == [(entry.seq, entry.area_name) for entry in entries]


def test_the_geometry_is_what_the_status_says(drafts: dict[str, Any]) -> None:
    seen = set()
    for feature in drafts["features"]:
        status, geometry = feature["properties"]["status"], feature["geometry"]
        seen.add(status)
        assert 0 <= feature["properties"]["confidence"] <= 1
        if status == "resolved":
            assert geometry["type"] in ("Polygon", "MultiPolygon")
            assert shapely.from_geojson(json.dumps(geometry)).is_valid
        elif status == "partial":
            assert geometry["type"] == "MultiLineString"
        else:
            assert geometry is None
    assert {"resolved", "partial", "unresolved"} <= seen <= {"resolved", "partial", "ambiguous", "unresolved"}


def test_polygons_keep_the_right_hand_and_lie_in_the_town(drafts: dict[str, Any]) -> None:
    town = shapely.box(*shapely.from_geojson((TOWN / "gazetteer.geojson").read_text(encoding="utf-8")).bounds)
    for feature in drafts["features"]:
        for ring, hole in rings(feature["geometry"]):
            assert ring[0] == ring[-1]
            assert shapely.LinearRing(ring).is_ccw != hole
            assert town.covers(shapely.Polygon(ring))
            assert all(round(number, 7) == number for point in ring for number in point)


def rings(geometry: dict[str, Any] | None) -> Iterator[tuple[list[list[float]], bool]]:
    """Each ring of a polygon, and whether it is a hole."""
    if geometry is None or "Polygon" not in geometry["type"]:
        return
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        yield from ((ring, number > 0) for number, ring in enumerate(polygon))


def test_a_side_says_which_words_became_which_place_and_why(drafts: dict[str, Any]) -> None:
    for feature in drafts["features"]:
        told = feature["properties"]
        for side in told["sides"]:
            assert side["side"] in "ESWN"
            assert side["anchor"]
            assert side["why"]
            for start, end in side["spans"]:
                assert told["abuttals_text"][start:end] in side["anchor"]
        if told["status"] == "resolved":
            assert all(side["place"] for side in told["sides"] if side["resolved"])
        else:
            assert told["issues"], "a row that is open says why"
        assert all(set(issue) >= {"code", "message"} for issue in told["issues"])
        assert len({json.dumps(issue) for issue in told["issues"]}) == len(told["issues"])


def test_a_draft_names_no_person(drafts: dict[str, Any]) -> None:
    text = json.dumps(drafts, ensure_ascii=False)
    people = {entry.manager for entry in read_annex1(TOWN / "annex1.xlsx").entries} - {""}
    phones = {entry.manager_phone for entry in read_annex1(TOWN / "annex1.xlsx").entries} - {""}
    assert people
    assert phones
    assert not [word for word in people | phones if word in text]


def test_the_gazetteer_may_come_in_several_files_and_folders(drafts: dict[str, Any], tmp_path: Path) -> None:
    features = json.loads((TOWN / "gazetteer.geojson").read_text(encoding="utf-8"))["features"]
    folder = tmp_path / "地名"
    folder.mkdir()
    half = len(features) // 2
    for path, part in ((folder / "a.geojson", features[:half]), (tmp_path / "b.geojson", features[half:])):
        path.write_text(json.dumps({"type": "FeatureCollection", "features": part}), encoding="utf-8")
    results = []
    for number, flags in enumerate(
        [
            ["--gazetteer", folder, tmp_path / "b.geojson"],
            ["--gazetteer", folder / "a.geojson", "--gazetteer", tmp_path / "b.geojson"],
        ]
    ):
        out = tmp_path / f"{number}.geojson"
        result = run("resolve", *flags, "--ledger", TOWN / "annex1.xlsx", "--out", out)
        assert result.exit_code == 0, result.output
        results.append(json.loads(out.read_text(encoding="utf-8")))
    assert results[0] == results[1]
    counts = [
        sum(one["properties"]["status"] == "resolved" for one in found["features"]) for found in (results[0], drafts)
    ]
    assert abs(counts[0] - counts[1]) <= 2


def test_the_centre_line_gives_larger_areas_than_the_near_edge(drafts: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "a.geojson"
    near = ["resolve", "--ledger", TOWN / "annex1.xlsx", "--gazetteer", TOWN / "gazetteer.geojson", "--out", out]
    assert run(*near, "--edge", "centerline").exit_code == 0
    wide = json.loads(out.read_text(encoding="utf-8"))["features"]
    pairs = [
        (shapely.from_geojson(json.dumps(a["geometry"])).area, shapely.from_geojson(json.dumps(b["geometry"])).area)
        for a, b in zip(drafts["features"], wide, strict=True)
        if a["properties"]["status"] == b["properties"]["status"] == "resolved"
    ]
    assert len(pairs) > 50
    assert sum(narrow < broad for narrow, broad in pairs) > 0.95 * len(pairs)


def test_resolve_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    ledger, places, out = TOWN / "annex1.xlsx", TOWN / "gazetteer.geojson", tmp_path / "a.geojson"
    words = ["resolve", "--ledger", ledger, "--gazetteer", places]
    assert "--edge 不能是 wide，可用：near" in refused(run(*words, "--out", out, "--edge", "wide"))
    assert "无法写入" in refused(run(*words, "--out", tmp_path / "没有" / "a.geojson"))
    copy = tmp_path / "l.xlsx"
    copy.write_bytes(ledger.read_bytes())
    told = refused(run("resolve", "--ledger", copy, "--gazetteer", places, "--out", copy))
    assert "与输入文件相同" in told
    assert copy.read_bytes() == ledger.read_bytes()
    assert "里没有可用的文件" in refused(run("resolve", "--ledger", ledger, "--gazetteer", tmp_path, "--out", out))
    assert "无法读取" in refused(run("resolve", "--ledger", tmp_path / "x", "--gazetteer", places, "--out", out))


def test_a_file_that_is_no_ledger_is_said_to_be_unusable(tmp_path: Path) -> None:
    ledger, out = tmp_path / "a.xlsx", tmp_path / "a.geojson"
    ledger.write_text("这不是工作簿", encoding="utf-8")
    result = run("resolve", "--ledger", ledger, "--gazetteer", TOWN / "gazetteer.geojson", "--out", out)
    assert result.exit_code == 1
    assert "没有可用的台账行" in result.stderr
    assert not out.exists()
