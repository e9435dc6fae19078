"""An extract comes in; a zip with a Shapefile goes out, beside tables of what its old format could not hold."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import shapely
from sqlalchemy import Connection

from gis_service.crs import Shapes
from gis_service.errors import BadRequestError
from gis_service.exports.arrow import FileColumn, coded_columns
from gis_service.exports.csv_text import harmless
from gis_service.exports.extracting import Batch, Encoding, Extract, Written, batches
from gis_service.exports.readable import key
from gis_service.exports.vector_files import Sink, drawn, geometry_type
from gis_service.layers import Field

LONGEST_NAME, LONGEST_TEXT = 10, 254  # bytes
FIELDS_TABLE, LONG_TEXTS = "字段对照.csv", "截短文字.csv"
_KINDS = {  # a Shapefile holds one kind; by type numbers of shapely
    "polygon": ("MultiPolygon", (3, 6)),
    "line": ("MultiLineString", (1, 2, 5)),
    "point": ("Point", (0,)),
    "multipoint": ("MultiPoint", (4,)),
}
_COLLECTION = 7


@dataclass
class _DbfColumn:
    """A column of the DBF: its id in the layer, its short name, how wide it must be, how many texts were cut."""

    id: str
    field: Field
    column: FileColumn
    width: int = 1
    cut: int = 0


def write_shapefile(connection: Connection, taken: Extract, out: Path) -> Written:
    """A zip of one Shapefile (of mixed layers: one for each kind of shape), its texts in the encoding that .cpg tells.

    字段对照.csv tells which short name is which field; 截短文字.csv keeps whole every text of more than 254 bytes.
    """
    with TemporaryDirectory(prefix="gis-service-shapefile-") as name:
        folder = Path(name)
        columns = _measured(connection, taken, folder / LONG_TEXTS)
        count = _write_kinds(connection, taken, [_declared(each, taken.wishes.encoding) for each in columns], folder)
        _write_fields_table(columns, folder / FIELDS_TABLE)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)
    return Written(count, tuple(_notes(columns)))


def short_names(names: Iterable[str]) -> dict[str, str]:
    """For each name one of at most 10 bytes, unlike all others also where case does not count.

    >>> short_names(["neighborhood", "neighborhood_code", "name"])
    {'neighborhood': 'neighborho', 'neighborhood_code': 'neighbor_1', 'name': 'name'}
    """
    found: dict[str, str] = {}
    for name in names:
        taken = {short.lower() for short in found.values()}
        candidates = (name[:LONGEST_NAME], *(f"{name[: LONGEST_NAME - len(f'_{n}')]}_{n}" for n in range(1, 1000)))
        found[name] = next(short for short in candidates if short.lower() not in taken)
    return found


def cut_text(text: str, encoding: Encoding) -> str:
    """As much of the text as 254 bytes hold, whole characters only.

    >>> len(cut_text("安" * 200, "UTF-8")), len(cut_text("安" * 200, "GB18030"))
    (84, 127)
    """
    return text.encode(encoding)[:LONGEST_TEXT].decode(encoding, "ignore")


def _measured(connection: Connection, taken: Extract, long_texts: Path) -> list[_DbfColumn]:
    """The columns after a first reading, which no memory grows with; texts that do not fit are in the file."""
    shorts = short_names(taken.columns)
    columns = [
        _DbfColumn(name, field, _texted(replace(column, name=shorts[name])))
        for column, (name, (field, _)) in zip(coded_columns(taken), taken.columns.items(), strict=True)
    ]
    texts = [(place, each) for place, each in enumerate(columns) if each.column.type == pa.string()]
    with long_texts.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(("编号", "字段", "字段名称", "全文"))
        for batch in batches(connection, taken, shapes=False):
            for feature_id, row in zip(batch.ids, batch.rows, strict=True):
                for place, each in texts:
                    text = each.column.value(row[place])
                    if isinstance(text, str) and not _fits(each, text, taken.wishes.encoding):
                        table.writerow((feature_id, each.id, each.field.title, harmless(text)))
    if not any(each.cut for each in columns):
        long_texts.unlink()
    return columns


def _fits(each: _DbfColumn, text: str, encoding: Encoding) -> bool:
    size = len(text.encode(encoding))
    each.width = max(each.width, min(size, LONGEST_TEXT))
    each.cut += size > LONGEST_TEXT
    return size <= LONGEST_TEXT


def _texted(column: FileColumn) -> FileColumn:
    """The column; a moment, which a DBF cannot hold, as text."""
    return replace(column, type=pa.string(), value=str_or_none) if pa.types.is_timestamp(column.type) else column


def str_or_none(value: object) -> str | None:
    """A value as text, None as None."""
    return None if value is None else str(value)


def _declared(each: _DbfColumn, encoding: Encoding) -> FileColumn:
    if each.column.type != pa.string():
        return each.column
    value = each.column.value

    def fitting(stored: object) -> object:
        text = value(stored)
        return cut_text(text, encoding) if isinstance(text, str) else None

    return replace(each.column, value=fitting, told={**each.column.told, "width": str(each.width)})


def _write_kinds(connection: Connection, taken: Extract, columns: list[FileColumn], folder: Path) -> int:
    sink = Sink(
        folder / f"{taken.name}.shp",
        *("ESRI Shapefile", taken.name, geometry_type(taken.layer), taken.system.authority),
        encoding=taken.wishes.encoding,
    )
    if taken.layer.geometry != "Geometry":
        return drawn(sink, columns, batches(connection, taken))
    count = 0
    for kind, (declared, numbers) in _KINDS.items():
        own = replace(sink, path=folder / f"{taken.name}_{kind}.shp", layer=f"{taken.name}_{kind}", geometry=declared)
        here = drawn(own, columns, _of_kind(batches(connection, taken), numbers))
        count += here
        if not here and kind != "polygon":
            for file in folder.glob(f"{taken.name}_{kind}.*"):
                file.unlink()
    return count


def _of_kind(features: Iterable[Batch], numbers: Sequence[int]) -> Iterator[Batch]:
    """The features with shapes of these types; those without a shape stand among the polygons."""
    wanted = (*numbers, -1) if 3 in numbers else tuple(numbers)
    for batch in features:
        types = shapely.get_type_id(batch.shapes)
        if _COLLECTION in types:
            raise BadRequestError("图层中有点、线、面混合的几何，Shapefile 存不下，请改用 GeoPackage")
        places: list[int] = np.flatnonzero(np.isin(types, wanted)).tolist()
        if places:
            shapes: Shapes = batch.shapes[places]
            yield Batch([batch.ids[at] for at in places], shapes, [batch.rows[at] for at in places])


def _write_fields_table(columns: list[_DbfColumn], out: Path) -> None:
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(("字段", "Shapefile 中的名称", "字段名称", "单位", "说明", "代码含义", "截短的文字数"))
        for each in columns:
            about = (each.field.title, each.field.unit, each.field.description, key(each.field))
            table.writerow((each.id, each.column.name, *about, each.cut))


def _notes(columns: list[_DbfColumn]) -> Iterator[str]:
    shortened = [f"{each.id} → {each.column.name}" for each in columns if each.id != each.column.name]
    if shortened:
        yield f"字段名超过 10 字节的已缩短：{'、'.join(shortened)}（见 {FIELDS_TABLE}）"
    cut = sum(each.cut for each in columns)
    if cut:
        yield f"{cut} 处文字超过 254 字节，已截短，全文在 {LONG_TEXTS}"
