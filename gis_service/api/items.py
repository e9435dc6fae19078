"""`/collections/{id}/items`: a layer and its filters in, the features as GeoJSON (streamed) or as a page out."""

from __future__ import annotations

import json
from contextlib import ExitStack
from itertools import chain, islice
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from gis_service.api import records
from gis_service.api.asking import Asked, asked
from gis_service.api.declared import CRS, GEOJSON_FORM, ITEMS, feature, features, ok
from gis_service.api.forms import F, own_links, wants_page
from gis_service.api.links import GEOJSON, JSON, JSON_SCHEMA, QUERYABLES, SCHEMA, address, link, link_header
from gis_service.api.paging import matched, paging_links, state_of
from gis_service.api.parameters import parse_reference, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import ROLE, Published, entity_tag, is_known
from gis_service.api.streaming import FeatureResponse
from gis_service.crs import CRS84
from gis_service.errors import NotFoundError
from gis_service.exports import feature_collection
from gis_service.layers import Layer, feature_query
from gis_service.store.cursors import closed_cursors
from gis_service.store.features import FeatureQuery, revision, stream_features
from gis_service.store.paging import Page, turn_to

router = APIRouter(responses=REFUSALS)
_FRESH = {"Cache-Control": "private, no-cache", "Vary": "Accept"}  # keep it, but ask (by ETag) whether it still holds
LayerId = Annotated[str, Path(description="图层编号")]
FeatureId = Annotated[str, Path(description="要素编号")]


@router.get(
    "/collections/{layer_id}/items",
    summary="图层的要素",
    description="按编号排列（或按 sortby）的一页要素；还可按图层的任一字段筛选，例如 ?reason=lost。",
    response_class=Response,
    responses={200: ok("一页要素", GEOJSON, features())},
    openapi_extra={"parameters": ITEMS},
)
def items(request: Request, published: Published, layer_id: LayerId) -> Response:
    """One page of features; other parameters filter by a field of the layer (`?reason=lost`)."""
    layer = published.layer(layer_id)
    wanted = asked(published.settings, layer, request)
    as_page = wants_page(request, "geojson")
    with ExitStack() as stack:
        connection = stack.enter_context(published.snapshot())
        stack.enter_context(closed_cursors(connection))
        tag = entity_tag(revision(connection, layer.source), layer.model_dump_json(), request.url)
        headers = {"ETag": tag, **_FRESH, "Content-Crs": f"<{wanted.crs}>"}
        if not as_page and is_known(request, tag):
            return Response(status_code=304, headers=headers)
        mark = state_of(connection, layer, request)
        count = matched(connection, wanted, mark)
        page = turn_to(connection, wanted.query, wanted.limit)
        links = _links(request, layer, wanted, page, (count, mark))
        if as_page:
            told = [json.loads(one) for one in stream_features(connection, records.in_lonlat(page.query))]
            return records.items_page(request, published, layer, told, count, links)
        members = {"links": links, "numberMatched": count}
        pieces = feature_collection(connection, layer, page.query, members=members)
        begun = list(islice(pieces, 2))  # a query that fails must fail before the answer has begun
        headers["Link"] = link_header(links)
        return FeatureResponse(chain(begun, pieces), headers=headers, closing=stack.pop_all().close)


@router.get(
    "/collections/{layer_id}/items/{feature_id}",
    summary="一个要素",
    description="按编号取一个要素。",
    response_class=Response,
    responses={200: ok("要素", GEOJSON, feature())},
    openapi_extra={"parameters": [CRS, GEOJSON_FORM]},
)
def item(request: Request, published: Published, layer_id: LayerId, feature_id: FeatureId) -> Response:
    """One feature by its id, or 404."""
    layer = published.layer(layer_id)
    crs = single_values(request.query_params, ("crs", F)).get("crs", CRS84)
    query = feature_query(layer, ROLE, ids=(feature_id,), reference=parse_reference("crs", crs))
    as_page = wants_page(request, "geojson")
    with published.snapshot() as connection:
        tag = entity_tag(revision(connection, layer.source), layer.model_dump_json(), request.url)
        headers = {"ETag": tag, **_FRESH, "Content-Crs": f"<{crs}>"}
        if not as_page and is_known(request, tag):
            return Response(status_code=304, headers=headers)
        found = None if "\x00" in feature_id else _one(connection, records.in_lonlat(query) if as_page else query)
    if found is None:
        raise NotFoundError(f"图层“{layer.title}”中没有编号为 {feature_id[:40]!r} 的要素")
    if as_page:
        return records.item_page(request, published, layer, json.loads(found))
    links = [
        *own_links(request, GEOJSON, "geojson"),
        link("collection", address(request, "collection", layer_id=layer_id), JSON, layer.title),
    ]
    headers["Link"] = link_header(links)
    return Response(_with_links(found, links), media_type=GEOJSON, headers=headers)


def _links(request: Request, layer: Layer, wanted: Asked, page: Page, state: tuple[int, str]) -> list[dict[str, str]]:
    as_page = wants_page(request, "geojson")
    media_type = "text/html" if as_page else GEOJSON
    return [
        *own_links(request, GEOJSON, "geojson", page=as_page),
        *paging_links(request, wanted, page, state, media_type),
        link("collection", address(request, "collection", layer_id=layer.id), JSON, layer.title),
        link(QUERYABLES, address(request, "queryables", layer_id=layer.id), JSON_SCHEMA, "可查询的字段"),
        link(SCHEMA, address(request, "schema", layer_id=layer.id), JSON_SCHEMA, "要素的结构"),
    ]


def _one(connection: Connection, query: FeatureQuery) -> str | None:
    found = list(stream_features(connection, query))
    return found[0] if found else None


def _with_links(told: str, links: list[dict[str, str]]) -> str:
    return f'{told.rstrip().removesuffix("}")},"links":{json.dumps(links, ensure_ascii=False)}}}'
