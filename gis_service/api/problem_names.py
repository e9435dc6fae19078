"""`/problems/names`: names of 附件2 that fit nothing out; what a clerk says they mean in, remembered from then on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from sqlalchemy import Row

from gis_service.api.bodies import TAKEN, Body, JsonBody, read_as
from gis_service.api.declared import OBJECT, ok, query
from gis_service.api.links import JSON
from gis_service.api.parameters import single_values
from gis_service.api.problem_history import NO_STORE, category_words
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published
from gis_service.api.readers import Deciding
from gis_service.errors import BadRequestError
from gis_service.rectifying.naming import candidates, forget, names_of, settle
from gis_service.store.audit import writing

router = APIRouter(responses=REFUSALS)
_LONGEST = 200
_UNIT = query("unit", {"type": "string"}, "台账所写的区县或填报单位")
_NAME = query("name", {"type": "string"}, "台账所写的项目名称")
_WORDS = query("q", {"type": "string"}, "只列名称含有这些字的")
NameId = Annotated[int, Path(description="对应关系的编号", ge=1, le=2**62)]


class _Meaning(Body):
    """What a name of a unit means."""

    unit: str = Field(min_length=1, max_length=_LONGEST)
    name: str = Field(min_length=1, max_length=_LONGEST)
    kind: Literal["community", "area"]
    id: int = Field(ge=1, le=2**62)


@router.get(
    "/problems/names",
    summary="对不上的项目名称",
    description="附件2中没有唯一的同名小区或物业管理区域的项目名称，和人已经定下的对应关系；只列读者可以办理的区县。",
    response_class=Response,
    responses={200: ok("名称", JSON, OBJECT)},
)
def names(published: Published, reader: Deciding) -> Response:
    """The names to settle, and those settled."""
    published.layer("problems", reader)
    with published.snapshot() as connection:
        loose, settled = names_of(connection, reader)
    told = {
        "names": [_told(row, categories=[category_words(number) for number in row.categories]) for row in loose],
        "settled": [_told(row, made_at=row.made_at.isoformat()) for row in settled],
    }
    return JSONResponse(told, headers=NO_STORE)


def _told(row: Row[Any], **others: object) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in ("bare", "person")} | others


@router.get(
    "/problems/names/candidates",
    summary="一个名称可能指什么",
    description="同一区县的小区和物业管理区域，名称最像的在前，至多 20 个。",
    response_class=Response,
    responses={200: ok("候选", JSON, OBJECT)},
    openapi_extra={"parameters": [_UNIT, _NAME, _WORDS]},
)
def likely(request: Request, published: Published, reader: Deciding) -> Response:
    """The candidates of one name."""
    published.layer("problems", reader)
    given = single_values(request.query_params, ("unit", "name", "q"))
    unit, name = (given.get(part, "").strip()[:_LONGEST] for part in ("unit", "name"))
    if not unit or not name:
        raise BadRequestError("请给出 unit（区县或填报单位）和 name（项目名称）")
    with published.snapshot() as connection:
        found = candidates(connection, reader, unit, name, given.get("q", "")[:_LONGEST])
    return JSONResponse({"unit": unit, "name": name, "candidates": found}, headers=NO_STORE)


@router.post(
    "/problems/names",
    status_code=201,
    summary="定下一个名称指什么",
    description="unit、name 为台账所写；kind 为 community 或 area，id 为其编号。以后导入的同名各行自动对上。",
    response_class=Response,
    responses={201: ok("对应关系的编号", JSON, OBJECT)},
    openapi_extra=TAKEN,
)
def mean(published: Published, reader: Deciding, body: JsonBody) -> Response:
    """The id of what is remembered."""
    told = read_as(_Meaning, body)
    with writing(published.engine, reader) as connection:
        made = settle(connection, reader, told.unit, told.name, told.kind, told.id)
    return JSONResponse({"id": made}, 201, headers=NO_STORE)


@router.delete(
    "/problems/names/{name_id}",
    status_code=204,
    summary="撤销一个对应关系",
    description="这个名称重新按名称去找。",
    response_class=Response,
)
def unmean(published: Published, reader: Deciding, name_id: NameId) -> Response:
    """Nothing."""
    with writing(published.engine, reader) as connection:
        forget(connection, reader, name_id)
    return Response(status_code=204, headers=NO_STORE)
