"""`/problems/summary`: a day or a week in; per county and unit, where problems stand and what was done, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from gis_service.api.declared import query
from gis_service.api.parameters import parse_day, single_values
from gis_service.api.problem_history import NO_STORE
from gis_service.api.problem_list import ANSWERS, COUNTED, FILTERS, PARAMETERS, F, form_of, wanted_of, workbook
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published
from gis_service.api.readers import Reading
from gis_service.codes import DeadlineState, ProblemState
from gis_service.errors import BadRequestError
from gis_service.exports.readable import Value
from gis_service.store.rectification import by_unit

router = APIRouter(responses=REFUSALS)
_SUMMED = {
    "county": "所在区县",
    "unit": "责任单位",
    "total": "问题数",
    **{str(state): state.words for state in ProblemState},
    **{str(due): due.words for due in DeadlineState if due is not DeadlineState.CLOSED},
    "new": "期内新增",
    "did_report_done": "期内申报完成",
    "did_close": "期内销号",
    "did_reopen": "期内重新打开",
}


@router.get(
    "/problems/summary",
    summary="日调度、周调度统计",
    description="按区县与责任单位：各状态、逾期、临近到期的条数，以及期内新增、申报、销号、重新打开的次数。",
    response_class=Response,
    responses=ANSWERS,
    openapi_extra={
        "parameters": [
            *PARAMETERS,
            query("period", {"type": "string", "enum": ["day", "week"], "default": "day"}, "一天，或所在的一周"),
            query("date", {"type": "string", "format": "date"}, "哪一天，默认今天"),
            F,
        ]
    },
)
def summary(request: Request, published: Published, reader: Reading) -> Response:
    """The rows of the summary with their sums, as JSON or as a workbook."""
    published.layer("problems", reader)
    given = single_values(request.query_params, (*FILTERS, "period", "date", "f"))
    wanted = wanted_of(published, given)
    since, until = _period(given, wanted.today)
    with published.snapshot() as connection:
        rows = [dict(row._mapping) for row in by_unit(connection, wanted, since, until)]
    numbers = [name for name in _SUMMED if name not in ("county", "unit")]
    totals = {name: sum(int(row[name]) for row in rows) for name in numbers}
    span = f"{since}" if since == until else f"{since} 至 {until}"
    if form_of(given) == "xlsx":
        lines: list[list[Value]] = [
            [row[name] or "未写明" if name == "unit" else row[name] for name in _SUMMED] for row in rows
        ]
        lines.append(["合计", "", *(totals[name] for name in numbers)])
        about: list[tuple[str, Value]] = [
            ("统计期间", span),
            ("状态日期", f"{wanted.today}"),
            ("口径", f"临近到期：距时限不超过 {wanted.due_soon_days} 天；{COUNTED}"),
        ]
        return workbook(f"问题整改调度_{span}", [*_SUMMED.values()], lines, about)
    told = {
        "period": {"from": f"{since}", "to": f"{until}"},
        "as_of": f"{wanted.today}",
        "due_soon_days": wanted.due_soon_days,
        "titles": _SUMMED,
        "rows": [
            {name: row[name] if name in ("county", "unit") else int(row[name]) for name in _SUMMED} for row in rows
        ],
        "totals": totals,
    }
    return JSONResponse(told, headers=NO_STORE)


def _period(given: Mapping[str, str], today: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day: one day, or Monday to Sunday."""
    day = parse_day("date", given["date"]) if "date" in given else today
    period = given.get("period", "day")
    if period not in ("day", "week"):
        raise BadRequestError("period 应为 day、week 之一")
    first = day - dt.timedelta(days=day.weekday()) if period == "week" else day
    return first, first + dt.timedelta(days=6 if period == "week" else 0)
