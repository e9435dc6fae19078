"""The audit log: every table is watched, whoever was shown a person is found for good, a ledger is a disclosure too."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openpyxl import load_workbook
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.store import accounts, audit, sessions
from gis_service.store.audit import Question
from gis_service.store.persons import PersonMarks, named_in
from gis_service.store.watched import UNWATCHED
from tests.web import SETTINGS, bearing, served

pytestmark = pytest.mark.database
OLD, NEW, NAME = "13711110001", "13722220002", "诸葛不亮"
CODE = "WY-340811-0102"
_TABLES = """
select c.relname, array_remove(array_agg(t.tgname::text order by t.tgname), null)
  from pg_class c left join pg_trigger t on t.tgrelid = c.oid and t.tgname like 'audit\\_%'
 where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
   and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e') group by 1
"""


@pytest.fixture(scope="module")
def app(own_sample_engine: Engine) -> FastAPI:
    return create_app(own_sample_engine, SETTINGS)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app, None) as client:
        yield client


def bears(engine: Engine, phone: str, name: str = NAME, code: str = CODE) -> str:
    """The area bears the phone and the name from now on; its id."""
    told = "update management_areas set manager_phone = :phone, manager = :name where code = :code returning id"
    with engine.begin() as connection:
        return str(connection.execute(text(told), {"phone": phone, "name": name, "code": code}).scalar_one())


def who_saw(app: FastAPI, engine: Engine, person: str) -> list[tuple[str, str]]:
    """Login and subject of everybody who was shown the person."""
    question = Question(person=person, mark=app.state.publication.persons.of_one(person))
    with engine.connect() as connection:
        return [(one.login, one.subject) for one in audit.entries(connection, question)]


def test_every_table_is_watched_or_says_what_else_tells_who_changed_it(own_sample_engine: Engine) -> None:
    with own_sample_engine.connect() as connection:
        triggers = {name: tuple(found) for name, found in connection.execute(text(_TABLES))}
    whole = ("audit_delete", "audit_insert", "audit_update")
    assert {name for name, found in triggers.items() if found} == {n for n, found in triggers.items() if found == whole}
    assert {name for name, found in triggers.items() if not found} == set(UNWATCHED)


def test_who_saw_a_phone_is_found_after_it_was_changed_and_nobody_else(
    app: FastAPI, client: httpx.Client, own_sample_engine: Engine
) -> None:
    area = bears(own_sample_engine, OLD)
    address = f"/collections/management_areas/items/{area}"
    assert OLD in client.get(address, headers=bearing(Role.COUNTY)).text
    bears(own_sample_engine, NEW)
    assert NEW in client.get(address, headers=bearing(Role.CITY)).text
    assert who_saw(app, own_sample_engine, OLD) == [("county", "management_areas")]
    assert who_saw(app, own_sample_engine, NEW) == [("city", "management_areas")]
    assert who_saw(app, own_sample_engine, "137-1111 0001") == [("county", "management_areas")], "however it is spaced"
    assert [login for login, _ in who_saw(app, own_sample_engine, NAME)] == ["city", "county"]
    page = client.get("/admin/audit", params={"person": OLD}, headers=bearing(Role.ADMIN)).text
    assert "county（区县）" in page
    assert "city（市级）" not in page
    with own_sample_engine.connect() as connection:
        kept = connection.execute(text("select row_ids::text || detail from audit.log")).scalars().all()
    assert not [entry for entry in kept if OLD in entry or NEW in entry or NAME in entry], "hashes, no directory"


def test_an_entry_of_an_earlier_program_is_found_by_who_bears_the_phone_now(
    app: FastAPI, own_sample_engine: Engine
) -> None:
    area = bears(own_sample_engine, "13733330003", code="WY-340811-0103")
    entry = (
        "insert into audit.log (login, role, action, subject, row_ids, row_count)"
        " values ('former', 'city', 'read_unmasked', 'management_areas', array[:area], 1)"
    )
    with own_sample_engine.begin() as connection:
        connection.execute(text(entry), {"area": area})
    assert who_saw(app, own_sample_engine, "13733330003") == [("former", "management_areas")]


def test_marks_are_worth_nothing_without_the_key() -> None:
    one, other = PersonMarks("a" * 32), PersonMarks("b" * 32)
    assert one.of([OLD]) == PersonMarks("a" * 32).of([OLD]) == [one.of_one(OLD)]
    assert one.of_one(OLD) != other.of_one(OLD)
    assert {"张三", "李四", OLD, "05565512345"} <= named_in("张三、李四（137-1111 0001；0556-5512345）")


# ledgers


def sent(client: httpx.Client, content: bytes, headers: dict[str, str], name: str = "附件1.xlsx") -> dict[str, Any]:
    """The job of a ledger, previewed."""
    answer = client.post("/ledgers/imports", files={"file": (name, content)}, data={"name": name}, headers=headers)
    assert answer.status_code == 202, answer.text
    return settled(client, answer.headers["location"], headers)


def settled(client: httpx.Client, where: str, headers: dict[str, str]) -> dict[str, Any]:
    for _ in range(1500):
        told: dict[str, Any] = client.get(where, headers=headers).json()
        if told["state"] not in ("previewing", "committing"):
            return told
        time.sleep(0.2)
    pytest.fail(f"no end: {told}")


@pytest.fixture(scope="module")
def ledger(client: httpx.Client) -> bytes:
    """The sample's own ledger as the city has it, of 宜秀区 alone."""
    return client.get("/ledgers/annex1", params={"unit": "宜秀区"}, headers=bearing(Role.CITY)).content


def test_whoever_takes_a_ledger_has_seen_everybody_in_it(
    app: FastAPI, client: httpx.Client, own_sample_engine: Engine
) -> None:
    bears(own_sample_engine, "13744440004")
    assert client.get("/ledgers/annex1", params={"unit": "宜秀区"}, headers=bearing(Role.COUNTY)).status_code == 200
    assert who_saw(app, own_sample_engine, "13744440004") == [("county", "ledger_annex1")]
    assert client.get("/ledgers/annex1", params={"unit": "迎江区"}, headers=bearing(Role.CITY)).status_code == 200
    assert who_saw(app, own_sample_engine, "13744440004") == [("county", "ledger_annex1")], "not in that unit"


def test_a_token_that_may_not_see_persons_gets_no_ledger(client: httpx.Client, own_sample_engine: Engine) -> None:
    with own_sample_engine.begin() as connection:
        city = accounts.named(connection, "city")
        secret = sessions.issue_token(connection, city.id, "对接", ("write",), 1)
        batch = connection.execute(text("select max(id) from import_batches where kind = 'ledger'")).scalar_one()
    asking = {"Authorization": f"Bearer {secret}"}
    for address in ("/ledgers/annex1", "/ledgers/annex2?f=csv", f"/ledgers/sent/{batch}"):
        answer = client.get(address, headers=asking)
        assert (answer.status_code, "个人信息" in answer.json()["detail"]) == (403, True), address


def changed(content: bytes, column: str, value: str) -> bytes:
    """The ledger, every row of the form saying something else in a column."""
    book = load_workbook(io.BytesIO(content))
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            if isinstance(row[0].value, int):
                sheet[f"{column}{row[0].row}"] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_preview_shows_nobody_the_stored_persons_of_another_unit(
    app: FastAPI, client: httpx.Client, own_sample_engine: Engine, ledger: bytes
) -> None:
    """A file of another unit's rows would else be a question for their phones."""
    with own_sample_engine.connect() as connection:
        phones = set(connection.scalars(text("select manager_phone from management_areas where manager_phone <> ''")))
    guess = changed(ledger, "I", "某某物业有限公司 上官某 13700000099")
    mine = sent(client, guess, bearing(Role.COUNTY))
    assert mine["foreign_units"] == []
    assert mine["report"]["differences"][0]["rows"], "of one's own unit the differences are told"
    assert ("county", "import_jobs") in who_saw(app, own_sample_engine, "13700000099")
    told = sent(client, guess, bearing(Role.STREET))
    assert (told["foreign_units"], told["report"]["differences"]) == (["宜秀区"], [])
    assert not [phone for phone in phones if phone in str(told)]
    assert client.post(f"{told['links'][0]['href']}/commit", headers=bearing(Role.STREET)).status_code == 403
    other = client.get("/ledgers/annex1", params={"unit": "迎江区"}, headers=bearing(Role.CITY)).content
    told = sent(client, changed(other, "I", "某某物业有限公司"), bearing(Role.COUNTY))
    assert (told["foreign_units"], told["report"]["differences"]) == (["迎江区"], [])


def test_what_a_ledger_changes_is_noted_as_the_doing_of_who_sent_it(
    client: httpx.Client, own_sample_engine: Engine, ledger: bytes
) -> None:
    job = sent(client, changed(ledger, "I", "改名的物业公司"), bearing(Role.COUNTY))
    where = job["links"][0]["href"]
    with own_sample_engine.connect() as connection:
        before = connection.execute(text("select max(id) from audit.log")).scalar_one()
    assert client.post(f"{where}/commit", headers=bearing(Role.COUNTY)).status_code == 202
    assert settled(client, where, bearing(Role.COUNTY))["state"] == "committed"
    with own_sample_engine.connect() as connection:
        told = connection.execute(
            text("select distinct login, role, action, subject from audit.log where id > :id"), {"id": before}
        ).all()
    assert ("county", "county", "import", "import_jobs") in told
    assert ("county", "county", "update", "management_areas") in told
    assert {(one.login, one.role) for one in told} == {("county", "county")}
