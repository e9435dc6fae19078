"""The change feed: nothing missed and nothing twice, whatever is written meanwhile and whenever a reader is killed."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from gis_service.access import Reader, Role
from gis_service.api import create_app
from gis_service.store import audit
from gis_service.store.changes import changes_since, number_changes
from tests.indicator_files import declared_in, push
from tests.web import bearing, refusal, served

KINDS = ("area", "community", "problem", "indicator")
CITY = Reader(Role.CITY, "city")


@pytest.fixture(scope="module")
def app(own_sample_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(own_sample_engine, declared_in(tmp_path_factory.mktemp("work") / "indicators"))


@pytest.fixture(scope="module")
def city(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app, Role.CITY) as client:
        yield client


def head(client: httpx.Client) -> int:
    """The number up to which everything has been told."""
    since, more = 0, True
    while more:
        told = client.get("/changes", params={"since": since, "limit": 5000}).json()
        since, more = told["next"], told["more"]
    return since


def write(engine: Engine, statement: str, **values: object) -> None:
    with audit.writing(engine, CITY) as connection:
        connection.execute(text(statement), values)


def told_since(client: httpx.Client, since: int, **asked: str) -> list[dict[str, object]]:
    answer = client.get("/changes", params={"since": since, "limit": 5000, **asked})
    assert answer.status_code == 200, answer.text
    changes: list[dict[str, object]] = answer.json()["changes"]
    return changes


def test_rows_before_and_after_are_compared_by_a_plan_for_as_many_as_there_are(own_sample_engine: Engine) -> None:
    """PL/pgSQL keeps the plan of a statement, but not of one that it is given as a text."""
    asked = """
        select distinct p.proname, p.prosrc, t.tgoldtable, t.tgnewtable
        from pg_trigger t join pg_proc p on p.oid = t.tgfoid
        where t.tgoldtable is not null and t.tgnewtable is not null"""
    with own_sample_engine.connect() as connection:
        found = connection.execute(text(asked)).all()
    assert len(found) >= 4
    for name, source, *both in found:
        kept = re.sub(r"'(?:[^']|'')*'", "", source).split(";")
        assert not [each for each in kept if all(re.search(rf"\b{rows}\b", each) for rows in both)], name


def test_what_changed_is_told_with_its_stable_code_and_where_to_read_it(
    city: httpx.Client, own_sample_engine: Engine
) -> None:
    since = head(city)
    write(own_sample_engine, "update management_areas set company = '新物业' where code = 'WY-340811-0001'")
    write(own_sample_engine, "update communities set households = 99 where code = 'XQ-340802901001-01'")
    write(own_sample_engine, "update problems set measures = '约谈' where id = (select min(id) from problems)")
    push(city, "owner_votes", [{"subject": "XQ-340802901001-01", "period": "2023-Q1", "value": 1}])
    push(city, "owner_votes", [{"subject": "XQ-340802901001-01", "period": "2023-Q1", "value": 2}])
    push(city, "owner_votes", [{"subject": "XQ-340802901001-01", "period": "2023-Q1", "value": None}])
    found = told_since(city, since)
    assert [(one["kind"], one["change"]) for one in found] == [
        ("area", "changed"),
        ("community", "changed"),
        ("problem", "changed"),
        ("indicator", "new"),
        ("indicator", "changed"),
        ("indicator", "gone"),
    ]
    assert (found[0]["id"], found[0]["part"]) == ("WY-340811-0001", "facts")
    read = city.get(str(found[0]["href"])).json()["properties"]
    assert (read["code"], read["company"]) == ("WY-340811-0001", "新物业")
    assert (found[3]["indicator"], found[3]["period"]) == ("owner_votes", "2023-Q1")
    assert [one["seq"] for one in found] == list(range(since + 1, since + 7))


def test_a_write_that_changes_nothing_is_no_change(city: httpx.Client, own_sample_engine: Engine) -> None:
    since = head(city)
    write(own_sample_engine, "update management_areas set company = company, confidence = confidence")
    write(own_sample_engine, "update communities set households = households")
    assert told_since(city, since) == []


def test_a_boundary_is_told_when_it_is_agreed_and_not_while_it_is_a_draft(
    city: httpx.Client, own_sample_engine: Engine
) -> None:
    since = head(city)
    shape = "ST_GeomFromText('MULTIPOLYGON(((118 31,118.001 31,118.001 31.001,118 31)))', 4490)"
    write(
        own_sample_engine,
        "insert into area_revisions (area_id, number, state, origin, author, note, geom) "  # noqa: S608
        f"select id, 900, 'draft', 'drawn', 'x', '', {shape} from management_areas where code = 'WY-340811-0002'",
    )
    assert told_since(city, since) == []
    write(
        own_sample_engine,
        "insert into area_revisions (area_id, number, state, origin, author, decided_by, note, effective_from, "  # noqa: S608
        f"effective_to, geom) select id, 901, 'approved', 'drawn', 'x', 'y', '', '2001-01-01', '2001-02-01', {shape} "
        "from management_areas where code = 'WY-340811-0002'",
    )
    assert [(one["id"], one["part"]) for one in told_since(city, since)] == [("WY-340811-0002", "boundary")]


def test_the_feed_holds_no_content_and_is_for_those_who_are_known(app: FastAPI, city: httpx.Client) -> None:
    names = {"seq", "kind", "id", "change", "at", "href", "part", "indicator", "period"}
    assert all(set(one) <= names for one in told_since(city, 0))
    with served(app, None) as nobody:
        assert nobody.get("/changes").status_code == 401
        since = head(city)
        for role in (Role.PLANNER, Role.STREET, Role.FIRE):
            assert nobody.get("/changes", params={"since": since}, headers=bearing(role)).status_code == 200


def test_a_role_is_not_told_of_a_layer_it_may_not_see(own_sample_engine: Engine, tmp_path: Path) -> None:
    settings = declared_in(tmp_path / "indicators")
    file = tmp_path / "indicators" / "owner_votes.toml"
    file.write_text('audience = ["city"]\n' + file.read_text(encoding="utf-8"), encoding="utf-8")
    with served(create_app(own_sample_engine, settings), Role.CITY) as client:
        since = head(client)
        push(client, "owner_votes", [{"subject": "XQ-340802901001-01", "period": "2022-Q1", "value": 3}])
        assert len(told_since(client, since)) == 1
        told = client.get("/changes", params={"since": since}, headers=bearing(Role.PLANNER)).json()
        assert (told["changes"], told["next"]) == ([], since + 1)


def test_kinds_narrow_it_down_and_nonsense_is_told(city: httpx.Client) -> None:
    assert {one["kind"] for one in told_since(city, 0, kinds="community,problem")} <= {"community", "problem"}
    assert "kinds 应为 area" in refusal(city.get("/changes", params={"kinds": "person"}), 400)
    assert "since 应为" in refusal(city.get("/changes", params={"since": "-1"}), 400)
    assert "limit 应为" in refusal(city.get("/changes", params={"limit": "0"}), 400)


def test_the_feed_cannot_be_changed_even_in_the_database(own_sample_engine: Engine) -> None:
    for change in ("update changes set subject = 'x'", "delete from changes"):
        with pytest.raises(DBAPIError, match="变更流水只能新增"), own_sample_engine.begin() as connection:
            connection.execute(text(change))


def test_a_transaction_that_commits_late_is_not_skipped(city: httpx.Client, own_sample_engine: Engine) -> None:
    since = head(city)
    with own_sample_engine.connect() as slow, slow.begin():
        slow.execute(text("update communities set households = 101 where code = 'XQ-340802901001-01'"))
        write(own_sample_engine, "update management_areas set company = '快' where code = 'WY-340811-0003'")
        first = city.get("/changes", params={"since": since}).json()
        assert [one["id"] for one in first["changes"]] == ["WY-340811-0003"]
    later = told_since(city, first["next"])
    assert [one["id"] for one in later] == ["XQ-340802901001-01"], "noted first, committed last, told last"


class Crowd:
    """Some who write, in transactions that end out of order and now and then not at all, and some who read."""

    WRITERS, EACH, READERS = 6, 25, 2

    def __init__(self, engine: Engine, since: int) -> None:
        self.engine, self.since = engine, since
        self.begun = threading.Barrier(self.WRITERS + self.READERS)
        self.done = threading.Event()
        self.read: dict[int, list[tuple[int, str]]] = {number: [] for number in range(self.READERS)}

    def writing(self, number: int) -> None:
        dice = Random(number)  # noqa: S311 - the same order of writes every time
        self.begun.wait()
        for turn in range(self.EACH):
            subjects = [f"w{number}-{turn}-{part}" for part in range(dice.choice((1, 2, 3)))]
            with audit.writing(self.engine, CITY) as connection:
                for subject in subjects:
                    connection.execute(text(VALUE), {"subject": subject, "value": turn})
                    time.sleep(dice.random() * 0.01)
                if dice.random() < 0.1:
                    connection.rollback()

    def reading(self, number: int) -> None:
        position = self.since
        self.begun.wait()
        while True:
            last = self.done.is_set()
            with self.engine.connect() as connection, connection.begin():
                number_changes(connection)
                page = changes_since(connection, (position, None), KINDS, ("owner_votes",), 7)
            self.read[number] += [(row.seq, row.subject) for row in page.rows]
            position = page.next
            if last and not page.more:
                return

    def run(self) -> None:
        writers = [threading.Thread(target=self.writing, args=(number,)) for number in range(self.WRITERS)]
        readers = [threading.Thread(target=self.reading, args=(number,)) for number in range(self.READERS)]
        for thread in (*writers, *readers):
            thread.start()
        for thread in writers:
            thread.join()
        self.done.set()
        for thread in readers:
            thread.join()


VALUE = """
insert into indicator_values (indicator, subject, period, starts, value, system, login)
values ('owner_votes', :subject, '2021-Q1', '2021-01-01', :value, 's', 'l')
"""


def test_readers_miss_nothing_while_many_write_and_commit_out_of_order(
    city: httpx.Client, own_sample_engine: Engine
) -> None:
    since = head(city)
    crowd = Crowd(own_sample_engine, since)
    crowd.run()
    with own_sample_engine.connect() as connection:
        kept = Counter(connection.scalars(text("select subject from indicator_values where period = '2021-Q1'")))
    assert len(kept) > crowd.WRITERS * crowd.EACH / 2
    for found in crowd.read.values():
        assert Counter(subject for _, subject in found) == kept, "nothing missed, nothing twice"
        assert [seq for seq, _ in found] == list(range(since + 1, since + 1 + len(found))), "in order, without gaps"


def test_after_a_large_import_changes_are_numbered_in_parts_and_the_reader_is_told_of_more(
    city: httpx.Client, own_sample_engine: Engine
) -> None:
    since = head(city)
    write(
        own_sample_engine,
        "insert into indicator_values (indicator, subject, period, starts, value, system, login) "
        "select 'owner_votes', 'many' || n, '2013-Q1', '2013-01-01', 1, 's', 'l' from generate_series(1, 50) n",
    )
    found: list[str] = []
    more = True
    while more:
        with own_sample_engine.connect() as connection, connection.begin():
            number_changes(connection, most=20)
            page = changes_since(connection, (since, None), KINDS, ("owner_votes",), 500)
        assert len(page.rows) <= 20
        found += [row.subject for row in page.rows]
        since, more = page.next, page.more
    assert found == [f"many{number}" for number in range(1, 51)]


CLIENT = """
import json, os, sqlite3, sys, urllib.request
address, token, place = sys.argv[1:]
own = sqlite3.connect(place)
own.execute("create table if not exists applied (seq integer primary key, id text)")
own.execute("create table if not exists position (since integer)")
while True:
    (since,) = own.execute("select coalesce(max(since), 0) from position").fetchone()
    request = urllib.request.Request(f"{address}/changes?since={since}&limit=3&kinds=indicator",
                                     headers={"Authorization": f"Bearer {token}"})
    told = json.load(urllib.request.urlopen(request))
    for one in told["changes"]:
        own.execute("insert into applied values (?, ?)", (one["seq"], one["id"]))
    own.execute("insert into position values (?)", (told["next"],))
    own.commit()  # what was applied, and how far it was read, together
    print(told["next"], flush=True)
"""


def test_a_client_that_is_killed_again_and_again_misses_nothing_and_applies_nothing_twice(
    city: httpx.Client, own_sample_engine: Engine, tmp_path: Path
) -> None:
    script, place = tmp_path / "client.py", tmp_path / "own.sqlite"
    script.write_text(CLIENT, encoding="utf-8")
    since = head(city)
    with own_sample_engine.connect() as connection:
        codes = list(connection.scalars(text("select code from communities order by code limit 60")))
    token = bearing(Role.PLANNER)["Authorization"].removeprefix("Bearer ")
    dice, told = Random(7), 0  # noqa: S311 - killed at the same moments every time

    def run() -> subprocess.Popen[str]:
        command = [sys.executable, str(script), str(city.base_url).rstrip("/"), token, str(place)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    for turn in range(8):
        rows = [{"subject": code, "period": f"20{turn + 10}-Q1", "value": 1} for code in codes[: 5 + turn]]
        with run() as client:
            told += push(city, "owner_votes", rows)["new"]
            assert client.stdout is not None
            for _ in range(dice.randint(1, 6)):
                client.stdout.readline()
            time.sleep(dice.random() * 0.05)
            os.kill(client.pid, signal.SIGKILL)
    end = head(city)
    with run() as client:
        assert client.stdout is not None
        next(line for line in client.stdout if int(line) >= end)
        client.kill()
    own = sqlite3.connect(place)
    applied = own.execute("select seq, id from applied where seq > ? order by seq", (since,)).fetchall()
    own.close()
    assert len(applied) == told == sum(5 + turn for turn in range(8))
    assert [seq for seq, _ in applied] == sorted({seq for seq, _ in applied})
