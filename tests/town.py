"""The sample town with a colleague who prepares what others then do something with."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import shapely
from fastapi import FastAPI
from openpyxl import load_workbook
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.store import accounts, sessions
from gis_service.store.accounts import NewAccount
from gis_service.store.sessions import SCOPES
from tests.web import served, settled

OWN, OTHER = "own", "other"  # the division of the sample's county and street, and another county
WHERE = {
    OWN: "a.street_code = '340811902' and a.reporting_unit = '宜秀区'",
    OTHER: "a.county_code = '340802' and a.reporting_unit = '迎江区'",
}
UNIT = {OWN: "宜秀区", OTHER: "迎江区"}
SESSIONS = {"/login", "/logout", "/account/password"}  # of the person who asks alone; driven in test_login.py
KEPT = (
    *("area_revisions", "area_steps", "judgements", "area_successions", "problems", "problem_events", "accounts"),
    *("api_tokens", "import_batches", "problem_evidence", "indicator_values", "problem_names"),
    "webhooks",
)
EDITORS, DECIDERS = {Role.COUNTY, Role.STREET, Role.CITY}, {Role.COUNTY, Role.CITY}
GEOJSON, PATCH = {"content-type": "application/geo+json"}, {"content-type": "application/merge-patch+json"}
ANY = {"If-Match": "*"}


@dataclass
class Town:
    """The sample town with a colleague of the city who prepares what others then do something with."""

    engine: Engine
    client: httpx.Client
    boss: dict[str, str]
    seen: set[int]
    looked_at: dict[str, int]

    def area(self, where: str) -> int:
        """An agreed area there that nobody is at work on, another one each time as long as there are any."""
        with self.engine.connect() as connection:
            free = list(connection.scalars(text(_FREE.format(where=WHERE[where]))))
        fresh = [one for one in free if one not in self.seen] or free
        self.seen.add(fresh[0])
        return int(fresh[0])

    def put_down(self) -> None:
        """Nobody is at work on anything any more."""
        with self.engine.begin() as connection:
            for statement in _PUT_DOWN:
                connection.execute(text(statement))

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """What the colleague does, successfully."""
        headers = {**self.boss, **ANY, **more.pop("headers", {})}
        answer = self.client.request(method, path, headers=headers, **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer

    def shape(self, area: int) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/boundaries/areas/{area}").json()["approved"]["geometry"]
        return found

    def drafted(self, where: str) -> int:
        """An area with a draft of the colleague."""
        area = self.area(where)
        self.ask("PUT", f"/boundaries/areas/{area}/draft", json={"geometry": self.shape(area)})
        return area

    def submitted(self, where: str) -> int:
        area = self.drafted(where)
        self.ask("POST", f"/boundaries/areas/{area}/submit", json={})
        return area

    def halves(self, where: str) -> tuple[int, dict[str, Any]]:
        """An area, and a line across it."""
        area = self.area(where)
        west, south, east, north = shapely.from_geojson(json.dumps(self.shape(area))).bounds
        middle = (west + east) / 2
        line = {"type": "LineString", "coordinates": [[middle, south - 1e-3], [middle, north + 1e-3]]}
        return area, {"line": line}

    def split(self, where: str) -> int:
        """The number of a split that the colleague proposed."""
        area, body = self.halves(where)
        return int(self.ask("POST", f"/boundaries/areas/{area}/split", json=body).json()["id"])

    def problem(self, where: str) -> int:
        """A problem of the fire lanes there."""
        found = "select a.id from problems a where a.category = 11 and a.county = :unit and not a.closed limit 1"
        with self.engine.connect() as connection:
            return int(connection.execute(text(found), {"unit": UNIT[where]}).scalar_one())

    def place(self, where: str) -> dict[str, str]:
        """A position in a community there."""
        with self.engine.connect() as connection:
            lon, lat = connection.execute(text(_PLACE.format(where=WHERE[where]))).one()
        return {"lon": str(lon), "lat": str(lat), "note": "车道被占"}

    def ledger(self, where: str) -> bytes:
        """The ledger of the unit, one cell changed so that there is something to write."""
        book = load_workbook(io.BytesIO(self.ask("GET", f"/ledgers/annex1?unit={UNIT[where]}").content))
        sheet = book.worksheets[0]
        row = next(cells[0].row for cells in sheet.iter_rows() if isinstance(cells[0].value, int))
        sheet.cell(row, 10).value = 0.5 + time.monotonic_ns() % 1000 / 10_000
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    def job(self, where: str, headers: dict[str, str], state: str) -> int:
        """A ledger of the unit that the person sent and that stands there; what was found in it, a colleague saw."""
        with self.engine.begin() as connection:
            person = sessions.find_token(connection, headers["Authorization"].removeprefix("Bearer "))
            assert person is not None
            told = {"job": self.previewed(where), "author": person.login, "state": state}
            return int(connection.execute(text(_SENT), told).scalar_one())

    def previewed(self, where: str) -> int:
        """The job of a ledger of the unit that the colleague sent, previewed; the same one each time."""
        if where not in self.looked_at:
            files = {"file": ("附件1.xlsx", self.ledger(where))}
            sent = self.ask("POST", "/ledgers/imports", files=files, data={"name": "附件1.xlsx"})
            assert settled(self.client, sent.headers["location"])["state"] == "previewed"
            self.looked_at[where] = int(sent.json()["id"])
        return self.looked_at[where]

    def rests(self) -> None:
        """No ledger is being worked on any more: a process of its own for each would slow down what is asked next."""
        for one in self.ask("GET", "/ledgers/imports").json()["imports"]:
            settled(self.client, f"/ledgers/imports/{one['id']}")

    def kept(self) -> dict[str, int]:
        """How many rows there are of all that anybody writes."""
        with self.engine.connect() as connection:
            count = "select count(*) from {}"
            return {name: connection.execute(text(count.format(name))).scalar_one() for name in KEPT}


_FREE = """
select a.id from management_areas a where {where} and a.retired_on is null
  and exists (select from area_revisions r where r.area_id = a.id and r.state = 'approved' and r.effective_to is null)
  and not exists (
    select from area_revisions r where r.area_id = a.id and r.state in ('draft', 'in_review', 'sent_back'))
  and not exists (select from area_succession_parts p where p.area_id = a.id and p.waiting)
  and not exists (  -- two rows of the sample say the same boundary
    select from area_revisions r join area_revisions o
      on o.area_id <> r.area_id and o.state = 'approved' and o.effective_to is null and o.geom && r.geom
    where r.area_id = a.id and r.state = 'approved' and r.effective_to is null
      and st_area(st_intersection(o.geom, r.geom)::geography) > 5)
order by a.id
"""
_PLACE = """
select st_x(p), st_y(p) from (
  select st_pointonsurface(a.geom) as p from communities a where {where} and a.geom is not null limit 1) q
"""
_SENT = """
insert into import_jobs (kind, file_name, sha256, author, since, state, report)
select kind, file_name, sha256, :author, since, :state, report from import_jobs where id = :job returning id
"""
_PUT_DOWN = (
    "update area_succession_parts set waiting = false",
    "update area_successions set state = 'withdrawn' where state = 'in_review'",
    "update area_revisions set state = 'discarded' where state in ('draft', 'in_review', 'sent_back')",
)
GOOD = "correct horse 42"


@contextmanager
def inhabited(app: FastAPI, engine: Engine) -> Iterator[Town]:
    """The town, served."""
    with engine.begin() as connection:
        accounts.add(connection, NewAccount("boss", "同事", Role.CITY, password=GOOD))
        connection.execute(text("update accounts set must_change_password = false where login = 'boss'"))
        boss = sessions.issue_token(connection, accounts.named(connection, "boss").id, "tests", tuple(SCOPES), 1)
    with served(app, None) as client:
        yield Town(engine, client, {"Authorization": f"Bearer {boss}"}, set(), {})
