"""`PUT`, `POST /indicators/{id}/values`: figures of another system in; what became of each row out."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from gis_service.access import require_feed
from gis_service.api.attachments import XLSX
from gis_service.api.bodies import RawBody
from gis_service.api.declared import OBJECT, query
from gis_service.api.indicators import NO_STORE, IndicatorId
from gis_service.api.links import JSON
from gis_service.api.parameters import parse_yes, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published
from gis_service.api.readers import Feeding
from gis_service.errors import BadRequestError
from gis_service.indicators import Indicator, take
from gis_service.indicators.files import rows_of_csv, rows_of_file, rows_of_json
from gis_service.indicators.reading import Given
from gis_service.store import audit

router = APIRouter(responses=REFUSALS)
_WHOLE = query("whole", {"type": "boolean", "default": False}, "true：有一行不对就全部不收")
_TAKEN = {
    "requestBody": {
        "required": False,
        "content": {
            JSON: {"schema": {"type": "array", "items": {"type": "object"}}},
            "text/csv": {"schema": {"type": "string"}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "parameters": [_WHOLE],
}
_ABOUT = (
    "其它系统报送自己的指标：JSON 数组、CSV 或 Excel，每行 subject（编号）、period（时段）、value（数值）。"
    "好的行收下，不对的行逐行说明；同一数值再报一次不改变任何内容，不同的数值作为更正另记一条。"
)


@router.put(
    "/indicators/{indicator_id}/values",
    summary="报送指标的数值",
    description=_ABOUT,
    response_class=Response,
    responses={200: {"description": "收下的与退回的", "content": {JSON: {"schema": OBJECT}}}},
    openapi_extra=_TAKEN,
)
@router.post(
    "/indicators/{indicator_id}/values",
    summary="报送指标的数值（同 PUT）",
    description=_ABOUT,
    response_class=Response,
    responses={200: {"description": "收下的与退回的", "content": {JSON: {"schema": OBJECT}}}},
    openapi_extra=_TAKEN,
)
def push_values(
    request: Request, published: Published, reader: Feeding, indicator_id: IndicatorId, body: RawBody
) -> Response:
    """What was kept and what was not; 422 where nothing at all could be kept."""
    indicator = published.indicator(indicator_id, reader)
    require_feed(reader, indicator.id)
    whole = parse_yes("whole", single_values(request.query_params, ("whole",)))
    rows = _rows(request.headers.get("content-type", ""), body, indicator)
    with audit.writing(published.engine, reader) as connection:
        outcome = take(connection, indicator, rows, login=reader.login, whole=whole)
    nothing = bool(outcome.refused) and len(outcome.refused) == outcome.received
    return JSONResponse({"id": indicator.id, **outcome.told()}, 422 if nothing else 200, headers=NO_STORE)


def _rows(media_type: str, body: bytes, indicator: Indicator) -> list[Given]:
    match media_type.partition(";")[0].strip().lower():
        case "text/csv":
            return rows_of_csv(body, indicator)
        case kind if kind == XLSX:
            with TemporaryDirectory(prefix="gis-service-indicator-") as folder:
                file = Path(folder) / "报送.xlsx"
                file.write_bytes(body)
                return rows_of_file(file, indicator)
        case "application/json" | "":
            return rows_of_json(body, indicator)
    raise BadRequestError(f"Content-Type 应为 application/json、text/csv 或 {XLSX}")
