"""OGC API – Features, Parts 1, 2 and 5: what every resource says, in which form, in which reference system."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pyproj
import pytest
import shapely

from gis_service.api.conformance import CLASSES
from gis_service.crs import CRS84, REFERENCES
from gis_service.store.features import SOURCES
from tests.web import LAYERS, SETTINGS, items_of, refusal

pytestmark = pytest.mark.database
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
RESOURCES = (
    *("/", "/conformance", "/api", "/collections", "/collections/places", "/collections/places/items?limit=5"),
    *(f"/collections/places/{what}" for what in ("queryables", "sortables", "schema", "tiles")),
    *("/collections/places/tiles/WebMercatorQuad", "/tileMatrixSets", "/tileMatrixSets/CGCS2000Quad"),
)


def linked(told: dict[str, Any]) -> dict[str, str]:
    return {link["rel"]: link["href"] for link in told["links"]}


# Part 1: Core, GeoJSON, HTML, OpenAPI 3.0


def test_the_landing_page_leads_to_everything(web: httpx.Client) -> None:
    answer = web.get("/", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    links = linked(answer.json())
    assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= set(links)
    for address in links.values():
        assert web.get(address).status_code == 200
    assert web.get(links["service-desc"]).headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"


def test_the_classes_that_are_kept_are_declared_once(web: httpx.Client) -> None:
    told = web.get("/conformance").json()["conformsTo"]
    assert told == list(CLASSES)
    assert len(set(told)) == len(told)
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in told


@pytest.mark.parametrize("address", RESOURCES)
def test_every_resource_is_data_or_a_chinese_page_as_the_reader_wishes(web: httpx.Client, address: str) -> None:
    data = web.get(address, headers={"Accept": "application/json"})
    assert "json" in data.headers["content-type"]
    joint = "&" if "?" in address else "?"
    for page in (web.get(address, headers=BROWSER), web.get(f"{address}{joint}f=html")):
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert 'lang="zh-CN"' in page.text
        assert "script-src 'self' 'nonce-" in page.headers["content-security-policy"]
        assert "accept" in page.headers["vary"].lower()
        for script in re.findall(r"<script(?![^>]*application/json)[^>]*>", page.text):
            assert "nonce=" in script
    assert web.get(f"{address}{joint}f=json", headers=BROWSER).headers["content-type"] == data.headers["content-type"]
    assert "f 应为" in refusal(web.get(f"{address}{joint}f=gml"), 400)
    assert "没有参数 wrong" in refusal(web.get(f"{address}{joint}wrong=1"), 400)


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("*/*", False),
        ("", False),
        ("text/html", True),
        ("application/json, text/html;q=0.5", False),
        ("application/json;q=0.4, text/html;q=0.5", True),
        ("text/html;q=0", False),
        ("text/html;q=x", False),
        ("text/csv", False),
    ],
)
def test_the_form_that_weighs_most_is_given(web: httpx.Client, accept: str, page: bool) -> None:
    answer = web.get("/collections", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("text/html") is page


@pytest.mark.parametrize("address", RESOURCES)
def test_head_gives_the_headers_of_get_and_no_body(web: httpx.Client, address: str) -> None:
    whole, head = web.get(address), web.head(address)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "etag", "content-security-policy"):
        assert head.headers.get(name) == whole.headers.get(name)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_feature_has_a_page_with_its_fields_in_chinese(web: httpx.Client, layer: str) -> None:
    (one,) = items_of(web, layer, limit=1)["features"]
    page = web.get(f"/collections/{layer}/items/{one['id']}?f=html")
    fields = web.get(f"/collections/{layer}").json()["fields"]
    for field in fields.values():
        assert f">{field['title']}</th>" in page.text
    (told,) = re.findall(r'<script type="application/json" id="records">(.*?)</script>', page.text)
    assert json.loads(told)["features"][0]["geometry"] == one["geometry"]


def test_a_page_of_features_leads_to_the_next_page_and_back(web: httpx.Client) -> None:
    first = web.get("/collections/places/items?limit=5&f=html").text
    (following,) = set(re.findall(r'<a rel="next" href="([^"]+)"', first))
    second = web.get(following.replace("&amp;", "&")).text
    (back,) = set(re.findall(r'<a rel="prev" href="([^"]+)"', second))
    rows = re.compile(r'<th scope="row">.*?</th>')
    assert rows.findall(web.get(back.replace("&amp;", "&")).text) == rows.findall(first) != rows.findall(second)


def test_words_of_the_data_are_only_text_in_a_page(web: httpx.Client) -> None:
    assert "<b>" not in web.get("/collections/places/items?f=html&name=<b>x</b>").text


def test_the_description_is_openapi_3_0_and_rests_on_nothing_elsewhere(web: httpx.Client) -> None:
    told = web.get("/api").json()
    assert re.fullmatch(r"3\.0\.\d", told["openapi"])
    for node in _nodes(told):
        assert node.get("type") not in ("null", ["string", "null"])
        assert not isinstance(node.get("const"), str)
        reference = node.get("$ref")
        assert reference is None or (reference.startswith("#/") and _at(told, reference))
    names = [way["operationId"] for ways in told["paths"].values() for way in ways.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("layer", LAYERS)
def test_what_the_description_promises_of_a_layer_can_be_asked(web: httpx.Client, layer: str) -> None:
    asked = web.get("/api").json()["paths"][f"/collections/{layer}/items"]["get"]["parameters"]
    told = {one["name"]: one for one in asked}
    for name, kind in (("limit", "integer"), ("bbox", "array"), ("datetime", "string")):
        assert told[name]["schema"]["type"] == kind
        assert (told[name]["style"], told[name]["explode"]) == ("form", False)
    assert told["limit"]["schema"]["maximum"] == SETTINGS.max_limit
    for name in told["sortby"]["schema"]["items"]["enum"]:
        assert items_of(web, layer, sortby=name, limit=1)["numberReturned"] == 1
    for name in told["properties"]["schema"]["items"]["enum"]:
        (one,) = items_of(web, layer, properties=name, limit=1)["features"]
        assert list(one["properties"]) == [name]


def _nodes(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for one in inside:
        yield from _nodes(one)


def _at(told: dict[str, Any], reference: str) -> object:
    found: Any = told
    for part in reference.split("/")[1:]:
        found = found[part]
    return found


# Part 2: Coordinate Reference Systems by Reference


@pytest.mark.parametrize("crs", REFERENCES)
def test_coordinates_come_in_the_system_that_is_asked_for_axes_in_its_order(web: httpx.Client, crs: str) -> None:
    answer = web.get("/collections/manholes/items", params={"crs": crs, "limit": 20})
    assert answer.headers["content-crs"] == f"<{crs}>"
    plain = items_of(web, "manholes", limit=20)["features"]
    # pyproj without always_xy gives axes in the order of the authority; CRS84 and 4490 differ by no more than stated
    target = "OGC:CRS84" if crs == CRS84 else f"EPSG:{crs.rpartition('/')[2]}"
    step = pyproj.Transformer.from_crs("EPSG:4490", target)
    for one, held in zip(answer.json()["features"], plain, strict=True):
        lon, lat = held["geometry"]["coordinates"]
        wanted = step.transform(lat, lon)
        assert one["geometry"]["coordinates"] == pytest.approx(wanted, abs=1e-6 if REFERENCES[crs].degrees else 0.02)
        alone = web.get(f"/collections/manholes/items/{one['id']}", params={"crs": crs})
        assert alone.json()["geometry"] == one["geometry"]
        assert alone.headers["content-crs"] == f"<{crs}>"


@pytest.mark.parametrize("crs", REFERENCES)
def test_a_box_in_any_system_gives_the_same_features(web: httpx.Client, crs: str) -> None:
    place = shapely.box(117.125, 30.570, 117.135, 30.580)
    target = "OGC:CRS84" if crs == CRS84 else f"EPSG:{crs.rpartition('/')[2]}"
    step = pyproj.Transformer.from_crs("EPSG:4490", target)
    low, high = step.transform(30.570, 117.125), step.transform(30.580, 117.135)
    told = items_of(web, "manholes", **{"bbox": ",".join(map(str, (*low, *high))), "bbox-crs": crs, "limit": 500})
    everything = [
        one for page in (0, 500, 1000) for one in items_of(web, "manholes", limit=500, offset=page)["features"]
    ]
    inner, outer = place.buffer(-0.0002), place.buffer(0.0002)  # a box in metres is slightly turned
    found = {one["id"] for one in told["features"]}
    assert {one["id"] for one in everything if inner.contains(shapely.Point(one["geometry"]["coordinates"]))} <= found
    assert found <= {one["id"] for one in everything if outer.contains(shapely.Point(one["geometry"]["coordinates"]))}
    assert found


def test_a_box_may_cross_the_180th_meridian_and_have_heights(web: httpx.Client) -> None:
    assert items_of(web, "manholes", bbox="177,65,-177,70")["numberMatched"] == 0
    assert items_of(web, "manholes", bbox="100,0,-100,60", resulttype="hits")["numberMatched"] > 1000
    flat = items_of(web, "manholes", bbox="117.12,30.56,117.13,30.58")
    assert items_of(web, "manholes", bbox="117.12,30.56,-10,117.13,30.58,100")["features"] == flat["features"]


@pytest.mark.parametrize("name", ["crs", "bbox-crs"])
def test_a_system_that_is_not_offered_is_refused(web: httpx.Client, name: str) -> None:
    for value in ("EPSG:4548", f"{EPSG}2000", ""):
        message = refusal(web.get("/collections/places/items", params={name: value}), 400)
        assert f"{name} 不认识这个坐标系" in message


def test_a_layer_lists_its_systems_and_how_it_is_stored(web: httpx.Client) -> None:
    everything = web.get("/collections").json()
    assert everything["crs"] == list(REFERENCES)
    for one in everything["collections"]:
        assert one["crs"][0] == CRS84
        assert set(one["crs"]) == set(REFERENCES)
        assert one["storageCrs"] == f"{EPSG}4490"


# Part 5: Schemas


@pytest.mark.parametrize("layer", LAYERS)
def test_the_schema_tells_of_every_property_of_a_feature(web: httpx.Client, layer: str) -> None:
    answer = web.get(linked(web.get(f"/collections/{layer}").json())["http://www.opengis.net/def/rel/ogc/1.0/schema"])
    assert answer.headers["content-type"] == "application/schema+json"
    told = answer.json()
    assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    (one,) = items_of(web, layer, limit=1)["features"]
    roles = {name: one["x-ogc-role"] for name, one in told["properties"].items() if "x-ogc-role" in one}
    assert sorted(roles.values()) == ["id", "primary-geometry"]
    assert set(told["properties"]) - set(roles) <= set(one["properties"]) <= set(told["properties"])
    assert all(re.search("[一-鿿]", one["title"]) for one in told["properties"].values())
    assert all(one["readOnly"] for one in told["properties"].values())
    assert told["properties"][next(name for name, role in roles.items() if role == "id")]["type"] in (
        "integer",
        "string",
    )


@pytest.mark.parametrize("layer", LAYERS)
def test_sortables_are_those_queryables_that_have_an_order(web: httpx.Client, layer: str) -> None:
    sortable = web.get(f"/collections/{layer}/sortables").json()["properties"]
    queryable = web.get(f"/collections/{layer}/queryables").json()["properties"]
    lists = {name for name, one in queryable.items() if one.get("type") in (None, "array")}
    assert set(sortable) == set(queryable) - lists
    assert set(sortable) <= set(SOURCES[layer].columns)
