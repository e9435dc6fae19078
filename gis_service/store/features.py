"""Reading a source as GeoJSON or as rows: one query each, masked in the query, streamed in order of id."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Row,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)

from gis_service import clock
from gis_service.crs import CRS84, REFERENCES, Reference
from gis_service.errors import BadRequestError, NotFoundError
from gis_service.filtering import Filter, Kind, Queryable, condition
from gis_service.store.cursors import counted
from gis_service.store.filters import KINDS, Bbox, column_type, equal, inside, with_ids
from gis_service.store.masks import MASKS
from gis_service.store.ordering import UNSORTABLE, SortKey, Start, beyond, order_by
from gis_service.store.sources import DECIMALS, METRIC_DECIMALS, SOURCES, ColumnType, Source, is_past, source_named
from gis_service.store.tables import LayerRevision
from gis_service.store.territory import EVERYWHERE, own

__all__ = [
    "GEOMETRY",
    "SOURCES",
    "Column",
    "ColumnType",
    "FeatureQuery",
    "Seen",
    "SortKey",
    "Source",
    "Start",
    "count_features",
    "exceeds",
    "extent",
    "feature_text",
    "first_day",
    "has_shapeless",
    "queryable_kinds",
    "revision",
    "rows_and_conditions",
    "seen_unmasked",
    "sortables",
    "stream_features",
    "stream_rows",
]

_STREAMED = {"stream_results": True, "yield_per": 500}  # rows a fetch, through a cursor of the server
GEOMETRY = "geometry"  # what filters call the place of a feature


@dataclass(frozen=True)
class Column:
    """A column to read; `mask` is None, "name" (张*) or "phone" (138****0000).

    In rows of the divisions `shown_in` a masked column is read as it is; nowhere can it be asked for or sorted by.
    """

    name: str
    mask: str | None = None
    shown_in: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FeatureQuery:
    """What to read: `bbox` in lon/lat; `equals` compares columns with texts as typed by a person.

    `only` narrows what is given of the columns, not what may be asked; `reference` is what GeoJSON is written in.
    """

    source: str
    columns: tuple[Column, ...]
    bbox: Bbox | BaseGeometry | None = None
    limit: int | None = None
    offset: int = 0
    ids: tuple[str, ...] | None = None
    as_of: dt.date | None = None
    equals: tuple[tuple[str, str], ...] = ()
    filter: Filter | None = None
    only: tuple[str, ...] | None = None
    order: tuple[SortKey, ...] = ()
    start: Start | None = None
    reference: Reference = REFERENCES[CRS84]


def stream_features(connection: Connection, query: FeatureQuery) -> Iterator[str]:
    """Every matching feature as GeoJSON text, in order; a wrong query fails before the first.

    Coordinates are those of the reference system, axes in its own order; lon/lat as RFC 7946 has it unless asked.
    """
    source, rows = _rows(query)
    statement = _ordered(source, rows, query, feature_text(source, rows, query))
    return counted(connection, iter(connection.execute(statement, execution_options=_STREAMED).scalars()))


def stream_rows(
    connection: Connection, query: FeatureQuery, *, shapes: bool = True
) -> Iterator[Sequence[Row[tuple[Any, ...]]]]:
    """Batches of rows in order: id, shape (WKB in lon/lat, right-hand rule, or None), then the columns as asked.

    Without `shapes` every shape is None and none is read.
    """
    source, rows = _rows(query)
    shape = func.ST_AsBinary(func.ST_ForcePolygonCCW(rows.c.geom)) if shapes else null()
    values = [_shown(source, rows, one) for one in query.columns]
    selected = (rows.c[source.id_column].label("id_"), shape.label("shape_"))
    labelled = [value.label(f"column_{place}") for place, value in enumerate(values)]
    statement = _ordered(source, rows, query, *selected, *labelled)
    return counted(connection, connection.execute(statement, execution_options=_STREAMED).partitions(), len)


def count_features(connection: Connection, query: FeatureQuery) -> int:
    """How many features match, whatever limit, offset and start say."""
    source, rows = _rows(query)
    statement = select(func.count()).select_from(rows).where(*_conditions(source, rows, query))
    return connection.scalar(statement) or 0


def exceeds(connection: Connection, source: str, most: int) -> bool:
    """True of a source that holds more than so many features; it is not counted further than that."""
    rows = _source(source).rows(clock.today(), False)
    return connection.execute(select(rows.c[_source(source).id_column]).offset(most).limit(1)).first() is not None


@dataclass(frozen=True)
class Seen:
    """What of a reading shows persons as they are: the ids of the rows, and the names and phones that stand in them."""

    ids: tuple[str, ...] = ()
    texts: frozenset[str] = frozenset()


def seen_unmasked(connection: Connection, query: FeatureQuery) -> Seen:
    """What the reading shows of persons, within its limit."""
    personal = [one for one in query.columns if one.shown_in and (query.only is None or one.name in query.only)]
    if not personal:
        return Seen()
    source, rows = _rows(query)
    shown = personal[0].shown_in  # the same for all: they belong to one reader
    visible = true() if shown == EVERYWHERE else own(rows, shown)
    key = cast(rows.c[source.id_column], Text).label("id")
    texts = [rows.c[one.name].label(f"text_{place}") for place, one in enumerate(personal)]
    read = _ordered(source, rows, query, key, visible.label("shown"), *texts).subquery("read")
    wanted = select(read.c.id, *(read.c[text.name] for text in texts)).where(read.c.shown)
    found = connection.execute(wanted).all()
    return Seen(tuple(row[0] for row in found), frozenset(text for row in found for text in row[1:] if text))


def has_shapeless(connection: Connection, query: FeatureQuery) -> bool:
    """True when something that matches has no shape, or an empty one."""
    source, rows = _rows(query)
    shapeless = or_(rows.c.geom.is_(None), func.ST_IsEmpty(rows.c.geom))
    found = select(rows.c[source.id_column]).where(*_conditions(source, rows, query), shapeless).limit(1)
    return connection.execute(found).first() is not None


def queryable_kinds(query: FeatureQuery) -> dict[str, Kind]:
    """What a filter of the query may ask for: the place, and every column that is neither masked nor JSON."""
    source = _source(query.source)
    asked = (column.name for column in query.columns if column.mask is None)
    kinds = {name: KINDS.get(column_type(source, name)) for name in asked}
    return {GEOMETRY: Kind.GEOMETRY} | {name: kind for name, kind in kinds.items() if kind is not None}


def sortables(query: FeatureQuery) -> tuple[str, ...]:
    """The columns that a reading may be sorted by: those of one value that a filter may ask for."""
    source = _source(query.source)
    return tuple(name for name in queryable_kinds(query) if source.columns.get(name, ColumnType.JSON) not in UNSORTABLE)


def first_day(connection: Connection, source: str) -> dt.date | None:
    """The first day that the source tells of; None where it has no history, or nothing in it."""
    since = _source(source).since
    found: dt.date | None = None if since is None else connection.execute(since).scalar_one()
    return found


def extent(connection: Connection, source: str) -> Bbox | None:
    """West, south, east, north of everything in the source, today; None while it has no geometry."""
    rows = _source(source).rows(clock.today(), False)
    box = func.ST_Extent(rows.c.geom)
    corners = connection.execute(
        select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))
    ).one()
    return None if corners[0] is None else (corners[0], corners[1], corners[2], corners[3])


def revision(connection: Connection, source: str) -> int:
    """How often the source changed; raised by every write in the same transaction."""
    _source(source)
    known = select(LayerRevision.revision).where(LayerRevision.source == source)
    return connection.scalar(known) or 0


def _source(name: str) -> Source:
    found = source_named(name)
    if found is None:
        raise NotFoundError(f"没有名为“{name}”的数据源")
    return found


def _rows(query: FeatureQuery) -> tuple[Source, FromClause]:
    source = _source(query.source)
    return source, source.rows(bindparam("day", query.as_of or clock.today(), Date()), is_past(query.as_of))


def rows_and_conditions(query: FeatureQuery) -> tuple[Source, FromClause, list[ColumnElement[bool]]]:
    """What is read, and what is true of the rows that match."""
    source, rows = _rows(query)
    return source, rows, list(_conditions(source, rows, query))


def _ordered(source: Source, rows: FromClause, query: FeatureQuery, *selected: Any) -> Select[Any]:
    if query.offset < 0 or (query.limit is not None and query.limit < 0):
        raise BadRequestError("limit 和 offset 不能为负数")
    statement = select(*selected).select_from(rows).where(*_page(source, rows, query))
    if query.start is not None:
        statement = statement.where(beyond(source, rows, query.order, query.start))
    return statement.order_by(*order_by(source, rows, query.order)).limit(query.limit)


def feature_text(source: Source, rows: FromClause, query: FeatureQuery) -> ColumnElement[str]:
    """One feature as GeoJSON. Put together as text: a third faster than as JSON values."""
    key = cast(func.to_json(rows.c[source.id_column]), Text)
    properties = cast(_properties(source, rows, query), Text)
    told: tuple[ColumnElement[Any], ...] = (
        *(literal_column("""'{"type":"Feature","id":'"""), key),
        *(literal_column("""',"geometry":'"""), _geometry(rows, query.reference)),
        *(literal_column("""',"properties":'"""), properties, literal_column("'}'")),
    )
    return reduce(lambda text, more: text.op("||")(more), told)


def _geometry(rows: FromClause, reference: Reference) -> ColumnElement[str]:
    shape: ColumnElement[Any] = func.ST_ForcePolygonCCW(rows.c.geom)
    if not reference.degrees:
        shape = func.ST_Transform(shape, reference.epsg)
    if reference.north_first:
        shape = func.ST_FlipCoordinates(shape)
    decimals = DECIMALS if reference.degrees else METRIC_DECIMALS
    # 0: no crs member, which RFC 7946 forbids and PostGIS would add for EPSG:4490
    return func.coalesce(func.ST_AsGeoJSON(shape, decimals, 0), literal_column("'null'"))


def _properties(source: Source, rows: FromClause, query: FeatureQuery) -> ColumnElement[object]:
    shown = [one for one in query.columns if query.only is None or one.name in query.only]
    if not shown:
        return literal_column("'{}'")
    values = [_shown(source, rows, one).label(one.name) for one in shown]
    if any(one.shown_in for one in shown):  # where a row lies is asked of other tables, out of reach of a record
        return func.json_build_object(*(part for value in values for part in (value.key, value.element)))
    told = select(*values).correlate(rows).lateral("properties_")
    return select(func.row_to_json(literal_column("properties_"))).select_from(told).scalar_subquery()


def _shown(source: Source, rows: FromClause, column: Column) -> ColumnElement[str]:
    kind, value = column_type(source, column.name), rows.c[column.name]
    if column.mask is None or column.shown_in == EVERYWHERE:
        return value
    if column.mask not in MASKS or kind is not ColumnType.TEXT:
        raise BadRequestError(f"字段“{column.name}”不能按“{column.mask}”遮盖")
    masked = MASKS[column.mask](value)
    return case((own(rows, column.shown_in), value), else_=masked) if column.shown_in else masked


def _page(source: Source, rows: FromClause, query: FeatureQuery) -> list[ColumnElement[bool]]:
    conditions = list(_conditions(source, rows, query))
    if not query.offset:
        return conditions
    # ids alone are skipped: building features that nobody gets took four times as long
    other = _rows(query)[1].alias("skimmed")
    key = other.c[source.id_column]
    wanted = select(key).where(*_conditions(source, other, query)).order_by(*order_by(source, other, query.order))
    return [rows.c[source.id_column].in_(wanted.limit(query.limit).offset(query.offset))]


def _conditions(source: Source, rows: FromClause, query: FeatureQuery) -> Iterator[ColumnElement[bool]]:
    if query.bbox is not None:
        yield inside(rows, query.bbox)
    if query.ids is not None:
        yield with_ids(source, rows, query.ids)
    hidden = {column.name for column in query.columns if column.mask}
    for name, text in query.equals:
        if name in hidden:
            raise BadRequestError(f"字段“{name}”已遮盖，不能作为筛选条件")
        yield equal(source, rows, name, text)
    if query.filter is not None:
        yield condition(query.filter, _queryables(rows, query))


def _queryables(rows: FromClause, query: FeatureQuery) -> dict[str, Queryable]:
    columns = {GEOMETRY: rows.c.geom, **rows.c}
    return {name: Queryable(columns[name], kind) for name, kind in queryable_kinds(query).items()}
