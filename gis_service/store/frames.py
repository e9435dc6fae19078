"""Whole tables as frames for `analysis`: columns as in the tables, `geom` in lon/lat (EPSG:4490)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, Executable, case, exists, func, null, select, true

from gis_service.codes import PlaceKind
from gis_service.crs import LONLAT
from gis_service.gazetteer.place import Place
from gis_service.store.sources import in_force, shown_revision
from gis_service.store.tables import (
    AreaCommunity,
    AreaRevision,
    Community,
    Division,
    EbikeCharging,
    FireLane,
    ManagementArea,
    Manhole,
    PlaceRow,
    Problem,
    Table,
)

_LEFT_OUT = {"geom", "geom_3857", "open_sides"}


def divisions_frame(connection: Connection) -> gpd.GeoDataFrame:
    """Every division, by code; `geom` is None where only the code list is known."""
    return _table(connection, Division, Division.code)


def communities_frame(connection: Connection) -> gpd.GeoDataFrame:
    """Every community, by id."""
    return _table(connection, Community, Community.id)


def problems_frame(connection: Connection) -> gpd.GeoDataFrame:
    """Every problem, one row per category, by id."""
    return _table(connection, Problem, Problem.id)


def fire_lanes_frame(connection: Connection) -> gpd.GeoDataFrame:
    """Every fire lane, by id."""
    return _table(connection, FireLane, FireLane.id)


def ebikes_frame(connection: Connection) -> gpd.GeoDataFrame:
    """Every e-bike place, by id."""
    return _table(connection, EbikeCharging, EbikeCharging.id)


def manholes_frame(connection: Connection) -> gpd.GeoDataFrame:
    """Every manhole, by id."""
    return _table(connection, Manhole, Manhole.id)


def memberships_frame(connection: Connection) -> pd.DataFrame:
    """Which area holds which community, and whether the ledger or the boundary says so."""
    rows = select(AreaCommunity.area_id, AreaCommunity.community_id, AreaCommunity.how)
    return _frame(connection, rows.order_by(AreaCommunity.area_id, AreaCommunity.community_id, AreaCommunity.how))


def areas_frame(connection: Connection, on: dt.date) -> gpd.GeoDataFrame:
    """The areas with a boundary agreed for the day, that boundary as `geom`."""
    frame = all_areas_frame(connection, on)
    return frame[frame.geometry.notna()].reset_index(drop=True)


def all_areas_frame(connection: Connection, on: dt.date) -> gpd.GeoDataFrame:
    """Every area: `geom` is the boundary agreed for the day or None; `state` of the shown revision; `has_draft`."""
    shown = shown_revision(on)
    waiting = exists().where(AreaRevision.area_id == ManagementArea.id, AreaRevision.state != "approved")
    agreed = case((shown.c.state == "approved", func.ST_AsBinary(shown.c.geom)), else_=null())
    rows = (
        select(*_columns(ManagementArea), shown.c.state, waiting.label("has_draft"), agreed.label("geom"))
        .select_from(ManagementArea.__table__.outerjoin(shown, true()))
        .order_by(ManagementArea.id)
    )
    return _located(connection, rows)


def agreed_boundaries(connection: Connection, on: dt.date) -> gpd.GeoDataFrame:
    """The boundaries agreed for the day, by area: area_id, number, geom."""
    rows = select(AreaRevision.area_id, AreaRevision.number, func.ST_AsBinary(AreaRevision.geom).label("geom"))
    return _located(connection, rows.where(in_force(on)).order_by(AreaRevision.area_id))


def places(connection: Connection) -> tuple[Place, ...]:
    """The gazetteer, by id, ready for `Gazetteer`."""
    columns = (PlaceRow.id, PlaceRow.name, PlaceRow.kind, PlaceRow.aliases, PlaceRow.width_m)
    columns_more = (PlaceRow.division_code, PlaceRow.source, PlaceRow.tags, func.ST_AsBinary(PlaceRow.geom))
    rows = connection.execute(select(*columns, *columns_more).order_by(PlaceRow.id)).all()
    shapes = shapely.from_wkb([row[-1] for row in rows])
    return tuple(
        Place(
            id=row.id,
            name=row.name,
            kind=PlaceKind(row.kind),
            geometry=shape,
            aliases=tuple(row.aliases),
            width_m=row.width_m,
            division_code=row.division_code,
            source=row.source,
            tags=row.tags,
        )
        for row, shape in zip(rows, shapes, strict=True)
    )


def _columns(table: type[Table]) -> list[Any]:
    return [column for column in table.__table__.c if column.key not in _LEFT_OUT]


def _table(connection: Connection, table: type[Table], order: Any) -> gpd.GeoDataFrame:
    shape = func.ST_AsBinary(table.__table__.c.geom).label("geom")
    return _located(connection, select(*_columns(table), shape).order_by(order))


def _frame(connection: Connection, rows: Executable) -> pd.DataFrame:
    result = connection.execute(rows)
    # object columns: None stays None, whole numbers stay whole, whatever else stands in the column
    return pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()), dtype=object)


def _located(connection: Connection, rows: Executable) -> gpd.GeoDataFrame:
    frame = _frame(connection, rows)
    shapes = shapely.from_wkb(np.array(frame.pop("geom"), dtype=object))
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=LONLAT, index=frame.index)).rename_geometry(
        "geom"
    )
