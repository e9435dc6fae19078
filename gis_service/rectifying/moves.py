"""What a reader does about a problem in; one more event in its history out, or a refusal that says what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from gis_service import clock
from gis_service.access import Reader, may_edit, may_verify, may_work_on
from gis_service.codes import ProblemEventKind as Kind
from gis_service.codes import ProblemState as State
from gis_service.editing.refreshing import refresh_touched
from gis_service.errors import BadRequestError, ConflictError, ForbiddenError, NotFoundError
from gis_service.rectifying.evidence import Evidence
from gis_service.store.batches import wait_for_imports
from gis_service.store.rectification import one_problem
from gis_service.store.tables import Problem, ProblemEvent, ProblemEvidence
from gis_service.store.touched import take_turn

_OPEN = frozenset({State.FOUND, State.RECTIFYING, State.WAITING})
_BEGINNINGS = (str(Kind.REPORT), str(Kind.REOPEN), str(Kind.SEND_BACK))  # what was seen before these proves nothing
Rule = Callable[..., bool]


def _edits(reader: Reader, _category: int, **place: str | None) -> bool:
    return may_edit(
        reader,
        county_code=place["county_code"],
        street_code=place["street_code"],
        reporting_unit=place["reporting_unit"],
    )


@dataclass(frozen=True)
class Move:
    """A step: from which states, whether it needs words, and whose it is."""

    sources: frozenset[State]
    rule: Rule
    note_needed: str = ""  # what is said to whoever leaves it empty
    target: State | None = None


MOVES: Mapping[Kind, Move] = {
    Kind.START: Move(frozenset({State.FOUND}), _edits, target=State.RECTIFYING),
    Kind.PLAN: Move(_OPEN, _edits),
    Kind.HAND_OVER: Move(_OPEN, _edits),
    Kind.REPORT_DONE: Move(frozenset({State.FOUND, State.RECTIFYING}), may_work_on, target=State.WAITING),
    Kind.CLOSE: Move(frozenset({State.WAITING}), may_verify, target=State.CLOSED),
    Kind.SEND_BACK: Move(frozenset({State.WAITING}), may_verify, "退回时请写明还差什么", State.RECTIFYING),
    Kind.REOPEN: Move(frozenset({State.CLOSED}), may_verify, "重新打开时请写明原因", State.RECTIFYING),
    Kind.COMMENT: Move(frozenset(State), may_work_on, "请写留言的内容"),
}


@dataclass(frozen=True)
class Step:
    """What somebody does: `unit`, `measures` and `deadline` are left as they are where None."""

    kind: Kind
    note: str = ""
    unit: str | None = None
    measures: str | None = None
    deadline: dt.date | None = None


def place_of(problem: Row[Any]) -> dict[str, str | None]:
    """Where a problem lies, as the rules of `access` ask for it."""
    return {name: problem._mapping[name] for name in ("county_code", "street_code", "reporting_unit")}


def ways_on(reader: Reader, problem: Row[Any]) -> list[Kind]:
    """What the reader may do about the problem as it stands."""
    state, place = State(problem.state), place_of(problem)
    return [
        kind for kind, move in MOVES.items() if state in move.sources and move.rule(reader, problem.category, **place)
    ]


def may_bring_evidence(reader: Reader, problem: Row[Any]) -> bool:
    """True where the reader may add a picture or document."""
    return problem.state != State.CLOSED and may_work_on(reader, problem.category, **place_of(problem))


def take(connection: Connection, reader: Reader, problem_id: int, step: Step) -> int:
    """The id of the event that was appended; the state, unit, measures and deadline follow from it."""
    problem = _locked(connection, problem_id)
    _require(connection, reader, problem, step)
    event_id = append(connection, reader, problem_id, step)
    if MOVES[step.kind].target is State.CLOSED or problem.state == State.CLOSED:
        refresh_touched(connection, clock.today(), problems=[problem_id])  # counts and 失管 depend on what is closed
    return event_id


def add_evidence(connection: Connection, reader: Reader, problem_id: int, evidence: Evidence, note: str = "") -> int:
    """The id of the evidence, which came with an event of its own."""
    problem = _locked(connection, problem_id)
    if not may_bring_evidence(reader, problem):
        if problem.state == State.CLOSED:
            raise ConflictError("问题已销号，不能再传证据；如有反复，请先重新打开")
        raise ForbiddenError("这个问题不在您的职责范围内")
    return keep_evidence(
        connection, problem_id, append(connection, reader, problem_id, Step(Kind.EVIDENCE, note)), evidence
    )


def keep_evidence(connection: Connection, problem_id: int, event_id: int, evidence: Evidence) -> int:
    """The id of the evidence, which belongs to that event."""
    row = {
        "event_id": event_id,
        "problem_id": problem_id,
        "media_type": evidence.media_type,
        "width": evidence.width,
        "height": evidence.height,
        "byte_count": len(evidence.content),
        "sha256": evidence.sha256,
        "content": evidence.content,
    }
    return int(connection.execute(insert(ProblemEvidence).values(row).returning(ProblemEvidence.id)).scalar_one())


def _locked(connection: Connection, problem_id: int) -> Row[Any]:
    wait_for_imports(connection)
    take_turn(connection)
    connection.execute(select(Problem.id).where(Problem.id == problem_id).with_for_update())
    found = one_problem(connection, problem_id, clock.today(), 0)
    if found is None:
        raise NotFoundError(f"没有编号为 {problem_id} 的问题")
    return found


def _require(connection: Connection, reader: Reader, problem: Row[Any], step: Step) -> None:
    move = MOVES.get(step.kind)
    if move is None:
        raise BadRequestError(f"kind 应为 {'、'.join(MOVES)} 之一")
    if not move.rule(reader, problem.category, **place_of(problem)):
        raise ForbiddenError(f"您不能对这个问题{step.kind.words}；请由所在区县、街道或有关部门办理")
    if problem.state not in move.sources:
        raise ConflictError(f"问题现在是“{State(problem.state).words}”，不能{step.kind.words}")
    if move.note_needed and not step.note.strip():
        raise BadRequestError(move.note_needed)
    _require_facts(step)
    if step.kind is Kind.CLOSE:
        _require_proof(connection, reader, problem.id)


def _require_facts(step: Step) -> None:
    facts = (step.unit, step.measures, step.deadline)
    if any(fact is not None for fact in facts) and step.kind not in (Kind.START, Kind.PLAN, Kind.HAND_OVER):
        raise BadRequestError(f"{step.kind.words}时不能改责任单位、整改措施或时限")
    if step.kind is Kind.HAND_OVER and not (step.unit or "").strip():
        raise BadRequestError("转办时请写明转给哪个单位")
    if step.kind is Kind.PLAN and all(fact is None for fact in facts):
        raise BadRequestError("请写明责任单位、整改措施或时限中要改的一项")
    if step.kind is Kind.PLAN and step.deadline is not None and not step.note.strip():
        raise BadRequestError("改整改时限时请写明原因")


def _require_proof(connection: Connection, reader: Reader, problem_id: int) -> None:
    """The database refuses too; this says it in words."""
    own = ProblemEvent.problem_id == problem_id
    begun = select(func.coalesce(func.max(ProblemEvent.id), 0)).where(own, ProblemEvent.kind.in_(_BEGINNINGS))
    proof = select(ProblemEvidence.id).where(
        ProblemEvidence.problem_id == problem_id, ProblemEvidence.event_id > begun.scalar_subquery()
    )
    if connection.scalar(proof.limit(1)) is None:
        raise ConflictError("还没有整改后的照片或文件，不能销号；请先上传证据")
    done = select(ProblemEvent.login).where(own, ProblemEvent.kind == str(Kind.REPORT_DONE))
    if connection.scalar(done.order_by(ProblemEvent.id.desc()).limit(1)) == reader.login:
        raise ConflictError("申报完成的人不能自己销号，请由他人核验")


def append(connection: Connection, reader: Reader, problem_id: int, step: Step) -> int:
    """The id of the event; ForbiddenError for a reader without an account, since every step has somebody's name."""
    if not reader.login:
        raise ForbiddenError("请先登录")
    row = {
        "problem_id": problem_id,
        "login": reader.login,
        "name": reader.name,
        "role": str(reader.role),
        "kind": str(step.kind),
        "note": step.note.strip(),
        "unit": step.unit.strip() if step.unit is not None else None,
        "measures": step.measures.strip() if step.measures is not None else None,
        "deadline": step.deadline,
    }
    return int(connection.execute(insert(ProblemEvent).values(row).returning(ProblemEvent.id)).scalar_one())
