"""The service under load: crowds, slow readers and readers who leave take nothing from the others; HEAD."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from sqlalchemy import Connection, Engine, text

from gis_service.api import create_app, paging
from gis_service.api.admission import client_of
from gis_service.settings import Settings
from gis_service.store.features import FeatureQuery
from tests.lines import answer_on, eventually, in_use, line_to, number
from tests.web import LAYERS, MAPS, SETTINGS, items_of, refusal, served

pytestmark = pytest.mark.database
HELD = "/collections/places/items?limit=500"  # long enough to be read by a thread, which can be made to wait
ALL = "/collections/places/items?limit=10000"
GENEROUS = SETTINGS.model_copy(update={"max_limit": 10_000})


def open_cursors(engine: Engine) -> int:
    """Sessions of this database that stand in a transaction, beside the one that asks."""
    asked = (
        "select count(*) from pg_stat_activity where datname = current_database() "
        "and pid <> pg_backend_pid() and state <> 'idle' and backend_type = 'client backend'"
    )
    with engine.connect() as connection:
        return int(connection.scalar(text(asked)) or 0)


@contextmanager
def held_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Every reading of items waits until the event is set."""
    go = threading.Event()

    def counting(_connection: Connection, _query: FeatureQuery) -> int:
        assert go.wait(60)
        return 0

    monkeypatch.setattr(paging, "count_features", counting)
    try:
        yield go
    finally:
        go.set()


# crowds


def test_sixty_requests_that_arrive_in_one_moment_are_all_answered(web: httpx.Client) -> None:
    lines = [line_to(web, f"/collections/{LAYERS[number % 10]}/items?limit=20") for number in range(60)]
    assert Counter(answer_on(line)[:12] for line in lines) == {b"HTTP/1.1 200": 60}


def test_two_hundred_connections_of_one_client_leave_the_others_their_answers(
    sample_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_back(monkeypatch) as go, served(create_app(sample_engine, SETTINGS)) as web, ExitStack() as open_lines:
        lines = [open_lines.enter_context(line_to(web, HELD)) for _ in range(200)]
        assert eventually(lambda: number(web, 'gis_service_refused_total{reason="client"}') == 200 - 64)
        assert number(web, "gis_service_requests_running") == in_use(sample_engine) == 8
        assert b"HTTP/1.1 200" in answer_on(line_to(web, "/collections/places", source="127.0.0.2"))
        assert web.get("/healthz").status_code == 200
        go.set()
        answers = [answer_on(line) for line in lines]
    assert Counter(answer[:12] for answer in answers) == {b"HTTP/1.1 200": 64, b"HTTP/1.1 429": 136}
    (refused, *_) = (answer for answer in answers if answer.startswith(b"HTTP/1.1 429"))
    assert b"retry-after: 5\r\n" in refused
    assert "同一地址的请求太多" in refused.decode()
    assert in_use(sample_engine) == 0


def test_when_the_queue_is_full_the_next_is_told_to_come_back(
    sample_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = SETTINGS.model_copy(update={"database_connections": 6, "max_waiting": 1})
    with held_back(monkeypatch) as go, served(create_app(sample_engine, narrow)) as web:
        lines = [line_to(web, HELD, source=f"127.0.0.{number}") for number in (2, 3, 4)]
        assert eventually(lambda: number(web, "gis_service_requests_waiting") == 1)
        answer = web.get(HELD)
        assert "同时访问的人太多" in refusal(answer, 503)
        assert answer.headers["retry-after"] == "5"
        go.set()
        assert [answer_on(line)[:12] for line in lines] == [b"HTTP/1.1 200"] * 3


def test_who_waited_too_long_is_told_to_come_back(sample_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    hasty = SETTINGS.model_copy(update={"max_client_running": 1, "max_wait_s": 0.2})
    with held_back(monkeypatch) as go, served(create_app(sample_engine, hasty)) as web:
        first = line_to(web, HELD)
        assert eventually(lambda: number(web, "gis_service_requests_running") == 1)
        assert "同时访问的人太多" in refusal(web.get(HELD), 503)
        assert number(web, 'gis_service_refused_total{reason="waited"}') == 1
        go.set()
        assert answer_on(first).startswith(b"HTTP/1.1 200")


def test_nothing_that_needs_no_database_waits_for_it(sample_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = SETTINGS.model_copy(update={"max_client_requests": 1})
    with held_back(monkeypatch) as go, served(create_app(sample_engine, alone)) as web:
        first = line_to(web, HELD)
        assert eventually(lambda: number(web, "gis_service_requests_running") == 1)
        assert web.get("/collections").status_code == 429
        for address in ("/healthz", "/metrics", "/static/page.js", "/vendor/leaflet/leaflet.css", "/favicon.ico"):
            assert web.get(address).status_code == 200
        go.set()
        assert answer_on(first).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_subscriber_is_one_client_whatever_address_it_uses(host: str, client: str) -> None:
    assert client_of({"client": (host, 5)}) == client


def test_a_request_of_no_known_address_is_counted_too() -> None:
    assert client_of({"client": None}) == ""


@pytest.mark.parametrize("connections", [5, 39])
def test_no_more_connections_than_worker_threads_can_serve(connections: int) -> None:
    with pytest.raises(ValueError, match="database_connections"):
        Settings(database_connections=connections)


# slow readers, and those who leave


def test_readers_who_take_nothing_are_broken_off_and_give_everything_back(crowded: Engine) -> None:
    impatient = GENEROUS.model_copy(update={"send_timeout_s": 0.5})
    with served(create_app(crowded, impatient)) as web, ExitStack() as lines:
        for _ in range(20):
            lines.enter_context(line_to(web, ALL))
        assert eventually(lambda: number(web, 'gis_service_refused_total{reason="slow"}') == 20)
        assert eventually(lambda: in_use(crowded) == 0)
        assert open_cursors(crowded) == 0
        assert items_of(web, "places", limit=10)["numberReturned"] == 10


def test_readers_of_a_byte_a_moment_leave_the_others_their_answers(crowded: Engine) -> None:
    with served(create_app(crowded, GENEROUS)) as web, ExitStack() as stack:
        lines = [stack.enter_context(line_to(web, ALL)) for _ in range(30)]
        assert eventually(lambda: number(web, "gis_service_requests_running") == 8)
        for _ in range(5):
            assert all(line.recv(1) for line in lines[:4])
            answer = answer_on(line_to(web, "/collections/places/items?limit=10", source="127.0.0.2"))
            assert answer.startswith(b"HTTP/1.1 200")


def test_a_drop_now_and_then_does_not_hold_a_connection_for_ever(crowded: Engine) -> None:
    brief = GENEROUS.model_copy(update={"answer_timeout_s": 1})
    with served(create_app(crowded, brief)) as web, line_to(web, ALL) as line:
        while not number(web, 'gis_service_refused_total{reason="slow"}'):  # every piece in time, the whole never
            assert line.recv(1 << 14)
            time.sleep(0.02)
        assert eventually(lambda: in_use(crowded) == 0)
        assert not answer_on(line).endswith(b"0\r\n\r\n")  # the reader sees that something is missing


def test_readers_who_leave_give_back_connections_and_cursors(crowded: Engine) -> None:
    with served(create_app(crowded, GENEROUS)) as web:
        for _ in range(3):
            lines = [line_to(web, ALL) for _ in range(12)]
            for line in lines[:8]:
                assert line.recv(100).startswith(b"HTTP/1.1 200")
            for line in lines:
                line.close()
        assert eventually(lambda: in_use(crowded) == 0 and open_cursors(crowded) == 0)  # those who waited run, too
        assert items_of(web, "places", limit=10_000)["numberReturned"] == 4000


# HEAD


@pytest.mark.parametrize(
    "address",
    [
        "/",
        *(f"/maps/{name}" for name in MAPS),
        "/api",
        "/collections",
        "/collections/places",
        "/collections/places/queryables",
        "/collections/places/items?limit=500",
        "/collections/places/export",
        "/collections/places/export?f=gpkg",
        "/healthz",
        "/metrics",
        "/favicon.ico",
        "/static/page.js",
        "/nowhere",
    ],
)
def test_head_gives_the_headers_of_get_and_nothing_else(web: httpx.Client, address: str) -> None:
    # how a body is cut into chunks says nothing where there is no body (RFC 9112, 6.1)
    own = {"x-request-id", "date", "content-security-policy", "content-length", "transfer-encoding"}
    own |= {"etag", "last-modified"} if "f=gpkg" in address else set()  # the file is made anew for every request
    got, head = web.get(address), web.head(address)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert {k: v for k, v in head.headers.items() if k not in own} == {
        k: v for k, v in got.headers.items() if k not in own
    }
    assert ("content-length" in head.headers) == ("content-length" in got.headers)


def test_head_of_a_long_answer_does_not_make_it(crowded: Engine) -> None:
    with served(create_app(crowded, GENEROUS)) as web:
        assert web.head(ALL).status_code == 200
        assert eventually(lambda: in_use(crowded) == 0)
        assert number(web, "gis_service_features_read_total") < 1000
        assert number(
            web, 'gis_service_requests_total{method="HEAD",route="/collections/{layer_id}/items",status="200"}'
        )
