"""A layer, a reader and wishes come in; what an export takes from the layer goes out, read in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Unpack

import shapely
from sqlalchemy import Connection

from gis_service.access import Reader
from gis_service.crs import Shapes
from gis_service.errors import BadRequestError
from gis_service.exports.systems import CRS84, System
from gis_service.layers import Field, Filters, Layer, feature_query
from gis_service.store.features import SOURCES, ColumnType, FeatureQuery, stream_rows

Encoding = Literal["UTF-8", "GB18030"]


@dataclass(frozen=True)
class Wishes:
    """How people want it: reference system, encoding of a Shapefile's texts, a WKT column in a table."""

    system: System = CRS84
    encoding: Encoding = "UTF-8"
    wkt: bool = False


@dataclass(frozen=True)
class Extract:
    """What is taken from a layer: no column of it is masked, and every column is one that the reader may see."""

    layer: Layer
    query: FeatureQuery
    wishes: Wishes = Wishes()

    @property
    def system(self) -> System:
        """The reference system of the shapes."""
        return self.wishes.system

    @property
    def name(self) -> str:
        """The layer's id, with the name of a system that is easily taken for another."""
        return "_".join(filter(None, (self.layer.id, self.system.mark)))

    @property
    def title(self) -> str:
        """The layer's title, with the name of a system that is easily taken for another."""
        return "_".join(filter(None, (self.layer.title, self.system.mark)))

    @property
    def columns(self) -> Mapping[str, tuple[Field, ColumnType]]:
        """The columns in the order they were asked for, each as declared and with its type."""
        types = SOURCES[self.layer.source].columns
        return {column.name: (self.layer.fields[column.name], types[column.name]) for column in self.query.columns}


@dataclass(frozen=True)
class Batch:
    """Some features: ids, shapes in the system of the extract (None: no shape), rows of the extract's columns."""

    ids: Sequence[object]
    shapes: Shapes
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Written:
    """How many features stand in a file now, and what a person should know of it."""

    count: int
    notes: tuple[str, ...] = ()


def extract(
    layer: Layer,
    reader: Reader,
    columns: Sequence[str] | None = None,
    wishes: Wishes | None = None,
    **filters: Unpack[Filters],
) -> Extract:
    """What the reader may take of the layer; fields that would be masked are left out altogether.

    BadRequestError names a column that there is not, whether the layer lacks it or the reader may not see it.
    """
    query = feature_query(layer, reader, **filters)
    open_columns = {column.name: column for column in query.columns if column.mask is None}
    wanted = list(open_columns) if columns is None else list(dict.fromkeys(columns))
    strange = [name for name in wanted if name not in open_columns]
    if strange or not wanted:
        named = f"没有字段“{strange[0][:40]}”" if strange else "没有选择任何字段"
        raise BadRequestError(f"图层“{layer.title}”{named}，可用：{'、'.join(open_columns)}")
    return Extract(layer, replace(query, columns=tuple(open_columns[name] for name in wanted)), wishes or Wishes())


def batches(connection: Connection, taken: Extract, *, shapes: bool = True) -> Iterator[Batch]:
    """Everything that matches, in order of id, some hundred at a time; without `shapes` no feature has one."""
    for rows in stream_rows(connection, taken.query, shapes=shapes):
        plain = [tuple(row) for row in rows]
        found: Shapes = shapely.from_wkb([row[1] for row in plain])
        found[shapely.is_empty(found)] = None
        yield Batch([row[0] for row in plain], taken.system.moved(found), [row[2:] for row in plain])
