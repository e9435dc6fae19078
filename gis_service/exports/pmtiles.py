"""An extract comes in; a PMTiles archive of its vector tiles goes out: one file that any static host can serve."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from sqlalchemy import Connection

from gis_service.errors import BadRequestError, TooLargeError
from gis_service.exports.extracting import Extract, Written
from gis_service.exports.readable import heading
from gis_service.layers import tiles_of
from gis_service.store.features import SOURCES, ColumnType, count_features, extent
from gis_service.store.tile_cover import covered, located, most_tiles
from gis_service.store.tiles import COUNT, COUNTS, FULL_LEVEL, TileQuery, vector_tile

_DEEPEST = 16  # a step of a tile's own grid is 13 cm there; viewers enlarge these tiles
_PLENTY, _MOST = 5_000, 100_000  # tiles of one level: more than `_PLENTY` are not made beyond FULL_LEVEL
_KINDS = {ColumnType.INTEGER: "Number", ColumnType.NUMBER: "Number", ColumnType.BOOLEAN: "Boolean"}
_E7 = 10_000_000  # the header counts degrees in these
_NORTHMOST = 85.0511287  # where the square of Web Mercator ends


def write_pmtiles(connection: Connection, taken: Extract, out: Path) -> Written:
    """The tiles that are not empty, packed by gzip, in the order of their numbers; one at a time in memory."""
    query = tiles_of(taken.layer, tuple(taken.columns), taken.query.as_of)
    levels = _levels(connection, query)
    count = 0
    with out.open("wb") as file:
        archive: Any = Writer(file)  # type: ignore[no-untyped-call]
        with closing(archive.tile_f):  # where tiles wait for the end, which may not come
            for number, tile in _tiles(connection, query, levels):
                archive.write_tile(number, gzip.compress(tile, mtime=0))
                count += 1
            if not count:
                raise BadRequestError(f"图层“{taken.layer.title}”没有可以画出的要素，不能做成切片")
            archive.finalize(_header(connection, taken), _metadata(taken, query, sample=_is_sample(connection, taken)))
    note = f"{levels.start} 至 {levels[-1]} 级，共 {count} 张切片；没有位置的要素不在其中"
    return Written(located(connection, query), (note,))


def _levels(connection: Connection, query: TileQuery) -> range:
    """From the whole world to the deepest level that does not take too many tiles; TooLargeError where none does."""
    needed = most_tiles(connection, query, FULL_LEVEL)
    if needed > _MOST:
        raise TooLargeError(f"第 {FULL_LEVEL} 级约需 {needed} 张切片，一个 PMTiles 文件最多 {_MOST} 张")
    deeper = range(_DEEPEST, FULL_LEVEL, -1)
    last = next((level for level in deeper if most_tiles(connection, query, level) <= _PLENTY), FULL_LEVEL)
    return range(last + 1)


def _tiles(connection: Connection, query: TileQuery, levels: range) -> Iterator[tuple[int, bytes]]:
    for tiles in covered(connection, query, levels):
        numbered = {zxy_to_tileid(tile.level, tile.column, tile.row): tile for tile in tiles}
        for number in sorted(numbered):
            found = vector_tile(connection, query, numbered[number])
            if found:
                yield number, found


def _header(connection: Connection, taken: Extract) -> dict[str, object]:
    west, south, east, north = extent(connection, taken.layer.source) or (-180, -90, 180, 90)
    corners = {"min_lon": west, "min_lat": max(south, -_NORTHMOST), "max_lon": east, "max_lat": min(north, _NORTHMOST)}
    told: dict[str, object] = {f"{name}_e7": round(degrees * _E7) for name, degrees in corners.items()}
    return told | {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP}


def _is_sample(connection: Connection, taken: Extract) -> bool:
    """True where something of the layer was made up."""
    if "sample" not in SOURCES[taken.layer.source].columns:
        return False
    return count_features(connection, replace(taken.query, equals=(("sample", "true"),))) > 0


def _metadata(taken: Extract, query: TileQuery, *, sample: bool) -> dict[str, object]:
    """What the PMTiles specification wants of vector tiles, and what our readers should know."""
    layer = taken.layer
    fields = {name: _KINDS.get(taken.columns[name][1], "String") for name in query.columns}
    titles = {name: heading(taken.columns[name][0]) for name in query.columns}
    if query.has_points:
        fields[COUNT], titles[COUNT] = "Number", f"{FULL_LEVEL} 级以前，一个点代表几个"
    if query.merging.worst:
        fields[COUNTS], titles[COUNTS] = "String", f"其中{'、'.join(query.merging.worst)}各几个"
    return {
        "name": layer.title,
        "description": layer.description,
        "attribution": "；".join(("住宅物业管理一张图", *([layer.sample_note] if sample else ()))),
        "type": "overlay",
        "version": f"{query.as_of:%Y-%m-%d}",
        "vector_layers": [{"id": layer.id, "description": layer.title, "fields": fields}],
        "field_titles": titles,
    }
