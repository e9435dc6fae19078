"""Features over HTTP: paging, boxes, filters, single features, and parameters that are refused."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from starlette.datastructures import QueryParams

from gis_service.access import PLANNER
from gis_service.api.parameters import parse_bbox, parse_limit, parse_offset, single_values
from gis_service.api.publication import declared_layers
from gis_service.api.streaming import in_pieces
from gis_service.errors import BadRequestError
from gis_service.store.features import Column, FeatureQuery, count_features, stream_features
from tests.web import LAYERS, SETTINGS, every_page, items_of, refusal

pytestmark = pytest.mark.database
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
SCHEMA = "http://www.opengis.net/def/rel/ogc/1.0/schema"


@pytest.mark.parametrize("layer", LAYERS)
def test_paging_visits_every_feature_of_a_layer_once_and_as_the_store_holds_it(
    web: httpx.Client, sample_engine: Engine, layer: str
) -> None:
    pages = list(every_page(web, f"/collections/{layer}/items?limit=37"))
    given_out = [feature for page in pages for feature in page["features"]]
    declared = declared_layers()[layer]
    columns = tuple(Column(name, field.mask) for name, field in declared.visible_fields(PLANNER).items())
    with sample_engine.connect() as connection:
        held = [json.loads(one) for one in stream_features(connection, FeatureQuery(declared.source, columns))]
    assert given_out == held
    assert held, "the sample shows every layer"
    assert len({feature["id"] for feature in given_out}) == len(given_out)
    for page in pages:
        assert page["type"] == "FeatureCollection"
        assert page["numberReturned"] == len(page["features"]) <= 37
        assert page["numberMatched"] == len(held)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", page["timeStamp"])


def test_without_a_limit_a_page_has_the_usual_size_and_links_lead_both_ways(web: httpx.Client) -> None:
    first = items_of(web, "places")
    assert first["numberReturned"] == SETTINGS.default_limit < first["numberMatched"]
    links = {link["rel"]: link["href"] for link in first["links"]}
    assert {"self", "alternate", "next", "collection", QUERYABLES, SCHEMA} == set(links)
    second = web.get(links["next"]).json()
    back = {link["rel"]: link["href"] for link in second["links"]}["prev"]
    assert web.get(back).json()["features"] == first["features"]
    assert web.get(links["collection"]).json()["id"] == "places"


def test_a_limit_above_the_most_is_lowered_to_it(web: httpx.Client) -> None:
    assert items_of(web, "places", limit=10**15)["numberReturned"] <= SETTINGS.max_limit


def test_past_the_end_there_is_nothing_and_no_next(web: httpx.Client) -> None:
    page = items_of(web, "places", offset=2**63 - 1, limit=1)
    assert page["features"] == []
    assert page["numberReturned"] == 0
    assert "next" not in {link["rel"] for link in page["links"]}


def test_a_box_gives_the_features_that_touch_it(web: httpx.Client, sample_engine: Engine) -> None:
    west, south, east, north = web.get("/collections/communities").json()["extent"]["spatial"]["bbox"][0]
    box = (west, south, (west + east) / 2, (south + north) / 2)
    found = items_of(web, "communities", bbox=",".join(map(str, box)), limit=500)
    with sample_engine.connect() as connection:
        box_sql = "ST_MakeEnvelope(:w, :s, :e, :n, 4490)"
        statement = text(f"select id from communities where ST_Intersects(geom, {box_sql}) order by id")  # noqa: S608
        held = list(connection.scalars(statement, dict(zip("wsen", box, strict=True))))
    assert [feature["id"] for feature in found["features"]] == held
    assert 0 < found["numberMatched"] == len(held) < items_of(web, "communities")["numberMatched"]
    assert items_of(web, "communities", bbox="0,0,1,1")["features"] == []


def test_a_filter_gives_the_features_whose_field_equals_it(web: httpx.Client) -> None:
    everything = items_of(web, "uncovered_communities", limit=500)["features"]
    parts = [items_of(web, "uncovered_communities", reason=r, limit=500) for r in ("declared", "lost", "spatial")]
    assert sum(part["numberMatched"] for part in parts) == len(everything)
    for part, reason in zip(parts, ("declared", "lost", "spatial"), strict=True):
        assert part["features"] == [one for one in everything if one["properties"]["reason"] == reason] != []
    assert items_of(web, "uncovered_communities", reason="别的")["features"] == []


def test_paging_keeps_the_filter_and_the_box(web: httpx.Client) -> None:
    address = "/collections/places/items?kind=road&bbox=116,29,119,32&limit=7"
    pages = list(every_page(web, address))
    assert len(pages) > 1
    assert {one["properties"]["kind"] for page in pages for one in page["features"]} == {"road"}
    for page in pages[1:]:
        (own,) = (link["href"] for link in page["links"] if link["rel"] == "self")
        assert dict(httpx.URL(own).params) | {"cursor": "x"} == {
            "kind": "road",
            "bbox": "116,29,119,32",
            "limit": "7",
            "cursor": "x",
        }


def test_one_feature_is_found_by_its_id(web: httpx.Client) -> None:
    for layer in LAYERS:
        (feature,) = items_of(web, layer, limit=1, offset=1)["features"]
        answer = web.get(f"/collections/{layer}/items/{feature['id']}")
        assert answer.headers["content-type"] == "application/geo+json"
        links = answer.json().pop("links")
        assert answer.json() == feature | {"links": links}
        assert {link["rel"] for link in links} == {"self", "alternate", "collection"}


@pytest.mark.parametrize("feature_id", ["nobody", "0", "-1", "9" * 40, "%00", "1' or '1'='1", "é%20", "1;2"])
def test_an_id_that_nobody_bears_is_not_found(web: httpx.Client, feature_id: str) -> None:
    for layer in ("communities", "places"):
        assert "没有编号为" in refusal(web.get(f"/collections/{layer}/items/{feature_id}"), 404)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("bbox=1,2,3", "四个经纬度数字"),
        ("bbox=1,2,3,4,5", "四个经纬度数字"),
        ("bbox=a,b,c,d", "四个经纬度数字"),
        ("bbox=", "四个经纬度数字"),
        ("bbox=nan,nan,nan,nan", "四个经纬度数字"),
        ("bbox=-inf,0,inf,1", "四个经纬度数字"),
        ("bbox=1e999,0,1e999,1", "无法表示"),
        ("bbox=１,2,3,4", "四个经纬度数字"),
        ("bbox=1_0,2,3,4", "四个经纬度数字"),
        ("bbox=-181,0,1,1", "超出经纬度范围"),
        ("bbox=0,0,1,91", "超出经纬度范围"),
        ("bbox=117,31,118,30", "南应不大于北"),
        ("bbox=" + "1" * 5000, "过长"),
        ("limit=0", "limit 应为 1 至 500"),
        ("limit=-1", "limit 应为"),
        ("limit=", "limit 应为"),
        ("limit=abc", "limit 应为"),
        ("limit=1.5", "limit 应为"),
        ("limit=%2B5", "limit 应为"),
        ("limit=٣", "limit 应为"),
        ("limit=1e3", "limit 应为"),
        ("offset=-1", "offset 应为"),
        ("offset=x", "offset 应为"),
        (f"offset={2**63}", "offset 应为"),
        (f"offset={'9' * 199}", "offset 应为"),
        ("limit=1&limit=2", "limit 只能给出一次"),
        ("limits=1", "没有参数 limits，可用：bbox、limit、offset"),
        ("geom=x", "没有参数 geom"),
        ("id%3D1%3Bdrop=1", "没有参数"),
        ("%00=1", "（无法显示）"),
        ("name=%00", "不可用的字符"),
        ("households=viele", "households”的筛选值应为整数"),
        ("households=99999999999999999999999999", "households”的筛选值应为整数"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_may_be_written(web: httpx.Client, query: str, told: str) -> None:
    assert told in refusal(web.get(f"/collections/communities/items?{query}"), 400)


@pytest.mark.parametrize("address", ["/collections", "/collections/places", "/collections/places/items/x"])
def test_parameters_are_refused_where_none_are_known(web: httpx.Client, address: str) -> None:
    assert "没有参数 limit" in refusal(web.get(address, params={"limit": "1"}), 400)


def test_quotes_in_a_filter_are_only_text(web: httpx.Client) -> None:
    assert items_of(web, "communities", name="x' or '1'='1' --")["features"] == []


# parameters alone


numbers = st.floats(-180, 180)


@settings(deadline=None)
@given(numbers, st.floats(-90, 90), numbers, st.floats(-90, 90))
def test_every_box_on_the_earth_is_read_back_and_no_other(a: float, b: float, c: float, d: float) -> None:
    west, east = sorted((a, c))
    south, north = sorted((b, d))
    box = tuple(round(value, 12) for value in (west, south, east, north))
    assert tuple(parse_bbox(",".join(f"{value:.12f}" for value in box))) == box


@settings(deadline=None)
@given(st.text())
def test_any_other_text_is_refused_as_a_box_or_is_one(written: str) -> None:
    try:
        box = parse_bbox(written)
    except BadRequestError:
        return
    assert -180 <= box.west <= box.east <= 180
    assert -90 <= box.south <= box.north <= 90


@settings(deadline=None)
@given(st.one_of(st.text(), st.integers().map(str)))
def test_a_limit_is_a_whole_number_from_one_to_the_most(written: str) -> None:
    try:
        assert 1 <= parse_limit(written, 100) <= 100
        assert 0 <= parse_offset(written) < 2**63
    except BadRequestError:
        assert not (written.isascii() and written.isdigit() and 1 <= int(written) < 2**63)


@settings(deadline=None)
@given(st.lists(st.text(max_size=5)), st.integers(1, 20))
def test_pieces_hold_the_same_text(pieces: list[str], size: int) -> None:
    put_together = list(in_pieces(pieces, size))
    assert "".join(put_together) == "".join(pieces)
    assert all(len(piece) >= size for piece in put_together[:-1])


def test_each_parameter_has_one_value() -> None:
    assert single_values(QueryParams("a=1&b=2"), ("a", "b", "c")) == {"a": "1", "b": "2"}
    with pytest.raises(BadRequestError, match="只能给出一次"):
        single_values(QueryParams("a=1&a=1"), ("a",))


def test_a_layer_counts_as_the_store_does(web: httpx.Client, sample_engine: Engine) -> None:
    with sample_engine.connect() as connection:
        for layer in LAYERS:
            assert items_of(web, layer, limit=1)["numberMatched"] == count_features(connection, FeatureQuery(layer, ()))
