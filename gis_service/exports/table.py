"""An extract comes in; rows of a table as people read it go out: titles, cells, coordinates beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import shapely
from sqlalchemy import Connection

from gis_service.crs import Shapes
from gis_service.exports.extracting import Batch, Extract, batches
from gis_service.exports.readable import Value, readings, titles

WKT = "WKT"  # under this heading GDAL and QGIS take a column for the geometry
SYSTEM = "坐标系"


class TableRow(NamedTuple):
    """One feature as a row: its id, and its cells in the order of the headings."""

    id: object
    cells: list[Value]


def headings(taken: Extract) -> list[str]:
    """Titles of the columns; points bring their coordinates, WKT comes on demand, and both tell their system."""
    found = list(titles(taken).values())
    found += taken.system.axes if _has_points(taken) else ()
    found += [WKT] if taken.wishes.wkt else []
    return [*found, SYSTEM] if has_places(taken) else found


def has_places(taken: Extract) -> bool:
    """True of a table whose rows tell where they are."""
    return taken.wishes.wkt or _has_points(taken)


def table_rows(connection: Connection, taken: Extract) -> Iterator[TableRow]:
    """Every feature as a row, in order of id."""
    read = list(readings(taken).values())
    for batch in batches(connection, taken, shapes=has_places(taken)):
        places = _places(taken, batch)
        for feature_id, row, place in zip(batch.ids, batch.rows, places, strict=True):
            cells = [reading(value) for reading, value in zip(read, row, strict=True)]
            yield TableRow(feature_id, [*cells, *place])


def _has_points(taken: Extract) -> bool:
    return taken.layer.geometry == "Point"


def _places(taken: Extract, batch: Batch) -> Iterator[list[Value]]:
    columns: list[list[Value]] = []
    if _has_points(taken):
        columns += [_coordinates(axis(batch.shapes), taken.system.decimals) for axis in (shapely.get_x, shapely.get_y)]
    if taken.wishes.wkt:
        columns.append(_texts(batch.shapes, taken.system.decimals))
    if columns:
        columns.append([taken.system.id] * len(batch.ids))
    return (list(place) for place in zip(*columns, strict=True)) if columns else ([] for _ in batch.ids)


def _coordinates(axis: np.ndarray[tuple[int], np.dtype[np.float64]], decimals: int) -> list[Value]:
    return [None if np.isnan(number) else round(float(number), decimals) for number in axis]


def _texts(shapes: Shapes, decimals: int) -> list[Value]:
    return list(shapely.to_wkt(shapes, rounding_precision=decimals))
