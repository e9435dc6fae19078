"""Vector tiles: what is in them and what never is, where it lies, how large they grow, and when they are sent again."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from gis_service.access import PLANNER, PUBLIC, Reader, Role
from gis_service.api import create_app
from gis_service.api.kept import Kept
from gis_service.api.publication import declared_layers
from gis_service.api.tiles import MVT, TileKey
from gis_service.layers import tile_query
from gis_service.store.quick import QuickReads, Rows
from gis_service.store.tables import Table
from gis_service.store.tiles import BROAD_M, MOST_BYTES, vector_tile
from gis_service.tiling import TILE_MATRIX_SETS
from tests.tiles import MERCATOR, address, box_of, decoded, middle, place_of
from tests.web import LAYERS, SETTINGS, items_of, served

pytestmark = pytest.mark.database
POINTS = 300_000


@pytest.fixture(scope="module")
def editable(own_sample_engine: Engine) -> Iterator[httpx.Client]:
    """A sample town that may change, served."""
    with served(create_app(own_sample_engine, SETTINGS)) as client:
        yield client


@pytest.fixture(scope="module")
def crowded(engine: Engine) -> Engine:
    """300,000 manholes in a city of 20 by 10 km, and 20,000 communities with long names on top of each other."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into manholes (code, kind, state, owner, load_class, sample, geom) "
                "select 'J' || n, '雨水', '完好', '单位' || n, 'D400', true, "
                "ST_SetSRID(ST_Point(117 + (n * 7919 % 200003) * 1e-6, 30.5 + (n * 104729 % 100003) * 1e-6), 4490) "
                "from generate_series(1::bigint, :points) as n"
            ),
            {"points": POINTS},
        )
        connection.execute(
            text(
                "insert into communities (code, name, aliases, county, street, neighborhood, reporting_unit, sample, "
                "geom) select 'B' || n, repeat('小区', 20) || n, '{}', '', '', '', '', true, "
                "ST_Multi(ST_Buffer(ST_SetSRID(ST_Point(117.1, 30.55), 4490), 0.001 + n * 1e-7)) "
                "from generate_series(1, 20000) as n"
            )
        )
    return engine


# what is in a tile


@pytest.mark.parametrize("layer", ["communities", "manholes", "problems", "fire_lanes"])
def test_a_near_tile_has_the_features_and_values_of_its_box(
    web: httpx.Client, sample_engine: Engine, tmp_path: Path, layer: str
) -> None:
    tile = place_of("WebMercatorQuad", 15, *middle(sample_engine, layer))
    answer = web.get(address(layer, tile))
    assert (answer.status_code, answer.headers["content-type"]) == (200, MVT)
    found = decoded(tmp_path, answer.content)
    given_out = {
        feature["properties"]["id"]: feature["properties"]
        for feature in items_of(web, layer, bbox=box_of(sample_engine, tile), limit=500)["features"]
    }
    assert len(found) > 3
    if layer in ("manholes", "problems"):  # of other shapes the box may meet a tile that the shape does not
        assert set(found["id"]) == set(given_out)
    assert set(found["id"]) <= set(given_out)
    for row in found.drop(columns=["geometry", "mvt_id"]).to_dict("records"):
        assert set(row) - {"geometry"} <= set(given_out[row["id"]])
        for name, value in row.items():
            told = given_out[row["id"]][name]
            told = "、".join(told) if isinstance(told, list) else told
            assert value == told or (told is None and value != value), name  # NaN: no value


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_has_tiles_with_the_fields_it_may_show_and_no_other(
    web: httpx.Client, sample_engine: Engine, tmp_path: Path, layer: str
) -> None:
    declared = declared_layers()[layer]
    tile = place_of("WebMercatorQuad", 14, *middle(sample_engine, layer))
    found = decoded(tmp_path, web.get(address(layer, tile)).content)
    shown = {name for name, field in declared.visible_fields(PLANNER).items() if field.mask is None}
    assert set(found.columns) <= shown | {"geometry", "mvt_id"}
    assert declared.id_field in found.columns
    assert declared.style.label_field in found.columns
    assert not {"manager", "manager_phone", "responsible", "geom", "natural_key"} & set(found.columns)


def test_a_masked_field_is_in_no_tile_of_those_who_may_read_it_masked() -> None:
    areas = declared_layers()["management_areas"]
    assert areas.visible_fields(Reader(Role.CITY))["manager"].mask == "name"
    query = tile_query(areas, Reader(Role.CITY))
    assert not {"manager", "manager_phone", "sides", "issues"} & {*query.columns, *query.essential}
    assert "fee_rate" in query.columns
    assert "fee_rate" not in tile_query(areas, PUBLIC).columns


def test_all_that_a_far_tile_says_of_an_area_is_in_one_index() -> None:
    said = tile_query(declared_layers()["management_areas"], PLANNER).essential
    index = next(
        each for each in Table.metadata.tables["management_areas"].indexes if each.name == "management_areas_drawn_idx"
    )
    assert {*said} <= {"id", *index.dialect_options["postgresql"]["include"]}


def test_a_place_lies_in_the_same_spot_of_both_grids(web: httpx.Client, sample_engine: Engine, tmp_path: Path) -> None:
    with sample_engine.connect() as connection:
        key, lon, lat = connection.execute(
            text("select id, ST_X(geom), ST_Y(geom) from manholes order by id limit 1")
        ).one()
    for system in TILE_MATRIX_SETS.values():
        tile = place_of(system.id, 17, lon, lat)
        found = decoded(tmp_path, web.get(address("manholes", tile)).content)
        spot = found[found["id"] == key].geometry.iloc[0]
        west, south, east, north = tile.bounds
        x, y = west + spot.x / 4096 * tile.side, south + spot.y / 4096 * tile.side
        if system is MERCATOR:
            x, y = math.degrees(x / 6378137), math.degrees(math.atan(math.sinh(y / 6378137)))
        assert (x, y) == pytest.approx((lon, lat), abs=1e-6)
        assert (east - west, north - south) == pytest.approx((tile.side, tile.side))


def test_a_tile_bears_the_fields_that_were_asked_for_and_those_it_is_drawn_by(
    web: httpx.Client, sample_engine: Engine, tmp_path: Path
) -> None:
    tile = place_of("WebMercatorQuad", 15, *middle(sample_engine, "communities"))
    found = decoded(tmp_path, web.get(address("communities", tile), params={"properties": "households"}).content)
    assert {"id", "name", "households"} <= set(found.columns)
    assert not {"county", "aliases", "code"} & set(found.columns)
    refused = web.get(address("communities", tile), params={"properties": "nothing"})
    assert refused.status_code == 400
    assert "properties 应为下列字段" in refused.json()["detail"]


def test_a_tile_of_an_earlier_day_shows_the_boundaries_of_that_day(
    web: httpx.Client, sample_engine: Engine, tmp_path: Path
) -> None:
    with sample_engine.connect() as connection:
        first = connection.scalar(text("select min(effective_from) from area_revisions"))
    tile = place_of("WebMercatorQuad", 14, *middle(sample_engine, "management_areas"))
    now = web.get(address("management_areas", tile))
    before = web.get(address("management_areas", tile), params={"datetime": f"{first - dt.timedelta(days=1)}"})
    agreed = decoded(tmp_path, now.content)
    assert "approved" in set(agreed["state"])
    assert before.status_code == 204 or "approved" not in set(decoded(tmp_path, before.content)["state"])
    assert now.headers["etag"] != before.headers["etag"]


def test_far_away_points_are_drawn_together_and_counted(
    web: httpx.Client, sample_engine: Engine, tmp_path: Path
) -> None:
    with sample_engine.connect() as connection:
        everything = connection.scalar(text("select count(*) from manholes"))
    tile = place_of("WebMercatorQuad", 8, *middle(sample_engine, "manholes"))
    found = decoded(tmp_path, web.get(address("manholes", tile)).content)
    assert len(found) < everything / 10
    assert found["count"].sum() == everything


def test_no_defect_hides_far_away_under_covers_that_are_sound(
    editable: httpx.Client, own_sample_engine: Engine, tmp_path: Path
) -> None:
    lon, lat = middle(own_sample_engine, "manholes")
    with own_sample_engine.begin() as connection:
        connection.execute(text("delete from manholes"))
        for number, state in enumerate(("完好", "完好", "松动", "破损", "破损", "完好")):
            connection.execute(
                text(
                    "insert into manholes (code, kind, state, owner, load_class, sample, geom) values"
                    " (:code, '雨水', :state, '', '', true, ST_SetSRID(ST_Point(:lon, :lat), 4490))"
                ),
                {"code": f"J{number}", "state": state, "lon": lon, "lat": lat},
            )
    for level in (8, 13):
        (found,) = decoded(
            tmp_path, editable.get(address("manholes", place_of("WebMercatorQuad", level, lon, lat))).content
        ).to_dict("records")
        assert (found["state"], found["code"]) == ("破损", "J3")
        assert (found["count"], found["counts"]) == (6, "0,2,0,1,3")


def test_problems_of_different_kinds_or_states_are_not_drawn_as_one_and_the_most_due_stands_for_the_others(
    editable: httpx.Client, own_sample_engine: Engine, tmp_path: Path
) -> None:
    lon, lat = middle(own_sample_engine, "problems")
    with own_sample_engine.begin() as connection:
        connection.execute(
            text("update problems set geom = ST_SetSRID(ST_Point(:lon, :lat), 4490) where own_state is null"),
            {"lon": lon, "lat": lat},
        )
        wanted = connection.execute(
            text(
                "select category, state, count(*), min(deadline)::text from problems"
                " where geom && ST_SetSRID(ST_Point(:lon, :lat), 4490) group by 1, 2 order by 1, 2"
            ),
            {"lon": lon, "lat": lat},
        ).all()
    tile = place_of("WebMercatorQuad", 11, lon, lat)
    found = decoded(tmp_path, editable.get(address("problems", tile)).content).sort_values(["category", "state"])
    shown = [
        (row["category"], row["state"], row["count"], row["deadline"] if isinstance(row["deadline"], str) else None)
        for row in found.to_dict("records")
    ]
    assert sorted(shown) == sorted((row[0], row[1], row[2], row[3]) for row in wanted)


def test_far_away_areas_below_a_pixel_are_left_out(web: httpx.Client, sample_engine: Engine, tmp_path: Path) -> None:
    tile = place_of("WebMercatorQuad", 8, *middle(sample_engine, "communities"))
    found = decoded(tmp_path, web.get(address("communities", tile)).content)
    pixel = tile.side / 512
    with sample_engine.connect() as connection:
        large = set(
            connection.scalars(text("select id from communities where ST_Area(geom_3857) >= :area"), {"area": pixel**2})
        )
        assert 0 < len(large) < connection.execute(text("select count(*) from communities")).scalar_one()
    assert set(found["id"]) == large


@pytest.mark.parametrize(("level", "least"), [(10, BROAD_M), (11, BROAD_M), (12, 0)])
def test_far_away_narrow_roads_are_left_out_and_what_nobody_measured_stays(
    web: httpx.Client, sample_engine: Engine, tmp_path: Path, level: int, least: float
) -> None:
    tile = place_of("WebMercatorQuad", level, *middle(sample_engine, "places"))
    found = set(decoded(tmp_path, web.get(address("places", tile)).content)["id"])
    west, south, east, north = tile.bounds
    with sample_engine.connect() as connection:
        lines = connection.execute(
            text(
                "select id, width_m from places where ST_Dimension(geom) = 1"
                " and ST_Intersects(geom_3857, ST_MakeEnvelope(:w, :s, :e, :n, 3857))"
                " and greatest(ST_XMax(geom_3857) - ST_XMin(geom_3857),"
                " ST_YMax(geom_3857) - ST_YMin(geom_3857)) >= :pixel"
            ),
            {"w": west, "s": south, "e": east, "n": north, "pixel": tile.side / 512},
        ).all()
    assert {None, BROAD_M} < {width for _, width in lines}
    narrow = {key for key, width in lines if width is not None and width < least}
    assert bool(narrow) == bool(least)
    assert {key for key, _ in lines} & found == {key for key, _ in lines} - narrow


def test_no_tile_of_a_crowded_layer_is_too_large(crowded: Engine, tmp_path: Path) -> None:
    layers = declared_layers()
    with crowded.connect() as connection:
        for layer, levels in (("manholes", (6, 9, 11, 12, 14)), ("communities", (12, 15))):
            for level in levels:
                tile = place_of("WebMercatorQuad", level, 117.1, 30.55)
                packed = vector_tile(connection, tile_query(layers[layer], PLANNER), tile)
                assert len(packed) <= MOST_BYTES
                found = decoded(tmp_path, packed)
                assert len(found) > 50 or level == 6
                assert layers[layer].style.label_field in found.columns
                if layer == "manholes" and level == 6:
                    assert found["count"].sum() == POINTS


def test_every_tile_of_a_far_level_stays_below_the_limit(crowded: Engine) -> None:
    query = tile_query(declared_layers()["manholes"], PLANNER)
    corner, other = place_of("WebMercatorQuad", 13, 117.0, 30.6), place_of("WebMercatorQuad", 13, 117.2, 30.5)
    with crowded.connect() as connection:
        sizes = [
            len(vector_tile(connection, query, MERCATOR.tile(13, row, column)))
            for row in range(corner.row, other.row + 1)
            for column in range(corner.column, other.column + 1)
        ]
    assert len(sizes) >= 15
    assert 100_000 < max(sizes) <= MOST_BYTES


# when a tile is sent again


@pytest.mark.parametrize("layer", ["management_areas", "manholes"])
def test_what_not_everybody_may_see_is_kept_by_no_shared_cache(
    web: httpx.Client, sample_engine: Engine, layer: str
) -> None:
    answer = web.get(address(layer, place_of("WebMercatorQuad", 14, *middle(sample_engine, layer))))
    assert answer.headers["cache-control"] == "private, no-cache"


def test_an_unchanged_tile_is_not_sent_again(web: httpx.Client, sample_engine: Engine) -> None:
    place = address("communities", place_of("WebMercatorQuad", 14, *middle(sample_engine, "communities")))
    first = web.get(place)
    assert first.headers["cache-control"] == "public, no-cache"  # planners see no more of it than the public
    assert "Accept-Encoding" in first.headers["vary"]
    again = web.get(place, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    dated = web.get(place, headers={"If-Modified-Since": first.headers["last-modified"]})
    assert dated.status_code == 304
    older = web.get(place, headers={"If-Modified-Since": "Wed, 01 Jan 2020 00:00:00 GMT"})
    assert older.status_code == 200


def test_an_unchanged_tile_comes_from_memory(
    own_sample_engine: Engine, editable: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = address("places", place_of("WebMercatorQuad", 13, *middle(own_sample_engine, "places")))
    asked: list[str] = []
    rows = QuickReads.rows

    async def listening(quick: QuickReads, statement: str, *more: Any) -> Rows:
        asked.append(statement)
        return await rows(quick, statement, *more)

    monkeypatch.setattr(QuickReads, "rows", listening)
    first = editable.get(place)
    assert any("ST_AsMVT" in statement for statement in asked)
    asked.clear()
    assert editable.get(place).content == first.content
    assert len(asked) == 1
    assert "layer_revisions" in asked[0]


def test_an_edit_shows_at_once_also_in_another_worker(
    own_sample_engine: Engine, editable: httpx.Client, tmp_path: Path
) -> None:
    with own_sample_engine.connect() as connection:
        key, lon, lat = connection.execute(
            text("select id, ST_X(geom), ST_Y(geom) from manholes order by id limit 1")
        ).one()
    place = address("manholes", place_of("WebMercatorQuad", 17, lon, lat))
    with served(create_app(own_sample_engine, SETTINGS)) as other:
        before = [worker.get(place) for worker in (editable, other)]
        with own_sample_engine.begin() as connection:
            connection.execute(text("update manholes set owner = '新单位' where id = :key"), {"key": key})
        for worker, old in zip((editable, other), before, strict=True):
            held = {"If-None-Match": old.headers["etag"]}
            if "last-modified" in old.headers:
                held["If-Modified-Since"] = old.headers["last-modified"]
            new = worker.get(place, headers=held)
            assert new.status_code == 200
            assert new.headers["etag"] != old.headers["etag"]
            found = decoded(tmp_path, new.content)
            assert found[found["id"] == key]["owner"].iloc[0] == "新单位"
            assert "last-modified" not in new.headers  # a second edit in this second would bear the same


def test_a_tile_is_packed_only_for_who_takes_it_so(web: httpx.Client, sample_engine: Engine) -> None:
    place = address("divisions", place_of("WebMercatorQuad", 10, *middle(sample_engine, "communities")))
    plain = web.get(place, headers={"Accept-Encoding": "identity"})
    packed = web.get(place, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    refused = web.get(place, headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.content == packed.content == refused.content
    assert int(packed.headers["content-length"]) < len(plain.content)


def test_a_tile_with_nothing_in_it_has_no_content(web: httpx.Client) -> None:
    answer = web.get("/collections/communities/tiles/WebMercatorQuad/14/0/0")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["etag"]


def test_the_memory_for_tiles_is_bounded_and_loses_what_was_asked_for_longest_ago() -> None:
    def key(column: int) -> TileKey:
        return TileKey(f'W/"{column}"', True)

    cache = Kept[TileKey, bytes](3_000)
    for column in range(3):
        cache.put(key(column), bytes(500), 500)
    assert cache.get(key(0)) is not None
    cache.put(key(3), bytes(500), 500)
    assert [cache.get(key(column)) is not None for column in range(4)] == [True, False, True, True]
    none = Kept[TileKey, bytes](0)
    none.put(key(0), b"x", 1)
    assert none.get(key(0)) is None
