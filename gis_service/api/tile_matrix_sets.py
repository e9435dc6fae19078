"""`/tileMatrixSets`: the tile matrix sets in, their definitions (OGC 17-083r4) out, as JSON or as pages."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from gis_service.api.declared import FORM, LINKS, ok
from gis_service.api.forms import F, own_links, wants_page
from gis_service.api.links import JSON, address, link
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published
from gis_service.api.readers import Anybody
from gis_service.api.tables import Cell, Table
from gis_service.api.tiles import TmsId
from gis_service.api.views import view
from gis_service.tiling import TILE_MATRIX_SETS, TileMatrixSet, tile_matrix_set

router = APIRouter(responses=REFUSALS)
_FRESH = {"Cache-Control": "private, no-cache", "Vary": "Accept"}
_LEVEL = ("id", "scaleDenominator", "cellSize", "matrixWidth", "matrixHeight")
_LEVEL_TITLES = ("级别", "比例尺分母", "一个像素的大小", "列数", "行数")
_LIST: dict[str, Any] = {
    "type": "object",
    "required": ["tileMatrixSets"],
    "properties": {"tileMatrixSets": {"type": "array", "items": {"type": "object", "required": ["id", "links"]}}},
}
_DEFINITION: dict[str, Any] = {
    "type": "object",
    "required": ["id", "crs", "tileMatrices"],
    "properties": {
        **{name: {"type": "string"} for name in ("id", "title", "uri", "crs", "wellKnownScaleSet")},
        "orderedAxes": {"type": "array", "items": {"type": "string"}},
        "tileMatrices": {"type": "array", "items": {"type": "object", "required": [*_LEVEL]}},
        "links": LINKS,
    },
}


@router.get(
    "/tileMatrixSets",
    summary="切片方案",
    description="切片所用的各种级别与网格。",
    operation_id="getTileMatrixSetsList",
    response_class=Response,
    responses={200: ok("切片方案", JSON, _LIST)},
    openapi_extra={"parameters": [FORM]},
)
def tile_matrix_sets(request: Request, published: Published, _reader: Anybody) -> Response:
    """Every tile matrix set, with its address."""
    single_values(request.query_params, (F,))
    systems = TILE_MATRIX_SETS.values()
    if wants_page(request):
        rows = [[Cell(one.title, _address(request, one)), Cell(one.id), Cell(one.crs)] for one in systems]
        table = Table("", ("名称", "编号", "坐标系"), rows)
        return view(request, published, "listing", title="切片方案", description="", tables=[table])
    told = {"links": own_links(request, JSON), "tileMatrixSets": [_summary(request, one) for one in systems]}
    return JSONResponse(told, headers=_FRESH)


@router.get(
    "/tileMatrixSets/{tms_id}",
    summary="一种切片方案",
    description="各级别的比例尺分母、格网大小、行数与列数。",
    operation_id="getTileMatrixSet",
    response_class=Response,
    responses={200: ok("切片方案的定义", JSON, _DEFINITION)},
    openapi_extra={"parameters": [FORM]},
)
def tile_matrix_set_(request: Request, published: Published, _reader: Anybody, tms_id: TmsId) -> Response:
    """The definition of a tile matrix set, or 404."""
    single_values(request.query_params, (F,))
    system = tile_matrix_set(tms_id)
    told: dict[str, Any] = system.described()
    if not wants_page(request):
        return JSONResponse({**told, "links": own_links(request, JSON)}, headers=_FRESH)
    rows = [[Cell(str(level[name])) for name in _LEVEL] for level in told["tileMatrices"]]
    tables = [Table("", _LEVEL_TITLES, rows)]
    return view(request, published, "listing", title=system.title, description=system.crs, tables=tables)


def _summary(request: Request, system: TileMatrixSet) -> dict[str, object]:
    told: dict[str, object] = {"id": system.id, "title": system.title, "crs": system.crs}
    if system.uri:
        told["uri"] = system.uri
    return told | {"links": [link("self", _address(request, system), JSON, system.title)]}


def _address(request: Request, system: TileMatrixSet) -> str:
    return address(request, "tile_matrix_set_", tms_id=system.id)
