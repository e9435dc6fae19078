"""`/targets`: a day and a place in; how far each target is reached, where it is not, and its course, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from gis_service.access import Reader
from gis_service.api.coverage import figures, no_place, said
from gis_service.api.day_notes import day_notes
from gis_service.api.declared import FORM, OBJECT, ok, query
from gis_service.api.forms import wants_page
from gis_service.api.indicators import NO_STORE, figures_of_level
from gis_service.api.inquiry import AS_OF, DEFINITION, LEVEL, LEVEL_WORDS, WITHIN, Inquiry, inquiry, level_of
from gis_service.api.links import JSON
from gis_service.api.parameters import parse_day, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published, named
from gis_service.api.readers import Reading
from gis_service.api.reports import division_names, report
from gis_service.errors import BadRequestError, NotFoundError
from gis_service.indicators import Indicator
from gis_service.maps.chart import Series, line_chart
from gis_service.store.courses import area_course, problem_course
from gis_service.store.homes import is_place
from gis_service.store.sources import is_past
from gis_service.targets import FORMULAS, Target, standing

router = APIRouter(responses=REFUSALS)
TargetId = Annotated[str, Path(description="目标的编号", max_length=60)]
_PARAMETERS = ("as_of", "definition", "level", "within", "f")
_FROM = query("from", {"type": "string", "format": "date"}, "从哪个月起，默认一年前")
_MOST_POINTS = 36
Told = dict[str, Any]


@router.get(
    "/targets",
    summary="目标",
    description="某一天、某一级各区划的各项目标：比例、分子分母、目标值、是否达到、还差多少，以及算法和出处。",
    response_class=Response,
    responses={200: ok("目标", JSON, OBJECT)},
    openapi_extra={"parameters": [AS_OF, DEFINITION, LEVEL, WITHIN, FORM]},
)
def targets(request: Request, published: Published, reader: Reading) -> Response:
    """Every target with the standing of the place and of each division of the level, as JSON or as a page."""
    published.layer("coverage", reader)
    asked = inquiry(single_values(request.query_params, _PARAMETERS))
    with published.snapshot() as connection:
        found = standings(published, connection, reader, asked)
        told = {**said(asked), "level": asked.level, "level_words": LEVEL_WORDS[asked.level], "targets": found}
        told["notes"] = day_notes(connection, asked.as_of)
        names = division_names(connection)
    if not wants_page(request):
        return JSONResponse(told, headers=NO_STORE)
    return report(
        request,
        published,
        "targets",
        title="目标",
        current="targets",
        told=told,
        levels=LEVEL_WORDS,
        within_name=names.get(asked.within, asked.within) or "全市",
        places=places(names, asked.within),
        rows=_by_place(found),
        words=_value_words(published.indicators),
    )


def places(names: Mapping[str, str], chosen: str) -> list[tuple[str, str]]:
    """What a page offers to choose from: the city, its counties, and what is chosen if it is another."""
    found = [("", "全市"), *((code, name) for code, name in sorted(names.items()) if len(code) == 6)]
    return found if chosen in dict(found) else [*found, (chosen, names.get(chosen, chosen))]


def standings(published: Publication, connection: Connection, reader: Reader, asked: Inquiry) -> list[Told]:
    """Each target as declared, with how the place and its divisions stand."""
    rows, totals = figures(published, connection, asked)
    by_code = figures_of_level(published, connection, reader, asked.as_of, asked.level)
    level, code = asked.place or ("city", "*")
    own = figures_of_level(published, connection, reader, asked.as_of, level).get(code, {})
    known = published.targets_for(reader)
    return [
        {
            **described(one, published.indicators),
            "total": {**standing(one, {**totals, "indicators": own}).told(), **_behind(one, asked, None)},
            "rows": [
                {
                    **{name: row[name] for name in ("id", "level", "code", "name")},
                    **standing(one, {**row, "indicators": by_code.get(row["code"], {})}).told(),
                    **_behind(one, asked, row["code"]),
                }
                for row in (rows if asked.level in one.levels else [])
            ],
        }
        for one in known.values()
    ]


def described(target: Target, indicators: Mapping[str, Indicator]) -> Told:
    """The target as declared, its formula in words."""
    if target.formula is not None:
        words, measure = FORMULAS[target.formula].words, FORMULAS[target.formula].measure
    else:
        indicator = indicators[str(target.indicator)]
        words, measure = f"指标“{indicator.title}”最近一期：{indicator.definition}", indicator.layer_id
    told = {name: getattr(target, name) for name in ("id", "title", "formula", "indicator", "aim", "clause")}
    return {**told, "due": target.due and f"{target.due}", "formula_words": words, "measure": measure}


def aims(published: Publication, reader: Reader) -> dict[str, float]:
    """What is to be reached, by measure of the planners' desk."""
    found = (
        (described(one, published.indicators)["measure"], one.aim) for one in published.targets_for(reader).values()
    )
    return {measure: aim for measure, aim in found if aim is not None}


def _behind(target: Target, asked: Inquiry, code: str | None) -> Told:
    """Where the rows behind a number are: of the part, and of what is lacking."""
    if target.formula is None:
        return {"behind": f"/indicators/{target.indicator}?{urlencode({'within': code or asked.within})}"}
    place = {"level": asked.level, "code": code} if code else {}
    common = {"as_of": f"{asked.as_of}", **place, **({"within": asked.within} if asked.within else {})}
    part, lacking = FORMULAS[target.formula].behind
    return {
        "behind": f"/coverage/rows?{urlencode({'figure': part, **common})}",
        "behind_lacking": f"/coverage/rows?{urlencode({'figure': lacking, **common})}",
    }


@router.get(
    "/targets/{target_id}/trend",
    summary="一个目标逐月的情形",
    description="每月最后一天（本月为今天或 as_of）的比例、分子分母；within 选区划。台账和办理情况按当日的计。",
    response_class=Response,
    responses={200: {"description": "逐月的数字", "content": {JSON: {"schema": OBJECT}}}},
    openapi_extra={"parameters": [_FROM, AS_OF, DEFINITION, WITHIN]},
)
def target_trend(request: Request, published: Published, reader: Reading, target_id: TargetId) -> Response:
    """The points of the trend, oldest first."""
    published.layer("coverage", reader)
    target = named(published.targets_for(reader), target_id, "目标")
    given = single_values(request.query_params, ("from", *_PARAMETERS))
    asked = inquiry(given)
    first = parse_day("from", given["from"]) if "from" in given else _year_before(asked.as_of)
    with published.snapshot() as connection:
        points = trend(published, connection, reader, target, asked, first)
        notes = day_notes(connection, first)
    told = {**described(target, published.indicators), "within": asked.within or None}
    return JSONResponse({**told, "points": points, "notes": notes}, headers=NO_STORE)


def trend(
    published: Publication, connection: Connection, reader: Reader, target: Target, asked: Inquiry, first: dt.date
) -> list[Told]:
    """How the place stood on the last day of each month, and on the day that is asked about."""
    days = month_ends(first, asked.as_of)
    if len(days) > _MOST_POINTS:
        raise BadRequestError(f"一次至多 {_MOST_POINTS} 个月，请把 from 改近一些")
    level, code = asked.place or ("city", "*")
    known = _courses(published, connection, target, asked, [day for day in days if is_past(day)])
    points = []
    for day in days:
        then = Inquiry(day, asked.definition, level_of(asked.within) if asked.within else "county", asked.within)
        totals = (known.get(day) or figures(published, connection, then)[1]) if target.formula else {}
        own = {} if target.formula else figures_of_level(published, connection, reader, day, level).get(code, {})
        points.append({"day": f"{day}", **standing(target, {**totals, "indicators": own}).told()})
    return points


def _courses(
    published: Publication, connection: Connection, target: Target, asked: Inquiry, days: list[dt.date]
) -> Mapping[dt.date, Mapping[str, int]]:
    """The figures that the target needs of the place on each day that is over, told by history in one reading."""
    if not days or target.formula is None:
        return {}
    if asked.place is not None and not is_place(connection, asked.place):
        raise NotFoundError(no_place(asked.place[1]))
    if target.formula == "coverage_rate":
        return published.reckonings.course(connection, days).counted(asked.definition, asked.place)
    course = problem_course if target.formula == "closed_rate" else area_course
    return course(connection, days, asked.place)


def month_ends(first: dt.date, last: dt.date) -> list[dt.date]:
    """The last day of every month from that of `first` on, and `last` itself.

    >>> [f"{day}" for day in month_ends(dt.date(2023, 6, 20), dt.date(2023, 8, 10))]
    ['2023-06-30', '2023-07-31', '2023-08-10']
    """
    if first > last:
        raise BadRequestError("from 不能晚于 as_of")
    found, month = [], first.replace(day=1)
    while month <= last:
        month = (month + dt.timedelta(days=32)).replace(day=1)
        found.append(min(month - dt.timedelta(days=1), last))
    return found


def _year_before(day: dt.date) -> dt.date:
    return (day.replace(day=1) - dt.timedelta(days=335)).replace(day=1)


def _by_place(found: list[Told]) -> list[Told]:
    """A line for each division, with its standing in every target, as the page shows it."""
    lines: dict[str, Told] = {}
    for one in found:
        for row in one["rows"]:
            line = lines.setdefault(row["code"], {"code": row["code"], "name": row["name"], "of": {}})
            line["of"][one["id"]] = row
    return list(lines.values())


def _value_words(indicators: Mapping[str, Indicator]) -> Any:
    """How the page writes a value: a share as per cent, that of an indicator as the indicator has it."""

    def words(target: Told, value: float | None) -> str:
        if value is None:
            return "—"
        return indicators[target["indicator"]].words(value) if target["indicator"] else f"{value * 100:.1f} %"

    return words


@router.get(
    "/targets/{target_id}",
    summary="一个目标",
    description="定义、所选区划的情形和逐月曲线（网页），或同 `/targets` 的一项（JSON）。",
    response_class=Response,
    responses={200: ok("目标", JSON, OBJECT)},
    openapi_extra={"parameters": [AS_OF, DEFINITION, LEVEL, WITHIN, _FROM, FORM]},
)
def target(request: Request, published: Published, reader: Reading, target_id: TargetId) -> Response:
    """One target: its standing by division and its course over the months."""
    published.layer("coverage", reader)
    found = named(published.targets_for(reader), target_id, "目标")
    given = single_values(request.query_params, ("from", *_PARAMETERS))
    asked = inquiry(given)
    with published.snapshot() as connection:
        told = next(one for one in standings(published, connection, reader, asked) if one["id"] == found.id)
        told |= {**said(asked), "level": asked.level, "notes": day_notes(connection, asked.as_of)}
        if not wants_page(request):
            return JSONResponse(told, headers=NO_STORE)
        first = parse_day("from", given["from"]) if "from" in given else _year_before(asked.as_of)
        points = trend(published, connection, reader, found, asked, first)
        names = division_names(connection)
    words = _value_words(published.indicators)
    series = Series(
        title=found.title,
        labels=[one["day"] for one in points],
        values=[one["value"] for one in points],
        words=lambda value: words(told, value),
        aim=found.aim,
    )
    return report(
        request,
        published,
        "target",
        title=found.title,
        current="targets",
        one=told,
        asked=asked,
        points=points,
        words=words,
        levels=LEVEL_WORDS,
        places=places(names, asked.within),
        within_name=names.get(asked.within, asked.within) or "全市",
        chart=line_chart(series),
    )
