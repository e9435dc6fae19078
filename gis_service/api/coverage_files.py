"""The answer of `/coverage` in; the same rows as a workbook or as GeoJSON with the divisions' shapes out."""

from __future__ import annotations

import json
from typing import Any

from fastapi.responses import Response
from sqlalchemy import Connection

from gis_service.api.attachments import XLSX, attached
from gis_service.api.links import GEOJSON
from gis_service.codes import ServiceForm
from gis_service.exports.readable import Value
from gis_service.exports.workbook import packed_sheets
from gis_service.layers import Layer
from gis_service.store.features import FeatureQuery, stream_features

FORMS = ("json", "geojson", "xlsx")
FILES: dict[str, Any] = {  # as the interface description tells them
    GEOJSON: {"schema": {"type": "object"}},
    XLSX: {"schema": {"type": "string", "format": "binary"}},
}
_UNKNOWN_FORM = "unknown"
_LEFT_OUT = ("forms", "id", "as_of", "sample")
Told = dict[str, Any]


def coverage_file(connection: Connection, layer: Layer, told: Told, form: str) -> Response:
    """The file; the last row of the workbook is the total, the last sheet says what was asked."""
    content = _collection(connection, layer, told) if form == "geojson" else _workbook(layer, told)
    title = f"物业服务覆盖率_{told['level_words']}_{told['as_of'].replace('-', '')}.{form}"
    plain = f"coverage_{told['level']}_{told['as_of'].replace('-', '')}.{form}"
    return Response(content, media_type=GEOJSON if form == "geojson" else XLSX, headers=attached(plain, title))


def _collection(connection: Connection, layer: Layer, told: Told) -> bytes:
    shapes: dict[str, Any] = {}
    ids = tuple(str(row["id"]) for row in told["rows"])
    for text in stream_features(connection, FeatureQuery(layer.source, (), ids=ids)):
        feature = json.loads(text)
        shapes[feature["id"]] = feature["geometry"]
    features = [
        {"type": "Feature", "id": row["id"], "geometry": shapes.get(row["id"]), "properties": _flat(row)}
        for row in told["rows"]
    ]
    kept = ("as_of", "definition", "definition_words", "within", "level", "level_words", "notes")
    collection = {"type": "FeatureCollection", **{name: told[name] for name in kept}, "features": features}
    return json.dumps(collection, ensure_ascii=False).encode()


def _flat(row: Told) -> Told:
    """The row with a column for each form of service, as tables want it."""
    forms = {f"form_{form}": count for form, count in row["forms"].items()}
    return {**{name: value for name, value in row.items() if name != "forms"}, **forms}


def _titles(layer: Layer) -> dict[str, str]:
    """The columns of the file in order: those that the layer declares, and one for each form of service."""
    titles = {name: field.title for name, field in layer.fields.items() if name not in _LEFT_OUT}
    forms = {f"form_{int(form)}": f"服务形态：{form.words}" for form in ServiceForm}
    return titles | forms | {f"form_{_UNKNOWN_FORM}": "服务形态：未填"}


def _workbook(layer: Layer, told: Told) -> bytes:
    titles = _titles(layer)
    total = {**_flat(told["totals"]), "name": "合计", "code": "", "level": told["level"]}
    rows = [[_cell(name, row.get(name), told) for name in titles] for row in (*map(_flat, told["rows"]), total)]
    about: list[tuple[str, Value]] = [
        ("内容", f"物业服务覆盖率，按{told['level_words']}"),
        ("口径", told["definition_words"]),
        ("统计日期", told["as_of"]),
        ("范围", told["within"] or "全部"),
        ("行数", len(told["rows"])),
        *(("说明", note) for note in told["notes"]),
    ]
    return packed_sheets("物业服务覆盖率", list(titles.values()), rows, about)


def _cell(name: str, value: Any, told: Told) -> Value:
    found: Value = told["level_words"] if name == "level" else value
    return found
