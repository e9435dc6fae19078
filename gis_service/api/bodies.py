"""The body of a request in, no larger than is taken; what it says, checked, out, or a refusal that names the place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any, TypeVar

import shapely
from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from shapely.geometry.base import BaseGeometry

from gis_service.errors import BadRequestError, TooLargeError

_MOST_BYTES = 16 << 20
_POSITION = re.compile(rb"\[\s*-?\d")  # how every position of GeoJSON begins
_NOTE = 500
M = TypeVar("M", bound="Body")
_WORDS = {
    "missing": "没有填写",
    "extra_forbidden": "不认识这一项",
    "string_too_long": "太长",
    "string_too_short": "不能为空",
    "too_long": "太多",
    "too_short": "太少",
}


class Body(BaseModel):
    """What a body may say; unknown members are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


TAKEN = {  # for the description of the interface: docs/api.md says what stands in it
    "requestBody": {"required": False, "content": {"application/json": {"schema": {"type": "object"}}}}
}
Note = Annotated[str, Field(max_length=_NOTE)]


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise TooLargeError(f"请求的内容超过 {_MOST_BYTES >> 20} MB")
    _require_few(body, request.app.state.publication.settings.max_upload_vertices)
    return bytes(body)


def _require_few(body: bytearray, most: int) -> None:
    """TooLargeError for more positions than are taken, before any of them costs memory."""
    if sum(1 for _ in islice(_POSITION.finditer(body), most + 1)) > most:
        raise TooLargeError(f"图形的顶点超过 {most} 个，请先简化")


async def _json(request: Request) -> dict[str, Any]:
    return as_object(await _read(request))


def as_object(body: bytes) -> dict[str, Any]:
    """The JSON object that the body is; an empty body says nothing."""
    try:
        told = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise BadRequestError("请求的内容不是 JSON") from error
    if not isinstance(told, dict):
        raise BadRequestError("请求的内容应为 JSON 对象")
    return told


RawBody = Annotated[bytes, Depends(_read)]
JsonBody = Annotated[dict[str, Any], Depends(_json)]


def read_as(kind: type[M], told: Mapping[str, Any]) -> M:
    """The body as that kind; BadRequestError names what is wrong with it."""
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        raise BadRequestError("；".join(_words(one) for one in error.errors()[:3])) from error


def _words(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"])[:60]
    return f"{place}：{_WORDS.get(error['type'], '写法不对')}"


def as_shape(told: object, most_vertices: int, name: str = "geometry") -> BaseGeometry:
    """The GeoJSON geometry as a shape with finite, flat coordinates; lines and surfaces may be invalid yet."""
    if not isinstance(told, dict) or not isinstance(told.get("type"), str):
        raise BadRequestError(f"{name} 应为 GeoJSON 图形")
    try:
        shape = shapely.from_geojson(json.dumps(told))
    except (shapely.errors.GEOSException, ValueError) as error:
        raise BadRequestError(f"{name} 不是完整的 GeoJSON 图形") from error
    points = shapely.get_coordinates(shape)
    if len(points) > most_vertices:
        raise TooLargeError(f"{name} 有 {len(points)} 个顶点，至多 {most_vertices} 个")
    if not len(points) or not bool((abs(points) < 1e9).all()):
        raise BadRequestError(f"{name} 的坐标不是有限的数字，或没有坐标")
    return shapely.force_2d(shape)
