"""Accounts of the people and systems that log in, their open sessions, their tokens."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.access import Role
from gis_service.store.tables.mapping import Sampled, Table, one_of

_Moment = DateTime(timezone=True)


class Account(Sampled, Table):
    """Somebody who may log in; without a password only through the organisation's own log-in (`subject`)."""

    __tablename__ = "accounts"
    __table_args__ = (
        one_of("role", [role for role in Role if role is not Role.PUBLIC]),
        CheckConstraint("login ~ '^[a-z0-9][a-z0-9._-]{1,63}$'", name="login"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    divisions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    password_hash: Mapped[str | None]
    subject: Mapped[str | None] = mapped_column(unique=True)
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    failed_attempts: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[dt.datetime | None] = mapped_column(_Moment)
    disabled_at: Mapped[dt.datetime | None] = mapped_column(_Moment)
    created_at: Mapped[dt.datetime] = mapped_column(_Moment, server_default=func.now())


class Session(Table):
    """One browser that is logged in; known by the hash of what its cookie holds."""

    __tablename__ = "sessions"

    id_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(_Moment, server_default=func.now())
    seen_at: Mapped[dt.datetime] = mapped_column(_Moment, server_default=func.now())
    expires_at: Mapped[dt.datetime] = mapped_column(_Moment)


class ApiToken(Table):
    """A key with which another system reads or writes as an account; known by its hash."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[dt.datetime] = mapped_column(_Moment, server_default=func.now())
    expires_at: Mapped[dt.datetime] = mapped_column(_Moment)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(_Moment)
