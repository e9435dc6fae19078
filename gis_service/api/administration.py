"""`/admin`: the administrator's pages: accounts, tokens, and questions to the audit log."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from gis_service.access import Reader, Role
from gis_service.api.disclosure import origin_of
from gis_service.api.entrance import ROLE_WORDS, visitors_of
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Administering, visitor_of
from gis_service.api.views import form_view
from gis_service.errors import BadRequestError, ServiceError
from gis_service.maps.assets import Assets
from gis_service.maps.page_config import safe_json
from gis_service.store import accounts, audit, sessions
from gis_service.store.accounts import NewAccount
from gis_service.store.audit import ACTIONS, Question
from gis_service.store.changes import trimmed_to

router = APIRouter(include_in_schema=False)
_MOST = 200
_SUBJECTS = {
    "area_revisions": "边界版本",
    "area_steps": "边界的经过",
    "judgements": "四至的判断",
    "area_successions": "分立与合并",
    "area_succession_parts": "分立与合并的各部分",
    "area_facts": "台账事实",
    "problem_facts": "问题台账事实",
    "area_names": "区域曾用的名称",
    "problem_events": "整改记录",
    "problem_evidence": "整改证据",
    "import_batches": "导入的一批",
    "import_jobs": "台账的导入",
    "sent_files": "台账原件",
    "ledger_frames": "台账的表头",
    "ledger_annex1": "附件1",
    "ledger_annex2": "附件2",
}
KIND_WORDS = {"area": "物业管理区域", "community": "小区", "problem": "问题", "indicator": "指标"}
Typed = Annotated[str, Form(max_length=300)]


@router.get("/admin")
def accounts_page(request: Request, published: Published, _admin: Administering) -> Response:
    """Every account and token, and the forms to make more."""
    return _accounts_page(request, published)


@router.post("/admin/accounts")
def add_account(  # noqa: PLR0913 - a parameter for each field of the form
    request: Request,
    published: Published,
    admin: Administering,
    login: Typed = "",
    name: Typed = "",
    role: Typed = "",
    divisions: Typed = "",
    subject: Typed = "",
) -> Response:
    """A new account with a first password, told once, which its owner must change."""
    password = secrets.token_urlsafe(12)

    def change(connection: Connection) -> str:
        if role not in set(Role):
            raise BadRequestError("请选择身份")
        where = tuple(divisions.replace("，", ",").replace("、", ",").split(",")) if divisions.strip() else ()
        new = NewAccount(login.strip().lower(), name, Role(role), where, password, subject.strip() or None)
        accounts.add(connection, new)
        audit.note(
            connection,
            admin,
            "account",
            row_ids=(new.login,),
            detail=f"新建，{ROLE_WORDS[new.role]}",
            origin=origin_of(request),
        )
        return f"已新建 {new.login}，初始密码 {password}（只显示这一次，首次登录须修改）"

    return _changed(request, published, admin, change)


@router.post("/admin/accounts/{login}/password")
def reset_password(request: Request, published: Published, admin: Administering, login: str) -> Response:
    """A new first password for an account, told once; its sessions are over."""
    password = secrets.token_urlsafe(12)

    def change(connection: Connection) -> str:
        accounts.set_password(connection, login, password, must_change=True)
        audit.note(connection, admin, "password", row_ids=(login,), detail="重设", origin=origin_of(request))
        return f"{login} 的初始密码 {password}（只显示这一次，首次登录须修改）"

    return _changed(request, published, admin, change)


@router.post("/admin/accounts/{login}/state")
def set_state(
    request: Request, published: Published, admin: Administering, login: str, disabled: Typed = ""
) -> Response:
    """The account may no longer be used, or may again; nobody disables the account they are using."""

    def change(connection: Connection) -> str:
        if login == admin.login:
            raise BadRequestError("不能停用自己的账户")
        accounts.set_disabled(connection, login, bool(disabled))
        words = "停用" if disabled else "启用"
        audit.note(connection, admin, "account", row_ids=(login,), detail=words, origin=origin_of(request))
        return f"已{words} {login}"

    return _changed(request, published, admin, change)


@router.post("/admin/tokens")
def add_token(  # noqa: PLR0913 - a parameter for each field of the form
    request: Request,
    published: Published,
    admin: Administering,
    login: Typed = "",
    name: Typed = "",
    days: Annotated[int, Form()] = 365,
    write: Typed = "",
    unmasked: Typed = "",
    webhooks: Typed = "",
    indicator: Typed = "",
) -> Response:
    """A new token, told once."""

    def change(connection: Connection) -> str:
        wanted = {"write": write, "unmasked": unmasked, "webhooks": webhooks, f"indicator:{indicator}": indicator}
        scopes = [scope for scope, given in wanted.items() if given]
        secret = sessions.issue_token(connection, accounts.named(connection, login).id, name, scopes, days)
        told = f"新建，{name}，{'、'.join(scopes) or 'read'}"
        audit.note(connection, admin, "token", row_ids=(login,), detail=told, origin=origin_of(request))
        return f"{login} 的令牌 {secret}（只显示这一次）"

    return _changed(request, published, admin, change)


@router.post("/admin/tokens/{token_id}/revoke")
def revoke_token(request: Request, published: Published, admin: Administering, token_id: int) -> Response:
    """The token is good for nothing any more."""

    def change(connection: Connection) -> str:
        sessions.revoke_token(connection, token_id)
        audit.note(connection, admin, "token", row_ids=(str(token_id),), detail="撤销", origin=origin_of(request))
        return "已撤销令牌"

    return _changed(request, published, admin, change)


@router.get("/admin/webhooks")
def webhooks_page(request: Request, published: Published, _admin: Administering) -> Response:
    """The page of subscriptions, which then asks `/webhooks` for everything it shows."""
    settings, server = published.settings, str(request.scope.get("root_path", ""))
    missing = [
        name
        for name, value in (
            ("GIS_SERVICE_SECRET", settings.secret),
            ("GIS_SERVICE_WEBHOOK_ALLOW", settings.webhook_allow),
        )
        if not value
    ]
    with published.snapshot() as connection:
        oldest = trimmed_to(connection)
    config = {"server": server, "csrf": visitor_of(request).proof, "kinds": KIND_WORDS, "oldest": oldest}
    return form_view(
        request,
        published,
        "webhooks",
        title="订阅",
        assets=Assets.for_webhooks(server),
        kinds=KIND_WORDS,
        ready=not missing,
        missing=f"没有设置 {'、'.join(missing)}，不能订阅，也不投递",
        allowed=settings.webhook_allow,
        keep_days=settings.changes_keep_days,
        config=safe_json(config),
    )


@router.get("/admin/audit")
def audit_page(  # noqa: PLR0913 - a parameter for each field of the form
    request: Request,
    published: Published,
    admin: Administering,
    login: str = "",
    action: str = "",
    person: str = "",
    area: str = "",
    since: str = "",
    until: str = "",
) -> Response:
    """The entries of the log that answer a question; asking is noted too."""
    named = person.strip()
    mark = published.persons.of_one(named)
    question = Question(login.strip(), action, named, mark, area.strip(), _day(since), _day(until))
    with audit.writing(published.engine, admin) as connection:
        asked = "、".join(word for word in (login, action, "某人" if person else "", area, since, until) if word)
        if asked:
            audit.note(connection, admin, "audit", detail=asked[:200], origin=origin_of(request))
        found = audit.entries(connection, question, limit=_MOST)
    return form_view(
        request,
        published,
        "audit",
        title="审计记录",
        entries=found,
        ids_in=audit.ids_in,
        actions=ACTIONS,
        subjects={layer.source: layer.title for layer in published.layers.values()} | _SUBJECTS,
        role_words={str(role): words for role, words in ROLE_WORDS.items()} | {"command": "命令行"},
        asked={"login": login, "action": action, "person": person, "area": area, "since": since, "until": until},
        most=_MOST,
        proof=visitor_of(request).proof,
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadRequestError("日期应写作 2023-07-15") from error


def _changed(request: Request, published: Publication, admin: Reader, change: audit.Change) -> Response:
    """The page with what was done, or with why it was not; nobody is taken for what they were before."""
    try:
        with audit.writing(published.engine, admin) as connection:
            told = change(connection)
    except ServiceError as refused:
        return _accounts_page(request, published, refused=refused.message, status=refused.status)
    visitors_of(request).forget()
    return _accounts_page(request, published, told=told)


def _accounts_page(
    request: Request, published: Publication, *, told: str = "", refused: str = "", status: int = 200
) -> Response:
    with published.snapshot() as connection:
        everybody, tokens = accounts.everybody(connection), sessions.tokens(connection)
    return form_view(
        request,
        published,
        "accounts",
        title="账户与令牌",
        accounts=everybody,
        tokens=tokens,
        roles={str(role): words for role, words in ROLE_WORDS.items() if role is not Role.PUBLIC},
        scope_words=sessions.scope_words,
        indicators=published.indicators,
        now=dt.datetime.now(dt.UTC),
        told=told,
        refused=refused,
        status=status,
        proof=visitor_of(request).proof,
    )
