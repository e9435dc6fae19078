"""A tile and what may stand in it in, its features as a Mapbox Vector Tile out: one query, thinned by level."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import shapely
from sqlalchemy import (
    CTE,
    BigInteger,
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
    true,
)
from sqlalchemy.types import UserDefinedType

from gis_service.crs import WEB_MERCATOR
from gis_service.errors import NotFoundError
from gis_service.store.compiled import Compiled, compiled
from gis_service.store.quick import Planning, QuickReads
from gis_service.store.sources import SOURCES, ColumnType, Source, source_named
from gis_service.tiling import Tile

MOST_BYTES = 500_000  # of one tile, before compression
COUNT = "count"  # for how many points a point stands
COUNTS = "counts"  # how many of each value of `Merging.worst` are among them, in its order
FULL_LEVEL = 14  # from here on nothing is left out (a pixel is 5 m or less), unless the tile would grow too large
BROAD_LEVEL, BROAD_M = 12, 16.0  # before this level (a pixel is 38 m) lines narrower than this are left out
ONE_PLAN_LEVEL = (
    12  # from here on (a tile is 10 km or less) one plan serves all; 300,000 points in a tile take 2.5 times
)
POINT, LINE, AREA = range(3)  # as ST_Dimension has them
_GRID, _MARGIN = 4096, 64  # of a tile's own coordinates
_PIXELS = 512  # across a tile as viewers draw it
_CROWD = 500  # features; with all columns so many would be half of what a tile may hold
_CELLS = 64  # across a tile: one point in each at far levels, about as large as a marker
_EPOCH, _LAST_RANK, _KEYS = "2000-01-01", 99_999, 1 << 44  # days since then, ids below: both fit into one number


@dataclass(frozen=True)
class Merging:
    """Which points may stand for others at far levels: the worst, then the one most due, never for what is apart.

    `worst` are the values of `field` from the worst on; `soonest` is a date; `apart` are columns.
    """

    field: str = ""
    worst: tuple[str, ...] = ()
    soonest: str = ""
    apart: tuple[str, ...] = ()


@dataclass(frozen=True)
class TileQuery:
    """What may stand in a tile; `essential` columns stay when there is no room for all."""

    source: str
    layer: str  # as the tile names it
    columns: tuple[str, ...]
    essential: tuple[str, ...]
    shapes: frozenset[int]  # what the features may be: 0 points, 1 lines, 2 areas
    as_of: dt.date
    past: bool  # the day was over when this was asked
    merging: Merging = Merging()
    wished: bool = False  # the columns are those that the reader named, which stay as long as there is room
    breadth: str = ""  # the column that says how wide a line is, in metres

    @property
    def has_points(self) -> bool:
        """True where points may stand for others at far levels."""
        return POINT in self.shapes


@dataclass(frozen=True)
class _Thinning:
    """How much is left out: `far` drops what is too small to be seen and draws points together."""

    far: bool
    bare: bool = False  # the essential columns alone
    limited: bool = False  # the largest features alone


@dataclass(frozen=True)
class _Step:
    """What is asked next: the tile so thinned, or without a thinning how many features lie there, as far as _CROWD."""

    thinning: _Thinning | None
    places: Mapping[str, Any]


Steps = Generator[_Step, tuple[Any, ...], bytes]


def vector_tile(connection: Connection, query: TileQuery, tile: Tile) -> bytes:
    """The tile, empty where nothing lies, never above MOST_BYTES.

    A far tile of many features has the essential columns alone, unless columns were wished for. Too large a tile loses
    its inessential columns first, then its smallest features, until it fits.
    """
    steps = _steps(query, tile)
    step = next(steps)
    try:
        while True:
            statement = _statement(query, tile.system.epsg, step.thinning)
            step = steps.send(tuple(connection.execute(statement, step.places).one()))
    except StopIteration as done:
        packed: bytes = done.value
        return packed


async def quick_tile(quick: QuickReads, query: TileQuery, tile: Tile) -> bytes:
    """The same tile, awaited."""
    steps = _steps(query, tile)
    step = next(steps)
    planning = Planning.ONCE if tile.level >= ONE_PLAN_LEVEL and not query.past else Planning.EACH
    try:
        while True:
            statement = _compiled(query, tile.system.epsg, step.thinning)
            (row,) = await quick.rows(statement.text, statement.arguments(step.places), planning)
            step = steps.send(row)
    except StopIteration as done:
        packed: bytes = done.value
        return packed


def _steps(query: TileQuery, tile: Tile) -> Steps:
    """Ever smaller tiles, until one fits, which is returned."""
    if source_named(query.source) is None:
        raise NotFoundError(f"没有名为“{query.source}”的数据源")
    places, far = _places(tile), tile.level < FULL_LEVEL
    bare = far and not query.wished and (yield _Step(None, places))[0] >= _CROWD
    packed, features = yield _Step(_Thinning(far, bare), places)
    if len(packed) > MOST_BYTES and not (far and bare):
        packed, features = yield _Step(_Thinning(far=True, bare=True), places)
    while len(packed) > MOST_BYTES:  # each time at most half of the features: it ends
        most = min(features // 2, int(0.9 * features * MOST_BYTES / len(packed)))
        packed, features = yield _Step(_Thinning(far=True, bare=True, limited=True), {**places, "most": most})
    return bytes(packed)


def _places(tile: Tile) -> dict[str, Any]:
    west, south, *_ = tile.bounds
    pixel = tile.side / _PIXELS
    return {
        **{"bounds": _box(tile, 0), "reach": _box(tile, tile.side * _MARGIN / _GRID)},
        **{"west": west, "south": south, "cell": tile.side / _CELLS},
        **{"pixel": pixel, "pixel_area": pixel * pixel, "tolerance": pixel / 2},
        "narrow": BROAD_M if tile.level < BROAD_LEVEL else 0.0,
    }


def _box(tile: Tile, margin: float) -> str:
    west, south, east, north = tile.bounds
    box = shapely.box(west - margin, south - margin, east + margin, north + margin)
    told: str = shapely.to_wkb(shapely.set_srid(box, tile.system.epsg), hex=True, include_srid=True)
    return told


def _bound(name: str) -> ColumnElement[float]:
    return bindparam(name, None, Float)


class _Shape(UserDefinedType[str]):
    """A shape as EWKB in hex, sent as what it is: made from its corners it would be made anew for each row."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: object) -> str:
        """As PostGIS names it."""
        return "geometry"


@lru_cache(maxsize=512)  # building the statement takes longer than many a tile
def _statement(query: TileQuery, epsg: int, thinning: _Thinning | None) -> Select[*tuple[Any, ...]]:
    place = "geom_3857" if epsg == WEB_MERCATOR else "geom"
    rows = SOURCES[query.source].rows(query.as_of, query.past)
    if thinning is None:
        some = select(literal(1)).select_from(rows).where(_near(rows, place)).limit(_CROWD).subquery()
        return select(func.count()).select_from(some)
    return _encoded(query.layer, _drawn(query, rows, place, thinning).cte("found"))


def _drawn(query: TileQuery, rows: FromClause, place: str, thinning: _Thinning) -> Select[*tuple[Any, ...]]:
    """One row for each feature of the tile: its number, its values, its shape in the tile's own coordinates."""
    source, start, counts = SOURCES[query.source], rows, list[ColumnElement[Any]]()
    conditions = _conditions(query, rows, place, thinning)
    if thinning.far and query.has_points:
        picked = _picked(query, rows, place, conditions)
        other = source.rows(query.as_of, query.past).alias("other")
        # each looked up by its id: a join would read the whole table for one in a hundred of its rows
        rows = select(*other.c).where(other.c[source.id_column] == picked.c.first).limit(1).lateral("taken")
        start, conditions = picked.join(rows, true()), []
        counts = [picked.c[name] for name in (COUNT, COUNTS) if name in picked.c]
    names, shape = query.essential if thinning.bare else query.columns, rows.c[place]
    values = [_value(rows.c[name], source.columns[name]).label(name) for name in names]
    bounds = bindparam("bounds", None, _Shape)
    drawn = func.ST_AsMVTGeom(func.ST_Simplify(shape, _bound("tolerance"), True), bounds, _GRID, _MARGIN, True)
    told = (_number(source, rows).label("feature_id_"), *values, drawn.label("shape_"), *counts)
    found = select(*told).select_from(start).where(*conditions)
    if thinning.limited:
        size = func.ST_Area(func.ST_Envelope(shape))
        key = func.md5(cast(rows.c[source.id_column], Text))  # any order, but always the same
        order = (*_worst_first(rows, query.merging), size.desc(), key)
        found = found.order_by(*order).limit(bindparam("most", None, BigInteger))
    return found


@lru_cache(maxsize=512)
def _compiled(query: TileQuery, epsg: int, thinning: _Thinning | None) -> Compiled:
    return compiled(_statement(query, epsg, thinning))


def _encoded(layer: str, found: CTE) -> Select[*tuple[Any, ...]]:
    packed = func.ST_AsMVT(literal_column("found"), layer, _GRID, "shape_", "feature_id_")
    return select(func.coalesce(packed, literal(b"")), func.count()).select_from(found)


def _conditions(query: TileQuery, rows: FromClause, place: str, thinning: _Thinning) -> list[ColumnElement[bool]]:
    met = [_near(rows, place)]
    if thinning.far and query.shapes != {POINT}:
        met.append(_seen(rows.c[place], query.shapes))
    if thinning.far and query.breadth:  # how wide is not known of all
        met.append(func.coalesce(rows.c[query.breadth], _bound("narrow")) >= _bound("narrow"))
    return met


def _near(rows: FromClause, place: str) -> ColumnElement[bool]:
    """True of what may reach into the tile or its margin."""
    return rows.c[place].op("&&")(bindparam("reach", None, _Shape))


def _seen(shape: ColumnElement[Any], shapes: frozenset[int]) -> ColumnElement[bool]:
    """True of points, lines longer than a pixel, and areas larger than a square pixel."""
    across = func.greatest(func.ST_XMax(shape) - func.ST_XMin(shape), func.ST_YMax(shape) - func.ST_YMin(shape))
    large, long = func.ST_Area(shape) >= _bound("pixel_area"), across >= _bound("pixel")
    if len(shapes) == 1:  # not asked of each
        return large if AREA in shapes else long
    return case((func.ST_Dimension(shape) == AREA, large), (func.ST_Dimension(shape) == LINE, long), else_=True)


def _picked(query: TileQuery, rows: FromClause, place: str, conditions: list[ColumnElement[bool]]) -> FromClause:
    """`first` and `count` of the points in each cell of the tile's grid; what is no point stands for itself."""
    merging, shape, key = query.merging, rows.c[place], rows.c[SOURCES[query.source].id_column]
    column = func.floor((func.ST_XMin(shape) - _bound("west")) / _bound("cell"))
    row = func.floor((func.ST_YMin(shape) - _bound("south")) / _bound("cell"))
    columns = [_first(rows, key, merging).label("first"), func.count().label(COUNT)]
    if merging.worst:
        value = rows.c[merging.field]
        columns.append(func.concat_ws(",", *(func.count().filter(value == one) for one in merging.worst)).label(COUNTS))
    alone = () if query.shapes == {POINT} else (case((func.ST_Dimension(shape) > POINT, key)),)
    cell = (column, row, *alone, *(rows.c[name] for name in merging.apart))
    return select(*columns).where(*conditions).group_by(*cell).subquery("picked")


def _first(rows: FromClause, key: ColumnElement[Any], merging: Merging) -> ColumnElement[Any]:
    """The id of the point that stands for all of its cell: the worst, or the one most due; else the lowest."""
    ranks = _worst_first(rows, merging)
    if not ranks:
        return func.min(key)
    one_of_each = literal_column(str(_KEYS), BigInteger)
    return func.min(cast(ranks[0], BigInteger) * one_of_each + key) % one_of_each


def _worst_first(rows: FromClause, merging: Merging) -> list[ColumnElement[Any]]:
    """How bad a point is, 0 the worst; nothing where the layer has no such order."""
    if merging.worst:
        value = rows.c[merging.field]
        return [case(*((value == one, at) for at, one in enumerate(merging.worst)), else_=len(merging.worst))]
    if merging.soonest:
        days = rows.c[merging.soonest] - literal_column(f"date '{_EPOCH}'")
        return [func.least(func.greatest(func.coalesce(days, _LAST_RANK), 0), _LAST_RANK)]
    return []


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
