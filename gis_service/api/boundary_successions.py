"""`/boundaries/successions`: splits and merges that somebody proposed; what was decided of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from sqlalchemy import Connection, RowMapping

from gis_service import access
from gis_service.access import Reader
from gis_service.api.bodies import TAKEN, Body, JsonBody, Note, as_shape, read_as
from gis_service.api.boundaries import NO_STORE, AreaId
from gis_service.api.boundary_edits import Said, Seen, changing
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published
from gis_service.api.readers import Deciding, Editing
from gis_service.codes import SuccessionKind, SuccessionState
from gis_service.editing import succession
from gis_service.editing.changes import At, ground
from gis_service.errors import BadRequestError
from gis_service.store import area_files, successions

router = APIRouter(responses=REFUSALS)
SuccessionId = Annotated[int, Path(description="提议编号", ge=1, le=2**63 - 1)]
_ADDRESS = "/boundaries/successions/{succession_id}"
_Name = Annotated[str, Field(max_length=100)]


class Split(Body):
    """The line that an area is cut along, and the names of its pieces, largest first."""

    line: dict[str, Any]
    names: list[_Name] = Field(default_factory=list, max_length=10)
    note: Note = ""


class Merge(Body):
    """The areas that become one, and its name."""

    ids: list[int] = Field(min_length=2, max_length=20)
    name: _Name
    note: Note = ""


class Day(Body):
    """The day from which the areas to come stand."""

    effective_from: dt.date | None = None


@router.post(
    "/boundaries/areas/{area_id}/split",
    summary="提出分立",
    description="提出分立（边界工作台）。",
    status_code=201,
    response_class=Response,
    openapi_extra=TAKEN,
)
def split(published: Published, reader: Editing, body: JsonBody, seen: Seen, area_id: AreaId) -> Response:
    """The proposal to cut an area."""
    said = read_as(Split, body)
    line = as_shape(said.line, published.settings.max_boundary_vertices, "line")
    if line.geom_type not in ("LineString", "MultiLineString"):
        raise BadRequestError("line 应为线（LineString 或 MultiLineString）")
    with changing(published, reader) as connection:
        made = succession.propose_split(connection, At(reader, area_id, seen), line, said.names, said.note)
        return _told(connection, reader, made, 201)


@router.post(
    "/boundaries/merge",
    summary="提出合并",
    description="提出合并（边界工作台）。",
    status_code=201,
    response_class=Response,
    openapi_extra=TAKEN,
)
def merge(published: Published, reader: Editing, body: JsonBody) -> Response:
    """The proposal to make several areas one."""
    said = read_as(Merge, body)
    with changing(published, reader) as connection:
        made = succession.propose_merge(connection, reader, said.ids, said.name, said.note)
        return _told(connection, reader, made, 201)


@router.get(
    "/boundaries/successions", summary="分立与合并", description="分立与合并（边界工作台）。", response_class=Response
)
def every(request: Request, published: Published, reader: Editing) -> Response:
    """The proposals, newest first."""
    state = single_values(request.query_params, ("state",)).get("state")
    if state is not None and state not in set(SuccessionState):
        raise BadRequestError(f"state 应为 {'、'.join(SuccessionState)} 之一")
    with published.snapshot() as connection:
        rows = successions.proposals(connection, state)
        parts = successions.parts(connection, [row["id"] for row in rows])
        called = area_files.names(connection)
    told = [_proposal(row, parts[row["id"]], reader, called) for row in rows]
    return JSONResponse({"items": told}, headers=NO_STORE)


@router.get(_ADDRESS, summary="一个分立或合并", description="一个分立或合并（边界工作台）。", response_class=Response)
def one(published: Published, reader: Editing, succession_id: SuccessionId) -> Response:
    """One proposal with the shapes before and after."""
    with published.snapshot() as connection:
        return _told(connection, reader, succession_id)


@router.post(
    f"{_ADDRESS}/approve",
    summary="核准分立或合并",
    description="核准分立或合并（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def approve(published: Published, reader: Deciding, body: JsonBody, succession_id: SuccessionId) -> Response:
    """The areas to come stand in place of those before."""
    said = read_as(Day, body)
    with changing(published, reader) as connection:
        tolerated = published.settings.overlap_m2
        succession.approve(connection, reader, succession_id, said.effective_from, tolerated)
        return _told(connection, reader, succession_id)


@router.post(
    f"{_ADDRESS}/send-back",
    summary="退回分立或合并",
    description="退回分立或合并（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def send_back(published: Published, reader: Deciding, body: JsonBody, succession_id: SuccessionId) -> Response:
    """The proposal is refused with the reason."""
    said = read_as(Said, body)
    with changing(published, reader) as connection:
        succession.send_back(connection, reader, succession_id, said.note)
        return _told(connection, reader, succession_id)


@router.post(
    f"{_ADDRESS}/withdraw",
    summary="撤回分立或合并",
    description="撤回分立或合并（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def withdraw(published: Published, reader: Editing, body: JsonBody, succession_id: SuccessionId) -> Response:
    """The proposal is taken back."""
    read_as(Said, body)
    with changing(published, reader) as connection:
        succession.withdraw(connection, reader, succession_id)
        return _told(connection, reader, succession_id)


def _told(connection: Connection, reader: Reader, succession_id: int, status: int = 200) -> Response:
    row = successions.proposal(connection, succession_id)
    parts = successions.parts(connection, [succession_id])[succession_id]
    told = _proposal(row, parts, reader, area_files.names(connection))
    return JSONResponse(told, status, headers=NO_STORE)


def _proposal(
    row: RowMapping, parts: Sequence[RowMapping], reader: Reader, called: Mapping[str, str]
) -> dict[str, Any]:
    waiting = row["state"] == "in_review"
    decide = waiting and access.may_decide(reader, **ground(row)) and row["proposed_by"] != reader.login
    told: dict[str, Any] = {name: row[name] for name in ("id", "kind", "state", "proposed_by", "note", "decided_by")}
    told |= {
        "words": f"{SuccessionKind(row['kind']).words}{SuccessionState(row['state']).words}",
        "decision_note": row["decision_note"],
        "may": {"approve": decide, "withdraw": waiting and access.may_edit(reader, **ground(row))},
    }
    told |= {f"{name}_name": called.get(row[name], row[name]) for name in ("proposed_by", "decided_by")}
    for name in ("proposed_at", "decided_at", "effective_from"):
        told[name] = row[name].isoformat() if row[name] else None
    for role in ("before", "after"):
        told[role] = [_part(part) for part in parts if part["role"] == role]
    return told


def _part(part: RowMapping) -> dict[str, Any]:
    kept = {name: part[name] for name in ("name", "code", "area_m2", "geometry")}
    return {"id": part["area_id"], **kept}
