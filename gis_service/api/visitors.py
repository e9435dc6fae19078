"""A request's cookie or bearer token in; who asks, and proof that a form is ours, out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Literal

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from itsdangerous import BadSignature, Signer
from sqlalchemy import Engine

from gis_service.access import PUBLIC, Reader, acting
from gis_service.errors import ForbiddenError, UnauthorizedError
from gis_service.settings import Settings
from gis_service.store import sessions
from gis_service.store.accounts import reader_of as reader_of_account

SESSION, VISIT = "gis_session", "gis_visit"  # cookies: of who is logged in, of who is about to
CSRF_HEADER, CSRF_FIELD = "X-CSRF-Token", "csrf"
_SAFE = ("GET", "HEAD", "OPTIONS")
_KEPT_S, _MOST_KEPT = 2.0, 2_000  # how long another process may still take an ended session for open
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Visitor:
    """Who asks and how we know; `proof` must come back with whatever a page of ours writes."""

    reader: Reader = PUBLIC
    how: Literal["nobody", "session", "token"] = "nobody"
    secret: str = ""
    proof: str = ""
    may_write: bool = True
    must_change_password: bool = False


NOBODY = Visitor()


class Visitors:
    """Knows visitors by their secrets; what the database told is kept for two seconds."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine, self._settings = engine, settings
        self._key = (settings.secret or secrets.token_hex(32)).encode()  # without one, sessions end with the program
        self._signer = Signer(self._key, salt="gis-service-cookie", digest_method=hashlib.sha256)
        self._kept: OrderedDict[str, tuple[float, Visitor]] = OrderedDict()

    async def of(self, request: Request) -> Visitor:
        """Who asks; UnauthorizedError for a token that is none, the public for a cookie that is none."""
        bearer = request.headers.get("authorization")
        if bearer is not None:
            found = await self._known(f"token {_token_in(bearer)}")
            if found is NOBODY:
                raise UnauthorizedError("令牌无效、已撤销或已过期")
            return found
        secret = self.read(request, SESSION)
        return NOBODY if secret is None else await self._known(f"session {secret}")

    async def _known(self, key: str) -> Visitor:
        kept = self._kept.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        found = await run_in_threadpool(self._found, key)
        self._kept[key] = (time.monotonic() + _KEPT_S, found)
        self._kept.move_to_end(key)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    def _found(self, key: str) -> Visitor:
        how, _, secret = key.partition(" ")
        with self._engine.connect().execution_options(postgresql_readonly=False) as connection, connection.begin():
            if how == "token":
                row = sessions.find_token(connection, secret)
                if row is None:
                    return NOBODY
                reader = acting(reader_of_account(row), row.scopes)
                return Visitor(reader, "token", may_write="write" in row.scopes)
            row = sessions.find_session(connection, secret, self._settings.session_idle_minutes)
            if row is None:
                return NOBODY
            if row.stale:
                sessions.renew_session(connection, secret)
        reader = acting(reader_of_account(row), None)
        known = Visitor(reader, "session", secret, self.proof_of(secret))
        return replace(known, must_change_password=row.must_change_password)

    def forget(self) -> None:
        """Nobody is taken for known without asking the database: an account, a session or a token has changed."""
        self._kept.clear()

    def proof_of(self, secret: str) -> str:
        """What only a page that we made for this visitor can know."""
        return hmac.new(self._key, f"csrf {secret}".encode(), hashlib.sha256).hexdigest()

    async def require_proof(self, request: Request, proof: str) -> None:
        """ForbiddenError unless what was sent comes from a page of ours."""
        given = request.headers.get(CSRF_HEADER, "")
        if not given and request.headers.get("content-type", "").partition(";")[0].strip() == _FORM:
            field = (await request.form()).get(CSRF_FIELD)
            given = field if isinstance(field, str) else ""
        if not proof or not hmac.compare_digest(given.encode(), proof.encode()):
            raise ForbiddenError("页面已过期，请刷新后再试")

    def read(self, request: Request, cookie: str) -> str | None:
        """What we wrote into a cookie; None where there is none, or somebody else wrote it."""
        try:
            return self._signer.unsign(request.cookies.get(cookie, "")).decode()
        except (BadSignature, UnicodeDecodeError):
            return None

    def write(self, request: Request, answer: Response, cookie: str, value: str, *, seconds: int | None = None) -> None:
        """The browser keeps the value, signed, out of reach of scripts and of other sites' forms."""
        answer.set_cookie(
            cookie,
            self._signer.sign(value.encode()).decode(),
            max_age=seconds,
            path=request.scope.get("root_path") or "/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )

    def erase(self, request: Request, answer: Response, cookie: str) -> None:
        """The browser forgets the cookie."""
        answer.delete_cookie(cookie, path=request.scope.get("root_path") or "/")


def is_write(request: Request) -> bool:
    """True of a request that may change something."""
    return request.method not in _SAFE


def _token_in(header: str) -> str:
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise UnauthorizedError("请用 Authorization: Bearer 加令牌")
    return secret.strip()
