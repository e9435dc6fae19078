"""The public's side: nothing without a 审图号; with one, the map and layers that are declared for it, and no person."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.exports import FORMATS
from tests.web import LAYERS, MAPS, SETTINGS, bearing, items_of, served

pytestmark = pytest.mark.database
NUMBER = "皖S(2026)1号"
NAME, PHONE = "端木不显", "13755550005"
OPEN = ("divisions", "places", "coverage", "communities", "management_areas")
CLOSED = tuple(layer for layer in (*LAYERS, "boundary_drafts") if layer not in OPEN)
HIDDEN = {
    "management_areas": {
        *("manager", "manager_phone", "fee_rate", "party_coverage", "problems_open", "sides", "issues", "confidence"),
    },
    "coverage": {"problems_open", "problems_closed", "party_rate", "party_yes", "fee_known", "fee_rate_mean"},
}
TILE = "tiles/WebMercatorQuad/12/1684/3380"


@pytest.fixture(scope="module")
def persons(own_sample_engine: Engine) -> Engine:
    """The sample town with a person in every area and every problem."""
    with own_sample_engine.begin() as connection:
        told = {"name": NAME, "phone": PHONE}
        connection.execute(text("update management_areas set manager = :name, manager_phone = :phone"), told)
        connection.execute(text("update problems set responsible = :name"), told)
    return own_sample_engine


@pytest.fixture(scope="module")
def visitor(persons: Engine) -> Iterator[httpx.Client]:
    """Somebody without an account, where there is a 审图号."""
    with served(create_app(persons, SETTINGS.model_copy(update={"review_number": NUMBER})), None) as client:
        client.timeout = httpx.Timeout(180)  # every form of file of every layer, also on a busy machine
        yield client


def addresses() -> list[str]:
    """Everything that somebody might ask for of every layer and map."""
    of_layer = ("", "/items", "/items/1", "/items?limit=1", "/schema", "/queryables", f"/{TILE}", "/export?f=geojson")
    found = [f"/collections/{layer}{end}" for layer in (*OPEN, *CLOSED) for end in of_layer]
    desks = ("/coverage", "/coverage/rows", "/coverage/reasons", "/hazards/counts", "/problems", "/boundaries/areas")
    return [*found, *(f"/maps/{name}" for name in MAPS), *desks, "/communities/1/sheet", "/", "/collections", "/api"]


def test_without_a_review_number_the_public_gets_nothing_at_all(persons: Engine) -> None:
    with served(create_app(persons, SETTINGS), None) as nobody:
        assert {address: nobody.get(address).status_code for address in addresses()} == dict.fromkeys(addresses(), 401)
        page = nobody.get("/maps/service", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/login?next=%2Fmaps%2Fservice")


def test_with_a_review_number_the_public_gets_its_map_and_the_map_carries_the_number(visitor: httpx.Client) -> None:
    page = visitor.get("/maps/service", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert f"审图号：{NUMBER}" in page.text
    assert f"审图号：{NUMBER}" in visitor.get("/", headers={"Accept": "text/html"}).text
    for name in set(MAPS) - {"service"}:
        assert visitor.get(f"/maps/{name}").status_code == 401
        assert f'href="/maps/{name}"' not in page.text


def test_what_is_not_declared_for_the_public_stays_closed_by_every_way(visitor: httpx.Client) -> None:
    closed = [one for one in addresses() if any(f"/{layer}" in one for layer in CLOSED)]
    closed += [one for one in addresses() if one.startswith(("/coverage", "/hazards", "/problems", "/boundaries"))]
    assert len(closed) > 40
    assert {address: visitor.get(address).status_code for address in closed} == dict.fromkeys(closed, 401)


@pytest.mark.parametrize("layer", OPEN)
def test_no_answer_for_the_public_knows_a_person_a_problem_or_a_field_that_is_not_for_it(
    visitor: httpx.Client, layer: str
) -> None:
    found = items_of(visitor, layer, limit=500)["features"]
    assert found
    given = {name for one in found for name in one["properties"]}
    assert not given & HIDDEN.get(layer, set())
    answers = [visitor.get(f"/collections/{layer}{end}") for end in ("", "/schema", "/queryables", f"/{TILE}")]
    answers += [visitor.get(f"/collections/{layer}/export", params={"f": form}) for form in FORMATS]
    answers += [visitor.get(f"/collections/{layer}/items/{found[0]['id']}", params={"f": f}) for f in ("json", "html")]
    for answer in answers:
        assert answer.status_code in (200, 204), f"{answer.request.url}: {answer.text[:300]}"
        held = opened(answer.content)
        assert not [one for one in (NAME, PHONE) for code in ("utf-8", "gb18030") if one.encode(code) in held]
    schema = visitor.get(f"/collections/{layer}/schema").json()["properties"]
    assert not set(schema) & HIDDEN.get(layer, set())


def opened(content: bytes) -> bytes:
    """Everything in a file, whatever it is packed in."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())


def test_the_public_cannot_ask_about_what_it_cannot_see(visitor: httpx.Client) -> None:
    for layer, fields in HIDDEN.items():
        for field in fields:
            for asked in (f"{field}=1", f"filter={field} IS NOT NULL", f"sortby={field}", f"properties={field}"):
                assert visitor.get(f"/collections/{layer}/items?{asked}").status_code == 400, asked


def test_the_public_counts_what_the_city_counts(visitor: httpx.Client) -> None:
    for layer in OPEN:
        mine = items_of(visitor, layer, limit=1)["numberMatched"]
        answer = visitor.get(f"/collections/{layer}/items?limit=1", headers=bearing(Role.CITY))
        assert mine == json.loads(answer.text)["numberMatched"] > 0


def test_one_feature_is_given_with_the_fields_that_are_asked_for_and_only_their_reading_is_noted(
    visitor: httpx.Client, persons: Engine
) -> None:
    city = bearing(Role.CITY)
    area = visitor.get("/collections/management_areas/items?limit=1", headers=city).json()["features"][0]["id"]
    with persons.connect() as connection:
        before = connection.execute(text("select max(id) from audit.log")).scalar_one()
    address = f"/collections/management_areas/items/{area}"
    told = visitor.get(address, params={"properties": "name,company"}, headers=city)
    assert set(told.json()["properties"]) == {"name", "company"}
    assert PHONE not in visitor.get(address, params={"properties": "name", "f": "html"}, headers=city).text
    assert visitor.get(address, params={"properties": "nothing"}, headers=city).status_code == 400
    with persons.connect() as connection:
        read = "select count(*) from audit.log where id > :id and action = 'read_unmasked'"
        assert connection.execute(text(read), {"id": before}).scalar_one() == 0
    assert PHONE in visitor.get(address, params={"properties": "manager_phone"}, headers=city).text
    with persons.connect() as connection:
        assert connection.execute(text(read), {"id": before}).scalar_one() == 1
