"""Every answer of the web door: nothing that should not be seen, pages that are safe, readers who go away."""

from __future__ import annotations

import http.client
import json
import re
import threading

import httpx
import pytest
from sqlalchemy import Connection, Engine, text

from gis_service.access import Role
from gis_service.api import create_app, paging
from gis_service.maps.bundles import BUNDLES
from gis_service.store.features import FeatureQuery
from gis_service.store.opening import make_engine
from tests.lines import eventually, in_use
from tests.web import LAYERS, MAPS, PUBLISHED, SETTINGS, bearing, every_page, items_of, refusal, served

pytestmark = pytest.mark.database


# what must not be seen


def test_no_name_and_no_phone_of_a_person_is_given_out(web: httpx.Client, sample_engine: Engine) -> None:
    with sample_engine.connect() as connection:
        rows = connection.execute(text("select manager, manager_phone from management_areas")).all()
        responsible = list(connection.scalars(text("select responsible from problems")))
        units = set(connection.scalars(text("select unit from problems where unit <> ''")))
        public = set(connection.scalars(text("select name from divisions union select company from problems")))
    # who is responsible is a unit, a person, or both in one cell; only what ends like a unit may be shown
    assert units
    assert all(re.search("(街道|社区|居委会|公司|局|办|中心|队|委员会|政府)$", unit) for unit in units)
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
    assert not [word for word in people if len(word) >= 3 and word in everything and word not in public | units]
    assert not re.findall(r'"(manager|manager_phone|responsible)":', everything)


@pytest.mark.parametrize(("layer", "field"), [("management_areas", "manager"), ("problems", "responsible")])
def test_a_hidden_or_masked_field_cannot_be_asked_for_either(web: httpx.Client, layer: str, field: str) -> None:
    assert f"没有参数 {field}" in refusal(web.get(f"/collections/{layer}/items", params={field: "张三"}), 400)


def test_an_unexpected_error_gives_nothing_away(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(_connection: Connection, _query: FeatureQuery) -> int:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(paging, "count_features", failing)
    caplog.set_level("CRITICAL")
    with served(create_app(engine, SETTINGS)) as web:
        answer = web.get("/collections/places/items?limit=500")
        assert "服务内部错误" in refusal(answer, 500)
        assert "hunter2" not in answer.text + str(answer.headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_query_past_its_time_limit_is_answered_as_busy(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(connection: Connection, _query: FeatureQuery) -> int:
        connection.execute(text("set local statement_timeout = 50"))
        connection.execute(text("select pg_sleep(10)"))
        raise AssertionError

    monkeypatch.setattr(paging, "count_features", slow)
    with served(create_app(engine, SETTINGS)) as web:
        assert "超过时限" in refusal(web.get("/collections/places/items?limit=500"), 503)
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_without_a_database_everything_says_so_and_the_service_lives() -> None:
    away = make_engine("postgresql://nobody:secret@127.0.0.1:1/none")
    with served(create_app(away, SETTINGS)) as web:
        for address in ("/?f=html", "/maps/coverage", "/collections", "/collections/places/items"):
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
    assert {collection["id"] for collection in told["collections"]} == set(PUBLISHED)
    for collection in told["collections"]:
        alone = web.get(f"/collections/{collection['id']}").json()
        assert alone == collection
        if collection["id"] not in LAYERS:
            continue  # nothing in it
        west, south, east, north = collection["extent"]["spatial"]["bbox"][0]
        assert 115 < west <= east < 119
        assert 29 < south <= north < 32
        (feature,) = items_of(web, collection["id"], limit=1)["features"]
        assert set(feature["properties"]) == set(collection["fields"])
        (address, _page) = (link["href"] for link in collection["links"] if link["rel"] == "items")
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
    answer = web.request(method, "/collections/places/items", headers=bearing(Role.CITY))
    assert "不支持" in refusal(answer, 405)
    assert answer.headers["allow"].startswith("GET, HEAD")


def test_a_browser_is_refused_in_a_page_that_leads_home(web: httpx.Client) -> None:
    answer = web.get("/maps/<b>", headers={"Accept": "text/html,application/xhtml+xml"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "没有地图" in answer.text
    assert "<b>" not in answer.text
    assert 'href="/"' in answer.text


@pytest.mark.parametrize("address", ["/?f=html", *(f"/maps/{name}" for name in MAPS)])
def test_a_page_runs_only_scripts_of_ours(web: httpx.Client, address: str) -> None:
    answer = web.get(address, headers=bearing(Role.ADMIN))
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
    assert nonce not in web.get(address, headers=bearing(Role.ADMIN)).text


@pytest.mark.parametrize("name", MAPS)
def test_every_file_a_page_loads_is_there_and_kept_for_good(web: httpx.Client, name: str) -> None:
    page = web.get(f"/maps/{name}", headers=bearing(Role.ADMIN)).text
    files = re.findall(r'(?:src|href)="(/(?:static|bundles|vendor)/[^"]+)"', page)
    assert any("leaflet.js" in file for file in files)
    assert any("/bundles/map.js" in file for file in files)
    assert len(files) <= 12, "each request keeps the reader waiting"
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


@pytest.mark.parametrize("file", ["/vendor/leaflet/leaflet.js", "/bundles/map.js", "/bundles/map.css"])
@pytest.mark.parametrize(("accepted", "coding"), [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0", None), ("", None)])
def test_a_script_comes_packed_as_the_browser_can_unpack_it(
    web: httpx.Client, file: str, accepted: str, coding: str | None
) -> None:
    plain = web.get(file, headers={"Accept-Encoding": "identity"})
    answer = web.get(file, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == coding
    assert answer.content == plain.content
    sent = int(answer.headers["content-length"])
    assert sent < len(plain.content) / 3 if coding else sent == len(plain.content)
    again = {"Accept-Encoding": accepted, "If-None-Match": answer.headers["etag"]}
    assert web.get(file, headers=again).status_code == 304


def test_a_bundle_is_its_files_one_after_the_other(web: httpx.Client) -> None:
    for name, files in BUNDLES.items():
        answer = web.get(f"/bundles/{name}")
        assert answer.headers["cache-control"] == "public, no-cache"
        assert answer.text == "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert web.get("/bundles/page.js").status_code == 404


def test_the_icon_is_a_picture(web: httpx.Client) -> None:
    answer = web.get("/favicon.ico")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg")


def test_the_interface_is_described_in_chinese_at_one_address(web: httpx.Client) -> None:
    told = web.get("/api").json()
    described = [way for ways in told["paths"].values() for way in ways.values()]
    by_layer = {f"/collections/{layer}/{what}" for layer in PUBLISHED for what in ("items", "export")}
    assert set(told["paths"]) >= by_layer | {
        "/",
        "/api",
        "/conformance",
        "/collections",
        "/collections/{layer_id}",
        "/collections/{layer_id}/queryables",
        "/collections/{layer_id}/sortables",
        "/collections/{layer_id}/schema",
        "/collections/{layer_id}/items/{feature_id}",
        "/collections/{layer_id}/tiles",
        "/collections/{layer_id}/tiles/{tms_id}",
        "/collections/{layer_id}/tiles/{tms_id}/{level}/{row}/{column}",
        "/collections/{layer_id}/styles/maplibre.json",
        "/tileMatrixSets",
        "/tileMatrixSets/{tms_id}",
        "/healthz",
    }
    for address, ways in told["paths"].items():
        for way in ways.values():
            given = {parameter["name"] for parameter in way.get("parameters", ()) if parameter["in"] == "path"}
            assert given == set(re.findall(r"{(\w+)}", address))
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


@pytest.mark.parametrize(
    "address", ["/collections/places/items", "/collections/places/items?limit=1000", "/maps/coverage"]
)
def test_long_answers_are_compressed_for_those_who_can_read_it(web: httpx.Client, address: str) -> None:
    plain = web.get(address, headers={"Accept-Encoding": "identity"})
    packed = web.get(address, headers={"Accept-Encoding": "br;q=0, gzip;q=0.5"})
    refused = web.get(address, headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"] == plain.headers["content-type"]
    assert len(packed.text) == len(plain.text)
    for answer in (plain, refused):
        assert "content-encoding" not in answer.headers
        assert "Accept-Encoding" in answer.headers["vary"]


def test_a_reader_who_goes_away_in_the_middle_leaves_no_connection_behind(crowded: Engine) -> None:
    generous = SETTINGS.model_copy(update={"max_limit": 10_000})
    with served(create_app(crowded, generous)) as web:
        for _ in range(30):  # more than the pool has connections
            line = http.client.HTTPConnection(web.base_url.host, web.base_url.port or 80, timeout=30)
            line.request("GET", "/collections/places/items?limit=10000", headers=bearing(Role.PLANNER))
            assert b"FeatureCollection" in line.getresponse().read(200)
            line.close()
        assert eventually(lambda: in_use(crowded) == 0)
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
