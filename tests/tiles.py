"""Where a tile lies and what stands in it: the tile over a place, its address, its ground, its features."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas
import pyogrio
from sqlalchemy import Engine, text

from gis_service.store.features import extent
from gis_service.tiling import TILE_MATRIX_SETS, Tile

MERCATOR, DEGREES = TILE_MATRIX_SETS["WebMercatorQuad"], TILE_MATRIX_SETS["CGCS2000Quad"]


def place_of(system: str, level: int, lon: float, lat: float) -> Tile:
    """The tile in which a place lies, by the formulas of each grid."""
    if system == "CGCS2000Quad":
        return DEGREES.tile(level, math.floor((90 - lat) / 360 * 2**level), math.floor((lon + 180) / 360 * 2**level))
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return MERCATOR.tile(level, math.floor(down * 2**level), math.floor((lon + 180) / 360 * 2**level))


def address(layer: str, tile: Tile) -> str:
    return f"/collections/{layer}/tiles/{tile.system.id}/{tile.level}/{tile.row}/{tile.column}"


def middle(engine: Engine, source: str) -> tuple[float, float]:
    with engine.connect() as connection:
        box = extent(connection, source)
    assert box is not None
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def decoded(folder: Path, packed: bytes) -> geopandas.GeoDataFrame:
    """The features of a tile with its margin, in its own grid, 0 to 4096, y upwards."""
    path = folder / "tile.pbf"
    path.write_bytes(packed)
    found: geopandas.GeoDataFrame = pyogrio.read_dataframe(path, CLIP="NO")
    return found


def box_of(engine: Engine, tile: Tile) -> str:
    """The ground of a tile with its margin of a 64th, in degrees."""
    west, south, east, north = tile.bounds
    edge = tile.side / 64
    statement = text(
        "select ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) "
        "from ST_Transform(ST_MakeEnvelope(:w, :s, :e, :n, 3857), 4490) as b"
    )
    with engine.connect() as connection:
        box = connection.execute(
            statement, {"w": west - edge, "s": south - edge, "e": east + edge, "n": north + edge}
        ).one()
    return ",".join(f"{value:.12f}" for value in box)
