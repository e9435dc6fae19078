"""The way of a boundary from a clerk's draft to the agreed one; every step is recorded with its person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import shapely
from psycopg.errors import ExclusionViolation
from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import IntegrityError

from gis_service import clock
from gis_service.codes import RevisionState, Step
from gis_service.editing.revisions import SAMPLE_PERSON, Revision, draft, find, record, refuse_while_waiting
from gis_service.errors import BadRequestError, ConflictError, NotFoundError
from gis_service.store.tables import AreaRevision


@dataclass(frozen=True)
class Move:
    """A step of a revision: from which states, to which, and the word for it."""

    sources: frozenset[RevisionState]
    target: RevisionState
    words: str


def _move_of(step: Step, target: RevisionState, *sources: RevisionState) -> Move:
    return Move(frozenset(sources), target, step.words)


MOVES: Mapping[str, Move] = {
    "submit": _move_of(Step.SUBMIT, RevisionState.IN_REVIEW, RevisionState.DRAFT),
    "withdraw": _move_of(Step.WITHDRAW, RevisionState.DRAFT, RevisionState.IN_REVIEW),
    "approve": _move_of(Step.APPROVE, RevisionState.APPROVED, RevisionState.IN_REVIEW),
    "send_back": _move_of(Step.SEND_BACK, RevisionState.SENT_BACK, RevisionState.IN_REVIEW),
    "discard": _move_of(Step.DISCARD, RevisionState.DISCARDED, RevisionState.DRAFT, RevisionState.SENT_BACK),
}


def submit(connection: Connection, revision_id: int, *, by: str = "", note: str = "") -> None:
    """The draft waits for a decision."""
    revision = find(connection, revision_id)
    refuse_while_waiting(connection, revision.area_id)
    _move(connection, revision, Step.SUBMIT, by or revision.author, note)


def withdraw(connection: Connection, revision_id: int, *, by: str) -> None:
    """The proposal is a draft again."""
    _move(connection, find(connection, revision_id), Step.WITHDRAW, by)


def discard(connection: Connection, revision_id: int, *, by: str) -> None:
    """Nobody works on the revision any more; it stays in the history."""
    _move(connection, find(connection, revision_id), Step.DISCARD, by)


def approve(
    connection: Connection,
    revision_id: int,
    *,
    decided_by: str,
    effective_from: dt.date | None = None,
    note: str = "",
) -> None:
    """The boundary is agreed from that day (today) on, and the one before ends there; nobody approves their own."""
    revision = find(connection, revision_id)
    day = effective_from or clock.today()
    require(revision, "approve")
    refuse_while_waiting(connection, revision.area_id)
    if revision.author == decided_by and not (revision.sample and decided_by == SAMPLE_PERSON):
        raise ConflictError("不能核准自己绘制的边界，请由他人核准")
    close_approved(connection, revision.area_id, day)
    _move(connection, revision, Step.APPROVE, decided_by, note, effective_from=day, decided_by=decided_by)


def send_back(connection: Connection, revision_id: int, *, decided_by: str, note: str) -> None:
    """The proposal is refused, and the step says why."""
    if not note.strip():
        raise BadRequestError("退回时请写明原因")
    _move(connection, find(connection, revision_id), Step.SEND_BACK, decided_by, note.strip(), decided_by=decided_by)


def restore(connection: Connection, area_id: int, number: int, *, by: str, note: str = "") -> int:
    """The id of a new draft with the boundary of an earlier revision."""
    wanted = select(func.ST_AsBinary(AreaRevision.geom)).where(
        AreaRevision.area_id == area_id, AreaRevision.number == number
    )
    wkb = connection.scalar(wanted)
    if wkb is None:
        raise NotFoundError(f"没有第 {number} 版")
    words = note or f"恢复第 {number} 版"
    return draft(connection, area_id, shapely.from_wkb(bytes(wkb)), origin="drawn", author=by, note=words)


def require(revision: Revision, step: str) -> None:
    """ConflictError unless the step is open to the revision: its state allows it, and no later one has come."""
    move = MOVES[step]
    if revision.state not in move.sources:
        raise ConflictError(f"第 {revision.number} 版{revision.state.words}，不能{move.words}")
    if revision.number < revision.newest:
        raise ConflictError(f"第 {revision.number} 版之后已有第 {revision.newest} 版，不能{move.words}")


def close_approved(connection: Connection, area_id: int, day: dt.date) -> int | None:
    """The agreed boundary ends on that day; its id, None where there was none."""
    current = (
        AreaRevision.area_id == area_id,
        AreaRevision.state == str(RevisionState.APPROVED),
        AreaRevision.effective_to.is_(None),
    )
    found = connection.execute(select(AreaRevision.id, AreaRevision.effective_from).where(*current)).one_or_none()
    if found is None:
        return None
    if found.effective_from > day:
        raise ConflictError(f"现行边界自 {found.effective_from} 起生效，新边界不能早于这一天")
    connection.execute(update(AreaRevision).where(*current).values(effective_to=day))
    return int(found.id)


def _move(connection: Connection, revision: Revision, step: Step, person: str, note: str = "", **facts: object) -> None:
    require(revision, str(step))
    values = {"state": str(MOVES[str(step)].target), **facts}
    try:
        connection.execute(update(AreaRevision).where(AreaRevision.id == revision.id).values(values))
    except IntegrityError as error:
        if isinstance(error.orig, ExclusionViolation):
            raise ConflictError("该物业管理区域在此期间已有核准的边界") from error
        raise
    record(connection, revision.area_id, revision.id, step, person, note)
