"""Changes sent to an address: signed, sent again until they arrive or are given up, never where it is not allowed."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.api.deliveries import courier_of, delivering
from gis_service.errors import BadRequestError
from gis_service.notifying import deliver_due
from gis_service.notifying.addresses import parse_allowed, require_url, resolved
from gis_service.settings import Settings
from gis_service.store.accounts import NewAccount, add, set_disabled
from gis_service.store.sessions import issue_token
from tests.indicator_files import declared_in, push
from tests.web import bearing, refusal, served

SECRET = "x" * 40
LOOPBACK = "127.0.0.0/8"


@dataclass
class Receiver:
    """A machine that somebody else runs: fails as often as it is told to, keeps what arrives."""

    address: str = ""
    failures: int = 0
    answers: int = 500
    arrived: list[dict[str, Any]] = field(default_factory=list)
    tried: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.tried.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if receiver.failures:
                receiver.failures -= 1
                self.send_response(receiver.answers)
            else:
                receiver.arrived.append(json.loads(body))
                self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        receiver.address = f"http://127.0.0.1:{server.server_port}/hook"
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    own = {"secret": SECRET, "webhook_allow": LOOPBACK, "webhook_attempts": 3, "webhook_pause_s": 0.01}
    return declared_in(tmp_path_factory.mktemp("work") / "indicators").model_copy(update=own)


@pytest.fixture(scope="module")
def app(own_sample_engine: Engine, settings: Settings) -> FastAPI:
    return create_app(own_sample_engine, settings)


@pytest.fixture(scope="module")
def admin(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app, Role.ADMIN) as client:
        yield client


def subscribed(client: httpx.Client, url: str, **more: object) -> dict[str, Any]:
    answer = client.post("/webhooks", json={"url": url, **more})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def change(client: httpx.Client, period: str, count: int = 3) -> None:
    rows = [{"subject": f"XQ-340802901001-0{at}", "period": period, "value": 1} for at in range(1, count + 1)]
    assert push(client, "owner_votes", rows, headers=bearing(Role.CITY))["new"] == count


def deliver(app: FastAPI, engine: Engine) -> int:
    """What is due is delivered now, whatever pause was set."""
    with engine.begin() as connection:
        connection.execute(text("update webhooks set due_at = now() - interval '1 second'"))
    return deliver_due(engine, courier_of(app.state.publication))


def verified(key: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver of Standard Webhooks does it."""
    told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    made = hmac.new(base64.b64decode(key.removeprefix("whsec_")), told, hashlib.sha256).digest()
    return hmac.compare_digest(headers["webhook-signature"], f"v1,{base64.b64encode(made).decode()}")


def test_a_receiver_that_fails_at_first_gets_the_same_message_again_signed(
    app: FastAPI, admin: httpx.Client, own_sample_engine: Engine, receiver: Receiver
) -> None:
    made = subscribed(admin, receiver.address, kinds="indicator")
    receiver.failures = 2
    change(admin, "2020-Q1")
    assert deliver(app, own_sample_engine) == 1
    change(admin, "2020-Q2")  # comes with the next message: what failed is sent again as it was
    assert [deliver(app, own_sample_engine), deliver(app, own_sample_engine)] == [1, 2]
    assert [len(one["changes"]) for one in receiver.arrived] == [3, 3]
    ids = [headers["webhook-id"] for headers, _ in receiver.tried]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert receiver.tried[0][1] == receiver.tried[2][1], "to the byte"
    assert all(verified(made["key"], headers, body) for headers, body in receiver.tried)
    assert not verified(made["key"], receiver.tried[0][0], receiver.tried[0][1] + b" ")
    now = dt.datetime.now(dt.UTC).timestamp()
    assert all(abs(now - int(headers["webhook-timestamp"])) < 60 for headers, _ in receiver.tried)
    told = admin.get(f"/webhooks/{made['id']}").json()
    assert [one["status"] for one in told["attempts"]] == [204, 204, 500, 500]
    assert (told["state"], told["failures"]) == ("active", 0)
    assert deliver(app, own_sample_engine) == 0, "nothing is sent twice"
    assert admin.delete(f"/webhooks/{made['id']}").json()["state"] == "ended"
    change(admin, "2020-Q3")
    assert deliver(app, own_sample_engine) == 0


def test_pauses_grow_and_after_the_last_attempt_it_is_given_up_with_a_note_until_resumed(
    app: FastAPI, admin: httpx.Client, own_sample_engine: Engine, receiver: Receiver
) -> None:
    courier = courier_of(app.state.publication)
    assert [courier.pause(number).total_seconds() for number in (1, 2, 5, 60)] == [0.01, 0.02, 0.16, 3600.0]
    made = subscribed(admin, receiver.address, kinds="indicator")
    receiver.failures, receiver.answers = 99, 503
    change(admin, "2019-Q1")
    for _ in range(5):
        deliver(app, own_sample_engine)
    assert len(receiver.tried) == 3, "as often as the setting says"
    told = admin.get(f"/webhooks/{made['id']}").json()
    assert (told["state"], told["failures"], told["note"]) == ("given_up", 3, "对方答 503")
    receiver.failures = 0
    assert admin.post(f"/webhooks/{made['id']}/resume", json={}).status_code == 200
    deliver(app, own_sample_engine)
    assert [one["id"] for one in receiver.arrived[0]["changes"]] == [f"XQ-340802901001-0{at}" for at in (1, 2, 3)]
    admin.delete(f"/webhooks/{made['id']}")


def test_a_receiver_that_is_not_there_is_tried_again(
    app: FastAPI, admin: httpx.Client, own_sample_engine: Engine
) -> None:
    with receiving() as gone:
        address = gone.address
    made = subscribed(admin, address, kinds="indicator")
    change(admin, "2018-Q1", 1)
    deliver(app, own_sample_engine)
    told = admin.get(f"/webhooks/{made['id']}").json()
    assert (told["attempts"][0]["status"], told["note"]) == (None, "没有回答：ConnectError")
    admin.delete(f"/webhooks/{made['id']}")


def test_a_redirect_is_not_followed(
    app: FastAPI, admin: httpx.Client, own_sample_engine: Engine, receiver: Receiver
) -> None:
    made = subscribed(admin, receiver.address, kinds="indicator")
    receiver.failures, receiver.answers = 1, 302
    change(admin, "2017-Q1", 1)
    deliver(app, own_sample_engine)
    assert admin.get(f"/webhooks/{made['id']}").json()["note"] == "对方答 302"
    admin.delete(f"/webhooks/{made['id']}")


def test_two_programs_do_not_deliver_at_once(
    app: FastAPI, admin: httpx.Client, own_sample_engine: Engine, receiver: Receiver
) -> None:
    made = subscribed(admin, receiver.address, kinds="indicator")
    change(admin, "2016-Q1")
    with own_sample_engine.connect() as other:
        other.execute(text("select pg_advisory_lock(4490009)"))
        assert deliver(app, own_sample_engine) == 0
        other.execute(text("select pg_advisory_unlock(4490009)"))
    assert deliver(app, own_sample_engine) == 1
    admin.delete(f"/webhooks/{made['id']}")


def test_while_the_service_runs_a_change_arrives_of_itself(
    app: FastAPI, admin: httpx.Client, receiver: Receiver
) -> None:
    made = subscribed(admin, receiver.address, kinds="indicator")
    arrived = threading.Event()
    with delivering(app):
        change(admin, "2015-Q1")
        for _ in range(600):
            if receiver.arrived:
                break
            arrived.wait(0.1)
    assert len(receiver.arrived[0]["changes"]) == 3
    assert not [one for one in threading.enumerate() if one.name == "deliveries"]
    admin.delete(f"/webhooks/{made['id']}")


def test_a_system_with_the_right_scope_subscribes_and_sees_its_own_alone(
    app: FastAPI, admin: httpx.Client, own_sample_engine: Engine, receiver: Receiver
) -> None:
    with own_sample_engine.begin() as connection:
        account = add(connection, NewAccount("hotline", "12345 热线", Role.PLANNER, must_change_password=False))
        own = issue_token(connection, account, "热线", ("webhooks",), 1)
        reading = issue_token(connection, account, "只读", (), 1)
    with served(app, None) as client:
        client.headers["Authorization"] = f"Bearer {own}"
        made = subscribed(client, receiver.address, since=0)
        other = subscribed(admin, receiver.address)
        assert [one["id"] for one in client.get("/webhooks").json()["webhooks"]] == [made["id"]]
        assert {made["id"], other["id"]} <= {one["id"] for one in admin.get("/webhooks").json()["webhooks"]}
        assert client.delete(f"/webhooks/{other['id']}").status_code == 404
        client.headers["Authorization"] = f"Bearer {reading}"
        assert "权限 webhooks" in refusal(client.post("/webhooks", json={"url": receiver.address}), 403)
    admin.delete(f"/webhooks/{other['id']}")
    deliver(app, own_sample_engine)
    assert len(receiver.arrived) >= 1, "since=0: from the beginning"
    with own_sample_engine.begin() as connection:
        set_disabled(connection, "hotline", True)
    change(admin, "2014-Q1")
    before = len(receiver.arrived)
    deliver(app, own_sample_engine)
    assert len(receiver.arrived) == before
    told = admin.get(f"/webhooks/{made['id']}").json()
    assert (told["state"], told["note"]) == ("given_up", "订阅所属的账户已停用")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://127.0.0.1/x", "应为 http:// 或 https://"),
        ("http://user:pass@127.0.0.1/x", "不能有用户名、密码"),
        ("http://127.0.0.1/x#y", "不能有用户名、密码和 # 之后"),
        ("http://10.0.0.1/x", "不能发到“10.0.0.1”：不在 GIS_SERVICE_WEBHOOK_ALLOW"),
        ("http://169.254.169.254/latest", "不在 GIS_SERVICE_WEBHOOK_ALLOW"),
        ("http://[::1]:8000/", "不在 GIS_SERVICE_WEBHOOK_ALLOW"),
        ("http://0x7f000001.nowhere.invalid/", "找不到主机"),
        ("http://127.0.0.1:99999/", "不是网址"),
        ("http:///x", "应为 http:// 或 https://"),
    ],
)
def test_only_addresses_that_are_allowed_are_taken(admin: httpx.Client, url: str, reason: str) -> None:
    assert reason in refusal(admin.post("/webhooks", json={"url": url}), 400)


def test_without_a_list_nothing_is_allowed_and_names_may_be_listed() -> None:
    with pytest.raises(BadRequestError, match="不能发到"):
        require_url("http://127.0.0.1/x", parse_allowed(""))
    assert resolved("http://localhost:1/", parse_allowed("localhost")) in ("127.0.0.1", "::1")
    with pytest.raises(BadRequestError, match="既不是主机名也不是网段"):
        parse_allowed("10.0.0.0/99")


def test_a_trial_is_signed_listed_and_moves_nothing(admin: httpx.Client, receiver: Receiver) -> None:
    made = subscribed(admin, receiver.address)
    receiver.failures = 1
    failed = admin.post(f"/webhooks/{made['id']}/test", json={}).json()
    assert (failed["arrived"], failed["status"], failed["note"]) == (False, 500, "对方答 500")
    told = admin.post(f"/webhooks/{made['id']}/test", json={}).json()
    assert (told["arrived"], told["status"]) == (True, 204)
    headers, body = receiver.tried[-1]
    assert verified(made["key"], headers, body)
    assert json.loads(body) == {"id": told["message_id"], "webhook": made["id"], "test": True, "changes": []}
    now = admin.get(f"/webhooks/{made['id']}").json()
    assert (now["position"], now["failures"], now["state"]) == (made["position"], 0, "active")
    assert [one["message_id"] for one in now["attempts"]] == [told["message_id"], failed["message_id"]]
    admin.delete(f"/webhooks/{made['id']}")


def test_the_key_is_told_once_and_stands_in_no_table(
    admin: httpx.Client, own_sample_engine: Engine, receiver: Receiver, tmp_path: Path
) -> None:
    made = subscribed(admin, receiver.address)
    assert "key" not in admin.get(f"/webhooks/{made['id']}").json()
    with own_sample_engine.connect() as connection:
        rows = connection.execute(text("select * from webhooks")).all()
    assert made["key"].removeprefix("whsec_") not in str(rows)
    admin.delete(f"/webhooks/{made['id']}")
    plain = create_app(own_sample_engine, declared_in(tmp_path / "indicators"))
    with served(plain, Role.ADMIN) as client:
        assert "GIS_SERVICE_SECRET" in refusal(client.post("/webhooks", json={"url": receiver.address}), 400)
