"""What changed, numbered once it is committed; the addresses to which changes are sent, and every attempt."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.store.tables.mapping import Table, one_of

CHANGE_KINDS = ("area", "community", "problem", "indicator")
_Moment = DateTime(timezone=True)


class Change(Table):
    """One thing that changed; `seq` is given once it is committed, `subject` is its readable code."""

    __tablename__ = "changes"
    __table_args__ = (
        one_of("kind", CHANGE_KINDS),
        one_of("change", ("new", "changed", "gone")),
        Index("changes_waiting", "id", postgresql_where=text("seq is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seq: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    kind: Mapped[str]
    part: Mapped[str] = mapped_column(server_default=text("''"))
    subject: Mapped[str]
    row_id: Mapped[int | None] = mapped_column(BigInteger)
    period: Mapped[str] = mapped_column(server_default=text("''"))
    change: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(_Moment, server_default=func.clock_timestamp())


class ChangeFeed(Table):
    """One row: up to which number the oldest changes are gone."""

    __tablename__ = "change_feed"
    __table_args__ = (Index("change_feed_one", text("(true)"), unique=True),)

    trimmed_to: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, server_default=text("0"))


class Webhook(Table):
    """Somebody's address to which changes are sent; `position` is the last number that arrived there."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    login: Mapped[str]
    url: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    salt: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(_Moment, server_default=func.now())
    position: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[dt.datetime] = mapped_column(_Moment, server_default=func.now())
    given_up_at: Mapped[dt.datetime | None] = mapped_column(_Moment)
    paused_at: Mapped[dt.datetime | None] = mapped_column(_Moment)
    ended_at: Mapped[dt.datetime | None] = mapped_column(_Moment)
    note: Mapped[str] = mapped_column(server_default=text("''"))


class WebhookAttempt(Table):
    """One attempt to deliver: which message, and how it ended; no status where there was no answer."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index("webhook_attempts_webhook_id_id_idx", "webhook_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    message_id: Mapped[str]
    first_seq: Mapped[int] = mapped_column(BigInteger)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    attempt: Mapped[int]
    at: Mapped[dt.datetime] = mapped_column(_Moment, server_default=func.clock_timestamp())
    status: Mapped[int | None]
    note: Mapped[str] = mapped_column(server_default=text("''"))
