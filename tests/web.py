"""What tests of the web door share: the application behind a real server, its pages of features, its refusals."""

from __future__ import annotations

import hashlib
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
from sqlalchemy import Engine, update
from starlette.types import ASGIApp, Receive, Scope, Send

from gis_service.access import Role
from gis_service.api.unreadable import Protocol
from gis_service.settings import Settings
from gis_service.store.accounts import everybody
from gis_service.store.sample_accounts import add_sample_accounts, password_of
from gis_service.store.sessions import SCOPES, find_token, issue_token
from gis_service.store.tables import ApiToken

LAYERS = (
    *("divisions", "places", "communities", "management_areas", "uncovered_communities"),
    *("coverage", "problems", "fire_lanes", "ebike_charging", "manholes"),
)
FIGURES = tuple(  # of other systems
    f"indicator_{name}" for name in ("fee_collection", "hotline_complaints", "satisfaction", "third_party_score")
)
PUBLISHED = (*LAYERS, "boundary_drafts", *FIGURES)  # nobody is at work on a boundary of the sample
MAPS = ("coverage", "hazards", "boundaries", "service")
SETTINGS = Settings(database_url=None, max_limit=500, default_limit=50, logins_a_minute=1000, downloads_a_minute=1000)
TOKENS: dict[Role, str] = {}  # a token with every right for each sample account, in every database of the tests


def give_accounts(engine: Engine) -> None:
    """The database has the sample accounts, and for each a token that the tests know."""
    with engine.begin() as connection:
        add_sample_accounts(connection)
        for account in everybody(connection):
            role = Role(account.role)
            if role in TOKENS and find_token(connection, TOKENS[role]) is not None:
                continue  # copied from another database of the tests
            given = issue_token(connection, account.id, "tests", tuple(SCOPES), 1)
            known, new = (hashlib.sha256(one.encode()).digest() for one in (TOKENS.setdefault(role, given), given))
            connection.execute(update(ApiToken).where(ApiToken.token_hash == new).values(token_hash=known))


def bearing(role: Role | None) -> dict[str, str]:
    """The header with which the sample account of a role asks; of nobody, none."""
    return {} if role is None else {"Authorization": f"Bearer {TOKENS[role]}"}


def login(client: httpx.Client, role: Role) -> str:
    """The client is logged in as a browser would be; what it must send as X-CSRF-Token with a write."""
    client.headers.pop("authorization", None)
    page = client.get("/login", headers={"Accept": "text/html"}).text
    form = {"login": str(role), "password": password_of(str(role)), "csrf": proof_in(page)}
    answer = client.post("/login", data=form)
    assert answer.status_code == 303, answer.text
    return proof_in(client.get("/account").text)


def settled(desk: httpx.Client, where: str, role: Role = Role.CITY) -> dict[str, Any]:
    """The job of an import at that address, once its step is done."""
    for _ in range(1500):
        told: dict[str, Any] = desk.get(where, headers=bearing(role)).json()
        if told["state"] not in {"previewing", "committing"}:
            return told
        assert not told["stopped"], told
        time.sleep(0.2)
    pytest.fail(f"no end: {told}")


def proof_in(page: str) -> str:
    """The CSRF token that a page with forms holds."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]


class BearingFor:
    """The application as it is met by a program that cannot bear a token: one is put on every request of it."""

    def __init__(self, app: FastAPI, role: Role) -> None:
        self.app, self._header = app, (b"authorization", bearing(role)["Authorization"].encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "headers": [*scope.get("headers", ()), self._header]}, receive, send)


@contextmanager
def served(app: ASGIApp, role: Role | None = Role.PLANNER) -> Iterator[httpx.Client]:
    """The application behind a real server, as a program meets it that bears the token of a role (None: nobody)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        how: dict[str, Any] = {"http": Protocol, "lifespan": "on", "timeout_graceful_shutdown": 2}
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", **how))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=address, timeout=60, headers=bearing(role)) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


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
    assert set(told) == {"type", "title", "status", "detail", "instance", "request_id"}
    assert told["status"] == status
    assert told["request_id"] == answer.headers["x-request-id"]
    assert told["type"].startswith("urn:gis-service:problem:")
    assert answer.request.url.path == told["instance"]
    assert re.search("[一-鿿]", told["detail"])
    assert re.search("[一-鿿]", told["title"])
    return str(told["detail"])
