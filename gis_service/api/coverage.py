"""`/coverage`: a day, a definition of 失管 and a place in; counts and rates, and what changed between days, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from gis_service.analysis.coverage import COUNTS, EVERY_REASON, MEASURES, RATES, codes_of, summed
from gis_service.analysis.difference import COVERED, UNCOVERED, turned
from gis_service.api.coverage_files import FILES, FORMS, coverage_file
from gis_service.api.day_notes import day_notes
from gis_service.api.declared import OBJECT, ok, query
from gis_service.api.indicators import figures_of_level
from gis_service.api.inquiry import AS_OF, DEFINITION, LEVEL, LEVEL_WORDS, WITHIN, Inquiry, inquiry
from gis_service.api.links import JSON, address, link
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published, entity_tag, is_known
from gis_service.api.readers import Working
from gis_service.api.reckoning import Reckoned
from gis_service.codes import UncoveredReason
from gis_service.errors import BadRequestError, NotFoundError
from gis_service.store.derived import change_days, computed_on, coverage_rows, uncovered_ids
from gis_service.store.features import revision
from gis_service.store.indicators import mark as indicator_mark

router = APIRouter(responses=REFUSALS)
_FRESH = {"Cache-Control": "private, no-cache"}
_SOURCES = ("communities", "management_areas", "problems", "divisions", "coverage")
_PARAMETERS = ("as_of", "definition", "level", "within")
_COMPARED = (
    *("communities", COVERED, UNCOVERED, "declared", "lost", "spatial", "coverage_rate", "area_coverage_rate"),
    *("committee_rate", "party_rate", "fee_rate_mean", "problems_open", "problems_closed"),
)
_F = query("f", {"type": "string", "enum": [*FORMS], "default": "json"}, "geojson、xlsx 为各行的文件，比率与数字相同")
_FROM = query("from", {"type": "string", "format": "date"}, "前一日")
_TO = query("to", {"type": "string", "format": "date"}, "后一日，默认今天")
Row = dict[str, Any]


@router.get(
    "/coverage",
    summary="物业服务覆盖率",
    description="按一种失管口径、某一天，分级统计小区覆盖率、业委会、党的工作、收缴率与服务形态，各级合计相等。",
    response_class=Response,
    responses={200: {"description": "统计", "content": {JSON: {"schema": OBJECT}, **FILES}}},
    openapi_extra={"parameters": [AS_OF, DEFINITION, LEVEL, WITHIN, _F]},
)
def coverage(request: Request, published: Published, reader: Working) -> Response:
    """The rows of a level, the totals of the place, the definition in words, and the days when boundaries changed."""
    layer = published.layer("coverage", reader)
    given = single_values(request.query_params, (*_PARAMETERS, "f"))
    asked, form = inquiry(given), given.get("f", "json")
    if form not in FORMS:
        raise BadRequestError(f"f 应为 {'、'.join(FORMS)} 之一")
    with published.snapshot() as connection:
        tag = _tag(connection, request)
        if form == "json" and is_known(request, tag):
            return Response(status_code=304, headers={"ETag": tag, **_FRESH})
        told = figures_told(published, connection, asked)
        if form != "json":
            return coverage_file(connection, layer, told, form)
        by_code = figures_of_level(published, connection, reader, asked.as_of, asked.level)
    told["rows"] = [{**row, "indicators": by_code.get(row["code"], {})} for row in told["rows"]]
    links = _links(request, "behind", "每个数字背后的各行")
    return JSONResponse({**told, "links": links}, headers={"ETag": tag, **_FRESH})


def figures_told(published: Publication, connection: Connection, asked: Inquiry) -> Row:
    """What `/coverage` answers, without its links."""
    rows, totals = figures(published, connection, asked)
    return {
        **said(asked),
        "level": asked.level,
        "level_words": LEVEL_WORDS[asked.level],
        "notes": day_notes(connection, asked.as_of),
        "change_days": [f"{day}" for day in change_days(connection)],
        "totals": totals,
        "rows": rows,
    }


@router.get(
    "/coverage/reasons",
    summary="失管小区的编号",
    description="按失管原因列出小区的编号，供地图着色；只列口径计入的原因。",
    response_class=Response,
    responses={200: ok("各原因的小区编号", JSON, OBJECT)},
    openapi_extra={"parameters": [AS_OF, DEFINITION, WITHIN]},
)
def reasons(request: Request, published: Published, reader: Working) -> Response:
    """The ids of the uncovered communities by reason."""
    published.layer("uncovered_communities", reader)
    asked = inquiry(single_values(request.query_params, _PARAMETERS))
    with published.snapshot() as connection:
        tag = _tag(connection, request)
        if is_known(request, tag):
            return Response(status_code=304, headers={"ETag": tag, **_FRESH})
        told = reasons_told(published, connection, asked)
    return JSONResponse(told, headers={"ETag": tag, **_FRESH})


def reasons_told(published: Publication, connection: Connection, asked: Inquiry) -> Row:
    """What `/coverage/reasons` answers; today from what was computed at the last write."""
    if asked.place is None and asked.as_of == computed_on(connection):
        held = uncovered_ids(connection)
    else:
        rows = asked.rows_of(facts_of(published, connection, asked, communities_only=True))
        held = {str(reason): rows.loc[rows[str(reason)] > 0, "id"].tolist() for reason in UncoveredReason}
    return {**said(asked), "ids": {str(reason): held.get(str(reason), []) for reason in sorted(asked.definition)}}


@router.get(
    "/coverage/difference",
    summary="两个日期之间的变化",
    description="同一口径下，两天的覆盖率，以及其间转为已覆盖和转为失管的小区。",
    response_class=Response,
    responses={200: ok("两天的统计与变化的小区", JSON, OBJECT)},
    openapi_extra={"parameters": [_FROM, _TO, DEFINITION, LEVEL, WITHIN]},
)
def difference(request: Request, published: Published, reader: Working) -> Response:
    """Both days' figures of each row, and the communities whose answer changed."""
    published.layer("uncovered_communities", reader)
    given = single_values(request.query_params, ("from", "to", *_PARAMETERS[1:]))
    if "from" not in given:
        raise BadRequestError("请用 from 写明前一日，例如 from=2023-07-15")
    before, after = inquiry(given, day="from"), inquiry(given, day="to")
    if before.as_of > after.as_of:
        raise BadRequestError("from 不能晚于 to")
    with published.snapshot() as connection:
        tag = _tag(connection, request)
        if is_known(request, tag):
            return Response(status_code=304, headers={"ETag": tag, **_FRESH})
        facts = [facts_of(published, connection, asked) for asked in (before, after)]
        notes = day_notes(connection, before.as_of, after.as_of)
    told = {**_compared(before, after, facts), "notes": notes}
    return JSONResponse(told, headers={"ETag": tag, **_FRESH})


def _compared(before: Inquiry, after: Inquiry, facts: list[Reckoned]) -> Row:
    first, second = (_counted(asked, one) for asked, one in zip((before, after), facts, strict=True))
    known = {row["id"]: row for row in first[0]}
    changed = turned(before.rows_of(facts[0]), after.rows_of(facts[1]), after.definition)
    return {
        "from": f"{before.as_of}",
        "to": f"{after.as_of}",
        **{key: value for key, value in said(after).items() if key != "as_of"},
        "level": after.level,
        "level_words": LEVEL_WORDS[after.level],
        "totals": _pair(first[1], second[1]),
        "rows": [{**_head(row), **_pair(known.get(row["id"]), row)} for row in second[0]],
        "turned": {way: changed.loc[changed["turned"] == way, "id"].tolist() for way in (COVERED, UNCOVERED)},
    }


def said(asked: Inquiry) -> Row:
    """What a question was about, as every answer repeats it."""
    return {
        "as_of": f"{asked.as_of}",
        "definition": [str(reason) for reason in UncoveredReason if reason in asked.definition],
        "definition_words": asked.words,
        "within": asked.within or None,
    }


def facts_of(
    published: Publication, connection: Connection, asked: Inquiry, *, communities_only: bool = False
) -> Reckoned:
    """The facts of the day that is asked about; NotFoundError for a place that there is not.

    Communities alone are known sooner; what units report, ledger rows say too.
    """
    levels = (asked.level, asked.place[0] if asked.place else "")
    alone = communities_only and "reporting_unit" not in levels
    reckonings = published.reckonings
    facts = (reckonings.communities_on if alone else reckonings.on)(connection, asked.as_of)
    if asked.place is not None:
        level, code = asked.place
        if code not in codes_of(facts.tallies, facts.divisions, level):
            raise NotFoundError(no_place(code))
    return facts


def no_place(code: str) -> str:
    """What is said of a place that there is not."""
    return f"没有代码或名称为“{code[:40]}”的区划或填报单位"


def figures(published: Publication, connection: Connection, asked: Inquiry) -> tuple[list[Row], Row]:
    """The rows of the level and the totals; today and by every reason from what was computed at the last write."""
    if asked.place is None and asked.definition == EVERY_REASON and asked.as_of == computed_on(connection):
        rows = [plain(row) for row in coverage_rows(connection, asked.level)]
        counties = rows if asked.level == "county" else [plain(row) for row in coverage_rows(connection, "county")]
        return _stirring(rows), _total(counties)
    sums = published.reckonings.sums
    return sums(connection, asked.as_of, asked, lambda: _counted(asked, facts_of(published, connection, asked)))


def _counted(asked: Inquiry, facts: Reckoned) -> tuple[list[Row], Row]:
    tallies = asked.rows_of(facts)
    sums = summed(tallies, facts.divisions, tuple(dict.fromkeys((asked.level, "county")))).drop(columns="geom")
    rows = [plain(row) | {"as_of": f"{asked.as_of}"} for row in sums.to_dict("records")]
    chosen = [row for row in rows if row["level"] == asked.level]
    within = asked.within if asked.place is not None else ""
    return _stirring(chosen, within), _total([row for row in rows if row["level"] == "county"])


def _stirring(rows: list[Row], within: str = "") -> list[Row]:
    """The rows that hold something, and every division of the place that is asked about."""
    held = ("communities", "area_rows", "problems_open", "problems_closed")
    return [row for row in rows if any(row[key] for key in held) or (within and str(row["code"]).startswith(within))]


def _total(counties: Iterable[Row]) -> Row:
    """The sums of the counties, which add up to everything, with the rates of the sums."""
    rows = list(counties)
    sums: Row = {key: sum(row[key] or 0 for row in rows) for key in (*COUNTS, *MEASURES)}
    forms: dict[str, int] = {}
    for row in rows:
        for form, count in row["forms"].items():
            forms[form] = forms.get(form, 0) + count
    fees = sum((row["fee_rate_mean"] or 0.0) * row["fee_known"] for row in rows)
    parts = {**sums, "fee_sum": fees}
    rates = {rate: round(parts[yes] / parts[all_], 6) if parts[all_] else None for rate, (yes, all_) in RATES.items()}
    return {**sums, "forms": forms, **rates}


def plain(record: Mapping[Any, Any]) -> Row:
    """The record as JSON has it: days as texts, nothing where nothing is known."""
    return {str(name): _plain(value) for name, value in record.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        return value
    if value is None or pd.isna(value):
        return None
    if isinstance(value, dt.date):
        return f"{value}"
    return value.item() if hasattr(value, "item") else value


def _head(row: Row) -> Row:
    return {key: row[key] for key in ("id", "level", "code", "name", "sample")}


def _pair(before: Row | None, after: Row) -> Row:
    return {
        when: {key: row[key] for key in _COMPARED} if row else None
        for when, row in (("before", before), ("after", after))
    }


def _tag(connection: Connection, request: Request) -> str:
    known = (*(revision(connection, source) for source in _SOURCES), indicator_mark(connection))
    return entity_tag(*known, request.url)


def _links(request: Request, name: str, title: str) -> list[dict[str, str]]:
    return [link("self", str(request.url), JSON, "本页"), link("related", address(request, name), JSON, title)]
