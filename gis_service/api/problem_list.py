"""`/problems`: filters in; the work list out, as JSON or as a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Row

from gis_service import clock
from gis_service.api.attachments import XLSX, attached
from gis_service.api.declared import OBJECT, query
from gis_service.api.links import JSON
from gis_service.api.parameters import parse_limit, parse_names, parse_offset, single_values
from gis_service.api.problem_history import NO_STORE, told_problem
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Reading
from gis_service.codes import FIRE_CATEGORIES, DeadlineState, ProblemOrigin, ProblemState
from gis_service.errors import BadRequestError
from gis_service.exports.readable import Value
from gis_service.exports.workbook import packed_sheets
from gis_service.store.rectification import Wanted, counted, listed

router = APIRouter(responses=REFUSALS)
FILTERS = ("place", "category", "state", "due", "unit", "community", "q", "origin", "differs")
COUNTED = "新增按台账日期（现场上报按上报之日）计，其余各数按北京时间的办理记录计"
_MOST_ROWS = 100_000
_TEXTS = {"type": "array", "items": {"type": "string"}}
PARAMETERS = [
    query("place", {"type": "string"}, "区划代码（区县、街道）或填报单位名称"),
    query("category", _TEXTS, "问题类别的编号，逗号分开；fire 为第 10–14 类"),
    query("state", {"type": "array", "items": {"type": "string", "enum": [*ProblemState]}}, "整改状态"),
    query("due", {"type": "array", "items": {"type": "string", "enum": [*DeadlineState]}}, "期限状态"),
    query("unit", {"type": "string"}, "责任单位"),
    query("community", {"type": "integer"}, "小区序号"),
    query("q", {"type": "string"}, "名称、内容或编号中的文字"),
    query("origin", {"type": "string", "enum": [*ProblemOrigin]}, "来自台账或现场上报"),
    query("differs", {"type": "boolean"}, "true：台账所写的是否销号与办理结果不同的"),
]
F = query("f", {"type": "string", "enum": ["json", "xlsx"], "default": "json"}, "xlsx 为 Excel 文件")
_PAGE = [
    query("limit", {"type": "integer", "minimum": 1}, "一页的条数"),
    query("offset", {"type": "integer", "minimum": 0}, "跳过的条数"),
]
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "回答", "content": {JSON: {"schema": OBJECT}, XLSX: {"schema": {"type": "string"}}}}
}
_LISTED = {
    "code": "问题编号",
    "project_name": "项目名称",
    "community": "小区",
    "reporting_unit": "所在区县",
    "street": "街道",
    "category": "问题类别",
    "content": "问题内容",
    "state": "整改状态",
    "due": "期限状态",
    "deadline": "整改完成时限",
    "unit": "责任单位",
    "measures": "整改措施",
    "progress": "台账所写进展",
    "origin": "来源",
}


@router.get(
    "/problems",
    summary="整改问题清单",
    description="按区划、类别、整改状态、期限状态筛选；最急的在前。counts 为同一筛选下各状态的条数。",
    response_class=Response,
    responses=ANSWERS,
    openapi_extra={"parameters": [*PARAMETERS, *_PAGE, F]},
)
def problems(request: Request, published: Published, reader: Reading) -> Response:
    """A page of the work list, or all of it as a workbook."""
    published.layer("problems", reader)
    given = single_values(request.query_params, (*FILTERS, "limit", "offset", "f"))
    wanted = wanted_of(published, given)
    settings = published.settings
    with published.snapshot() as connection:
        if form_of(given) == "xlsx":
            rows = [_cells(row, _LISTED) for row in listed(connection, wanted, limit=_MOST_ROWS)]
            return workbook("整改问题清单", [*_LISTED.values()], rows, [("统计日期", f"{wanted.today}")])
        limit = parse_limit(given["limit"], settings.max_limit) if "limit" in given else min(1_000, settings.max_limit)
        found = listed(connection, wanted, limit=limit, offset=parse_offset(given.get("offset", "0")))
        counts = counted(connection, wanted)
    told = {
        "as_of": f"{wanted.today}",
        "due_soon_days": wanted.due_soon_days,
        "numberMatched": sum(counts["state"].values()),
        "numberReturned": len(found),
        "counts": counts,
        "problems": [told_problem(row) for row in found],
    }
    return JSONResponse(told, headers=NO_STORE)


def wanted_of(published: Publication, given: Mapping[str, str]) -> Wanted:
    """What the parameters narrow the list down to; BadRequestError says what may be written."""
    return Wanted(
        today=clock.today(),
        due_soon_days=published.settings.due_soon_days,
        place=given.get("place", "").strip(),
        categories=_categories(given.get("category", "")),
        states=_known("state", given.get("state", ""), ProblemState),
        due=_known("due", given.get("due", ""), DeadlineState),
        unit=given.get("unit", ""),
        community_id=_number("community", given["community"]) if "community" in given else None,
        words=given.get("q", "").strip(),
        origin=next(iter(_known("origin", given.get("origin", ""), ProblemOrigin)), ""),
        differs=given.get("differs") == "true",
    )


def _categories(text: str) -> tuple[int, ...]:
    if text == "fire":
        return tuple(FIRE_CATEGORIES)
    return tuple(_number("category", part) for part in parse_names(text)) if text else ()


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequestError(f"{name} 应为编号")
    return int(text)


def _known(name: str, text: str, words: Any) -> tuple[str, ...]:
    names = parse_names(text) if text else ()
    if not set(names) <= set(words):
        raise BadRequestError(f"{name} 应为 {'、'.join(words)} 中的一种或几种，逗号分开")
    return names


def form_of(given: Mapping[str, str]) -> str:
    """`json` or `xlsx`."""
    form = given.get("f", "json")
    if form not in ("json", "xlsx"):
        raise BadRequestError("f 应为 json、xlsx 之一")
    return form


def _cells(row: Row[Any], titles: Mapping[str, str]) -> list[Value]:
    told = told_problem(row)
    words = {
        "category": f"{row.category} {told['category_words']}",
        "state": told["state_words"],
        "due": told["due_words"],
        "origin": told["origin_words"],
    }
    return [words.get(name, told[name]) for name in titles]


def workbook(title: str, headings: list[str], rows: list[list[Value]], about: list[tuple[str, Value]]) -> Response:
    """The rows as a file, with a sheet that says what they are."""
    content = packed_sheets(title, headings, rows, about)
    return Response(content, media_type=XLSX, headers=attached("problems.xlsx", f"{title}.xlsx"))
