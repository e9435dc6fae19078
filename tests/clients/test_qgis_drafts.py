"""Drafts and QGIS: it reads them; what it draws comes in as a file while it cannot write through the interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine

from gis_service.access import Role
from gis_service.api import create_app
from tests.clients.test_qgis import ran
from tests.desk import geojson, rows_of
from tests.ground import lonlat, square
from tests.web import SETTINGS, BearingFor, served

pytestmark = pytest.mark.database
EDITING = Path(__file__).with_name("qgis_editing.py")
GEOJSON = {"content-type": "application/geo+json"}
FIRST_TO_EDIT = 33_200  # QGIS 3.32 writes through OGC API – Features Part 4, without If-Match
BLOCK, EAST_DEG = lonlat(square(600, 400, 700, 500)), 0.0005


def test_what_is_drawn_in_qgis_comes_back_as_a_draft(engine: Engine, tmp_path: Path) -> None:
    rows_of(engine, tmp_path, "四周为空地")
    with served(BearingFor(create_app(engine, SETTINGS), Role.CITY), role=None) as web:
        draft = {"type": "Feature", "geometry": geojson(BLOCK), "properties": {"code": "WY-340802-0001"}}
        made = web.post("/collections/boundary_drafts/items", json=draft, headers=GEOJSON)
        assert made.status_code == 201, made.text
        told = ran(EDITING, tmp_path, str(web.base_url).rstrip("/"), str(tmp_path), str(EAST_DEG))
        assert (told["drafts"], told["refused"]) == (1, "")
        assert told["version"] < FIRST_TO_EDIT, "QGIS edits drafts now (GIS_SERVICE_REQUIRE_IF_MATCH=false): try it"
        assert (told["may"], told["editing"]) == (False, False)
        assert _imported(web, tmp_path / "边界.gpkg").equals_exact(affinity.translate(BLOCK, EAST_DEG), 1e-6)


def _imported(web: httpx.Client, file: Path) -> BaseGeometry:
    """The one part of the draft that came of a file, which says by a code whose it is."""
    seen = web.post("/boundaries/imports", files={"file": (file.name, file.read_bytes())})
    assert seen.status_code == 201, seen.text
    rows = [{"n": row["n"]} for row in seen.json()["rows"]]
    kept = web.post(f"/boundaries/imports/{seen.json()['token']}/commit", json={"rows": rows})
    assert kept.status_code == 200, kept.text
    (area,) = kept.json()["drafted"]
    working: dict[str, Any] = web.get(f"/boundaries/areas/{area}").json()["working"]
    assert working["origin"] == "imported"
    found: BaseGeometry
    (found,) = shapely.get_parts(shapely.geometry.shape(working["geometry"]))
    return found
