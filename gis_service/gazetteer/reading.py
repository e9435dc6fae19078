"""A vector file (GeoJSON, GPKG, SHP, OSM) → places, or a frame of features; and every issue with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from gis_service.crs import LONLAT
from gis_service.gazetteer.kinds import division_code, kind_of, width_of
from gis_service.gazetteer.naming import bracketed
from gis_service.gazetteer.place import Place
from gis_service.issues import Issue, Mender, Severity, Where

SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".osm", ".pbf")
_OSM_LAYERS = ("lines", "multilinestrings", "multipolygons")
_HSTORE = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_KEPT = ("highway", "sample", "county", "street", "neighborhood")
_ALIAS_COLUMNS = ("aliases", "alias", "alt_name", "old_name", "short_name", "official_name", "name:zh", "ref")


@dataclass(frozen=True)
class GazetteerReading:
    """The places of one or several files, and what could not be read."""

    places: tuple[Place, ...]
    issues: tuple[Issue, ...]


@dataclass(frozen=True)
class FrameReading:
    """The features of a file in lon/lat, and what could not be read; `frame` is None when nothing could."""

    frame: gpd.GeoDataFrame | None
    issues: tuple[Issue, ...]


def _unreadable(path: Path, why: str) -> Issue:
    return Issue("file_unreadable", why, Severity.ERROR, Where(file=path.name), Mender.OPERATOR)


def _layers(path: Path) -> list[str | None]:
    if path.suffix in (".osm", ".pbf"):
        return list(_OSM_LAYERS)
    if path.suffix == ".gpkg":
        return [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    return [None]


def _encodings(path: Path) -> tuple[str | None, ...]:
    if path.suffix == ".shp" and not path.with_suffix(".cpg").exists():
        return ("UTF-8", "GB18030")
    return (None,)


def _one_layer(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    failure: UnicodeDecodeError | None = None
    for encoding in _encodings(path):
        try:
            return pyogrio.read_dataframe(path, layer=layer, encoding=encoding)
        except UnicodeDecodeError as error:
            failure = error
    raise failure or ValueError(path)


def read_frame(path: Path) -> FrameReading:
    """Every feature of the file as lon/lat (CGCS2000); a file without CRS is taken as lon/lat, with a note."""
    if not path.is_file():
        return FrameReading(None, (_unreadable(path, "文件不存在"),))
    if path.suffix.lower() not in SUFFIXES:
        return FrameReading(None, (_unreadable(path, f"不是可读的矢量文件，可用 {'、'.join(SUFFIXES)}"),))
    try:
        frames = [_one_layer(path, layer) for layer in _layers(path)]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else "内容损坏"
        return FrameReading(None, (_unreadable(path, f"无法读取，文件可能已损坏（{reason}）"),))
    spatial = [frame for frame in frames if isinstance(frame, gpd.GeoDataFrame) and len(frame)]
    if not spatial:
        return FrameReading(None, (_unreadable(path, "文件中没有任何要素"),))
    return _in_lonlat(path, gpd.GeoDataFrame(pd.concat(spatial, ignore_index=True), crs=spatial[0].crs))


def _in_lonlat(path: Path, frame: gpd.GeoDataFrame) -> FrameReading:
    if frame.crs is not None:
        return FrameReading(frame.to_crs(LONLAT), ())
    west, south, east, north = frame.total_bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return FrameReading(None, (_unreadable(path, "没有坐标系说明，坐标也不是经纬度；请补上 .prj 或坐标系"),))
    note = Issue("crs_missing", "没有坐标系说明，按 CGCS2000 经纬度读取", Severity.NOTE, Where(file=path.name))
    return FrameReading(frame.set_crs(LONLAT), (note,))


def _texts(record: Mapping[str, object]) -> dict[str, str]:
    texts = {key: str(value).strip() for key, value in record.items() if key != "geometry" and _is_said(value)}
    texts |= {key: value for key, value in _HSTORE.findall(texts.pop("other_tags", "")) if key not in texts}
    return {key: value for key, value in texts.items() if value}


def _is_said(value: object) -> bool:
    return not (value is None or value is pd.NA or (isinstance(value, float) and value != value))


def _aliases(columns: Mapping[str, str]) -> tuple[str, ...]:
    written = [part for key in _ALIAS_COLUMNS for part in re.split(r"[;；|、]", columns.get(key, ""))]
    names = [name.strip() for name in (*written, *bracketed(columns.get("name", "")))]
    return tuple(dict.fromkeys(name for name in names if name and name != columns.get("name")))


def _place_id(path: Path, index: int, columns: Mapping[str, str]) -> str:
    own = columns.get("id") or columns.get("osm_id") or columns.get("osm_way_id")
    return own or f"{hashlib.sha1(path.stem.encode(), usedforsecurity=False).hexdigest()[:6]}-{index}"


def _places(path: Path, frame: gpd.GeoDataFrame) -> Iterator[Place | Issue]:
    for index, record in enumerate(frame.to_dict("records")):
        columns = _texts(record)
        kind, geometry = kind_of(columns), record["geometry"]
        if kind is None or not columns.get("name"):
            continue
        if geometry is None or geometry.is_empty:
            reason = f"“{columns['name']}”没有图形"
            yield Issue("geometry_missing", reason, Severity.WARNING, Where(path.name, row=index + 1), Mender.SURVEYOR)
            continue
        yield Place(
            id=_place_id(path, index, columns),
            name=columns["name"],
            kind=kind,
            geometry=shapely.force_2d(geometry),
            aliases=_aliases(columns),
            width_m=width_of(kind, columns, dual=columns.get("oneway") in ("yes", "1", "true")),
            division_code=division_code(columns),
            source=columns.get("source", path.name),
            tags={key: columns[key] for key in _KEPT if key in columns},
        )


def read_places(path: Path) -> GazetteerReading:
    """The named landmarks of a file; features without name or kind are left out, broken ones become issues."""
    reading = read_frame(path)
    if reading.frame is None:
        return GazetteerReading((), reading.issues)
    found = list(_places(path, reading.frame))
    places = tuple(item for item in found if isinstance(item, Place))
    issues = tuple(item for item in found if isinstance(item, Issue))
    if not places:
        issues += (_unreadable(path, "没有带名称（name）和类别（kind 或 OSM 标签）的要素"),)
    return GazetteerReading(places, reading.issues + issues)
