"""An uploaded file of drawings (GeoJSON, GeoPackage, zipped Shapefile, KML, DXF) → its features as written.

The bytes are believed in nothing: the form is told by what they begin with, never by a name; nothing is opened that a
driver might take for another form; what is unpacked is counted while it is unpacked.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers import expat

import geopandas as gpd
import pyogrio
import pyproj
import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.errors import TooLargeError, UnusableError

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_MOST_MEMBERS = 64
_UNPACKED_TIMES, _UNPACKED_LEAST = 30, 4 << 20  # a file may unpack to so many times its size, or to so many bytes
_POSITION = re.compile(rb"\[\s*-?\d")  # how every position of GeoJSON begins
_PAIR = re.compile(rb"\d\s*,\s*-?[\d.]+(,-?[\d.]+)?")  # a position of KML: lon,lat or lon,lat,height
_ABSCISSA = re.compile(rb"^[ \t]*10[ \t]*\r?$", re.MULTILINE)  # the group code before every x of a DXF
_VERTEX_BYTES, _FEATURE_BYTES = 64, 16_384  # the most that one takes of a Shapefile, with all its attributes
_GEOMETRIES = 1 << 20  # bytes of a GeoPackage's geometry that hold no vertex
_CLOSED = 1e-9
_DXF_START = re.compile(rb"^(\s*999\r?\n[^\n]*\r?\n)*\s*0\s*\r?\n\s*SECTION\s*\r?\n", re.ASCII)
_OLD_CRS = re.compile(r"EPSG:{1,2}(\d{4,5})$")
_CONTROL = 1 << 16


@dataclass(frozen=True)
class Limits:
    """How much one file may hold: features, vertices in all, and of one feature."""

    features: int = 2_000
    vertices: int = 300_000
    vertices_each: int = 20_000

    def require(self, positions: Iterable[object]) -> None:
        """TooLargeError for a file with more positions, which are counted no further than that."""
        if sum(1 for _ in islice(positions, self.vertices + 1)) > self.vertices:
            raise TooLargeError(f"文件的顶点超过 {self.vertices} 个，请简化图形或分成几个文件")


@dataclass(frozen=True)
class Drawn:
    """One feature as the file has it: its number from 1, its columns, its shape in the file's own coordinates."""

    number: int
    columns: Mapping[str, object]
    shape: BaseGeometry | None


@dataclass(frozen=True)
class DrawingFile:
    """What a file holds; `crs` is None where it does not say."""

    form: str
    crs: pyproj.CRS | None
    features: tuple[Drawn, ...]


def read_drawing(content: bytes, limits: Limits | None = None) -> DrawingFile:
    """The features of the file; UnusableError says what is wrong with it and where.

    A file with too much in it is refused before that becomes shapes in memory.
    """
    limits = limits or Limits()
    form, reader = _form_of(content)
    try:
        crs, features = reader(content, limits)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise UnusableError(f"{form} 文件无法读取，可能已损坏") from error
    if not features:
        raise UnusableError(f"{form} 文件中没有任何要素")
    _require_small(features, limits)
    return DrawingFile(form, crs, tuple(features))


_Read = tuple[pyproj.CRS | None, list[Drawn]]


def _form_of(content: bytes) -> tuple[str, Callable[[bytes, Limits], _Read]]:
    head = content[:_CONTROL].removeprefix(b"\xef\xbb\xbf").lstrip()
    if content.startswith(b"PK\x03\x04"):
        return "Shapefile", _shapefile
    if content.startswith(b"SQLite format 3\x00"):
        return "GeoPackage", _geopackage
    if head.startswith(b"{"):
        return "GeoJSON", _geojson
    if head.startswith(b"<"):
        return "KML", _kml
    if _DXF_START.match(content[:_CONTROL].removeprefix(b"\xef\xbb\xbf")):
        return "DXF", _dxf
    raise UnusableError("认不出文件格式，可用 GeoJSON、GeoPackage、Shapefile（打成 zip）、KML、DXF")


def _geojson(content: bytes, limits: Limits) -> _Read:
    limits.require(_POSITION.finditer(content))
    try:
        told = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise UnusableError(f"GeoJSON 写法有误{f'，在第 {line} 行' if line else ''}") from error
    features = told.get("features") if told.get("type") == "FeatureCollection" else [told]
    if not isinstance(features, list):
        raise UnusableError("GeoJSON 没有 features")
    if len(features) > limits.features:
        raise TooLargeError(f"文件有 {len(features)} 个要素，至多 {limits.features} 个")
    return _old_crs(told), [_feature(number, one) for number, one in enumerate(features, start=1)]


def _feature(number: int, told: Any) -> Drawn:
    if not isinstance(told, dict):
        raise UnusableError(f"第 {number} 个要素不是 GeoJSON 要素")
    geometry = told.get("geometry") if told.get("type") == "Feature" else told
    columns = told.get("properties")
    try:
        shape = None if geometry is None else shapely.from_geojson(json.dumps(geometry))
    except (shapely.errors.GEOSException, ValueError) as error:
        raise UnusableError(f"第 {number} 个要素的图形写法有误") from error
    return Drawn(number, columns if isinstance(columns, dict) else {}, shape)


def _old_crs(told: dict[str, Any]) -> pyproj.CRS | None:
    """What the `crs` member of before RFC 7946 says; without one GeoJSON is lon/lat."""
    member = told.get("crs")
    name = str(member.get("properties", {}).get("name", "")) if isinstance(member, dict) else ""
    found = _OLD_CRS.search(name)
    try:
        return pyproj.CRS.from_epsg(int(found[1]) if found else 4326)
    except pyproj.exceptions.CRSError as error:
        raise UnusableError(f"不认识 GeoJSON 中的坐标系“{name[:60]}”") from error


def _geopackage(content: bytes, limits: Limits) -> _Read:
    if len(content) > _GEOMETRIES + limits.vertices * _VERTEX_BYTES + limits.features * _FEATURE_BYTES:
        raise TooLargeError(f"GeoPackage 过大：一个文件至多 {limits.features} 个要素、{limits.vertices} 个顶点")
    return _by_gdal(content, "drawing.gpkg", limits)


def _kml(content: bytes, limits: Limits) -> _Read:
    _require_plain_kml(content, limits)
    return _by_gdal(content, "drawing.kml", limits)


def _require_plain_kml(content: bytes, limits: Limits) -> None:
    """UnusableError unless the text is KML from its root, without a document type and so without entities."""
    parser, roots = expat.ParserCreate(), list[str]()
    limits.require(_PAIR.finditer(content))

    def refuse(*_: object) -> int:
        raise UnusableError("KML 中不能有 DOCTYPE 或实体声明")

    def remember(name: str, _attributes: object) -> None:
        if not roots:
            roots.append(name.rpartition(":")[2])

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = remember
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise UnusableError(f"KML 写法有误，在第 {error.lineno} 行") from error
    if roots[:1] != ["kml"]:
        raise UnusableError("不是 KML 文件")


def _dxf(content: bytes, limits: Limits) -> _Read:
    limits.require(_ABSCISSA.finditer(content))
    crs, features = _by_gdal(content, "drawing.dxf", limits)
    labels = [(one.shape, str(one.columns.get("Text") or "")) for one in features if isinstance(one.shape, Point)]
    surfaces = [(one, _closed(one.shape)) for one in features]
    kept = [(one, surface) for one, surface in surfaces if surface is not None]
    named = [(one, surface, _label(surface, labels)) for one, surface in kept]
    return crs, [
        Drawn(number, {"name": label or str(one.columns.get("Layer") or "")}, surface)
        for number, (one, surface, label) in enumerate(named, start=1)
    ]


def _closed(shape: BaseGeometry | None) -> BaseGeometry | None:
    """The surface that a closed line of a drawing is, or the surface itself."""
    if isinstance(shape, LineString) and len(shape.coords) > 3:
        ends = Point(shape.coords[0]).distance(Point(shape.coords[-1]))
        return Polygon(shape.coords) if ends <= _CLOSED * max(map(abs, shape.bounds)) else None
    return shape if shape is not None and shape.geom_type in ("Polygon", "MultiPolygon") else None


def _label(surface: BaseGeometry, labels: list[tuple[Point, str]]) -> str:
    """The one text that stands inside a surface; none where several do."""
    inside = [text for spot, text in labels if text and surface.is_valid and surface.covers(spot)]
    return inside[0] if len(inside) == 1 else ""


def _shapefile(content: bytes, limits: Limits) -> _Read:
    most = limits.vertices * _VERTEX_BYTES + limits.features * _FEATURE_BYTES
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                _unpack(archive, Path(folder), min(most, max(_UNPACKED_TIMES * len(content), _UNPACKED_LEAST)))
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError) as error:
            raise UnusableError("zip 文件已损坏，或设了密码") from error
        return _read(Path(folder) / "drawing.shp", limits)


def _unpack(archive: zipfile.ZipFile, folder: Path, most: int) -> None:
    """The parts of the one Shapefile are in the folder, under names of ours: those of the archive may lead anywhere."""
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise TooLargeError(f"zip 中有 {len(members)} 个文件，至多 {_MOST_MEMBERS} 个")
    shapes = [one for one in members if one.filename.lower().endswith(".shp")]
    if len(shapes) != 1:
        raise UnusableError(f"zip 中应有一个 .shp 文件，现有 {len(shapes)} 个")
    stem = shapes[0].filename[:-4].lower()
    for member in members:
        part = member.filename[-4:].lower()
        if part in _PARTS and member.filename[:-4].lower() == stem:
            most -= _copy(archive, member, folder / f"drawing{part}", most)


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, most: int) -> int:
    written = 0
    with archive.open(member) as source, target.open("wb") as copy:
        while piece := source.read(_CONTROL):
            written += len(piece)
            if written > most:
                raise TooLargeError("zip 解开以后过大")
            copy.write(piece)
    return written


def _by_gdal(content: bytes, name: str, limits: Limits) -> _Read:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return _read(path, limits)


def _read(path: Path, limits: Limits) -> _Read:
    """Every feature of every layer that has shapes."""
    features: list[Drawn] = []
    crs: pyproj.CRS | None = None
    named = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    layers: list[str | None] = [*named] or [None]
    for layer in layers:
        count = int(pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"])
        if count + len(features) > limits.features:
            raise TooLargeError(f"文件有 {count + len(features)} 个要素，至多 {limits.features} 个")
        frame = _frame(path, layer)
        if isinstance(frame, gpd.GeoDataFrame):
            crs = crs or frame.crs
            plain = frame.drop(columns=frame.geometry.name).to_dict("records")
            for columns, shape in zip(plain, frame.geometry, strict=True):
                features.append(Drawn(len(features) + 1, columns, shape))
    return crs, features


def _frame(path: Path, layer: str | None) -> Any:
    """The layer, its texts as UTF-8 or, where that fails and no .cpg says otherwise, as GB18030."""
    unsaid = path.suffix == ".shp" and not path.with_suffix(".cpg").exists()
    for encoding in ("UTF-8", "GB18030") if unsaid else (None,):
        try:
            return pyogrio.read_dataframe(path, layer=layer, encoding=encoding)
        except UnicodeDecodeError:
            continue
    raise UnusableError("属性表的文字既不是 UTF-8 也不是 GBK")


def _require_small(features: list[Drawn], limits: Limits) -> None:
    total = 0
    for one in features:
        vertices = 0 if one.shape is None else int(shapely.get_num_coordinates(one.shape))
        total += vertices
        if vertices > limits.vertices_each:
            raise TooLargeError(f"第 {one.number} 个要素有 {vertices} 个顶点，至多 {limits.vertices_each} 个")
    if total > limits.vertices:
        raise TooLargeError(f"文件共有 {total} 个顶点，至多 {limits.vertices} 个")
