"""`/collections`: declared layers in, their descriptions (OGC API – Features) out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from gis_service.api.links import (
    GEOJSON,
    JSON,
    JSON_SCHEMA,
    QUERYABLES,
    VECTOR_TILES,
    collection_address,
    export_address,
    items_address,
    link,
    queryables_address,
    tiles_address,
)
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import ROLE, Published, entity_tag, is_known
from gis_service.exports import FORMATS
from gis_service.layers import Layer
from gis_service.store.features import extent, revision

router = APIRouter(responses=REFUSALS)
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_FRESH = {"Cache-Control": "private, no-cache"}


@router.get("/collections", summary="全部图层", description="每个图层的名称、范围、字段和地址。")
def collections(request: Request, published: Published) -> Response:
    """Every published layer, in its order."""
    single_values(request.query_params, ())
    layers = published.layers.values()
    with published.snapshot() as connection:
        told = [(layer.model_dump_json(), revision(connection, layer.source)) for layer in layers]
        tag = entity_tag(told, request.url)
        if is_known(request, tag):
            return Response(status_code=304, headers={"ETag": tag, **_FRESH})
        described = [_description(request, connection, layer) for layer in layers]
    links = [
        link("self", str(request.url), JSON, "全部图层"),
        link("service-desc", str(request.url_for("openapi")), JSON, "接口说明"),
        link("root", str(request.url_for("landing")), "text/html", "首页"),
    ]
    return JSONResponse({"links": links, "collections": described}, headers={"ETag": tag, **_FRESH})


@router.get("/collections/{layer_id}", summary="一个图层", description="图层的名称、范围、字段和地址。")
def collection(request: Request, published: Published, layer_id: str) -> Response:
    """The layer's title, extent, fields and links, or 404."""
    layer = published.layer(layer_id)
    single_values(request.query_params, ())
    with published.snapshot() as connection:
        tag = entity_tag(layer.model_dump_json(), revision(connection, layer.source), request.url)
        if is_known(request, tag):
            return Response(status_code=304, headers={"ETag": tag, **_FRESH})
        described = _description(request, connection, layer)
    return JSONResponse(described, headers={"ETag": tag, **_FRESH})


def _description(request: Request, connection: Connection, layer: Layer) -> dict[str, object]:
    described: dict[str, object] = {
        "id": layer.id,
        "title": layer.title,
        "description": layer.description,
        "itemType": "feature",
        "crs": [_CRS84],
        "links": [
            link("self", collection_address(request, layer.id), JSON, layer.title),
            link("items", items_address(request, layer.id), GEOJSON, "要素"),
            link(QUERYABLES, queryables_address(request, layer.id), JSON_SCHEMA, "可查询的字段"),
            link(VECTOR_TILES, tiles_address(request, layer.id), JSON, "矢量切片"),
            *(
                link("enclosure", export_address(request, layer.id, form.id), form.media_type, f"下载 {form.title}")
                for form in FORMATS.values()
            ),
        ],
        "fields": _fields(layer),
    }
    box = extent(connection, layer.source)
    if box is not None:
        described["extent"] = {"spatial": {"bbox": [list(box)], "crs": _CRS84}}
    return described


def _fields(layer: Layer) -> dict[str, dict[str, object]]:
    """What the reader may see of each field; masked ones are marked."""
    told: dict[str, dict[str, object]] = {}
    for name, field in layer.visible_fields(ROLE).items():
        known = {"title": field.title, "description": field.description, "unit": field.unit, "values": field.labels}
        told[name] = {key: value for key, value in known.items() if value}
        if field.mask:
            told[name]["masked"] = True
    return told
