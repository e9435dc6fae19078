"""Addresses to which changes are sent: made, listed, ended; what is due, and what became of each attempt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update
from sqlalchemy.orm import aliased

from gis_service.errors import NotFoundError
from gis_service.store.tables import Account, Webhook, WebhookAttempt


@dataclass(frozen=True)
class NewWebhook:
    """Where to send what, on whose behalf; `position`: nothing up to that number is sent."""

    login: str
    url: str
    kinds: tuple[str, ...]
    salt: str
    position: int


@dataclass(frozen=True)
class Attempt:
    """How one attempt ended; `status` is that of the answer, None where there was none."""

    message_id: str
    first_seq: int
    last_seq: int
    number: int
    status: int | None
    note: str

    @property
    def arrived(self) -> bool:
        """True of an answer 2xx."""
        return _arrived(self.status)


def add_webhook(connection: Connection, new: NewWebhook) -> int:
    """The id of the new subscription."""
    return int(connection.execute(insert(Webhook).values(**new.__dict__).returning(Webhook.id)).scalar_one())


def webhooks(connection: Connection, login: str | None = None) -> Sequence[Row[Any]]:
    """Every subscription that is not ended, or those of one account, oldest first."""
    wanted = select(Webhook.__table__).where(Webhook.ended_at.is_(None)).order_by(Webhook.id)
    return connection.execute(wanted if login is None else wanted.where(Webhook.login == login)).all()


def webhook(connection: Connection, webhook_id: int, login: str | None = None) -> Row[Any]:
    """The subscription; NotFoundError where there is none, or it belongs to another account than `login`."""
    found = next((one for one in webhooks(connection, login) if one.id == webhook_id), None)
    if found is None:
        raise NotFoundError("没有这个订阅")
    return found


def end_webhook(connection: Connection, webhook_id: int) -> None:
    """Nothing is sent there any more."""
    connection.execute(update(Webhook).where(Webhook.id == webhook_id).values(ended_at=func.now()))


def resume_webhook(connection: Connection, webhook_id: int) -> None:
    """It is tried again at once, from where it stopped."""
    values = {"failures": 0, "due_at": func.now(), "given_up_at": None, "paused_at": None, "note": ""}
    connection.execute(update(Webhook).where(Webhook.id == webhook_id).values(**values))


def pause_webhook(connection: Connection, webhook_id: int) -> None:
    """Nothing is sent there until it is resumed."""
    connection.execute(update(Webhook).where(Webhook.id == webhook_id).values(paused_at=func.now()))


def attempts(connection: Connection, webhook_id: int, most: int = 50) -> Sequence[Row[Any]]:
    """The newest attempts, the newest first."""
    table = WebhookAttempt.__table__
    wanted = select(table).where(table.c.webhook_id == webhook_id).order_by(table.c.id.desc()).limit(most)
    return connection.execute(wanted).all()


def trim_attempts(connection: Connection, before: dt.datetime) -> int:
    """Attempts of before that moment are gone, save the last of each subscription, which says what is sent next."""
    own, later = WebhookAttempt, aliased(WebhookAttempt)
    followed = exists().where(later.webhook_id == own.webhook_id, later.id > own.id, later.last_seq > 0)
    return connection.execute(delete(own).where(own.at < before, followed)).rowcount


_ACTIVE = (Webhook.ended_at.is_(None), Webhook.given_up_at.is_(None), Webhook.paused_at.is_(None))


def due_webhooks(connection: Connection, now: dt.datetime, webhook_id: int | None = None) -> Sequence[Row[Any]]:
    """The subscriptions that may be tried now, each with its account: role, divisions, whether it is disabled."""
    account = Account.__table__
    told = (account.c.role, account.c.name.label("account_name"), account.c.divisions, account.c.disabled_at)
    wanted = (
        select(Webhook.__table__, *told)
        .select_from(Webhook.__table__.outerjoin(account, account.c.login == Webhook.login))
        .where(*_ACTIVE, Webhook.due_at <= now)
        .order_by(Webhook.id)
    )
    return connection.execute(wanted if webhook_id is None else wanted.where(Webhook.id == webhook_id)).all()


def unsettled(connection: Connection, webhook_id: int) -> int | None:
    """The last number of the message that was tried last and did not arrive: it is sent again as it was."""
    table = WebhookAttempt.__table__
    tried = select(table.c.last_seq, table.c.status).where(table.c.webhook_id == webhook_id, table.c.last_seq > 0)
    last = connection.execute(tried.order_by(table.c.id.desc()).limit(1)).first()
    return None if last is None or _arrived(last.status) else last.last_seq


def _arrived(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def note_trial(connection: Connection, webhook_id: int, attempt: Attempt) -> None:
    """A message that tells of no change was tried: it is listed, and moves nothing."""
    row = {"message_id": attempt.message_id, "attempt": attempt.number, "status": attempt.status, "note": attempt.note}
    connection.execute(insert(WebhookAttempt).values(webhook_id=webhook_id, first_seq=0, last_seq=0, **row))


def note_attempt(
    connection: Connection, webhook_id: int, attempt: Attempt, *, due_at: dt.datetime | None, give_up: bool
) -> None:
    """The attempt is noted: the position moves where it arrived; else it is due again, or given up."""
    row = {
        **{"webhook_id": webhook_id, "message_id": attempt.message_id, "attempt": attempt.number},
        **{"first_seq": attempt.first_seq, "last_seq": attempt.last_seq},
        **{"status": attempt.status, "note": attempt.note},
    }
    connection.execute(insert(WebhookAttempt).values(**row))
    if attempt.arrived:
        values: dict[str, object] = {"position": attempt.last_seq, "failures": 0, "note": ""}
    else:
        values = {"failures": attempt.number, "note": attempt.note}
    if due_at is not None:
        values["due_at"] = due_at
    if give_up:
        values["given_up_at"] = func.now()
    connection.execute(update(Webhook).where(Webhook.id == webhook_id).values(**values))


def move_on(connection: Connection, webhook_id: int, position: int) -> None:
    """Nothing up to the position concerns this subscription."""
    connection.execute(update(Webhook).where(Webhook.id == webhook_id).values(position=position))


def give_up(connection: Connection, webhook_id: int, note: str) -> None:
    """Nothing more is tried, for the reason that the note tells."""
    connection.execute(update(Webhook).where(Webhook.id == webhook_id).values(given_up_at=func.now(), note=note))
