"""`/collections`: declared layers in, their descriptions (OGC API – Features) out, as JSON or as pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from gis_service.access import Reader
from gis_service.api.asking import has_history
from gis_service.api.declared import COLLECTION, COLLECTIONS, FORM, ok
from gis_service.api.forms import F, own_links, wants_page
from gis_service.api.links import (
    GEOJSON,
    HTML,
    JSON,
    JSON_SCHEMA,
    OPENAPI,
    QUERYABLES,
    SCHEMA,
    SORTABLES,
    VECTOR_TILES,
    address,
    export_address,
    link,
)
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published, entity_tag, is_known
from gis_service.api.readers import Reading
from gis_service.api.tables import Cell, Table
from gis_service.api.views import view
from gis_service.crs import CRS84, LONLAT, REFERENCES
from gis_service.exports import FORMATS
from gis_service.layers import Layer
from gis_service.store.features import extent, first_day, revision

router = APIRouter(responses=REFUSALS)
_FRESH = {"Cache-Control": "private, no-cache", "Vary": "Accept"}
_STORED = next(name for name, one in REFERENCES.items() if one.epsg == LONLAT and one.north_first)
_SCHEMAS = (
    (QUERYABLES, "queryables", "可查询的字段"),
    (SORTABLES, "sortables", "可排序的字段"),
    (SCHEMA, "schema", "要素的结构"),
)


@router.get(
    "/collections",
    summary="全部图层",
    description="每个图层的名称、范围、字段和地址。",
    response_class=Response,
    responses={200: ok("全部图层", JSON, COLLECTIONS)},
    openapi_extra={"parameters": [FORM]},
)
def collections(request: Request, published: Published, reader: Reading) -> Response:
    """Every published layer, in its order."""
    single_values(request.query_params, (F,))
    as_page = wants_page(request)
    layers = published.layers_for(reader).values()
    with published.snapshot() as connection:
        told = [(layer.rights(reader), revision(connection, layer.source)) for layer in layers]
        tag = entity_tag(told, request.url)
        if not as_page and is_known(request, tag):
            return Response(status_code=304, headers={"ETag": tag, **_FRESH})
        described = [_description(request, connection, layer, reader) for layer in layers]
    if as_page:
        rows = [
            [
                Cell(layer.title, address(request, "collection", layer_id=layer.id)),
                Cell(layer.description),
                Cell("要素", address(request, "items", layer_id=layer.id)),
            ]
            for layer in layers
        ]
        return view(
            request,
            published,
            "listing",
            title="图层",
            description="",
            tables=[Table("", ("图层", "说明", "数据"), rows)],
        )
    links = [
        *own_links(request, JSON),
        link("service-desc", address(request, "api"), OPENAPI, "接口说明"),
        link("root", address(request, "landing"), JSON, "首页"),
    ]
    return JSONResponse(
        {"links": links, "crs": [*REFERENCES], "collections": described}, headers={"ETag": tag, **_FRESH}
    )


@router.get(
    "/collections/{layer_id}",
    summary="一个图层",
    description="图层的名称、范围、字段和地址。",
    response_class=Response,
    responses={200: ok("图层", JSON, COLLECTION)},
    openapi_extra={"parameters": [FORM]},
)
def collection(
    request: Request, published: Published, reader: Reading, layer_id: Annotated[str, Path(description="图层编号")]
) -> Response:
    """The layer's title, extent, fields and links, or 404."""
    layer = published.layer(layer_id, reader)
    single_values(request.query_params, (F,))
    as_page = wants_page(request)
    with published.snapshot() as connection:
        tag = entity_tag(layer.rights(reader), revision(connection, layer.source), request.url)
        if not as_page and is_known(request, tag):
            return Response(status_code=304, headers={"ETag": tag, **_FRESH})
        described = _description(request, connection, layer, reader)
    if as_page:
        return view(
            request,
            published,
            "listing",
            title=layer.title,
            crumbs=(("图层", address(request, "collections")),),
            description=layer.description,
            tables=_tables(layer, reader, described),
        )
    return JSONResponse(described, headers={"ETag": tag, **_FRESH})


def _description(request: Request, connection: Connection, layer: Layer, reader: Reader) -> dict[str, Any]:
    own = address(request, "collection", layer_id=layer.id)
    described: dict[str, Any] = {
        "id": layer.id,
        "title": layer.title,
        "description": layer.description,
        "itemType": "feature",
        "crs": [*REFERENCES],
        "storageCrs": _STORED,
        "links": [
            link("self", own, JSON, layer.title),
            link("alternate", f"{own}?f=html", HTML, "网页"),
            link("items", address(request, "items", layer_id=layer.id), GEOJSON, "要素"),
            link("items", address(request, "items", layer_id=layer.id) + "?f=html", HTML, "要素（网页）"),
            *(
                link(rel, address(request, name, layer_id=layer.id), JSON_SCHEMA, title)
                for rel, name, title in _SCHEMAS
            ),
            link(VECTOR_TILES, address(request, "tilesets", layer_id=layer.id), JSON, "矢量切片"),
            *(
                link("enclosure", export_address(request, layer.id, form.id), form.media_type, f"下载 {form.title}")
                for form in FORMATS.values()
            ),
        ],
        "fields": _fields(layer, reader),
    }
    box = extent(connection, layer.source)
    if box is not None:
        described["extent"] = {"spatial": {"bbox": [list(box)], "crs": CRS84}}
        if has_history(layer) and (first := first_day(connection, layer.source)):
            described["extent"]["temporal"] = {"interval": [[f"{first}T00:00:00+08:00", None]]}
    return described


def _tables(layer: Layer, reader: Reader, described: dict[str, Any]) -> list[Table]:
    rows = [[Cell(field.title), Cell(name), Cell(field.description)] for name, field in _visible(layer, reader)]
    addresses = [[Cell(one["title"], one["href"]), Cell(one["type"])] for one in described["links"][2:]]
    box = described.get("extent", {}).get("spatial", {}).get("bbox", [[]])[0]
    about = [
        [Cell("编号"), Cell(layer.id)],
        [Cell("范围"), Cell("、".join(f"{value:.5f}" for value in box) or "尚无数据")],
        [Cell("坐标系"), Cell("、".join(described["crs"]))],
    ]
    return [
        Table("", ("项目", "内容"), about),
        Table("字段", ("名称", "字段", "说明"), rows),
        Table("数据与说明", ("内容", "格式"), addresses),
    ]


def _visible(layer: Layer, reader: Reader) -> list[tuple[str, Any]]:
    return list(layer.visible_fields(reader).items())


def _fields(layer: Layer, reader: Reader) -> dict[str, dict[str, object]]:
    """What the reader may see of each field; masked ones are marked."""
    told: dict[str, dict[str, object]] = {}
    masked = {one.name for one in layer.columns(reader) if one.mask and not one.shown_in}
    for name, field in _visible(layer, reader):
        known = {"title": field.title, "description": field.description, "unit": field.unit, "values": field.labels}
        told[name] = {key: value for key, value in known.items() if value}
        if name in masked:
            told[name]["masked"] = True
    return told
