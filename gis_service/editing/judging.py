"""A person says what a side of an area is; the answer is kept, and every row that waited for it is drawn at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, RowMapping, text, update

from gis_service import clock, crs
from gis_service.abuttals import parse
from gis_service.abuttals.model import Abuttals, Side
from gis_service.codes import ResolutionStatus
from gis_service.crs import LONLAT
from gis_service.editing.judged import AREA, Where, anchors_of, area_places, judgements_of, words_of
from gis_service.editing.refreshing import refresh_touched
from gis_service.editing.resolved import resolution_columns
from gis_service.editing.revisions import draft, lock_area
from gis_service.editing.surroundings import agreed_beside, place_of
from gis_service.errors import ConflictError, NotFoundError, UnusableError
from gis_service.gazetteer import Candidate, Gazetteer, Place
from gis_service.gazetteer.naming import normal
from gis_service.resolver import Hint, Resolution, ResolverOptions, resolve
from gis_service.resolver.finding import Neighbours
from gis_service.resolver.sharing import clear_of
from gis_service.store import area_files, judgements
from gis_service.store.judgements import Decision
from gis_service.store.tables import ManagementArea

_MOST_OTHERS = 50
_WAITING = """
select a.id from management_areas a
where a.id <> :area and a.retired_on is null and a.resolution_status <> 'resolved'
  and position(:name in a.abuttals_text) > 0 and :division in ('', a.street, a.neighborhood, a.reporting_unit)
  and not exists (select from area_revisions r where r.area_id = a.id and r.state <> 'discarded')
order by a.id limit :most
"""
_NAMED = """
select a.id, a.name, a.community_names from management_areas a
where a.id <> :area and a.retired_on is null and a.reporting_unit = :county
  and exists (select from area_revisions r where r.area_id = a.id and r.state <> 'discarded')
"""


@dataclass(frozen=True)
class Answer:
    """What a person said of a side: a place, or a line they drew, or neither to undo; `anchor`: which name, from 0."""

    side: Side
    person: str
    place_id: str | None = None
    line: BaseGeometry | None = None
    anchor: int | None = None


@dataclass(frozen=True)
class Redrawn:
    """What became of a row: whether it has a new draft now."""

    area_id: int
    name: str
    status: ResolutionStatus
    drafted: bool


def judge(
    connection: Connection, area_id: int, answer: Answer, gazetteer: Gazetteer, options: ResolverOptions
) -> tuple[Redrawn, list[Redrawn]]:
    """The area drawn anew by the answer, and the other rows of the division that it closed too."""
    lock_area(connection, area_id)
    area = area_files.facts(connection, area_id)
    if area["state"] == "in_review" or area["pending_id"] is not None:
        raise ConflictError("正在审核，不能改动；需要改动时请先撤回")
    decision = _decision(connection, area, answer, gazetteer)
    judgements.keep(connection, decision)
    own = redraw(connection, area_id, answer.person, gazetteer, options)
    others = _waiting_for(connection, area_id, decision) if decision.kind == "name" and decision.place_id else []
    found = [redraw(connection, one, answer.person, gazetteer, options) for one in others]
    drafted = [one.area_id for one in (own, *found) if one.drafted]
    refresh_touched(connection, clock.today(), areas=drafted)
    return own, [one for one in found if one.drafted]


def _decision(connection: Connection, area: RowMapping, answer: Answer, gazetteer: Gazetteer) -> Decision:
    said = parse(area["abuttals_text"])
    place = None if answer.place_id is None else _place(connection, area, answer.place_id, gazetteer)
    name = None if answer.line is not None else _name(said, answer)
    words = "" if place is None else place.name
    if name is None:
        facts: dict[str, Any] = {"area_id": area["id"], "side": str(answer.side), "line": answer.line}
        name = words_of(said, answer.side)
        return Decision("side", name, answer.person, place_id=answer.place_id, place=words or "手绘的线", **facts)
    division = area["street"] or area["neighborhood"] or area["reporting_unit"]
    return Decision("name", name, answer.person, division=division, place_id=answer.place_id, place=words)


def _name(said: Abuttals, answer: Answer) -> str | None:
    """The name that the answer is about, as names are compared; None where the side has no name to look for."""
    named = [one for one in anchors_of(said, answer.side) if one.lookable and not one.own]
    if answer.anchor is not None:
        every = anchors_of(said, answer.side)
        if not 0 <= answer.anchor < len(every):
            raise UnusableError(f"{answer.side.words}边没有第 {answer.anchor + 1} 个名称")
        named = [one for one in every[answer.anchor : answer.anchor + 1] if one.lookable and not one.own]
    names = {normal(one.anchor) for one in named}
    if len(names) > 1:
        words = "、".join(dict.fromkeys(one.anchor for one in named))
        raise UnusableError(f"{answer.side.words}边写有几个名称（{words}），请用 anchor 指明是哪一个")
    return names.pop() if names else None


def _place(connection: Connection, area: RowMapping, place_id: str, gazetteer: Gazetteer) -> Place:
    if place_id == f"{AREA}{area['id']}":
        raise UnusableError("一条边不能是区域自己的边界")
    place = next(iter(area_places(connection, [place_id])), None) or gazetteer.by_id(place_id)
    if place is None:
        raise NotFoundError(f"没有编号为“{place_id[:60]}”的地物")
    return place


def _waiting_for(connection: Connection, area_id: int, decision: Decision) -> list[int]:
    values = {"area": area_id, "name": decision.name, "division": decision.division, "most": _MOST_OTHERS}
    return list(connection.scalars(text(_WAITING), values))


def redraw(
    connection: Connection, area_id: int, person: str, gazetteer: Gazetteer, options: ResolverOptions
) -> Redrawn:
    """The area's sentence read anew; a draft where it closes and nobody has drawn or submitted anything meanwhile."""
    lock_area(connection, area_id)
    area = area_files.facts(connection, area_id)
    resolution = _resolution(connection, area, gazetteer, options)
    columns = resolution_columns(resolution)
    lines = columns["open_sides"]
    columns["open_sides"] = None if lines is None else from_shape(lines, srid=LONLAT)
    connection.execute(update(ManagementArea).where(ManagementArea.id == area_id).values(columns))
    surface = resolution.geometry
    drafted = isinstance(surface, Polygon | MultiPolygon) and _is_free(area_files.history(connection, area_id).newest)
    if drafted and surface is not None:
        shape = _clear(connection, area, surface)
        draft(connection, area_id, shape, origin="resolver", author=person, note="按指定的地物落图")
    return Redrawn(area_id, area["name"], resolution.status, drafted)


def _is_free(newest: RowMapping | None) -> bool:
    if newest is None or newest["state"] == "approved":
        return True
    return bool(newest["state"] == "draft" and newest["origin"] == "resolver")


def where_of(area: RowMapping) -> Where:
    """County, street and 社区 of an area, as names in its division are compared."""
    return area["reporting_unit"], area["street"], area["neighborhood"]


def _resolution(connection: Connection, area: RowMapping, gazetteer: Gazetteer, options: ResolverOptions) -> Resolution:
    said, where = parse(area["abuttals_text"]), where_of(area)
    (judged,) = judgements_of(connection, gazetteer, [area["id"]], [where], [area["abuttals_text"]])
    hint = Hint(*where, tuple(area["community_names"]))
    around = named_neighbours(connection, area, said)
    return resolve(said, gazetteer, hint=hint, options=options, judgements=judged, neighbours=around)


def named_neighbours(connection: Connection, area: RowMapping, said: Abuttals) -> Neighbours:
    """The areas with a boundary that the sentence names, by the name it uses."""
    anchors = {normal(one.anchor) for side in Side for one in anchors_of(said, side) if one.lookable}
    found: dict[str, list[str]] = {}
    rows = connection.execute(text(_NAMED), {"area": area["id"], "county": area["reporting_unit"]}) if anchors else ()
    for row in rows:
        for name in _called(row.name, row.community_names) & anchors:
            found.setdefault(name, []).append(f"{AREA}{row.id}")
    places = {place.id: place for place in area_places(connection, [one for ids in found.values() for one in ids])}
    return {
        name: tuple(Candidate(places[one], f"相邻区域“{name}”的边界", 1.0) for one in ids if one in places)
        for name, ids in found.items()
    }


def _called(name: str, communities: Sequence[str]) -> set[str]:
    forms = {normal(one) for one in (name, *communities) if one}
    return forms | {one.removesuffix("小区") for one in forms} | {f"{one}小区" for one in forms}


def _clear(connection: Connection, area: RowMapping, surface: BaseGeometry) -> BaseGeometry:
    """The surface without the slivers that it has in common with agreed boundaries around it."""
    beside = agreed_beside(connection, place_of(area), surface)
    west, _, east, _ = surface.bounds
    epsg = crs.gauss_kruger((west + east) / 2)
    kept = clear_of(crs.to_metric(surface, epsg), [crs.to_metric(one, epsg) for one in beside])
    return crs.to_lonlat(kept, epsg) if isinstance(kept, Polygon | MultiPolygon) and not kept.is_empty else surface


def judged_sides(connection: Connection, area: RowMapping) -> Mapping[str, RowMapping]:
    """The live judgement that speaks of each side of the area, of its names first."""
    said = parse(area["abuttals_text"])
    names = {row["name"]: row for row in judgements.of_names(connection, ["", *where_of(area)])}
    own = {row["side"]: row for row in judgements.of_sides(connection, [area["id"]])}
    told: dict[str, RowMapping] = {}
    for side in Side:
        row = own.get(str(side))
        if row is not None and row["name"] == words_of(said, side):
            told[str(side)] = row
        for abuttal in anchors_of(said, side):
            if str(side) not in told and normal(abuttal.anchor) in names:
                told[str(side)] = names[normal(abuttal.anchor)]
    return told
