"""What somebody at the desk does with an area: their right, the state they saw and the checks come first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, RowMapping, func, select

from gis_service import access, clock
from gis_service.access import Reader
from gis_service.analysis.overlaps import TOLERATED_M2
from gis_service.analysis.shapes import as_geojson, in_metres
from gis_service.editing import workflow
from gis_service.editing.refreshing import refresh_touched
from gis_service.editing.revisions import as_boundary, draft, find, lock_area, refuse_while_waiting
from gis_service.editing.surroundings import check, place_of
from gis_service.errors import ConflictError, ForbiddenError, StaleError, UnconditionalError
from gis_service.store import area_files
from gis_service.store.batches import take_import_turn
from gis_service.store.tables import AreaRevision


@dataclass(frozen=True)
class At:
    """Somebody at an area, and the tag of the state they saw (None: they do not say)."""

    reader: Reader
    area_id: int
    seen: str | None


@dataclass(frozen=True)
class Move:
    """A neighbour whose shared edge moves too: its new boundary, and the revision it was made from."""

    area_id: int
    geometry: BaseGeometry
    revision: int | None


def ground(row: RowMapping | Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an area that the rules of who may edit or decide ask for."""
    return {name: row[name] for name in ("county_code", "street_code", "reporting_unit")}


def save(connection: Connection, at: At, geometry: BaseGeometry, note: str = "", moves: Sequence[Move] = ()) -> None:
    """A new draft of the area, and one of every neighbour that moves with it: all of them, or none."""
    for area_id in sorted({at.area_id, *(move.area_id for move in moves)}):
        lock_area(connection, area_id)
    _edit(connection, at, geometry)
    draft(connection, at.area_id, geometry, origin="drawn", author=at.reader.login, note=note)
    for move in moves:
        _move(connection, at, move)
    refresh_touched(connection, clock.today(), areas={at.area_id, *(move.area_id for move in moves)})


def submit(connection: Connection, at: At, note: str = "", tolerated_m2: float = TOLERATED_M2) -> None:
    """The draft waits for a decision; nothing about it must be mended first."""
    area, working = _working(connection, at)
    access.require_edit(at.reader, **ground(area))
    _require_clean(connection, area, working, tolerated_m2)
    workflow.submit(connection, working["id"], by=at.reader.login, note=note)


def approve(
    connection: Connection, at: At, day: dt.date | None, note: str = "", tolerated_m2: float = TOLERATED_M2
) -> None:
    """The boundary is agreed, and what is derived from boundaries speaks of it."""
    take_import_turn(connection)
    area, working = _working(connection, at)
    access.require_decide(at.reader, **ground(area))
    workflow.require(find(connection, working["id"]), "approve")
    _require_clean(connection, area, working, tolerated_m2)
    workflow.approve(connection, working["id"], decided_by=at.reader.login, effective_from=day, note=note)
    refresh_touched(connection, clock.today(), areas=[at.area_id])


def send_back(connection: Connection, at: At, note: str) -> None:
    """The proposal goes back with the reason."""
    area, working = _working(connection, at)
    access.require_decide(at.reader, **ground(area))
    workflow.send_back(connection, working["id"], decided_by=at.reader.login, note=note)


def withdraw(connection: Connection, at: At) -> None:
    """The proposal is a draft again."""
    area, working = _working(connection, at)
    access.require_edit(at.reader, **ground(area))
    workflow.withdraw(connection, working["id"], by=at.reader.login)


def discard(connection: Connection, at: At) -> None:
    """Nobody works on the draft any more; what it was stays in the history."""
    area, working = _working(connection, at)
    access.require_edit(at.reader, **ground(area))
    workflow.discard(connection, working["id"], by=at.reader.login)
    refresh_touched(connection, clock.today(), areas=[at.area_id])


def restore(connection: Connection, at: At, number: int, note: str = "") -> None:
    """An earlier boundary is the newest draft."""
    lock_area(connection, at.area_id)
    _edit(connection, at)
    workflow.restore(connection, at.area_id, number, by=at.reader.login, note=note)
    refresh_touched(connection, clock.today(), areas=[at.area_id])


def begin(connection: Connection, at: At, geometry: BaseGeometry | None = None) -> RowMapping:
    """The area's facts under its lock; StaleError when it is not as it was seen, with what stands there now."""
    lock_area(connection, at.area_id)
    if at.seen is None:
        raise UnconditionalError("请用 If-Match 说明从哪一版改起（值取自读到的 ETag）")
    if at.seen not in ("*", area_files.tag(connection, at.area_id)):
        raise _stale(connection, at.area_id, geometry)
    return area_files.facts(connection, at.area_id)


def _edit(connection: Connection, at: At, geometry: BaseGeometry | None = None) -> RowMapping:
    """The facts of an area that may be drawn now."""
    area = area_files.facts(connection, at.area_id)
    access.require_edit(at.reader, **ground(area))
    if geometry is not None:
        as_boundary(geometry)
    begin(connection, at, geometry)
    _require_drawable(connection, area)
    return area


def require_editable(connection: Connection, at: At) -> RowMapping:
    """The facts of an area that the person may draw now, under its lock."""
    lock_area(connection, at.area_id)
    return _edit(connection, at)


def _require_drawable(connection: Connection, area: RowMapping) -> None:
    refuse_while_waiting(connection, area["id"])
    if area["state"] == "in_review":
        raise ConflictError(f"“{area['name']}”正在审核，不能改动；需要改动时请先撤回")


def _working(connection: Connection, at: At) -> tuple[RowMapping, RowMapping]:
    area = begin(connection, at)
    working = area_files.history(connection, at.area_id).working
    if working is None:
        raise ConflictError(f"“{area['name']}”没有待办的草图")
    return area, working


def _move(connection: Connection, at: At, move: Move) -> None:
    area = area_files.facts(connection, move.area_id)
    if not access.may_edit(at.reader, **ground(area)):
        raise ForbiddenError(f"“{area['name']}”不在您所属的区划内，公共边不能一并移动")
    newest = area_files.history(connection, move.area_id).newest
    if (newest["number"] if newest else None) != move.revision:
        raise StaleError(f"“{area['name']}”在此期间已被改动，公共边没有移动，请重新载入")
    _require_drawable(connection, area)
    draft(connection, move.area_id, move.geometry, origin="drawn", author=at.reader.login, note="移动公共边")


def _require_clean(connection: Connection, area: RowMapping, working: RowMapping, tolerated_m2: float) -> None:
    geometry = revision_shape(connection, working["id"])
    wrong = [one for one in check(connection, place_of(area), geometry, tolerated_m2=tolerated_m2) if one.blocking]
    if wrong:
        words = "；".join(one.message for one in wrong[:3])
        raise ConflictError(f"还有必须先改正的问题：{words}", findings=[one.told for one in wrong])


def revision_shape(connection: Connection, revision_id: int) -> BaseGeometry:
    """The geometry of a revision, lon/lat."""
    wkb = connection.scalar(select(func.ST_AsBinary(AreaRevision.geom)).where(AreaRevision.id == revision_id))
    return shapely.from_wkb(bytes(wkb or b""))


def _stale(connection: Connection, area_id: int, geometry: BaseGeometry | None) -> StaleError:
    """The refusal, with the revision that stands there now and how a geometry differs from it."""
    newest = area_files.history(connection, area_id).newest
    if newest is None:
        return StaleError("该区域在此期间已被改动，请重新载入", current=None)
    shape = revision_shape(connection, newest["id"])
    current = {name: newest[name] for name in ("number", "state", "author")}
    called = area_files.names(connection)
    current["author_name"] = called.get(newest["author"], newest["author"])
    current |= {"created_at": newest["created_at"].isoformat(), "geometry": as_geojson(shape)}
    words = f"在您编辑期间，{current['author_name']} 已改到第 {newest['number']} 版，您的内容没有保存；请比较后再改"
    more = {} if geometry is None else {"difference": difference(shape, geometry)}
    return StaleError(words, current=current, **more)


def difference(before: BaseGeometry, after: BaseGeometry) -> dict[str, Any]:
    """What `after` has that `before` has not, and the reverse, with square metres."""
    told: dict[str, Any] = {}
    for name, shape in (("added", shapely.difference(after, before)), ("removed", shapely.difference(before, after))):
        square_metres = 0.0 if shape.is_empty else in_metres(shape).area
        told[f"{name}_m2"] = round(square_metres, 1)
        told[name] = as_geojson(shape) if square_metres else None
    return told
