"""What tests of exports share: a layer written in a format, and every format opened again by GDAL, pandas or Arrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from sqlalchemy import Connection, Engine

from gis_service.access import PLANNER
from gis_service.exports import FORMATS, Extract, Wishes, Written, export_layer, extract, system_named
from gis_service.exports.readable import titles
from gis_service.layers import load_layers
from gis_service.resources import shared

LAYERS = load_layers(shared("layers"))
FILES = [form for form, spec in FORMATS.items() if not spec.tiled]  # of features, each whole and once
TABLES = ("csv", "xlsx")
READABLE = (*TABLES, "kml")  # titles and words instead of ids and codes
DEGREE, METRE = 1e-7, 1e-3
NO_CRS_WARNING = "ignore:'crs' was not provided:UserWarning"  # what pyogrio says of GCJ-02, which claims none


def taken(layer: str, crs: str = "CRS84", *, wkt: bool = False, **options: Any) -> Extract:
    wishes = Wishes(system_named(crs), options.pop("encoding", "UTF-8"), wkt)
    return extract(LAYERS[layer], options.pop("reader", PLANNER), options.pop("columns", None), wishes, **options)


def write(engine: Engine | Connection, wanted: Extract, form: str, folder: Path) -> tuple[Path, Written]:
    out = folder / f"{wanted.name}{FORMATS[form].suffixes[0]}"
    if isinstance(engine, Connection):
        return out, export_layer(engine, wanted, FORMATS[form], out)
    with engine.connect() as connection:
        return out, export_layer(connection, wanted, FORMATS[form], out)


def opened(out: Path, form: str) -> pd.DataFrame:
    """What a program finds in the file, shapes under `geometry`."""
    if form == "parquet":
        return gpd.read_parquet(out)
    if form == "csv":
        return located(pd.read_csv(out, encoding="utf-8-sig", dtype=str, keep_default_na=False, na_values=[""]))
    if form == "xlsx":
        return located(pd.read_excel(out, engine="openpyxl", sheet_name=0, keep_default_na=False, na_values=[""]))
    if form == "shp":
        parts = [pyogrio.read_dataframe(out, layer=name) for name, kind in pyogrio.list_layers(out) if kind]
        return pd.concat(parts, ignore_index=True)
    return pyogrio.read_dataframe(out)


def located(frame: pd.DataFrame) -> pd.DataFrame:
    if "WKT" in frame:
        frame["geometry"] = shapely.from_wkt([text if isinstance(text, str) else None for text in frame["WKT"]])
    return frame


def id_column(wanted: Extract, form: str) -> str:
    name = wanted.layer.id_field
    return titles(wanted)[name] if form in READABLE else name
