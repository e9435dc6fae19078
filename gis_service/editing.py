"""The way of a boundary from a clerk's draft to the agreed one: revisions are appended, decisions are recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import shapely
from geoalchemy2.shape import from_shape
from psycopg.errors import ExclusionViolation
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gis_service.codes import RevisionState
from gis_service.crs import LONLAT
from gis_service.errors import BadRequestError, ConflictError, NotFoundError
from gis_service.store.batches import wait_for_imports
from gis_service.store.tables import AreaRevision, ManagementArea

SAMPLE_PERSON = "示例数据"  # author and decider of everything fictional


@dataclass(frozen=True)
class Move:
    """A step of a revision: from which states, to which, and the word for it."""

    sources: frozenset[RevisionState]
    target: RevisionState
    words: str


MOVES: Mapping[str, Move] = {
    "submit": Move(frozenset({RevisionState.DRAFT}), RevisionState.IN_REVIEW, "提交审核"),
    "approve": Move(frozenset({RevisionState.IN_REVIEW}), RevisionState.APPROVED, "核准"),
    "send_back": Move(frozenset({RevisionState.IN_REVIEW}), RevisionState.SENT_BACK, "退回"),
}


@dataclass(frozen=True)
class _Revision:
    id: int
    area_id: int
    number: int
    state: RevisionState
    author: str
    sample: bool


def draft(
    connection: Connection, area_id: int, geometry: BaseGeometry, *, origin: str, author: str, note: str = ""
) -> int:
    """The id of a new draft, numbered after the area's last revision; the geometry is lon/lat and must be valid."""
    surface = _surface(geometry)
    _lock_area(connection, area_id)
    numbers = select(func.coalesce(func.max(AreaRevision.number), 0) + 1).where(AreaRevision.area_id == area_id)
    row = {
        "area_id": area_id,
        "number": connection.execute(numbers).scalar_one(),
        "state": str(RevisionState.DRAFT),
        "origin": origin,
        "author": author,
        "note": note,
        "geom": from_shape(surface, srid=LONLAT),
    }
    return int(connection.execute(insert(AreaRevision).values(row).returning(AreaRevision.id)).scalar_one())


def submit(connection: Connection, revision_id: int) -> None:
    """The draft waits for a decision."""
    _move(connection, _revision(connection, revision_id), "submit")


def approve(
    connection: Connection, revision_id: int, *, decided_by: str, effective_from: dt.date | None = None
) -> None:
    """The boundary is agreed from that day (today) on, and the one before ends there; nobody approves their own."""
    revision = _revision(connection, revision_id)
    day = effective_from or dt.date.today()
    _require(revision, "approve")
    if revision.author == decided_by and not (revision.sample and decided_by == SAMPLE_PERSON):
        raise ConflictError("不能核准自己绘制的边界，请由他人核准")
    _close_previous(connection, revision, day)
    _move(connection, revision, "approve", effective_from=day, decided_by=decided_by)


def send_back(connection: Connection, revision_id: int, *, decided_by: str, note: str) -> None:
    """The proposal is refused, and the note says why."""
    if not note.strip():
        raise BadRequestError("退回时请写明原因")
    _move(connection, _revision(connection, revision_id), "send_back", decided_by=decided_by, note=note)


def _surface(geometry: BaseGeometry) -> MultiPolygon:
    surface = MultiPolygon([geometry]) if isinstance(geometry, Polygon) else geometry
    if not isinstance(surface, MultiPolygon) or surface.is_empty:
        raise BadRequestError("边界应为面（Polygon 或 MultiPolygon）")
    if not surface.is_valid:
        raise BadRequestError(f"边界图形有误：{shapely.is_valid_reason(surface)}")
    west, south, east, north = surface.bounds
    if not (-180 <= west <= east <= 180 and -85 <= south <= north <= 85):
        raise BadRequestError("边界坐标应为经纬度")
    return shapely.force_2d(surface)


def _lock_area(connection: Connection, area_id: int) -> None:
    wait_for_imports(connection)
    if connection.scalar(select(ManagementArea.id).where(ManagementArea.id == area_id).with_for_update()) is None:
        raise NotFoundError(f"没有编号为 {area_id} 的物业管理区域")


def _revision(connection: Connection, revision_id: int) -> _Revision:
    """The revision, its area locked: decisions about one area follow one another."""
    area_id = connection.scalar(select(AreaRevision.area_id).where(AreaRevision.id == revision_id))
    if area_id is None:
        raise NotFoundError(f"没有编号为 {revision_id} 的边界版本")
    _lock_area(connection, area_id)
    columns = (AreaRevision.id, AreaRevision.area_id, AreaRevision.number, AreaRevision.state, AreaRevision.author)
    found = connection.execute(
        select(*columns, ManagementArea.sample)
        .join(ManagementArea, ManagementArea.id == AreaRevision.area_id)
        .where(AreaRevision.id == revision_id)
    ).one()
    return _Revision(found.id, found.area_id, found.number, RevisionState(found.state), found.author, found.sample)


def _require(revision: _Revision, step: str) -> None:
    move = MOVES[step]
    if revision.state not in move.sources:
        raise ConflictError(f"第 {revision.number} 版{revision.state.words}，不能{move.words}")


def _move(connection: Connection, revision: _Revision, step: str, **facts: object) -> None:
    _require(revision, step)
    values = {"state": str(MOVES[step].target), **facts}
    try:
        connection.execute(update(AreaRevision).where(AreaRevision.id == revision.id).values(values))
    except IntegrityError as error:
        if isinstance(error.orig, ExclusionViolation):
            raise ConflictError("该物业管理区域在此期间已有核准的边界") from error
        raise


def _close_previous(connection: Connection, revision: _Revision, day: dt.date) -> None:
    current = (
        AreaRevision.area_id == revision.area_id,
        AreaRevision.state == str(RevisionState.APPROVED),
        AreaRevision.effective_to.is_(None),
    )
    since = connection.scalar(select(AreaRevision.effective_from).where(*current))
    if since is not None and since > day:
        raise ConflictError(f"现行边界自 {since} 起生效，新边界不能早于这一天")
    connection.execute(update(AreaRevision).where(*current).values(effective_to=day))
