"""An extract comes in; a GeoParquet 1.1 file goes out, row group by row group."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyproj
import shapely
from sqlalchemy import Connection

from gis_service.crs import Shapes
from gis_service.exports.arrow import GEOMETRY, FileColumn, coded_columns, record_batch, schema
from gis_service.exports.extracting import Batch, Extract, Written, batches
from gis_service.store.features import ColumnType

_ROW_GROUP = 20_000  # features
_VERSION = "1.1.0"


def write_geoparquet(connection: Connection, taken: Extract, out: Path) -> Written:
    """Columns as stored, lists as lists; the box and the kinds of shapes are told once all have been seen."""
    import pyarrow.parquet as pq  # 4 MB that no other format needs

    columns = _columns(taken)
    seen = _Seen()
    count = 0
    with pq.ParquetWriter(out, schema(columns), compression="zstd") as writer:
        for group in _groups(seen.passing(batches(connection, taken)), columns):
            writer.write_table(group)
            count += group.num_rows
        writer.add_key_value_metadata(
            {
                "geo": json.dumps(_geo(taken, seen), ensure_ascii=False),
                "title": taken.title,
                "description": taken.layer.description,
                "coordinate_system": f"{taken.system.id}，{taken.system.title}",
            }
        )
    return Written(count)


class _Seen:
    """The kinds and the box of all shapes that have passed."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.box = np.array([np.inf, np.inf, -np.inf, -np.inf])

    def passing(self, features: Iterable[Batch]) -> Iterator[Batch]:
        for batch in features:
            self._note(batch.shapes)
            yield batch

    def _note(self, shapes: Shapes) -> None:
        there = shapes[~shapely.is_missing(shapes)]
        if len(there):
            self.kinds |= {shape.geom_type for shape in there}
            box = shapely.total_bounds(there)
            self.box = np.concatenate((np.minimum(self.box[:2], box[:2]), np.maximum(self.box[2:], box[2:])))


def _groups(features: Iterable[Batch], columns: list[FileColumn]) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in features:
        held.append(record_batch(columns, batch))
        rows += len(batch.ids)
        if rows >= _ROW_GROUP:
            yield pa.Table.from_batches(held)
            held, rows = [], 0
    if held:
        yield pa.Table.from_batches(held)


def _columns(taken: Extract) -> list[FileColumn]:
    listed = [kind is ColumnType.TEXTS for _, kind in taken.columns.values()]
    return [
        FileColumn(column.name, pa.list_(pa.string()), _list, column.told) if is_list else column
        for column, is_list in zip(coded_columns(taken), listed, strict=True)
    ]


def _list(value: object) -> object:
    return value


def _geo(taken: Extract, seen: _Seen) -> dict[str, object]:
    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": sorted(seen.kinds),
        "crs": _projjson(taken),
        "orientation": "counterclockwise",
    }
    if seen.kinds:
        column["bbox"] = seen.box.tolist()
    return {"version": _VERSION, "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


def _projjson(taken: Extract) -> dict[str, object] | None:
    """The reference system as the format wants it; null for what no authority defines, which says: not known."""
    system = taken.system
    if system.epsg is None:
        return None
    found: dict[str, object] = pyproj.CRS("OGC:CRS84" if system.id == "CRS84" else system.epsg).to_json_dict()
    return found
