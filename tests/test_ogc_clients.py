"""Other people's programs read the service: GDAL (features, tiles) and OWSLib find every layer, whole and in place."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pyogrio
import pytest
import shapely
from owslib.ogcapi.features import Features  # type: ignore[import-untyped]
from sqlalchemy import Engine, text

from gis_service.api import create_app
from gis_service.settings import Settings
from tests.web import LAYERS, PUBLISHED, every_page, items_of, served

pytestmark = pytest.mark.database

# in a process of its own: GDAL holds the interpreter while it waits for the server, which is in this one
READ = """
import json, pyogrio, sys
server, page, *layers = sys.argv[1:]
told = {}
for layer in layers:
    frame = pyogrio.read_dataframe(server, layer=layer, PAGE_SIZE=page)
    told[layer] = {
        "count": len(frame),
        "told": pyogrio.read_info(server, layer=layer, force_feature_count=True)["features"],
        "epsg": frame.crs.to_epsg(),
        "shapeless": int(frame.geometry.isna().sum()),
        "bounds": frame.total_bounds.tolist(),
        "names": sorted(frame["name"].fillna("")) if "name" in frame else [],
    }
print(json.dumps(told))
"""
MANY = 40_000


def read_by_gdal(web: httpx.Client, page: int, *layers: str) -> dict[str, Any]:
    program = [sys.executable, "-c", READ, f"OAPIF:{base(web)}", str(page), *layers]
    asking = {**os.environ, "GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": web.headers["authorization"].split()[1]}
    done = subprocess.run(program, capture_output=True, text=True, timeout=900, check=False, env=asking)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def base(web: httpx.Client) -> str:
    return str(web.base_url).rstrip("/")


@pytest.fixture(scope="module")
def many(engine: Engine) -> Iterator[httpx.Client]:
    """40,000 places, served with the limits that people have."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into places (id, name, kind, aliases, division_code, source, tags, sample, geom) "
                "select 'p' || n, '学府路' || n || '号', 'building', '{}', '', '', '{}', true, "
                "ST_MakeEnvelope(x, y, x + 0.0005, y + 0.0005, 4490) from generate_series(0, :many - 1) n, "
                "lateral (select 116 + n % 200 * 1e-3 as x, 30 + n / 200 * 1e-3 as y) as corner"
            ),
            {"many": MANY},
        )
    with served(create_app(engine, Settings(database_url=None))) as client:
        yield client


# GDAL: features


def test_gdal_pages_through_every_layer_and_finds_everything_in_its_place(web: httpx.Client) -> None:
    for layer, found in read_by_gdal(web, 100, *LAYERS).items():
        everything = [
            one for page in every_page(web, f"/collections/{layer}/items?limit=500") for one in page["features"]
        ]
        assert found["count"] == found["told"] == len(everything) == items_of(web, layer, limit=1)["numberMatched"]
        assert found["epsg"] == 4490  # storageCrs, whose latitude comes first
        assert found["shapeless"] == sum(one["geometry"] is None for one in everything)
        if "name" in everything[0]["properties"]:
            assert found["names"] == sorted(one["properties"]["name"] for one in everything)
        told = web.get(f"/collections/{layer}").json()["extent"]["spatial"]["bbox"][0]
        assert found["bounds"] == pytest.approx(told, abs=1e-6)


def test_gdal_pages_through_forty_thousand_features(many: httpx.Client) -> None:
    found = read_by_gdal(many, 1000, "places")["places"]
    assert found["count"] == found["told"] == MANY
    assert found["bounds"] == pytest.approx([116, 30, 116.1995, 30.1995], abs=1e-6)
    assert found["names"] == sorted(f"学府路{number}号" for number in range(MANY))


# GDAL: tiles


@pytest.mark.parametrize("layer", ["communities", "places"])
def test_gdal_finds_in_a_tile_that_tilejson_points_to_what_lies_there(
    web: httpx.Client, tmp_path: Path, layer: str
) -> None:
    told = web.get(f"/collections/{layer}/tiles/WebMercatorQuad?f=tilejson").json()
    (template,) = told["tiles"]
    west, south, east, north = told["bounds"]
    level = 15
    assert told["minzoom"] <= level <= told["maxzoom"]
    down = (1 - math.asinh(math.tan(math.radians((south + north) / 2))) / math.pi) / 2
    row, column = math.floor(down * 2**level), math.floor(((west + east) / 2 + 180) / 360 * 2**level)
    file = tmp_path / "tile.pbf"
    file.write_bytes(web.get(template.format(z=level, x=column, y=row)).content)
    tile = pyogrio.read_dataframe(file, X=str(column), Y=str(row), Z=str(level)).to_crs(4326)
    box = (meridian(column, level), parallel(row + 1, level), meridian(column + 1, level), parallel(row, level))
    inside = items_of(web, layer, bbox=",".join(map(str, box)), limit=500)["features"]
    assert len(inside) > 5
    found = dict(zip(tile["id"], zip(tile["name"], tile.geometry, strict=True), strict=True))
    for one in inside:
        name, shape = found[one["id"]]
        assert name == one["properties"]["name"]
        meant = shapely.intersection(shapely.geometry.shape(one["geometry"]), shapely.box(*box))
        assert shape.distance(meant) < 1e-6
        assert shape.area == pytest.approx(meant.area, abs=meant.length * 1e-5)  # half a pixel of level 15 is 1.2 m


def meridian(column: int, level: int) -> float:
    return float(column / 2**level * 360 - 180)


def parallel(row: int, level: int) -> float:
    return float(math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**level)))))


# OWSLib


def opened(web: httpx.Client) -> Features:
    return Features(base(web), headers={"Authorization": web.headers["authorization"]})


def pages(server: Features, layer: str, limit: int) -> Iterator[dict[str, Any]]:
    """Every page, by the address of the next one that each page tells."""
    asked: dict[str, Any] = {"limit": limit}
    while asked:
        page = server.collection_items(layer, **asked)
        yield page
        following = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
        asked = dict(parse_qsl(urlsplit(following).query))


def test_owslib_reads_what_the_service_tells_of_itself(web: httpx.Client) -> None:
    server = opened(web)
    assert sorted(server.feature_collections()) == sorted(PUBLISHED)
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in server.conformance()["conformsTo"]
    assert server.api()["openapi"].startswith("3.0")
    for layer in LAYERS:
        assert server.collection(layer)["id"] == layer
        assert "geometry" in server.collection_queryables(layer)["properties"]
        assert server.collection_schema(layer)["type"] == "object"


@pytest.mark.parametrize("layer", LAYERS)
def test_owslib_pages_through_a_layer_and_opens_its_features(web: httpx.Client, layer: str) -> None:
    server = opened(web)
    found = [one["id"] for page in pages(server, layer, 500) for one in page["features"]]
    assert len(set(found)) == len(found) == server.collection_items(layer, limit=1)["numberMatched"]
    for key in (found[0], found[-1]):
        assert server.collection_item(layer, str(key))["id"] == key


def test_owslib_pages_through_forty_thousand_features_by_any_size_of_page(many: httpx.Client) -> None:
    server = opened(many)
    for limit in (2_500, 10_000):
        found = [one["id"] for page in pages(server, "places", limit) for one in page["features"]]
        assert len(set(found)) == len(found) == MANY


def test_owslib_asks_with_a_box_an_order_and_a_filter(many: httpx.Client) -> None:
    server = opened(many)
    box = server.collection_items("places", bbox=[116.0, 30.0, 116.01, 30.01], limit=1)
    assert box["numberMatched"] == 11 * 11
    named = server.collection_items("places", filter="name LIKE '学府路1234%'", sortby=("name", "desc"), limit=50)
    names = [one["properties"]["name"] for one in named["features"]]
    assert names == sorted((f"学府路{n}号" for n in (1234, *range(12340, 12350))), reverse=True)
