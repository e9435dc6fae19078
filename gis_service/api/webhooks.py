"""`/webhooks`: subscriptions to changes in: made, looked at, resumed, ended; the key to verify them is told once."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from sqlalchemy import Row

from gis_service.access import Reader, Role, require_subscribe
from gis_service.api.bodies import TAKEN, Body, JsonBody, read_as
from gis_service.api.changes import may_follow, parse_kinds
from gis_service.api.declared import OBJECT
from gis_service.api.indicators import NO_STORE
from gis_service.api.links import JSON
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Subscribing
from gis_service.errors import BadRequestError
from gis_service.notifying import try_out
from gis_service.notifying.addresses import parse_allowed, require_url
from gis_service.notifying.signing import key_of
from gis_service.store import audit, webhooks
from gis_service.store.changes import newest, number_changes, require_kept
from gis_service.store.webhooks import NewWebhook

router = APIRouter(responses=REFUSALS)
WebhookId = Annotated[int, Path(description="订阅的编号", ge=1, le=2**62)]
_ANSWERS: dict[int | str, dict[str, Any]] = {200: {"description": "订阅", "content": {JSON: {"schema": OBJECT}}}}
_MOST = 20  # of an account


class NewSubscription(Body):
    """Where to send which kinds of changes; `since`: only those after that number, by default only new ones."""

    url: str = Field(max_length=500)
    kinds: str | None = Field(default=None, max_length=100)
    since: int | None = Field(default=None, ge=0, le=2**62)


@router.post(
    "/webhooks",
    status_code=201,
    summary="订阅变更",
    description="变更发到 url，签名方式见文档；key 只在这里给出一次。",
    response_class=Response,
    responses={201: _ANSWERS[200]},
    openapi_extra=TAKEN,
)
def subscribe(published: Published, reader: Subscribing, body: JsonBody) -> Response:
    """The new subscription with its key (201)."""
    require_subscribe(reader)
    wanted = read_as(NewSubscription, body)
    secret = published.settings.secret
    if not secret:
        raise BadRequestError("没有设置 GIS_SERVICE_SECRET，不能为消息签名")
    kinds = may_follow(published, reader).kinds & set(parse_kinds(wanted.kinds))
    require_url(wanted.url, parse_allowed(published.settings.webhook_allow))
    salt = secrets.token_hex(16)
    with audit.writing(published.engine, reader) as connection:
        if len(webhooks.webhooks(connection, reader.login)) >= _MOST:
            raise BadRequestError(f"一个账户至多 {_MOST} 个订阅")
        number_changes(connection)
        head = newest(connection)
        start = head if wanted.since is None else min(wanted.since, head)
        require_kept(connection, start)
        new = NewWebhook(reader.login, wanted.url, tuple(sorted(kinds)), salt, start)
        webhook_id = webhooks.add_webhook(connection, new)
        audit.note(connection, reader, "webhook", row_ids=(str(webhook_id),), detail=f"新建，{wanted.url}")
        told = _told(webhooks.webhook(connection, webhook_id))
    return JSONResponse({**told, "key": key_of(secret, webhook_id, salt)}, 201, headers=NO_STORE)


@router.get(
    "/webhooks", summary="我的订阅", description="管理员看到全部。", response_class=Response, responses=_ANSWERS
)
def subscriptions(published: Published, reader: Subscribing) -> Response:
    """The subscriptions of the account; an administrator sees all."""
    require_subscribe(reader)
    with published.snapshot() as connection:
        found = [_told(row) for row in webhooks.webhooks(connection, _own(reader))]
    return JSONResponse({"webhooks": found}, headers=NO_STORE)


@router.get(
    "/webhooks/{webhook_id}",
    summary="一个订阅",
    description="到了哪个序号，最近的投递。",
    response_class=Response,
    responses=_ANSWERS,
)
def subscription(published: Published, reader: Subscribing, webhook_id: WebhookId) -> Response:
    """The subscription with its newest attempts."""
    require_subscribe(reader)
    with published.snapshot() as connection:
        found = _told(webhooks.webhook(connection, webhook_id, _own(reader)))
        tried = [_attempt(row) for row in webhooks.attempts(connection, webhook_id)]
    return JSONResponse({**found, "attempts": tried}, headers=NO_STORE)


@router.post(
    "/webhooks/{webhook_id}/resume",
    summary="重新投递",
    description="放弃了的、暂停的订阅从停下的地方再投；其间的变更已清除的答 410。",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=TAKEN,
)
def resume(published: Published, reader: Subscribing, webhook_id: WebhookId) -> Response:
    """The subscription, due at once."""
    return _changed(published, reader, webhook_id, "重新投递")


@router.post(
    "/webhooks/{webhook_id}/pause",
    summary="暂停投递",
    description="暂停期间的变更在恢复（resume）以后接着投递，只要还在流水的保留期内。",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=TAKEN,
)
def pause(published: Published, reader: Subscribing, webhook_id: WebhookId) -> Response:
    """The subscription, to which nothing is sent for now."""
    return _changed(published, reader, webhook_id, "暂停")


@router.post(
    "/webhooks/{webhook_id}/test",
    summary="试投一次",
    description="发一条不含变更的消息（test 为 true，同样签名），不重试；回答对方答了什么。",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=TAKEN,
)
def try_delivery(published: Published, reader: Subscribing, webhook_id: WebhookId) -> Response:
    """How the attempt ended; no connection of the database is held while the other machine is waited for."""
    require_subscribe(reader)
    with published.snapshot() as connection:
        hook = webhooks.webhook(connection, webhook_id, _own(reader))
    settings = published.settings
    if not settings.secret:
        raise BadRequestError("没有设置 GIS_SERVICE_SECRET，不能为消息签名")
    attempt = try_out(settings.secret, parse_allowed(settings.webhook_allow), hook)
    with audit.writing(published.engine, reader) as connection:
        webhooks.note_trial(connection, webhook_id, attempt)
        audit.note(connection, reader, "webhook", row_ids=(str(webhook_id),), detail="试投")
    told = {"message_id": attempt.message_id, "arrived": attempt.arrived}
    return JSONResponse({**told, "status": attempt.status, "note": attempt.note}, headers=NO_STORE)


@router.delete(
    "/webhooks/{webhook_id}",
    summary="取消订阅",
    description="不再投递；投递记录保留。",
    response_class=Response,
    responses=_ANSWERS,
)
def unsubscribe(published: Published, reader: Subscribing, webhook_id: WebhookId) -> Response:
    """The subscription as it ended."""
    return _changed(published, reader, webhook_id, "取消")


def _changed(published: Publication, reader: Reader, webhook_id: int, what: str) -> Response:
    require_subscribe(reader)
    with audit.writing(published.engine, reader) as connection:
        found = webhooks.webhook(connection, webhook_id, _own(reader))
        if what == "重新投递":
            require_kept(connection, found.position)
        state, change = _STEPS[what]
        change(connection, webhook_id)
        audit.note(connection, reader, "webhook", row_ids=(str(webhook_id),), detail=what)
    return JSONResponse({**_told(found), "state": state}, headers=NO_STORE)


_STEPS = {
    "取消": ("ended", webhooks.end_webhook),
    "暂停": ("paused", webhooks.pause_webhook),
    "重新投递": ("active", webhooks.resume_webhook),
}


def _own(reader: Reader) -> str | None:
    """The account whose subscriptions are seen; all for the administrator."""
    return None if reader.role is Role.ADMIN else reader.login


def _told(row: Row[Any]) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "login", "url", "kinds", "position", "failures", "note")}
    state = "given_up" if row.given_up_at else "paused" if row.paused_at else "active"
    return {**told, "state": state, "created_at": row.created_at.isoformat(), "due_at": row.due_at.isoformat()}


def _attempt(row: Row[Any]) -> dict[str, Any]:
    told = ("message_id", "first_seq", "last_seq", "attempt", "status", "note")
    return {**{name: getattr(row, name) for name in told}, "at": row.at.isoformat()}
