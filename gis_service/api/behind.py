"""`/coverage/rows`: a figure of `/coverage` in; the communities, ledger rows or problems that it counts out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from gis_service.access import Reader
from gis_service.analysis.coverage import behind as counted_rows
from gis_service.analysis.coverage import codes_of
from gis_service.analysis.difference import COVERED, UNCOVERED, turned
from gis_service.api.attachments import XLSX, attached
from gis_service.api.coverage import facts_of, said
from gis_service.api.day_notes import day_notes
from gis_service.api.declared import OBJECT, query
from gis_service.api.inquiry import AS_OF, DEFINITION, LEVEL, LEVEL_WORDS, WITHIN, Inquiry, inquiry
from gis_service.api.links import GEOJSON, JSON, link
from gis_service.api.parameters import parse_day, parse_limit, parse_offset, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Working
from gis_service.api.reckoning import Reckoned
from gis_service.codes import ServiceForm, UncoveredReason
from gis_service.errors import BadRequestError, TooLargeError
from gis_service.exports.readable import Value
from gis_service.exports.workbook import packed_sheets
from gis_service.layers import Field, feature_query
from gis_service.store.features import Column, FeatureQuery, stream_features, stream_rows

router = APIRouter(responses=REFUSALS)
_FORMS = ("json", "geojson", "xlsx")
_AT_ONCE = 5_000  # ids in one question to the store
_COMMUNITY, _AREA, _PROBLEM = "community", "area", "problem"
FIGURES: Mapping[str, tuple[str, str]] = {
    "communities": (_COMMUNITY, "小区"),
    "covered": (_COMMUNITY, "已覆盖小区"),
    "uncovered": (_COMMUNITY, "失管小区"),
    **{str(reason): (_COMMUNITY, f"失管小区（{reason.words}）") for reason in UncoveredReason},
    **{
        f"turned_{way}": (_COMMUNITY, words)
        for way, words in ((UNCOVERED, "转为失管的小区"), (COVERED, "转为已覆盖的小区"))
    },
    "area_rows": (_AREA, "台账行"),
    **{f"form_{int(form)}": (_AREA, f"服务形态为“{form.words}”的台账行") for form in ServiceForm},
    "form_unknown": (_AREA, "未填服务形态的台账行"),
    "committee_yes": (_AREA, "已组建业委会的台账行"),
    "committee_no": (_AREA, "未组建业委会的台账行"),
    "committee_known": (_AREA, "填写了业委会组建情况的台账行"),
    "party_yes": (_AREA, "党的工作已覆盖的台账行"),
    "party_no": (_AREA, "党的工作未覆盖的台账行"),
    "party_known": (_AREA, "填写了党的工作覆盖情况的台账行"),
    "fee_known": (_AREA, "填写了收缴率的台账行"),
    "problems_open": (_PROBLEM, "未销号问题"),
    "problems_closed": (_PROBLEM, "已销号问题"),
}
_SHOWN = {
    _COMMUNITY: ("communities", "name code county street neighborhood reporting_unit households"),
    _AREA: (
        "management_areas",
        "name code ledger_seq reporting_unit street neighborhood community_names service_form company committee "
        "party_coverage fee_rate state",
    ),
    _PROBLEM: ("problems", "project_name code category county company content progress deadline closed"),
}
_WHY = {  # what the analysis adds to a community
    "reasons": Field(title="失管原因", description="只列口径计入的原因"),
    "evidence": Field(title="依据"),
    "boundary_pending": Field(title="边界待核准", description="台账已登记所属区域，边界尚未核准"),
}
_FIGURE = query("figure", {"type": "string", "enum": [*FIGURES], "default": "uncovered"}, "哪个数字")
_FROM = query("from", {"type": "string", "format": "date"}, "与哪一天比较；只用于 turned_uncovered、turned_covered")
_CODE = query("code", {"type": "string"}, "level 这一级的哪一行：区划代码、填报单位名称或“未知”；默认全部")
_ID = query("id", {"type": "string"}, "只要这个编号的一行")
_LIMIT = query("limit", {"type": "integer", "minimum": 1, "default": 100}, "一页的行数")
_OFFSET = query("offset", {"type": "integer", "minimum": 0, "default": 0}, "跳过的行数")
_F = query("f", {"type": "string", "enum": [*_FORMS], "default": "json"}, "json 分页；geojson、xlsx 为全部各行的文件")
_FILE: dict[str, object] = {"schema": {"type": "string", "format": "binary"}}


@dataclass(frozen=True)
class Found:
    """The rows behind one figure: their ids in order, and what is shown of each."""

    asked: Inquiry
    figure: str
    code: str
    ids: tuple[int, ...]
    facts: Reckoned
    fields: Mapping[str, Field]
    query: FeatureQuery

    @property
    def kind(self) -> str:
        """What one row stands for."""
        return FIGURES[self.figure][0]

    @property
    def title(self) -> str:
        """What is counted, in words."""
        return FIGURES[self.figure][1]

    @property
    def place(self) -> str:
        """Whose figure it is, in words."""
        asked = self.asked
        if self.code:
            return f"{LEVEL_WORDS[asked.level]} {self.code}"
        return f"{LEVEL_WORDS[asked.place[0]]} {asked.place[1]}" if asked.place else "全部"


@router.get(
    "/coverage/rows",
    name="behind",
    summary="数字背后的各行",
    description="/coverage 的一个数字所计的小区、台账行或问题；个数总与该数字相等。",
    response_class=Response,
    responses={
        200: {"description": "各行", "content": {JSON: {"schema": OBJECT}, GEOJSON: {"schema": OBJECT}, XLSX: _FILE}}
    },
    openapi_extra={"parameters": [_FIGURE, _CODE, _FROM, AS_OF, DEFINITION, LEVEL, WITHIN, _ID, _LIMIT, _OFFSET, _F]},
)
def rows_behind(request: Request, published: Published, reader: Working) -> Response:
    """The rows that a figure counts: a page of them as JSON, or all of them as GeoJSON or a workbook."""
    known = ("figure", "code", "from", "as_of", "definition", "level", "within", "id", "limit", "offset", "f")
    given = single_values(request.query_params, known)
    form = given.get("f", "json")
    if form not in _FORMS:
        raise BadRequestError(f"f 应为 {'、'.join(_FORMS)} 之一")
    if "from" in given:
        parse_day("from", given["from"])
    window = (  # what is told wrong is refused, also where it is of no account
        parse_limit(given.get("limit", "100"), published.settings.max_limit),
        parse_offset(given.get("offset", "0")),
    )
    with published.snapshot() as connection:
        found = _found(published, connection, reader, given)
        if form == "json":
            return JSONResponse(_page(request, connection, found, window), headers={"Cache-Control": "no-store"})
        if len(found.ids) > published.settings.max_export_features:
            raise TooLargeError(f"共 {len(found.ids)} 行，一次最多导出 {published.settings.max_export_features} 行")
        if form == "geojson":
            text = json.dumps(_collection(connection, found), ensure_ascii=False)
            return Response(text, media_type=GEOJSON, headers=_attached(found, ".geojson"))
        return Response(_workbook(connection, found), media_type=XLSX, headers=_attached(found, ".xlsx"))


def _found(published: Publication, connection: Connection, reader: Reader, given: Mapping[str, str]) -> Found:
    figure = given.get("figure", "uncovered")
    if figure not in FIGURES:
        raise BadRequestError(f"figure 应为 {'、'.join(FIGURES)} 之一")
    kind = FIGURES[figure][0]
    source, wanted = _SHOWN[kind]
    layer = published.layer(source, reader)
    reasons = published.layer("uncovered_communities", reader) if kind == _COMMUNITY else None
    asked = inquiry(given)
    facts = facts_of(published, connection, asked, communities_only=kind == _COMMUNITY)
    code = given.get("code", "").strip()
    tallies = asked.rows_of(facts)
    if figure.startswith("turned_"):
        tallies = tallies.assign(**{figure: _turned(published, connection, given, tallies)})
    ids = _ids(asked, facts, figure, code, tallies)
    if "id" in given:
        ids = tuple(one for one in ids if str(one) == given["id"])
    told = feature_query(layer, reader, as_of=asked.as_of)
    visible = {column.name: column for column in told.columns}
    columns = tuple(visible[name] for name in wanted.split() if name in visible and visible[name].mask is None)
    fields = {column.name: layer.fields[column.name] for column in columns} | (_WHY if reasons else {})
    columns += (Column("sample"),) if "sample" in visible else ()
    return Found(asked, figure, code, ids, facts, fields, FeatureQuery(layer.source, columns, as_of=asked.as_of))


def _turned(published: Publication, connection: Connection, given: Mapping[str, str], after: pd.DataFrame) -> pd.Series:
    """True of the communities whose answer changed in the way that the figure names."""
    if "from" not in given:
        raise BadRequestError("这个数字要用 from 写明前一日，例如 from=2023-07-15")
    before = inquiry(given, day="from")
    earlier = before.rows_of(facts_of(published, connection, before, communities_only=True))
    changed = turned(earlier, after, before.definition)
    way = given["figure"].removeprefix("turned_")
    return (after["kind"] == _COMMUNITY) & after["id"].isin(changed.loc[changed["turned"] == way, "id"])


def _ids(asked: Inquiry, facts: Reckoned, figure: str, code: str, tallies: pd.DataFrame) -> tuple[int, ...]:
    if figure.endswith("_no"):
        stem = figure.removesuffix("_no")
        tallies = tallies.assign(**{figure: (tallies[f"{stem}_known"] > 0) & ~(tallies[f"{stem}_yes"] > 0)})
    place = (asked.level, code) if code else None
    rows = counted_rows(tallies, figure, place, codes_of(facts.tallies, facts.divisions, asked.level))
    if FIGURES[figure][0] != _COMMUNITY:
        return tuple(rows["id"].tolist())
    counted = tallies.loc[rows.index]
    held = counted[[str(reason) for reason in sorted(asked.definition)]].sum(axis=1)
    order = counted.assign(held=-held).sort_values(["held", "county_code", "street_code", "neighborhood_code", "id"])
    return tuple(order["id"].tolist())


def rows_told(
    published: Publication, connection: Connection, reader: Reader, given: Mapping[str, str], *, limit: int
) -> dict[str, Any]:
    """What `/coverage/rows` answers on its first page, without its links."""
    return _told(connection, _found(published, connection, reader, given), limit, 0)


def _told(connection: Connection, found: Found, limit: int, offset: int) -> dict[str, Any]:
    rows = list(_rows(connection, found, found.ids[offset : offset + limit]))
    return {
        **said(found.asked),
        "figure": found.figure,
        "title": found.title,
        "kind": found.kind,
        "level": found.asked.level,
        "code": found.code or None,
        "notes": day_notes(connection, found.asked.as_of),
        "numberMatched": len(found.ids),
        "numberReturned": len(rows),
        "fields": {name: {"title": field.title, "values": field.labels} for name, field in found.fields.items()},
        "rows": rows,
    }


def _page(request: Request, connection: Connection, found: Found, window: tuple[int, int]) -> dict[str, Any]:
    limit, offset = window
    links = [link("self", str(request.url), JSON, "本页")]
    if offset + limit < len(found.ids):
        links.append(link("next", str(request.url.include_query_params(offset=offset + limit)), JSON, "下一页"))
    bare = request.url.remove_query_params(["limit", "offset"])
    links += [
        link("enclosure", str(bare.include_query_params(f=form)), media_type, title)
        for form, media_type, title in (("xlsx", XLSX, "Excel"), ("geojson", GEOJSON, "GeoJSON"))
    ]
    return {**_told(connection, found, limit, offset), "links": links}


def _rows(connection: Connection, found: Found, ids: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """The rows of these ids in their order, as JSON has them."""
    names = [column.name for column in found.query.columns]
    why = _why(found, ids)
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        query = FeatureQuery(
            found.query.source, found.query.columns, ids=tuple(map(str, part)), as_of=found.asked.as_of
        )
        read: dict[Any, dict[str, Any]] = {
            row[0]: dict(zip(names, map(_plain, row[2:]), strict=True))
            for batch in stream_rows(connection, query, shapes=False)
            for row in batch
        }
        yield from ({"id": one, **read[one], **why.get(one, {})} for one in part if one in read)


def _plain(value: Any) -> Any:
    return f"{value}" if isinstance(value, dt.date) else float(value) if hasattr(value, "as_tuple") else value


def _why(found: Found, ids: tuple[int, ...]) -> dict[int, dict[str, Any]]:
    """Reasons and evidence of communities, by id; only the reasons that the definition counts."""
    if found.kind != _COMMUNITY:
        return {}
    reasons = found.facts.reasons
    told: dict[int, dict[str, Any]] = {one: {"reasons": [], "evidence": "", "boundary_pending": False} for one in ids}
    wanted = reasons[reasons["community_id"].isin(list(told)) & reasons["reason"].isin(list(found.asked.definition))]
    for row in wanted.to_dict("records"):
        one = told[row["community_id"]]
        one["reasons"].append(row["reason"])
        one["evidence"] = "；".join(filter(None, (one["evidence"], row["evidence"])))
        one["boundary_pending"] |= bool(row["boundary_pending"])
    return told


def _collection(connection: Connection, found: Found) -> dict[str, object]:
    told = {row["id"]: row for row in _rows(connection, found, found.ids)}
    features = []
    for start in range(0, len(found.ids), _AT_ONCE):
        part = tuple(map(str, found.ids[start : start + _AT_ONCE]))
        bare = FeatureQuery(found.query.source, (), ids=part, as_of=found.asked.as_of)
        features += [json.loads(text) for text in stream_features(connection, bare)]
    order = {one: place for place, one in enumerate(found.ids)}
    features.sort(key=lambda feature: order[feature["id"]])  # as the list has them
    for feature in features:
        feature["properties"] = told[feature["id"]]
    return {
        "type": "FeatureCollection",
        "title": found.title,
        **said(found.asked),
        "numberMatched": len(found.ids),
        "features": features,
    }


def _workbook(connection: Connection, found: Found) -> bytes:
    rows = (
        [_readable(found.fields[name], name, row.get(name)) for name in found.fields]
        for row in _rows(connection, found, found.ids)
    )
    about: list[tuple[str, Value]] = [
        ("内容", found.title),
        ("口径", found.asked.words),
        ("统计日期", f"{found.asked.as_of}"),
        ("范围", found.place),
        ("行数", len(found.ids)),
        *(("说明", note) for note in day_notes(connection, found.asked.as_of)),
        *([("示例数据", "含示例数据（虚构）")] if (found.facts.tallies["sample"] > 0).any() else []),
    ]
    return packed_sheets(found.title, [field.title for field in found.fields.values()], rows, about)


def _readable(field: Field, name: str, value: Any) -> Any:
    if name == "reasons":
        return "、".join(UncoveredReason(reason).words for reason in value or ())
    if isinstance(value, list):
        return "、".join(map(str, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    return field.labels.get(str(value), value)


def _attached(found: Found, suffix: str) -> dict[str, str]:
    tail = f"_{found.asked.as_of:%Y%m%d}{suffix}"
    return attached(found.figure + tail, found.title + tail)
