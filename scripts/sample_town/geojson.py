"""Features in town metres go in; a small GeoJSON file (RFC 7946, seven decimals, one feature a line) comes out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import shapely
from shapely.geometry import MultiPolygon, Polygon, mapping
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from scripts.sample_town import ground

Value = str | int | float | bool | None
Feature = tuple[BaseGeometry, Mapping[str, Value]]
_NOTE = "示例数据（虚构）：临湖新城（示例）并不存在，地名、小区、单位、人员、电话均为虚构"


def _wound(geometry: BaseGeometry) -> BaseGeometry:
    if isinstance(geometry, Polygon):
        return orient(geometry)
    if isinstance(geometry, MultiPolygon):
        return MultiPolygon([orient(part) for part in geometry.geoms])
    return geometry


def _geometry(geometry: BaseGeometry) -> dict[str, object]:
    lonlat = ground.to_lonlat(_wound(geometry))
    rounded = shapely.transform(lonlat, lambda xy: xy.round(7))
    shape: dict[str, object] = mapping(rounded)
    return shape


def text(features: Iterable[Feature]) -> str:
    """The feature collection as text; every feature says sample=true."""
    lines = []
    for geometry, properties in features:
        row = {"type": "Feature", "properties": {**properties, "sample": True}, "geometry": _geometry(geometry)}
        lines.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
    head = json.dumps(_NOTE, ensure_ascii=False)
    return f'{{"type":"FeatureCollection","note":{head},"features":[\n' + ",\n".join(lines) + "\n]}\n"


def write(features: Iterable[Feature], path: Path) -> None:
    """The file at `path`."""
    path.write_text(text(features), encoding="utf-8")
