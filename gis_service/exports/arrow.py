"""Batches of features come in; Arrow record batches go out, typed and titled as GDAL and Parquet understand it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import shapely

from gis_service.exports.extracting import Batch, Extract
from gis_service.exports.readable import as_json, heading, joined, key, number, readings, titles
from gis_service.layers import Field
from gis_service.store.features import ColumnType

GEOMETRY = "geometry"
_TYPES: Mapping[ColumnType, pa.DataType] = {
    ColumnType.INTEGER: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("ms", tz="+08:00"),
}
_STORED: Mapping[ColumnType, Callable[[object], object]] = {
    ColumnType.NUMBER: number,
    ColumnType.TEXTS: joined,
    ColumnType.JSON: as_json,
}


@dataclass(frozen=True)
class FileColumn:
    """One column of a file: its name and type there, what becomes of a stored value, and what GDAL is told of it."""

    name: str
    type: pa.DataType
    value: Callable[[object], object]
    told: Mapping[str, str]

    @property
    def arrow(self) -> pa.Field:
        """The column as Arrow declares it."""
        return pa.field(self.name, self.type, metadata={f"GDAL:OGR:{name}": text for name, text in self.told.items()})


def coded_columns(taken: Extract) -> list[FileColumn]:
    """Columns under their ids with values as they are stored; titles as aliases, the meaning of codes as comments."""
    return [
        FileColumn(name, _TYPES.get(kind, pa.string()), _STORED.get(kind, _as_it_is), described(field))
        for name, (field, kind) in taken.columns.items()
    ]


def readable_columns(taken: Extract) -> list[FileColumn]:
    """Columns under their titles, codes in words; everything but numbers is text."""
    named, read = titles(taken), readings(taken)
    return [
        FileColumn(named[name], *_readable(kind, read[name], bool(field.labels)), {})
        for name, (field, kind) in taken.columns.items()
    ]


def described(field: Field) -> dict[str, str]:
    """What GDAL is told of a field: its title, and what it and its codes mean."""
    comment = "。".join(filter(None, (field.description, key(field))))
    told = {"alternative_name": heading(field), "comment": comment}
    return {name: text for name, text in told.items() if text}


def schema(columns: Iterable[FileColumn]) -> pa.Schema:
    """The columns, and the shape as WKB after them."""
    return pa.schema([*(column.arrow for column in columns), pa.field(GEOMETRY, pa.binary())])


def record_batch(columns: list[FileColumn], batch: Batch) -> pa.RecordBatch:
    """The features as one Arrow batch of that schema."""
    stored = list(zip(*batch.rows, strict=True))
    arrays = [
        pa.array([column.value(value) for value in values], type=column.type)
        for column, values in zip(columns, stored, strict=True)
    ]
    shapes = pa.array(shapely.to_wkb(batch.shapes), type=pa.binary())
    return pa.record_batch([*arrays, shapes], schema=schema(columns))


class Feed:
    """Batches on their way into a file: counted, and with the error kept, which Arrow's C interface would lose."""

    def __init__(self, columns: list[FileColumn], batches: Iterable[Batch]) -> None:
        self.count = 0
        self.error: BaseException | None = None
        self._columns, self._batches = columns, batches

    def reader(self) -> pa.RecordBatchReader:
        """What a writer draws the batches from, one at a time."""
        return pa.RecordBatchReader.from_batches(schema(self._columns), self._drawn())

    def _drawn(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches:
                yield record_batch(self._columns, batch)
                self.count += len(batch.ids)
        except GeneratorExit:
            raise  # the writer stopped early, which is no fault of the batches
        except BaseException as error:  # Ctrl+C too: Arrow hands on nothing of it but its text
            self.error = error
            raise


def _readable(
    kind: ColumnType, reading: Callable[[object], object], worded: bool
) -> tuple[pa.DataType, Callable[[object], object]]:
    if kind in (ColumnType.INTEGER, ColumnType.NUMBER) and not worded:
        return _TYPES[kind], reading
    return pa.string(), partial(_text, reading)


def _text(reading: Callable[[object], object], value: object) -> str | None:
    read = reading(value)
    return None if read is None else str(read)


def _as_it_is(value: object) -> object:
    return value
