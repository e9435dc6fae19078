"""`/collections/{id}/queryables`: a declared layer in, a JSON Schema of what a filter may ask for out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from gis_service.api.links import JSON_SCHEMA
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import ROLE, Published, entity_tag, is_known
from gis_service.filtering import Kind
from gis_service.layers import Field, Layer, feature_query
from gis_service.store.features import GEOMETRY, queryable_kinds

router = APIRouter(responses=REFUSALS)
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FRESH = {"Cache-Control": "private, no-cache"}
_SCHEMAS: dict[Kind, dict[str, object]] = {
    Kind.STRING: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIMESTAMP: {"type": "string", "format": "date-time"},
    Kind.ARRAY: {"type": "array", "items": {"type": "string"}},
}
_ANSWER = {"description": "JSON Schema 2020-12", "content": {JSON_SCHEMA: {"schema": {"type": "object"}}}}


@router.get(
    "/collections/{layer_id}/queryables",
    summary="图层中可查询的字段",
    description="filter 中可以使用的字段、类型和取值（JSON Schema）。",
    response_class=Response,
    responses={200: _ANSWER},
)
def queryables(request: Request, published: Published, layer_id: str) -> Response:
    """The properties that a filter may name (OGC 19-079r2, 6.1), or 404."""
    layer = published.layer(layer_id)
    single_values(request.query_params, ())
    tag = entity_tag(layer.model_dump_json(), request.url)
    headers = {"ETag": tag, **_FRESH}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    told = {
        "$schema": _DIALECT,
        "$id": str(request.url),
        "type": "object",
        "title": layer.title,
        "description": layer.description,
        "properties": _properties(layer),
        "additionalProperties": False,
    }
    return JSONResponse(told, headers=headers, media_type=JSON_SCHEMA)


def _properties(layer: Layer) -> dict[str, dict[str, object]]:
    fields = layer.visible_fields(ROLE)
    told: dict[str, dict[str, object]] = {}
    for name, kind in queryable_kinds(feature_query(layer, ROLE)).items():
        told[name] = _place(layer) if name == GEOMETRY else _property(fields[name], kind)
    told[layer.id_field] = told.get(layer.id_field, {}) | {"x-ogc-role": "id"}
    return told


def _place(layer: Layer) -> dict[str, object]:
    shape = "any" if layer.geometry == "Geometry" else layer.geometry.lower()
    return {"title": "位置", "format": f"geometry-{shape}", "x-ogc-role": "primary-geometry"}


def _property(field: Field, kind: Kind) -> dict[str, object]:
    told: dict[str, object] = {"title": field.title, **_SCHEMAS[kind]}
    values = "；".join(f"{value} {words}" for value, words in field.labels.items())
    described = "。".join(filter(None, (field.description, values)))
    if described:
        told["description"] = described
    if field.unit:
        told["x-ogc-unit"] = field.unit
    return told
