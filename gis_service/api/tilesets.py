"""`/collections/{id}/tiles`: a declared layer in, where its tiles lie (OGC, TileJSON, a page) out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from gis_service.access import Reader
from gis_service.api.declared import FORM, LINKS, OBJECT, ok, query
from gis_service.api.forms import F, own_links, wants_page
from gis_service.api.links import JSON, TILING_SCHEME, address, link
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published, entity_tag, is_known
from gis_service.api.readers import Reading
from gis_service.api.tables import Cell, Table
from gis_service.api.tiles import MVT, LayerId, TmsId
from gis_service.api.views import view
from gis_service.crs import CRS84, WEB_MERCATOR
from gis_service.errors import BadRequestError
from gis_service.layers import Bbox, Layer, tile_query
from gis_service.store.features import SOURCES, ColumnType, extent, revision
from gis_service.store.tiles import COUNT, COUNTS, FULL_LEVEL
from gis_service.tiling import TILE_MATRIX_SETS, TileMatrixSet, tile_matrix_set

router = APIRouter(responses=REFUSALS)
_FRESH = {"Cache-Control": "private, no-cache", "Vary": "Accept"}
_DIMENSIONS = {"Point": 0, "LineString": 1, "Polygon": 2, "MultiPolygon": 2}
_TYPES = {ColumnType.INTEGER: "integer", ColumnType.NUMBER: "number", ColumnType.BOOLEAN: "boolean"}
_FINEST = 18  # a step of the tile's own grid is 4 cm there; viewers enlarge these tiles
_NORTHMOST = 85.0511287798066  # where the square of Web Mercator ends
_TILEJSON = "tilejson"
_FORMS = ("json", _TILEJSON, "html")
_FORM = query(F, {"type": "string", "enum": [*_FORMS]}, "回答的形式；也可用 Accept 头；tilejson 为 TileJSON 3.0.0")
_LIST: dict[str, Any] = {
    "type": "object",
    "required": ["tilesets"],
    "properties": {
        "tilesets": {"type": "array", "items": {"type": "object", "required": ["dataType", "crs", "links"]}},
        "links": LINKS,
    },
}


@router.get(
    "/collections/{layer_id}/tiles",
    summary="图层的切片",
    description="图层有哪些切片方案，地址各是什么。",
    operation_id=".collection.vector.getTileSetsList",
    response_class=Response,
    responses={200: ok("图层的切片", JSON, _LIST)},
    openapi_extra={"parameters": [FORM]},
)
def tilesets(request: Request, published: Published, reader: Reading, layer_id: LayerId) -> Response:
    """The tilesets of a layer, one for each tile matrix set, or 404."""
    layer = published.layer(layer_id, reader)
    single_values(request.query_params, (F,))
    if wants_page(request):
        rows = [[Cell(one.title, _own(request, layer, one)), Cell(one.crs)] for one in TILE_MATRIX_SETS.values()]
        table = Table("", ("切片方案", "坐标系"), rows)
        title = f"{layer.title}的切片"
        return view(request, published, "listing", title=title, description=layer.description, tables=[table])
    collection = link("collection", address(request, "collection", layer_id=layer.id), JSON, layer.title)
    told = [_summary(request, layer, system) for system in TILE_MATRIX_SETS.values()]
    return JSONResponse({"links": [*own_links(request, JSON), collection], "tilesets": told}, headers=_FRESH)


@router.get(
    "/collections/{layer_id}/tiles/{tms_id}",
    summary="一套切片的说明",
    description="范围、级别、字段和切片地址；f=tilejson 给出 TileJSON。",
    operation_id=".collection.vector.getTileSet",
    response_class=Response,
    responses={200: ok("一套切片", JSON, OBJECT)},
    openapi_extra={"parameters": [_FORM]},
)
def tileset(request: Request, published: Published, reader: Reading, layer_id: LayerId, tms_id: TmsId) -> Response:
    """One tileset: OGC metadata, a page of it, or TileJSON 3.0.0 with `f=tilejson`."""
    layer, system = published.layer(layer_id, reader), tile_matrix_set(tms_id)
    form = single_values(request.query_params, (F,)).get(F)
    if form not in (None, *_FORMS):
        raise BadRequestError(f"f 应为 {'、'.join(_FORMS)} 之一")
    if form == _TILEJSON and system.epsg != WEB_MERCATOR:
        raise BadRequestError("TileJSON 只用于 WebMercatorQuad")
    as_page = form != _TILEJSON and wants_page(request)
    with published.snapshot() as connection:
        tag = entity_tag(layer.rights(reader), revision(connection, layer.source), request.url)
        if not as_page and is_known(request, tag):
            return Response(status_code=304, headers={"ETag": tag, **_FRESH})
        tell = _tilejson if form == _TILEJSON else _metadata
        told = tell(request, connection, (layer, reader), system)
    if as_page:
        return _page(request, published, layer, told)
    return JSONResponse(told, headers={"ETag": tag, **_FRESH})


def _page(request: Request, published: Publication, layer: Layer, told: dict[str, Any]) -> Response:
    links = [[Cell(one["title"], "" if one.get("templated") else one["href"]), Cell(one["href"])]
             for one in told["links"]]  # fmt: skip
    fields = [
        [Cell(name), Cell(one["title"])] for name, one in told["layers"][0]["propertiesSchema"]["properties"].items()
    ]
    tables = [Table("地址", ("内容", "地址"), links), Table("切片中的字段", ("字段", "名称"), fields)]
    title = f"{layer.title}的切片：{told['crs'].rpartition('/')[2]}"
    return view(request, published, "listing", title=title, description=layer.description, tables=tables)


def _tilejson(
    request: Request, connection: Connection, asked: tuple[Layer, Reader], system: TileMatrixSet
) -> dict[str, object]:
    layer, reader = asked
    columns = {name: layer.fields[name].title for name in tile_query(layer, reader).columns}
    if layer.geometry in ("Point", "Geometry"):
        columns[COUNT] = f"{FULL_LEVEL} 级以前，一个点代表几个"
    if layer.style.worst:
        columns[COUNTS] = f"其中{'、'.join(layer.style.worst)}各几个"
    told: dict[str, object] = {
        "tilejson": "3.0.0",
        "name": layer.title,
        "description": layer.description,
        "scheme": "xyz",
        "tiles": [_template(request, layer, system, ("{z}", "{y}", "{x}"))],
        "minzoom": system.levels[0],
        "maxzoom": _FINEST,
        "vector_layers": [{"id": layer.id, "description": layer.title, "fields": columns}],
    }
    box = extent(connection, layer.source)
    if box is not None:
        told["bounds"] = _within_mercator(box)
    return told


def _within_mercator(box: Bbox) -> list[float]:
    west, south, east, north = box
    return [west, max(south, -_NORTHMOST), east, min(north, _NORTHMOST)]


def _metadata(
    request: Request, connection: Connection, asked: tuple[Layer, Reader], system: TileMatrixSet
) -> dict[str, object]:
    layer, reader = asked
    about: dict[str, object] = {
        "id": layer.id,
        "title": layer.title,
        "dataType": "vector",
        "propertiesSchema": {"type": "object", "properties": _properties(layer, reader)},
    }
    if layer.geometry in _DIMENSIONS:
        about["geometryDimension"] = _DIMENSIONS[layer.geometry]
    told = _summary(request, layer, system) | {"description": layer.description, "layers": [about]}
    box = extent(connection, layer.source)
    if box is not None:
        told["boundingBox"] = {"lowerLeft": list(box[:2]), "upperRight": list(box[2:]), "crs": CRS84}
    return told


def _summary(request: Request, layer: Layer, system: TileMatrixSet) -> dict[str, object]:
    template = _template(request, layer, system, ("{tileMatrix}", "{tileRow}", "{tileCol}"))
    own = _own(request, layer, system)
    style = str(request.url_for("maplibre_style", layer_id=layer.id))
    links: list[dict[str, object]] = [
        {**link("self", own, JSON, f"{layer.title}：{system.title}")},
        {**link(TILING_SCHEME, _scheme_address(request, system), JSON, system.title)},
        {**link("item", template, MVT, "切片"), "href": template, "templated": True},
        {**link("collection", address(request, "collection", layer_id=layer.id), JSON, layer.title)},
    ]
    if system.epsg == WEB_MERCATOR:
        tilejson = f"{own}?f={_TILEJSON}"
        links += [
            {**link("describedby", tilejson, JSON, "TileJSON")},
            {**link("style", style, JSON, "样式（MapLibre）")},
        ]
    told: dict[str, object] = {"title": layer.title, "dataType": "vector", "crs": system.crs}
    if system.uri:
        told["tileMatrixSetURI"] = system.uri
    return told | {"links": links}


def _template(request: Request, layer: Layer, system: TileMatrixSet, names: tuple[str, str, str]) -> str:
    return "/".join((_own(request, layer, system), *names))


def _own(request: Request, layer: Layer, system: TileMatrixSet) -> str:
    return address(request, "tileset", layer_id=layer.id, tms_id=system.id)


def _scheme_address(request: Request, system: TileMatrixSet) -> str:
    return str(request.url_for("tile_matrix_set_", tms_id=system.id))


def _properties(layer: Layer, reader: Reader) -> dict[str, dict[str, str]]:
    types = SOURCES[layer.source].columns
    return {
        name: {"title": layer.fields[name].title, "type": _TYPES.get(types[name], "string")}
        for name in tile_query(layer, reader).columns
    }
