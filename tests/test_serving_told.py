"""What the service tells of itself: metrics, request ids, an access log that names nobody."""

from __future__ import annotations

import json
import logging
import re
import socket

import httpx
import pytest
from sqlalchemy import Connection, Engine, text

from gis_service.api import create_app, paging
from gis_service.api.logs import FIELDS, JsonLines, RequestIdFilter, TextLines
from gis_service.store.features import FeatureQuery
from tests.lines import eventually, number
from tests.web import LAYERS, SETTINGS, items_of, refusal, served

pytestmark = pytest.mark.database


# numbers


def test_the_metrics_count_what_was_asked_by_template_and_what_was_sent(sample_engine: Engine) -> None:
    with served(create_app(sample_engine, SETTINGS)) as web:
        sent = sum(items_of(web, layer, limit=20)["numberReturned"] for layer in LAYERS)
        for address in ("/nowhere", "/else", "/collections/x/items", "/static/page.js", "/static/page.css"):
            web.get(address)
        web.request("PROPFIND", "/collections")
        told = web.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=")
    lines = dict(line.rsplit(" ", 1) for line in told.text.splitlines() if not line.startswith("#"))
    requests = {name: value for name, value in lines.items() if name.startswith("gis_service_requests_total")}
    counted = {tuple(re.findall(r'"([^"]*)"', name)): float(value) for name, value in requests.items()}
    items_route = "/collections/{layer_id}/items"
    assert counted == {
        ("GET", items_route, "200"): 10,
        ("GET", items_route, "404"): 1,
        ("GET", "none", "404"): 2,
        ("GET", "/static", "200"): 2,
        ("other", "/collections", "405"): 1,
    }
    assert float(lines["gis_service_features_read_total"]) == sent
    assert float(lines[f'gis_service_request_seconds_count{{method="GET",route="{items_route}"}}']) == 11
    assert lines["gis_service_database_connections_in_use"] == "0.0"


def test_a_downloaded_file_counts_its_features_too(sample_engine: Engine) -> None:
    with served(create_app(sample_engine, SETTINGS)) as web:
        total = items_of(web, "manholes", limit=1)["numberMatched"]
        assert web.get("/collections/manholes/export?f=gpkg").status_code == 200
        assert web.get("/collections/manholes/export?f=csv").status_code == 200
        assert number(web, "gis_service_features_read_total") == 2 * total + 1


# request ids and logs


def test_a_request_id_is_kept_when_it_is_sane_and_made_when_it_is_not(web: httpx.Client) -> None:
    given = web.get("/collections", headers={"X-Request-Id": "desk-7.2"})
    assert given.headers["x-request-id"] == "desk-7.2"
    made = {web.get("/favicon.ico").headers["x-request-id"] for _ in range(3)}
    assert len(made) == 3
    for bad in ("", "a b", "x" * 65, "-", '"}{', "é"):
        kept = web.get("/nowhere", headers={b"X-Request-Id": bad.encode()})
        assert re.fullmatch("[0-9a-f]{16}", kept.headers["x-request-id"])


def test_one_line_a_request_without_query_and_without_the_whole_address(
    web: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gis_service.access")
    web.get("/collections/management_areas/items", params={"manager": "张三丰", "name": "某处"})
    assert eventually(lambda: bool(caplog.records))
    (record,) = caplog.records
    told = getattr(record, FIELDS)
    assert (told["method"], told["status"], told["complete"]) == ("GET", 400, True)
    assert (told["path"], told["route"]) == ("/collections/management_areas/items", "/collections/{layer_id}/items")
    assert told["client"] == "127.0.0.0/24"
    line = record.getMessage()
    assert "/collections/management_areas/items 400" in line
    assert not re.search("manager=|name=|张|%E5|%e5|127.0.0.1", line + str(told))


def test_a_line_of_the_log_cannot_be_forged(web: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gis_service.access")
    web.get("/nowhere%0A2026-01-01%20INFO%20forged" + "x" * 500)
    assert eventually(lambda: bool(caplog.records))
    assert "\n" not in caplog.messages[0]
    assert len(caplog.messages[0]) < 300


def test_the_log_of_an_internal_error_bears_the_id_that_the_reader_was_told(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(_connection: Connection, _query: FeatureQuery) -> int:
        raise RuntimeError("something broke")

    monkeypatch.setattr(paging, "count_features", failing)
    caplog.handler.addFilter(told := RequestIdFilter())
    try:
        with served(create_app(engine, SETTINGS)) as web, caplog.at_level(logging.INFO):
            logging.getLogger("uvicorn.error").setLevel("ERROR")
            logging.getLogger("uvicorn").propagate = True
            answer = web.get("/collections/places/items?limit=500", headers={"X-Request-Id": "one-two"})
            assert "编号 one-two" in refusal(answer, 500)
            assert eventually(lambda: any(record.exc_info for record in caplog.records))
    finally:
        caplog.handler.removeFilter(told)
    ids = {record.name: vars(record)["request_id"] for record in caplog.records if record.name != "httpx"}
    assert ids == {"uvicorn.error": "one-two", "gis_service.access": "one-two"}
    (line,) = (r for r in caplog.records if r.name == "gis_service.access")
    assert getattr(line, FIELDS)["status"] == 500


def test_what_a_query_asked_for_is_not_in_the_message_of_its_error(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(Exception, match="DivisionByZero") as caught:
        connection.execute(text("select 1 / 0 where cast(:who as text) <> ''"), {"who": "张三丰"})
    assert "张三丰" not in str(caught.value)


def test_a_record_becomes_a_line_of_text_or_of_json() -> None:
    try:
        raise ValueError("坏了")
    except ValueError as error:
        record = logging.LogRecord("gis_service.access", 20, "", 1, "说 %(a)s", ({"a": "甲\n乙"},), None)
        record.exc_info = (ValueError, error, error.__traceback__)
    setattr(record, FIELDS, {"status": 200})
    assert RequestIdFilter().filter(record)
    line = JsonLines().format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["message"], told["status"], told["level"], told["request_id"]) == ("说 甲\n乙", 200, "INFO", "-")
    assert told["traceback"].endswith("ValueError: 坏了")
    assert re.match(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO gis_service.access \[-\] 说", TextLines().format(record)
    )


@pytest.mark.parametrize(
    "sent",
    [b"\x16\x03\x01\x02\x00\x01\x00", b"GET /x y HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 2**20],
    ids=["TLS", "a blank in the address", "a head without end"],
)
def test_what_is_no_request_is_refused_in_the_same_form(web: httpx.Client, sent: bytes) -> None:
    with socket.create_connection((web.base_url.host, web.base_url.port or 80), timeout=10) as line:
        line.sendall(sent)
        heard = b""
        while piece := line.recv(65536):
            heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head.lower()
    assert set(json.loads(body)) == {"type", "title", "status", "detail", "instance", "request_id"}
    assert "请求无法读懂" in json.loads(body)["detail"]
