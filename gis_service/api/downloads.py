"""`/collections/{id}/export`: a layer, a format and wishes in, a file to keep out, streamed or written first."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.datastructures import QueryParams

from gis_service import clock
from gis_service.access import Reader
from gis_service.api.admission import client_of
from gis_service.api.attachments import attached
from gis_service.api.declared import OBJECT
from gis_service.api.indicator_layers import widened
from gis_service.api.links import GEOJSON
from gis_service.api.parameters import parse_bbox, parse_day, parse_names, parse_yes, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Reading
from gis_service.api.streaming import FeatureResponse, FileDownload
from gis_service.errors import BadRequestError, BusyError, TooLargeError
from gis_service.exports import (
    FORMATS,
    SYSTEMS,
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
_PATIENCE_S = 1.0  # a download gives its place back a moment after its reader has all of it
_ENCODINGS = ("UTF-8", "GB18030")
_SYSTEMS = tuple(name.removeprefix("EPSG:") for name in SYSTEMS)
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


def _one_of(values: Iterable[str], description: str) -> Any:
    return Field(None, description=description, json_schema_extra={"enum": [*values]})


class Parameters(BaseModel):
    """The parameters as /api describes them; read by `_download`, so that every misuse gets the same answer."""

    f: str | None = _one_of(FORMATS, "格式；默认 geojson")
    crs: str | None = _one_of(
        (name.removeprefix("EPSG:") for name in SYSTEMS), "坐标系；一律先东后北、先经后纬；默认 CRS84"
    )
    properties: str | None = Field(None, description="只要这些字段，逗号分开")
    bbox: str | None = Field(None, description="西,南,东,北（经纬度）")
    as_of: str | None = Field(None, description="哪一天的内容，如 2023-07-15；默认今天。有同名字段的图层按该字段筛选")
    encoding: str | None = _one_of(_ENCODINGS, "Shapefile 的文字编码；默认 UTF-8")
    wkt: str | None = _one_of(("true", "false"), "true：CSV、Excel 加一列 WKT 几何")


@dataclass(frozen=True)
class Download:
    """What one reader asked for."""

    form: Format
    taken: Extract

    @property
    def headers(self) -> dict[str, str]:
        """Name of the file and reference system."""
        system, suffix = self.taken.system, self.form.suffixes[0]
        tail = "_".join(filter(None, (f"{clock.today():%Y%m%d}", system.mark))) + suffix
        told = attached(f"{self.taken.layer.id}_{tail}", f"{self.taken.layer.title}_{tail}")
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
    reader: Reading,
    layer_id: Annotated[str, Path(description="图层名称")],
    _parameters: Annotated[Parameters, Query()],
) -> Response:
    """The layer as a file: text is sent as it is made, other formats are written first and removed afterwards."""
    request.app.state.downloads.step(client_of(request.scope))
    layer = widened(published.layer(layer_id, reader), published.indicators, reader)
    wanted = _download(layer, reader, request.query_params)
    pieces = wanted.form.pieces
    with ExitStack() as stack:
        take_place(published, stack)
        return _file(published, wanted, stack) if pieces is None else _streamed(published, wanted, pieces, stack)


def take_place(published: Publication, stack: ExitStack) -> None:
    """One of the places for downloads is held until the stack closes; BusyError where none is free."""
    if not published.exports.acquire(timeout=_PATIENCE_S):
        raise BusyError("同时导出的人太多，请稍后再试")
    stack.callback(published.exports.release)


def _download(layer: Layer, reader: Reader, query: QueryParams) -> Download:
    """What the query string asks for; BadRequestError for what the layer or the format does not offer."""
    names = query.getlist("properties")  # read apart: a list of columns may be longer than other values
    others = QueryParams([(name, value) for name, value in query.multi_items() if name != "properties"])
    visible = layer.visible_fields(reader)
    filters = [name for name, field in visible.items() if field.mask is None and name not in _OWN]
    given = single_values(others, dict.fromkeys((*_OWN, _AS_OF, *filters)))
    if len(names) > 1:
        raise BadRequestError("参数 properties 只能给出一次")
    form = format_named(given.get("f", "geojson"))
    system = system_named(given.get("crs", "CRS84"))
    wishes = Wishes(system, _encoding(given.get("encoding", "UTF-8")), parse_yes("wkt", given))
    taken = extract(layer, reader, parse_names(names[0]) if names else None, wishes, **_filters(given, filters))
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
