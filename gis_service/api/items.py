"""`/collections/{id}/items`: a layer and its filters in, the features as GeoJSON (streamed) or as a page out."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from gis_service.access import Reader
from gis_service.api import records
from gis_service.api.asking import Asked, asked, day_asked, only_fields
from gis_service.api.declared import CRS, DATETIME, GEOJSON_FORM, ITEMS, PROPERTIES, feature, features, ok
from gis_service.api.direct import Direct
from gis_service.api.disclosure import disclose
from gis_service.api.forms import F, own_links, wants_page
from gis_service.api.links import GEOJSON, JSON, JSON_SCHEMA, QUERYABLES, SCHEMA, address, link, link_header
from gis_service.api.paging import UNCOUNTED, known_count, matched, paging_links, state_of
from gis_service.api.parameters import parse_reference, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published, entity_tag, is_known
from gis_service.api.readers import Reading
from gis_service.api.streaming import FeatureResponse
from gis_service.crs import CRS84
from gis_service.errors import NotFoundError
from gis_service.exports import collection_around, feature_collection
from gis_service.layers import Layer, feature_query
from gis_service.store.area_files import TAGGED, state_tag
from gis_service.store.cursors import closed_cursors
from gis_service.store.feature_texts import id_of, is_plain
from gis_service.store.features import FeatureQuery, count_features, revision, seen_unmasked, stream_features
from gis_service.store.paging import Page, turn_to
from gis_service.store.short_pages import is_short

router, often = APIRouter(responses=REFUSALS), APIRouter(responses=REFUSALS, route_class=Direct)
_FRESH = {"Cache-Control": "private, no-cache", "Vary": "Accept"}  # keep it, but ask (by ETag) whether it still holds
LayerId = Annotated[str, Path(description="图层编号")]
FeatureId = Annotated[str, Path(description="要素编号", json_schema_extra={"example": "1"})]
Asks = tuple[Layer, Reader]


@often.get(
    "/collections/{layer_id}/items",
    summary="图层的要素",
    description="按编号排列（或按 sortby）的一页要素；还可按图层的任一字段筛选，例如 ?reason=lost。",
    response_class=Response,
    responses={200: ok("一页要素", GEOJSON, features())},
    openapi_extra={"parameters": ITEMS},
)
async def items(request: Request, published: Published, reader: Reading, layer_id: LayerId) -> Response:
    """One page of features; other parameters filter by a field of the layer (`?reason=lost`)."""
    layer = published.layer(layer_id, reader)
    wanted = asked(published.settings, layer, request, reader)
    if wants_page(request, "geojson"):
        return await run_in_threadpool(_page, request, published, (layer, reader), wanted)
    if wanted.hits:
        return await run_in_threadpool(_hits, request, published, (layer, reader), wanted)
    if is_short(wanted.query):
        return await _short(request, published, (layer, reader), wanted)
    return await run_in_threadpool(_long, request, published, (layer, reader), wanted)


async def _short(request: Request, published: Publication, asks: Asks, wanted: Asked) -> Response:
    """A page that is read at once, without a thread."""
    layer, _ = asks
    # the page is read after the revision that it is tagged with, and so is never older
    revised = (await published.revisions.of(layer.source)).revision
    headers = _headers(request, asks, wanted, revised)
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    mark = state_of(revised, layer, request)
    known = known_count(wanted, mark)
    found = await published.pages.of(headers["ETag"], wanted.query, counted=known is None)
    told = await published.features.of(asks, wanted.query, found.ids, revised)
    published.metrics.features.inc(len(told))
    count = known if known is not None else UNCOUNTED if found.matched is None else found.matched
    links = _links(request, layer, wanted, found.page, (count, mark))
    head, tail = collection_around(layer, len(told), members={"links": links, **_matched(count)})
    headers["Link"] = link_header(links)
    return Response(b"".join((head.encode(), b",\n".join(told), tail.encode())), media_type=GEOJSON, headers=headers)


def _matched(count: int) -> dict[str, int]:
    return {} if count == UNCOUNTED else {"numberMatched": count}


def _hits(request: Request, published: Publication, asks: Asks, wanted: Asked) -> Response:
    """How many features match, and none of them."""
    layer, _ = asks
    with published.snapshot() as connection:
        headers = _headers(request, asks, wanted, revision(connection, layer.source))
        count = count_features(connection, wanted.query)
    links = _links(request, layer, wanted, Page(wanted.query, None, None, False, False), (count, ""))
    told = collection_around(layer, 0, members={"links": links, "numberMatched": count})
    headers["Link"] = link_header(links)
    return Response("".join(told), media_type=GEOJSON, headers=headers)


def _long(request: Request, published: Publication, asks: Asks, wanted: Asked) -> Response:
    """A page that is sent while it is read."""
    layer, _ = asks
    with ExitStack() as stack:
        connection = stack.enter_context(published.snapshot())
        stack.enter_context(closed_cursors(connection))
        revised = revision(connection, layer.source)
        headers = _headers(request, asks, wanted, revised)
        if is_known(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        mark = state_of(revised, layer, request)
        count = matched(connection, wanted, mark)
        page = turn_to(connection, wanted.query, wanted.limit)
        disclose(request, published, asks, seen_unmasked(connection, page.query))
        links = _links(request, layer, wanted, page, (count, mark))
        members = {"links": links, "numberMatched": count}
        pieces = feature_collection(connection, layer, page.query, members=members)
        begun = list(islice(pieces, 2))  # a query that fails must fail before the answer has begun
        headers["Link"] = link_header(links)
        return FeatureResponse(chain(begun, pieces), headers=headers, closing=stack.pop_all().close)


def _page(request: Request, published: Publication, asks: Asks, wanted: Asked) -> Response:
    """The page for people."""
    layer, _ = asks
    with published.snapshot() as connection, closed_cursors(connection):
        mark = state_of(revision(connection, layer.source), layer, request)
        count = matched(connection, wanted, mark)
        page = turn_to(connection, wanted.query, wanted.limit)
        disclose(request, published, asks, seen_unmasked(connection, page.query))
        links = _links(request, layer, wanted, page, (count, mark))
        told = [json.loads(one) for one in stream_features(connection, records.in_lonlat(page.query))]
    return records.items_page(request, published, asks, told, count, links)


def _headers(request: Request, asks: Asks, wanted: Asked, revised: int) -> dict[str, str]:
    layer, reader = asks
    tag = entity_tag(revised, layer.rights(reader), request.url)
    return {"ETag": tag, **_FRESH, "Content-Crs": f"<{wanted.crs}>"}


@often.get(
    "/collections/{layer_id}/items/{feature_id}",
    summary="一个要素",
    description="按编号取一个要素。",
    response_class=Response,
    responses={200: ok("要素", GEOJSON, feature())},
    openapi_extra={"parameters": [CRS, DATETIME, PROPERTIES, GEOJSON_FORM]},
)
async def item(
    request: Request, published: Published, reader: Reading, layer_id: LayerId, feature_id: FeatureId
) -> Response:
    """One feature by its id, or 404."""
    layer = published.layer(layer_id, reader)
    given = single_values(request.query_params, ("crs", "datetime", "properties", F), long=("properties",))
    crs, day, only = given.get("crs", CRS84), day_asked(given, layer), only_fields(given, layer, reader)
    query = feature_query(layer, reader, as_of=day, only=only, reference=parse_reference("crs", crs))
    wanted = _Wanted(layer, reader, feature_id, crs, query)
    if wants_page(request, "geojson"):
        return await run_in_threadpool(_item_page, request, published, wanted)
    if not is_plain(query) or layer.source in TAGGED:
        return await run_in_threadpool(_item_noted, request, published, wanted)
    revised = (await published.revisions.of(layer.source)).revision
    tag = entity_tag(revised, layer.rights(reader), request.url)
    if is_known(request, tag):
        return Response(status_code=304, headers=wanted.headers(tag))
    known = id_of(layer.source, feature_id)
    told = [] if known is None else await published.features.of((layer, reader), query, [known], revised)
    if not told:
        raise wanted.missing()
    return _item(request, wanted, told[0].decode(), tag)


@dataclass(frozen=True)
class _Wanted:
    """One feature as it is asked for."""

    layer: Layer
    reader: Reader
    feature_id: str
    crs: str
    query: FeatureQuery

    def headers(self, tag: str) -> dict[str, str]:
        return {"ETag": tag, **_FRESH, "Content-Crs": f"<{self.crs}>"}

    def missing(self) -> NotFoundError:
        return NotFoundError(f"图层“{self.layer.title}”中没有编号为 {self.feature_id[:40]!r} 的要素")


def _item_noted(request: Request, published: Publication, wanted: _Wanted) -> Response:
    """The feature, of which personal data may be shown, or which may be changed under its tag."""
    with published.snapshot() as connection:
        source = wanted.layer.source
        plain = entity_tag(revision(connection, source), wanted.layer.rights(wanted.reader), request.url)
        tag = plain if wanted.query.only else state_tag(connection, source, wanted.feature_id) or plain
        if is_known(request, tag):
            return Response(status_code=304, headers=wanted.headers(tag))
        told = _told(connection, request, published, wanted)
    return _item(request, wanted, told, tag)


def _item_page(request: Request, published: Publication, wanted: _Wanted) -> Response:
    """The page for people."""
    with published.snapshot() as connection:
        shown = replace(wanted, query=records.in_lonlat(wanted.query))
        told = _told(connection, request, published, shown)
    return records.item_page(request, published, wanted.reader, wanted.layer, json.loads(told))


def _told(connection: Connection, request: Request, published: Publication, wanted: _Wanted) -> str:
    """The feature as GeoJSON; it is noted what was shown of it."""
    query = replace(wanted.query, ids=(wanted.feature_id,))
    found = list(stream_features(connection, query))
    if not found:
        raise wanted.missing()
    disclose(request, published, (wanted.layer, wanted.reader), seen_unmasked(connection, query))
    return found[0]


def _item(request: Request, wanted: _Wanted, told: str, tag: str) -> Response:
    layer = wanted.layer
    links = [
        *own_links(request, GEOJSON, "geojson"),
        link("collection", address(request, "collection", layer_id=layer.id), JSON, layer.title),
    ]
    headers = wanted.headers(tag) | {"Link": link_header(links)}
    return Response(_with_links(told, links), media_type=GEOJSON, headers=headers)


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


def _with_links(told: str, links: list[dict[str, str]]) -> str:
    return f'{told.rstrip().removesuffix("}")},"links":{json.dumps(links, ensure_ascii=False)}}}'
