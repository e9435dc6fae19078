"""What may stand in tiles in; which tiles of Web Mercator have something of it, and how many at most, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Float, Select, bindparam, cast, exists, func, select

from gis_service.crs import WEB_MERCATOR
from gis_service.store.sources import SOURCES
from gis_service.store.tiles import TileQuery
from gis_service.tiling import TILE_MATRIX_SETS, Tile

_MERCATOR = TILE_MATRIX_SETS["WebMercatorQuad"]
_MARGIN = 1 / 64  # of a tile's side: so far a tile shows what lies around it
_EDGES = ("west", "south", "east", "north")


def most_tiles(connection: Connection, query: TileQuery, level: int) -> int:
    """How many tiles of the level are needed at most: those of each shape's box, or of the box around all."""
    rows = SOURCES[query.source].rows(query.as_of, query.past)
    shape, side = rows.c.geom_3857, _MERCATOR.side(level)
    edges = (func.ST_XMin(shape), func.ST_YMin(shape), func.ST_XMax(shape), func.ST_YMax(shape))
    west, south, east, north = (func.floor(edge / side) for edge in edges)
    each = func.sum((east - west + 1) * (north - south + 1))
    around = (func.max(east) - func.min(west) + 1) * (func.max(north) - func.min(south) + 1)
    most = select(cast(func.coalesce(func.least(each, around), 0), BigInteger)).select_from(rows)
    return int(connection.execute(most).scalar_one())


def located(connection: Connection, query: TileQuery) -> int:
    """How many features have a place."""
    rows = SOURCES[query.source].rows(query.as_of, query.past)
    return int(connection.scalar(select(func.count(rows.c.geom_3857))) or 0)


def covered(connection: Connection, query: TileQuery, levels: range) -> Iterator[list[Tile]]:
    """Of each level, from the farthest on, the tiles that something touches."""
    candidates = [_MERCATOR.tile(0, 0, 0)]
    for level in range(levels.stop):
        found = [tile for tile in candidates if _is_touched(connection, query, tile)]
        if level in levels:
            yield found
        candidates = [quarter for tile in found for quarter in _quarters(tile)]


def _quarters(tile: Tile) -> Iterator[Tile]:
    for row in (0, 1):
        for column in (0, 1):
            yield _MERCATOR.tile(tile.level + 1, 2 * tile.row + row, 2 * tile.column + column)


def _is_touched(connection: Connection, query: TileQuery, tile: Tile) -> bool:
    west, south, east, north = tile.bounds
    edge = tile.side * _MARGIN
    box = dict(zip(_EDGES, (west - edge, south - edge, east + edge, north + edge), strict=True))
    return bool(connection.execute(_touching(query.source, query.as_of, query.past), box).scalar_one())


@lru_cache(maxsize=64)
def _touching(name: str, day: dt.date, past: bool) -> Select[Any]:
    rows = SOURCES[name].rows(day, past)
    box = func.ST_MakeEnvelope(*(bindparam(edge, type_=Float) for edge in _EDGES), WEB_MERCATOR)
    return select(exists().select_from(rows).where(func.ST_Intersects(rows.c.geom_3857, box)))
