"""Areas split and merged at the desk: proposed, decided by another, with ledger row, communities, problems, history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from shapely import LineString
from sqlalchemy import Engine, text

from gis_service import clock
from gis_service.store.frames import areas_frame
from tests.desk import CLERK, OFFICE, STRANGER, Seat, desk, geojson, rows_of
from tests.ground import lonlat, square
from tests.import_files import SENTENCE, annex1, annex2, entry, problem, rows, take_in

pytestmark = pytest.mark.database
WHOLE = geojson(lonlat(square(20, 20, 380, 280)))
MIDDLE = geojson(lonlat(LineString([(90, -50), (90, 350)])))  # between the footprints of the two communities


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    rows_of(engine, tmp_path_factory.mktemp("ground"), "四周为空地")
    with desk(engine) as client:
        yield client


@pytest.fixture(autouse=True)
def _two_areas(engine: Engine, tmp_path: Path) -> None:
    """Two areas; the first has both communities, and a problem for itself and one for each community."""
    both = entry(1, area_name="大院", community_names=("阳光花园1", "阳光花园2"), abuttals_text="四周为空地")
    beside = entry(2, area_name="邻院", community_names=("邻院小区",), abuttals_text="四周为空地")
    with engine.begin() as connection:
        connection.execute(text("truncate management_areas, problems cascade"))
    take_in(engine, "ledger", annex1(tmp_path, both, beside))
    named = ("大院", "阳光花园1", "阳光花园2")
    take_in(engine, "ledger", annex2(tmp_path, *(problem(at, project_name=name) for at, name in enumerate(named, 1))))


@pytest.fixture
def clerk(client: httpx.Client) -> Seat:
    return Seat(client, CLERK)


@pytest.fixture
def office(client: httpx.Client) -> Seat:
    return Seat(client, OFFICE)


def agreed(area: int, shape: dict[str, Any], clerk: Seat, office: Seat) -> None:
    clerk.look(area)
    clerk.do(area, "draft", geometry=shape)
    clerk.do(area, "submit")
    office.look(area)
    office.do(area, "approve", effective_from="2023-08-01")


def first_id(engine: Engine, name: str) -> int:
    return int(rows(engine, f"select id from management_areas where name = '{name}'")[0][0])  # noqa: S608


def split(area: int, clerk: Seat) -> dict[str, Any]:
    clerk.look(area)
    answer = clerk.send("POST", f"/boundaries/areas/{area}/split", {"line": MIDDLE}, area)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def decide(seat: Seat, proposal: int, what: str, **body: object) -> dict[str, Any]:
    answer = seat.send("POST", f"/boundaries/successions/{proposal}/{what}", body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def of_problems(engine: Engine) -> dict[str, str]:
    query = "select p.project_name, a.name from problems p join management_areas a on a.id = p.area_id"
    return dict(rows(engine, query))


def test_a_split_keeps_ledger_row_problems_and_history(engine: Engine, clerk: Seat, office: Seat) -> None:
    area = first_id(engine, "大院")
    agreed(area, WHOLE, clerk, office)
    proposal = split(area, clerk)
    assert [part["name"] for part in proposal["after"]] == ["大院（一）", "大院（二）"]
    assert clerk.look(area)["pending"]["words"] == "分立待审核"
    assert not clerk.look(area)["may"]["edit"]
    told = decide(office, proposal["id"], "approve")
    east, west = (part["id"] for part in told["after"])
    old = clerk.look(area)
    assert (old["state"], [one["id"] for one in old["successors"]]) == ("retired", [east, west])
    assert [step["step"] for step in old["history"][0]["steps"]] == ["draft", "submit", "approve", "retire"]
    assert old["history"][0]["effective_to"] == clock.today().isoformat()
    new = clerk.look(east)
    assert [one["id"] for one in new["predecessors"]] == [area]
    assert new["facts"][1] == {"title": "小区名称", "value": "阳光花园2"}
    assert clerk.look(west)["facts"][1] == {"title": "小区名称", "value": "阳光花园1"}
    assert of_problems(engine) == {"大院": "大院（一）", "阳光花园1": "大院（二）", "阳光花园2": "大院（一）"}
    with engine.connect() as connection:
        assert areas_frame(connection, clock.today())["name"].tolist() == ["大院（一）", "大院（二）"]
        assert areas_frame(connection, dt.date(2023, 9, 1))["name"].tolist() == ["大院"]


def test_a_merge_makes_one_area_that_goes_by_the_names_before(engine: Engine, clerk: Seat, office: Seat) -> None:
    area, other = first_id(engine, "大院"), first_id(engine, "邻院")
    agreed(area, WHOLE, clerk, office)
    agreed(other, geojson(lonlat(square(380, 20, 500, 280))), clerk, office)
    answer = clerk.send("POST", "/boundaries/merge", {"ids": [area, other], "name": "大院"})
    assert answer.status_code == 201, answer.text
    told = decide(office, answer.json()["id"], "approve")
    (merged,) = told["after"]
    new = clerk.look(merged["id"])
    assert new["approved"]["area_m2"] == pytest.approx(480 * 260, rel=1e-3)
    assert new["approved"]["geometry"]["type"] == "MultiPolygon"
    assert len(new["approved"]["geometry"]["coordinates"]) == 1
    assert "大院、邻院" in [fact["value"] for fact in new["facts"]]
    assert set(of_problems(engine).values()) == {"大院"}
    assert {row[0] for row in rows(engine, "select distinct area_id from problems")} == {merged["id"]}


def test_a_ledger_that_still_has_the_old_rows_changes_no_boundary(
    engine: Engine, clerk: Seat, office: Seat, tmp_path: Path
) -> None:
    area = first_id(engine, "大院")
    agreed(area, WHOLE, clerk, office)
    decide(office, split(area, clerk)["id"], "approve")
    before = rows(engine, "select count(*) from area_revisions") + rows(engine, "select count(*) from management_areas")
    again = entry(1, area_name="大院", community_names=("阳光花园1",), abuttals_text=SENTENCE)
    take_in(engine, "ledger", annex1(tmp_path, again))
    after = rows(engine, "select count(*) from area_revisions") + rows(engine, "select count(*) from management_areas")
    assert after == before
    assert clerk.look(area)["state"] == "retired"


def test_who_proposed_does_not_decide_and_a_stranger_does_neither(
    engine: Engine, client: httpx.Client, clerk: Seat, office: Seat
) -> None:
    area = first_id(engine, "大院")
    agreed(area, WHOLE, clerk, office)
    stranger = Seat(client, STRANGER)
    stranger.look(area)
    body = {"line": MIDDLE}
    assert stranger.send("POST", f"/boundaries/areas/{area}/split", body, area).status_code == 403
    proposal = split(area, clerk)["id"]
    for seat, status in ((clerk, 409), (stranger, 403)):
        assert seat.send("POST", f"/boundaries/successions/{proposal}/approve").status_code == status
    assert decide(office, proposal, "send-back", note="先核实红线")["state"] == "sent_back"
    assert office.send("POST", f"/boundaries/successions/{proposal}/approve").status_code == 409
    assert clerk.look(area)["state"] == "approved"
    proposal = split(area, clerk)["id"]
    assert decide(clerk, proposal, "withdraw")["state"] == "withdrawn"
    assert clerk.look(area)["pending"] is None


def test_while_a_split_waits_nothing_else_is_proposed(engine: Engine, clerk: Seat, office: Seat) -> None:
    area, other = first_id(engine, "大院"), first_id(engine, "邻院")
    agreed(area, WHOLE, clerk, office)
    agreed(other, geojson(lonlat(square(380, 20, 500, 280))), clerk, office)
    split(area, clerk)
    clerk.look(area)
    for address, body in (
        (f"/boundaries/areas/{area}/draft", {"geometry": WHOLE}),
        (f"/boundaries/areas/{area}/split", {"line": MIDDLE}),
        ("/boundaries/merge", {"ids": [area, other], "name": "全院"}),
    ):
        method = "PUT" if address.endswith("draft") else "POST"
        assert clerk.send(method, address, body, area).status_code == 409, address


def test_a_line_that_does_not_cut_through_is_refused(engine: Engine, clerk: Seat, office: Seat) -> None:
    area = first_id(engine, "大院")
    agreed(area, WHOLE, clerk, office)
    clerk.look(area)
    short = geojson(lonlat(LineString([(90, -50), (90, 150)])))
    answer = clerk.send("POST", f"/boundaries/areas/{area}/split", {"line": short}, area)
    assert answer.status_code == 422
    assert "完全切开" in answer.json()["detail"]


def test_areas_without_an_agreed_boundary_are_not_merged(engine: Engine, clerk: Seat) -> None:
    ids = [first_id(engine, "大院"), first_id(engine, "邻院")]
    assert clerk.send("POST", "/boundaries/merge", {"ids": ids, "name": "全院"}).status_code == 409
    assert clerk.send("POST", "/boundaries/merge", {"ids": ids[:1] * 2, "name": "全院"}).status_code == 400
