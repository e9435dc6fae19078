"""`/collections/{id}/tiles/{tms}/{z}/{row}/{col}`: a place in, its vector tile out, from memory if nothing changed."""

from __future__ import annotations

import datetime as dt
import gzip
import re
from email.utils import format_datetime
from typing import Annotated

from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import ROLE, Published, entity_tag, is_known
from gis_service.api.tile_cache import TileCache, TileKey
from gis_service.errors import BadRequestError
from gis_service.layers import Layer, Role, tile_query
from gis_service.store.tiles import Freshness, freshness, vector_tile
from gis_service.tiling import Tile, tile_matrix_set

MVT = "application/vnd.mapbox-vector-tile"
router = APIRouter(responses=REFUSALS)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_GZIP = re.compile(r"\s*(gzip|x-gzip|\*)\s*(;\s*q\s*=\s*(?P<weight>\d(\.\d*)?)\s*)?", re.ASCII | re.IGNORECASE)
_ABOUT = "次序为级别、行、列。没有要素时答 204。14 级以前略去小得看不见的要素，合并密集的点；不超过 500 kB。"
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
TmsId = Annotated[str, Path(description="切片方案：WebMercatorQuad 或 CGCS2000Quad")]


def install(app: FastAPI, most_bytes: int) -> None:
    """Serve tiles, keeping that many bytes of them in memory."""
    app.state.tiles = TileCache(most_bytes)
    app.include_router(router)


@router.get(
    "/collections/{layer_id}/tiles/{tms_id}/{level}/{row}/{column}",
    summary="一张矢量切片（MVT）",
    description=_ABOUT,
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra={"parameters": _PLACE},
)
def tile(request: Request, published: Published, layer_id: LayerId, tms_id: TmsId) -> Response:
    """The features of a tile, thinned for its level; 204 where there are none, 404 outside of the scheme."""
    layer = published.layer(layer_id)
    single_values(request.query_params, ())
    wanted = tile_matrix_set(tms_id).tile(*(_whole(request, name) for name in ("level", "row", "column")))
    # each read sees the newest commit: a tile is never older than the revision it is kept under
    with published.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        state = freshness(connection, layer.source)
        headers = _headers(request, layer, state)
        if _is_held(request, headers):
            return Response(status_code=304, headers=headers)
        packed = _packed(request.app.state.tiles, connection, layer, wanted, state)
    if not packed:
        return Response(status_code=204, headers=headers)
    if _takes_gzip(request):
        return Response(packed, media_type=MVT, headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(packed), media_type=MVT, headers=headers)


def _whole(request: Request, name: str) -> int:
    text = request.path_params[name]
    if not _WHOLE.fullmatch(text):
        raise BadRequestError("切片的级别、行号、列号应为不小于 0 的整数")
    return int(text)


def _headers(request: Request, layer: Layer, state: Freshness) -> dict[str, str]:
    """Validators, and who may keep the tile; whoever keeps it asks each time, since an edit must show at once."""
    tag = entity_tag(state.revision, layer.model_dump_json(), ROLE, request.url.path)
    shared = layer.visible_fields(ROLE) == layer.visible_fields(Role.PUBLIC)
    told = {"ETag": tag, "Cache-Control": f"{'public' if shared else 'private'}, no-cache", "Vary": "Accept-Encoding"}
    if state.settled and state.changed_at is not None:  # else a second write in this second would not be seen by it
        midnight = dt.datetime.combine(dt.date.today(), dt.time()).astimezone()  # what is in force changes with the day
        told["Last-Modified"] = format_datetime(max(state.changed_at, midnight).astimezone(dt.UTC), usegmt=True)
    return told


def _is_held(request: Request, headers: dict[str, str]) -> bool:
    """True when the reader holds this tile: by its tag, or without one by the very time it was changed."""
    if "if-none-match" in request.headers:
        return is_known(request, headers["ETag"])
    return request.headers.get("if-modified-since") == headers.get("Last-Modified", "")


def _packed(cache: TileCache, connection: Connection, layer: Layer, wanted: Tile, state: Freshness) -> bytes:
    day = dt.date.today()
    key = TileKey(layer.id, state.revision, ROLE, day, wanted.system.id, wanted.level, wanted.row, wanted.column)
    packed = cache.get(key)
    if packed is None:
        found = vector_tile(connection, tile_query(layer, ROLE, day), wanted)
        packed = gzip.compress(found, compresslevel=3, mtime=0) if found else b""
        cache.put(key, packed)
    return packed


def _takes_gzip(request: Request) -> bool:
    for part in request.headers.get("accept-encoding", "").split(","):
        found = _GZIP.fullmatch(part)
        if found is not None:
            return float(found["weight"] or 1) > 0
    return False
