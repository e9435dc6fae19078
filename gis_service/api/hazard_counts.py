"""`/hazards/counts`: a level, a place and a day in; how many hazards and open problems there are in each, out.

`/hazards/days` tells which days there are to choose from, and what of a day is as of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Row

from gis_service import clock
from gis_service.api.day_notes import hazard_notes
from gis_service.api.declared import query
from gis_service.api.parameters import parse_day, single_values
from gis_service.api.problem_history import NO_STORE
from gis_service.api.problem_list import ANSWERS, F, form_of, workbook
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published
from gis_service.api.readers import Reading
from gis_service.errors import BadRequestError
from gis_service.exports.readable import Value
from gis_service.store.derived import hazard_days
from gis_service.store.hazard_counts import GROUPS, NUMBERS, hazard_counts

router = APIRouter(responses=REFUSALS)
_WORDS = {"community": "小区", "area": "物业管理区域", "street": "街道", "county": "所在区县"}
_LAYERS = ("communities", "fire_lanes", "ebike_charging", "manholes", "problems")
_TEXTS = {"code": "编号", "name": "名称", "county": "所在区县", "street": "街道"}


@router.get(
    "/hazards/counts",
    summary="隐患统计",
    description="按小区、物业管理区域、街道或区县统计某一天的消防车道、电动车场所、井盖、消防类问题，最多的在前。",
    response_class=Response,
    responses=ANSWERS,
    openapi_extra={
        "parameters": [
            query("by", {"type": "string", "enum": [*GROUPS], "default": "community"}, "按什么统计"),
            query("as_of", {"type": "string", "format": "date"}, "哪一天的情形，默认今天"),
            query("place", {"type": "string"}, "区划代码（区县、街道）或填报单位名称"),
            F,
        ]
    },
)
def counts(request: Request, published: Published, reader: Reading) -> Response:
    """The rows and their sums, as JSON or as a workbook."""
    for layer in _LAYERS:
        published.layer(layer, reader)
    given = single_values(request.query_params, ("by", "place", "as_of", "f"))
    by = given.get("by", "community")
    if by not in GROUPS:
        raise BadRequestError(f"by 应为 {'、'.join(GROUPS)} 之一")
    day = _day(given)
    with published.snapshot() as connection:
        found = hazard_counts(connection, by, given.get("place", "").strip(), day)
        notes = hazard_notes(connection, day)
    rows = [_told(row) for row in found]
    if form_of(given) == "xlsx":
        lines: list[list[Value]] = [[row[name] for name in (*_TEXTS, *NUMBERS)] for row in rows]
        about: list[tuple[str, Value]] = [("统计日期", f"{day}"), ("统计单位", _WORDS[by]), ("口径", _DEFINITION)]
        about += [("说明", note) for note in notes]
        return workbook(f"隐患统计_按{_WORDS[by]}", [*_TEXTS.values(), *NUMBERS.values()], lines, about)
    told = {
        "as_of": f"{day}",
        "by": by,
        "by_words": _WORDS[by],
        "definition": _DEFINITION,
        "notes": notes,
        "titles": NUMBERS,
        "rows": rows,
        "totals": {name: round(sum(row[name] for row in rows), 2) for name in NUMBERS},
    }
    return JSONResponse(told, headers=NO_STORE)


@router.get(
    "/hazards/days",
    summary="隐患有变化的日子",
    description="隐患图可选的日子；notes 写明所选的一天哪些按当日的计。",
    openapi_extra={"parameters": [query("as_of", {"type": "string", "format": "date"}, "哪一天，默认今天")]},
)
def days(request: Request, published: Published, reader: Reading) -> JSONResponse:
    """The day, the days on which something changed, and the notes on the day."""
    for layer in _LAYERS:
        published.layer(layer, reader)
    day = _day(single_values(request.query_params, ("as_of",)))
    with published.snapshot() as connection:
        changed, notes = hazard_days(connection), hazard_notes(connection, day)
    told = {"as_of": f"{day}", "change_days": [f"{each}" for each in changed], "notes": notes}
    return JSONResponse(told, headers=NO_STORE)


def _day(given: Mapping[str, str]) -> dt.date:
    return parse_day("as_of", given["as_of"]) if "as_of" in given else clock.today()


_DEFINITION = (
    "未测量单列，不算合格；井盖缺损为缺失、破损、下沉、松动，逾期为过了修复时限；消防类问题为第 10–14 类；"
    "小区按调查写明的，没有写明或对不上的按位置；物业管理区域按位置（车道按最长的一段），问题按所属区域；"
    "不在任何小区或区域内的不计，街道、区县是所属小区之和"
)


def _told(row: Row[Any]) -> dict[str, Any]:
    texts = {name: row._mapping[name] for name in ("id", *_TEXTS)}
    return {**texts, **{name: _number(row._mapping[name]) for name in NUMBERS}}


def _number(value: object) -> float:
    number = round(float(str(value)), 2)
    return int(number) if number.is_integer() else number
