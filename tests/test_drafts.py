"""OGC API – Features Part 4 on drafts, through a client that knows only the standard; and the drafts read by GDAL."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pyogrio
import pytest
import shapely
from shapely import Polygon
from sqlalchemy import Engine

from gis_service import crs
from gis_service.api.drafts import merged
from tests.desk import CLERK, OFFICE, STRANGER, Seat, desk, geojson, rows_of, who
from tests.ground import lonlat, square
from tests.web import refusal

pytestmark = pytest.mark.database
ITEMS = "/collections/boundary_drafts/items"
GEOJSON, PATCH = "application/geo+json", "application/merge-patch+json"
FREE = 20
SQUARE = geojson(lonlat(square(600, 0, 700, 100)))
WIDER = geojson(lonlat(square(600, 0, 720, 100)))
_taken = count(1)
# in a process of its own: GDAL holds the interpreter while it waits for the server, which is in this one
READ = """
import json, os, pyogrio, sys
os.environ["GDAL_HTTP_HEADERS"] = "x-test-reader: clerk"
print(json.dumps(pyogrio.read_dataframe(sys.argv[1], layer="boundary_drafts")["code"].tolist()))
"""


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    rows_of(engine, tmp_path_factory.mktemp("rows"), *["四周为空地"] * FREE)
    with desk(engine) as client:
        client.headers.update(who(CLERK))
        yield client


@pytest.fixture
def code() -> str:
    """An area that no other test draws."""
    return f"WY-340802-{next(_taken):04d}"


def feature(geometry: dict[str, Any] | None, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def created(client: httpx.Client, code: str, geometry: dict[str, Any] = SQUARE) -> tuple[str, str]:
    """The address and the tag of a new draft."""
    answer = client.post(ITEMS, json=feature(geometry, code=code), headers={"content-type": GEOJSON})
    assert answer.status_code == 201, answer.text
    place = httpx.URL(answer.headers["location"]).path
    return place, client.get(place).headers["etag"]


def test_a_draft_is_created_and_found_at_its_location(client: httpx.Client, code: str) -> None:
    place, tag = created(client, code)
    told = client.get(place).json()
    assert told["properties"]["code"] == code
    assert told["properties"]["state"] == "draft"
    found, wanted = shapely.geometry.shape(told["geometry"]), shapely.geometry.shape(SQUARE)
    assert found.symmetric_difference(wanted).area < 1e-9  # square degrees: less than a tenth of a thousandth of it
    assert not tag.startswith("W/")
    listed = client.get(ITEMS, params={"code": code}).json()
    assert [str(one["id"]) for one in listed["features"]] == [place.rpartition("/")[2]]
    again = client.post(ITEMS, json=feature(SQUARE, code=code), headers={"content-type": GEOJSON})
    assert "PUT" in refusal(again, 409)


def test_replacing_makes_a_revision_and_wants_the_state_it_was_made_from(client: httpx.Client, code: str) -> None:
    place, tag = created(client, code)
    body = feature(WIDER, note="东界外移")
    headers = {"content-type": GEOJSON}
    assert "If-Match" in refusal(client.put(place, json=body, headers=headers), 428)
    answer = client.put(place, json=body, headers={**headers, "if-match": tag})
    assert answer.status_code == 204, answer.text
    assert answer.headers["etag"] == client.get(place).headers["etag"] != tag
    told = client.put(place, json=body, headers={**headers, "if-match": tag})
    assert told.status_code == 412
    assert told.json()["current"]["number"] == 2
    properties = client.get(place).json()["properties"]
    assert (properties["revision"], properties["note"]) == (2, "东界外移")
    history = Seat(client, CLERK).look(int(place.rpartition("/")[2]))["history"]
    assert [one["number"] for one in history] == [2, 1]


def test_a_merge_patch_changes_what_it_names(client: httpx.Client, code: str) -> None:
    place, tag = created(client, code)
    headers = {"content-type": PATCH, "if-match": tag}
    assert client.patch(place, json={"properties": {"note": "只改说明"}}, headers=headers).status_code == 204
    told = client.get(place)
    assert (told.json()["properties"]["note"], told.json()["properties"]["revision"]) == ("只改说明", 2)
    headers["if-match"] = told.headers["etag"]
    assert client.patch(place, json={"properties": {"note": "只改说明"}}, headers=headers).status_code == 204
    assert client.get(place).json()["properties"]["revision"] == 2, "nothing was changed"
    assert client.patch(place, json={"geometry": WIDER}, headers=headers).status_code == 204
    assert client.get(place).json()["properties"]["area_m2"] == pytest.approx(12_000, rel=1e-3)
    headers["if-match"] = client.get(place).headers["etag"]
    assert "图形" in refusal(client.patch(place, json={"geometry": None}, headers=headers), 422)


def test_deleting_discards_the_draft_and_keeps_its_history(client: httpx.Client, code: str) -> None:
    place, tag = created(client, code)
    assert client.delete(place).status_code == 428
    assert client.delete(place, headers={"if-match": '"other"'}).status_code == 412
    assert client.delete(place, headers={"if-match": tag}).status_code == 204
    assert client.get(place).status_code == 404
    assert client.delete(place, headers={"if-match": tag}).status_code == 404
    history = Seat(client, CLERK).look(int(place.rpartition("/")[2]))["history"]
    assert [one["state"] for one in history] == ["discarded"]


def test_options_tell_what_may_be_done(client: httpx.Client, code: str) -> None:
    place, _ = created(client, code)
    answer = client.options(ITEMS)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert answer.headers["accept-post"] == GEOJSON
    answer = client.options(place)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"
    assert answer.headers["accept-patch"] == PATCH
    assert client.options("/collections/places/items").headers["allow"] == "GET, HEAD, OPTIONS"
    refused = client.post("/collections/places/items", json=feature(SQUARE), headers={"content-type": GEOJSON})
    refusal(refused, 405)
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"
    classes = client.get("/conformance").json()["conformsTo"]
    assert {one.rpartition("/")[2] for one in classes if "features-4" in one} == {
        *("create-replace-delete", "update", "features", "optimistic-locking-etags")
    }


def test_coordinates_may_come_in_the_official_system(client: httpx.Client, code: str) -> None:
    east, north = 505_600.0, 3_380_000.0
    metric = Polygon([(north, east), (north, east + 100), (north + 100, east + 100), (north + 100, east)])
    headers = {"content-type": GEOJSON, "content-crs": "<http://www.opengis.net/def/crs/EPSG/0/4548>"}
    answer = client.post(ITEMS, json=feature(geojson(metric), code=code), headers=headers)
    assert answer.status_code == 201, answer.text
    told = client.get(answer.headers["location"]).json()
    found = crs.to_metric(shapely.geometry.shape(told["geometry"]), 4548)
    assert found.area == pytest.approx(10_000, abs=1)
    assert found.bounds[:2] == pytest.approx((east, north), abs=0.05)


def test_a_bow_tie_is_refused_with_its_crossing_point(client: httpx.Client, code: str) -> None:
    tie = lonlat(Polygon([(600, 0), (700, 100), (700, 0), (600, 100)]))
    answer = client.post(ITEMS, json=feature(geojson(tie), code=code), headers={"content-type": GEOJSON})
    assert answer.status_code == 422
    told = answer.json()
    crossing = lonlat(square(649, 49, 651, 51)).centroid
    assert told["findings"][0]["geometry"]["coordinates"][0] == pytest.approx([crossing.x, crossing.y], abs=1e-6)
    lon, lat = told["findings"][0]["geometry"]["coordinates"][0]
    assert f"自相交于 {lon:.7f}, {lat:.7f}" in told["detail"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (feature(None), {}, 422),
        (feature(SQUARE), {}, 422),
        (feature(SQUARE, code="WY-000000-9999"), {}, 422),
        (feature(SQUARE, area_id=True), {}, 422),
        (feature({"type": "Point", "coordinates": [117, 30.5]}, code="WY-340802-0020"), {}, 422),
        (feature(SQUARE, code="WY-340802-0020", note=7), {}, 422),
        ({"type": "FeatureCollection", "features": []}, {}, 400),
        ([], {}, 400),
        (feature(SQUARE, code="WY-340802-0020"), {"content-type": "text/plain"}, 415),
        (feature(SQUARE, code="WY-340802-0020"), {"content-crs": "EPSG:4548"}, 400),
        (feature(SQUARE, code="WY-340802-0020"), {"content-crs": "<http://www.opengis.net/def/crs/EPSG/0/1>"}, 400),
        (feature(SQUARE, code="WY-340802-0020"), who(STRANGER), 403),
        (feature(SQUARE, code="WY-340802-0020"), {"x-test-reader": ""}, 403),
    ],
)
def test_what_is_no_draft_is_refused(client: httpx.Client, body: object, headers: dict[str, str], status: int) -> None:
    answer = client.post(ITEMS, json=body, headers={"content-type": GEOJSON, **headers})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get(ITEMS, params={"code": "WY-340802-0020"}).json()["features"] == []


def test_what_waits_for_a_decision_is_not_changed_from_outside(client: httpx.Client, code: str) -> None:
    place, tag = created(client, code, geojson(lonlat(square(800, 0, 900, 100))))
    area = int(place.rpartition("/")[2])
    seat, office = Seat(client, CLERK), Seat(client, OFFICE)
    seat.look(area)
    seat.do(area, "submit")
    tag = client.get(place).headers["etag"]
    headers = {"content-type": GEOJSON, "if-match": tag}
    refusal(client.put(place, json=feature(SQUARE), headers=headers), 409)
    refusal(client.delete(place, headers={"if-match": tag}), 409)
    office.look(area)
    office.do(area, "approve")
    assert client.get(place).status_code == 404


def test_the_schema_says_what_may_be_written(client: httpx.Client) -> None:
    told = client.get("/collections/boundary_drafts/schema").json()["properties"]
    assert {name for name, one in told.items() if not one.get("readOnly")} == {"geometry", "note", "code"}


def test_gdal_reads_drafts_through_the_standard_and_cannot_write_them(client: httpx.Client, code: str) -> None:
    created(client, code)
    assert pyogrio.list_drivers()["OAPIF"] == "r", "GDAL writes OGC API – Features now: try it"
    server = f"OAPIF:{str(client.base_url).rstrip('/')}"
    read = subprocess.run([sys.executable, "-c", READ, server], capture_output=True, check=True, timeout=300)
    assert code in json.loads(read.stdout)


@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_is_applied_as_rfc_7396_has_it(before: object, patch: object, after: object) -> None:
    assert merged(before, patch) == after
