"""What can be read as a layer: ten sources, each with its columns, their types, and the rows on a given day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Float,
    FromClause,
    Integer,
    Numeric,
    Select,
    and_,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from gis_service.store import tables
from gis_service.store.tables import AreaRevision, ManagementArea, Problem


class ColumnType(StrEnum):
    """The type of a column, as a layer's declaration and a filter see it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TEXTS = "texts"  # a list of texts
    JSON = "json"


Touching = Callable[[FromClause, ColumnElement[Any], str], ColumnElement[bool]]


def _any_place(rows: FromClause, envelope: ColumnElement[Any], place: str) -> ColumnElement[bool]:
    return rows.c[place].op("&&")(envelope)


@dataclass(frozen=True)
class Source:
    """A source of features: `rows(day)` has the columns, `geom` (lon/lat) and `geom_3857` (Web Mercator).

    `touching` asks the spatial index of one of the two for what meets an envelope.
    """

    id: str
    id_column: str
    columns: Mapping[str, ColumnType]
    rows: Callable[[dt.date], FromClause] = field(repr=False)
    touching: Touching = field(repr=False, default=_any_place)
    since: Select[Any] | None = field(repr=False, default=None)  # its first day, if it has a history


_NOT_PUBLISHED = {"geom", "geom_3857", "natural_key"}
DECIMALS = 7  # of a degree: about a centimetre
METRIC_DECIMALS = 3  # a millimetre
_TYPES: tuple[tuple[type[TypeEngine[Any]], ColumnType], ...] = (
    (JSONB, ColumnType.JSON),
    (ARRAY, ColumnType.TEXTS),
    (Boolean, ColumnType.BOOLEAN),
    (Integer, ColumnType.INTEGER),
    (Numeric, ColumnType.NUMBER),
    (Float, ColumnType.NUMBER),
    (DateTime, ColumnType.TIMESTAMP),
    (Date, ColumnType.DATE),
)


def _type_of(column: Column[object] | ColumnElement[object]) -> ColumnType:
    for sql_type, ours in _TYPES:
        if isinstance(column.type, sql_type):
            return ours
    return ColumnType.TEXT


def _columns_of(rows: FromClause) -> dict[str, ColumnType]:
    return {column.key: _type_of(column) for column in rows.c if column.key not in _NOT_PUBLISHED}


def _stored(source: str, table: type[tables.Table]) -> Source:
    rows = table.__table__
    return Source(source, next(iter(rows.primary_key)).key, _columns_of(rows), rows=lambda _day: rows)


def in_force(day: dt.date) -> ColumnElement[bool]:
    """True of a revision that is the agreed boundary on the day."""
    span = func.daterange(AreaRevision.effective_from, AreaRevision.effective_to)
    return and_(AreaRevision.state == "approved", span.op("@>")(day))


def shown_revision(day: dt.date) -> FromClause:
    """The revision that stands for an area on the day: the agreed one, or else the newest proposal made by then."""
    agreed = in_force(day)
    proposed = and_(AreaRevision.state != "approved", func.date(AreaRevision.created_at) <= day)
    return (
        select(AreaRevision)
        .where(AreaRevision.area_id == ManagementArea.id, or_(agreed, proposed))
        .order_by(agreed.desc(), AreaRevision.number.desc())
        .limit(1)
        .lateral("shown")
    )


def _areas(day: dt.date) -> FromClause:
    shown = shown_revision(day)
    open_problems = (
        select(func.count())
        .where(Problem.area_id == ManagementArea.id, Problem.closed.isnot(True))
        .scalar_subquery()
        .label("problems_open")
    )
    own = [column for column in ManagementArea.__table__.c if column.key != "open_sides"]
    open_sides = cast(func.ST_AsGeoJSON(ManagementArea.open_sides, DECIMALS, 0), JSONB)
    area_m2 = cast(func.ST_Area(func.geography(shown.c.geom)), Numeric)
    return (
        select(
            *own,
            open_sides.label("open_sides"),
            shown.c.state,
            shown.c.number.label("revision"),
            shown.c.effective_from,
            func.round(area_m2, 1, type_=Numeric()).label("area_m2"),
            open_problems,
            shown.c.geom,
            shown.c.geom_3857,
        )
        .select_from(ManagementArea.__table__.outerjoin(shown, true()))
        .subquery("areas")
    )


def _areas_touching(rows: FromClause, envelope: ColumnElement[Any], place: str) -> ColumnElement[bool]:
    # the shown revision is chosen row by row, so the index narrows the areas before that
    near = select(AreaRevision.area_id).where(AreaRevision.__table__.c[place].op("&&")(envelope))
    return and_(rows.c.id.in_(near), _any_place(rows, envelope, place))


_FIRST_BOUNDARY = select(
    func.min(func.least(AreaRevision.effective_from, func.date(AreaRevision.created_at)), type_=Date())
)
_STORED: tuple[tuple[str, type[tables.Table]], ...] = (
    ("divisions", tables.Division),
    ("places", tables.PlaceRow),
    ("communities", tables.Community),
    ("uncovered_communities", tables.UncoveredCommunity),
    ("coverage", tables.Coverage),
    ("problems", tables.Problem),
    ("fire_lanes", tables.FireLane),
    ("ebike_charging", tables.EbikeCharging),
    ("manholes", tables.Manhole),
)
SOURCES: Mapping[str, Source] = {source: _stored(source, table) for source, table in _STORED} | {
    "management_areas": Source(
        "management_areas", "id", _columns_of(_areas(dt.date.min)), _areas, _areas_touching, _FIRST_BOUNDARY
    )
}
