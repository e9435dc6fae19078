"""Every route, tried as every role: nobody gets what a route is not for; a route without a rule does not start."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import Engine, text

from gis_service.access import PLANNER, PUBLIC, Role
from gis_service.api import create_app
from gis_service.api.readers import Rule, is_unasked, require_rules, routes_of, rule_of
from gis_service.settings import Settings
from tests.web import LAYERS, MAPS, SETTINGS, bearing, login, served

pytestmark = pytest.mark.database
VALUES = {
    "tms_id": ("WebMercatorQuad",),
    "level": ("12",),
    "row": ("1684",),
    "column": ("3380",),
    "map_id": MAPS,
    "layer_id": ("management_areas", "problems", "divisions"),
    "feature_id": ("1",),
    "login": ("nobody.there",),
    "token_id": ("999999",),
}
NOT_FOUND = 404


@pytest.fixture(scope="module")
def app(own_sample_engine: Engine) -> FastAPI:
    return create_app(own_sample_engine, SETTINGS)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app, None) as client:
        yield client


@pytest.fixture(scope="module")
def own_area(own_sample_engine: Engine) -> str:
    """An area in the division of the sample accounts of county and street."""
    return area_in(own_sample_engine, "street_code = '340811902' and reporting_unit = '宜秀区'")


def area_in(engine: Engine, where: str) -> str:
    with engine.connect() as connection:
        found = connection.execute(text(f"select id::text from management_areas where {where} order by id limit 1"))  # noqa: S608
        return str(found.scalar_one())


def routes(app: FastAPI) -> list[APIRoute]:
    return [route for route in routes_of(app.routes) if isinstance(route, APIRoute)]


def addresses(route: APIRoute, places: dict[str, str]) -> list[str]:
    """The route's template filled in, once for every layer or map; a parameter nobody knows is told."""
    found = [route.path]
    for name in sorted(route.param_convertors):
        values = (places[name],) if name in places else VALUES.get(name, ("1",))
        found = [one.replace(f"{{{name}}}", value) for one in found for value in values]
    return found


def shown(path: str, role: Role, app: FastAPI) -> bool:
    """True where the layer or map that the address names is for the role."""
    published = app.state.publication
    parts = path.split("/")
    named = parts[2] if len(parts) > 2 else ""
    if parts[1] == "collections" and named in published.layers:
        return role in published.layers[named].audience
    return not (parts[1] == "maps" and named in published.maps) or role in published.maps[named].audience


@pytest.mark.parametrize("role", Role)
def test_every_route_is_for_those_its_rule_names_and_for_nobody_else(
    app: FastAPI, client: httpx.Client, own_area: str, role: Role
) -> None:
    headers = bearing(None if role is Role.PUBLIC else role)
    wrong = []
    for route in routes(app):
        rule = rule_of(route)
        for path in addresses(route, {"area_id": own_area}):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                status = client.request(method, path, headers=headers).status_code
                if not fits(rule, role, status, method != "GET" or shown(path, role, app)):
                    wrong.append(f"{method} {path} as {role}: {status}")
    assert wrong == []


def fits(rule: Rule | None, role: Role, status: int, is_shown: bool) -> bool:
    if rule is None or rule.name == "anybody":
        return status != 401
    if role is Role.PUBLIC:
        return status == 401
    if role not in rule.roles:
        return status == 403
    return status == NOT_FOUND if not is_shown else status not in (401, 403)


@pytest.mark.parametrize("role", [Role.COUNTY, Role.STREET])
def test_nobody_writes_in_another_division(
    app: FastAPI, client: httpx.Client, own_sample_engine: Engine, role: Role
) -> None:
    area = area_in(own_sample_engine, "county_code = '340802' and reporting_unit = '迎江区'")
    with own_sample_engine.connect() as connection:
        before = connection.execute(text("select count(*), max(id) from area_revisions")).one()
    for route in routes(app):
        rule = rule_of(route)
        if rule is None or rule.name not in ("editing", "deciding", "reporting"):
            continue
        for path in addresses(route, {"area_id": area}):
            for method in sorted((route.methods or set()) - {"HEAD", "GET"}):
                if "{area_id}" in route.path:
                    status = client.request(method, path, headers=bearing(role), json={}).status_code
                    assert status >= 400, f"{method} {path} as {role}: {status}"
    with own_sample_engine.connect() as connection:
        assert connection.execute(text("select count(*), max(id) from area_revisions")).one() == before


def test_a_route_without_a_rule_does_not_start() -> None:
    router = APIRouter()

    @router.get("/open")
    def everything() -> str:
        return "all"

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    with pytest.raises(AssertionError, match="/open"):
        require_rules(app)


def test_only_what_tells_nothing_asks_nobody(app: FastAPI) -> None:
    unasked = {"/healthz", "/favicon.ico", "/metrics", "/bundles/{name}"}
    assert {route.path for route in routes(app) if is_unasked(route)} == unasked
    anybody = {route.path for route in routes(app) if (rule := rule_of(route)) and rule.name == "anybody"}
    told = {"/conformance", "/tileMatrixSets", "/tileMatrixSets/{tms_id}"}
    assert anybody == told | {"/login", "/oidc/login", "/oidc/callback"}


def test_the_public_sees_nothing_until_there_is_a_review_number_and_then_what_is_declared_for_it(
    sample_engine: Engine,
) -> None:
    with served(create_app(sample_engine, SETTINGS), None) as nobody:
        refused = nobody.get("/collections/management_areas/items")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="gis-service"')
        assert "审图号" in refused.json()["detail"]
        assert nobody.get("/collections/divisions/tiles/WebMercatorQuad/12/1684/3380").status_code == 401
    reviewed = SETTINGS.model_copy(update={"review_number": "皖S(2026)1号"})
    with served(create_app(sample_engine, reviewed), None) as public:
        listed = {one["id"] for one in public.get("/collections").json()["collections"]}
        assert listed == {"divisions", "places", "communities", "management_areas", "coverage"}
        found = public.get("/collections/management_areas/items").json()["features"][0]["properties"]
        assert not {"manager", "manager_phone", "fee_rate"} & set(found)
        for layer in set(LAYERS) - listed:
            assert public.get(f"/collections/{layer}/items").status_code == 401
        assert "审图号：皖S(2026)1号" in public.get("/", headers={"Accept": "text/html"}).text


def test_metrics_and_details_of_health_are_not_for_strangers(own_sample_engine: Engine) -> None:
    app = create_app(own_sample_engine, Settings(secret="x" * 32))

    def asked(path: str, host: str, role: Role | None = None) -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(host, 4711))

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return await client.get(path, headers=bearing(role))

        with ThreadPoolExecutor(1) as thread:  # a browser's loop may run in this one
            return thread.submit(anyio.run, ask).result()

    assert [asked("/metrics", "203.0.113.9", role).status_code for role in (None, Role.CITY, Role.ADMIN)] == [
        401,
        403,
        200,
    ]
    assert asked("/healthz", "203.0.113.9").json() == {"status": "ok"}
    assert asked("/metrics", "127.0.0.1").status_code == 200
    assert "postgis" in asked("/healthz", "127.0.0.1").json()


def test_readers_with_equal_rights_share_a_tile_and_others_do_not(app: FastAPI, client: httpx.Client) -> None:
    address = "/collections/management_areas/tiles/WebMercatorQuad/12/1684/3380"
    tags = {client.get(address, headers=bearing(role)).headers["etag"] for role in Role if role is not Role.PUBLIC}
    assert len(tags) == 1
    layer = app.state.publication.layers["management_areas"]
    assert layer.tile_rights(PUBLIC) != layer.tile_rights(PLANNER), "the public sees fewer fields"


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CITY])  # together they may write wherever anybody may
def test_a_logged_in_browser_needs_proof_for_every_write(app: FastAPI, role: Role) -> None:
    """CSRF on every route that writes, as the application has them: with a cookie alone nothing is done."""
    with served(app, None) as browser, served(app, None) as other:
        proof, foreign = login(browser, role), login(other, Role.FIRE)
        writes = [
            (route, method)
            for route in routes(app)
            for method in sorted((route.methods or set()) - {"GET", "HEAD", "OPTIONS"})
            if (rule := rule_of(route)) and role in rule.roles and rule.name != "anybody"
        ]
        assert len(writes) > 5
        for route, method in writes:
            path = addresses(route, {})[0]
            for headers in ({}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": foreign}):
                answer = browser.request(method, path, headers=headers, json={})
                assert (answer.status_code, "页面已过期" in answer.text) == (403, True), f"{method} {path} {headers}"
            form = browser.request(method, path, data={"csrf": foreign})
            assert (form.status_code, "页面已过期" in form.text) == (403, True), f"{method} {path}"
        for route, method in writes:
            path = addresses(route, {})[0]
            if path not in ("/logout", "/account/password"):
                answer = browser.request(method, path, headers={"X-CSRF-Token": proof}, json={})
                assert "页面已过期" not in answer.text, f"{method} {path}: with the proof it is looked at"


def test_every_write_together_is_tried_without_proof(app: FastAPI) -> None:
    """No route that writes is left out of the test before: somebody of the two may ask each."""
    for route in routes(app):
        rule = rule_of(route)
        if (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            assert rule is not None
            assert rule.name == "anybody" or rule.roles & {Role.ADMIN, Role.CITY}, route.path
    assert {route.path for route in routes(app) if is_form(route)} == {"/login"}, "this one has its own proof"


def is_form(route: APIRoute) -> bool:
    rule = rule_of(route)
    return bool(rule and rule.name == "anybody" and (route.methods or set()) - {"GET", "HEAD", "OPTIONS"})
