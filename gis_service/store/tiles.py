"""A tile and what may stand in it in, its features as a Mapbox Vector Tile out: one query, thinned by level."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Float,
    FromClause,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)

from gis_service.crs import WEB_MERCATOR
from gis_service.errors import NotFoundError
from gis_service.store.sources import SOURCES, ColumnType, Source
from gis_service.store.tables import LayerRevision
from gis_service.tiling import Tile

MOST_BYTES = 500_000  # of one tile, before compression
COUNT = "count"  # for how many points a point stands
FULL_LEVEL = 14  # from here on nothing is left out (a pixel is 5 m or less), unless the tile would grow too large
_GRID, _MARGIN = 4096, 64  # of a tile's own coordinates
_PIXELS = 512  # across a tile as viewers draw it
_CELLS = 64  # across a tile: one point in each at far levels, about as large as a marker


@dataclass(frozen=True)
class TileQuery:
    """What may stand in a tile; `essential` columns stay when there is no room for all."""

    source: str
    layer: str  # as the tile names it
    columns: tuple[str, ...]
    essential: tuple[str, ...]
    has_points: bool
    as_of: dt.date


@dataclass(frozen=True)
class Freshness:
    """How often a source was written to, and when last; 0 and None before the first time.

    settled: the last time is some seconds past, so that seconds tell it from the next.
    """

    revision: int
    changed_at: dt.datetime | None
    settled: bool


@dataclass(frozen=True)
class _Thinning:
    """How much is left out: `far` drops what is too small to be seen and draws points together."""

    far: bool
    limited: bool = False  # the largest features alone


def freshness(connection: Connection, source: str) -> Freshness:
    """The state of the source: one row by its key."""
    known = connection.execute(_FRESHNESS, {"source": source}).first()
    return Freshness(0, None, False) if known is None else Freshness(*known)


def vector_tile(connection: Connection, query: TileQuery, tile: Tile) -> bytes:
    """The tile, empty where nothing lies, never above MOST_BYTES.

    Too large a tile loses its inessential columns first, then its smallest features, until it fits.
    """
    if query.source not in SOURCES:
        raise NotFoundError(f"没有名为“{query.source}”的数据源")
    places = _places(tile)
    packed, features = b"", 0
    for thinning in _attempts(far=tile.level < FULL_LEVEL):
        if thinning.limited:
            places["most"] = min(features // 2, int(0.9 * features * MOST_BYTES / len(packed)))
        statement = _statement(query, tile.system.epsg, thinning)
        packed, features = connection.execute(statement, places).one()
        if len(packed) <= MOST_BYTES:
            break
    return bytes(packed)


def _attempts(*, far: bool) -> Iterator[_Thinning]:
    yield _Thinning(far=far)
    if not far:
        yield _Thinning(far=True)
    while True:  # each time at most half of the features: it ends
        yield _Thinning(far=True, limited=True)


def _places(tile: Tile) -> dict[str, float]:
    west, south, east, north = tile.bounds
    pixel = tile.side / _PIXELS
    return {
        **{"west": west, "south": south, "east": east, "north": north},
        **{"margin": tile.side * _MARGIN / _GRID, "cell": tile.side / _CELLS},
        **{"pixel": pixel, "pixel_area": pixel * pixel, "tolerance": pixel / 2},
    }


def _bound(name: str) -> ColumnElement[float]:
    return bindparam(name, type_=Float)


@lru_cache(maxsize=512)  # building the statement takes longer than many a tile
def _statement(query: TileQuery, epsg: int, thinning: _Thinning) -> Select[Any, int]:
    source = SOURCES[query.source]
    bounds = func.ST_MakeEnvelope(*(_bound(name) for name in ("west", "south", "east", "north")), epsg)
    rows = source.rows(query.as_of)
    place = "geom_3857" if epsg == WEB_MERCATOR else "geom"
    shape = rows.c[place]
    values = [_value(rows.c[name], source.columns[name]).label(name) for name in query.columns]
    drawn = func.ST_AsMVTGeom(func.ST_Simplify(shape, _bound("tolerance"), True), bounds, _GRID, _MARGIN, True)
    inner = select(_number(source, rows).label("feature_id_"), *values, drawn.label("shape_")).select_from(rows)
    if thinning.far and query.has_points:
        other = source.rows(query.as_of).alias("near")
        picked = _picked(source, other, place, _conditions(source, other, place, bounds, thinning))
        inner = inner.join(picked, picked.c.first == rows.c[source.id_column]).add_columns(picked.c[COUNT])
    else:
        inner = inner.where(*_conditions(source, rows, place, bounds, thinning))
    if thinning.limited:
        size = func.ST_Area(func.ST_Envelope(shape))
        key = func.md5(cast(rows.c[source.id_column], Text))  # any order, but always the same
        inner = inner.order_by(size.desc(), key).limit(bindparam("most"))
    return _encoded(query, inner.cte("found"))


def _encoded(query: TileQuery, found: CTE) -> Select[Any, int]:
    """The tile with every column, or with the essential ones when that is too large; the shapes are cut only once."""
    kept = ("feature_id_", "shape_", COUNT, *query.essential)
    bare = select(*(column for column in found.c if column.key in kept)).subquery("bare")
    full = select(_tile("found", query).label("packed"), func.count().label("features")).select_from(found).cte("full")
    smaller = select(_tile("bare", query)).select_from(bare).scalar_subquery()
    packed = case((func.length(full.c.packed) <= MOST_BYTES, full.c.packed), else_=smaller)
    return select(func.coalesce(packed, literal(b"")), full.c.features)


def _tile(rows: str, query: TileQuery) -> ColumnElement[Any]:
    return func.ST_AsMVT(literal_column(rows), query.layer, _GRID, "shape_", "feature_id_")


def _conditions(
    source: Source, rows: FromClause, place: str, bounds: ColumnElement[Any], thinning: _Thinning
) -> list[ColumnElement[bool]]:
    met = [source.touching(rows, func.ST_Expand(bounds, _bound("margin")), place)]
    return [*met, _seen(rows.c[place])] if thinning.far else met


def _seen(shape: ColumnElement[Any]) -> ColumnElement[bool]:
    """True of points, lines longer than a pixel, and areas larger than a square pixel."""
    across = func.greatest(func.ST_XMax(shape) - func.ST_XMin(shape), func.ST_YMax(shape) - func.ST_YMin(shape))
    area = func.ST_Area(shape) >= _bound("pixel_area")
    return case(
        (func.ST_Dimension(shape) == 2, area), (func.ST_Dimension(shape) == 1, across >= _bound("pixel")), else_=True
    )


def _picked(source: Source, rows: FromClause, place: str, conditions: list[ColumnElement[bool]]) -> FromClause:
    """`first` and `count` of the points in each cell of the tile's grid; what is no point stands for itself."""
    shape, key = rows.c[place], rows.c[source.id_column]
    column = func.floor((func.ST_XMin(shape) - _bound("west")) / _bound("cell"))
    row = func.floor((func.ST_YMin(shape) - _bound("south")) / _bound("cell"))
    alone = case((func.ST_Dimension(shape) > 0, key))
    found = select(func.min(key).label("first"), func.count().label(COUNT)).where(*conditions)
    return found.group_by(column, row, alone).subquery("picked")


def _value(value: ColumnElement[Any], kind: ColumnType) -> ColumnElement[Any]:
    """The value as a tile can hold it, and as GeoJSON says it: lists become one text."""
    match kind:
        case ColumnType.NUMBER:
            return cast(value, Float(53))
        case ColumnType.DATE:
            return cast(value, Text)
        case ColumnType.TIMESTAMP:
            return func.btrim(cast(func.to_json(value), Text), '"')
        case ColumnType.TEXTS:
            return func.array_to_string(value, "、")
        case _:
            return value


def _number(source: Source, rows: FromClause) -> ColumnElement[Any]:
    """The id as a feature of a tile bears it, which is a number; NULL where ids are texts."""
    key = rows.c[source.id_column]
    return key if source.columns[source.id_column] is ColumnType.INTEGER else literal_column("null::bigint")


_SETTLED = func.clock_timestamp() - LayerRevision.changed_at > literal(dt.timedelta(seconds=2))
_FRESHNESS = select(LayerRevision.revision, LayerRevision.changed_at, _SETTLED).where(
    LayerRevision.source == bindparam("source", type_=Text)
)
