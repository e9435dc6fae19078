"""Communities and hazards as they were: from which day on a row counts, which came too late, when there is a history.

What a survey says counts from the day on that is its own; what stood before is kept by the database itself
(`store/tables/versions.py`), whenever a row gets a later day. What an older survey says of a row that a later one spoke
of is not told: it is left out, and said to be, unless it is the same, and the row then counts from the earlier day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Date,
    FromClause,
    RowMapping,
    Select,
    TextualSelect,
    and_,
    column,
    func,
    literal,
    or_,
    select,
    text,
    union,
    update,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import insert

from gis_service.store.tables import EarlierVersion, SaidAgain

DAY = "stands_from"  # the column
_FUNCTIONS = {"management_areas": "areas_on"}  # of the others it is named like the table


def said_later(target: SqlTable, day: dt.date) -> ColumnElement[bool]:
    """True of a row of which a survey of a later day spoke."""
    again = SaidAgain.__table__
    named = select(again.c.row_id).where(again.c.subject == target.name, again.c.day > day)
    return or_(target.c[DAY] > day, target.c.id.in_(named))  # within an upsert nothing can be correlated


def say_again(connection: Connection, target: SqlTable, told: FromClause, key: str, day: dt.date) -> None:
    """A survey of that day spoke of the rows of these keys; remembered of those that count from an earlier day."""
    joined = target.join(told, told.c[key] == target.c[key])
    rows = select(literal(target.name), target.c.id, literal(day)).select_from(joined).where(target.c[DAY] < day)
    _remember(connection, rows)


def reach_back(
    connection: Connection, target: SqlTable, told: FromClause, same: ColumnElement[bool], day: dt.date
) -> Sequence[RowMapping]:
    """Rows of which a survey of an earlier day says the same, and which nothing else is known of, count from then on.

    The rows in the columns of the table.
    """
    before = EarlierVersion.__table__
    changed = select(before.c.row_id).where(before.c.subject == target.name)
    reached = and_(same, target.c[DAY] > day, target.c.id.not_in(changed))
    rows = select(literal(target.name), target.c.id, target.c[DAY]).select_from(target.join(told, reached))
    _remember(connection, rows)
    statement = update(target).where(reached).values({DAY: told.c[DAY]}).returning(*target.c)
    return connection.execute(statement).mappings().all()


def _remember(connection: Connection, rows: Select[Any]) -> None:
    own = insert(SaidAgain).from_select(["subject", "row_id", "day"], rows)
    keys, later = ["subject", "row_id"], own.excluded.day > SaidAgain.day
    connection.execute(own.on_conflict_do_update(index_elements=keys, set_={"day": own.excluded.day}, where=later))


def first_version(subject: str, rows: FromClause) -> Select[Any]:
    """The first day from which on a row of the table of that name counts, or counted."""
    before = EarlierVersion.__table__
    own = select(func.min(rows.c[DAY])).scalar_subquery()
    gone = select(func.min(before.c.since)).where(before.c.subject == subject).scalar_subquery()
    return select(func.least(own, gone, type_=Date()))


def change_days(subject: str, rows: FromClause) -> CompoundSelect[Any]:
    """The days from which on a row of the table of that name counts, or counted, or counted no more."""
    before = EarlierVersion.__table__
    lasted = (select(before.c[name]).where(before.c.subject == subject) for name in ("since", "until"))
    return union(select(rows.c[DAY].label("day")), *lasted)


def communities_begun(connection: Connection) -> dict[str, dt.date]:
    """The first day of the communities of each reporting unit, by unit; before it these count."""
    rows = connection.execute(text("select unit, since from communities_begun() where unit <> '' order by unit"))
    return {row.unit: row.since for row in rows}


_COMMUNITY_DAYS = """
select c.stands_from as day from communities c join communities_begun() b on b.unit = c.reporting_unit
where c.stands_from > b.since
union select e.since from earlier_versions e left join communities c on c.id = e.row_id
join communities_begun() b on b.unit = coalesce(
  c.reporting_unit, (select last.row ->> 'reporting_unit' from earlier_versions last
    where last.subject = 'communities' and last.row_id = e.row_id order by last.since desc limit 1))
where e.subject = 'communities' and e.since > b.since
union select until from earlier_versions where subject = 'communities'
"""


def community_days() -> TextualSelect:
    """The days from which on a community is another than before, or there is one more or less."""
    return text(_COMMUNITY_DAYS).columns(column("day", Date()))


def as_of(*tables: str, day: str) -> str:
    """The clause with which a statement reads these tables as of a day that is over; `day` names the parameter."""
    functions = {table: _FUNCTIONS.get(table, f"{table}_on") for table in tables}
    told = [f"{table} as (select * from {name}(cast(:{day} as date)))" for table, name in functions.items()]  # noqa: S608
    return f"with {', '.join(told)} "
