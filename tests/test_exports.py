"""Exported GeoJSON against RFC 7946 and GDAL: right place, right-hand rule, whole files, nothing that is hidden."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pyogrio
import pytest
from shapely import LinearRing
from sqlalchemy import Connection, Engine, text

from gis_service.access import PLANNER, PUBLIC, Reader, Role
from gis_service.errors import BadRequestError, NotFoundError
from gis_service.exports import FORMATS, by_suffix, export_layer, extract, feature_collection, geojson
from gis_service.layers import Layer, feature_query, load_layers
from gis_service.resources import shared
from gis_service.store.features import FeatureQuery

LAYERS = load_layers(shared("layers"))
FILLED = {name: layer for name, layer in LAYERS.items() if name != "boundary_drafts"}  # nobody drafts in the sample
NO_DATABASE = cast("Connection", None)  # for what must not ask one
DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}

# clockwise outside and counterclockwise inside, as a careless hand draws them; a hole; two parts
FOOTPRINTS = [
    "MULTIPOLYGON(((117.05 30.53,117.05 30.54,117.06 30.54,117.06 30.53,117.05 30.53),"
    "(117.052 30.532,117.056 30.532,117.056 30.536,117.052 30.536,117.052 30.532)))",
    "MULTIPOLYGON(((117.07 30.53,117.08 30.53,117.08 30.54,117.07 30.53)),"
    "((117.09 30.53,117.09 30.54,117.1 30.54,117.09 30.53)))",
    None,
]


def violations(document: dict[str, Any]) -> list[str]:
    """What a FeatureCollection does against RFC 7946, strictly: SHOULD counts as MUST."""
    found = ["type"] if document.get("type") != "FeatureCollection" else []
    found += ["crs member"] if has_crs(document) else []
    features = document["features"]
    ids = [feature.get("id") for feature in features]
    found += ["ids not unique"] if len(set(ids)) != len(ids) or None in ids else []
    found += ["ids of mixed type"] if len({type(each) for each in ids}) > 1 else []
    for feature in features:
        found += [f"feature {feature.get('id')}: {words}" for words in feature_violations(feature)]
    return found


def has_crs(node: object) -> bool:
    if isinstance(node, dict):
        return "crs" in node or any(has_crs(value) for value in node.values())
    return isinstance(node, list) and any(has_crs(value) for value in node)


def feature_violations(feature: dict[str, Any]) -> Iterator[str]:
    if feature.get("type") != "Feature" or not {"geometry", "properties"} <= set(feature):
        yield "not a Feature"
    if {"coordinates", "geometries", "features"} & set(feature):
        yield "members of another type (7.1)"
    geometry = feature["geometry"]
    if geometry is None:
        return
    if geometry["type"] not in DEPTHS or {"geometry", "properties", "features"} & set(geometry):
        yield f"geometry {geometry['type']}"
        return
    yield from position_violations(geometry["coordinates"], DEPTHS[geometry["type"]])
    polygons = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}
    for polygon in polygons.get(geometry["type"], []):
        yield from ring_violations(polygon)


def position_violations(coordinates: Any, depth: int) -> Iterator[str]:
    if depth:
        for part in coordinates:
            yield from position_violations(part, depth - 1)
        return
    lon, lat = coordinates[:2]
    if not 2 <= len(coordinates) <= 3 or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        yield f"position {coordinates}"
    if any(len(repr(float(number)).partition(".")[2]) > 7 for number in (lon, lat)):
        yield f"precision {coordinates} (11.2)"


def ring_violations(polygon: list[list[list[float]]]) -> Iterator[str]:
    for place, ring in enumerate(polygon):
        if len(ring) < 4 or ring[0] != ring[-1]:
            yield "ring not closed"
        elif LinearRing(ring).is_ccw is not (place == 0):
            yield "right-hand rule"


@pytest.fixture(scope="module")
def town(engine: Engine) -> Iterator[Connection]:
    """Three communities (one without footprint) and an area whose manager is a person."""
    community = text(
        "insert into communities (code, name, aliases, county, street, neighborhood, reporting_unit, sample, geom)"
        " values (:code, :name, '{}', '宜秀区', '', '', '宜秀区', true, st_geomfromtext(:shape, 4490))"
    )
    area = text(
        "insert into management_areas (code, natural_key, name, reporting_unit, street, neighborhood, community_names,"
        " abuttals_text, company, manager, manager_phone, resolution_status, confidence, sides, issues, source_file)"
        " values ('WY-1', 'k', '江畔', '宜秀区', '', '', '{}', '东至甲路', '某物业', '王建国', '13812345678',"
        " 'unresolved', 0, '[]', '[]', '')"
    )
    with engine.connect() as connection:
        for number, shape in enumerate(FOOTPRINTS):
            connection.execute(community, {"code": f"XQ-{number}", "name": f"“引号”\\小区{number}\n", "shape": shape})
        connection.execute(area)
        yield connection
        connection.rollback()


def exported(connection: Connection, layer: str, folder: Path, **options: Any) -> dict[str, Any]:
    out = folder / f"{layer}.geojson"
    taken = extract(LAYERS[layer], **{"reader": PLANNER, **options})
    export_layer(connection, taken, FORMATS["geojson"], out)
    document: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return document


@pytest.mark.database
def test_an_export_is_valid_geojson_with_count_name_and_definition(town: Connection, tmp_path: Path) -> None:
    document = exported(town, "communities", tmp_path)
    assert violations(document) == []
    assert (document["name"], document["title"], document["numberReturned"]) == ("communities", "小区", 3)
    assert document["definition"] == LAYERS["communities"].description
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["timeStamp"])
    assert [feature["properties"]["name"] for feature in document["features"]] == [
        f"“引号”\\小区{number}\n" for number in range(3)
    ]
    assert document["features"][2]["geometry"] is None


@pytest.mark.database
def test_gdal_opens_an_export_at_the_right_place(town: Connection, tmp_path: Path) -> None:
    exported(town, "communities", tmp_path)
    info = pyogrio.read_info(tmp_path / "communities.geojson", force_total_bounds=True)
    assert info["total_bounds"] == pytest.approx((117.05, 30.53, 117.10, 30.54))
    assert info["crs"] == "EPSG:4326"
    frame = pyogrio.read_dataframe(tmp_path / "communities.geojson")
    assert list(frame["code"]) == ["XQ-0", "XQ-1", "XQ-2"]
    assert frame.geometry[:2].is_valid.all()
    assert len(frame.geometry[0].geoms[0].interiors) == 1


@pytest.mark.database
def test_an_export_of_a_box_holds_what_meets_it(town: Connection, tmp_path: Path) -> None:
    document = exported(town, "communities", tmp_path, bbox=(117.04, 30.5, 117.065, 30.6))
    assert [feature["properties"]["code"] for feature in document["features"]] == ["XQ-0"]


@pytest.mark.database
def test_an_empty_layer_is_an_empty_collection(town: Connection, tmp_path: Path) -> None:
    document = exported(town, "manholes", tmp_path)
    assert (violations(document), document["features"], document["numberReturned"]) == ([], [], 0)


@pytest.mark.database
@pytest.mark.parametrize("role", [Role.PUBLIC, Role.PLANNER, Role.COUNTY, Role.CITY, Role.ADMIN])
def test_personal_data_is_in_no_export_not_even_masked(town: Connection, tmp_path: Path, role: Role) -> None:
    document = exported(town, "management_areas", tmp_path, reader=Reader(role))
    properties = document["features"][0]["properties"]
    assert properties["company"] == "某物业"
    assert not {"manager", "manager_phone"} & set(properties)
    assert not re.search(r"王|\*|138", (tmp_path / "management_areas.geojson").read_text(encoding="utf-8"))


@pytest.mark.database
def test_what_a_role_may_not_see_is_not_in_its_export(town: Connection, tmp_path: Path) -> None:
    assert "fee_rate" in exported(town, "management_areas", tmp_path)["features"][0]["properties"]
    seen = exported(town, "management_areas", tmp_path, reader=PUBLIC)["features"][0]["properties"]
    assert set(seen) == set(LAYERS["management_areas"].visible_fields(PUBLIC))
    with pytest.raises(NotFoundError):
        exported(town, "problems", tmp_path, reader=PUBLIC)
    assert not (tmp_path / "problems.geojson").exists()


@pytest.mark.database
def test_foreign_members_stand_before_the_features_and_the_count_is_told_after_them(town: Connection) -> None:
    layer = LAYERS["communities"]
    query = feature_query(layer, PLANNER, limit=1)
    pieces = list(feature_collection(town, layer, query, members={"numberMatched": 3}))
    document = json.loads("".join(pieces))
    assert list(document)[-3:] == ["numberMatched", "features", "numberReturned"]
    assert (document["numberMatched"], document["numberReturned"], len(pieces)) == (3, 1, 3)


def broken_stream(_connection: Connection, _query: FeatureQuery) -> Iterator[str]:
    yield '{"type": "Feature", "id": 1, "geometry": null, "properties": {}}'
    raise ConnectionError("the database went away")


@pytest.mark.database
def test_a_failed_export_leaves_the_earlier_file_and_no_scrap(
    town: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = tmp_path / "manholes.geojson"
    earlier.write_text("earlier", encoding="utf-8")
    monkeypatch.setattr(geojson, "stream_features", broken_stream)
    with pytest.raises(ConnectionError):
        export_layer(town, extract(LAYERS["manholes"], PLANNER), FORMATS["geojson"], earlier)
    assert earlier.read_text(encoding="utf-8") == "earlier"
    assert list(tmp_path.iterdir()) == [earlier]


def many_features(_connection: Connection, _query: FeatureQuery) -> Iterator[str]:
    return (f'{{"type": "Feature", "id": {number}, "geometry": null, "properties": {{}}}}' for number in range(30_000))


@pytest.mark.database
def test_memory_does_not_grow_with_the_number_of_features(
    town: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geojson, "stream_features", many_features)
    out = tmp_path / "manholes.json"
    taken = extract(LAYERS["manholes"], PLANNER)
    tracemalloc.start()
    assert export_layer(town, taken, FORMATS["geojson"], out).count == 30_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert out.stat().st_size > 1_500_000
    assert peak < 200_000


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("areas.shp", "请写成压缩包，例如 areas.zip"),
        ("areas.dwg", "文件名应以"),
        ("nowhere/areas.geojson", "不存在"),
        ("taken.geojson", "是一个目录"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_in_words(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "taken.geojson").mkdir()
    out = tmp_path / name
    with pytest.raises(BadRequestError, match=message):
        export_layer(NO_DATABASE, extract(LAYERS["manholes"], PLANNER), by_suffix(out), out)


SQUARE = [[117.0, 30.0], [117.1, 30.0], [117.1, 30.1], [117.0, 30.1], [117.0, 30.0]]


@pytest.mark.parametrize(
    ("ring", "complaint"),
    [
        (SQUARE, None),
        (SQUARE[::-1], "right-hand rule"),
        (SQUARE[:-1], "ring not closed"),
        ([[30.0, 117.0], [30.0, 117.1], [30.1, 117.1], [30.0, 117.0]], "position"),
        ([[117.00000001, 30.0], *SQUARE[1:-1], [117.00000001, 30.0]], "precision"),
    ],
)
def test_the_checker_itself_finds_what_rfc_7946_forbids(ring: list[list[float]], complaint: str | None) -> None:
    feature = {
        "type": "Feature",
        "id": 1,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {},
    }
    found = violations({"type": "FeatureCollection", "features": [feature]})
    assert (found == []) if complaint is None else any(complaint in words for words in found)


def test_the_checker_finds_a_crs_and_repeated_ids() -> None:
    feature = {"type": "Feature", "id": 1, "geometry": None, "properties": {}}
    found = violations({"type": "FeatureCollection", "crs": {}, "features": [feature, feature]})
    assert found == ["crs member", "ids not unique"]


@pytest.mark.database
@pytest.mark.parametrize("layer", FILLED.values(), ids=list(FILLED))
def test_every_layer_of_the_sample_exports_as_valid_geojson_in_the_city(
    sample_engine: Engine, tmp_path: Path, layer: Layer
) -> None:
    out = tmp_path / f"{layer.id}.geojson"
    with sample_engine.connect() as connection:
        number = export_layer(connection, extract(layer, PLANNER), FORMATS["geojson"], out).count
    document = json.loads(out.read_text(encoding="utf-8"))
    assert violations(document) == []
    assert number == document["numberReturned"] == len(document["features"]) > 0
    west, south, east, north = pyogrio.read_info(out, force_total_bounds=True)["total_bounds"]
    assert 115.5 < west < east < 117.8
    assert 29.7 < south < north < 31.5
