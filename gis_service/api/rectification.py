"""`POST /problems…`: what somebody did, saw or photographed in; the problem as it stands then out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from sqlalchemy import Connection

from gis_service.access import Reader
from gis_service.api.bodies import TAKEN, Body, JsonBody, Note, read_as
from gis_service.api.links import address
from gis_service.api.parameters import parse_day, parse_degrees
from gis_service.api.problem_history import ANSWER, NO_STORE, ProblemId, history
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Reporting
from gis_service.api.uploads import Upload, read_upload, with_file
from gis_service.codes import ProblemCategory
from gis_service.codes import ProblemEventKind as Kind
from gis_service.errors import BadRequestError
from gis_service.rectifying import Evidence, SpotReport, Step, add_evidence, clean, report, take
from gis_service.store.audit import writing

router = APIRouter(responses=REFUSALS)
_LONGEST = 2_000
_MOST_CATEGORY = 99
_MOST_LATITUDE = 85.0  # beyond it there is no Web Mercator
_SPOT = {
    "lon": "经度，度，WGS 84",
    "lat": "纬度，度，WGS 84",
    "note": "看到了什么",
    "category": "类别，默认 11",
    "deadline": "整改期限，如 2023-07-31",
}
_EVIDENCE = {"note": "说明"}


class _Done(Body):
    """What somebody does about a problem."""

    kind: Kind
    note: str = Field(default="", max_length=_LONGEST)
    unit: Note | None = None
    measures: str | None = Field(default=None, max_length=_LONGEST)
    deadline: dt.date | None = None


@router.post(
    "/problems",
    status_code=201,
    summary="现场上报",
    description="位置 lon、lat（WGS 84），note 写看到了什么，file 为照片；类别默认 11。所在小区、街道由位置得出。",
    response_class=Response,
    responses={201: ANSWER},
    openapi_extra=with_file(_SPOT),
)
async def spot_report(request: Request, published: Published, reader: Reporting) -> Response:
    """The new problem; its address is in Location."""
    upload = await _upload(request, published, _SPOT)
    told = _spot(upload.fields)

    def write(connection: Connection) -> int:
        return report(connection, reader, told, _clean(published, upload.file) if upload.file else None)

    found = await run_in_threadpool(_written, published, reader, write)
    place = address(request, "problem", problem_id=str(found["id"]))
    return JSONResponse(found, 201, headers={"Location": place, **NO_STORE})


@router.post(
    "/problems/{problem_id}/events",
    status_code=201,
    summary="办理一步",
    description="kind 为 start、plan、hand_over、report_done、close、send_back、reopen、comment；能做哪些见 actions。",
    response_class=Response,
    responses={201: ANSWER},
    openapi_extra=TAKEN,
)
def event(published: Published, reader: Reporting, body: JsonBody, problem_id: ProblemId) -> Response:
    """The problem after the step."""
    done = read_as(_Done, body)
    step = Step(done.kind, done.note, done.unit, done.measures, done.deadline)

    def write(connection: Connection) -> int:
        take(connection, reader, problem_id, step)
        return problem_id

    return JSONResponse(_written(published, reader, write), 201, headers=NO_STORE)


@router.post(
    "/problems/{problem_id}/evidence",
    status_code=201,
    summary="上传证据",
    description="file 为照片（JPEG、PNG、WebP，重新编码，不留拍摄位置等信息）或 PDF；note 为说明。",
    response_class=Response,
    responses={201: ANSWER},
    openapi_extra=with_file(_EVIDENCE),
)
async def bring_evidence(request: Request, published: Published, reader: Reporting, problem_id: ProblemId) -> Response:
    """The problem with the evidence among its events."""
    upload = await _upload(request, published, _EVIDENCE)
    if not upload.file:
        raise BadRequestError("没有收到文件")

    def write(connection: Connection) -> int:
        add_evidence(connection, reader, problem_id, _clean(published, upload.file), upload.fields.get("note", ""))
        return problem_id

    return JSONResponse(await run_in_threadpool(_written, published, reader, write), 201, headers=NO_STORE)


def _written(published: Publication, reader: Reader, write: Callable[[Connection], int]) -> dict[str, Any]:
    """The problem that `write` named, as it stands after it."""
    with writing(published.engine, reader) as connection:
        return history(published, connection, reader, write(connection))


async def _upload(request: Request, published: Publication, fields: Mapping[str, str]) -> Upload:
    most = published.settings.max_evidence_mb << 20
    return await read_upload(request, file_name="file", known=frozenset(fields), max_bytes=most)


def _clean(published: Publication, content: bytes) -> Evidence:
    settings = published.settings
    return clean(
        content, max_bytes=settings.max_evidence_mb << 20, max_pixels=settings.max_photo_megapixels * 1_000_000
    )


def _spot(fields: dict[str, str]) -> SpotReport:
    lon, lat = (_degrees(fields, name, most) for name, most in (("lon", 180.0), ("lat", _MOST_LATITUDE)))
    deadline = parse_day("deadline", fields["deadline"]) if fields.get("deadline") else None
    return SpotReport(lon, lat, fields.get("note", ""), _category(fields.get("category", "")), deadline)


def _degrees(fields: dict[str, str], name: str, most: float) -> float:
    value = parse_degrees(fields.get(name, ""))
    if value is None:
        raise BadRequestError("请给出位置：lon 为经度，lat 为纬度，单位为度")
    if abs(value) > most:
        raise BadRequestError(f"{name} 超出经纬度范围")
    return value


def _category(text: str) -> int:
    if not text:
        return int(ProblemCategory.FIRE_LANES)
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= _MOST_CATEGORY):
        raise BadRequestError(f"category 应为 1–22，或县区自定的类别号（至多 {_MOST_CATEGORY}）")
    return int(text)
