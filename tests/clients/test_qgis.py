"""QGIS reads every layer as features and draws its tiles in our colours."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyproj
import pytest
from PIL import Image, ImageColor
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.settings import Settings
from tests.web import LAYERS, SETTINGS, BearingFor, every_page, items_of, served

pytestmark = pytest.mark.database
PYTHON = "/usr/bin/python3"  # QGIS comes with bindings for the Python of the system
READING = Path(__file__).with_name("qgis_reading.py")
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
MANY = 40_000
Told = dict[str, Any]


def ran(program: Path, folder: Path, *arguments: str) -> Told:
    """What a program said, run by the Python of the system with QGIS."""
    environment = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    done = subprocess.run(
        [PYTHON, str(program), *arguments],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment},
        capture_output=True,
        timeout=600,
        check=False,  # QGIS 3.22 may crash when it closes, after all is told
    )
    assert (folder / "told.json").exists(), done.stderr[-2000:].decode(errors="replace")
    told: Told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    return told


def asked(address: str, folder: Path, boxes: dict[str, list[float]]) -> Told:
    return ran(READING, folder, address.rstrip("/"), str(folder), json.dumps(boxes))


def around(web: httpx.Client, layer: str) -> list[float]:
    """The box of a layer in Web Mercator, a little wider."""
    box = web.get(f"/collections/{layer}").json()["extent"]["spatial"]["bbox"][0]
    step = pyproj.Transformer.from_crs(4326, 3857, always_xy=True)
    west, south = step.transform(*box[:2])
    east, north = step.transform(*box[2:])
    edge = 0.02 * (east - west)
    return [west - edge, south - edge, east + edge, north + edge]


@pytest.fixture(scope="module")
def told(sample_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Path]:
    folder = tmp_path_factory.mktemp("qgis")
    with served(BearingFor(create_app(sample_engine, SETTINGS), Role.PLANNER), role=None) as web:
        return asked(str(web.base_url), folder, {layer: around(web, layer) for layer in LAYERS}), folder


@pytest.mark.parametrize("layer", LAYERS)
def test_qgis_reads_every_feature_of_a_layer(web: httpx.Client, told: tuple[Told, Path], layer: str) -> None:
    found = told[0]["features"][layer]
    everything = [one for page in every_page(web, f"/collections/{layer}/items?limit=500") for one in page["features"]]
    assert "error" not in found, found
    assert found["count"] == found["told"] == len(everything)
    assert {name for one in everything for name in one["properties"]} - {"id"} <= set(found["fields"])
    if "name" in found["fields"]:
        assert found["names"] == sorted(one["properties"]["name"] for one in everything)
    extent = web.get(f"/collections/{layer}").json()["extent"]["spatial"]["bbox"][0]
    assert found["box"] == pytest.approx(extent, abs=1e-6)


@pytest.mark.parametrize("layer", LAYERS)
def test_qgis_draws_the_tiles_in_the_colours_of_the_style(
    web: httpx.Client, told: tuple[Told, Path], layer: str
) -> None:
    drawn, folder = told
    assert drawn["pictures"][layer] == {"styled": True, "complaint": ""}
    SCREENSHOTS.mkdir(exist_ok=True)
    picture = Image.open(folder / f"{layer}.png").convert("RGB")
    picture.save(SCREENSHOTS / f"qgis-{layer}.png")
    pixels = np.asarray(picture).reshape(-1, 3).astype(int)
    style = web.get(f"/collections/{layer}/styles/maplibre.json").json()
    colours = [colour for one in style["layers"] for colour in shown(one)]
    found = [np.abs(pixels - colour).max(axis=1).min() <= 2 for colour in colours]
    strange = pixels[np.abs(pixels - 255).max(axis=1) > 2]
    assert len(strange) > 50, "nothing was drawn"
    assert sum(found) >= min(2, len(colours)), (layer, list(zip(colours, found, strict=True)))


def shown(layer: dict[str, Any]) -> Iterator[tuple[int, ...]]:
    """The colour of a style's layer as it appears on white."""
    kind, paint = layer["type"], layer["paint"]
    opacity = float(paint.get(f"{kind}-opacity", 1))
    red, green, blue = ImageColor.getrgb(paint[f"{kind}-color"])[:3]
    yield tuple(round(part * opacity + 255 * (1 - opacity)) for part in (red, green, blue))


def test_qgis_pages_through_forty_thousand_features(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into places (id, name, kind, aliases, division_code, source, tags, sample, geom) "
                "select 'p' || n, '学府路' || n || '号', 'building', '{}', '', '', '{}', true, "
                "ST_SetSRID(ST_Point(116 + n % 200 * 1e-3, 30 + n / 200 * 1e-3), 4490) "
                "from generate_series(0, :many - 1) n"
            ),
            {"many": MANY},
        )
    with served(BearingFor(create_app(engine, Settings(database_url=None)), Role.PLANNER), role=None) as web:
        found = asked(str(web.base_url), tmp_path, {"places": around(web, "places")})["features"]["places"]
        assert items_of(web, "places", limit=1)["numberMatched"] == MANY
    assert found["count"] == found["told"] == MANY
    assert found["names"] == sorted(f"学府路{number}号" for number in range(MANY))
