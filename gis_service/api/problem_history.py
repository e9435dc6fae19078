"""`/problems/{id}`: one problem in; what was done about it, by whom, and what may be done next, out."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection, Row

from gis_service import clock
from gis_service.access import Reader, may_work_on
from gis_service.api.declared import OBJECT
from gis_service.api.links import JSON
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Reading
from gis_service.codes import DeadlineState, ProblemCategory, ProblemOrigin, ProblemState
from gis_service.codes import ProblemEventKind as Kind
from gis_service.errors import NotFoundError
from gis_service.rectifying.moves import may_bring_evidence, place_of, ways_on
from gis_service.store.rectification import events_of, evidence_of, one_problem

router = APIRouter(responses=REFUSALS)
ProblemId = Annotated[int, InPath(ge=1, le=2**63 - 1)]
NO_STORE = {"Cache-Control": "no-store"}
ANSWER = {"description": "回答", "content": {JSON: {"schema": OBJECT}}}
_ROLE_WORDS = {
    "county": "区县",
    "street": "街道",
    "fire": "消防救援队伍",
    "city": "市级部门",
    "planner": "规划人员",
    "admin": "管理员",
}


@router.get(
    "/problems/{problem_id}",
    summary="一个问题与它的办理记录",
    description="events 依次为谁、何时、做了什么；actions 为提问的人现在可以做什么。",
    response_class=Response,
    responses={200: ANSWER},
)
def problem(published: Published, reader: Reading, problem_id: ProblemId) -> Response:
    """The problem with its events, and what the reader may do next."""
    published.layer("problems", reader)
    with published.snapshot() as connection:
        return JSONResponse(history(published, connection, reader, problem_id), headers=NO_STORE)


@router.get(
    "/problems/{problem_id}/evidence/{evidence_id}",
    summary="一张照片或一份文件",
    description="照片原样显示，PDF 作为附件下载；只给办理这个问题的人。",
    response_class=Response,
    responses={200: {"description": "照片（JPEG）或 PDF", "content": {"image/jpeg": {}, "application/pdf": {}}}},
)
def evidence(published: Published, reader: Reading, problem_id: ProblemId, evidence_id: ProblemId) -> Response:
    """The picture, or the PDF as a download; for those who work on the problem."""
    published.layer("problems", reader)
    with published.snapshot() as connection:
        row = one_problem(connection, problem_id, clock.today(), 0)
        if row is None or not sees_persons(reader, row):
            raise NotFoundError("没有这份证据")
        found = evidence_of(connection, problem_id, evidence_id)
    if found is None:
        raise NotFoundError("没有这份证据")
    picture = found.media_type == "image/jpeg"
    kind, suffix = ("inline", "jpg") if picture else ("attachment", "pdf")
    headers = {
        "Content-Disposition": f'{kind}; filename="{row.code}-{evidence_id}.{suffix}"',
        "Cache-Control": "private, max-age=3600, immutable",
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


def history(published: Publication, connection: Connection, reader: Reader, problem_id: int) -> dict[str, Any]:
    """The problem as its page shows it; NotFoundError where there is none."""
    row = one_problem(connection, problem_id, clock.today(), published.settings.due_soon_days)
    if row is None:
        raise NotFoundError(f"没有编号为 {problem_id} 的问题")
    named = sees_persons(reader, row)
    return {
        **told_problem(row),
        "events": [_event(one, named=named) for one in events_of(connection, problem_id)],
        "actions": [{"kind": str(kind), "title": kind.words} for kind in ways_on(reader, row)] if reader.login else [],
        "may_bring_evidence": bool(reader.login) and may_bring_evidence(reader, row),
    }


def sees_persons(reader: Reader, row: Row[Any]) -> bool:
    """True where the reader sees who did what, and pictures: those who work on the problem."""
    return may_work_on(reader, row.category, **place_of(row))


def told_problem(row: Row[Any]) -> dict[str, Any]:
    """A problem as JSON has it, with the words of its codes."""
    told = {name: _plain(value) for name, value in row._mapping.items() if not name.startswith("own_")}
    return {
        **told,
        "category_words": category_words(row.category),
        "state_words": ProblemState(row.state).words,
        "due_words": DeadlineState(row.due).words,
        "origin_words": ProblemOrigin(row.origin).words,
        "moved_in_service": row.own_state is not None,
    }


def category_words(category: int) -> str:
    """The words of a category; a number that a county added has none but its group's."""
    known = {int(one): one.words for one in ProblemCategory}
    return known.get(category, f"其他（县区自定 {category}）")


def _event(row: Row[Any], *, named: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": row.id,
        "at": row.at.isoformat(),
        "who": row.name if named else "",
        "role": row.role,
        "role_words": _ROLE_WORDS.get(row.role, row.role),
        "kind": row.kind,
        "title": Kind(row.kind).words,
        "note": row.note,
        "state": row.state,
        "state_words": ProblemState(row.state).words,
        "moved": row.state != row.state_before or row.kind == Kind.REPORT,
        **{name: _plain(row._mapping[name]) for name in ("unit", "measures", "deadline")},
    }
    if row.evidence_id is not None:
        told["evidence"] = {
            "id": row.evidence_id if named else None,
            **{name: row._mapping[name] for name in ("media_type", "width", "height", "byte_count")},
        }
    return told


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
