"""A layer and a role come in; GeoJSON text, piece by piece, or a finished file goes out, in constant memory."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection

from gis_service.errors import BadRequestError
from gis_service.layers import Bbox, Layer, feature_query
from gis_service.store.features import FeatureQuery, stream_features

SUFFIXES = (".geojson", ".json")


def feature_collection(
    connection: Connection, layer: Layer, query: FeatureQuery, *, members: Mapping[str, object] | None = None
) -> Generator[str, None, int]:
    """The text of a FeatureCollection (RFC 7946: lon/lat, no `crs`), piece by piece; returns how many features.

    `members` are foreign members (links, numberMatched …) put before the features.
    """
    head = {
        "type": "FeatureCollection",
        "name": layer.id,
        "title": layer.title,
        "definition": layer.description,
        "timeStamp": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        **(members or {}),
    }
    count = 0
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "features": ['
    for feature in stream_features(connection, query):
        yield (",\n" if count else "\n") + feature
        count += 1
    yield f'\n], "numberReturned": {count}}}\n'
    return count


def export_layer(connection: Connection, layer: Layer, out: Path, *, role: str, bbox: Bbox | None = None) -> int:
    """How many features stand in `out` now; a file is there whole or, when anything fails, as it was before.

    What the role may not see is not in it, and fields that would be masked are left out altogether.
    """
    query = feature_query(layer, role, bbox=bbox)
    query = replace(query, columns=tuple(column for column in query.columns if column.mask is None))
    _check(out)
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            count = _write(feature_collection(connection, layer, query), file)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _check(out: Path) -> None:
    if out.suffix.lower() not in SUFFIXES:
        raise BadRequestError(f"文件“{out.name}”：只能导出为 GeoJSON，文件名应以 .geojson 或 .json 结尾")
    if out.is_dir():
        raise BadRequestError(f"“{out.name}”是一个目录，请写出文件名")
    if not out.parent.is_dir():
        raise BadRequestError(f"目录“{out.parent}”不存在，请先建立")


def _write(pieces: Generator[str, None, int], file: TextIO) -> int:
    while True:
        try:
            file.write(next(pieces))
        except StopIteration as end:
            return int(end.value)
