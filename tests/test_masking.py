"""Names and phones: who sees them where, in every form of answer; what nobody finds out; what the log keeps of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text

from gis_service import clock
from gis_service.access import Reader, Role, may_see_unmasked
from gis_service.api import create_app
from gis_service.exports import FORMATS
from gis_service.layers import unmasked_in
from gis_service.store import audit
from gis_service.store.audit import Question
from gis_service.store.features import SOURCES
from gis_service.store.territory import own
from tests.web import SETTINGS, bearing, served

pytestmark = pytest.mark.database
NAME, PHONE = "欧阳不见", "13912345678"
ROLES = [role for role in Role if role is not Role.PUBLIC]
PERSONAL = {"management_areas": ("manager", "manager_phone"), "problems": ("responsible",)}
SEE_OWN = (Role.COUNTY, Role.STREET)


@pytest.fixture(scope="module")
def app(own_sample_engine: Engine) -> FastAPI:
    with own_sample_engine.begin() as connection:
        connection.execute(
            text("update management_areas set manager = :name, manager_phone = :phone"), {"name": NAME, "phone": PHONE}
        )
        connection.execute(text("update problems set responsible = :name"), {"name": NAME})
    return create_app(own_sample_engine, SETTINGS)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app, None) as client:
        yield client


def items(client: httpx.Client, layer: str, role: Role, **more: str) -> list[dict[str, Any]]:
    answer = client.get(f"/collections/{layer}/items", params={"limit": "500", **more}, headers=bearing(role))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["features"]
    return found


READERS = (
    Reader(Role.COUNTY, divisions=frozenset({"340811", "宜秀区"})),
    Reader(Role.COUNTY, divisions=frozenset({"340802", "迎江区"})),
    Reader(Role.COUNTY, divisions=frozenset({"高新区"})),
    Reader(Role.COUNTY, divisions=frozenset({"340803", "大观区"})),
    Reader(Role.STREET, divisions=frozenset({"340811902"})),
    Reader(Role.STREET, divisions=frozenset({"340811904"})),
)


@pytest.mark.parametrize("reader", READERS, ids=lambda one: "".join(sorted(one.divisions)))
def test_the_query_and_the_rule_agree_on_every_row(own_sample_engine: Engine, reader: Reader) -> None:
    rows = SOURCES["management_areas"].rows

    from sqlalchemy import select

    areas = rows(clock.today(), False)
    wanted = select(areas.c.county_code, areas.c.street_code, areas.c.reporting_unit, own(areas, unmasked_in(reader)))
    with own_sample_engine.connect() as connection:
        found = connection.execute(wanted).all()
    assert len({one[3] for one in found}) == (1 if "大观区" in reader.divisions else 2)
    for county, street, unit, shown in found:
        rule = may_see_unmasked(reader, county_code=county, street_code=street, reporting_unit=unit)
        assert bool(shown) == rule, (county, street, unit)


def test_county_and_street_see_their_own_people_and_the_others_masked(client: httpx.Client, app: FastAPI) -> None:
    for role, wanted in ((Role.COUNTY, "340811"), (Role.STREET, "340811902")):
        for one in items(client, "management_areas", role):
            shown = one["properties"]
            key = "county_code" if role is Role.COUNTY else "street_code"
            mine = shown[key] == wanted and not (role is Role.COUNTY and shown["reporting_unit"] == "高新区")
            assert (shown["manager"], shown["manager_phone"]) == ((NAME, PHONE) if mine else ("欧*", "139****5678"))
    seen = {one["properties"]["responsible"] for one in items(client, "problems", Role.COUNTY)}
    assert seen == {NAME, "欧*"}
    assert app


def test_the_city_sees_everybody_and_planners_firefighters_and_administrators_nobody(client: httpx.Client) -> None:
    assert {one["properties"]["manager_phone"] for one in items(client, "management_areas", Role.CITY)} == {PHONE}
    for role in (Role.PLANNER, Role.FIRE, Role.ADMIN):
        for layer, fields in PERSONAL.items():
            assert not [name for one in items(client, layer, role) for name in fields if name in one["properties"]]


def test_a_token_without_that_right_sees_nobody_whatever_its_account(app: FastAPI, own_sample_engine: Engine) -> None:
    from gis_service.store import accounts, sessions

    with own_sample_engine.begin() as connection:
        city = accounts.named(connection, "city")
        secret = sessions.issue_token(connection, city.id, "对接", ("write",), 1)
    with served(app, None) as other:
        asking = {"Authorization": f"Bearer {secret}"}
        for layer in PERSONAL:
            answer = other.get(f"/collections/{layer}/items?limit=500", headers=asking)
            assert NAME not in answer.text
            assert PHONE not in answer.text


SECRETS = (NAME, PHONE, quote(NAME))


@pytest.mark.parametrize("role", [Role.COUNTY, Role.CITY])  # who sees most
@pytest.mark.parametrize("form", FORMATS)
def test_no_export_of_any_format_holds_a_person_for_anybody(client: httpx.Client, role: Role, form: str) -> None:
    for layer in PERSONAL:
        answer = client.get(f"/collections/{layer}/export?f={form}", headers=bearing(role))
        assert answer.status_code == 200, answer.text
        held = [
            one for one in SECRETS for code in ("utf-8", "gb18030", "utf-16-le") if one.encode(code) in opened(answer)
        ]
        assert held == []


def opened(answer: httpx.Response) -> bytes:
    """Everything in a file, whatever it is packed in."""
    import io
    import zipfile

    if not answer.content.startswith(b"PK"):
        return answer.content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())


def test_exports_give_a_masked_column_to_nobody_who_names_it(client: httpx.Client) -> None:
    for role in ROLES:
        answer = client.get("/collections/management_areas/export?properties=manager_phone", headers=bearing(role))
        assert answer.status_code == 400
        assert PHONE not in answer.text


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "query",
    [
        f"manager_phone={PHONE}",
        f"filter=manager_phone='{PHONE}'",
        f"filter=manager LIKE '{NAME[0]}%25'",
        "filter=length(manager_phone) > 3",
        f"filter=CASEI(manager) = CASEI('{NAME}')",
        "filter=manager IS NOT NULL",
        f"filter=name = manager OR manager_phone IN ('{PHONE}')",
        'filter-lang=cql2-json&filter={"op":"=","args":[{"property":"manager_phone"},"' + PHONE + '"]}',
        "sortby=manager_phone",
        "sortby=-manager",
    ],
)
def test_nobody_filters_or_sorts_by_a_person(client: httpx.Client, role: Role, query: str) -> None:
    answer = client.get(f"/collections/management_areas/items?{query}", headers=bearing(role))
    assert answer.status_code == 400, answer.text
    assert NAME not in answer.json()["detail"].replace(query, "")


def test_a_cursor_cannot_be_turned_into_an_order_by_a_person(client: httpx.Client) -> None:
    page = client.get("/collections/management_areas/items?limit=2&sortby=name", headers=bearing(Role.COUNTY)).json()
    following = next(one["href"] for one in page["links"] if one["rel"] == "next")
    moved = following.replace("sortby=name", "sortby=manager_phone")
    assert moved != following
    assert client.get(moved, headers=bearing(Role.COUNTY)).status_code == 400


@pytest.mark.parametrize("role", ROLES)
def test_tiles_schemas_extents_and_pages_tell_of_nobody(client: httpx.Client, role: Role) -> None:
    for layer in PERSONAL:
        for address in (
            f"/collections/{layer}/tiles/WebMercatorQuad/12/1684/3380",
            f"/collections/{layer}/tiles/WebMercatorQuad",
            f"/collections/{layer}",
            f"/collections/{layer}/schema",
            f"/collections/{layer}/queryables",
            f"/collections/{layer}/sortables",
            "/maps/coverage",
            "/",
        ):
            answer = client.get(address, headers={**bearing(role), "Accept-Encoding": "identity"})
            assert not [one for one in SECRETS if one.encode() in answer.content], address
    asked = client.get("/collections/management_areas/queryables", headers=bearing(role)).json()["properties"]
    assert not {"manager", "manager_phone"} & set(asked)


def test_the_masks_also_hold_on_pages_and_for_single_features(client: httpx.Client, own_sample_engine: Engine) -> None:
    foreign = "select id from management_areas where county_code = '340802' and reporting_unit = '迎江区' limit 1"
    with own_sample_engine.connect() as connection:
        area = connection.execute(text(foreign)).scalar_one()
    for form in ("json", "html"):
        for address in (f"/collections/management_areas/items/{area}?f={form}",):
            assert PHONE not in client.get(address, headers=bearing(Role.COUNTY)).text
            assert PHONE in client.get(address, headers=bearing(Role.CITY)).text


def test_readers_of_unequal_rights_share_no_answer(client: httpx.Client) -> None:
    address = "/collections/management_areas/items?limit=5"
    tags = {role: client.get(address, headers=bearing(role)).headers["etag"] for role in ROLES}
    assert len({tags[role] for role in (Role.PLANNER, Role.COUNTY, Role.STREET, Role.CITY)}) == 4
    stolen = {**bearing(Role.PLANNER), "If-None-Match": tags[Role.CITY]}
    assert client.get(address, headers=stolen).status_code == 200, "not 304: the planner holds something else"


# the log


def test_every_unmasked_read_is_in_the_log_before_it_is_answered(
    client: httpx.Client, own_sample_engine: Engine
) -> None:
    with own_sample_engine.begin() as connection:
        before = connection.execute(text("select coalesce(max(id), 0) from audit.log")).scalar_one()
        person = "update management_areas set manager_phone = '13700000001' where code = 'WY-340811-0102' returning id"
        area = str(connection.execute(text(person)).scalar_one())
    items(client, "management_areas", Role.PLANNER)
    items(client, "management_areas", Role.CITY, properties="name")
    items(client, "management_areas", Role.COUNTY, filter="county_code = '340802' AND reporting_unit = '迎江区'")
    with own_sample_engine.connect() as connection:
        told = connection.execute(text("select action from audit.log where id > :id"), {"id": before}).scalars().all()
        assert "read_unmasked" not in told, "nobody was shown"
    seen = items(client, "management_areas", Role.COUNTY, limit="3", filter="county_code = '340811'")
    client.get(f"/collections/management_areas/items/{area}", headers=bearing(Role.CITY))
    with own_sample_engine.connect() as connection:
        reads = audit.entries(connection, Question(action="read_unmasked"), limit=2)
        assert [(one.login, one.subject, audit.ids_in(one)) for one in reads] == [
            ("city", "management_areas", [area]),
            ("county", "management_areas", [str(one["id"]) for one in seen]),
        ]


def test_every_change_of_a_boundary_is_in_the_log_with_who_made_it(own_sample_engine: Engine) -> None:
    wang = Reader(Role.COUNTY, "wang", "王某", frozenset({"340811"}))
    with own_sample_engine.connect() as connection:
        area = connection.execute(text("select id from management_areas where code = 'WY-340811-0102'")).scalar_one()
    copied = (
        "insert into area_revisions (area_id, number, state, origin, author, note, geom) select area_id, 900, 'draft',"
        " 'drawn', 'wang', '', geom from area_revisions where area_id = :area order by number desc limit 1"
    )
    with audit.writing(own_sample_engine, wang) as connection:
        connection.execute(text(copied), {"area": area})
    with own_sample_engine.connect() as connection:
        newest = audit.entries(connection, Question(area="WY-340811-0102"), limit=1)[0]
    assert (newest.login, newest.role, newest.action, newest.subject) == ("wang", "county", "insert", "area_revisions")
    assert newest.row_ids == [str(area)]


@pytest.mark.parametrize(
    "statement",
    [
        "update audit.log set login = 'somebody else'",
        "delete from audit.log",
        "truncate audit.log",
        "drop table audit.log",
        "drop schema audit cascade",
        "alter table audit.log disable trigger all",
        "drop trigger refuse_change on audit.log",
        "create or replace function audit.refuse() returns trigger language plpgsql as 'begin return old; end'",
        "alter table audit.log owner to gis",
        "set role gis_owner",
        "insert into audit.log (id, login, role, action) overriding system value values (1, 'x', 'x', 'x')",
    ],
)
def test_the_role_that_serves_cannot_change_the_log(own_sample_engine: Engine, statement: str) -> None:
    from sqlalchemy.exc import DBAPIError

    with own_sample_engine.connect() as connection:
        before = connection.execute(text("select count(*), min(id), max(id) from audit.log")).one()
    with pytest.raises(DBAPIError), own_sample_engine.begin() as connection:
        connection.execute(text(statement))
    with own_sample_engine.connect() as connection:
        assert connection.execute(text("select count(*), min(id), max(id) from audit.log")).one() == before


def test_the_administrator_asks_the_log_and_that_is_noted_too(client: httpx.Client, own_sample_engine: Engine) -> None:
    page = client.get("/admin/audit", params={"person": PHONE}, headers=bearing(Role.ADMIN))
    assert page.status_code == 200
    assert "查看个人信息" in page.text
    assert client.get("/admin/audit", params={"since": "heute"}, headers=bearing(Role.ADMIN)).status_code == 400
    for role in ROLES[:-1]:
        assert client.get("/admin/audit", headers=bearing(role)).status_code == 403
    with own_sample_engine.connect() as connection:
        assert audit.entries(connection, Question(action="audit"))[0].login == "admin"
        assert PHONE not in json.dumps([one.detail for one in audit.entries(connection, Question(action="audit"))])
