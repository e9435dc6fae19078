"""Small frames of a town drawn in metres, for tests that work their answers out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.crs import to_lonlat

ZONE = 4548
EAST, NORTH = 505_000.0, 3_378_000.0  # metres in 安庆
TODAY = dt.date(2023, 7, 15)
Shape = TypeVar("Shape", bound=BaseGeometry)


def on_ground(shape: Shape) -> Shape:
    """A shape drawn in metres from a corner of the town, as lon/lat."""
    return to_lonlat(shapely.affinity.translate(shape, EAST, NORTH), ZONE)


def block(x: float, y: float, width: float = 100, height: float = 100) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([on_ground(shapely.box(x, y, x + width, y + height))])


def frame(rows: list[dict[str, Any]], **defaults: Any) -> gpd.GeoDataFrame:
    full = [{**defaults, **row} for row in rows]
    shapes = gpd.GeoSeries([row.pop("geom") for row in full], crs=4490)
    return gpd.GeoDataFrame(pd.DataFrame(full), geometry=shapes).rename_geometry("geom")


def communities(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    return frame(
        list(rows),
        code="XQ",
        name="某小区",
        county="甲区",
        street="一街道",
        neighborhood="一社区",
        reporting_unit="甲区",
        county_code="340801",
        street_code="340801001",
        neighborhood_code="340801001001",
        sample=False,
    )


def areas(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    return frame(
        list(rows),
        name="某区域",
        ledger_seq=None,
        service_form=1,
        committee=None,
        party_coverage=None,
        fee_rate=None,
        community_names=(),
        state=None,
        has_draft=False,
        reporting_unit="甲区",
        county_code="340801",
        street_code="340801001",
        neighborhood_code="340801001001",
        sample=False,
    )


def problems(*rows: dict[str, Any]) -> pd.DataFrame:
    known = {
        "id": 1,
        "code": "WT",
        "seq": 1,
        "project_name": "某小区",
        "community_id": None,
        "area_id": None,
        "county": "甲区",
        "category": 1,
        "closed": False,
        "sample": False,
    }
    return pd.DataFrame([{**known, "id": n, **row} for n, row in enumerate(rows, start=1)], columns=list(known))


def members(*rows: tuple[int, int, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["area_id", "community_id", "how"])
