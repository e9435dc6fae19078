"""What is due in; messages sent, signed, again and again with ever longer pauses, until they arrive or are given up."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Connection, Engine, Row, text

from gis_service import __version__
from gis_service.access import Reader, Role
from gis_service.errors import BadRequestError, GoneError
from gis_service.notifying.addresses import Allowed, resolved
from gis_service.notifying.feed import Following, entries
from gis_service.notifying.signing import key_of, signed
from gis_service.store import changes, webhooks
from gis_service.store.webhooks import Attempt

_LOCK = 4_490_009  # one program delivers at a time, however many serve
_MOST_CHANGES = 200  # of a message
_MOST_MESSAGES = 50  # to one address, before the others have their turn
_PATIENCE_S = 10.0
_LONGEST_PAUSE_S = 3600.0
_LONGEST_NOTE = 200
TOO_LATE = "停得太久，其间的变更已从流水中清除；请整体读一遍所用的图层，取消这个订阅并新建一个"


@dataclass(frozen=True)
class Courier:
    """How messages are delivered; `may_follow` says what an account may be told of."""

    secret: str
    allowed: Allowed
    most_attempts: int
    pause_s: float  # after the first failure; doubled after each further one, up to an hour
    may_follow: Callable[[Reader], Following]

    def pause(self, attempt: int) -> dt.timedelta:
        """How long to wait after so many failures."""
        return dt.timedelta(seconds=min(self.pause_s * 2 ** min(attempt - 1, 30), _LONGEST_PAUSE_S))


def deliver_due(engine: Engine, courier: Courier) -> int:
    """How many messages were tried; nothing where another program is at it."""
    with engine.connect().execution_options(postgresql_readonly=False) as connection:
        taken = connection.scalar(text("select pg_try_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        if not taken:
            return 0
        try:
            return _deliver(connection, courier)
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.commit()


def _deliver(connection: Connection, courier: Courier) -> int:
    changes.number_changes(connection)
    connection.commit()
    due = [hook.id for hook in webhooks.due_webhooks(connection, dt.datetime.now(dt.UTC))]
    return sum(_deliver_to(connection, courier, webhook_id) for webhook_id in due)


def _deliver_to(connection: Connection, courier: Courier, webhook_id: int) -> int:
    """How many messages were tried: one after another, up to the first that does not arrive."""
    tried = 0
    while tried < _MOST_MESSAGES and (found := webhooks.due_webhooks(connection, dt.datetime.now(dt.UTC), webhook_id)):
        arrived = _deliver_one(connection, courier, found[0])
        connection.commit()
        if arrived is None:
            break
        tried += 1
        if not arrived:
            break
    return tried


def _deliver_one(connection: Connection, courier: Courier, hook: Row[Any]) -> bool | None:
    """Whether the next message arrived; None where there is none to send."""
    if hook.role is None or hook.disabled_at is not None:
        webhooks.give_up(connection, hook.id, "订阅所属的账户已停用")
        return None
    reader = Reader(Role(hook.role), hook.login, hook.account_name, frozenset(hook.divisions))
    follows = courier.may_follow(reader)
    kinds = follows.kinds & set(hook.kinds)
    span = (hook.position, webhooks.unsettled(connection, hook.id))
    try:
        page = changes.changes_since(connection, span, kinds, follows.indicators, _MOST_CHANGES)
    except GoneError:
        webhooks.give_up(connection, hook.id, TOO_LATE)
        return None
    if not page.rows:
        if page.next > hook.position:
            webhooks.move_on(connection, hook.id, page.next)
        connection.commit()
        return None
    connection.commit()  # no transaction is open while somebody else's machine is waited for
    attempt = _sent(courier, hook, entries(page.rows), page.next)
    give_up = not attempt.arrived and attempt.number >= courier.most_attempts
    due = None if attempt.arrived else dt.datetime.now(dt.UTC) + courier.pause(attempt.number)
    webhooks.note_attempt(connection, hook.id, attempt, due_at=due, give_up=give_up)
    connection.commit()
    return attempt.arrived


def _sent(courier: Courier, hook: Row[Any], told: list[dict[str, Any]], last: int) -> Attempt:
    """The same message bears the same id whenever it is sent, so that its receiver applies it once."""
    first = told[0]["seq"]
    message_id = f"msg_{hook.id}_{first}_{last}"
    body = json.dumps({"id": message_id, "webhook": hook.id, "changes": told}, ensure_ascii=False).encode()
    status, note = _posted(courier.secret, courier.allowed, hook, message_id, body)
    return Attempt(message_id, first, last, hook.failures + 1, status, note[:_LONGEST_NOTE])


def try_out(secret: str, allowed: Allowed, hook: Row[Any]) -> Attempt:
    """A message without changes is sent once, so that its receiver can be tried; nothing is repeated."""
    message_id = f"test_{hook.id}_{secrets.token_hex(6)}"
    body = json.dumps({"id": message_id, "webhook": hook.id, "test": True, "changes": []}).encode()
    status, note = _posted(secret, allowed, hook, message_id, body)
    return Attempt(message_id, 0, 0, 1, status, note[:_LONGEST_NOTE])


def _posted(secret: str, allowed: Allowed, hook: Row[Any], message_id: str, body: bytes) -> tuple[int | None, str]:
    key = key_of(secret, hook.id, hook.salt)
    headers = signed(key, message_id, int(dt.datetime.now(dt.UTC).timestamp()), body)
    try:
        address = resolved(hook.url, allowed)
        parts = urlsplit(hook.url)
        with httpx.Client(timeout=_PATIENCE_S, follow_redirects=False, trust_env=False) as client:
            answer = client.post(
                httpx.URL(hook.url).copy_with(host=address),
                content=body,
                headers={
                    **headers,
                    "Host": parts.netloc,
                    "Content-Type": "application/json",
                    "User-Agent": f"gis-service/{__version__}",
                },
                extensions={"sni_hostname": parts.hostname or ""},
            )
    except BadRequestError as refused:
        return None, refused.message
    except httpx.HTTPError as error:
        return None, f"没有回答：{type(error).__name__}"
    return answer.status_code, "" if answer.is_success else f"对方答 {answer.status_code}"
