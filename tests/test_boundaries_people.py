"""Who drew, judged, proposed, refused and decided is told by name; the login stays beside it for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from shapely import LineString
from sqlalchemy import Engine

from tests.desk import CLERK, OFFICE, STREET, Seat, desk, enrol, geojson, rows_of
from tests.ground import lonlat, square
from tests.import_files import SENTENCE

pytestmark = pytest.mark.database
OPEN = "东至湖东路，南至菱湖南路，西至老北街，北至天柱山东路"
DRAWN, JUDGED = 1, 2
BLOCK, HALF = (geojson(lonlat(square(600, 400, east, 500))) for east in (700, 650))
ACROSS = geojson(lonlat(LineString([(650, 350), (650, 550)])))


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Two rows; 王某 and 李某 have accounts, 赵某 has none any more."""
    rows_of(engine, tmp_path_factory.mktemp("rows"), SENTENCE, OPEN)
    enrol(engine, CLERK, OFFICE)
    with desk(engine) as client:
        yield client


def called(told: dict[str, Any], name: str) -> tuple[str, str]:
    """The login and the name that stand for somebody."""
    return told[name], told[f"{name}_name"]


def test_a_history_and_a_review_call_people_by_their_names(client: httpx.Client) -> None:
    clerk, office = Seat(client, CLERK), Seat(client, OFFICE)
    clerk.look(DRAWN)
    clerk.do(DRAWN, "draft", geometry=HALF)
    clerk.do(DRAWN, "submit")
    office.look(DRAWN)
    back = office.do(DRAWN, "send-back", note="东界应到路边")
    assert called(back["working"], "author") == ("clerk", "王某")
    reviewed = [called(step, "person") for step in back["working"]["steps"]]
    assert reviewed == [("clerk", "王某"), ("clerk", "王某"), ("office", "李某")]
    clerk.look(DRAWN)
    clerk.do(DRAWN, "draft", geometry=BLOCK)
    clerk.do(DRAWN, "submit")
    office.look(DRAWN)
    told = office.do(DRAWN, "approve")
    decided = [called(step, "person") for step in told["history"][0]["steps"]]
    assert decided == [("clerk", "王某"), ("clerk", "王某"), ("office", "李某")]
    assert called(told["history"][0], "author") == ("clerk", "王某")


def test_whoever_came_first_is_called_by_name_to_the_one_who_came_second(client: httpx.Client) -> None:
    clerk, office = Seat(client, CLERK), Seat(client, OFFICE)
    for seat in (clerk, office):
        seat.look(DRAWN)
    clerk.do(DRAWN, "draft", geometry=HALF)
    refused = office.send("PUT", f"/boundaries/areas/{DRAWN}/draft", {"geometry": BLOCK}, DRAWN)
    assert refused.status_code == 412
    told = refused.json()
    assert called(told["current"], "author") == ("clerk", "王某")
    assert "王某 已改到第" in told["detail"]
    assert "clerk" not in told["detail"]
    clerk.do(DRAWN, "discard")


def test_whoever_said_what_a_side_is_is_called_by_name(client: httpx.Client) -> None:
    clerk = Seat(client, CLERK)
    clerk.look(JUDGED)
    told = clerk.do(JUDGED, "judgements", side="W", place_id="集贤北路-0-150")
    west = next(side for side in told["sentence"]["sides"] if side["side"] == "W")
    assert called(west["judgement"], "author") == ("clerk", "王某")


def test_a_split_tells_by_name_who_proposed_and_who_decided(client: httpx.Client) -> None:
    clerk, office = Seat(client, CLERK), Seat(client, OFFICE)
    clerk.look(DRAWN)
    while clerk.look(DRAWN)["working"]:
        clerk.do(DRAWN, "discard")
    answer = clerk.send("POST", f"/boundaries/areas/{DRAWN}/split", {"line": ACROSS}, DRAWN)
    assert answer.status_code == 201, answer.text
    proposed = answer.json()
    assert called(proposed, "proposed_by") == ("clerk", "王某")
    decided = office.send("POST", f"/boundaries/successions/{proposed['id']}/approve").json()
    assert called(decided, "decided_by") == ("office", "李某")
    assert office.ask(f"/boundaries/successions/{proposed['id']}")["proposed_by_name"] == "王某"


def test_somebody_who_has_no_account_any_more_is_told_by_the_login(client: httpx.Client) -> None:
    street = Seat(client, STREET)
    street.look(JUDGED)
    told = street.do(JUDGED, "draft", geometry=geojson(lonlat(square(800, 400, 900, 500))))
    assert called(told["working"], "author") == ("street", "street")
