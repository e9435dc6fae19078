"""Rows in; a temporary table with them out, filled by COPY, which is the quickest way into PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from itertools import chain
from typing import Any, cast

import psycopg
import shapely
from geoalchemy2 import Geometry
from psycopg import sql
from psycopg.types.json import Jsonb
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Column, Connection, MetaData, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CreateTable, DropTable
from sqlalchemy.types import TypeEngine

from gis_service.crs import LONLAT

Row = Mapping[str, object]


@contextmanager
def staged(
    connection: Connection, target: Table, rows: Iterable[Row], **extra: type[TypeEngine[Any]]
) -> Iterator[Table]:
    """A temporary table with the rows, its columns typed like those of the target, or as said in `extra`.

    All rows have the same columns; without a row these are all of the target. Rows are sent as they come, none is held.
    """
    coming = iter(rows)
    first = next(coming, None)
    columns = [Column(name, extra[name] if name in extra else target.c[name].type) for name in first or target.c.keys()]
    with gathered(connection, f"staged_{target.name}", columns, chain([first] if first else [], coming)) as staging:
        yield staging


@contextmanager
def gathered(connection: Connection, name: str, columns: Sequence[Column[Any]], rows: Iterable[Row]) -> Iterator[Table]:
    """A temporary table of that name with these columns and rows, gone afterwards."""
    staging = Table(name, MetaData(), *columns, prefixes=["TEMP"])
    connection.execute(CreateTable(staging))
    _copy(connection, staging, [column.name for column in columns], rows)
    yield staging
    connection.execute(DropTable(staging))


def _copy(connection: Connection, staging: Table, columns: Sequence[str], rows: Iterable[Row]) -> None:
    adapters = [_adapter(staging.c[name].type) for name in columns]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    command = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(staging.name), names)
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            copy.write_row([fit(row[name]) for name, fit in zip(columns, adapters, strict=True)])


def _adapter(kind: TypeEngine[Any]) -> Callable[[Any], object]:
    if isinstance(kind, Geometry):
        return _hex
    if isinstance(kind, JSONB):
        return lambda value: None if value is None else Jsonb(_clean(value))
    return _clean


def _hex(shape: BaseGeometry | None) -> str | None:
    if shape is None:
        return None
    return str(shapely.to_wkb(shapely.set_srid(shape, LONLAT), hex=True, include_srid=True))


def _clean(value: object) -> object:
    """The value without what PostgreSQL cannot keep: the character 0 and halves of surrogate pairs."""
    if isinstance(value, Enum):
        return value.value  # psycopg would write the name of the member
    if isinstance(value, str):
        return value if value.isprintable() else _storable(value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    return value


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
