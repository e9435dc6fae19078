"""`/api`: the routes of the application in, their description in OpenAPI 3.0 out, with what each layer offers.

FastAPI describes routes in OpenAPI 3.1; what differs in 3.0 is rewritten here. Where layers differ in their
parameters, the description has a path for each of them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response

from gis_service.access import Reader
from gis_service.api.asking import field_parameters
from gis_service.api.declared import FORM, OBJECT, ok, query
from gis_service.api.drafts import DRAFTS
from gis_service.api.forms import F, wants_page
from gis_service.api.links import OPENAPI
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Reading
from gis_service.api.tables import Cell, Table
from gis_service.api.views import view
from gis_service.layers import Layer, feature_query
from gis_service.store.features import sortables

router = APIRouter(responses=REFUSALS)
_VERSION = "3.0.3"
_BY_LAYER = ("items", "export")  # what differs from layer to layer in its parameters
_LAYER = "layer_id"
_WRITES = ("post", "put", "patch", "delete")  # only drafts can be changed


@router.get(
    "/api",
    summary="接口说明",
    description="本接口的全部地址、参数和回答（OpenAPI 3.0）。",
    response_class=Response,
    responses={200: ok("OpenAPI 3.0 文件", OPENAPI, OBJECT)},
    openapi_extra={"parameters": [FORM]},
)
def api(request: Request, published: Published, reader: Reading) -> Response:
    """The description of every route, or a page that lists them."""
    single_values(request.query_params, (F,))
    told = described(request.app, published, reader)
    if not wants_page(request):
        told["servers"] = [{"url": str(request.base_url).rstrip("/")}]
        return JSONResponse(told, media_type=OPENAPI, headers={"Vary": "Accept"})
    tables = [
        Table(f"{path}　{way['summary']}", ("参数", "说明"), [*_rows(way)])
        for path, ways in told["paths"].items()
        for way in ways.values()
    ]
    return view(request, published, "listing", title="接口说明", description=told["info"]["title"], tables=tables)


def _rows(way: dict[str, Any]) -> Iterator[list[Cell]]:
    yield [Cell("（用途）"), Cell(way.get("description", ""))]
    for one in way.get("parameters", ()):
        yield [Cell(one["name"]), Cell(one.get("description", ""))]


def described(app: FastAPI, published: Publication, reader: Reader) -> dict[str, Any]:
    """The routes of the application in OpenAPI 3.0, self-contained, with the layers that the reader may see."""
    routes = get_openapi(title=app.title, version=app.version, openapi_version=_VERSION, routes=app.routes)
    told: dict[str, Any] = _in_3_0(routes)
    told["paths"] = dict(_paths(told["paths"], published, reader))
    return told


def _paths(paths: dict[str, Any], published: Publication, reader: Reader) -> Iterator[tuple[str, Any]]:
    layers = published.layers_for(reader)
    for path, ways in paths.items():
        if path.rpartition("/")[2] in _BY_LAYER:
            for layer in layers.values():
                known = {name: way for name, way in ways.items() if layer.id == DRAFTS or name not in _WRITES}
                most = published.settings.max_limit
                yield path.replace(f"{{{_LAYER}}}", layer.id), _of_layer(known, layer, reader, most)
        else:
            for name, way in ways.items():
                _name_layers(way, [DRAFTS] if name in _WRITES else [*layers])
            yield path, ways


def _name_layers(way: dict[str, Any], layers: list[str]) -> None:
    for one in way.get("parameters", ()):
        if one["name"] == _LAYER and one["in"] == "path":
            one["schema"] = {"type": "string", "enum": layers}


def _of_layer(ways: dict[str, Any], layer: Layer, reader: Reader, most: int) -> dict[str, Any]:
    ways = copy.deepcopy(ways)
    names, visible = field_parameters(layer, reader), layer.visible_fields(reader)
    for method, way in ways.items():
        way["operationId"] = f"{way['operationId']}_{layer.id}"
        way["summary"] = f"{layer.title}：{way['summary']}"
        kept = [one for one in way.get("parameters", ()) if one["in"] != "path"]
        if method != "get":
            way["parameters"] = kept
            continue
        known = {one["name"]: one["schema"] for one in kept}
        own = [
            query(name, {"type": "string"}, f"{visible[name].title}等于这个值") for name in names if name not in known
        ]
        way["parameters"] = [*kept, *own]
        if "sortby" in known:
            sorting = sortables(feature_query(layer, reader))
            known["sortby"]["items"]["enum"] = [f"{sign}{name}" for name in sorting for sign in ("", "-")]
            known["properties"]["items"]["enum"] = [*visible]
            known["limit"]["maximum"] = most
    return ways


def _in_3_0(node: Any) -> Any:
    """The same without what only 3.1 knows: the type null, `const`, lists of examples, number-valued exclusive ends."""
    if isinstance(node, list):
        return [_in_3_0(one) for one in node]
    if not isinstance(node, dict):
        return node
    told = {name: _in_3_0(one) for name, one in node.items()}
    choices = told.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        del told["anyOf"]
        others = [one for one in choices if one != {"type": "null"}]
        told |= others[0] if len(others) == 1 else {"anyOf": others}
        told["nullable"] = True
    if "const" in told and not isinstance(told["const"], dict):
        told["enum"] = [told.pop("const")]
    return told
