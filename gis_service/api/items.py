"""`/collections/{id}/items`: a layer and its filters in, the features as GeoJSON out, streamed from the database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from gis_service.api.links import GEOJSON, JSON, collection_address, link
from gis_service.api.parameters import parse_bbox, parse_limit, parse_offset, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import ROLE, Publication, Published, entity_tag, is_known
from gis_service.api.streaming import FeatureResponse
from gis_service.crs import CRS84, REFERENCES
from gis_service.errors import NotFoundError
from gis_service.exports import feature_collection
from gis_service.filtering import LANGUAGES, LONGEST, Filter, parse_filter
from gis_service.layers import Layer, feature_query
from gis_service.store.cursors import closed_cursors
from gis_service.store.features import FeatureQuery, count_features, revision, stream_features

router = APIRouter(responses=REFUSALS)
_FRESH = {"Cache-Control": "private, no-cache"}  # keep it, but ask (by ETag) whether it still holds
_PAGING = ("limit", "offset")
_FILTER = {"filter": "true", "filter-lang": LANGUAGES[0], "filter-crs": CRS84}  # each with what it is if left out
_OWN = ("bbox", *_PAGING, *_FILTER)
_ADDRESS = "/collections/{layer_id}/items"
_ITEMS = "按编号排列的一页要素；links 中有上一页和下一页。除下列参数外，还可按图层的任一字段筛选，例如 ?reason=lost。"
_ITEM = "按编号取一个要素。"
LayerId = Annotated[str, Path(description="图层名称")]


class ItemsParameters(BaseModel):
    """Declared for /api; read together in `items_query`, so that every misuse gets the same answer."""

    bbox: str | None = Field(None, description="西,南,东,北（经纬度）")
    filter: str | None = Field(None, description=f"CQL2 条件，最多 {LONGEST} 字；可用的字段见 queryables")
    filter_lang: str | None = Field(
        None, alias="filter-lang", description="filter 的写法", json_schema_extra={"enum": [*LANGUAGES]}
    )
    filter_crs: str | None = Field(
        None,
        alias="filter-crs",
        description="filter 中坐标的坐标系，默认 CRS84",
        json_schema_extra={"enum": [*REFERENCES]},
    )
    limit: str | None = Field(None, description="一次返回的要素数")
    offset: str | None = Field(None, description="跳过的要素数")


@dataclass(frozen=True)
class Page:
    """What one answer says beside its features."""

    request: Request
    layer: Layer
    limit: int
    offset: int
    matched: int

    def links(self) -> list[dict[str, str]]:
        """The page itself, the next one while features are left, and the one before."""
        found = [link("self", str(self.request.url), GEOJSON, "本页")]
        if self.offset + self.limit < self.matched:
            found.append(link("next", self._at(self.offset + self.limit), GEOJSON, "下一页"))
        if self.offset > 0:
            found.append(link("prev", self._at(max(self.offset - self.limit, 0)), GEOJSON, "上一页"))
        found.append(link("collection", collection_address(self.request, self.layer.id), JSON, self.layer.title))
        return found

    def _at(self, offset: int) -> str:
        kept = [(name, value) for name, value in self.request.query_params.multi_items() if name not in _PAGING]
        query = urlencode([*kept, ("limit", self.limit), ("offset", offset)])
        return str(self.request.url.replace(query=query))


@router.get(
    "/collections/{layer_id}/items", summary="图层的要素（GeoJSON）", description=_ITEMS, response_class=Response
)
def items(
    request: Request,
    published: Published,
    layer_id: LayerId,
    _parameters: Annotated[ItemsParameters, Query()],
) -> Response:
    """One page of features; other parameters filter by a field of the layer (`?reason=lost`)."""
    layer = published.layer(layer_id)
    query = items_query(published, layer, request)
    with ExitStack() as stack:
        connection = stack.enter_context(published.snapshot())
        stack.enter_context(closed_cursors(connection))
        tag = entity_tag(revision(connection, layer.source), layer.model_dump_json(), request.url)
        headers = {"ETag": tag, **_FRESH}
        if is_known(request, tag):
            return Response(status_code=304, headers=headers)
        page = Page(request, layer, query.limit or 0, query.offset, count_features(connection, query))
        members = {"links": page.links(), "numberMatched": page.matched}
        pieces = feature_collection(connection, layer, query, members=members)
        begun = list(islice(pieces, 2))  # a query that fails must fail before the answer has begun
        return FeatureResponse(chain(begun, pieces), headers=headers, closing=stack.pop_all().close)


@router.get(
    "/collections/{layer_id}/items/{feature_id}",
    summary="一个要素（GeoJSON）",
    description=_ITEM,
    response_class=Response,
)
def item(request: Request, published: Published, layer_id: LayerId, feature_id: str) -> Response:
    """One feature by its id, or 404."""
    layer = published.layer(layer_id)
    single_values(request.query_params, ())
    with published.snapshot() as connection:
        tag = entity_tag(revision(connection, layer.source), layer.model_dump_json(), request.url)
        headers = {"ETag": tag, **_FRESH}
        if is_known(request, tag):
            return Response(status_code=304, headers=headers)
        found = None if "\x00" in feature_id else _one(connection, layer, feature_id)
    if found is None:
        raise NotFoundError(f"图层“{layer.title}”中没有编号为 {feature_id[:40]!r} 的要素")
    links = [
        link("self", str(request.url), GEOJSON, "本要素"),
        link("collection", collection_address(request, layer_id), JSON, "图层"),
    ]
    return Response(_with_links(found, links), media_type=GEOJSON, headers=headers)


def items_query(published: Publication, layer: Layer, request: Request) -> FeatureQuery:
    """What a request asks of the store; BadRequestError for what the layer does not offer."""
    visible = layer.visible_fields(ROLE)
    filters = [name for name, field in visible.items() if field.mask is None and name not in _OWN]
    given = single_values(request.query_params, (*_OWN, *filters), long=("filter",))
    settings = published.settings
    return feature_query(
        layer,
        ROLE,
        bbox=parse_bbox(given["bbox"]) if "bbox" in given else None,
        limit=parse_limit(given["limit"], settings.max_limit) if "limit" in given else settings.default_limit,
        offset=parse_offset(given.get("offset", "0")),
        equals=tuple((name, given[name]) for name in filters if name in given),
        filter=_filter(given),
    )


def _filter(given: Mapping[str, str]) -> Filter | None:
    if not given.keys() & _FILTER.keys():
        return None
    return parse_filter(*(given.get(name, default) for name, default in _FILTER.items()))


def _one(connection: Connection, layer: Layer, feature_id: str) -> str | None:
    found = list(stream_features(connection, feature_query(layer, ROLE, ids=(feature_id,))))
    return found[0] if found else None


def _with_links(feature: str, links: list[dict[str, str]]) -> str:
    return f'{feature.rstrip().removesuffix("}")},"links":{json.dumps(links, ensure_ascii=False)}}}'
