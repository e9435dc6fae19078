"""Divisions with the unit they report to come in; the reporting units and the ground they report on go out."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.analysis.metric import surface
from gis_service.analysis.tallies import UNKNOWN


def reporting_units(divisions: gpd.GeoDataFrame, stated: pd.Series) -> pd.DataFrame:
    """Every unit that a division, community or ledger row names, with its ground.

    经开区 and 高新区 report beside the counties: their streets are no part of the county's ground as a unit.
    """
    named = divisions["reporting_unit"]
    units = dict.fromkeys(unit for unit in [*named, *sorted(set(stated))] if unit and not pd.isna(unit))
    units.pop(UNKNOWN, None)
    samples = divisions.groupby("reporting_unit")["sample"].all().to_dict()
    rows = [
        {"code": unit, "name": unit, "sample": bool(samples.get(unit, False)), "geom": _ground(divisions, unit)}
        for unit in units
    ]
    return pd.DataFrame(rows, columns=["code", "name", "sample", "geom"], dtype=object)


def _ground(divisions: gpd.GeoDataFrame, unit: str) -> shapely.MultiPolygon | None:
    own = divisions["reporting_unit"] == unit
    given_away = ~own & divisions["reporting_unit"].notna() & divisions["parent_code"].isin(divisions.loc[own, "code"])
    ground = _union(divisions.geometry[own])
    if ground.is_empty:
        return None
    return surface(shapely.difference(ground, _union(divisions.geometry[given_away])))


def _union(shapes: gpd.GeoSeries) -> BaseGeometry:
    return shapely.union_all(shapes.dropna().to_numpy())
