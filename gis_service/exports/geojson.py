"""An extract comes in; GeoJSON (RFC 7946) or a GeoJSON text sequence (RFC 8142) goes out, piece by piece."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Generator, Iterator, Mapping
from decimal import Decimal

import numpy as np
import shapely
from sqlalchemy import Connection

from gis_service.crs import Shapes
from gis_service.exports.extracting import Batch, Extract, batches
from gis_service.exports.systems import System
from gis_service.layers import Layer
from gis_service.store.features import FeatureQuery, stream_features

_RECORD = "\x1e"  # RFC 8142: before every text of a sequence


def feature_collection(
    connection: Connection, layer: Layer, query: FeatureQuery, *, members: Mapping[str, object] | None = None
) -> Generator[str, None, int]:
    """The text of a FeatureCollection (RFC 7946: lon/lat, no `crs`), piece by piece; returns how many features.

    `members` are foreign members (links, numberMatched …) put before the features.
    """
    head = {"name": layer.id, "title": layer.title, **(members or {})}
    return _collection(head, layer, stream_features(connection, query))


def collection_pieces(connection: Connection, taken: Extract) -> Generator[str, None, int]:
    """The text of a FeatureCollection in the system of the extract; returns how many features.

    Any system but CRS84 is told in a `crs` member as GDAL, QGIS and ArcGIS read it (GeoJSON of 2008); those that no
    authority defines are told in the name and in `coordinateSystem`, and no `crs` is claimed.
    """
    head = {"name": taken.name, "title": taken.title, **system_members(taken.system)}
    return _collection(head, taken.layer, _features(connection, taken))


def sequence_pieces(connection: Connection, taken: Extract) -> Generator[str, None, int]:
    """One feature a line, each after a record separator; returns how many.

    There is no head, so every feature tells a system other than CRS84.
    """
    told = json.dumps(system_members(taken.system), ensure_ascii=False)[1:-1]
    count = 0
    for feature in _features(connection, taken):
        whole = f"{feature.rstrip().removesuffix('}')}, {told}}}" if told else feature
        yield f"{_RECORD}{whole}\n"
        count += 1
    return count


def system_members(system: System) -> dict[str, object]:
    """The members that tell a reference system; none for CRS84, which is what GeoJSON is in."""
    if system.id == "CRS84":
        return {}
    if system.epsg is None:
        return {"coordinateSystem": system.title}
    return {"crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{system.epsg}"}}}


def collection_around(layer: Layer, count: int, *, members: Mapping[str, object]) -> tuple[str, str]:
    """What stands before and after the features of a collection whose features are at hand already."""
    return _head({"name": layer.id, "title": layer.title, **members}, layer) + "\n", _tail(count)


def _collection(head: Mapping[str, object], layer: Layer, features: Iterator[str]) -> Generator[str, None, int]:
    count = 0
    yield _head(head, layer)
    for feature in features:
        yield (",\n" if count else "\n") + feature
        count += 1
    yield _tail(count)
    return count


def _head(head: Mapping[str, object], layer: Layer) -> str:
    told = {
        "type": "FeatureCollection",
        "name": head["name"],
        "title": head["title"],
        "definition": layer.description,
        "timeStamp": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        **head,
    }
    return json.dumps(told, ensure_ascii=False)[:-1] + ', "features": ['


def _tail(count: int) -> str:
    return f'\n], "numberReturned": {count}}}\n'


def _features(connection: Connection, taken: Extract) -> Iterator[str]:
    if taken.system.epsg in (4326, 4490):  # the coordinates are as they are stored: PostGIS writes the text
        yield from stream_features(connection, taken.query)
        return
    for batch in batches(connection, taken):
        yield from _texts(taken, batch)


def _texts(taken: Extract, batch: Batch) -> Iterator[str]:
    for feature_id, shape, row in zip(batch.ids, _rounded(batch.shapes, taken.system), batch.rows, strict=True):
        properties = json.dumps(dict(zip(taken.columns, row, strict=True)), ensure_ascii=False, default=_plain)
        told = json.dumps(feature_id, ensure_ascii=False)
        yield f'{{"type": "Feature", "id": {told}, "geometry": {shape or "null"}, "properties": {properties}}}'


def _rounded(shapes: Shapes, system: System) -> Iterator[str | None]:
    rounded = shapely.transform(shapes, lambda points: np.round(points, system.decimals))
    return iter(shapely.to_geojson(rounded))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    raise TypeError(f"a column of type {type(value).__name__} has no form in JSON")
