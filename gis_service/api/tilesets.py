"""`/collections/{id}/tiles` and `/tileMatrixSets`: declared layers in, where their tiles lie (OGC, TileJSON) out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from gis_service.api.links import JSON, address, link
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import ROLE, Published, entity_tag, is_known
from gis_service.api.tiles import MVT, LayerId, TmsId
from gis_service.crs import CRS84, WEB_MERCATOR
from gis_service.errors import BadRequestError
from gis_service.layers import Bbox, Layer, tile_query
from gis_service.store.features import SOURCES, ColumnType, extent, revision
from gis_service.store.tiles import COUNT, FULL_LEVEL
from gis_service.tiling import TILE_MATRIX_SETS, TileMatrixSet, tile_matrix_set

router = APIRouter(responses=REFUSALS)
_FRESH = {"Cache-Control": "private, no-cache"}
_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_DIMENSIONS = {"Point": 0, "LineString": 1, "Polygon": 2, "MultiPolygon": 2}
_TYPES = {ColumnType.INTEGER: "integer", ColumnType.NUMBER: "number", ColumnType.BOOLEAN: "boolean"}
_FINEST = 18  # a step of the tile's own grid is 4 cm there; viewers enlarge these tiles
_NORTHMOST = 85.0511287798066  # where the square of Web Mercator ends
_Format = Annotated[str | None, Query(alias="f", description="json（默认）或 tilejson（TileJSON 3.0.0）")]


@router.get("/tileMatrixSets", summary="切片方案", description="切片所用的各种级别与网格。")
def tile_matrix_sets(request: Request) -> Response:
    """Both tile matrix sets, each with its address."""
    single_values(request.query_params, ())
    told = [
        {"id": system.id, "title": system.title, "crs": system.crs}
        | ({"uri": system.uri} if system.uri else {})
        | {"links": [link("self", _scheme_address(request, system), JSON, system.title)]}
        for system in TILE_MATRIX_SETS.values()
    ]
    return JSONResponse({"tileMatrixSets": told}, headers=_FRESH)


@router.get(
    "/tileMatrixSets/{tms_id}", summary="一种切片方案", description="各级别的比例尺分母、格网大小、行数与列数。"
)
def tile_matrix_set_(request: Request, tms_id: TmsId) -> Response:
    """The definition of a tile matrix set (OGC 17-083r4), or 404."""
    single_values(request.query_params, ())
    return JSONResponse(tile_matrix_set(tms_id).described(), headers=_FRESH)


@router.get("/collections/{layer_id}/tiles", summary="图层的切片", description="图层有哪些切片方案，地址各是什么。")
def tilesets(request: Request, published: Published, layer_id: LayerId) -> Response:
    """The tilesets of a layer, one for each tile matrix set, or 404."""
    layer = published.layer(layer_id)
    single_values(request.query_params, ())
    links = [
        link("self", str(request.url), JSON, f"{layer.title}的切片"),
        link("collection", address(request, "collection", layer_id=layer.id), JSON, layer.title),
    ]
    told = [_summary(request, layer, system) for system in TILE_MATRIX_SETS.values()]
    return JSONResponse({"links": links, "tilesets": told}, headers=_FRESH)


@router.get(
    "/collections/{layer_id}/tiles/{tms_id}",
    summary="一套切片的说明",
    description="范围、级别、字段和切片地址；f=tilejson 给出 TileJSON。",
)
def tileset(
    request: Request, published: Published, layer_id: LayerId, tms_id: TmsId, _format: _Format = None
) -> Response:
    """One tileset: OGC metadata, or TileJSON 3.0.0 with `f=tilejson`."""
    layer, system = published.layer(layer_id), tile_matrix_set(tms_id)
    form = single_values(request.query_params, ("f",)).get("f", "json")
    if form not in ("json", "tilejson"):
        raise BadRequestError("f 应为 json 或 tilejson")
    if form == "tilejson" and system.epsg != WEB_MERCATOR:
        raise BadRequestError("TileJSON 只用于 WebMercatorQuad")
    with published.snapshot() as connection:
        tag = entity_tag(layer.model_dump_json(), revision(connection, layer.source), request.url)
        if is_known(request, tag):
            return Response(status_code=304, headers={"ETag": tag, **_FRESH})
        told = _tilejson if form == "tilejson" else _metadata
        return JSONResponse(told(request, connection, layer, system), headers={"ETag": tag, **_FRESH})


def _tilejson(request: Request, connection: Connection, layer: Layer, system: TileMatrixSet) -> dict[str, object]:
    columns = {name: layer.fields[name].title for name in tile_query(layer, ROLE).columns}
    if layer.geometry in ("Point", "Geometry"):
        columns[COUNT] = f"{FULL_LEVEL} 级以前，一个点代表几个"
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


def _metadata(request: Request, connection: Connection, layer: Layer, system: TileMatrixSet) -> dict[str, object]:
    about: dict[str, object] = {
        "id": layer.id,
        "title": layer.title,
        "dataType": "vector",
        "propertiesSchema": {"type": "object", "properties": _properties(layer)},
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
    own = request.url_for("tileset", layer_id=layer.id, tms_id=system.id)
    style = str(request.url_for("maplibre_style", layer_id=layer.id))
    links: list[dict[str, object]] = [
        {**link("self", str(own), JSON, f"{layer.title}：{system.title}")},
        {**link(_SCHEME, _scheme_address(request, system), JSON, system.title)},
        {**link("item", template, MVT, "切片"), "href": template, "templated": True},
        {**link("collection", address(request, "collection", layer_id=layer.id), JSON, layer.title)},
    ]
    if system.epsg == WEB_MERCATOR:
        tilejson = str(own.include_query_params(f="tilejson"))
        links += [
            {**link("describedby", tilejson, JSON, "TileJSON")},
            {**link("style", style, JSON, "样式（MapLibre）")},
        ]
    told: dict[str, object] = {"title": layer.title, "dataType": "vector", "crs": system.crs}
    if system.uri:
        told["tileMatrixSetURI"] = system.uri
    return told | {"links": links}


def _template(request: Request, layer: Layer, system: TileMatrixSet, names: tuple[str, str, str]) -> str:
    start = str(request.url_for("tileset", layer_id=layer.id, tms_id=system.id))
    return "/".join((start, *names))


def _scheme_address(request: Request, system: TileMatrixSet) -> str:
    return str(request.url_for("tile_matrix_set_", tms_id=system.id))


def _properties(layer: Layer) -> dict[str, dict[str, str]]:
    types = SOURCES[layer.source].columns
    return {
        name: {"title": layer.fields[name].title, "type": _TYPES.get(types[name], "string")}
        for name in tile_query(layer, ROLE).columns
    }
