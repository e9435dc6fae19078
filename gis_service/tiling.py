"""Tile matrix sets: a level, row and column in, the ground of that tile in the units of its reference system out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gis_service.crs import LONLAT, WEB_MERCATOR
from gis_service.errors import NotFoundError

_METRES_A_DEGREE = math.pi * 6378137.0 / 180  # along the equator of CGCS2000
_PIXEL_M = 0.00028  # the pixel of which scale denominators speak (OGC 17-083r4, 6.1.1)
TILE_PIXELS = 256


@dataclass(frozen=True)
class TileMatrixSet:
    """A pyramid of square tiles: level z has 2**z columns, rows are counted from the north."""

    id: str
    title: str
    uri: str | None  # None: not in the OGC's registry
    scale_set: str
    epsg: int
    axes: tuple[str, str]  # in the order of the reference system
    width: float  # of the whole, in units of the reference system
    height: float
    levels: range

    @property
    def crs(self) -> str:
        """The URI of the reference system."""
        return f"http://www.opengis.net/def/crs/EPSG/0/{self.epsg}"

    @property
    def units_a_metre(self) -> float:
        """How many units of the reference system a metre has on the equator."""
        return 1 / _METRES_A_DEGREE if self.axes[0] == "Lat" else 1.0

    def side(self, level: int) -> float:
        """The side of a tile in units of the reference system."""
        return self.width / (1 << level)

    def columns(self, level: int) -> int:
        """How many tiles lie side by side."""
        return 1 << level

    def rows(self, level: int) -> int:
        """How many tiles lie one above the other."""
        return round(self.height / self.side(level))

    def tile(self, level: int, row: int, column: int) -> Tile:
        """The tile; NotFoundError says which levels, rows and columns there are."""
        if level not in self.levels:
            raise NotFoundError(f"{self.id} 的级别为 {self.levels[0]} 至 {self.levels[-1]}，没有 {level} 级")
        if not (0 <= row < self.rows(level) and 0 <= column < self.columns(level)):
            most = f"行号 0 至 {self.rows(level) - 1}，列号 0 至 {self.columns(level) - 1}"
            raise NotFoundError(f"{self.id} 第 {level} 级只有{most}")
        return Tile(self, level, row, column)

    def described(self) -> dict[str, object]:
        """The definition as OGC 17-083r4 writes it in JSON."""
        west_north = [-self.width / 2, self.height / 2]
        told: dict[str, object] = {"id": self.id, "title": self.title}
        if self.uri is not None:
            told["uri"] = self.uri
        return told | {
            "crs": self.crs,
            "orderedAxes": list(self.axes),
            "wellKnownScaleSet": self.scale_set,
            "tileMatrices": [
                self._matrix(level, west_north if self.axes[0] == "X" else west_north[::-1]) for level in self.levels
            ],
        }

    def _matrix(self, level: int, origin: list[float]) -> dict[str, object]:
        cell = self.side(level) / TILE_PIXELS
        return {
            "id": str(level),
            "scaleDenominator": cell / self.units_a_metre / _PIXEL_M,
            "cellSize": cell,
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": origin,
            "tileWidth": TILE_PIXELS,
            "tileHeight": TILE_PIXELS,
            "matrixWidth": self.columns(level),
            "matrixHeight": self.rows(level),
        }


@dataclass(frozen=True)
class Tile:
    """One tile of a tile matrix set."""

    system: TileMatrixSet
    level: int
    row: int
    column: int

    @property
    def side(self) -> float:
        """The side in units of the reference system."""
        return self.system.side(self.level)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in units of the reference system."""
        west = self.column * self.side - self.system.width / 2
        north = self.system.height / 2 - self.row * self.side
        return west, north - self.side, west + self.side, north


_MERCATOR_WIDTH = 2 * math.pi * 6378137.0
# WebMercatorQuad: the OGC's registry (17-083r4, annex D.1). CGCS2000Quad: GB/T 35634-2017 and 天地图, whose level 1
# has two tiles side by side and whose 20 levels each halve a cell; the registry has the same pyramid for WGS 84
# (WorldCRS84Quad), where level 0 is what 天地图 calls level 1.
TILE_MATRIX_SETS: Mapping[str, TileMatrixSet] = {
    system.id: system
    for system in (
        TileMatrixSet(
            id="WebMercatorQuad",
            title="Web 墨卡托（EPSG:3857）",
            uri="http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
            scale_set="http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
            epsg=WEB_MERCATOR,
            axes=("X", "Y"),
            width=_MERCATOR_WIDTH,
            height=_MERCATOR_WIDTH,
            levels=range(25),
        ),
        TileMatrixSet(
            id="CGCS2000Quad",
            title="CGCS2000 经纬度（EPSG:4490），级别与天地图一致",
            uri=None,
            scale_set="http://www.opengis.net/def/wkss/OGC/1.0/GoogleCRS84Quad",
            epsg=LONLAT,
            axes=("Lat", "Lon"),
            width=360.0,
            height=180.0,
            levels=range(1, 21),
        ),
    )
}


def tile_matrix_set(name: str) -> TileMatrixSet:
    """The tile matrix set of that name; NotFoundError lists those there are."""
    if name not in TILE_MATRIX_SETS:
        raise NotFoundError(f"没有切片方案“{name[:40]}”，可用：{'、'.join(TILE_MATRIX_SETS)}")
    return TILE_MATRIX_SETS[name]
