"""`/boundaries/areas/{id}/…`: what somebody does with an area in, the area as it stands then out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from sqlalchemy import Connection

from gis_service.access import Reader
from gis_service.analysis.shapes import in_metres
from gis_service.api.bodies import TAKEN, Body, JsonBody, Note, as_shape, read_as
from gis_service.api.boundaries import NO_STORE, AreaId, Known, parse_side, told_area
from gis_service.api.boundary_file import area_file
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Deciding, Editing
from gis_service.editing import changes
from gis_service.editing.changes import At
from gis_service.editing.judging import Answer, judge
from gis_service.editing.surroundings import check, place_of
from gis_service.errors import BadRequestError
from gis_service.resolver import ResolverOptions
from gis_service.settings import Settings
from gis_service.store import area_files
from gis_service.store.audit import writing

router = APIRouter(responses=REFUSALS)
_ADDRESS = "/boundaries/areas/{area_id}"


class Geometry(Body):
    """A drawn boundary."""

    geometry: dict[str, Any]


class Moved(Body):
    """A neighbour that moves with a shared edge."""

    id: int = Field(ge=1)
    geometry: dict[str, Any]
    revision: int | None


class Draft(Geometry):
    """A drawn boundary with its note, and neighbours that move with it."""

    note: Note = ""
    moves: list[Moved] = Field(default_factory=list, max_length=30)


class Judged(Body):
    """What a side is."""

    side: str
    place_id: str | None = Field(default=None, max_length=200)
    line: dict[str, Any] | None = None
    anchor: int | None = Field(default=None, ge=0)
    undo: bool = False


class Said(Body):
    """A note."""

    note: Note = ""


class Approval(Said):
    """The day from which a boundary holds."""

    effective_from: dt.date | None = None


class Restored(Said):
    """The revision to be restored."""

    revision: int = Field(ge=1)


def if_match(request: Request) -> str | None:
    """The tag that a change is made from (If-Match, RFC 9110 13.1.1), `*` for whatever there is, None without one."""
    given = request.headers.get("if-match")
    return None if given is None else given.strip().removeprefix("W/").strip('"')


Seen = Annotated[str | None, Depends(if_match)]


@contextmanager
def changing(published: Publication, reader: Reader) -> Iterator[Connection]:
    """A transaction in the reader's name: all that is done in it is kept, or nothing."""
    with writing(published.engine, reader) as connection:
        yield connection


def _after(connection: Connection, at: At, **more: Any) -> Response:
    told = area_file(connection, at.area_id, at.reader)
    return told_area({**told, **more}, area_files.tag(connection, at.area_id))


@router.post(
    f"{_ADDRESS}/checks",
    summary="检查一个图形",
    description="检查一个图形（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def checks(published: Published, _reader: Editing, body: JsonBody, area_id: AreaId) -> Response:
    """What is wrong with a boundary there; nothing is kept."""
    shape = as_shape(read_as(Geometry, body).geometry, published.settings.max_boundary_vertices)
    with published.snapshot() as connection:
        area = area_files.facts(connection, area_id)
        found = check(connection, place_of(area), shape, tolerated_m2=published.settings.overlap_m2)
    square_metres = in_metres(shape).area if shape.area and shape.is_valid else None
    told = {"area_m2": square_metres and round(square_metres, 1), "findings": [one.told for one in found]}
    return JSONResponse(told, headers=NO_STORE)


@router.put(
    f"{_ADDRESS}/draft",
    summary="保存草图",
    description="保存草图（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def draft(published: Published, reader: Editing, body: JsonBody, seen: Seen, area_id: AreaId) -> Response:
    """A new draft; neighbours that share the moved edge may move with it."""
    said, at, most = read_as(Draft, body), At(reader, area_id, seen), published.settings.max_boundary_vertices
    moves = [changes.Move(one.id, as_shape(one.geometry, most, "moves"), one.revision) for one in said.moves]
    with changing(published, reader) as connection:
        changes.save(connection, at, as_shape(said.geometry, most), said.note, moves)
        return _after(connection, at)


@router.post(
    f"{_ADDRESS}/judgements",
    summary="指定一边的地物",
    description="指定一边的地物（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def judgements(
    published: Published, reader: Editing, known: Known, body: JsonBody, seen: Seen, area_id: AreaId
) -> Response:
    """What a side is, kept and drawn at once."""
    at, answer = At(reader, area_id, seen), _answer(read_as(Judged, body), reader.login, published.settings)
    with changing(published, reader) as connection:
        changes.require_editable(connection, at)
        gazetteer = known.of(connection)
        own, others = judge(connection, area_id, answer, gazetteer, resolver_options(published.settings))
        also = [{"id": one.area_id, "name": one.name, "status": str(one.status)} for one in others]
        return _after(connection, at, redrawn=own.drafted, also=also)


def resolver_options(settings: Settings) -> ResolverOptions:
    """How sentences are resolved, as the settings say."""
    return ResolverOptions(tolerance_m=settings.tolerance_m)


def _answer(said: Judged, person: str, settings: Settings) -> Answer:
    given = [said.place_id is not None, said.line is not None, said.undo]
    if given.count(True) != 1:
        raise BadRequestError("请给出 place_id、line、undo 三者之一")
    line = None if said.line is None else as_shape(said.line, settings.max_boundary_vertices, "line")
    if line is not None and line.geom_type not in ("LineString", "MultiLineString"):
        raise BadRequestError("line 应为线（LineString 或 MultiLineString）")
    return Answer(parse_side(said.side), person, said.place_id, line, said.anchor)


@router.post(
    f"{_ADDRESS}/submit",
    summary="提交审核",
    description="提交审核（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def submit(published: Published, reader: Editing, body: JsonBody, seen: Seen, area_id: AreaId) -> Response:
    """The draft waits for a decision."""
    said, at = read_as(Said, body), At(reader, area_id, seen)
    with changing(published, reader) as connection:
        changes.submit(connection, at, said.note, published.settings.overlap_m2)
        return _after(connection, at)


@router.post(
    f"{_ADDRESS}/withdraw",
    summary="撤回提交",
    description="撤回提交（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def withdraw(published: Published, reader: Editing, body: JsonBody, seen: Seen, area_id: AreaId) -> Response:
    """The proposal is a draft again."""
    read_as(Said, body)
    at = At(reader, area_id, seen)
    with changing(published, reader) as connection:
        changes.withdraw(connection, at)
        return _after(connection, at)


@router.post(
    f"{_ADDRESS}/discard",
    summary="作废草图",
    description="作废草图（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def discard(published: Published, reader: Editing, body: JsonBody, seen: Seen, area_id: AreaId) -> Response:
    """Nobody works on the draft any more."""
    read_as(Said, body)
    at = At(reader, area_id, seen)
    with changing(published, reader) as connection:
        changes.discard(connection, at)
        return _after(connection, at)


@router.post(
    f"{_ADDRESS}/approve",
    summary="核准",
    description="核准（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def approve(published: Published, reader: Deciding, body: JsonBody, seen: Seen, area_id: AreaId) -> Response:
    """The boundary is agreed."""
    said, at = read_as(Approval, body), At(reader, area_id, seen)
    with changing(published, reader) as connection:
        changes.approve(connection, at, said.effective_from, said.note, published.settings.overlap_m2)
        return _after(connection, at)


@router.post(
    f"{_ADDRESS}/send-back",
    summary="退回",
    description="退回（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def send_back(published: Published, reader: Deciding, body: JsonBody, seen: Seen, area_id: AreaId) -> Response:
    """The proposal goes back with the reason."""
    said, at = read_as(Said, body), At(reader, area_id, seen)
    with changing(published, reader) as connection:
        changes.send_back(connection, at, said.note)
        return _after(connection, at)


@router.post(
    f"{_ADDRESS}/restore",
    summary="恢复一版",
    description="恢复一版（边界工作台）。",
    response_class=Response,
    openapi_extra=TAKEN,
)
def restore(published: Published, reader: Editing, body: JsonBody, seen: Seen, area_id: AreaId) -> Response:
    """An earlier boundary is the newest draft."""
    said, at = read_as(Restored, body), At(reader, area_id, seen)
    with changing(published, reader) as connection:
        changes.restore(connection, at, said.revision, said.note)
        return _after(connection, at)
