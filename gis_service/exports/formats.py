"""A name or a suffix comes in; the format that bears it goes out: title, media type, writer."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from gis_service.errors import BadRequestError
from gis_service.exports.csv_text import csv_pieces
from gis_service.exports.extracting import Extract, Written
from gis_service.exports.geojson import collection_pieces, sequence_pieces
from gis_service.exports.geoparquet import write_geoparquet
from gis_service.exports.pmtiles import write_pmtiles
from gis_service.exports.shapefile import write_shapefile
from gis_service.exports.vector_files import write_flatgeobuf, write_gpkg, write_kml
from gis_service.exports.workbook import write_workbook

Pieces = Callable[[Connection, Extract], Generator[str, None, int]]
Writer = Callable[[Connection, Extract, Path], Written]


@dataclass(frozen=True)
class Format:
    """One form of a file; where it is text that can be sent as it is made, `pieces` makes it."""

    id: str
    title: str
    suffixes: tuple[str, ...]  # the first is given to new files
    media_type: str
    write: Writer
    pieces: Pieces | None = None
    lonlat_only: bool = False
    packed: bool = False  # compressed in itself
    tiled: bool = False  # pictures of a whole layer, in the one system and with the thinning of tiles

    def refuse(self, taken: Extract) -> None:
        """BadRequestError for a wish that this format cannot fulfil."""
        if self.tiled and taken.system.id != "CRS84":
            raise BadRequestError(f"{self.title} 里是 Web 墨卡托切片，不能选择坐标系")
        if self.tiled and (taken.query.bbox is not None or taken.query.equals):
            raise BadRequestError(f"{self.title} 是整个图层的切片，不能按范围或字段筛选；可以选择字段和日期")
        if self.lonlat_only and not taken.system.lonlat:
            raise BadRequestError(f"{self.title} 只有经纬度，不能用 {taken.system.id}")
        if taken.wishes.encoding != "UTF-8" and self.id != "shp":
            raise BadRequestError(f"只有 Shapefile 可以选择文字编码，{self.title} 一律为 UTF-8")
        if taken.wishes.wkt and self.id not in ("csv", "xlsx"):
            raise BadRequestError(f"只有 CSV 和 Excel 可以加 WKT 列，{self.title} 自带几何")


def _written(pieces: Pieces) -> Writer:
    def write(connection: Connection, taken: Extract, out: Path) -> Written:
        text = pieces(connection, taken)
        with out.open("w", encoding="utf-8", newline="") as file:
            while True:
                try:
                    file.write(next(text))
                except StopIteration as end:
                    return Written(int(end.value))

    return write


def _text(name: str, title: str, suffixes: tuple[str, ...], media_type: str, pieces: Pieces) -> Format:
    return Format(name, title, suffixes, media_type, _written(pieces), pieces)


_KML = "application/vnd.google-earth.kml+xml"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PARQUET = "application/vnd.apache.parquet"
_ALL = (
    _text("geojson", "GeoJSON", (".geojson", ".json"), "application/geo+json", collection_pieces),
    _text("geojsonseq", "GeoJSON 逐行", (".geojsons",), "application/geo+json-seq", sequence_pieces),
    Format("gpkg", "GeoPackage", (".gpkg",), "application/geopackage+sqlite3", write_gpkg),
    Format("fgb", "FlatGeobuf", (".fgb",), "application/flatgeobuf", write_flatgeobuf),
    Format("shp", "Shapefile", (".zip",), "application/zip", write_shapefile, packed=True),
    Format("kml", "KML", (".kml",), _KML, write_kml, lonlat_only=True),
    Format("parquet", "GeoParquet", (".parquet",), _PARQUET, write_geoparquet, packed=True),
    _text("csv", "CSV", (".csv",), "text/csv", csv_pieces),
    Format("xlsx", "Excel", (".xlsx",), _SHEET, write_workbook, packed=True),
    Format("pmtiles", "PMTiles", (".pmtiles",), "application/vnd.pmtiles", write_pmtiles, packed=True, tiled=True),
)
FORMATS: Mapping[str, Format] = {form.id: form for form in _ALL}


def format_named(name: str) -> Format:
    """The format of that id; BadRequestError lists those there are."""
    if name.lower() not in FORMATS:
        raise BadRequestError(f"没有格式“{name[:40]}”，可用：{'、'.join(FORMATS)}")
    return FORMATS[name.lower()]


def by_suffix(out: Path) -> Format:
    """The format that a file's name asks for; BadRequestError lists the suffixes there are."""
    suffix = out.suffix.lower()
    if suffix == ".shp":
        raise BadRequestError(f"Shapefile 由多个文件组成，请写成压缩包，例如 {out.with_suffix('.zip').name}")
    for form in FORMATS.values():
        if suffix in form.suffixes:
            return form
    known = [suffix for form in FORMATS.values() for suffix in form.suffixes]
    raise BadRequestError(f"不能导出为“{out.name}”，文件名应以 {'、'.join(known)} 之一结尾，或用 --format 指定格式")
