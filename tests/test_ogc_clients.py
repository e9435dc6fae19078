"""Other people's programs read the service: GDAL's OAPIF driver pages through every layer and agrees on it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from gis_service.api import create_app
from tests.web import LAYERS, SETTINGS, every_page, items_of, served

pytestmark = pytest.mark.database

# in a process of its own: GDAL holds the interpreter while it waits for the server, which is in this one
READ = """
import json, pyogrio, sys
frame = pyogrio.read_dataframe(sys.argv[1], layer=sys.argv[2], PAGE_SIZE="100")
epsg, shapeless = frame.crs.to_epsg(), int(frame.geometry.isna().sum())
print(json.dumps({"count": len(frame), "epsg": epsg, "shapeless": shapeless, "bounds": frame.total_bounds.tolist()}))
"""


@pytest.fixture(scope="module")
def web(sample_engine: Engine) -> Iterator[httpx.Client]:
    """The sample town, served."""
    with served(create_app(sample_engine, SETTINGS)) as client:
        yield client


@pytest.mark.parametrize("layer", LAYERS)
def test_gdal_pages_through_a_layer_and_finds_everything_in_its_place(web: httpx.Client, layer: str) -> None:
    server = f"OAPIF:{str(web.base_url).rstrip('/')}"
    program = [sys.executable, "-c", READ, server, layer]
    read = json.loads(subprocess.run(program, capture_output=True, check=True, timeout=60).stdout)
    assert read["count"] == items_of(web, layer, limit=1)["numberMatched"]
    assert read["epsg"] == 4490  # storageCrs, whose latitude comes first
    shapes = [
        one["geometry"] for page in every_page(web, f"/collections/{layer}/items?limit=500") for one in page["features"]
    ]
    assert read["shapeless"] == shapes.count(None)
    told = web.get(f"/collections/{layer}").json()["extent"]["spatial"]["bbox"][0]
    assert read["bounds"] == pytest.approx(told, abs=1e-6)
