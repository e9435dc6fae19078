"""One account for each role, with published passwords: for trying out, on loopback only."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, delete, select

from gis_service.access import Role
from gis_service.store.accounts import NewAccount, add
from gis_service.store.tables import Account, Division

_PEOPLE = (
    ("planner", "规划 王某", Role.PLANNER, ()),
    ("county", "宜秀区 李某", Role.COUNTY, ("340811",)),
    ("street", "砚池街道 张某", Role.STREET, ("340811902",)),
    ("fire", "消防 赵某", Role.FIRE, ()),
    ("city", "市局 陈某", Role.CITY, ()),
    ("admin", "管理员 刘某", Role.ADMIN, ()),
)


def password_of(login: str) -> str:
    """The published password of a sample account."""
    return f"示例-{login}-2023"


def add_sample_accounts(connection: Connection) -> None:
    """Every role has its sample account, if its division is in the store; one that exists stays as it is."""
    known = set(connection.scalars(select(Account.login)))
    places = set(connection.scalars(select(Division.code)))
    for login, name, role, divisions in _PEOPLE:
        if login not in known and places.issuperset(divisions):
            add(
                connection,
                NewAccount(login, name, role, divisions, password_of(login), sample=True, must_change_password=False),
            )


def sample_accounts(connection: Connection) -> Sequence[Row[tuple[object, ...]]]:
    """The sample accounts that may log in, in the order of the roles."""
    wanted = select(Account.__table__).where(Account.sample, Account.disabled_at.is_(None)).order_by(Account.id)
    return connection.execute(wanted).all()


def remove_sample_accounts(connection: Connection) -> int:
    """How many sample accounts there were; there are none now."""
    return len(connection.execute(delete(Account).where(Account.sample).returning(Account.id)).all())
