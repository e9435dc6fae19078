"""`/indicators`: what other systems give: each indicator with its definition, newest figures, course and history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection, Row

from gis_service import clock
from gis_service.access import Reader
from gis_service.api.declared import FORM, OBJECT, ok, query
from gis_service.api.forms import wants_page
from gis_service.api.inquiry import LEVEL_WORDS, level_of
from gis_service.api.links import GEOJSON, JSON, address, link
from gis_service.api.parameters import parse_day, parse_limit, parse_offset, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Reading
from gis_service.api.reports import division_names, report
from gis_service.indicators import Indicator
from gis_service.maps.chart import Series, line_chart
from gis_service.store import indicators as store
from gis_service.store.indicators import Asked

router = APIRouter(responses=REFUSALS)
NO_STORE = {"Cache-Control": "no-store", "Vary": "Accept, Cookie, Authorization"}
SUBJECT_WORDS = {"area": "物业管理区域", "community": "小区", "division": "区划"}
AGGREGATE_WORDS = {"mean": "平均", "sum": "合计"}
IndicatorId = Annotated[str, Path(description="指标的编号", max_length=40)]
AS_OF = query("as_of", {"type": "string", "format": "date"}, "哪一天的情形，默认今天：取当日已开始的最近一期")
WITHIN = query("within", {"type": "string"}, "区划代码或填报单位名称；默认全市")
_SUBJECT = query("subject", {"type": "string"}, "一个区域、小区或区划的编号")
Told = dict[str, Any]


@router.get(
    "/indicators",
    summary="其它系统的指标",
    description="各指标的定义、来源、最近一期和收到的时间。",
    response_class=Response,
    responses={200: ok("指标", JSON, OBJECT)},
    openapi_extra={"parameters": [FORM]},
)
def indicators(request: Request, published: Published, reader: Reading) -> Response:
    """Every indicator that the reader may see, as JSON or as a page."""
    single_values(request.query_params, ("f",))
    with published.snapshot() as connection:
        told = [described(request, connection, one) for one in published.indicators_for(reader).values()]
    if wants_page(request):
        return report(request, published, "indicators", title="其它系统的指标", current="indicators", indicators=told)
    return JSONResponse({"indicators": told}, headers=NO_STORE)


def described(request: Request, connection: Connection, indicator: Indicator) -> Told:
    """The indicator as declared, and what there is of it."""
    known = store.told_of(connection, indicator.id)
    low, high = indicator.bounds
    return {
        "id": indicator.id,
        "title": indicator.title,
        "unit": "%" if indicator.kind == "share" else indicator.unit,
        "kind": indicator.kind,
        "minimum": low,
        "maximum": high,
        "period": str(indicator.period),
        "period_words": indicator.period.words,
        "subject": indicator.subject,
        "subject_words": SUBJECT_WORDS[indicator.subject],
        "level": indicator.level,
        "aggregate": indicator.aggregate,
        "aggregate_words": AGGREGATE_WORDS[indicator.aggregate],
        "system": indicator.system,
        "definition": indicator.definition,
        "newest": known.period,
        "subjects": known.subjects,
        "values": known.values,
        "received_at": known.received_at and f"{known.received_at:%Y-%m-%dT%H:%M:%S%z}",
        "sample": known.sample,
        "layer": indicator.layer_id,
        "map": indicator.layer_id if indicator.subject != "division" else None,
        "links": [
            link("self", address(request, "indicator", indicator_id=indicator.id), JSON, "定义与最近的数字"),
            link("related", address(request, "indicator_trend", indicator_id=indicator.id), JSON, "随时间的变化"),
            link("items", address(request, "items", layer_id=indicator.layer_id), GEOJSON, "图层"),
        ],
    }


@router.get(
    "/indicators/{indicator_id}",
    name="indicator",
    summary="一个指标",
    description="定义、全市与各区划最近一期的数字；区划一级的数字由所报各项平均或合计得出，counted 为项数。",
    response_class=Response,
    responses={200: ok("指标与最近的数字", JSON, OBJECT)},
    openapi_extra={"parameters": [AS_OF, WITHIN, FORM]},
)
def indicator(request: Request, published: Published, reader: Reading, indicator_id: IndicatorId) -> Response:
    """The definition and the newest figures by division, as JSON or as a page with the trend."""
    found = published.indicator(indicator_id, reader)
    given = single_values(request.query_params, ("as_of", "within", "f"))
    day = parse_day("as_of", given["as_of"]) if "as_of" in given else clock.today()
    within = given.get("within", "").strip()
    with published.snapshot() as connection:
        names = division_names(connection)
        asked = Asked(found.id, found.subject, found.aggregate, day)
        levels = {
            level: [_figure(row, names) for row in store.division_figures(connection, asked, level)]
            for level in ("city", *LEVEL_WORDS)
        }
        told = {**described(request, connection, found), "as_of": f"{day}", "figures": levels}
        if not wants_page(request):
            return JSONResponse(told, headers=NO_STORE)
        points = _points(connection, asked, within)
    return report(
        request,
        published,
        "indicator",
        title=found.title,
        current="indicators",
        one=told,
        levels=LEVEL_WORDS,
        points=points,
        words=found.words,
        within=within,
        within_name=names.get(within, within) or "全市",
        places=[("", "全市"), *((row["code"], row["name"]) for level in LEVEL_WORDS for row in levels[level])],
        chart=line_chart(trend_series(found, points)),
    )


def trend_series(indicator: Indicator, points: list[Told], aim: float | None = None) -> Series:
    """The points of a trend as a chart has them."""
    low, high = indicator.bounds
    labels, values = [one["period"] for one in points], [one["value"] for one in points]
    return Series(indicator.title, labels, values, indicator.words, aim, low, high)


def _figure(row: Row[Any], names: dict[str, str]) -> Told:
    return {
        "code": row.code,
        "name": names.get(row.code, row.code if row.code != "*" else "全市"),
        "value": round(row.value, 6),
        "counted": row.counted,
        "period": row.period,
    }


@router.get(
    "/indicators/{indicator_id}/trend",
    name="indicator_trend",
    summary="一个指标随时间的变化",
    description="全市、一个区划（within）或一个区域、小区（subject）逐期的数字；已更正的取最后一次。",
    response_class=Response,
    responses={200: {"description": "逐期的数字", "content": {JSON: {"schema": OBJECT}}}},
    openapi_extra={"parameters": [AS_OF, WITHIN, _SUBJECT]},
)
def indicator_trend(request: Request, published: Published, reader: Reading, indicator_id: IndicatorId) -> Response:
    """The points of the trend, oldest first."""
    found = published.indicator(indicator_id, reader)
    given = single_values(request.query_params, ("as_of", "within", "subject"))
    day = parse_day("as_of", given["as_of"]) if "as_of" in given else clock.today()
    subject, within = given.get("subject", "").strip(), given.get("within", "").strip()
    with published.snapshot() as connection:
        if subject:
            rows = store.trend_of_one(connection, found.id, subject, day)
            points = [
                {"period": row.period, "starts": f"{row.starts}", "value": row.value, "counted": 1} for row in rows
            ]
        else:
            points = _points(connection, Asked(found.id, found.subject, found.aggregate, day), within)
    told = {"id": found.id, "title": found.title, "within": within or None, "subject": subject or None}
    return JSONResponse({**told, "points": points}, headers=NO_STORE)


def _points(connection: Connection, asked: Asked, within: str) -> list[Told]:
    level, code = (level_of(within), within) if within else ("city", "*")
    return [
        {
            "period": row.period,
            "starts": f"{row.starts}",
            "value": round(row.value, 6),
            "counted": row.counted,
            "least": row.least,
            "greatest": row.greatest,
        }
        for row in store.trend(connection, asked, level, code)
    ]


@router.get(
    "/indicators/{indicator_id}/values",
    name="indicator_values",
    summary="一个指标收到的数值",
    description="按收到的先后列出每一个数值，更正过的也在；value 为 null 表示撤回。",
    response_class=Response,
    responses={200: {"description": "数值", "content": {JSON: {"schema": OBJECT}}}},
    openapi_extra={
        "parameters": [
            _SUBJECT,
            query("period", {"type": "string"}, "时段，如 2026-11"),
            query("after", {"type": "integer", "minimum": 0}, "从这个序号之后开始"),
            query("limit", {"type": "integer", "minimum": 1}, "一页的条数"),
        ]
    },
)
def indicator_values(request: Request, published: Published, reader: Reading, indicator_id: IndicatorId) -> Response:
    """A page of what was sent, in the order it came."""
    found = published.indicator(indicator_id, reader)
    given = single_values(request.query_params, ("subject", "period", "after", "limit"))
    most = published.settings.max_limit
    with published.snapshot() as connection:
        rows = store.history(
            connection,
            found.id,
            subject=given.get("subject", ""),
            period=given.get("period", ""),
            limit=parse_limit(given["limit"], most) if "limit" in given else min(1000, most),
            after=parse_offset(given.get("after", "0"), "after"),
        )
    values = [
        {
            **{name: getattr(row, name) for name in ("id", "subject", "period", "value", "note", "system", "sample")},
            "received_at": row.received_at.isoformat(),
            "by": row.login if _may_see_who(reader) else None,
        }
        for row in rows
    ]
    return JSONResponse({"id": found.id, "values": values, "next": rows[-1].id if rows else None}, headers=NO_STORE)


def _may_see_who(reader: Reader) -> bool:
    return bool(reader.feeds)


def measures(indicators: Iterable[Indicator]) -> tuple[Told, ...]:
    """The indicators as the planners' desk offers them beside its own measures."""
    told = ("id", "title", "unit", "kind", "system", "definition")
    return tuple(
        {
            **{name: getattr(one, name) for name in told},
            "aggregate_words": AGGREGATE_WORDS[one.aggregate],
            "subject_words": SUBJECT_WORDS[one.subject],
            "map": one.layer_id if one.subject != "division" else None,
            "classes": [step.model_dump() for step in one.steps],
        }
        for one in indicators
    )


def figures_of_level(
    published: Publication, connection: Connection, reader: Reader, day: dt.date, level: str
) -> dict[str, dict[str, Told]]:
    """Per code of the level, each indicator the reader may see: value, how many it is made of, period."""
    found: dict[str, dict[str, Told]] = {}
    for one in published.indicators_for(reader).values():
        for row in store.division_figures(connection, Asked(one.id, one.subject, one.aggregate, day), level):
            figure = {"value": round(row.value, 6), "counted": row.counted, "period": row.period}
            found.setdefault(row.code, {})[one.id] = figure
    return found
