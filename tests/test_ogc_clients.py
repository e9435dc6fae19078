"""Other people's programs read the service: GDAL's OAPIF driver pages through every layer and agrees on it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pyogrio
import pytest
from sqlalchemy import Engine

from gis_service.api import create_app
from tests.web import LAYERS, SETTINGS, every_page, items_of, served

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def web(sample_engine: Engine) -> Iterator[httpx.Client]:
    """The sample town, served."""
    with served(create_app(sample_engine, SETTINGS)) as client:
        yield client


@pytest.mark.parametrize("layer", LAYERS)
def test_gdal_pages_through_a_layer_and_finds_everything_in_its_place(web: httpx.Client, layer: str) -> None:
    server = f"OAPIF:{str(web.base_url).rstrip('/')}"
    frame = pyogrio.read_dataframe(server, layer=layer, PAGE_SIZE="100")
    assert len(frame) == items_of(web, layer, limit=1)["numberMatched"]
    assert frame.crs.to_epsg() == 4490  # storageCrs, whose latitude comes first
    shapes = [
        one["geometry"] for page in every_page(web, f"/collections/{layer}/items?limit=500") for one in page["features"]
    ]
    assert frame.geometry.isna().sum() == shapes.count(None)
    west, south, east, north = web.get(f"/collections/{layer}").json()["extent"]["spatial"]["bbox"][0]
    assert west - 1e-6 <= frame.total_bounds[0] <= frame.total_bounds[2] <= east + 1e-6
    assert south - 1e-6 <= frame.total_bounds[1] <= frame.total_bounds[3] <= north + 1e-6
