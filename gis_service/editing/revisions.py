"""Revisions of boundaries: appended one after another under the lock of their area, every step of them recorded."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, func, insert, select

from gis_service.analysis.shapes import shape_findings
from gis_service.codes import RevisionState, Step
from gis_service.crs import LONLAT
from gis_service.errors import ConflictError, NotFoundError, UnusableError
from gis_service.store.batches import wait_for_imports
from gis_service.store.tables import AreaRevision, AreaStep, AreaSuccessionPart, ManagementArea

SAMPLE_PERSON = "示例数据"  # author and decider of everything fictional


@dataclass(frozen=True)
class Revision:
    """A revision without its geometry; `newest`: no later one counts."""

    id: int
    area_id: int
    number: int
    state: RevisionState
    author: str
    sample: bool
    newest: int


def draft(
    connection: Connection, area_id: int, geometry: BaseGeometry, *, origin: str, author: str, note: str = ""
) -> int:
    """The id of a new draft, numbered after the area's last revision; the geometry is lon/lat and must be valid."""
    surface = as_boundary(geometry)
    lock_area(connection, area_id)
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
    made = int(connection.execute(insert(AreaRevision).values(row).returning(AreaRevision.id)).scalar_one())
    record(connection, area_id, made, Step.DRAFT, author, note)
    return made


def as_boundary(geometry: BaseGeometry) -> MultiPolygon:
    """The geometry as a flat MultiPolygon; UnusableError names the place that is wrong."""
    wrong = shape_findings(geometry)
    if wrong:
        raise UnusableError(f"边界图形有误：{wrong[0].message}", findings=[one.told for one in wrong])
    surface = MultiPolygon([geometry]) if isinstance(geometry, Polygon) else geometry
    return MultiPolygon([part for part in shapely.get_parts(shapely.force_2d(surface)) if isinstance(part, Polygon)])


def lock_area(connection: Connection, area_id: int) -> None:
    """Nobody else changes the area until the transaction ends; refused for one that is gone or about to go."""
    wait_for_imports(connection)
    area = ManagementArea
    found = connection.execute(
        select(area.name, area.retired_on).where(area.id == area_id).with_for_update(of=area)
    ).one_or_none()
    if found is None:
        raise NotFoundError(f"没有编号为 {area_id} 的物业管理区域")
    if found.retired_on is not None:
        raise ConflictError(f"“{found.name}”自 {found.retired_on} 起已分立或并入别的区域，边界不再改变")


def refuse_while_waiting(connection: Connection, area_id: int) -> None:
    """ConflictError while a split or merge of the area waits for a decision."""
    part = AreaSuccessionPart
    waiting = select(part.id).where(part.area_id == area_id, part.role == "before", part.waiting)
    if connection.scalar(waiting) is not None:
        raise ConflictError("该区域的分立或合并正在审核，边界暂时不能改动")


def find(connection: Connection, revision_id: int) -> Revision:
    """The revision, its area locked: decisions about one area follow one another."""
    area_id = connection.scalar(select(AreaRevision.area_id).where(AreaRevision.id == revision_id))
    if area_id is None:
        raise NotFoundError(f"没有编号为 {revision_id} 的边界版本")
    lock_area(connection, area_id)
    columns = (AreaRevision.id, AreaRevision.area_id, AreaRevision.number, AreaRevision.state, AreaRevision.author)
    found = connection.execute(
        select(*columns, ManagementArea.sample)
        .join(ManagementArea, ManagementArea.id == AreaRevision.area_id)
        .where(AreaRevision.id == revision_id)
    ).one()
    counting = select(func.max(AreaRevision.number)).where(
        AreaRevision.area_id == area_id, AreaRevision.state != str(RevisionState.DISCARDED)
    )
    newest = connection.scalar(counting) or 0
    return Revision(
        found.id, found.area_id, found.number, RevisionState(found.state), found.author, found.sample, newest
    )


def record(connection: Connection, area_id: int, revision_id: int, step: Step, person: str, note: str = "") -> None:
    """The step stands in the area's history."""
    row = {"area_id": area_id, "revision_id": revision_id, "step": str(step), "person": person, "note": note}
    connection.execute(insert(AreaStep).values(row))
