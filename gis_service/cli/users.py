"""`gis-service user …`: accounts and tokens made, listed, changed and ended by whoever runs the service."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gis_service.cli.database import read_settings, ready_database
from gis_service.cli.wording import Group
from gis_service.errors import BadRequestError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis_service.access import Reader

user = typer.Typer(cls=Group, help="账户与令牌。", no_args_is_help=True, rich_markup_mode=None)
token = typer.Typer(cls=Group, help="其它系统使用的令牌。", no_args_is_help=True, rich_markup_mode=None)
user.add_typer(token, name="token")
Login = Annotated[str, typer.Argument(metavar="登录名", help="账户的登录名")]


class AccountRole(StrEnum):
    """The roles that an account may have."""

    PLANNER = "planner"
    COUNTY = "county"
    STREET = "street"
    FIRE = "fire"
    CITY = "city"
    ADMIN = "admin"


@user.command()
def add(
    login: Login,
    role: Annotated[AccountRole, typer.Option("--role", help="身份")],
    name: Annotated[str, typer.Option("--name", metavar="姓名", help="显示的姓名，默认同登录名")] = "",
    division: Annotated[
        list[str] | None,
        typer.Option("--division", metavar="区划", help="所属区划，区县、街道必填，可多次给出", show_default=False),
    ] = None,
    subject: Annotated[str, typer.Option("--subject", metavar="单位账号", help="统一登录时对应的单位账号")] = "",
) -> None:
    """新建账户；密码从终端或标准输入读一行，首次登录须修改。只用统一登录的账户给出 --subject，密码留空。"""
    from gis_service.access import Role
    from gis_service.store import accounts, audit

    password = _password() or None
    if password is None and not subject:
        raise BadRequestError("请输入密码，或用 --subject 给出单位账号")
    new = accounts.NewAccount(login, name, Role(role), tuple(division or ()), password, subject or None)
    with _writing() as connection:
        accounts.add(connection, new)
        audit.note(connection, operator(), "account", row_ids=(login,), detail=f"新建，{role}")
    typer.echo(f"已新建账户 {login}")


@user.command("list")
def list_() -> None:
    """列出全部账户。"""
    from gis_service.store import accounts

    with ready_database(read_settings()) as engine, engine.connect() as connection:
        for one in accounts.everybody(connection):
            state = "已停用" if one.disabled_at else "正常"
            told = (one.login, one.role, one.name, "、".join(one.divisions), state, "示例" if one.sample else "")
            typer.echo("\t".join(told).rstrip())


@user.command()
def disable(login: Login, undo: Annotated[bool, typer.Option("--undo", help="重新启用")] = False) -> None:
    """停用账户：已有的登录和令牌随即失效。"""
    from gis_service.store import accounts, audit

    with _writing() as connection:
        accounts.set_disabled(connection, login, not undo)
        audit.note(connection, operator(), "account", row_ids=(login,), detail="启用" if undo else "停用")
    typer.echo(f"已{'启用' if undo else '停用'}账户 {login}")


@user.command()
def password(login: Login) -> None:
    """重设密码并解除锁定；新密码从终端或标准输入读一行，登录后须修改。"""
    from gis_service.store import accounts, audit

    chosen = _password()
    with _writing() as connection:
        accounts.set_password(connection, login, chosen, must_change=True)
        audit.note(connection, operator(), "password", row_ids=(login,), detail="重设")
    typer.echo(f"已重设 {login} 的密码")


@user.command("remove-sample")
def remove_sample() -> None:
    """删除全部示例账户；示例数据保留。"""
    from gis_service.store import audit
    from gis_service.store.sample_accounts import remove_sample_accounts

    with _writing() as connection:
        number = remove_sample_accounts(connection)
        audit.note(connection, operator(), "account", detail=f"删除示例账户 {number} 个")
    typer.echo(f"已删除 {number} 个示例账户")


@token.command("add")
def add_token(  # noqa: PLR0913 - an argument for each option
    login: Login,
    name: Annotated[str, typer.Option("--name", metavar="用途", help="这个令牌给谁、做什么")],
    days: Annotated[int, typer.Option("--days", min=1, max=730, help="有效天数")] = 365,
    write: Annotated[bool, typer.Option("--write", help="可以写入")] = False,
    unmasked: Annotated[bool, typer.Option("--unmasked", help="可以看到账户本可看到的姓名、电话")] = False,
    webhooks: Annotated[bool, typer.Option("--webhooks", help="可以订阅变更")] = False,
    indicator: Annotated[
        list[str] | None,
        typer.Option("--indicator", metavar="指标", help="可以报送这个指标，可多次给出", show_default=False),
    ] = None,
) -> None:
    """新建令牌；只显示这一次。"""
    from gis_service.store import accounts, audit, sessions

    wanted = {"write": write, "unmasked": unmasked, "webhooks": webhooks}
    scopes = [*(scope for scope, given in wanted.items() if given), *(f"indicator:{one}" for one in indicator or [])]
    with _writing() as connection:
        secret = sessions.issue_token(connection, accounts.named(connection, login).id, name, scopes, days)
        audit.note(connection, operator(), "token", row_ids=(login,), detail=f"新建，{name}")
    typer.echo(secret)


@token.command("list")
def list_tokens() -> None:
    """列出全部令牌。"""
    import datetime as dt

    from gis_service.store import sessions

    now = dt.datetime.now(dt.UTC)
    with ready_database(read_settings()) as engine, engine.connect() as connection:
        for one in sessions.tokens(connection):
            state = "已撤销" if one.revoked_at else "已过期" if one.expires_at < now else f"至 {one.expires_at.date()}"
            typer.echo(f"{one.id}\t{one.login}\t{one.name}\t{'、'.join(one.scopes)}\t{state}")


@token.command()
def revoke(number: Annotated[int, typer.Argument(metavar="编号", help="user token list 中的编号")]) -> None:
    """撤销令牌。"""
    from gis_service.store import audit, sessions

    with _writing() as connection:
        sessions.revoke_token(connection, number)
        audit.note(connection, operator(), "token", row_ids=(str(number),), detail="撤销")
    typer.echo(f"已撤销令牌 {number}")


@contextmanager
def _writing() -> Iterator[Connection]:
    from gis_service.store import audit

    with ready_database(read_settings()) as engine, audit.writing(engine, operator()) as connection:
        yield connection


def operator() -> Reader:
    """Who runs the command: the account of this machine, as the audit log names it."""
    from gis_service.access import Reader, Role

    return Reader(Role.ADMIN, f"本机:{_name()}")


def _name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.geteuid())


def _password() -> str:
    """A line typed unseen, twice, at a terminal; else the first line of the standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("密码（不显示）：")
    if first and first != getpass.getpass("再输入一次："):
        raise BadRequestError("两次输入的密码不同")
    return first
