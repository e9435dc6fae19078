"""What an attacker would try, tried: SQL in every parameter, script in every name, formulas in every table."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.api.readers import routes_of
from tests.browser.resting import rests, watch_rest
from tests.test_rules import addresses
from tests.web import LAYERS, SETTINGS, bearing, login, served

pytestmark = pytest.mark.database
SQL = ("' OR 1=1 --", "'; DROP TABLE accounts; --", "1); SELECT pg_sleep(9); --", "%' UNION SELECT password_hash --")
SCRIPT = '<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>\'"`${window.attacked=1}'
FORMULAS = ("=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1")
TABLES = ("management_areas", "area_revisions", "problems", "accounts", "sessions", "api_tokens", "communities")
AREA_KEYS = ("area_name", "community", "division", "abuttals", "company_manager", "remark")
PROBLEM_KEYS = ("project_name", "content", "progress", "responsible", "remark")
NAMED = {
    "communities": ("name", "street"),
    "management_areas": ("name", "company", "abuttals_text", "manager"),
    "uncovered_communities": ("name", "evidence"),
    "coverage": ("name",),
    "problems": ("project_name", "content", "progress", "remark", "responsible"),
    "fire_lanes": ("name", "finding"),
    "ebike_charging": ("name", "finding"),
    "manholes": ("owner",),
    "places": ("name",),
    "divisions": ("name",),
}


@pytest.fixture(scope="module")
def app(own_sample_engine: Engine) -> FastAPI:
    return create_app(own_sample_engine, SETTINGS)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app, None) as client:
        yield client


def rows(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f"select count(*) from {name}")).scalar_one()  # noqa: S608
            for name in TABLES
        }


# SQL


def parameters(client: httpx.Client) -> Iterator[tuple[str, str]]:
    """Every address that is read, with every parameter that the interface describes for it."""
    told = client.get("/api?f=json", headers=bearing(Role.CITY)).json()["paths"]
    for path, ways in told.items():
        for one in ways.get("get", {}).get("parameters", ()):
            if one["in"] == "query":
                address = path
                for name, value in (("layer_id", "communities"), ("tms_id", "WebMercatorQuad"), ("feature_id", "1")):
                    address = address.replace(f"{{{name}}}", value)
                if "{" not in address:
                    yield address, one["name"]


def test_sql_in_any_parameter_is_only_text(client: httpx.Client, own_sample_engine: Engine) -> None:
    before = rows(own_sample_engine)
    tried = set(parameters(client))
    assert len(tried) > 100
    once = {name: address for address, name in sorted(tried)}  # a parameter is read by the same code everywhere
    for name, address in once.items():
        for attack in SQL:
            answer = client.get(address, params={name: attack}, headers=bearing(Role.CITY))
            assert answer.status_code in (200, 400, 404), f"{address}?{name}={attack}: {answer.status_code}"
            assert not [
                word for word in ("psycopg", "SELECT ", "syntax", "argon2") if word in answer.text.replace(attack, "")
            ]
    assert rows(own_sample_engine) == before


def test_sql_in_any_address_and_any_form_is_only_text(
    app: FastAPI, client: httpx.Client, own_sample_engine: Engine
) -> None:
    before = rows(own_sample_engine)
    for route in routes_of(app.routes):
        assert isinstance(route, APIRoute)
        if not route.param_convertors:
            continue
        places = dict.fromkeys(route.param_convertors, quote(SQL[1], safe=""))
        for path in addresses(route, places):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                answer = client.request(method, path, headers=bearing(Role.ADMIN))
                assert 200 <= answer.status_code < 500, f"{method} {path}: {answer.status_code}"
    for attack in SQL:
        with httpx.Client(base_url=client.base_url) as browser:
            page = browser.get("/login", headers={"Accept": "text/html"}).text
            proof = page.split('name="csrf" value="')[1].split('"')[0]
            form = {"login": attack, "password": attack, "csrf": proof}
            assert browser.post("/login", data=form).status_code == 403
            proof = login(browser, Role.ADMIN)
            made = {"login": attack, "name": attack, "role": "county", "divisions": attack, "csrf": proof}
            assert browser.post("/admin/accounts", data=made).status_code == 400
            for name in ("login", "action", "person", "area"):
                assert browser.get("/admin/audit", params={name: attack}).status_code == 200
    after = rows(own_sample_engine)
    assert {name: after[name] for name in TABLES if name != "sessions"} == {
        name: before[name] for name in TABLES if name != "sessions"
    }


# formulas


def sheets(client: httpx.Client, own_sample_engine: Engine) -> Iterator[str]:
    """Every address that gives a sheet, as the interface describes it; of the layers, those with texts of people."""
    told = client.get("/api?f=json", headers=bearing(Role.CITY)).json()["paths"]
    for path, ways in told.items():
        for one in ways.get("get", {}).get("parameters", ()):
            for form in set(one.get("schema", {}).get("enum", ())) & {"xlsx", "csv"} if one["name"] == "f" else ():
                for layer in ("communities", "management_areas", "problems") if "{layer_id}" in path else ("",):
                    for annex in ("1", "2") if "{annex}" in path else ("",):
                        yield f"{path.format(layer_id=layer, annex=annex)}?f={form}"
    with own_sample_engine.connect() as connection:
        job = connection.scalar(text("select max(id) from import_jobs"))
    yield f"/ledgers/imports/{job}/marked"
    yield "/coverage/rows?f=xlsx&figure=area_rows"
    yield "/coverage/rows?f=xlsx&figure=problems_open"


def test_a_formula_in_a_text_is_text_in_every_sheet_that_anybody_can_take(
    client: httpx.Client, own_sample_engine: Engine
) -> None:
    with own_sample_engine.begin() as connection:
        for table, columns in NAMED.items():
            if table in ("communities", "management_areas", "problems", "uncovered_communities"):
                for column in columns:
                    told = f"update {table} set {column} = (cast(:texts as text[]))[1 + abs(hashtext(ctid::text)) % 6]"  # noqa: S608
                    connection.execute(text(told), {"texts": list(FORMULAS)})
        for table, keys in (("management_areas", AREA_KEYS), ("problems", PROBLEM_KEYS)):
            evil = ", ".join(f"'{key}', '=cmd|''/c calc''!A1'" for key in keys)
            connection.execute(text(f"update {table} set written = written || jsonb_build_object({evil})"))  # noqa: S608
    sent = client.get("/ledgers/annex1", headers=bearing(Role.CITY)).content
    form = {"file": ("附件1.xlsx", sent)}
    job = client.post("/ledgers/imports", files=form, data={"name": "=cmd.xlsx"}, headers=bearing(Role.CITY))
    while client.get(job.headers["location"], headers=bearing(Role.CITY)).json()["state"] == "previewing":
        time.sleep(0.1)
    found = list(sheets(client, own_sample_engine))
    assert {"/ledgers/annex1?f=csv", "/ledgers/annex2?f=xlsx", "/hazards/counts?f=xlsx"} <= set(found)
    assert {"/problems?f=xlsx", "/problems/summary?f=xlsx", "/coverage/rows?f=xlsx"} <= set(found)
    held = 0
    for address in found:
        answer = client.get(address, headers=bearing(Role.CITY))
        assert answer.status_code == 200, f"{address}: {answer.text[:200]}"
        if answer.content.startswith(b"PK"):
            book = load_workbook(io.BytesIO(answer.content))
            cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
            assert not [cell.coordinate for cell in cells if cell.data_type == "f"], address
            held += any(str(cell.value).startswith("=cmd") for cell in cells)
        else:
            lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
            words = [word for row in lines for word in row]
            assert not [word for word in words if word.startswith(("=", "+", "@", "\t", "\r"))], address
            held += any("=cmd" in word for word in words)
    assert held >= 8, "the formulas were there, as texts"


# script


@pytest.mark.browser
def test_script_in_any_name_runs_on_no_page(
    app: FastAPI, client: httpx.Client, own_sample_engine: Engine, browser: Browser
) -> None:
    with own_sample_engine.begin() as connection:
        for table, columns in NAMED.items():
            for column in columns:
                connection.execute(text(f"update {table} set {column} = :script"), {"script": SCRIPT})  # noqa: S608
        connection.execute(text("update accounts set name = :script"), {"script": SCRIPT})
        area, code = connection.execute(text("select id, code from management_areas order by id limit 1")).one()
        community = connection.scalar(text("select community_id from problems where community_id is not null limit 1"))
        problem = connection.scalar(text("select id from problems where category = 11 and not closed limit 1"))
    told = {"kind": "comment", "note": SCRIPT}
    assert client.post(f"/problems/{problem}/events", json=told, headers=bearing(Role.CITY)).status_code == 201
    desk, city = f"/boundaries/areas/{area}", {**bearing(Role.CITY), "If-Match": "*"}
    drawn = client.get(desk, headers=city).json()["approved"]["geometry"]
    assert client.put(f"{desk}/draft", json={"geometry": drawn, "note": SCRIPT}, headers=city).is_success
    form = {"file": (f"{SCRIPT[:60]}.xlsx", b"PK no ledger")}
    assert client.post("/ledgers/imports", files=form, data={"name": SCRIPT}, headers=bearing(Role.CITY)).is_success
    maps = [f"/maps/{name}" for name, one in app.state.publication.maps.items() if Role.CITY in one.audience]
    pages = ["/", "/collections", "/api?f=html", "/conformance?f=html", *maps, f"/maps/boundaries#{code}"]
    pages += [
        "/maps/coverage#tab=divisions",
        f"/communities/{community}/sheet",
        f"/collections/problems/items/{problem}?f=html",
    ]
    pages += [f"/collections/{layer}/items?f=html&limit=20" for layer in LAYERS]
    watched = (Role.ADMIN, ["/admin", "/admin/audit", "/admin/audit?action=import", "/account", "/maps/service"])
    for role, wanted in ((Role.CITY, pages), watched):
        with httpx.Client(base_url=client.base_url) as session:
            login(session, role)
            kept = session.cookies["gis_session"]
        context = browser.new_context()
        watch_rest(context)
        context.add_cookies([{"name": "gis_session", "value": kept, "url": str(client.base_url)}])
        page = context.new_page()
        for path in wanted:
            page.goto("about:blank")  # or another part behind # would be the same page
            page.goto(f"{str(client.base_url).rstrip('/')}{path}")
            if path.startswith("/maps/"):
                page.wait_for_selector("html[data-ready=true]", state="attached")
                opened(page, path, problem)
            assert page.evaluate("window.attacked") is None, path
            assert page.locator("img[src=x]").count() == 0, path
        context.close()


def opened(page: Page, path: str, problem: int | None) -> None:
    """What a map shows beside itself stands on it: an area with its history, a problem with its events, a popup."""
    shown = page.get_by_text("onerror=", exact=False).first
    if "#WY" in path:
        expect(page.locator("#panel-body h2")).to_contain_text("onerror=")
        page.get_by_text("历史版本").click()
    elif path == "/maps/hazards":
        page.evaluate("id => GIS.page.desk.showProblem(id)", problem)
        expect(page.locator(".events")).to_contain_text("onerror=")
    elif path in ("/maps/coverage", "/maps/service"):
        page.locator("#panel-body button.row").first.click()
        expect(page.locator(".leaflet-popup h2")).to_contain_text("onerror=")
    else:
        expect(shown).to_be_attached()
    rests(page)
