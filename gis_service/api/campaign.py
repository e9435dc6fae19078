"""`/campaign`: a day and a place in; the phases of the campaign, how far each is, and the targets along them, out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from gis_service.access import Reader
from gis_service.api.coverage import figures
from gis_service.api.day_notes import day_notes
from gis_service.api.declared import FORM, OBJECT, ok, query
from gis_service.api.forms import wants_page
from gis_service.api.indicators import NO_STORE
from gis_service.api.inquiry import AS_OF, WITHIN, Inquiry, inquiry
from gis_service.api.links import JSON
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published, named
from gis_service.api.readers import Reading
from gis_service.api.reports import division_names, report
from gis_service.api.targets import described, places, standings, trend
from gis_service.errors import NotFoundError
from gis_service.maps.chart import Series, line_chart
from gis_service.targets import Campaign

router = APIRouter(responses=REFUSALS)
_CAMPAIGN = query("campaign", {"type": "string"}, "专项行动的编号；只有一个时不必写")
_COUNTS = {"area_rows": "台账行", "communities": "小区", "problems_open": "未销号问题", "problems_closed": "已销号问题"}
Told = dict[str, Any]


@router.get(
    "/campaign",
    summary="专项行动",
    description="各阶段的起止与进度、所选日期所在的阶段；各项目标在每一阶段结束时（进行中的为所选日期）的情形和逐月变化。",
    response_class=Response,
    responses={200: ok("专项行动", JSON, OBJECT)},
    openapi_extra={"parameters": [_CAMPAIGN, AS_OF, WITHIN, FORM]},
)
def campaign(request: Request, published: Published, reader: Reading) -> Response:
    """The timeline with the progress against it, as JSON or as a page."""
    published.layer("coverage", reader)
    given = single_values(request.query_params, ("campaign", "as_of", "within", "f"))
    if not published.campaigns:
        raise NotFoundError("没有声明专项行动（campaigns/*.toml）")
    found = named(published.campaigns, given.get("campaign", next(iter(published.campaigns))), "专项行动")
    asked = inquiry({name: value for name, value in given.items() if name != "campaign"})
    with published.snapshot() as connection:
        told = _told(published, connection, reader, found, asked)
        names = division_names(connection)
    if not wants_page(request):
        return JSONResponse(told, headers=NO_STORE)
    return report(
        request,
        published,
        "campaign",
        title=found.title,
        current="campaign",
        told=told,
        charts={one["id"]: _chart(one) for one in told["targets"]},
        counts=_COUNTS,
        places=places(names, asked.within),
        within_name=names.get(asked.within, asked.within) or "全市",
    )


def _told(published: Publication, connection: Connection, reader: Reader, found: Campaign, asked: Inquiry) -> Told:
    day = asked.as_of
    ends = {phase.id: min(phase.end, day) for phase in found.phases if phase.start <= day}
    known = {end: _standing(published, connection, reader, asked, end) for end in dict.fromkeys(ends.values())}
    phases = [
        {
            **{"id": phase.id, "title": phase.title, "from": f"{phase.start}", "to": f"{phase.end}"},
            **{"words": phase.words, "days": phase.days, "gone": phase.gone(day)},
            "state": "to_come" if day < phase.start else "over" if day > phase.end else "running",
            "as_of": f"{ends[phase.id]}" if phase.id in ends else None,
            **(known[ends[phase.id]] if phase.id in ends else {"counts": None, "standings": None}),
        }
        for phase in found.phases
    ]
    current = found.phase_on(day)
    return {
        **{"id": found.id, "title": found.title, "source": found.source},
        **{"from": f"{found.start}", "to": f"{found.end}", "as_of": f"{day}", "within": asked.within or None},
        "phase": current and current.id,
        "phases": phases,
        "targets": _courses(published, connection, reader, found, asked),
        "notes": day_notes(connection, min(day, found.start)),
    }


def _standing(published: Publication, connection: Connection, reader: Reader, asked: Inquiry, day: dt.date) -> Told:
    """Counts and targets of the place on the day."""
    then = Inquiry(day, asked.definition, "county", asked.within)
    totals = figures(published, connection, then)[1]
    told = standings(published, connection, reader, then)
    return {
        "counts": {name: int(totals[name]) for name in _COUNTS},
        "standings": {one["id"]: {name: one["total"][name] for name in _SHOWN} for one in told},
    }


_SHOWN = ("value", "part", "whole", "met", "lacking")


def _courses(
    published: Publication, connection: Connection, reader: Reader, found: Campaign, asked: Inquiry
) -> list[Told]:
    """Each target of the campaign with its course, month by month, from the first day to the one asked about."""
    last = min(asked.as_of, found.end)
    seen = published.targets_for(reader)
    courses = []
    for name in (name for name in found.targets if name in seen):
        then = Inquiry(last, asked.definition, asked.level, asked.within)
        points = trend(published, connection, reader, seen[name], then, found.start) if last >= found.start else []
        courses.append({**described(seen[name], published.indicators), "points": points})
    return courses


def _chart(one: Told) -> object:
    points = one["points"]
    return line_chart(
        Series(
            title=one["title"],
            labels=[point["day"] for point in points],
            values=[point["value"] for point in points],
            words=lambda value: f"{value * 100:.1f} %",
            aim=one["aim"],
            low=0.0,
            high=1.0,
        )
    )
