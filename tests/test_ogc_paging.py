"""Pages of features: keyset cursors forwards and backwards, sorting with gaps, and the state on an earlier day."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text

from gis_service.api import create_app
from gis_service.api.parameters import parse_as_of
from gis_service.api.tokens import Token, parse_token
from gis_service.errors import BadRequestError
from tests.web import LAYERS, SETTINGS, every_page, items_of, refusal, served

pytestmark = pytest.mark.database
TODAY = dt.date(2026, 1, 1)


def linked(page: dict[str, Any]) -> dict[str, str]:
    return {link["rel"]: link["href"] for link in page["links"]}


@pytest.mark.parametrize("query", ["", "&sortby=-households", "&sortby=county,-households", "&filter=households>300"])
def test_the_way_back_shows_the_same_pages_as_the_way_forth(web: httpx.Client, query: str) -> None:
    forth = list(every_page(web, f"/collections/communities/items?limit=23{query}"))
    assert len(forth) > 3
    back, address = [forth[-1]], linked(forth[-1]).get("prev")
    while address:
        back.append(web.get(address).json())
        address = linked(back[-1]).get("prev")
    assert [page["features"] for page in reversed(back)] == [page["features"] for page in forth]
    assert "next" not in linked(forth[-1])


@pytest.mark.parametrize("layer", LAYERS)
def test_sorting_by_any_field_loses_nothing_and_puts_gaps_last(web: httpx.Client, layer: str) -> None:
    held = items_of(web, layer, limit=1)["numberMatched"]
    for name, kind in web.get(f"/collections/{layer}/sortables").json()["properties"].items():
        for sign in ("", "-"):
            pages = every_page(web, f"/collections/{layer}/items?limit=400&properties={name}&sortby={sign}{name}")
            given_out = [one for page in pages for one in page["features"]]
            assert len({one["id"] for one in given_out}) == len(given_out) == held
            values = [one["properties"][name] for one in given_out]
            told = [value for value in values if value is not None]
            assert values[: len(told)] == told
            if kind["type"] in ("integer", "number"):
                assert told == sorted(told, reverse=sign == "-")


def test_features_of_one_value_are_in_order_of_id(web: httpx.Client) -> None:
    sorted_ = items_of(web, "places", sortby="kind", limit=400)["features"]
    keys = [(one["properties"]["kind"], one["id"]) for one in sorted_]
    assert keys == sorted(keys)
    assert items_of(web, "places", sortby="+kind", limit=400)["features"] == sorted_


def test_an_offset_leads_on_to_cursors(web: httpx.Client) -> None:
    page = items_of(web, "places", limit=10, offset=20)
    following = web.get(linked(page)["next"]).json()
    assert "offset" not in httpx.URL(linked(page)["next"]).params
    assert following["features"] == items_of(web, "places", limit=10, offset=30)["features"]
    assert web.get(linked(page)["prev"]).json()["features"] == items_of(web, "places", limit=10, offset=10)["features"]


def test_a_later_page_counts_nothing_and_skips_nothing(web: httpx.Client, sample_engine: Engine) -> None:
    told: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        told.append(f"{statement} {parameters}")

    following = linked(items_of(web, "manholes", limit=10))["next"]
    event.listen(sample_engine, "before_cursor_execute", listen)
    try:
        page = web.get(following).json()
    finally:
        event.remove(sample_engine, "before_cursor_execute", listen)
    assert page["numberMatched"] == items_of(web, "manholes", limit=1)["numberMatched"]
    asked = [statement for statement in told if "manholes" in statement]
    assert not [statement for statement in asked if statement.startswith("SELECT count(*)")]
    assert all(
        "manholes.id >" in statement for statement in asked if "ORDER BY" in statement and "FROM manholes" in statement
    )


def test_the_number_is_counted_again_when_the_question_has_changed(web: httpx.Client) -> None:
    token = httpx.URL(linked(items_of(web, "places", limit=5))["next"]).params["cursor"]
    roads = items_of(web, "places", kind="road", limit=5, cursor=token)
    assert roads["numberMatched"] == items_of(web, "places", kind="road", limit=1)["numberMatched"]


def _written(**told: object) -> str:
    whole = {"place": ["7"], "side": "after", "matched": 1, "mark": "m"} | told
    return base64.urlsafe_b64encode(json.dumps(whole).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", "é", "====", "bm90IGpzb24", base64.urlsafe_b64encode(b"[1]").decode()),
        *(_written(place=[]), _written(place=[None]), _written(place=["x"]), _written(place=["7", "7"])),
        *(_written(place=["9" * 30]), _written(place="7"), _written(side="at"), _written(more=1)),
    ],
)
def test_a_cursor_that_is_none_of_ours_is_refused(web: httpx.Client, cursor: str) -> None:
    message = refusal(web.get("/collections/manholes/items", params={"cursor": cursor}), 400)
    assert "请从第一页开始" in message


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("cursor=eA&offset=1", "cursor"),
        ("sortby=", "sortby 应为"),
        ("sortby=manager", "sortby 应为"),
        ("sortby=name,-name", "每个至多一次"),
        ("sortby=geometry", "sortby 应为"),
        ("properties=", "properties 应为"),
        ("properties=name,manager", "properties 应为"),
        ("datetime=", "datetime 应为"),
        ("datetime=2023", "datetime 应为"),
        ("datetime=2023-13-01", "datetime 应为"),
        ("datetime=../..", "datetime 应为"),
        ("datetime=2023-07-15/2023-07-14", "datetime 应为"),
        ("datetime=2023-07-15T08:00:00", "datetime 应为"),
        ("datetime=2023-01-01/2023-02-01/2023-03-01", "datetime 应为"),
    ],
)
def test_what_cannot_be_meant_is_refused(web: httpx.Client, query: str, told: str) -> None:
    for layer in ("management_areas", "communities"):
        assert told in refusal(web.get(f"/collections/{layer}/items?{query}"), 400)


def test_a_field_may_be_asked_for_by_one_that_is_not_shown(web: httpx.Client) -> None:
    found = items_of(web, "places", properties="name", kind="river", filter="kind = 'river'", sortby="-kind")
    assert found["features"]
    assert {tuple(one["properties"]) for one in found["features"]} == {("name",)}


# datetime


def test_an_area_has_the_boundary_of_the_day_that_is_asked_for(own_sample_engine: Engine) -> None:
    with own_sample_engine.begin() as connection:
        area = connection.scalar(text("select id from management_areas order by id limit 1"))
        for number, west, start, end in (
            (901, 116.1, "2001-01-01", "2002-01-01"),
            (902, 116.2, "2002-01-01", "2003-01-01"),
        ):
            connection.execute(
                text(
                    "insert into area_revisions (area_id, number, state, origin, effective_from, effective_to, author, "
                    "decided_by, note, geom) select :area, :number, 'approved', origin, :start, :end, '甲', '乙', '', "
                    "ST_Multi(ST_MakeEnvelope(:west, 30.5, :west + 0.01, 30.51, 4490)) from area_revisions limit 1"
                ),
                {"area": area, "number": number, "start": start, "end": end, "west": west},
            )
    with served(create_app(own_sample_engine, SETTINGS)) as web:

        def west_on(when: str) -> float:
            told = items_of(web, "management_areas", datetime=when, filter=f"revision > 900 AND id = {area}")
            ((one,)) = told["features"]
            return float(one["geometry"]["coordinates"][0][0][0][0])

        for when in ("2001-06-01", "2001-06-01T00:00:00Z", "../2001-12-31", "2000-01-01/2001-12-31"):
            assert west_on(when) == pytest.approx(116.1), when
        for when in ("2002-01-01", "2001-12-31T16:00:00Z", "2001-06-01/2002-06-01T12:00:00+08:00"):
            assert west_on(when) == pytest.approx(116.2), when
        today = items_of(web, "management_areas", limit=500)["features"]
        assert items_of(web, "management_areas", datetime="2001-06-01/..", limit=500)["features"] == today
        extent = web.get("/collections/management_areas").json()["extent"]
        assert extent["temporal"]["interval"] == [["2001-01-01T00:00:00+08:00", None]]


def test_a_layer_without_history_is_the_same_at_any_time(web: httpx.Client) -> None:
    assert items_of(web, "places", datetime="1999-01-01")["features"] == items_of(web, "places")["features"]


# parameters alone


@given(st.text())
def test_any_text_is_a_time_or_is_refused(written: str) -> None:
    try:
        day = parse_as_of(written, TODAY)
    except BadRequestError:
        return
    assert isinstance(day, dt.date)


@given(st.dates(), st.dates())
def test_an_interval_means_its_last_day(a: dt.date, b: dt.date) -> None:
    first, last = sorted((a, b))
    assert parse_as_of(f"{first}/{last}", TODAY) == last
    assert parse_as_of(f"../{last}", TODAY) == parse_as_of(f"/{last}", TODAY) == parse_as_of(str(last), TODAY) == last
    assert parse_as_of(f"{first}/..", TODAY) == max(first, TODAY)


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), min_size=1), st.integers())
def test_a_cursor_is_read_back_as_it_was_written(place: list[str | None], matched: int) -> None:
    token = Token(tuple(place), "before", matched, "mark")
    assert parse_token(token.text()) == token
