"""The derived tables: what `analysis` found replaces what it found before, row by row."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, func, select

from gis_service.store.tables import Coverage, Table, UncoveredCommunity
from gis_service.store.upsert import Changes, Rule, delete_others, upsert

_RULE = Rule(key="id")


def replace(connection: Connection, *, coverage: gpd.GeoDataFrame, uncovered: gpd.GeoDataFrame) -> None:
    """Both tables hold exactly these rows; rows that say the same as before are not touched."""
    _replace(connection, Coverage, coverage)
    _replace(connection, UncoveredCommunity, uncovered)


def computed_on(connection: Connection) -> dt.date | None:
    """The day the derived tables speak of; None before the first import."""
    return connection.scalar(select(func.max(Coverage.as_of)))


def _replace(connection: Connection, table: type[Table], frame: gpd.GeoDataFrame) -> Changes:
    columns = [column.key for column in table.__table__.c if column.computed is None]
    rows = [_row(record, columns) for record in frame.to_dict("records")]
    delete_others(connection, table, "id", [str(row["id"]) for row in rows])
    return upsert(connection, table, rows, _RULE)


def _row(record: dict[str, object], columns: list[str]) -> dict[str, object]:
    return {name: _plain(record[name]) for name in columns}


def _plain(value: object) -> object:
    """The value as PostgreSQL takes it: NaN, NaT and NA are NULL, surfaces are MultiPolygons."""
    if isinstance(value, shapely.Polygon):
        return shapely.MultiPolygon([value])
    if isinstance(value, (dict, list, shapely.MultiPolygon)):
        return value
    return None if pd.isna(value) else value
