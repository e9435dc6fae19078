"""Accounts: made, found, checked against a password, locked after failures, disabled; each change a function."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from gis_service.access import Reader, Role
from gis_service.codes import REPORTING_UNITS
from gis_service.errors import BadRequestError, ConflictError, NotFoundError
from gis_service.store import passwords
from gis_service.store.tables import Account, Division, Session

PATIENCE, SHORTEST_LOCK_S, LONGEST_LOCK_S = 5, 30, 3600
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}", re.ASCII)
_LENGTH = {Role.COUNTY: 6, Role.STREET: 9}


@dataclass(frozen=True)
class NewAccount:
    """An account as an administrator describes it."""

    login: str
    name: str
    role: Role
    divisions: Sequence[str] = ()
    password: str | None = None
    subject: str | None = None  # what the organisation's own log-in calls this person
    must_change_password: bool = True
    sample: bool = False


def add(connection: Connection, new: NewAccount) -> int:
    """The id of the new account; BadRequestError or ConflictError say what is amiss."""
    if not _LOGIN.fullmatch(new.login):
        raise BadRequestError("登录名应为 2 至 64 个小写字母、数字、点、横线、下划线，以字母或数字开头")
    if new.role is Role.PUBLIC:
        raise BadRequestError("公众不需要账户")
    if new.password is not None and not new.sample:
        passwords.require_good(new.password, new.login)
    if connection.scalar(select(Account.id).where(Account.login == new.login)) is not None:
        raise ConflictError(f"已有登录名为“{new.login}”的账户")
    if new.subject and connection.scalar(select(Account.id).where(Account.subject == new.subject)) is not None:
        raise ConflictError(f"已有账户对应单位账号“{new.subject}”")
    values = {
        **{"login": new.login, "name": new.name.strip() or new.login, "role": str(new.role), "sample": new.sample},
        "divisions": sorted(_divisions(connection, new.role, new.divisions)),
        "password_hash": None if new.password is None else passwords.hashed(new.password),
        "subject": new.subject or None,
        "must_change_password": new.must_change_password and new.password is not None,
    }
    return int(connection.execute(insert(Account).values(values).returning(Account.id)).scalar_one())


def _divisions(connection: Connection, role: Role, given: Sequence[str]) -> set[str]:
    """Codes and names as `Reader` has them; a street is known by its code alone, since names repeat."""
    wanted = _LENGTH.get(role)
    if wanted is None:
        if given:
            raise BadRequestError("只有区县和街道的账户属于某个区划")
        return set()
    if not given:
        raise BadRequestError("区县和街道的账户应写明所属区划")
    return set().union(*(_division(connection, one.strip(), wanted) for one in given))


def _division(connection: Connection, given: str, length: int) -> set[str]:
    unit = REPORTING_UNITS.get(given, given)
    if unit in REPORTING_UNITS.values() and length == _LENGTH[Role.COUNTY]:
        return {unit}
    level = "county" if length == _LENGTH[Role.COUNTY] else "street"
    named = Division.code == given if given.isdigit() else Division.name == given
    found = connection.execute(select(Division.code, Division.name).where(Division.level == level, named)).all()
    if len(found) > 1:
        raise BadRequestError(f"有 {len(found)} 个街道名为“{given}”，请写代码：{'、'.join(one.code for one in found)}")
    if not found:
        raise BadRequestError(f"没有区划“{given}”；区县写 6 位代码或名称（经开区、高新区写名称），街道写 9 位代码")
    return {found[0].code, found[0].name} if level == "county" else {found[0].code}


def reader_of(row: Row[tuple[object, ...]]) -> Reader:
    """The reader that an account's row stands for."""
    return Reader(Role(row.role), row.login, row.name, frozenset(row.divisions))


def named(connection: Connection, login: str) -> Row[tuple[object, ...]]:
    """The account of that login; NotFoundError where there is none."""
    found = connection.execute(select(Account.__table__).where(Account.login == login)).first()
    if found is None:
        raise NotFoundError(f"没有登录名为“{login[:64]}”的账户")
    return found


def everybody(connection: Connection) -> Sequence[Row[tuple[object, ...]]]:
    """Every account, by login."""
    return connection.execute(select(Account.__table__).order_by(Account.login)).all()


def check(connection: Connection, login: str, password: str) -> Row[tuple[object, ...]] | None:
    """The account, if the password is its and it may log in now; a failure counts, and locks for ever longer.

    Whoever asks cannot tell an unknown login from a wrong password or a locked account, by words or by time.
    """
    found = connection.execute(select(Account.__table__).where(Account.login == login).with_for_update()).first()
    right = passwords.matches(password, found.password_hash if found else None)
    if found is None or found.disabled_at is not None:
        return None
    now = dt.datetime.now(dt.UTC)
    if found.locked_until is not None and found.locked_until > now:
        return None
    if right:
        _set(connection, found.id, failed_attempts=0, locked_until=None)
        return found
    failed = found.failed_attempts + 1
    over = failed - PATIENCE
    pause = None if over < 0 else dt.timedelta(seconds=min(SHORTEST_LOCK_S * 2 ** min(over, 20), LONGEST_LOCK_S))
    _set(connection, found.id, failed_attempts=failed, locked_until=None if pause is None else now + pause)
    return None


def set_password(connection: Connection, login: str, password: str, *, must_change: bool) -> None:
    """The account has that password, and whoever was logged in with the old one is no more."""
    found = named(connection, login)
    passwords.require_good(password, login)
    facts = {"password_hash": passwords.hashed(password), "must_change_password": must_change}
    _set(connection, found.id, failed_attempts=0, locked_until=None, **facts)
    connection.execute(delete(Session).where(Session.account_id == found.id))


def set_disabled(connection: Connection, login: str, disabled: bool) -> None:
    """The account may no longer log in or be used by a token, or may again."""
    found = named(connection, login)
    _set(connection, found.id, disabled_at=func.now() if disabled else None, failed_attempts=0, locked_until=None)
    if disabled:
        connection.execute(delete(Session).where(Session.account_id == found.id))


def by_subject(connection: Connection, subject: str) -> Row[tuple[object, ...]] | None:
    """The account that an administrator gave to that person of the organisation, if it may log in."""
    wanted = select(Account.__table__).where(Account.subject == subject, Account.disabled_at.is_(None))
    return connection.execute(wanted).first()


def _set(connection: Connection, account_id: int, **values: object) -> None:
    connection.execute(update(Account).where(Account.id == account_id).values(values))
