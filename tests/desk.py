"""What tests of the boundaries desk share: people at it, the invented ground with rows open, and a way to ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx
import shapely
from fastapi import Request
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine

from gis_service.access import PLANNER, Reader, Role
from gis_service.api import create_app
from gis_service.api.visitors import Visitor, Visitors
from gis_service.store import accounts
from gis_service.store.accounts import NewAccount
from tests.import_files import annex1, clear, entry, ready, take_in
from tests.web import SETTINGS, served

_WHO = "x-test-reader"
HERE = frozenset({"340802", "迎江区"})
CLERK = Reader(Role.COUNTY, "clerk", "王某", HERE)
OFFICE = Reader(Role.COUNTY, "office", "李某", HERE)
STREET = Reader(Role.STREET, "street", "赵某", frozenset({"340802001"}))
STRANGER = Reader(Role.COUNTY, "huaining", "钱某", frozenset({"340822", "怀宁县"}))
CITY = Reader(Role.CITY, "city", "孙某")
EVERYBODY = {one.login: one for one in (CLERK, OFFICE, STREET, STRANGER, CITY)}


class Seated(Visitors):
    """Knows people by the header of the tests; whoever has none is a planner."""

    async def of(self, request: Request) -> Visitor:
        return Visitor(EVERYBODY.get(unquote(request.headers.get(_WHO, "")), PLANNER))


@contextmanager
def desk(engine: Engine) -> Iterator[httpx.Client]:
    """The service, where a header says who asks."""
    app = create_app(engine, SETTINGS)
    app.state.visitors = Seated(engine, SETTINGS)
    with served(app, None) as client:
        yield client


def who(reader: Reader) -> dict[str, str]:
    """The headers of somebody's request."""
    return {_WHO: quote(reader.login)}


def enrol(engine: Engine, *readers: Reader) -> None:
    """The people have accounts, so that they are known by their names."""
    with engine.begin() as connection:
        for one in readers:
            accounts.add(connection, NewAccount(one.login, one.name, one.role, sorted(one.divisions)))


def geojson(shape: BaseGeometry) -> dict[str, Any]:
    """The shape as GeoJSON."""
    told: dict[str, Any] = shapely.__dict__["geometry"].mapping(shape)
    return told


class Seat:
    """Somebody at the desk, who knows the ETag of every area they looked at."""

    def __init__(self, client: httpx.Client, reader: Reader) -> None:
        self.client, self.reader = client, reader
        self.tags: dict[int, str] = {}

    def look(self, area: int) -> dict[str, Any]:
        """The area as the desk shows it."""
        answer = self.client.get(f"/boundaries/areas/{area}", headers=who(self.reader))
        assert answer.status_code == 200, answer.text
        self.tags[area] = answer.headers["etag"]
        told: dict[str, Any] = answer.json()
        return told

    def ask(self, address: str, **parameters: object) -> dict[str, Any]:
        """The answer to a question."""
        given = {name: str(value) for name, value in parameters.items()}
        answer = self.client.get(address, params=given, headers=who(self.reader))
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def send(
        self, method: str, address: str, body: Mapping[str, Any] | None = None, area: int | None = None
    ) -> httpx.Response:
        """A change, made from what was last seen of the area."""
        headers = who(self.reader)
        if area is not None and area in self.tags:
            headers["If-Match"] = self.tags[area]
        answer = self.client.request(method, address, json=body or {}, headers=headers)
        if area is not None and "etag" in answer.headers and answer.status_code < 300:
            self.tags[area] = answer.headers["etag"]
        return answer

    def do(self, area: int, what: str, **body: Any) -> dict[str, Any]:
        """A step with an area that succeeds."""
        method = "PUT" if what == "draft" else "POST"
        answer = self.send(method, f"/boundaries/areas/{area}/{what}", body, area)
        assert answer.status_code in (200, 201), answer.text
        told: dict[str, Any] = answer.json()
        return told


def rows_of(engine: Engine, folder: Path, *texts: str) -> None:
    """The invented ground with one row of 附件1 for each sentence."""
    clear(engine)
    ready(engine, folder)
    entries = [entry(number, abuttals_text=text) for number, text in enumerate(texts, start=1)]
    take_in(engine, "ledger", annex1(folder, *entries))
