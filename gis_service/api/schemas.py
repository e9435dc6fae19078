"""`/collections/{id}/queryables`, `/sortables`, `/schema`: a declared layer in, JSON Schemas of it out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response

from gis_service.access import Reader
from gis_service.api.declared import FORM, OBJECT, ok
from gis_service.api.drafts import DRAFTS, WRITABLE
from gis_service.api.forms import F, wants_page
from gis_service.api.links import JSON_SCHEMA, address
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published, entity_tag, is_known
from gis_service.api.readers import Reading
from gis_service.api.tables import Cell, Table
from gis_service.api.views import view
from gis_service.filtering import Kind
from gis_service.layers import Field, Layer, feature_query
from gis_service.store.features import GEOMETRY, SOURCES, ColumnType, queryable_kinds
from gis_service.store.features import sortables as sortable_columns
from gis_service.store.filters import KINDS

router = APIRouter(responses=REFUSALS)
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FRESH = {"Cache-Control": "private, no-cache", "Vary": "Accept"}
_SCHEMAS: dict[Kind, dict[str, object]] = {
    Kind.STRING: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIMESTAMP: {"type": "string", "format": "date-time"},
    Kind.ARRAY: {"type": "array", "items": {"type": "string"}},
}
_ANSWER = ok("JSON Schema 2020-12", JSON_SCHEMA, OBJECT)
_EXTRA = {"parameters": [FORM]}
LayerId = Annotated[str, Path(description="图层编号")]
Properties = dict[str, dict[str, Any]]


@router.get(
    "/collections/{layer_id}/queryables",
    summary="图层中可查询的字段",
    description="filter 中可以使用的字段、类型和取值（JSON Schema）。",
    response_class=Response,
    responses={200: _ANSWER},
    openapi_extra=_EXTRA,
)
def queryables(request: Request, published: Published, reader: Reading, layer_id: LayerId) -> Response:
    """The properties that a filter may name (OGC 19-079r2, 6.1), or 404."""
    layer = published.layer(layer_id, reader)
    return _answer(request, published, (layer, reader), "可查询的字段", _queryables(layer, reader))


@router.get(
    "/collections/{layer_id}/sortables",
    summary="图层中可排序的字段",
    description="sortby 中可以使用的字段（JSON Schema）。",
    response_class=Response,
    responses={200: _ANSWER},
    openapi_extra=_EXTRA,
)
def sortables(request: Request, published: Published, reader: Reading, layer_id: LayerId) -> Response:
    """The properties that `sortby` may name (OGC 23-058, sortables), or 404."""
    layer = published.layer(layer_id, reader)
    names = sortable_columns(feature_query(layer, reader))
    told = {name: one for name, one in _queryables(layer, reader).items() if name in names}
    return _answer(request, published, (layer, reader), "可排序的字段", told)


@router.get(
    "/collections/{layer_id}/schema",
    summary="要素的结构",
    description="要素的每个字段：名称、类型、取值、单位和作用（JSON Schema，OGC API – Features 第 5 部分）。",
    response_class=Response,
    responses={200: _ANSWER},
    openapi_extra=_EXTRA,
)
def schema(request: Request, published: Published, reader: Reading, layer_id: LayerId) -> Response:
    """Every property that a feature has (OGC 23-058, returnables), readOnly where nobody may change it, or 404."""
    layer = published.layer(layer_id, reader)
    types = SOURCES[layer.source].columns
    told: Properties = {
        layer.id_field: {"title": "编号", **_typed(types[layer.id_field])},
        GEOMETRY: _place(layer),
    }
    for name, field in layer.visible_fields(reader).items():
        told[name] = _property(field, types[name])
    told[layer.id_field]["x-ogc-role"] = "id"
    for number, (name, one) in enumerate(told.items(), 1):
        one["x-ogc-propertySeq"] = number
        if layer.id != DRAFTS or name not in (GEOMETRY, *WRITABLE):
            one["readOnly"] = True
    return _answer(request, published, (layer, reader), "要素的结构", told)


def _answer(
    request: Request, published: Publication, asked: tuple[Layer, Reader], title: str, told: Properties
) -> Response:
    layer, reader = asked
    single_values(request.query_params, (F,))
    if wants_page(request):
        return _page(request, published, layer, title, told)
    tag = entity_tag(layer.rights(reader), request.url)
    headers = {"ETag": tag, **_FRESH}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    whole = {
        "$schema": _DIALECT,
        "$id": str(request.url.replace(query="")),
        "type": "object",
        "title": layer.title,
        "description": layer.description,
        "properties": told,
        "additionalProperties": False,
    }
    return JSONResponse(whole, headers=headers, media_type=JSON_SCHEMA)


def _page(request: Request, published: Publication, layer: Layer, title: str, told: Properties) -> Response:
    rows = [
        [
            Cell(str(one.get("title", name))),
            Cell(name),
            Cell(str(one.get("format") or one.get("type", ""))),
            Cell(str(one.get("description", ""))),
        ]
        for name, one in told.items()
    ]
    return view(
        request,
        published,
        "listing",
        title=f"{layer.title}：{title}",
        crumbs=(
            ("图层", address(request, "collections")),
            (layer.title, address(request, "collection", layer_id=layer.id)),
        ),
        description="",
        tables=[Table("", ("名称", "字段", "类型", "说明"), rows)],
    )


def _queryables(layer: Layer, reader: Reader) -> Properties:
    fields, types = layer.visible_fields(reader), SOURCES[layer.source].columns
    told: Properties = {}
    for name in queryable_kinds(feature_query(layer, reader)):
        told[name] = _place(layer) if name == GEOMETRY else _property(fields[name], types[name])
    if layer.id_field in told:
        told[layer.id_field]["x-ogc-role"] = "id"
    return told


def _place(layer: Layer) -> dict[str, Any]:
    shape = "any" if layer.geometry == "Geometry" else layer.geometry.lower()
    return {"title": "位置", "format": f"geometry-{shape}", "x-ogc-role": "primary-geometry"}


def _typed(column: ColumnType) -> dict[str, object]:
    kind = KINDS.get(column)
    return {} if kind is None else dict(_SCHEMAS[kind])


def _property(field: Field, column: ColumnType) -> dict[str, Any]:
    told: dict[str, Any] = {"title": field.title, **_typed(column)}
    values = "；".join(f"{value} {words}" for value, words in field.labels.items())
    described = "。".join(filter(None, (field.description, values)))
    if described:
        told["description"] = described
    if field.unit:
        told["x-ogc-unit"] = field.unit
    return told
