"""The web door: every route and parameter, one form of refusal, and nothing that should not be seen."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from starlette.datastructures import QueryParams

from gis_service.api import create_app, items
from gis_service.api.parameters import parse_bbox, parse_limit, parse_offset, single_values
from gis_service.api.publication import declared_layers
from gis_service.api.streaming import in_pieces
from gis_service.errors import BadRequestError
from gis_service.settings import Settings
from gis_service.store.features import Column, FeatureQuery, count_features, stream_features
from gis_service.store.opening import make_engine

pytestmark = pytest.mark.database
LAYERS = (
    *("divisions", "places", "communities", "management_areas", "uncovered_communities"),
    *("coverage", "problems", "fire_lanes", "ebike_charging", "manholes"),
)
MAPS = ("coverage", "hazards", "boundaries")
SETTINGS = Settings(database_url=None, max_limit=500, default_limit=50)


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """The application behind a real server, as browsers meet it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def web(sample_engine: Engine) -> Iterator[httpx.Client]:
    """The sample town, served."""
    with served(create_app(sample_engine, SETTINGS)) as client:
        yield client


@pytest.fixture(scope="module")
def crowded(engine: Engine) -> Engine:
    """A database with more and larger places than a socket holds: 4,000 of 9 kB each."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into places (id, name, kind, aliases, division_code, source, tags, sample, geom) "
                "select 'p' || n, repeat('路', 3000), 'building', '{}', '', '', '{}', true, "
                "ST_Buffer(ST_SetSRID(ST_Point(117 + n * 1e-5, 30.5), 4490), 1e-5) from generate_series(1, 4000) n"
            )
        )
    return engine


def items_of(web: httpx.Client, layer: str, **parameters: object) -> dict[str, Any]:
    answer = web.get(f"/collections/{layer}/items", params={key: str(value) for key, value in parameters.items()})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    found: dict[str, Any] = answer.json()
    return found


def every_page(web: httpx.Client, address: str) -> Iterator[dict[str, Any]]:
    following: str | None = address
    while following:
        page = web.get(following).json()
        yield page
        following = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)


def refusal(answer: httpx.Response, status: int) -> str:
    """What a refused reader is told; the form is the same for every refusal."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert set(told) == {"type", "title", "status", "detail", "instance"}
    assert told["status"] == status
    assert told["type"].startswith("urn:gis-service:problem:")
    assert answer.request.url.path == told["instance"]
    assert re.search("[一-鿿]", told["detail"])
    assert re.search("[一-鿿]", told["title"])
    return str(told["detail"])


# features


@pytest.mark.parametrize("layer", LAYERS)
def test_paging_visits_every_feature_of_a_layer_once_and_as_the_store_holds_it(
    web: httpx.Client, sample_engine: Engine, layer: str
) -> None:
    pages = list(every_page(web, f"/collections/{layer}/items?limit=37"))
    given_out = [feature for page in pages for feature in page["features"]]
    declared = declared_layers()[layer]
    columns = tuple(Column(name, field.mask) for name, field in declared.visible_fields("planner").items())
    with sample_engine.connect() as connection:
        held = [json.loads(one) for one in stream_features(connection, FeatureQuery(declared.source, columns))]
    assert given_out == held
    assert held, "the sample shows every layer"
    assert len({feature["id"] for feature in given_out}) == len(given_out)
    for page in pages:
        assert page["type"] == "FeatureCollection"
        assert page["numberReturned"] == len(page["features"]) <= 37
        assert page["numberMatched"] == len(held)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", page["timeStamp"])


def test_without_a_limit_a_page_has_the_usual_size_and_links_lead_both_ways(web: httpx.Client) -> None:
    first = items_of(web, "places")
    assert first["numberReturned"] == SETTINGS.default_limit < first["numberMatched"]
    links = {link["rel"]: link["href"] for link in first["links"]}
    assert {"self", "next", "collection"} == set(links)
    second = web.get(links["next"]).json()
    back = {link["rel"]: link["href"] for link in second["links"]}["prev"]
    assert web.get(back).json()["features"] == first["features"]
    assert web.get(links["collection"]).json()["id"] == "places"


def test_a_limit_above_the_most_is_lowered_to_it(web: httpx.Client) -> None:
    assert items_of(web, "places", limit=10**15)["numberReturned"] <= SETTINGS.max_limit


def test_past_the_end_there_is_nothing_and_no_next(web: httpx.Client) -> None:
    page = items_of(web, "places", offset=2**63 - 1, limit=1)
    assert page["features"] == []
    assert page["numberReturned"] == 0
    assert "next" not in {link["rel"] for link in page["links"]}


def test_a_box_gives_the_features_that_touch_it(web: httpx.Client, sample_engine: Engine) -> None:
    west, south, east, north = web.get("/collections/communities").json()["extent"]["spatial"]["bbox"][0]
    box = (west, south, (west + east) / 2, (south + north) / 2)
    found = items_of(web, "communities", bbox=",".join(map(str, box)), limit=500)
    with sample_engine.connect() as connection:
        statement = text("select id from communities where geom && ST_MakeEnvelope(:w, :s, :e, :n, 4490) order by id")
        held = list(connection.scalars(statement, dict(zip("wsen", box, strict=True))))
    assert [feature["id"] for feature in found["features"]] == held
    assert 0 < found["numberMatched"] == len(held) < items_of(web, "communities")["numberMatched"]
    assert items_of(web, "communities", bbox="0,0,1,1")["features"] == []


def test_a_filter_gives_the_features_whose_field_equals_it(web: httpx.Client) -> None:
    everything = items_of(web, "uncovered_communities", limit=500)["features"]
    parts = [items_of(web, "uncovered_communities", reason=r, limit=500) for r in ("declared", "lost", "spatial")]
    assert sum(part["numberMatched"] for part in parts) == len(everything)
    for part, reason in zip(parts, ("declared", "lost", "spatial"), strict=True):
        assert part["features"] == [one for one in everything if one["properties"]["reason"] == reason] != []
    assert items_of(web, "uncovered_communities", reason="别的")["features"] == []


def test_paging_keeps_the_filter_and_the_box(web: httpx.Client) -> None:
    address = "/collections/places/items?kind=road&bbox=116,29,119,32&limit=7"
    pages = list(every_page(web, address))
    assert len(pages) > 1
    assert {one["properties"]["kind"] for page in pages for one in page["features"]} == {"road"}
    for page in pages[1:]:
        (own,) = (link["href"] for link in page["links"] if link["rel"] == "self")
        assert dict(httpx.URL(own).params) | {"offset": "x"} == {
            "kind": "road",
            "bbox": "116,29,119,32",
            "limit": "7",
            "offset": "x",
        }


def test_one_feature_is_found_by_its_id(web: httpx.Client) -> None:
    for layer in LAYERS:
        (feature,) = items_of(web, layer, limit=1, offset=1)["features"]
        answer = web.get(f"/collections/{layer}/items/{feature['id']}")
        assert answer.headers["content-type"] == "application/geo+json"
        links = answer.json().pop("links")
        assert answer.json() == feature | {"links": links}
        assert {link["rel"] for link in links} == {"self", "collection"}


@pytest.mark.parametrize("feature_id", ["nobody", "0", "-1", "9" * 40, "%00", "1' or '1'='1", "é%20", "1;2"])
def test_an_id_that_nobody_bears_is_not_found(web: httpx.Client, feature_id: str) -> None:
    for layer in ("communities", "places"):
        assert "没有编号为" in refusal(web.get(f"/collections/{layer}/items/{feature_id}"), 404)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("bbox=1,2,3", "四个经纬度数字"),
        ("bbox=1,2,3,4,5,6", "四个经纬度数字"),
        ("bbox=a,b,c,d", "四个经纬度数字"),
        ("bbox=", "四个经纬度数字"),
        ("bbox=nan,nan,nan,nan", "四个经纬度数字"),
        ("bbox=-inf,0,inf,1", "四个经纬度数字"),
        ("bbox=1e999,0,1e999,1", "无法表示"),
        ("bbox=１,2,3,4", "四个经纬度数字"),
        ("bbox=1_0,2,3,4", "四个经纬度数字"),
        ("bbox=-181,0,1,1", "超出经纬度范围"),
        ("bbox=0,0,1,91", "超出经纬度范围"),
        ("bbox=118,30,117,31", "西应不大于东"),
        ("bbox=117,31,118,30", "南应不大于北"),
        ("bbox=" + "1" * 5000, "过长"),
        ("limit=0", "limit 应为 1 至 500"),
        ("limit=-1", "limit 应为"),
        ("limit=", "limit 应为"),
        ("limit=abc", "limit 应为"),
        ("limit=1.5", "limit 应为"),
        ("limit=%2B5", "limit 应为"),
        ("limit=٣", "limit 应为"),
        ("limit=1e3", "limit 应为"),
        ("offset=-1", "offset 应为"),
        ("offset=x", "offset 应为"),
        (f"offset={2**63}", "offset 应为"),
        (f"offset={'9' * 199}", "offset 应为"),
        ("limit=1&limit=2", "limit 只能给出一次"),
        ("limits=1", "没有参数 limits，可用：bbox、limit、offset"),
        ("geom=x", "没有参数 geom"),
        ("id%3D1%3Bdrop=1", "没有参数"),
        ("%00=1", "（无法显示）"),
        ("name=%00", "不可用的字符"),
        ("households=viele", "households”的筛选值应为整数"),
        ("households=99999999999999999999999999", "households”的筛选值应为整数"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_may_be_written(web: httpx.Client, query: str, told: str) -> None:
    assert told in refusal(web.get(f"/collections/communities/items?{query}"), 400)


@pytest.mark.parametrize("address", ["/collections", "/collections/places", "/collections/places/items/x"])
def test_parameters_are_refused_where_none_are_known(web: httpx.Client, address: str) -> None:
    assert "没有参数 limit" in refusal(web.get(address, params={"limit": "1"}), 400)


def test_quotes_in_a_filter_are_only_text(web: httpx.Client) -> None:
    assert items_of(web, "communities", name="x' or '1'='1' --")["features"] == []


# what must not be seen


def test_no_name_and_no_phone_of_a_person_is_given_out(web: httpx.Client, sample_engine: Engine) -> None:
    with sample_engine.connect() as connection:
        rows = connection.execute(text("select manager, manager_phone from management_areas")).all()
        responsible = list(connection.scalars(text("select responsible from problems")))
        public = set(connection.scalars(text("select name from divisions union select company from problems")))
    people = {word for row in rows for word in row if word} | {word for word in responsible if word}
    assert len(people) > 20
    everything = "".join(
        json.dumps(page, ensure_ascii=False)
        for layer in LAYERS
        for page in every_page(web, f"/collections/{layer}/items?limit=500")
    )
    assert not re.search(r"(?<![\d.])1[3-9]\d{9}(?!\d)", everything)
    assert any(word.isdigit() for word in people)
    assert any(len(word) == 3 for word in people)
    assert not [word for word in people if len(word) >= 3 and word in everything and word not in public]
    assert not re.findall(r'"(manager|manager_phone|responsible)":', everything)


@pytest.mark.parametrize(("layer", "field"), [("management_areas", "manager"), ("problems", "responsible")])
def test_a_hidden_or_masked_field_cannot_be_asked_for_either(web: httpx.Client, layer: str, field: str) -> None:
    assert f"没有参数 {field}" in refusal(web.get(f"/collections/{layer}/items", params={field: "张三"}), 400)


def test_an_unexpected_error_gives_nothing_away(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(_connection: Connection, _query: FeatureQuery) -> int:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(items, "count_features", failing)
    caplog.set_level("CRITICAL")
    with served(create_app(engine, SETTINGS)) as web:
        answer = web.get("/collections/places/items")
        assert "服务内部错误" in refusal(answer, 500)
        assert "hunter2" not in answer.text + str(answer.headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_query_past_its_time_limit_is_answered_as_busy(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(connection: Connection, _query: FeatureQuery) -> int:
        connection.execute(text("set local statement_timeout = 50"))
        connection.execute(text("select pg_sleep(10)"))
        raise AssertionError

    monkeypatch.setattr(items, "count_features", slow)
    with served(create_app(engine, SETTINGS)) as web:
        assert "超过时限" in refusal(web.get("/collections/places/items"), 503)
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_without_a_database_everything_says_so_and_the_service_lives() -> None:
    away = make_engine("postgresql://nobody:secret@127.0.0.1:1/none")
    with served(create_app(away, SETTINGS)) as web:
        for address in ("/", "/maps/coverage", "/collections", "/collections/places/items"):
            answer = web.get(address, headers={"Accept": "*/*"})
            assert "数据库暂时不可用" in refusal(answer, 503)
            assert "secret" not in answer.text
        health = web.get("/healthz")
        assert (health.status_code, health.json()["status"]) == (503, "unavailable")
        assert "secret" not in health.text
    away.dispose()


# the rest of the house


def test_health_tells_of_the_database_and_its_tables(web: httpx.Client) -> None:
    answer = web.get("/healthz")
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == "ok"
    assert told["schema"]["up_to_date"] is True
    assert told["postgis"].startswith("3.")


def test_a_database_without_tables_is_not_healthy(cluster_url: str) -> None:
    empty = make_engine(cluster_url)
    with empty.begin() as connection:
        connection.execute(text("create schema if not exists nothing_here"))
    bare = make_engine(cluster_url + "?options=-csearch_path%3Dnothing_here")
    with served(create_app(bare, SETTINGS)) as web:
        answer = web.get("/healthz")
        assert (answer.status_code, answer.json()["status"]) == (503, "needs_upgrade")
    bare.dispose()
    empty.dispose()


def test_all_ten_layers_are_listed_with_extent_and_fields(web: httpx.Client) -> None:
    told = web.get("/collections").json()
    assert {collection["id"] for collection in told["collections"]} == set(LAYERS)
    for collection in told["collections"]:
        alone = web.get(f"/collections/{collection['id']}").json()
        assert alone == collection
        west, south, east, north = collection["extent"]["spatial"]["bbox"][0]
        assert 115 < west <= east < 119
        assert 29 < south <= north < 32
        (feature,) = items_of(web, collection["id"], limit=1)["features"]
        assert set(feature["properties"]) == set(collection["fields"])
        (address,) = (link["href"] for link in collection["links"] if link["rel"] == "items")
        assert web.get(address).status_code == 200


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/collections/houses", "没有图层“houses”，可用：places"),
        ("/collections/houses/items", "没有图层"),
        ("/collections/houses/items/1", "没有图层"),
        ("/collections/" + "x" * 3000, "没有图层“" + "x" * 40 + "”"),
        ("/maps/nowhere", "没有地图“nowhere”，可用：coverage"),
        ("/nowhere", "没有这个地址"),
        ("/docs", "没有这个地址"),
        ("/static/../app.py", "没有这个地址"),
        ("/static/%2e%2e/page.py", "没有这个地址"),
        ("/vendor/leaflet/nothing.js", "没有这个地址"),
    ],
)
def test_what_is_not_there_is_not_found(web: httpx.Client, address: str, told: str) -> None:
    assert told in refusal(web.get(address), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed_through_the_web(web: httpx.Client, method: str) -> None:
    answer = web.request(method, "/collections/places/items")
    assert "不支持" in refusal(answer, 405)
    assert answer.headers["allow"] == "GET"


def test_a_browser_is_refused_in_a_page_that_leads_home(web: httpx.Client) -> None:
    answer = web.get("/maps/<b>", headers={"Accept": "text/html,application/xhtml+xml"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "没有地图" in answer.text
    assert "<b>" not in answer.text
    assert 'href="/"' in answer.text


@pytest.mark.parametrize("address", ["/", *(f"/maps/{name}" for name in MAPS)])
def test_a_page_runs_only_scripts_of_ours(web: httpx.Client, address: str) -> None:
    answer = web.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    (nonce,) = re.findall(r"'nonce-([\w-]{20,})'", policy["script-src"])
    assert "unsafe-inline" not in policy["script-src"]
    assert "unsafe-eval" not in policy["script-src"]
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    running = [tag for tag in re.findall(r"<script[^>]*>", answer.text) if "application/json" not in tag]
    assert running
    assert all(f'nonce="{nonce}"' in tag for tag in running)
    assert not re.search(r"\son\w+=", re.sub(r"<script.*?</script>", "", answer.text, flags=re.DOTALL))
    addresses = re.findall(r'(?:src|href)="([^"#]+)"', answer.text)
    assert not [found for found in addresses if not found.startswith(("/", "data:"))]
    assert nonce not in web.get(address).text


@pytest.mark.parametrize("name", MAPS)
def test_every_file_a_page_loads_is_there_and_kept_for_good(web: httpx.Client, name: str) -> None:
    page = web.get(f"/maps/{name}").text
    files = re.findall(r'(?:src|href)="(/(?:static|vendor)/[^"]+)"', page)
    assert any("leaflet.js" in file for file in files)
    for file in files:
        answer = web.get(file)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].split(";")[0] in ("text/javascript", "text/css")


def test_a_file_without_a_version_is_asked_for_again(web: httpx.Client) -> None:
    answer = web.get("/vendor/leaflet/leaflet.css")
    assert answer.headers["cache-control"] == "public, no-cache"
    again = web.get("/vendor/leaflet/leaflet.css", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_icon_is_a_picture(web: httpx.Client) -> None:
    answer = web.get("/favicon.ico")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg")


def test_the_interface_is_described_in_chinese_at_one_address(web: httpx.Client) -> None:
    told = web.get("/api").json()
    described = [way["get"] for way in told["paths"].values()]
    assert set(told["paths"]) == {
        "/collections",
        "/collections/{layer_id}",
        "/collections/{layer_id}/items",
        "/collections/{layer_id}/items/{feature_id}",
        "/healthz",
    }
    for way in described:
        assert re.search("[一-鿿]", way["summary"])
        assert re.search("[一-鿿]", way["description"])
        assert "422" not in way["responses"]


@pytest.mark.parametrize(
    "address", ["/", "/collections", "/collections/places/items", "/healthz", "/nowhere", "/static/page.js", "/api"]
)
def test_every_answer_bears_the_security_headers(web: httpx.Client, address: str) -> None:
    headers = web.get(address).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers or headers["server"] == "uvicorn"


# sparing the line


@pytest.mark.parametrize("address", ["/collections", "/collections/places", "/collections/places/items?limit=3"])
def test_what_a_reader_holds_is_not_sent_again(web: httpx.Client, address: str) -> None:
    answer = web.get(address)
    tag = answer.headers["etag"]
    for held in (tag, f'"other", {tag}', tag.removeprefix("W/")):
        again = web.get(address, headers={"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert web.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    other = web.get("/collections/places/items?limit=4", headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_a_change_in_the_layer_makes_what_readers_hold_old(crowded: Engine) -> None:
    with served(create_app(crowded, SETTINGS)) as web:
        tag = web.get("/collections/places/items?limit=1").headers["etag"]
        with crowded.begin() as connection:
            connection.execute(
                text(
                    "insert into layer_revisions (source, revision, changed_at) values ('places', 1, now()) "
                    "on conflict (source) do update set revision = layer_revisions.revision + 1"
                )
            )
        again = web.get("/collections/places/items?limit=1", headers={"If-None-Match": tag})
        assert again.status_code == 200
        assert again.headers["etag"] != tag


def test_long_answers_are_compressed_for_those_who_can_read_it(web: httpx.Client) -> None:
    plain = web.get("/collections/places/items", headers={"Accept-Encoding": "identity"})
    packed = web.get("/collections/places/items", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json()["features"] == plain.json()["features"]


def test_a_reader_who_goes_away_in_the_middle_leaves_no_connection_behind(crowded: Engine) -> None:
    generous = SETTINGS.model_copy(update={"max_limit": 10_000})
    with served(create_app(crowded, generous)) as web:
        for _ in range(30):  # more than the pool has connections
            line = http.client.HTTPConnection(web.base_url.host, web.base_url.port or 80, timeout=30)
            line.request("GET", "/collections/places/items?limit=10000")
            assert b"FeatureCollection" in line.getresponse().read(200)
            line.close()
        patience = time.monotonic() + 20
        while crowded.pool.checkedout() and time.monotonic() < patience:  # type: ignore[attr-defined]
            time.sleep(0.05)
        assert crowded.pool.checkedout() == 0  # type: ignore[attr-defined]
        assert items_of(web, "places", limit=10_000)["numberReturned"] == 4000


def test_many_readers_at_once_all_get_their_answer(web: httpx.Client) -> None:
    wanted = [f"/collections/{LAYERS[number % len(LAYERS)]}/items?limit=20" for number in range(60)]
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda a=a: statuses.append(web.get(a).status_code)) for a in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 60


# parameters alone


numbers = st.floats(-180, 180)


@settings(deadline=None)
@given(numbers, st.floats(-90, 90), numbers, st.floats(-90, 90))
def test_every_box_on_the_earth_is_read_back_and_no_other(a: float, b: float, c: float, d: float) -> None:
    west, east = sorted((a, c))
    south, north = sorted((b, d))
    box = tuple(round(value, 12) for value in (west, south, east, north))
    assert tuple(parse_bbox(",".join(f"{value:.12f}" for value in box))) == box


@settings(deadline=None)
@given(st.text())
def test_any_other_text_is_refused_as_a_box_or_is_one(written: str) -> None:
    try:
        box = parse_bbox(written)
    except BadRequestError:
        return
    assert -180 <= box.west <= box.east <= 180
    assert -90 <= box.south <= box.north <= 90


@settings(deadline=None)
@given(st.one_of(st.text(), st.integers().map(str)))
def test_a_limit_is_a_whole_number_from_one_to_the_most(written: str) -> None:
    try:
        assert 1 <= parse_limit(written, 100) <= 100
        assert 0 <= parse_offset(written) < 2**63
    except BadRequestError:
        assert not (written.isascii() and written.isdigit() and 1 <= int(written) < 2**63)


@settings(deadline=None)
@given(st.lists(st.text(max_size=5)), st.integers(1, 20))
def test_pieces_hold_the_same_text(pieces: list[str], size: int) -> None:
    put_together = list(in_pieces(pieces, size))
    assert "".join(put_together) == "".join(pieces)
    assert all(len(piece) >= size for piece in put_together[:-1])


def test_each_parameter_has_one_value() -> None:
    assert single_values(QueryParams("a=1&b=2"), ("a", "b", "c")) == {"a": "1", "b": "2"}
    with pytest.raises(BadRequestError, match="只能给出一次"):
        single_values(QueryParams("a=1&a=1"), ("a",))


def test_a_layer_counts_as_the_store_does(web: httpx.Client, sample_engine: Engine) -> None:
    with sample_engine.connect() as connection:
        for layer in LAYERS:
            assert items_of(web, layer, limit=1)["numberMatched"] == count_features(connection, FeatureQuery(layer, ()))
