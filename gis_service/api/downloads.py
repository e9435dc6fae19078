"""`/collections/{id}/export`: a layer, a format and wishes in, a file to keep out, streamed or written first."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import Annotated, Literal, cast
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.datastructures import QueryParams

from gis_service.api.declared import OBJECT
from gis_service.api.links import GEOJSON
from gis_service.api.parameters import parse_bbox, parse_day, parse_names, parse_yes, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import ROLE, Publication, Published
from gis_service.api.streaming import FeatureResponse, FileDownload
from gis_service.errors import BadRequestError, BusyError, TooLargeError
from gis_service.exports import (
    FORMATS,
    Extract,
    Format,
    Pieces,
    Wishes,
    export_layer,
    extract,
    format_named,
    system_named,
)
from gis_service.layers import Filters, Layer
from gis_service.store.cursors import closed_cursors
from gis_service.store.features import count_features

router = APIRouter()
_OWN = ("f", "crs", "properties", "bbox", "encoding", "wkt")
_AS_OF = "as_of"
_ENCODINGS = ("UTF-8", "GB18030")
_ABOUT = (
    "把图层或其一部分下载为文件，文件名含图层名称与日期。除下列参数外，还可按图层的任一字段筛选，例如 ?reason=lost。"
    "个人信息不在其中。"
)
_ANSWERS: dict[int | str, dict[str, object]] = {
    200: {
        "description": "文件",
        "content": {
            form.media_type: {
                "schema": OBJECT if form.media_type == GEOJSON else {"type": "string", "format": "binary"}
            }
            for form in FORMATS.values()
        },
        "headers": {
            "Content-Disposition": {"description": "文件名", "schema": {"type": "string"}},
            "Content-Crs": {"description": "坐标系；GCJ-02、BD-09 没有", "schema": {"type": "string"}},
        },
    },
    **REFUSALS,
    503: {**REFUSALS["4XX"], "description": "同时导出的人太多，或查询超过时限"},
}


class Parameters(BaseModel):
    """The parameters as /api describes them; read by `_download`, so that every misuse gets the same answer."""

    f: str | None = Field(None, description=f"格式：{'、'.join(FORMATS)}；默认 geojson")
    crs: str | None = Field(
        None, description="CRS84（默认）、4490、4548、4527、3857、GCJ-02、BD-09；一律先东后北、先经后纬"
    )
    properties: str | None = Field(None, description="只要这些字段，逗号分开")
    bbox: str | None = Field(None, description="西,南,东,北（经纬度）")
    as_of: str | None = Field(None, description="哪一天的边界，如 2023-07-15；默认今天。有同名字段的图层按该字段筛选")
    encoding: str | None = Field(None, description="Shapefile 的文字编码：UTF-8（默认）或 GB18030")
    wkt: str | None = Field(None, description="true：CSV、Excel 加一列 WKT 几何")


@dataclass(frozen=True)
class Download:
    """What one reader asked for."""

    form: Format
    taken: Extract

    @property
    def headers(self) -> dict[str, str]:
        """Name of the file (RFC 6266, RFC 8187: in Chinese, with a plain one for old programs) and reference system."""
        system, suffix = self.taken.system, self.form.suffixes[0]
        tail = "_".join(filter(None, (f"{dt.date.today():%Y%m%d}", system.mark))) + suffix
        plain, chinese = f"{self.taken.layer.id}_{tail}", quote(f"{self.taken.layer.title}_{tail}", safe="")
        told = {
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{chinese}",
            "Cache-Control": "no-store",
        }
        return told if system.uri is None else {**told, "Content-Crs": f"<{system.uri}>"}


@router.get(
    "/collections/{layer_id}/export",
    summary="下载图层",
    description=_ABOUT,
    response_class=Response,
    responses=_ANSWERS,
)
def export(
    request: Request,
    published: Published,
    layer_id: Annotated[str, Path(description="图层名称")],
    _parameters: Annotated[Parameters, Query()],
) -> Response:
    """The layer as a file: text is sent as it is made, other formats are written first and removed afterwards."""
    wanted = _download(published.layer(layer_id), request.query_params)
    pieces = wanted.form.pieces
    with ExitStack() as stack:
        if not published.exports.acquire(blocking=False):
            raise BusyError("同时导出的人太多，请稍后再试")
        stack.callback(published.exports.release)
        return _file(published, wanted, stack) if pieces is None else _streamed(published, wanted, pieces, stack)


def _download(layer: Layer, query: QueryParams) -> Download:
    """What the query string asks for; BadRequestError for what the layer or the format does not offer."""
    names = query.getlist("properties")  # read apart: a list of columns may be longer than other values
    others = QueryParams([(name, value) for name, value in query.multi_items() if name != "properties"])
    visible = layer.visible_fields(ROLE)
    filters = [name for name, field in visible.items() if field.mask is None and name not in _OWN]
    given = single_values(others, dict.fromkeys((*_OWN, _AS_OF, *filters)))
    if len(names) > 1:
        raise BadRequestError("参数 properties 只能给出一次")
    form = format_named(given.get("f", "geojson"))
    system = system_named(given.get("crs", "CRS84"))
    wishes = Wishes(system, _encoding(given.get("encoding", "UTF-8")), parse_yes("wkt", given))
    taken = extract(layer, ROLE, parse_names(names[0]) if names else None, wishes, **_filters(given, filters))
    form.refuse(taken)
    return Download(form, taken)


def _filters(given: dict[str, str], fields: list[str]) -> Filters:
    dated = _AS_OF in given and _AS_OF not in fields  # a field of that name is filtered by like any other
    return Filters(
        bbox=parse_bbox(given["bbox"]) if "bbox" in given else None,
        as_of=parse_day(_AS_OF, given[_AS_OF]) if dated else None,
        equals=tuple((name, given[name]) for name in fields if name in given),
    )


def _encoding(text: str) -> Literal["UTF-8", "GB18030"]:
    if text.upper() not in _ENCODINGS:
        raise BadRequestError(f"encoding 应为 {' 或 '.join(_ENCODINGS)}")
    return cast("Literal['UTF-8', 'GB18030']", text.upper())


def _streamed(published: Publication, wanted: Download, pieces: Pieces, stack: ExitStack) -> Response:
    connection = stack.enter_context(published.snapshot())
    stack.enter_context(closed_cursors(connection))
    _check_size(published, connection, wanted.taken)
    text = pieces(connection, wanted.taken)
    begun = list(islice(text, 2))  # a query that fails must fail before the answer has begun
    return FeatureResponse(
        chain(begun, text),
        headers=wanted.headers,
        closing=stack.pop_all().close,
        media_type=wanted.form.media_type,
    )


def _file(published: Publication, wanted: Download, stack: ExitStack) -> Response:
    folder = FilePath(stack.enter_context(TemporaryDirectory(prefix="gis-service-export-")))
    out = folder / f"export{wanted.form.suffixes[0]}"
    with published.snapshot() as connection:
        _check_size(published, connection, wanted.taken)
        export_layer(connection, wanted.taken, wanted.form, out)
    return FileDownload(out, headers=wanted.headers, media_type=wanted.form.media_type, closing=stack.pop_all().close)


def _check_size(published: Publication, connection: Connection, taken: Extract) -> None:
    most = published.settings.max_export_features
    found = count_features(connection, taken.query)
    if found > most:
        raise TooLargeError(f"共 {found} 个要素，一次最多导出 {most} 个，请用 bbox 或字段缩小范围")
