"""Who did or saw what, appended to a log that nobody who serves can change; and questions to that log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Row,
    Text,
    and_,
    cast,
    column,
    event,
    func,
    insert,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import InstrumentedAttribute

from gis_service.access import Reader
from gis_service.store.tables import AreaFact, AreaName, AreaRevision, AreaStep, ManagementArea, Problem

Change = Callable[[Connection], str]  # what it did, in words
LOG = table(
    "log",
    column("id", BigInteger),
    column("at", DateTime(timezone=True)),
    *(column(name, Text) for name in ("login", "role", "action", "subject")),
    column("row_ids", ARRAY(Text)),
    column("row_count", BigInteger),
    *(column(name, Text) for name in ("address", "request_id", "detail")),
    schema="audit",
)
READ_UNMASKED = "read_unmasked"
_MARK = "#"
_OF_AREAS = (AreaRevision, AreaStep, ManagementArea, AreaFact, AreaName)  # the log has them by the id of the area
ACTIONS = {
    READ_UNMASKED: "查看个人信息",
    "insert": "新增",
    "update": "修改",
    "delete": "删除",
    "login": "登录",
    "login_failed": "登录失败",
    "logout": "退出",
    "password": "改密码",
    "account": "管理账户",
    "token": "管理令牌",
    "import": "导入台账",
    "webhook": "订阅变更",
    "audit": "查询审计记录",
}


@dataclass(frozen=True)
class Origin:
    """From where somebody asked: address and id of the request."""

    address: str = ""
    request_id: str = ""


def act_as(connection: Connection, reader: Reader) -> None:
    """What this transaction writes is noted as this reader's doing."""
    told = text("select set_config('gis.login', :login, true), set_config('gis.role', :role, true)")
    connection.execute(told, {"login": reader.login, "role": str(reader.role)})


def speak_for(engine: Engine, reader: Reader) -> None:
    """What is written through the engine from now on is noted as this reader's doing."""

    @event.listens_for(engine, "connect")
    def told(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(
            "select set_config('gis.login', %s, false), set_config('gis.role', %s, false)",
            (reader.login, str(reader.role)),
        )
        cursor.close()
        connection.commit()


@contextmanager
def writing(engine: Engine, reader: Reader) -> Iterator[Connection]:
    """A transaction in the reader's name, which may write even where a database reads by default."""
    with engine.connect().execution_options(postgresql_readonly=False) as connection, connection.begin():
        act_as(connection, reader)
        yield connection


def note(  # noqa: PLR0913 - who, what, on what, from where
    connection: Connection,
    reader: Reader,
    action: str,
    *,
    subject: str = "",
    row_ids: Sequence[str] = (),
    marks: Sequence[str] = (),
    detail: str = "",
    origin: Origin | None = None,
) -> None:
    """One more entry stands in the log, once the transaction is committed.

    The `marks` of persons that were seen stand after the ids of the rows, each behind `#`: nobody who serves can give
    the log another column.
    """
    origin = origin or Origin()
    values = {"login": reader.login, "role": str(reader.role), "action": action, "subject": subject, "detail": detail}
    rows = {"row_ids": [*row_ids, *(_MARK + one for one in marks)], "row_count": len(row_ids)}
    connection.execute(insert(LOG).values(**values, **rows, address=origin.address, request_id=origin.request_id))


@dataclass(frozen=True)
class Question:
    """What an administrator asks of the log; what is empty does not matter."""

    login: str = ""
    action: str = ""
    person: str = ""  # who saw whom: a phone number or a name
    mark: str = ""  # how the log knows that person
    area: str = ""  # who changed this area: its code or name
    since: dt.date | None = None
    until: dt.date | None = None


def entries(connection: Connection, question: Question, *, limit: int = 200) -> Sequence[Row[tuple[object, ...]]]:
    """The entries that answer, newest first: one query."""
    wanted = select(LOG).order_by(LOG.c.id.desc()).limit(limit)
    if question.login:
        wanted = wanted.where(LOG.c.login == question.login)
    if question.action:
        wanted = wanted.where(LOG.c.action == question.action)
    if question.since:
        wanted = wanted.where(LOG.c.at >= question.since)
    if question.until:
        wanted = wanted.where(LOG.c.at < question.until + dt.timedelta(days=1))
    if question.person:
        marked = LOG.c.row_ids.op("@>")(cast([_MARK + question.mark], ARRAY(Text)))
        seen = or_(marked, _of_person(question.person))
        wanted = wanted.where(LOG.c.action == READ_UNMASKED, seen)
    if question.area:
        named = or_(ManagementArea.code == question.area, ManagementArea.name == question.area)
        subjects = [one.__tablename__ for one in _OF_AREAS]
        wanted = wanted.where(
            LOG.c.action != READ_UNMASKED, LOG.c.subject.in_(subjects), _holds(ManagementArea.id, named)
        )
    return connection.execute(wanted).all()


def _of_person(named: str) -> ColumnElement[bool]:
    """True of entries without marks, as they once were, about rows that bear this name or phone now."""
    unmarked = func.left(LOG.c.row_ids[func.cardinality(LOG.c.row_ids)], 1) != _MARK
    manages = or_(ManagementArea.manager_phone == named, ManagementArea.manager == named)
    bears = or_(
        and_(LOG.c.subject == ManagementArea.__tablename__, _holds(ManagementArea.id, manages)),
        and_(LOG.c.subject == Problem.__tablename__, _holds(Problem.id, Problem.responsible == named)),
    )
    return and_(unmarked, bears)


def ids_in(entry: Row[tuple[object, ...]]) -> list[str]:
    """The ids of the rows that an entry is about."""
    return [one for one in entry.row_ids if not one.startswith(_MARK)]


def _holds(key: InstrumentedAttribute[int], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """True of entries about one of the rows of which the condition is true."""
    ids = select(func.array_agg(cast(key, Text))).where(condition).scalar_subquery()
    return LOG.c.row_ids.op("&&")(ids)  # NULL, which is not true, where there are none
