"""One area becomes several, or several one: proposed by somebody, decided by another; what was stays readable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy import func as sql

from gis_service import access, clock
from gis_service.access import Reader
from gis_service.analysis.overlaps import TOLERATED_M2
from gis_service.analysis.shapes import LEAST_M2, in_metres
from gis_service.codes import RevisionState, Step, SuccessionKind, SuccessionState
from gis_service.crs import LONLAT
from gis_service.editing.changes import At, begin, ground, revision_shape
from gis_service.editing.refreshing import refresh_touched
from gis_service.editing.revisions import draft, lock_area, record, refuse_while_waiting
from gis_service.editing.surroundings import check, place_of
from gis_service.editing.workflow import close_approved
from gis_service.errors import BadRequestError, ConflictError, UnusableError
from gis_service.store import area_files, successions
from gis_service.store.batches import take_import_turn
from gis_service.store.facts import AREAS, keep_facts
from gis_service.store.numbering import Codes
from gis_service.store.tables import (
    AreaRevision,
    AreaSuccession,
    AreaSuccessionPart,
    Community,
    ManagementArea,
)

_FEWEST = 2
_NUMERALS = "一二三四五六七八九十"
_TOLD_LATER = {"code": "abuttals_of_before", "severity": "note"}


@dataclass(frozen=True)
class Part:
    """An area that is to come: its name and ground, lon/lat."""

    name: str
    shape: MultiPolygon


def propose_split(connection: Connection, at: At, line: BaseGeometry, names: Sequence[str] = (), note: str = "") -> int:
    """The id of a proposal: the agreed boundary cut along a line into areas of their own."""
    area = begin(connection, at)
    access.require_edit(at.reader, **ground(area))
    approved = _approved(connection, area)
    pieces = cut(revision_shape(connection, approved["id"]), line)
    called = list(names) or [f"{area['name']}（{_NUMERALS[index]}）" for index in range(len(pieces))]
    if len(called) != len(pieces) or len(set(called)) != len(called) or not all(name.strip() for name in called):
        raise UnusableError(f"分成了 {len(pieces)} 部分，名称也应有 {len(pieces)} 个且各不相同")
    parts = [Part(name.strip(), piece) for name, piece in zip(called, pieces, strict=True)]
    return _keep(connection, SuccessionKind.SPLIT, at.reader, [(area, approved)], parts, note)


def propose_merge(connection: Connection, reader: Reader, ids: Sequence[int], name: str, note: str = "") -> int:
    """The id of a proposal: several agreed areas as one."""
    if len(set(ids)) < _FEWEST:
        raise BadRequestError("请给出至少两个不同的区域")
    if not name.strip():
        raise BadRequestError("请给出合并后的名称")
    before = []
    for area_id in sorted(set(ids)):
        lock_area(connection, area_id)
        area = area_files.facts(connection, area_id)
        access.require_edit(reader, **ground(area))
        before.append((area, _approved(connection, area)))
    if len({area["reporting_unit"] for area, _ in before}) > 1:
        raise ConflictError("不同县（区）的区域不能合并")
    shapes = [revision_shape(connection, approved["id"]) for _, approved in before]
    return _keep(connection, SuccessionKind.MERGE, reader, before, [Part(name.strip(), joined(shapes))], note)


def cut(shape: BaseGeometry, line: BaseGeometry) -> list[MultiPolygon]:
    """The pieces of a surface on the sides of a line, largest first; UnusableError where it does not cut through."""
    edges = shapely.union_all([shape.boundary, line])
    faces = [face for face in shapely.get_parts(shapely.polygonize([edges])) if _inside(face, shape)]
    sides = [face for face in faces if in_metres(face).area >= LEAST_M2]
    if len(sides) < _FEWEST:
        raise UnusableError("这条线没有把区域完全切开，请画到边界以外")
    if len(sides) > len(_NUMERALS):
        raise UnusableError(f"这条线把区域切成了 {len(sides)} 块，至多 {len(_NUMERALS)} 块")
    return [MultiPolygon([face]) for face in sorted(sides, key=lambda face: -face.area)]


def _inside(face: BaseGeometry, shape: BaseGeometry) -> bool:
    return bool(shape.contains(face.representative_point()))


def joined(shapes: Sequence[BaseGeometry]) -> MultiPolygon:
    """Several surfaces as one, without the hairline gaps between drawings of one edge."""
    whole = shapely.union_all(shapes)
    closed = whole.buffer(5e-7, join_style="mitre").buffer(-5e-7, join_style="mitre")  # about 5 cm
    whole = whole if len(shapely.get_parts(whole)) == len(shapely.get_parts(closed)) else closed
    return MultiPolygon([part for part in shapely.get_parts(whole) if isinstance(part, Polygon)])


def _approved(connection: Connection, area: RowMapping) -> RowMapping:
    refuse_while_waiting(connection, area["id"])
    history = area_files.history(connection, area["id"])
    newest = history.newest
    if newest is None or newest["state"] != "approved":
        raise ConflictError(f"“{area['name']}”还有待办的草图或没有核准的边界，不能分立或合并")
    return newest


def _keep(
    connection: Connection,
    kind: SuccessionKind,
    reader: Reader,
    before: Sequence[tuple[RowMapping, RowMapping]],
    after: Sequence[Part],
    note: str,
) -> int:
    row = {
        "kind": str(kind),
        "state": str(SuccessionState.IN_REVIEW),
        "proposed_by": reader.login,
        "note": note,
    }
    made = int(connection.execute(insert(AreaSuccession).values(row).returning(AreaSuccession.id)).scalar_one())
    for area, approved in before:
        shape = select(AreaRevision.geom).where(AreaRevision.id == approved["id"]).scalar_subquery()
        facts = {"area_id": area["id"], "revision_id": approved["id"], "name": area["name"], "shape": shape}
        connection.execute(insert(AreaSuccessionPart).values(succession_id=made, role="before", waiting=True, **facts))
    for part in after:
        facts = {"name": part.name, "shape": from_shape(part.shape, srid=LONLAT)}
        connection.execute(insert(AreaSuccessionPart).values(succession_id=made, role="after", waiting=True, **facts))
    return made


def withdraw(connection: Connection, reader: Reader, succession_id: int) -> None:
    """The proposal is taken back by whoever may edit there."""
    proposal = _waiting(connection, succession_id)
    access.require_edit(reader, **ground(proposal))
    _decide(connection, succession_id, SuccessionState.WITHDRAWN, reader, "")


def send_back(connection: Connection, reader: Reader, succession_id: int, note: str) -> None:
    """The proposal is refused, with the reason."""
    proposal = _waiting(connection, succession_id)
    access.require_decide(reader, **ground(proposal))
    if not note.strip():
        raise BadRequestError("退回时请写明原因")
    _decide(connection, succession_id, SuccessionState.SENT_BACK, reader, note.strip())


def approve(
    connection: Connection,
    reader: Reader,
    succession_id: int,
    day: dt.date | None = None,
    tolerated_m2: float = TOLERATED_M2,
) -> list[int]:
    """The ids of the areas that stand from that day (today) in place of those before."""
    take_import_turn(connection)
    proposal = _waiting(connection, succession_id)
    access.require_decide(reader, **ground(proposal))
    if proposal["proposed_by"] == reader.login:
        raise ConflictError("不能核准自己提出的分立或合并，请由他人核准")
    on = day or clock.today()
    if on > clock.today():
        raise BadRequestError("分立、合并的生效日期不能晚于今天")
    rows = successions.parts(connection, [succession_id])[succession_id]
    before = [row for row in rows if row["role"] == "before"]
    after = [row for row in rows if row["role"] == "after"]
    areas = [_unchanged(connection, row) for row in before]
    _require_clean(connection, areas, after, tolerated_m2)
    _decide(connection, succession_id, SuccessionState.APPROVED, reader, "", effective_from=on)
    for area in areas:
        _retire(connection, area, reader, on)
    made = _establish(connection, proposal, areas, after, reader, on)
    touched = [*(area["id"] for area in areas), *made]
    refresh_touched(connection, clock.today(), areas=touched, named=True)
    return made


def _waiting(connection: Connection, succession_id: int) -> RowMapping:
    found = connection.scalar(select(AreaSuccession.id).where(AreaSuccession.id == succession_id).with_for_update())
    proposal = successions.proposal(connection, succession_id if found is None else found)
    if proposal["state"] != "in_review":
        words = SuccessionState(proposal["state"]).words
        raise ConflictError(f"这个提议{words}，不能再改")
    return proposal


def _unchanged(connection: Connection, part: RowMapping) -> RowMapping:
    """The area as it was when the proposal was made; ConflictError when it is not so any more."""
    lock_area(connection, part["area_id"])
    newest = area_files.history(connection, part["area_id"]).newest
    if newest is None or newest["id"] != part["revision_id"] or newest["effective_to"] is not None:
        raise ConflictError(f"“{part['name']}”的边界在此期间已有改动，请退回后重新提出")
    return area_files.facts(connection, part["area_id"])


def _require_clean(
    connection: Connection, areas: Sequence[RowMapping], after: Sequence[RowMapping], tolerated_m2: float
) -> None:
    place = place_of(areas[0], *(area["id"] for area in areas))
    for part in after:
        shape = shapely.from_wkb(bytes(part["shape"]))
        wrong = [one for one in check(connection, place, shape, tolerated_m2=tolerated_m2) if one.blocking]
        if wrong:
            words = f"“{part['name']}”{wrong[0].message}"
            raise ConflictError(f"还有必须先改正的问题：{words}", findings=[one.told for one in wrong])


def _decide(
    connection: Connection,
    succession_id: int,
    state: SuccessionState,
    reader: Reader,
    note: str,
    effective_from: dt.date | None = None,
) -> None:
    facts = {"decided_by": reader.login, "decided_at": sql.now(), "decision_note": note}
    connection.execute(
        update(AreaSuccession)
        .where(AreaSuccession.id == succession_id)
        .values(state=str(state), effective_from=effective_from, **facts)
    )
    part = AreaSuccessionPart
    connection.execute(update(part).where(part.succession_id == succession_id).values(waiting=False))


def _retire(connection: Connection, area: RowMapping, reader: Reader, on: dt.date) -> None:
    closed = close_approved(connection, area["id"], on)
    if closed is not None:
        record(connection, area["id"], closed, Step.RETIRE, reader.login)
    connection.execute(update(ManagementArea).where(ManagementArea.id == area["id"]).values(retired_on=on))


def _establish(
    connection: Connection,
    proposal: RowMapping,
    areas: Sequence[RowMapping],
    after: Sequence[RowMapping],
    reader: Reader,
    on: dt.date,
) -> list[int]:
    """The areas to come are there, each with its agreed boundary and the ledger facts of those before."""
    shapes = [shapely.from_wkb(bytes(part["shape"])) for part in after]
    homes = _homes(connection, areas, shapes)
    codes = Codes(connection, ManagementArea, "WY")
    made, keys = [], []
    for index, (part, shape) in enumerate(zip(after, shapes, strict=True)):
        row = _row(proposal, areas, part, index)
        row |= {"code": codes.next(areas[0]["county_code"]), "community_names": homes[index], "established_on": on}
        area_id = int(connection.execute(insert(ManagementArea).values(row).returning(ManagementArea.id)).scalar_one())
        revision = draft(connection, area_id, shape, origin="drawn", author=proposal["proposed_by"])
        facts = {"state": str(RevisionState.APPROVED), "effective_from": on, "decided_by": reader.login}
        connection.execute(update(AreaRevision).where(AreaRevision.id == revision).values(facts))
        record(connection, area_id, revision, Step.APPROVE, reader.login)
        kept = AreaSuccessionPart
        connection.execute(update(kept).where(kept.id == part["id"]).values(area_id=area_id, revision_id=revision))
        made.append(area_id)
        keys.append(row["natural_key"])
    keep_facts(connection, AREAS, keys, on, None)
    return made


def _row(proposal: RowMapping, areas: Sequence[RowMapping], part: RowMapping, index: int) -> dict[str, Any]:
    """The columns of an area to come: of the largest area before; the first part also goes by the names before."""
    first = areas[0]
    copied = (
        *("reporting_unit", "county_code", "street_code", "neighborhood_code", "street", "neighborhood"),
        *("ledger_seq", "service_form", "committee", "party_coverage", "company", "manager", "manager_phone"),
        *("fee_rate", "source_file", "source_row", "batch_id", "sample"),
    )
    merged = len(areas) > 1
    sentence = "；".join(f"{area['name']}：{area['abuttals_text']}" for area in areas if area["abuttals_text"])
    words = SuccessionKind(proposal["kind"]).words
    return {
        **{name: first[name] for name in copied},
        "natural_key": f"succession:{proposal['id']}:{index + 1}",
        "name": part["name"],
        "abuttals_text": sentence if merged else first["abuttals_text"],
        "resolution_status": "unresolved",
        "confidence": 0.0,
        "sides": [],
        "issues": [{**_TOLD_LATER, "message": f"四至是{words}以前的原文，请按新的边界改写"}],
        "former_names": _former(areas) if index == 0 else [],
    }


def _former(areas: Sequence[RowMapping]) -> list[str]:
    return list(dict.fromkeys(name for area in areas for name in (area["name"], *area["former_names"])))


def _homes(connection: Connection, areas: Sequence[RowMapping], shapes: Sequence[BaseGeometry]) -> list[list[str]]:
    """The community names of each part: where the footprint lies, or with the first part where there is none."""
    names = list(dict.fromkeys(name for area in areas for name in area["community_names"]))
    homes: list[list[str]] = [[] for _ in shapes]
    for name in names:
        found = select(sql.ST_AsBinary(sql.ST_PointOnSurface(Community.geom))).where(
            sql.bare_name(Community.name) == sql.bare_name(name),
            Community.geom.isnot(None),
            Community.reporting_unit == areas[0]["reporting_unit"],
        )
        spots = [shapely.from_wkb(bytes(wkb)) for wkb in connection.scalars(found)]
        inside = [index for index, shape in enumerate(shapes) if any(shape.covers(spot) for spot in spots)]
        homes[inside[0] if inside else 0].append(name)
    return homes
