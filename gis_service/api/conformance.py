"""`/conformance`: nothing in, the classes of the OGC standards that this service keeps out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from gis_service.api.declared import CONFORMANCE, FORM, ok
from gis_service.api.forms import F, own_links, wants_page
from gis_service.api.links import JSON
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published
from gis_service.api.readers import Anybody
from gis_service.api.tables import Cell, Table
from gis_service.api.views import view

router = APIRouter(responses=REFUSALS)
_SPEC = "http://www.opengis.net/spec/"
CLASSES = tuple(
    f"{_SPEC}{standard}/conf/{name}"
    for standard, names in (
        ("ogcapi-common-1/1.0", ("core", "landing-page", "json", "html", "oas30")),
        ("ogcapi-common-2/1.0", ("collections",)),
        ("ogcapi-features-1/1.0", ("core", "oas30", "html", "geojson")),
        ("ogcapi-features-2/1.0", ("crs",)),
        ("ogcapi-features-3/1.0", ("queryables", "queryables-query-parameters", "filter", "features-filter")),
        ("ogcapi-features-4/1.0", ("create-replace-delete", "update", "features", "optimistic-locking-etags")),
        (
            "ogcapi-features-5/1.0",
            ("schemas", "core-roles-features", "returnables-and-receivables", "queryables", "sortables"),
        ),
        ("ogcapi-tiles-1/1.0", ("core", "tileset", "tilesets-list", "geodata-tilesets", "datetime", "oas30", "mvt")),
        ("tms/2.0", ("tilematrixset", "json-tilematrixset")),
        (
            "cql2/1.0",
            (
                *("cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators"),
                *("case-insensitive-comparison", "accent-insensitive-comparison"),
                *("basic-spatial-functions", "basic-spatial-functions-plus", "spatial-functions"),
                *("temporal-functions", "array-functions", "property-property", "functions", "arithmetic"),
            ),
        ),
    )
    for name in names
)


@router.get(
    "/conformance",
    summary="所遵循的标准",
    operation_id="getConformance",
    description="本服务做到的 OGC 标准的各个符合性类。",
    response_class=Response,
    responses={200: ok("符合性类", JSON, CONFORMANCE)},
    openapi_extra={"parameters": [FORM]},
)
def conformance(request: Request, published: Published, _reader: Anybody) -> Response:
    """The conformance classes, each shown by a test (docs/conformance.md)."""
    single_values(request.query_params, (F,))
    if wants_page(request):
        rows = [[Cell(name.removeprefix(_SPEC)), Cell(name)] for name in CLASSES]
        tables = [Table("", ("符合性类", "地址"), rows)]
        return view(request, published, "listing", title="所遵循的标准", description="", tables=tables)
    told = {"conformsTo": [*CLASSES], "links": own_links(request, JSON)}
    return JSONResponse(told, headers={"Vary": "Accept"})
