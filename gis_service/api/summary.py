"""`/summary`: a day or a week and a county in; the sheet of its dispatch meeting, unit by unit, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from gis_service import clock
from gis_service.api.day_notes import day_notes
from gis_service.api.declared import FORM, OBJECT, ok, query
from gis_service.api.forms import wants_page
from gis_service.api.indicators import NO_STORE
from gis_service.api.links import JSON
from gis_service.api.parameters import parse_day, single_values
from gis_service.api.problem_list import COUNTED, workbook
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Reading
from gis_service.api.reports import report
from gis_service.errors import BadRequestError
from gis_service.exports.readable import Value
from gis_service.store.rectification import Wanted, by_unit, units_of_problems

router = APIRouter(responses=REFUSALS)
TITLES = {
    "total": "问题数",
    "open": "未销号",
    "overdue": "逾期",
    "due_soon": "临近到期",
    "waiting": "待核",
    "new": "本期新增",
    "did_report_done": "本期申报完成",
    "did_close": "本期销号",
    "did_reopen": "本期重新打开",
    "before_new": "上期新增",
    "before_close": "上期销号",
}
_STATES = ("total", "overdue", "due_soon", "waiting")
_DONE = ("new", "did_report_done", "did_close", "did_reopen")
_PERIODS = {"day": ("日调度", 1), "week": ("周调度", 7)}
_PARAMETERS = ("date", "period", "within", "f")
Told = dict[str, Any]


@router.get(
    "/summary",
    summary="日调度、周调度",
    description="一个区县或全市：逾期、临近到期、新增、销号，按责任单位，与上一期比较；可打印，f=xlsx 为 Excel。",
    response_class=Response,
    responses={200: ok("调度表", JSON, OBJECT)},
    openapi_extra={
        "parameters": [
            query("date", {"type": "string", "format": "date"}, "哪一天，默认今天；周为到这一天为止的七天"),
            query("period", {"type": "string", "enum": [*_PERIODS], "default": "day"}, "日或周"),
            query("within", {"type": "string"}, "填报单位名称或区划代码，默认全市"),
            FORM,
        ]
    },
)
def summary(request: Request, published: Published, reader: Reading) -> Response:
    """The sheet as JSON, as a page, or as a workbook."""
    published.layer("problems", reader)
    given = single_values(request.query_params, _PARAMETERS)
    as_file = given.get("f") == "xlsx"
    page = not as_file and wants_page(request)
    with published.snapshot() as connection:
        told = dispatch(published, connection, given)
        units = sorted({row["county"] for row in told["counties"]}.union(units_of_problems(connection) if page else ()))
    if as_file:
        return _workbook(told)
    if not page:
        return JSONResponse(told, headers=NO_STORE)
    return report(
        request,
        published,
        "summary",
        title="问题整改" + told["period_words"],
        current="summary",
        told=told,
        units=units,
        titles=TITLES,
        periods=_PERIODS,
    )


def dispatch(published: Publication, connection: Connection, given: Mapping[str, str]) -> Told:
    """Per county its sums and its units, and the sums of all; this period beside the one before."""
    day = parse_day("date", given["date"]) if "date" in given else clock.today()
    period = given.get("period", "day")
    if period not in _PERIODS:
        raise BadRequestError("period 应为 day、week 之一")
    words, length = _PERIODS[period]
    since = day - dt.timedelta(days=length - 1)
    before = (since - dt.timedelta(days=length), since - dt.timedelta(days=1))
    wanted = _wanted(published, day, given.get("within", "").strip())
    rows = [_row(one) for one in by_unit(connection, wanted, since, day)]
    counties = [
        {"county": county, **_sum(row for row in rows if row["county"] == county)}
        for county in dict.fromkeys(row["county"] for row in rows)
    ]
    return {
        "date": f"{day}",
        "period": period,
        "period_words": words,
        "from": f"{since}",
        "to": f"{day}",
        "before": {"from": f"{before[0]}", "to": f"{before[1]}"},
        "within": wanted.place or None,
        "notes": day_notes(connection, day),
        "due_soon_days": wanted.due_soon_days,
        "titles": TITLES,
        "rows": rows,
        "counties": counties,
        "totals": _sum(rows),
    }


def _wanted(published: Publication, day: dt.date, place: str = "") -> Wanted:
    return replace(Wanted(day, published.settings.due_soon_days), place=place)


def _row(row: Any) -> Told:
    told = {name: int(getattr(row, name)) for name in (*_STATES, *_DONE, "before_new", "before_close")}
    told["open"] = told["total"] - int(row.closed)
    return {"county": row.county, "unit": row.unit, **{name: told[name] for name in TITLES}}


def _sum(rows: Iterable[Told]) -> Told:
    held = list(rows)
    return {name: sum(row[name] for row in held) for name in TITLES}


def _workbook(told: Told) -> Response:
    lines: list[list[Value]] = []
    for county in told["counties"]:
        own = [row for row in told["rows"] if row["county"] == county["county"]]
        lines += [[row["county"], row["unit"] or "未写明", *(row[name] for name in TITLES)] for row in own]
        lines.append([county["county"], "小计", *(county[name] for name in TITLES)])
    lines.append(["合计", "", *(told["totals"][name] for name in TITLES)])
    about: list[tuple[str, Value]] = [
        ("本期", f"{told['from']} 至 {told['to']}"),
        ("上期", f"{told['before']['from']} 至 {told['before']['to']}"),
        ("口径", f"临近到期：距时限不超过 {told['due_soon_days']} 天；{COUNTED}"),
    ]
    title = f"问题整改{told['period_words']}_{told['within'] or '全市'}_{told['date']}"
    return workbook(title, ["所在区县", "责任单位", *TITLES.values()], lines, about)
