"""Filters over HTTP on the sample town: what may be asked for, what is found, what is refused and lives on."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text

from gis_service.access import PLANNER, Role
from gis_service.api import create_app
from gis_service.api.publication import declared_layers
from tests.web import LAYERS, SETTINGS, bearing, every_page, items_of, refusal, served

pytestmark = pytest.mark.database
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@pytest.fixture(scope="module")
def app(sample_engine: Engine) -> FastAPI:
    return create_app(sample_engine, SETTINGS)


@pytest.fixture(scope="module")
def web(app: FastAPI) -> Iterator[httpx.Client]:
    """The sample town, served."""
    with served(app) as client:
        yield client


def found(web: httpx.Client, layer: str, wanted: str, **parameters: object) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = items_of(web, layer, filter=wanted, limit=500, **parameters)["features"]
    return features


def refused(web: httpx.Client, layer: str, **parameters: str) -> str:
    return refusal(web.get(f"/collections/{layer}/items", params=parameters), 400)


def asked_directly(app: FastAPI, query: bytes) -> tuple[int, dict[str, Any]]:
    """The answer of the application itself: no client and no server would carry an address of a megabyte."""
    asking = [(name.lower().encode(), value.encode()) for name, value in bearing(Role.PLANNER).items()]
    scope: dict[str, Any] = {
        **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http"},
        **{"path": "/collections/communities/items", "raw_path": b"", "root_path": "", "query_string": query},
        **{"headers": [(b"host", b"here"), *asking], "server": ("here", 80), "client": ("there", 1)},
    }
    told: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # the reader stays
        raise AssertionError

    async def send(message: Any) -> None:
        told.append(message)

    thread = threading.Thread(target=lambda: asyncio.run(app(scope, receive, send)))  # a browser's loop may run here
    thread.start()
    thread.join()
    return told[0]["status"], json.loads(b"".join(part["body"] for part in told[1:]))


# what may be asked for


@pytest.mark.parametrize("layer", LAYERS)
def test_everything_that_may_be_asked_for_is_told_and_can_be_asked_for(web: httpx.Client, layer: str) -> None:
    (link,) = (one for one in web.get(f"/collections/{layer}").json()["links"] if one["rel"] == QUERYABLES)
    answer = web.get(link["href"])
    assert answer.headers["content-type"] == link["type"] == "application/schema+json"
    told = answer.json()
    assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert told["$id"] == link["href"]
    assert told["properties"]["geometry"]["format"].startswith("geometry-")
    assert all(any("一" <= letter <= "鿿" for letter in one["title"]) for one in told["properties"].values())
    for name in told["properties"]:
        everything = items_of(web, layer, filter=f'"{name}" IS NULL OR "{name}" IS NOT NULL', resulttype="hits")
        assert everything["numberMatched"] == items_of(web, layer, limit=1)["numberMatched"]


@pytest.mark.parametrize("layer", LAYERS)
def test_what_is_masked_or_not_for_the_reader_is_neither_told_nor_answered(web: httpx.Client, layer: str) -> None:
    told = web.get(f"/collections/{layer}/queryables").json()["properties"]
    declared = declared_layers()[layer]
    visible = declared.visible_fields(PLANNER)
    for name, field in declared.fields.items():
        if name not in visible or field.mask:
            assert name not in told
            message = refused(web, layer, filter=f"{name} IS NULL")
            assert f"字段“{name}”不能查询，可用：geometry、" in message
            assert name not in message.split("可用")[1].split("、")


def test_a_queryable_tells_its_kind_its_unit_and_its_words(web: httpx.Client) -> None:
    told = web.get("/collections/management_areas/queryables").json()["properties"]
    assert told["geometry"] == {"title": "位置", "format": "geometry-multipolygon", "x-ogc-role": "primary-geometry"}
    assert told["service_form"]["type"] == "integer"
    assert "5 无物管" in told["service_form"]["description"]
    assert (told["area_m2"]["type"], told["area_m2"]["x-ogc-unit"]) == ("number", "m²")
    assert told["effective_from"]["format"] == "date"
    assert told["community_names"]["items"] == {"type": "string"}
    assert told["id"]["x-ogc-role"] == "id"
    assert not {"sides", "issues", "manager", "manager_phone"} & set(told)


def test_queryables_of_no_layer_are_not_found_and_parameters_are_refused(web: httpx.Client) -> None:
    assert "没有图层" in refusal(web.get("/collections/houses/queryables"), 404)
    assert "没有参数 g" in refusal(web.get("/collections/places/queryables?g=json"), 400)


def test_queryables_that_a_reader_holds_are_not_sent_again(web: httpx.Client) -> None:
    tag = web.get("/collections/places/queryables").headers["etag"]
    assert web.get("/collections/places/queryables", headers={"If-None-Match": tag}).status_code == 304


def test_the_interface_tells_of_filters(web: httpx.Client) -> None:
    asked = web.get("/api").json()["paths"]["/collections/places/items"]["get"]["parameters"]
    told = {one["name"]: one for one in asked}
    assert {"bbox", "limit", "offset", "filter", "filter-lang", "filter-crs"} <= set(told)
    assert told["filter-lang"]["schema"]["enum"] == ["cql2-text", "cql2-json"]
    assert f"{EPSG}4548" in told["filter-crs"]["schema"]["enum"]
    assert not any(one["required"] for one in asked if one["in"] == "query")


# what is found


def test_a_filter_by_district_finds_the_communities_of_the_district(web: httpx.Client) -> None:
    everything = items_of(web, "communities", limit=500)["features"]
    counties = {one["properties"]["county"] for one in everything}
    assert len(counties) > 1
    for county in counties:
        wanted = [one for one in everything if one["properties"]["county"] == county]
        assert found(web, "communities", f"county = '{county}'") == wanted
        tree = {"op": "=", "args": [{"property": "county"}, county]}
        assert found(web, "communities", json.dumps(tree), **{"filter-lang": "cql2-json"}) == wanted
        assert found(web, "communities", f"county LIKE '{county[:2]}%' AND households > 0", county=county) == [
            one for one in wanted if (one["properties"]["households"] or 0) > 0
        ]


def test_a_filter_by_fee_rate_finds_the_areas_below_it(web: httpx.Client) -> None:
    everything = items_of(web, "management_areas", limit=500)["features"]
    rates = [one["properties"]["fee_rate"] for one in everything]
    assert None in rates, "an area without a rate is in neither part"
    low = [one for one in everything if (one["properties"]["fee_rate"] or 1) < 0.8]
    assert found(web, "management_areas", "fee_rate < 0.8 AND fee_rate > 0") == low != []
    assert found(web, "management_areas", "fee_rate * 100 < 80 AND NOT fee_rate = 0") == low
    unknown = [one for one in everything if one["properties"]["fee_rate"] is None]
    assert found(web, "management_areas", "fee_rate IS NULL") == unknown


def test_a_filter_by_geometry_finds_what_the_database_finds(web: httpx.Client, sample_engine: Engine) -> None:
    with sample_engine.connect() as connection:
        outline, held = connection.execute(
            text(
                "with b as (select ST_Buffer(ST_Centroid(ST_Collect(geom)), 0.004, 4) as geom from communities) "
                "select ST_AsText((select geom from b)), array_agg(c.id order by c.id) "
                "from communities c, b where ST_Intersects(c.geom, b.geom)"
            )
        ).one()
    for wanted in (f"S_INTERSECTS(geometry, {outline})", f"NOT S_DISJOINT({outline}, geometry)"):
        assert [one["id"] for one in found(web, "communities", wanted)] == held
    assert 0 < len(held) < items_of(web, "communities")["numberMatched"]


def test_a_box_in_metres_finds_what_the_database_finds(web: httpx.Client, sample_engine: Engine) -> None:
    with sample_engine.connect() as connection:
        west, south, east, north = connection.execute(
            text(
                "with b as (select ST_Extent(ST_Transform(geom, 4548)) as b from places) "
                "select ST_XMin(b), ST_YMin(b), (ST_XMin(b) + ST_XMax(b)) / 2, (ST_YMin(b) + ST_YMax(b)) / 2 from b"
            )
        ).one()
        box = "ST_MakeEnvelope(:w, :s, :e, :n, 4548)"
        statement = f"select id from places where ST_Intersects(ST_Transform(geom, 4548), {box}) order by id"  # noqa: S608
        held = list(connection.scalars(text(statement), {"w": west, "s": south, "e": east, "n": north}))
    wanted = f"S_INTERSECTS(geometry, BBOX({south},{west},{north},{east}))"  # northing first
    assert [one["id"] for one in found(web, "places", wanted, **{"filter-crs": f"{EPSG}4548"})] == held
    assert 0 < len(held) < items_of(web, "places")["numberMatched"]
    zoned = f"S_INTERSECTS(geometry, BBOX({south},{west + 39e6},{north},{east + 39e6}))"
    assert [one["id"] for one in found(web, "places", zoned, **{"filter-crs": f"{EPSG}4527"})] == held
    assert "请检查坐标次序" in refused(web, "places", filter=wanted)


def test_a_filter_narrows_a_box_and_paging_visits_all_it_finds(web: httpx.Client) -> None:
    wanted = "kind IN ('road','river') AND length(name) >= 3"
    address = f"/collections/places/items?bbox=116,29,119,32&limit=7&filter={quote(wanted)}"
    pages = list(every_page(web, address))
    assert len(pages) > 1
    visited = [one for page in pages for one in page["features"]]
    assert visited == found(web, "places", wanted, bbox="116,29,119,32")
    assert {page["numberMatched"] for page in pages} == {len(visited)}
    assert found(web, "places", wanted, bbox="0,0,1,1") == []


def test_a_list_a_date_and_a_yes_can_be_asked_for(web: httpx.Client) -> None:
    areas = items_of(web, "management_areas", limit=500)["features"]
    name = areas[0]["properties"]["community_names"][0]
    held = [one["id"] for one in areas if name in one["properties"]["community_names"]]
    assert [one["id"] for one in found(web, "management_areas", f"A_CONTAINS(community_names, ('{name}'))")] == held
    problems = items_of(web, "problems", limit=500)["features"]
    wanted = "deadline <= DATE('2023-11-15') AND NOT closed"
    due = [
        one["id"]
        for one in problems
        if (one["properties"]["deadline"] or "9") <= "2023-11-15" and one["properties"]["closed"] is False
    ]
    assert [one["id"] for one in found(web, "problems", wanted)] == due != []
    assert found(web, "problems", "sample = true") == problems


# what is refused


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"filter": "county = "}, "结尾处无法理解"),
        ({"filter": ""}, "无法理解"),
        ({"filter": "district = 'x'"}, "可用：geometry、name、code"),
        ({"filter": "households = 'viele'"}, "类型不同"),
        ({"filter": "geom IS NULL"}, "字段“geom”不能查询"),
        ({"filter": "natural_key IS NULL"}, "不能查询"),
        ({"filter": "name = 'a' AND pg_sleep(9) = 1"}, "没有函数“pg_sleep”"),
        ({"filter": "true", "filter-lang": "sql"}, "filter-lang 应为 cql2-text 或 cql2-json"),
        ({"filter": "true", "filter-crs": "EPSG:4490"}, "filter-crs 不认识"),
        ({"filter-lang": "sql"}, "filter-lang 应为"),
        ({"filter-crs": "4490"}, "filter-crs 不认识"),
        ({"filter": "{}", "filter-lang": "cql2-json"}, "写法有误"),
        ({"filter": "households ^ 999 > 0"}, "没有结果：数值超出范围"),
        ({"filter": "(0 - households) ^ 0.5 > 0"}, "乘方无意义"),
        ({"filter": "true", "bbox": "1"}, "bbox"),
        ({"filters": "true"}, "没有参数 filters"),
        ({"filter": "name = 'x\x00'"}, "不可用的字符"),
    ],
)
def test_a_wrong_filter_is_refused_as_everything_else_is(
    web: httpx.Client, parameters: dict[str, str], told: str
) -> None:
    assert told in refused(web, "communities", **parameters)


def test_two_filters_are_refused(web: httpx.Client) -> None:
    address = "/collections/communities/items?filter=true&filter=false"
    assert "filter 只能给出一次" in refusal(web.get(address), 400)


def test_quotes_in_a_filter_are_only_text(web: httpx.Client) -> None:
    assert found(web, "communities", "name = 'x'' OR ''1''=''1'") == []
    assert "无法理解" in refused(web, "communities", filter="name = 'x'; DROP TABLE communities")


SIZES = {
    "100,000 parentheses": (b"(" * 100_000 + b"true" + b")" * 100_000, "filter 过长"),
    "a megabyte": (b"name='" + b"x" * 2**20 + b"'", "filter 过长：有 1048583 个字，最多 16000 个"),
    "parentheses left open": (b"(" * 15_000, "filter 的括号嵌套过深"),
    "parentheses within the length": (b"(" * 7_900 + b"true" + b")" * 7_900, "嵌套过深"),
}


@pytest.mark.parametrize("size", SIZES)
def test_a_filter_of_any_size_is_refused_and_the_service_lives(app: FastAPI, size: str) -> None:
    wanted, told = SIZES[size]
    status, problem = asked_directly(app, b"filter=" + wanted)
    assert (status, problem["status"]) == (400, 400)
    assert told in problem["detail"]
    assert asked_directly(app, b"limit=1")[1]["numberReturned"] == 1


@pytest.mark.parametrize("size", ["100,000 parentheses", "a megabyte"])
def test_an_address_too_long_for_the_server_is_refused_and_the_service_lives(web: httpx.Client, size: str) -> None:
    line = http.client.HTTPConnection(web.base_url.host, web.base_url.port or 80, timeout=30)
    line.request("GET", "/collections/communities/items?filter=" + quote(SIZES[size][0]))
    answer = line.getresponse()
    told = json.loads(answer.read())
    line.close()
    assert (answer.status, answer.getheader("content-type")) == (400, "application/problem+json")
    assert "请求头超过 65536 字节" in told["detail"]
    assert told["request_id"] == answer.getheader("x-request-id")
    assert items_of(web, "communities", limit=1)["numberReturned"] == 1
