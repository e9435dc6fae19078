"""A form with at most one file in; its fields and the bytes of the file, no larger than is taken, out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio
from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from gis_service.errors import BadRequestError, TooLargeError

_FORM_BYTES = 64 << 10  # what surrounds the file
_MOST_FIELDS, _LONGEST = 20, 2_000
_PATIENCE_S = 60.0
FORM = "multipart/form-data"


def with_file(fields: Mapping[str, str]) -> dict[str, object]:
    """How a route describes a form: a file, and texts, each with what it says."""
    texts = {name: {"type": "string", "description": words} for name, words in fields.items()}
    properties = {"file": {"type": "string", "format": "binary"}, **texts}
    content = {FORM: {"schema": {"type": "object", "properties": properties}}}
    return {"requestBody": {"required": True, "content": content}}


@dataclass(frozen=True)
class Upload:
    """What a form says; `file` is empty where none came."""

    fields: dict[str, str] = field(default_factory=dict)
    file: bytes = b""


async def read_upload(request: Request, *, file_name: str, known: frozenset[str], max_bytes: int) -> Upload:
    """The form; BadRequestError and TooLargeError say what is wrong with it."""
    if not request.headers.get("content-type", "").startswith(FORM):
        raise BadRequestError(f"请用表单（{FORM}）上传")
    _require_size(request, max_bytes)
    try:
        with anyio.fail_after(_PATIENCE_S):
            async with request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=_FORM_BYTES) as form:
                return await _told(dict(form), file_name, known, max_bytes)
    except TimeoutError as error:
        raise BadRequestError(f"{_PATIENCE_S:.0f} 秒内没有传完，请换到信号好的地方再试") from error
    except MultiPartException as error:
        raise BadRequestError("表单写法不对，或文件多于一个") from error


def _require_size(request: Request, max_bytes: int) -> None:
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise BadRequestError("上传时须写明大小（Content-Length）")
    if len(length) > 12 or int(length) > max_bytes + _FORM_BYTES:
        raise TooLargeError(f"文件超过上限 {max_bytes >> 20} MB")


async def _told(form: dict[str, UploadFile | str], file_name: str, known: frozenset[str], max_bytes: int) -> Upload:
    fields, content = {}, b""
    for name, value in form.items():
        if isinstance(value, UploadFile):
            if name != file_name:
                raise BadRequestError(f"文件应在“{file_name}”一项")
            content = await value.read(max_bytes + 1)
        elif name not in known:
            raise BadRequestError(f"不认识“{name[:40]}”，可填 {'、'.join(sorted(known))}")
        elif len(value) > _LONGEST:
            raise TooLargeError(f"“{name}”超过 {_LONGEST} 字")
        else:
            fields[name] = value
    return Upload(fields, content)
