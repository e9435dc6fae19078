"""`/collections/{id}/tiles/{tms}/{z}/{row}/{col}`: a place in, its vector tile out, from memory if nothing changed."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.responses import Response
from isal import igzip

from gis_service import clock
from gis_service.access import PUBLIC, Reader
from gis_service.api.asking import has_history, only_fields
from gis_service.api.codings import takes
from gis_service.api.declared import DATETIME, PROPERTIES
from gis_service.api.direct import Direct
from gis_service.api.kept import Kept
from gis_service.api.packing import LEVEL
from gis_service.api.parameters import parse_as_of, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published, entity_tag, is_known
from gis_service.api.readers import Reading
from gis_service.errors import BadRequestError
from gis_service.layers import Layer, tile_query
from gis_service.store.freshness import Freshness
from gis_service.store.tiles import quick_tile
from gis_service.tiling import TILE_MATRIX_SETS, tile_matrix_set

MVT = "application/vnd.mapbox-vector-tile"
router = APIRouter(responses=REFUSALS, route_class=Direct)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_ABOUT = (
    "次序为级别、行、列。没有要素时答 204。14 级以前略去小得看不见的要素，合并密集的点；"
    "12 级以前略去不到 16 米宽的道路、河道；不超过 500 kB。"
)
_ANSWERS: dict[int | str, dict[str, object]] = {
    200: {"description": "切片", "content": {MVT: {"schema": {"type": "string", "format": "binary"}}}},
    204: {"description": "这里没有要素"},
    304: {"description": "与上次相同"},
}
_PLACE = [  # read by `_whole`, so that every misuse gets the same answer
    {"name": name, "in": "path", "required": True, "description": words, "schema": {"type": "integer", "minimum": 0}}
    for name, words in (("level", "级别"), ("row", "行号，从北往南"), ("column", "列号，从西往东"))
]
LayerId = Annotated[str, Path(description="图层名称")]
TmsId = Annotated[str, Path(description="切片方案", json_schema_extra={"enum": [*TILE_MATRIX_SETS]})]


class TileKey(NamedTuple):
    """The tag of a tile, which a write changes as all that the tile depends on, and whether it is kept compressed."""

    tag: str
    packed: bool


def install(app: FastAPI, most_bytes: int) -> None:
    """Serve tiles, keeping that many bytes of them in memory."""
    app.state.tiles = Kept[TileKey, bytes](most_bytes)
    app.include_router(router)


@router.get(
    "/collections/{layer_id}/tiles/{tms_id}/{level}/{row}/{column}",
    summary="一张矢量切片（MVT）",
    operation_id=".collection.vector.getTile",
    description=_ABOUT,
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra={"parameters": [*_PLACE, DATETIME, PROPERTIES]},
)
async def tile(request: Request, published: Published, reader: Reading, layer_id: LayerId, tms_id: TmsId) -> Response:
    """The features of a tile, thinned for its level; 204 where there are none, 404 outside of the scheme."""
    layer = published.layer(layer_id, reader)
    wished = _wished(request, layer, reader)
    wanted = tile_matrix_set(tms_id).tile(*(_whole(request, name) for name in ("level", "row", "column")))
    # the tile is read after the revision that it is kept under, and so is never older
    state = await published.revisions.of(layer.source)
    headers = _headers(request, layer, reader, state)
    if _is_held(request, headers):
        return Response(status_code=304, headers=headers)
    cache: Kept[TileKey, bytes] = request.app.state.tiles
    key = TileKey(headers["ETag"], takes(request.headers.get("accept-encoding", ""), "gzip"))
    told = cache.get(key)
    if told is None:
        query = tile_query(layer, reader, wished.day, wished.only)
        told = _packed(await quick_tile(published.quick, query, wanted), key)
        cache.put(key, told, len(told))
    if not told:
        return Response(status_code=204, headers=headers)
    if key.packed:
        headers["Content-Encoding"] = "gzip"
    return Response(told, media_type=MVT, headers=headers)


def _whole(request: Request, name: str) -> int:
    text = request.path_params[name]
    if not _WHOLE.fullmatch(text):
        raise BadRequestError("切片的级别、行号、列号应为不小于 0 的整数")
    return int(text)


def _headers(request: Request, layer: Layer, reader: Reader, state: Freshness) -> dict[str, str]:
    """Validators, and who may keep the tile; whoever keeps it asks each time, since an edit must show at once."""
    tag = entity_tag(state.revision, layer.tile_rights(reader), request.url.path, request.url.query)
    shared = layer.tile_rights(reader) == layer.tile_rights(PUBLIC)
    told = {"ETag": tag, "Cache-Control": f"{'public' if shared else 'private'}, no-cache", "Vary": "Accept-Encoding"}
    if state.settled and state.changed_at is not None:  # else a second write in this second would not be seen by it
        midnight = dt.datetime.combine(clock.today(), dt.time(), clock.BEIJING)  # what is in force changes with the day
        told["Last-Modified"] = format_datetime(max(state.changed_at, midnight).astimezone(dt.UTC), usegmt=True)
    return told


def _is_held(request: Request, headers: dict[str, str]) -> bool:
    """True when the reader holds this tile: by its tag, or without one by the very time it was changed."""
    if "if-none-match" in request.headers:
        return is_known(request, headers["ETag"])
    return request.headers.get("if-modified-since") == headers.get("Last-Modified", "")


@dataclass(frozen=True)
class _Wished:
    """What may be asked of a tile beside its place: the day, and which fields (None: all)."""

    day: dt.date
    only: tuple[str, ...] | None


def _wished(request: Request, layer: Layer, reader: Reader) -> _Wished:
    given = single_values(request.query_params, ("datetime", "properties"), long=("properties",))
    today = clock.today()
    dated = "datetime" in given and has_history(layer)
    day = parse_as_of(given["datetime"], today) if dated else today
    return _Wished(day, only_fields(given, layer, reader))


def _packed(made: bytes, key: TileKey) -> bytes:
    """The tile as it is sent."""
    return bytes(igzip.compress(made, compresslevel=LEVEL, mtime=0)) if made and key.packed else made
