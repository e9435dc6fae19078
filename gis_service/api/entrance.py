"""`/login`, `/logout`, `/account`: a name and a password in, a session out, and the end of it."""

from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Row

from gis_service.access import Reader, Role
from gis_service.api.admission import client_of
from gis_service.api.disclosure import origin_of
from gis_service.api.oidc import is_offered
from gis_service.api.pace import Pace
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Anybody, Belonging, is_local, visitor_of
from gis_service.api.views import form_view
from gis_service.api.visitors import SESSION, VISIT, Visitors
from gis_service.errors import BadRequestError, ForbiddenError, ServiceError
from gis_service.store import accounts, audit, sessions
from gis_service.store.sample_accounts import password_of, sample_accounts

router = APIRouter(include_in_schema=False)
ROLE_WORDS = {
    Role.PUBLIC: "公众",
    Role.PLANNER: "规划",
    Role.COUNTY: "区县",
    Role.STREET: "街道",
    Role.FIRE: "消防",
    Role.CITY: "市级",
    Role.ADMIN: "管理员",
}
_REFUSED = "登录名或密码不对，或者账户已停用、因多次失败暂时锁定"
_VISIT_S = 3600
_LONGEST = 300
Typed = Annotated[str, Form(max_length=_LONGEST)]


def visitors_of(request: Request) -> Visitors:
    """Who knows the visitors of this application."""
    found: Visitors = request.app.state.visitors
    return found


@router.get("/login")
def login_page(request: Request, published: Published, reader: Anybody, next: str = "/") -> Response:
    """The page to log in at; whoever is logged in already goes on."""
    if reader.role is not Role.PUBLIC:
        return RedirectResponse(_own(request, next), 303)
    return _login_page(request, published, next, "")


@router.post("/login")
async def log_in(
    request: Request,
    published: Published,
    _reader: Anybody,
    login: Typed = "",
    password: Typed = "",
    next: Typed = "/",
) -> Response:
    """A new session for whoever knows the password; the same words for every refusal."""
    visitors, logins = visitors_of(request), request.app.state.logins
    visit = visitors.read(request, VISIT)
    try:
        await visitors.require_proof(request, visitors.proof_of(visit) if visit else "")
        pace: Pace = logins
        pace.step(client_of(request.scope))
        found = await run_in_threadpool(_checked, request, published, login.strip().lower(), password)
    except ServiceError as refused:
        return await run_in_threadpool(_login_page, request, published, next, refused.message, refused.status)
    return begin(request, published, found, next)


def _checked(request: Request, published: Publication, login: str, password: str) -> Row[tuple[object, ...]]:
    """The account, each try noted; ForbiddenError says no more than that it was refused."""
    somebody = Reader(Role.PUBLIC, login[:64])
    with audit.writing(published.engine, somebody) as connection:
        found = accounts.check(connection, login, password)
        if found is not None and found.sample and not is_local(request):  # everybody knows these passwords
            found = None
        reader = somebody if found is None else accounts.reader_of(found)
        action = "login_failed" if found is None else "login"
        audit.note(connection, reader, action, origin=origin_of(request))
    if found is None:
        raise ForbiddenError(_REFUSED)
    return found


def begin(request: Request, published: Publication, account: Row[tuple[object, ...]], goal: str) -> Response:
    """The way on, with a session that did not exist before: what a cookie held until now opens nothing."""
    visitors = visitors_of(request)
    with audit.writing(published.engine, accounts.reader_of(account)) as connection:
        held = visitors.read(request, SESSION)
        if held:
            sessions.end_session(connection, held)
        secret = sessions.open_session(connection, account.id, published.settings.session_hours)
    answer = RedirectResponse(_own(request, "/account" if account.must_change_password else goal), 303)
    visitors.write(request, answer, SESSION, secret)
    visitors.erase(request, answer, VISIT)
    visitors.forget()
    return answer


def _login_page(request: Request, published: Publication, goal: str, refused: str, status: int = 200) -> Response:
    visitors = visitors_of(request)
    visit = visitors.read(request, VISIT) or secrets.token_urlsafe(24)
    with published.snapshot() as connection:
        known = sample_accounts(connection) if is_local(request) else ()
    samples = [(one.login, one.name, ROLE_WORDS[Role(one.role)], password_of(one.login)) for one in known]
    answer = form_view(
        request,
        published,
        "login",
        title="登录",
        proof=visitors.proof_of(visit),
        next=_local(goal),
        refused=refused,
        samples=samples,
        oidc=published.settings.oidc_title if is_offered(published.settings) else "",
        status=status,
    )
    visitors.write(request, answer, VISIT, visit, seconds=_VISIT_S)
    return answer


@router.post("/logout")
def log_out(request: Request, published: Published, reader: Belonging) -> Response:
    """The session is over, here and wherever its cookie may have got to."""
    visitors = visitors_of(request)
    with audit.writing(published.engine, reader) as connection:
        sessions.end_session(connection, visitor_of(request).secret)
        audit.note(connection, reader, "logout", origin=origin_of(request))
    visitors.forget()
    answer = RedirectResponse(_own(request, "/login"), 303)
    visitors.erase(request, answer, SESSION)
    return answer


@router.get("/account")
def account_page(request: Request, published: Published, reader: Belonging) -> Response:
    """Who is logged in, and the form to choose another password."""
    return _account_page(request, published, reader, "")


@router.post("/account/password")
def change_password(
    request: Request,
    published: Published,
    reader: Belonging,
    current: Typed = "",
    chosen: Typed = "",
    again: Typed = "",
) -> Response:
    """The new password holds, and every session with the old one is over; whoever changed it goes on in a new one."""
    try:
        found = _changed(request, published, reader, current, (chosen, again))
    except ServiceError as refused:
        return _account_page(request, published, reader, refused.message, refused.status)
    return begin(request, published, found, "/")


def _changed(
    request: Request, published: Publication, reader: Reader, current: str, chosen: tuple[str, str]
) -> Row[tuple[object, ...]]:
    request.app.state.logins.step(client_of(request.scope))
    if chosen[0] != chosen[1]:
        raise BadRequestError("两次填写的新密码不同")
    if chosen[0] == current:
        raise BadRequestError("新密码不能与现在的相同")
    with audit.writing(published.engine, reader) as connection:
        right = accounts.check(connection, reader.login, current)
        if right is not None:
            accounts.set_password(connection, reader.login, chosen[0], must_change=False)
            audit.note(connection, reader, "password", row_ids=(reader.login,), origin=origin_of(request))
            return accounts.named(connection, reader.login)
    raise ForbiddenError("现在的密码不对")


def _account_page(
    request: Request, published: Publication, reader: Reader, refused: str, status: int = 200
) -> Response:
    visitor = visitor_of(request)
    return form_view(
        request,
        published,
        "account",
        title="我的账户",
        proof=visitor.proof,
        refused=refused,
        reader=reader,
        role=ROLE_WORDS[reader.role],
        divisions="、".join(sorted(reader.divisions)),
        due=visitor.must_change_password,
        status=status,
    )


def _own(request: Request, goal: str) -> str:
    return str(request.scope.get("root_path", "")) + _local(goal)


def _local(goal: str) -> str:
    """The goal, if it lies on this server; else the front page.

    >>> [_local(goal) for goal in ("/maps/coverage", "//evil.example/", "https://evil.example", "/\\\\evil")]
    ['/maps/coverage', '/', '/', '/']
    """
    fits = goal.startswith("/") and not goal.startswith(("//", "/\\")) and goal.isprintable() and "\\" not in goal
    return quote(goal, safe="/?&=%:,;@!$'()*+~.-_") if fits else "/"
