"""`/boundaries/imports`: an uploaded file in, what it would change out; then drafts of the rows that somebody chose."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from starlette.datastructures import UploadFile

from gis_service.api.bodies import TAKEN, Body, JsonBody, read_as
from gis_service.api.boundaries import NO_STORE
from gis_service.api.boundary_edits import changing
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published
from gis_service.api.readers import Editing
from gis_service.errors import BadRequestError, MediaTypeError, TooLargeError
from gis_service.imports import drawings
from gis_service.imports.drawing_files import Limits
from gis_service.imports.drawings import Upload

router = APIRouter(responses=REFUSALS)
_AROUND = 1 << 16  # what a form adds to the file
_FORM = "multipart/form-data"
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "system": {"type": "string", "enum": list(drawings.SYSTEMS), "default": "file"},
                    },
                }
            }
        },
    }
}
Token = Annotated[str, Path(description="预览的编号", pattern=r"^[A-Za-z0-9_-]{20,60}$")]


class Chosen(Body):
    """A row of the preview, and the area it is of unless that was found."""

    n: int = Field(ge=1)
    area_id: int | None = Field(default=None, ge=1)


class Rows(Body):
    """The rows to be kept as drafts."""

    rows: list[Chosen] = Field(min_length=1, max_length=2000)


async def _uploaded(request: Request) -> Upload:
    """The file of a form; refused before it is read where it is too large."""
    if not request.headers.get("content-type", "").startswith(_FORM):
        raise MediaTypeError(f"Content-Type 应为 {_FORM}")
    most = request.app.state.publication.settings.max_upload_mb
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise BadRequestError("请写明 Content-Length")
    if int(length) > (most << 20) + _AROUND:
        raise TooLargeError(f"文件超过上限 {most} MB")
    async with request.form(max_files=1, max_fields=4) as form:
        file, system = form.get("file"), form.get("system", "file")
        if not isinstance(file, UploadFile) or not isinstance(system, str):
            raise BadRequestError("请在 file 中上传一个文件")
        return Upload(file.filename or "", await file.read(), system)


@router.post(
    "/boundaries/imports",
    summary="导入图形：预览",
    description="导入图形：预览（边界工作台）。",
    status_code=201,
    response_class=Response,
    openapi_extra=_UPLOAD,
)
def upload(published: Published, reader: Editing, file: Annotated[Upload, Depends(_uploaded)]) -> Response:
    """What a file would change; nothing but the preview is kept."""
    settings = published.settings
    limits = Limits(settings.max_upload_features, settings.max_upload_vertices, settings.max_boundary_vertices)
    with changing(published, reader) as connection:
        told = drawings.preview(connection, reader, file, tolerated_m2=settings.overlap_m2, limits=limits)
    return JSONResponse(told, 201, headers=NO_STORE)


@router.get(
    "/boundaries/imports/{token}",
    summary="导入图形：再看预览",
    description="导入图形：再看预览（边界工作台）。",
    response_class=Response,
)
def preview(published: Published, reader: Editing, token: Token) -> Response:
    """The preview again, for whoever uploaded the file."""
    with published.snapshot() as connection:
        return JSONResponse(drawings.kept_preview(connection, reader, token), headers=NO_STORE)


@router.post(
    "/boundaries/imports/{token}/commit",
    summary="导入图形：存为草图",
    description="导入图形：存为草图（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def commit(published: Published, reader: Editing, body: JsonBody, token: Token) -> Response:
    """The chosen rows are drafts; all of them, or none."""
    said = read_as(Rows, body)
    chosen = {one.n: one.area_id for one in said.rows}
    if len(chosen) < len(said.rows):
        raise BadRequestError("同一行选了两次")
    with changing(published, reader) as connection:
        drafted = drawings.commit(connection, reader, token, chosen)
    return JSONResponse({"drafted": drafted}, headers=NO_STORE)
