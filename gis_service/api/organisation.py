"""`/oidc/login`, `/oidc/callback`: whoever comes back from the organisation's log-in in, a session of ours out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Row

from gis_service.access import Reader, Role
from gis_service.api import entrance, oidc
from gis_service.api.admission import client_of
from gis_service.api.disclosure import origin_of
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Anybody
from gis_service.errors import ForbiddenError, NotFoundError
from gis_service.store import accounts, audit

router = APIRouter(include_in_schema=False)
ATTEMPT = "gis_oidc"  # the cookie of a try to log in there
_ATTEMPT_S = 600


@router.get("/oidc/login")
async def begin(request: Request, published: Published, _reader: Anybody, next: str = "/") -> Response:
    """On to the provider, with a try that only this browser can end."""
    if not oidc.is_offered(published.settings):
        raise NotFoundError("没有设置单位统一登录")
    request.app.state.logins.step(client_of(request.scope))
    attempt = oidc.Attempt.new(next)
    address = await oidc.address_of_provider(published.settings, attempt, _back(request))
    answer = RedirectResponse(address, 303)
    entrance.visitors_of(request).write(request, answer, ATTEMPT, attempt.written(), seconds=_ATTEMPT_S)
    return answer


@router.get("/oidc/callback")
async def finish(request: Request, published: Published, _reader: Anybody) -> Response:
    """A session for the account that the administrator gave to this person; nobody gets an account by coming."""
    if not oidc.is_offered(published.settings):
        raise NotFoundError("没有设置单位统一登录")
    request.app.state.logins.step(client_of(request.scope))
    visitors = entrance.visitors_of(request)
    attempt = oidc.Attempt.read(visitors.read(request, ATTEMPT))
    person = await oidc.person_of(request, published.settings, attempt, _back(request))
    found = await run_in_threadpool(_account, request, published, person)
    answer = await run_in_threadpool(entrance.begin, request, published, found, attempt.goal)
    visitors.erase(request, answer, ATTEMPT)
    return answer


def _account(request: Request, published: Publication, person: str) -> Row[tuple[object, ...]]:
    with audit.writing(published.engine, Reader(Role.PUBLIC, person[:64])) as connection:
        found = accounts.by_subject(connection, person)
        reader = Reader(Role.PUBLIC, person[:64]) if found is None else accounts.reader_of(found)
        action = "login_failed" if found is None else "login"
        audit.note(connection, reader, action, detail="统一登录", origin=origin_of(request))
    if found is None:
        raise ForbiddenError("统一登录成功，但本服务没有对应的账户，请联系管理员")
    return found


def _back(request: Request) -> str:
    return str(request.url_for("finish"))
