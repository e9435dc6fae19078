"""Whole tables as frames for `analysis`: columns as in the tables, `geom` in lon/lat (EPSG:4490)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Executable,
    FromClause,
    Label,
    any_,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from gis_service import clock
from gis_service.codes import PlaceKind
from gis_service.crs import LONLAT
from gis_service.gazetteer.place import Place
from gis_service.store.sources import (
    PROPOSED,
    areas_as_of,
    exists_on,
    is_past,
    problems_as_of,
    shown_revision,
    surveyed_as_of,
)
from gis_service.store.tables import (
    AreaCommunity,
    AreaRevision,
    Community,
    Division,
    EbikeCharging,
    FireLane,
    Manhole,
    PlaceRow,
    Table,
)
from gis_service.store.versions import DAY

Ids = Collection[int] | None  # None: all there are
_LEFT_OUT = {"geom", "geom_3857", "open_sides", "sides", "issues", "written"}  # values within values take long to read
_LEFT_OUT |= {"former_names", "established_on", "retired_on", "natural_key", "ledger_position"}
_LEFT_OUT |= {
    "source_file",
    "source_sheet",
    "source_row",
    "batch_id",
    "resolved_with",
    "resolution_status",
    "confidence",
}
_AT_A_TIME, _SHARED = 2_000, 4_000  # rows; texts of a column
_NOT_COUNTED = {"abuttals_text", "community_names", "company", "manager", "manager_phone"}  # of areas: long, and many


def divisions_frame(connection: Connection, *, shapes: bool = True) -> gpd.GeoDataFrame:
    """Every division, by code; `geom` is None where only the code list is known, or without `shapes`."""
    return _table(connection, Division, Division.code, shapes=shapes)


def communities_frame(
    connection: Connection, on: dt.date | None = None, *, shapes: bool = True, ids: Ids = None
) -> gpd.GeoDataFrame:
    """Every community as of the day (today), or those of the ids, by id; without `shapes` every `geom` is None."""
    rows = surveyed_as_of(Community, on or clock.today(), is_past(on))
    shape = _shape(rows) if shapes else null().label("geom")
    own = select(*_columns(rows, {DAY}), shape).where(_among(rows.c.id, ids))
    return _located(connection, own.order_by(rows.c.id))


def communities_between(connection: Connection) -> tuple[float, float]:
    """The westernmost and the easternmost longitude of all footprints, NaN where there are none."""
    sides = func.min(func.ST_XMin(Community.geom)), func.max(func.ST_XMax(Community.geom))
    west, east = connection.execute(select(*sides)).one()
    return (np.nan, np.nan) if west is None else (west, east)


def problems_frame(connection: Connection, on: dt.date, ids: Ids = None) -> gpd.GeoDataFrame:
    """Every problem, or those of the ids, one row per category, by id, as it stood on the day."""
    rows = problems_as_of(on, is_past(on))
    return _located(connection, select(*_columns(rows), _shape(rows)).where(_among(rows.c.id, ids)).order_by(rows.c.id))


def fire_lanes_frame(connection: Connection, on: dt.date | None = None) -> gpd.GeoDataFrame:
    """Every fire lane as of the day (today), by id."""
    rows = surveyed_as_of(FireLane, on or clock.today(), is_past(on))
    return _located(connection, select(*_columns(rows), _shape(rows)).order_by(rows.c.id))


def ebikes_frame(connection: Connection) -> gpd.GeoDataFrame:
    """Every e-bike place, by id."""
    return _table(connection, EbikeCharging, EbikeCharging.id)


def manholes_frame(connection: Connection) -> gpd.GeoDataFrame:
    """Every manhole, by id."""
    return _table(connection, Manhole, Manhole.id)


def memberships_frame(connection: Connection, areas: Ids = None, communities: Ids = None) -> pd.DataFrame:
    """Which area holds which community, and whether the ledger or the boundary says so; of these alone, if any."""
    of_these = or_(_among(AreaCommunity.area_id, areas), _among(AreaCommunity.community_id, communities))
    rows = select(AreaCommunity.area_id, AreaCommunity.community_id, AreaCommunity.how).where(of_these)
    return _frame(connection, rows.order_by(AreaCommunity.area_id, AreaCommunity.community_id, AreaCommunity.how))


def areas_frame(connection: Connection, on: dt.date) -> gpd.GeoDataFrame:
    """The areas with a boundary agreed for the day, that boundary as `geom`."""
    frame = all_areas_frame(connection, on)
    return frame[frame.geometry.notna()].reset_index(drop=True)


def all_areas_frame(connection: Connection, on: dt.date, ids: Ids = None) -> gpd.GeoDataFrame:
    """Every area, or those of the ids, as ledgers had it by the day: `geom` is the boundary agreed for the day or None.

    `state` is that of the shown revision; `has_draft` says whether somebody works on one. Of the ledger's columns those
    that are counted: a city of 100,000 areas is to fit into some 100 MB.
    """
    shown, area = shown_revision(on), areas_as_of(on, is_past(on))
    waiting = exists().where(AreaRevision.area_id == area.c.id, AreaRevision.state.in_(PROPOSED))
    agreed = case((shown.c.state == "approved", func.ST_AsBinary(shown.c.geom)), else_=null())
    rows = (
        select(*_columns(area, _NOT_COUNTED), shown.c.state, waiting.label("has_draft"), agreed.label("geom"))
        .select_from(area.outerjoin(shown, shown.c.area_id == area.c.id))
        .where(exists_on(on, area), _among(area.c.id, ids))
        .order_by(area.c.id)
    )
    return _located(connection, rows)


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


def _columns(rows: FromClause, besides: Collection[str] = ()) -> list[Any]:
    return [column for column in rows.c if column.key not in _LEFT_OUT and column.key not in besides]


def _shape(rows: FromClause) -> Label[Any]:
    return func.ST_AsBinary(rows.c.geom).label("geom")


def _among(column: Any, ids: Ids) -> ColumnElement[bool]:
    return true() if ids is None else column == any_(literal(sorted(ids), ARRAY(BigInteger)))


def _table(connection: Connection, table: type[Table], order: Any, *, shapes: bool = True) -> gpd.GeoDataFrame:
    rows = table.__table__
    shape = _shape(rows) if shapes else null().label("geom")
    return _located(connection, select(*_columns(rows), shape).order_by(order))


def _frame(connection: Connection, rows: Executable) -> pd.DataFrame:
    """The rows, read some at a time; a text that many rows have is held once."""
    result = connection.execute(rows.execution_options(stream_results=True, yield_per=_AT_A_TIME))
    names = list(result.keys())
    columns, known = [list[object]() for _ in names], [dict[object, object]() for _ in names]
    for row in result:
        for column, seen, value in zip(columns, known, row, strict=True):
            known_text = isinstance(value, str) and len(seen) < _SHARED
            column.append(seen.setdefault(value, value) if known_text else value)
    # object columns: None stays None, whole numbers stay whole, whatever else stands in the column
    return pd.DataFrame(dict(zip(names, columns, strict=True)), columns=names, dtype=object)


def _located(connection: Connection, rows: Executable) -> gpd.GeoDataFrame:
    frame = _frame(connection, rows)
    shapes = shapely.from_wkb(np.array(frame.pop("geom"), dtype=object))
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=LONLAT, index=frame.index)).rename_geometry(
        "geom"
    )
