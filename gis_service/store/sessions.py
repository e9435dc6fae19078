"""Sessions of browsers and tokens of systems: opened, found by a secret of which only a hash is kept, ended."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from gis_service.access import FEED
from gis_service.errors import BadRequestError, NotFoundError
from gis_service.store.tables import Account, ApiToken, Session

SCOPES = {"read": "读取", "write": "写入", "unmasked": "查看个人信息", "webhooks": "订阅变更"}
_FEED_SCOPE = re.compile(rf"{FEED}[a-z][a-z0-9_]{{0,39}}")
PREFIX = "gis_"  # so that a token that leaked is recognised by whoever looks for secrets
_LONGEST_DAYS = 730
_RENEWED_S = 60  # a session notes at most once a minute that it is in use


def open_session(connection: Connection, account_id: int, hours: float) -> str:
    """The secret of a new session; sessions that ended are swept out."""
    secret = secrets.token_urlsafe(32)
    now = dt.datetime.now(dt.UTC)
    connection.execute(delete(Session).where(Session.expires_at < now))
    values = {"id_hash": _hash(secret), "account_id": account_id, "expires_at": now + dt.timedelta(hours=hours)}
    connection.execute(insert(Session).values(values))
    return secret


def find_session(connection: Connection, secret: str, idle_minutes: float) -> Row[tuple[object, ...]] | None:
    """The account that is logged in with the secret: neither ended, nor idle for too long, nor disabled."""
    now = dt.datetime.now(dt.UTC)
    wanted = (
        select(Account.__table__, (Session.seen_at < now - dt.timedelta(seconds=_RENEWED_S)).label("stale"))
        .join(Session, Session.account_id == Account.id)
        .where(
            Session.id_hash == _hash(secret),
            Session.expires_at > now,
            Session.seen_at > now - dt.timedelta(minutes=idle_minutes),
            Account.disabled_at.is_(None),
        )
    )
    return connection.execute(wanted).first()


def renew_session(connection: Connection, secret: str) -> None:
    """The session was in use just now."""
    connection.execute(update(Session).where(Session.id_hash == _hash(secret)).values(seen_at=func.now()))


def end_session(connection: Connection, secret: str) -> None:
    """Nobody is logged in with the secret any more."""
    connection.execute(delete(Session).where(Session.id_hash == _hash(secret)))


def issue_token(connection: Connection, account_id: int, name: str, scopes: Sequence[str], days: int) -> str:
    """The secret of a new token, which is told this once; BadRequestError for scopes or days there are not."""
    strange = [scope for scope in scopes if scope not in SCOPES and not _FEED_SCOPE.fullmatch(scope)]
    if strange or not name.strip():
        raise BadRequestError(f"令牌应有名称，权限可选 {'、'.join(SCOPES)}、{FEED}指标编号")
    if not 1 <= days <= _LONGEST_DAYS:
        raise BadRequestError(f"令牌的有效期为 1 至 {_LONGEST_DAYS} 天")
    secret = PREFIX + secrets.token_urlsafe(32)
    values = {
        **{"account_id": account_id, "name": name.strip()[:100], "token_hash": _hash(secret)},
        "scopes": sorted({"read", *scopes}),
        "expires_at": dt.datetime.now(dt.UTC) + dt.timedelta(days=days),
    }
    connection.execute(insert(ApiToken).values(values))
    return secret


def scope_words(scope: str) -> str:
    """What the scope allows.

    >>> scope_words("indicator:satisfaction"), scope_words("read")
    ('报送指标 satisfaction', '读取')
    """
    return SCOPES.get(scope) or f"报送指标 {scope.removeprefix(FEED)}"


def find_token(connection: Connection, secret: str) -> Row[tuple[object, ...]] | None:
    """The account that the token stands for, and its scopes: neither revoked, nor expired, nor disabled."""
    wanted = (
        select(Account.__table__, ApiToken.scopes)
        .join(ApiToken, ApiToken.account_id == Account.id)
        .where(
            ApiToken.token_hash == _hash(secret),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > dt.datetime.now(dt.UTC),
            Account.disabled_at.is_(None),
        )
    )
    return connection.execute(wanted).first()


def tokens(connection: Connection) -> Sequence[Any]:
    """Every token with its account's login, the newest first."""
    told = (ApiToken.id, ApiToken.name, ApiToken.scopes, ApiToken.created_at, ApiToken.expires_at, ApiToken.revoked_at)
    wanted = select(*told, Account.login).join(Account, Account.id == ApiToken.account_id)
    return connection.execute(wanted.order_by(ApiToken.id.desc())).all()


def revoke_token(connection: Connection, token_id: int) -> None:
    """The token is good for nothing any more."""
    wanted = update(ApiToken).where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None))
    if connection.execute(wanted.values(revoked_at=func.now())).rowcount != 1:
        raise NotFoundError("没有这个令牌，或它已经撤销")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
