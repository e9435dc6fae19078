"""The boundaries desk through its interface, on a real PostGIS: what is shown, drawn, checked and decided by whom."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely
from shapely import LineString, Polygon
from sqlalchemy import Engine, text

from tests.desk import CITY, CLERK, OFFICE, STRANGER, STREET, Seat, desk, geojson, rows_of, who
from tests.ground import lonlat, metres, square
from tests.import_files import SENTENCE, annex1, entry, take_in
from tests.web import items_of

pytestmark = pytest.mark.database
OPEN = "东至湖东路，南至菱湖南路，西至老北街，北至天柱山东路"
FREE = 24  # rows that say nothing, for tests to draw
_taken = count(3)


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    rows_of(engine, tmp_path_factory.mktemp("rows"), SENTENCE, OPEN, *["四周为空地"] * FREE)
    with desk(engine) as client:
        yield client


@pytest.fixture
def clerk(client: httpx.Client) -> Seat:
    return Seat(client, CLERK)


@pytest.fixture
def office(client: httpx.Client) -> Seat:
    return Seat(client, OFFICE)


class Plot:
    """A row that no other test draws, and ground of its own for it: 100 × 100 m, east and west of nobody."""

    def __init__(self) -> None:
        self.id = next(_taken)
        self.west = 600.0 + 150 * (self.id % 10)
        self.south = 400.0 + 150 * (self.id // 10)

    def square(self, size: float = 100, east: float = 0) -> dict[str, Any]:
        """A square from the plot's corner, moved east by so many metres."""
        west = self.west + east
        return geojson(lonlat(square(west, self.south, west + size, self.south + size)))


@pytest.fixture
def plot() -> Plot:
    return Plot()


def agreed(plot: Plot, clerk: Seat, office: Seat, shape: dict[str, Any] | None = None) -> dict[str, Any]:
    """The plot, drawn by the clerk and approved by the office."""
    clerk.look(plot.id)
    clerk.do(plot.id, "draft", geometry=shape or plot.square())
    clerk.do(plot.id, "submit")
    office.look(plot.id)
    return office.do(plot.id, "approve")


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem that a refusal tells."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    return told


def test_the_work_list_says_where_every_row_stands(clerk: Seat) -> None:
    told = clerk.ask("/boundaries/areas", limit=2)
    found = [(item["name"], item["state"], item["open_sides"], item["may_edit"]) for item in told["items"]]
    assert found == [("阳光花园1", "drafted", [], True), ("阳光花园2", "open", ["W"], True)]
    rest = clerk.ask("/boundaries/areas", cursor=told["next"])
    assert len(rest["items"]) == FREE
    assert rest["next"] is None
    assert sum(told["counts"].values()) == FREE + 2
    assert told["streets"] == ["宜城路街道"]


def test_the_work_list_is_searched_and_narrowed(clerk: Seat) -> None:
    assert [one["id"] for one in clerk.ask("/boundaries/areas", q="老北街")["items"]] == [2]
    assert [one["id"] for one in clerk.ask("/boundaries/areas", state="drafted", q="湖东路")["items"]] == [1]
    assert clerk.ask("/boundaries/areas", street="孝肃路街道")["items"] == []


def test_a_list_is_of_ones_own_county_unless_all_is_asked_for(client: httpx.Client) -> None:
    stranger = Seat(client, STRANGER)
    assert stranger.ask("/boundaries/areas")["items"] == []
    items = stranger.ask("/boundaries/areas", mine="false")["items"]
    assert len(items) == FREE + 2
    assert not any(item["may_edit"] for item in items)


@pytest.mark.parametrize("query", ["state=x", "limit=0", "mine=maybe", "other=1", "state=open&limit=1&limit=2"])
def test_a_list_that_cannot_be_asked_for_is_refused(client: httpx.Client, query: str) -> None:
    refused(client.get(f"/boundaries/areas?{query}", headers=who(CLERK)), 400)


def test_nobody_without_a_desk_sees_the_list(client: httpx.Client) -> None:
    refused(client.get("/boundaries/areas"), 403)


def test_a_sentence_is_told_side_by_side(clerk: Seat) -> None:
    told = clerk.look(2)
    sides = {side["side"]: side for side in told["sentence"]["sides"]}
    assert [sides[one]["state"] for one in "ESWN"] == ["found", "found", "open", "found"]
    assert sides["W"]["phrases"] == [{"start": 15, "end": 18, "text": "老北街"}]
    assert sides["E"]["anchors"] == [{"name": "湖东路", "place_id": "湖东路-400-150", "place": "湖东路"}]
    assert sides["E"]["edge"]["type"] == "LineString"
    assert told["open_sides"] == ["W"]
    assert told["may"]["edit"]


def test_a_click_offers_what_is_near_and_words_what_they_may_mean(clerk: Seat) -> None:
    spot = lonlat(square(-1, 149, 1, 151)).centroid
    near = clerk.ask("/boundaries/areas/2/candidates", side="W", lon=spot.x, lat=spot.y)["items"]
    assert (near[0]["name"], near[0]["kind_words"]) == ("集贤北路", "道路")
    assert near[0]["distance_m"] < 1
    assert [one["distance_m"] for one in near] == sorted(one["distance_m"] for one in near)
    named = clerk.ask("/boundaries/areas/2/candidates", side="E")["items"]
    assert [(one["name"], one["why"]) for one in named] == [("湖东路", "名称一致")]


def test_a_draft_goes_to_review_and_is_approved_by_another(clerk: Seat, office: Seat, plot: Plot) -> None:
    told = agreed(plot, clerk, office)
    assert (told["state"], told["working"], told["approved"]["number"]) == ("approved", None, 1)
    steps = [(step["step"], step["person"]) for step in told["history"][0]["steps"]]
    assert steps == [("draft", "clerk"), ("submit", "clerk"), ("approve", "office")]
    items = items_of(clerk.client, "management_areas", code=told["code"])["features"]
    assert items[0]["properties"]["state"] == "approved"
    assert items[0]["properties"]["area_m2"] == pytest.approx(10_000, rel=1e-3)


def test_the_author_does_not_approve(clerk: Seat, plot: Plot) -> None:
    clerk.look(plot.id)
    clerk.do(plot.id, "draft", geometry=plot.square())
    told = clerk.do(plot.id, "submit")
    assert not told["may"]["approve"]
    answer = clerk.send("POST", f"/boundaries/areas/{plot.id}/approve", area=plot.id)
    assert "不能核准自己" in refused(answer, 409)["detail"]


def test_what_is_sent_back_says_why_and_is_drawn_anew(clerk: Seat, office: Seat, plot: Plot) -> None:
    clerk.look(plot.id)
    clerk.do(plot.id, "draft", geometry=plot.square(), note="第一稿")
    clerk.do(plot.id, "submit")
    office.look(plot.id)
    refused(office.send("POST", f"/boundaries/areas/{plot.id}/send-back", {"note": " "}, plot.id), 400)
    told = office.do(plot.id, "send-back", note="北界应到围墙")
    assert told["state"] == "sent_back"
    assert told["working"]["steps"][-1]["note"] == "北界应到围墙"
    assert told["working"]["note"] == "第一稿"
    clerk.look(plot.id)
    assert clerk.do(plot.id, "draft", geometry=plot.square(90))["state"] == "drafted"
    told = clerk.do(plot.id, "restore", revision=1)
    assert [one["state"] for one in told["history"]] == ["draft", "draft", "sent_back"]
    compared = clerk.ask(f"/boundaries/areas/{plot.id}/compare", **{"from": 2, "to": 3})
    assert compared["added_m2"] == pytest.approx(1900, rel=0.01)
    assert compared["removed"] is None


def test_a_proposal_can_be_withdrawn_and_a_draft_discarded(clerk: Seat, plot: Plot) -> None:
    clerk.look(plot.id)
    clerk.do(plot.id, "draft", geometry=plot.square())
    clerk.do(plot.id, "submit")
    refused(clerk.send("PUT", f"/boundaries/areas/{plot.id}/draft", {"geometry": plot.square(80)}, plot.id), 409)
    assert clerk.do(plot.id, "withdraw")["state"] == "drafted"
    told = clerk.do(plot.id, "discard")
    assert (told["state"], told["working"]) == ("open", None)
    assert [one["state"] for one in told["history"]] == ["discarded"]
    assert clerk.ask(f"/boundaries/areas/{plot.id}/revisions/1")["geometry"]["type"] == "MultiPolygon"


def test_a_change_says_what_it_was_made_from(clerk: Seat, office: Seat, plot: Plot) -> None:
    address, body = f"/boundaries/areas/{plot.id}/draft", {"geometry": plot.square()}
    refused(clerk.send("PUT", address, body), 428)
    clerk.look(plot.id)
    office.look(plot.id)
    clerk.do(plot.id, "draft", geometry=plot.square())
    told = refused(office.send("PUT", address, {"geometry": plot.square(east=10)}, plot.id), 412)
    assert (told["current"]["number"], told["current"]["author"]) == (1, "clerk")
    assert told["difference"]["added_m2"] == pytest.approx(1000, rel=0.01)
    assert told["difference"]["removed_m2"] == pytest.approx(1000, rel=0.01)
    assert [one["author"] for one in clerk.look(plot.id)["history"]] == ["clerk"]


def test_a_bow_tie_is_refused_with_its_crossing(clerk: Seat, plot: Plot) -> None:
    clerk.look(plot.id)
    west, south = plot.west, plot.south
    tie = lonlat(Polygon([(west, south), (west + 100, south + 100), (west + 100, south), (west, south + 100)]))
    crossing = lonlat(square(west + 49, south + 49, west + 51, south + 51)).centroid
    told = clerk.do(plot.id, "checks", geometry=geojson(tie))
    (finding,) = told["findings"]
    assert finding["blocking"]
    assert finding["geometry"]["coordinates"][0] == pytest.approx([crossing.x, crossing.y], abs=1e-6)
    answer = clerk.send("PUT", f"/boundaries/areas/{plot.id}/draft", {"geometry": geojson(tie)}, plot.id)
    assert f"自相交于 {crossing.x:.3f}" in refused(answer, 422)["detail"]
    assert clerk.look(plot.id)["history"] == []


def test_an_overlap_with_an_agreed_neighbour_stops_submission_and_a_draft_does_not(
    clerk: Seat, office: Seat, plot: Plot
) -> None:
    other, third = Plot(), Plot()
    agreed(plot, clerk, office)
    clerk.look(other.id)
    shape = plot.square(east=95)
    found = clerk.do(other.id, "checks", geometry=shape)["findings"]
    assert (found[0]["code"], found[0]["blocking"], found[0]["other"]["id"]) == ("overlap", True, plot.id)
    assert found[0]["area_m2"] == pytest.approx(500, rel=0.01)
    clerk.do(other.id, "draft", geometry=shape)
    told = refused(clerk.send("POST", f"/boundaries/areas/{other.id}/submit", area=other.id), 409)
    assert told["findings"][0]["code"] == "overlap"
    clerk.look(third.id)
    codes = {one["code"] for one in clerk.do(third.id, "checks", geometry=plot.square(east=120))["findings"]}
    assert "overlap_draft" in codes
    clerk.do(other.id, "discard")


def test_what_was_free_at_submission_is_checked_again_at_approval(clerk: Seat, office: Seat, plot: Plot) -> None:
    other = Plot()
    for one, east in ((plot, 0.0), (other, 0.0)):
        clerk.look(one.id)
        clerk.do(one.id, "draft", geometry=plot.square(east=east))
        clerk.do(one.id, "submit")
    office.look(plot.id)
    office.look(other.id)
    office.do(plot.id, "approve")
    told = refused(office.send("POST", f"/boundaries/areas/{other.id}/approve", area=other.id), 409)
    assert [one["code"] for one in told["findings"]] == ["overlap"]
    office.do(other.id, "send-back", note="与邻区重叠")


def test_a_road_inside_and_ground_outside_the_county_are_told(clerk: Seat, plot: Plot) -> None:
    clerk.look(plot.id)
    across = geojson(lonlat(square(380, 400, 480, 500)))
    found = {one["code"]: one for one in clerk.do(plot.id, "checks", geometry=across)["findings"]}
    assert found["reserve"]["message"].startswith("压占“湖东路”用地")
    assert found["reserve"]["area_m2"] == pytest.approx(20 * 100, rel=0.02)
    assert not found["reserve"]["blocking"]
    far = geojson(lonlat(square(9000, 0, 9100, 100)))
    (outside,) = [one for one in clerk.do(plot.id, "checks", geometry=far)["findings"] if one["blocking"]]
    assert outside["code"] == "outside_county"


def test_staff_edit_only_at_home_and_a_street_does_not_decide(client: httpx.Client, clerk: Seat, plot: Plot) -> None:
    stranger, street = Seat(client, STRANGER), Seat(client, STREET)
    stranger.look(plot.id)
    body = {"geometry": plot.square()}
    refused(stranger.send("PUT", f"/boundaries/areas/{plot.id}/draft", body, plot.id), 403)
    street.look(plot.id)
    street.do(plot.id, "draft", **body)
    street.do(plot.id, "submit")
    clerk.look(plot.id)
    refused(street.send("POST", f"/boundaries/areas/{plot.id}/approve", area=plot.id), 403)
    assert clerk.do(plot.id, "approve")["state"] == "approved"
    city = Seat(client, CITY)
    assert city.look(plot.id)["may"]["edit"]


def test_a_shared_edge_moves_both_areas_or_none(clerk: Seat, office: Seat, plot: Plot) -> None:
    other = Plot()
    agreed(plot, clerk, office, plot.square(60))
    agreed(other, clerk, office, plot.square(60, east=60))
    clerk.look(plot.id)
    neighbour = next(one for one in clerk.look(plot.id)["neighbours"] if one["id"] == other.id)
    west, south = plot.west, plot.south
    moved = geojson(lonlat(square(west, south, west + 70, south + 60)))
    beside = geojson(lonlat(square(west + 70, south, west + 120, south + 60)))
    stale = [{"id": other.id, "geometry": beside, "revision": 7}]
    address = f"/boundaries/areas/{plot.id}/draft"
    refused(clerk.send("PUT", address, {"geometry": moved, "moves": stale}, plot.id), 412)
    assert clerk.look(plot.id)["state"] == "approved"
    moves = [{"id": other.id, "geometry": beside, "revision": neighbour["revision"]}]
    told = clerk.do(plot.id, "draft", geometry=moved, moves=moves)
    assert told["working"]["area_m2"] == pytest.approx(4200, rel=0.01)
    assert clerk.look(other.id)["working"]["area_m2"] == pytest.approx(3000, rel=0.01)


def test_a_judgement_closes_the_row_and_is_remembered_for_the_name(clerk: Seat, engine: Engine) -> None:
    told = clerk.look(2)
    told = clerk.do(2, "judgements", side="W", place_id="集贤北路-0-150")
    assert (told["state"], told["redrawn"], told["open_sides"]) == ("drafted", True, [])
    west = next(side for side in told["sentence"]["sides"] if side["side"] == "W")
    assert (west["state"], west["judgement"]["place"], west["judgement"]["author"]) == ("found", "集贤北路", "clerk")
    assert told["working"]["origin"] == "resolver"
    clerk.do(2, "judgements", side="W", undo=True)
    with engine.connect() as connection:
        rows = connection.execute(text("select name, place_id, live from judgements order by id")).all()
    assert [tuple(row) for row in rows] == [("老北街", "集贤北路-0-150", False), ("老北街", None, True)]


def test_a_line_drawn_for_a_side_counts_for_that_area_alone(clerk: Seat) -> None:
    clerk.look(2)
    line = geojson(lonlat(LineString([(10, -100), (10, 400)])))
    told = clerk.do(2, "judgements", side="W", line=line)
    west = next(side for side in told["sentence"]["sides"] if side["side"] == "W")
    assert west["judgement"]["kind"] == "side"
    assert told["redrawn"]


def test_a_side_without_a_name_follows_the_road_that_was_clicked_on_its_near_edge(
    clerk: Seat, engine: Engine, tmp_path: Path
) -> None:
    walled = entry(91, area_name="围墙小区", community_names=(), abuttals_text=OPEN.replace("老北街", "空地"))
    take_in(engine, "ledger", annex1(tmp_path, walled))
    (item,) = clerk.ask("/boundaries/areas", q="围墙小区")["items"]
    assert item["open_sides"] == ["W"]
    clerk.look(item["id"])
    told = clerk.do(item["id"], "judgements", side="W", place_id="集贤北路-0-150")
    west = metres(shapely.geometry.shape(told["working"]["geometry"])).bounds[0]
    assert west == pytest.approx(10, abs=0.1), "half of the 20 m of the road"
    assert told["resolution"]["issues"] == []
    told = clerk.do(item["id"], "judgements", side="W", undo=True)
    assert told["sentence"]["sides"][2]["judgement"] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"side": "W"}, 400),
        ({"side": "X", "undo": True}, 400),
        ({"side": "W", "place_id": "nowhere"}, 404),
        ({"side": "W", "place_id": "area:2"}, 422),
        ({"side": "W", "place_id": "湖东路-400-150", "anchor": 3}, 422),
        ({"side": "W", "line": {"type": "Point", "coordinates": [117, 30]}}, 400),
        ({"side": "W", "line": {"type": "LineString", "coordinates": [[117]]}}, 400),
        ({"side": "W", "undo": True, "more": 1}, 400),
    ],
)
def test_a_judgement_that_says_nothing_is_refused(clerk: Seat, body: dict[str, Any], status: int) -> None:
    clerk.look(2)
    refused(clerk.send("POST", "/boundaries/areas/2/judgements", body, 2), status)


@pytest.mark.parametrize("body", [b"[]", b"{", b"[" * 100_000, b'{"geometry": 1}', b'{"geometry": {"type": "Point"}}'])
def test_a_body_that_is_no_drawing_is_refused(client: httpx.Client, body: bytes) -> None:
    refused(client.post("/boundaries/areas/2/checks", content=body, headers=who(CLERK)), 400)


@pytest.mark.parametrize("address", ["/boundaries/areas/999", "/boundaries/areas/2/revisions/99"])
def test_what_there_is_not_is_not_found(client: httpx.Client, address: str) -> None:
    refused(client.get(address, headers=who(CLERK)), 404)


def test_an_address_with_letters_for_a_number_is_refused_in_chinese(client: httpx.Client) -> None:
    assert "编号" in refused(client.get("/boundaries/areas/abc", headers=who(CLERK)), 400)["detail"]


def test_a_later_import_knows_what_a_name_was_judged_to_mean(clerk: Seat, engine: Engine, tmp_path: Path) -> None:
    clerk.look(2)
    clerk.do(2, "judgements", side="W", undo=True)
    clerk.do(2, "judgements", side="W", place_id="集贤北路-0-150")
    other = entry(90, area_name="后来的小区", community_names=("后来的小区",), abuttals_text=OPEN)
    take_in(engine, "ledger", annex1(tmp_path, other))
    (item,) = clerk.ask("/boundaries/areas", q="后来的小区")["items"]
    assert (item["state"], item["resolution_status"]) == ("drafted", "resolved")
