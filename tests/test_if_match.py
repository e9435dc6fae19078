"""If-Match on drafts: enforced by default, waived by a setting; many writers at once; a generic client edits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any

import httpx
import pytest
from owslib.ogcapi.features import Features  # type: ignore[import-untyped]
from sqlalchemy import Engine

from gis_service.access import Reader
from gis_service.api import create_app
from tests.desk import CLERK, OFFICE, Seat, Seated, geojson, rows_of, who
from tests.ground import lonlat, square
from tests.import_files import rows
from tests.web import SETTINGS, refusal, served

pytestmark = pytest.mark.database
ITEMS = "/collections/boundary_drafts/items"
GEOJSON, PATCH = "application/geo+json", "application/merge-patch+json"
AREAS, WRITERS = 70, 8
_taken, _plots = count(1), count(0)
SQUARE = geojson(lonlat(square(600, 0, 700, 100)))
DESK = ("discard", "submit", "withdraw", "restore", "approve", "send-back", "judgements", "split")


@pytest.fixture(scope="module")
def ground(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    rows_of(engine, tmp_path_factory.mktemp("rows"), *["四周为空地"] * AREAS)
    return engine


@pytest.fixture(scope="module", params=[True, False], ids=["required", "waived"])
def strict(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def client(ground: Engine, strict: bool) -> Iterator[httpx.Client]:
    settings = SETTINGS.model_copy(update={"require_if_match": strict})
    app = create_app(ground, settings)
    app.state.visitors = Seated(ground, settings)
    with served(app, None) as client:
        client.headers.update(who(CLERK))
        yield client


def feature(geometry: dict[str, Any] | None = None, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry or SQUARE, "properties": properties}


def created(client: httpx.Client) -> tuple[str, str]:
    """The address and the tag of a new draft of an area that no other test draws."""
    body = feature(code=f"WY-340802-{next(_taken):04d}")
    answer = client.post(ITEMS, json=body, headers={"content-type": GEOJSON})
    assert answer.status_code == 201, answer.text
    return httpx.URL(answer.headers["location"]).path, answer.headers["etag"]


CHANGES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "PUT": ({"json": feature(note="改画")}, {"content-type": GEOJSON}),
    "PATCH": ({"json": {"properties": {"note": "换一句"}}}, {"content-type": PATCH}),
    "DELETE": ({}, {}),
}


@pytest.mark.parametrize("method", CHANGES)
def test_without_if_match_a_draft_is_changed_only_where_the_setting_waives_it(
    client: httpx.Client, strict: bool, method: str
) -> None:
    place, _ = created(client)
    body, headers = CHANGES[method]
    answer = client.request(method, place, headers=headers, **body)
    if strict:
        assert "If-Match" in refusal(answer, 428)
        assert client.get(place).json()["properties"]["revision"] == 1
    else:
        assert answer.status_code == 204, answer.text


@pytest.mark.parametrize("method", CHANGES)
def test_a_stale_tag_is_refused_whatever_the_setting(client: httpx.Client, method: str) -> None:
    place, tag = created(client)
    newer = client.put(place, json=feature(note="别人的"), headers={"content-type": GEOJSON, "if-match": tag})
    assert newer.status_code == 204
    body, headers = CHANGES[method]
    for stale in (tag, '"no such state"', f"W/{tag}"):
        answer = client.request(method, place, headers={**headers, "if-match": stale}, **body)
        assert answer.status_code == 412, answer.text
        assert answer.json()["current"]["author"] == CLERK.login
    assert client.get(place).json()["properties"]["note"] == "别人的"
    current = client.request(method, place, headers={**headers, "if-match": newer.headers["etag"]}, **body)
    assert current.status_code == 204, current.text


@pytest.mark.parametrize("what", DESK)
def test_the_desk_itself_always_says_what_it_saw(client: httpx.Client, what: str) -> None:
    area = int(created(client)[0].rpartition("/")[2])
    bodies: dict[str, dict[str, Any]] = {
        **{"restore": {"revision": 1}, "send-back": {"note": "改"}},
        **{"judgements": {"side": "E", "undo": True}, "split": {"line": LINE}},
    }
    body = bodies.get(what, {})
    path = f"/boundaries/areas/{area}/{what}"
    assert client.post(path, json=body).status_code == 428
    assert client.post(path, json=body, headers={"if-match": '"old"'}).status_code == 412


LINE = geojson(lonlat(square(600, 50, 700, 51).boundary))


def test_a_client_that_knows_only_the_standard_creates_replaces_and_deletes(client: httpx.Client, strict: bool) -> None:
    """OWSLib; it sends no If-Match of its own, but any header it is given."""
    headers = who(CLERK)
    service = Features(f"{str(client.base_url).rstrip('/')}/", headers=headers)
    service.headers.pop("If-Match", None)  # OWSLib keeps one set of headers for all services of a program
    code = f"WY-340802-{next(_taken):04d}"
    assert service.collection_item_create("boundary_drafts", feature(code=code))
    (found,) = service.collection_items("boundary_drafts", code=code)["features"]
    number, place = str(found["id"]), f"{ITEMS}/{found['id']}"
    if strict:
        with pytest.raises(RuntimeError, match="If-Match"):
            service.collection_item_update("boundary_drafts", number, feature(note="改"))
        service.headers["If-Match"] = client.get(place).headers["etag"]
    assert service.collection_item_update("boundary_drafts", number, feature(note="由通用程序改"))
    assert service.collection_item("boundary_drafts", number)["properties"]["note"] == "由通用程序改"
    if strict:
        with pytest.raises(RuntimeError):
            service.collection_item_delete("boundary_drafts", number)
        service.headers["If-Match"] = client.get(place).headers["etag"]
    assert service.collection_item_delete("boundary_drafts", number)
    assert client.get(place).status_code == 404


def at_once(client: httpx.Client, jobs: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
    """The answers to requests that set out at the same moment, each over a connection of its own."""
    barrier = Barrier(len(jobs))

    def ask(job: tuple[str, str, dict[str, Any]]) -> httpx.Response:
        method, path, more = job
        with httpx.Client(base_url=client.base_url, timeout=60) as own:
            own.get("/conformance")
            barrier.wait(120)
            return own.request(method, path, **more)

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(ask, jobs))


def replaced(place: str, tag: str, writer: int) -> tuple[str, str, dict[str, Any]]:
    reader: Reader = (CLERK, OFFICE)[writer % 2]
    headers = {**who(reader), "content-type": GEOJSON, "if-match": tag}
    return "PUT", place, {"json": feature(note=f"第 {writer} 人"), "headers": headers}


def test_of_many_who_write_at_once_from_one_state_exactly_one_wins(client: httpx.Client) -> None:
    place, tag = created(client)
    area = int(place.rpartition("/")[2])
    for turn in range(1, 4):
        answers = at_once(client, [replaced(place, tag, writer) for writer in range(WRITERS)])
        assert Counter(one.status_code for one in answers) == {204: 1, 412: WRITERS - 1}
        won = next(number for number, one in enumerate(answers) if one.status_code == 204)
        told = client.get(place)
        assert (told.json()["properties"]["note"], told.json()["properties"]["revision"]) == (f"第 {won} 人", turn + 1)
        tag = told.headers["etag"]
    history = Seat(client, CLERK).look(area)["history"]
    assert [one["number"] for one in history] == [4, 3, 2, 1], "nothing was overwritten, nothing lost"


def test_of_many_who_create_at_once_exactly_one_has_the_draft(client: httpx.Client) -> None:
    body = feature(code=f"WY-340802-{next(_taken):04d}")
    headers = {**who(CLERK), "content-type": GEOJSON}
    answers = at_once(client, [("POST", ITEMS, {"json": body, "headers": headers})] * WRITERS)
    assert Counter(one.status_code for one in answers) == {201: 1, 409: WRITERS - 1}


def test_whatever_several_do_to_one_area_at_once_one_boundary_is_agreed_and_nobody_is_told_of_a_fault(
    client: httpx.Client, ground: Engine
) -> None:
    place, _ = created(client)
    area = int(place.rpartition("/")[2])
    spot = 800 + 150 * next(_plots)
    shape = geojson(lonlat(square(spot, 0, spot + 100, 100)))
    clerk = Seat(client, CLERK)
    clerk.look(area)
    clerk.do(area, "draft", geometry=shape)
    for _ in range(2):
        clerk.look(area)
        clerk.do(area, "submit")
        tag = clerk.tags[area]
        steps: list[tuple[str, Reader, dict[str, str]]] = [
            *(("approve", OFFICE, {}), ("send-back", OFFICE, {"note": "改"}), ("withdraw", CLERK, {})),
        ] * 2
        jobs = [
            ("POST", f"/boundaries/areas/{area}/{what}", {"json": body, "headers": {**who(reader), "if-match": tag}})
            for what, reader, body in steps
        ]
        answers = at_once(client, [*jobs, replaced(place, tag, 0), replaced(place, tag, 1)])
        statuses = Counter(one.status_code for one in answers)
        assert statuses[200] == 1, [one.text[:200] for one in answers]
        assert set(statuses) <= {200, 409, 412, 404}
        agreed = (
            "select count(*) from area_revisions where state = 'approved' and area_id = {}"
            " and daterange(effective_from, effective_to) @> current_date"
        )
        assert rows(ground, agreed.format(area))[0][0] <= 1
        clerk.look(area)
        clerk.do(area, "draft", geometry=shape)
    told = clerk.look(area)
    assert [one["number"] for one in told["history"]] == list(range(len(told["history"]), 0, -1))
    assert json.dumps(told["history"]).count('"step": "submit"') == 2
