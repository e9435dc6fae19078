"""What ledgers and people said of an area or a problem, kept with the day from which on it holds; append-only.

What stands today is what was said for the latest day. A ledger of an older day goes into history alone, so that the
state of every day is the same in whatever order the ledgers came.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    Text,
    and_,
    any_,
    case,
    func,
    insert,
    literal,
    null,
    select,
    true,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB

from gis_service.store.tables import AreaFact, ManagementArea, Problem, ProblemFact


@dataclass(frozen=True)
class Kept:
    """A table of facts, the table whose rows they are about, and the columns that are facts."""

    facts: Table
    subject: Table
    about: str  # the column that names the row of `subject`
    names: tuple[str, ...]


AREAS = Kept(
    cast("Table", AreaFact.__table__),
    cast("Table", ManagementArea.__table__),
    "area_id",
    (
        *("name", "reporting_unit", "county_code", "street_code", "neighborhood_code", "street", "neighborhood"),
        *("community_names", "abuttals_text", "service_form", "committee", "party_coverage", "company", "fee_rate"),
        "written",
    ),
)
PROBLEMS = Kept(
    cast("Table", ProblemFact.__table__),
    cast("Table", Problem.__table__),
    "problem_id",
    (
        *("project_name", "county", "company", "content", "progress", "responsible", "ledger_deadline"),
        *("deadline_text", "ledger_closed", "remark", "written"),
    ),
)


def keep_facts(connection: Connection, kept: Kept, keys: Iterable[str], since: dt.date, batch_id: int | None) -> None:
    """What the rows of these natural keys now are is known to hold from that day on."""
    rows = select(kept.subject.c.id, *_marks(since, batch_id), null().label("same_as"), _told(kept, kept.subject))
    wanted = rows.where(kept.subject.c.natural_key == any_(literal(list(keys), ARRAY(Text))))
    connection.execute(_insert(kept, wanted))


def say_again(connection: Connection, kept: Kept, told: FromClause, since: dt.date, batch_id: int | None) -> None:
    """The rows of these natural keys were said on that day to be what they were said to be last before."""
    last = _last(kept, None)
    rows = select(kept.subject.c.id, *_marks(since, batch_id), last.c.said, sql_cast(null(), JSONB))
    joined = kept.subject.join(told, told.c.natural_key == kept.subject.c.natural_key).join(last, true())
    connection.execute(_insert(kept, rows.select_from(joined).where(last.c.since < since)))


def said_later(connection: Connection, kept: Kept, since: dt.date) -> frozenset[str]:
    """The natural keys of the rows of which something is known for a later day."""
    joined = kept.subject.join(kept.facts, kept.facts.c[kept.about] == kept.subject.c.id)
    later = select(kept.subject.c.natural_key).select_from(joined).where(kept.facts.c.since > since).distinct()
    return frozenset(connection.scalars(later))


def keep_past(connection: Connection, kept: Kept, told: FromClause, since: dt.date, batch_id: int | None) -> int:
    """What a table says of rows (by natural key, with every fact) is known of that day and not of today.

    Of how many rows it says something else than was known for the day.
    """
    before = _last(kept, since)
    stood = select(kept.facts.c.facts).where(kept.facts.c.id == before.c.said).scalar_subquery()
    joined = kept.subject.join(told, told.c.natural_key == kept.subject.c.natural_key).outerjoin(before, true())
    now = _told(kept, told)
    columns = (kept.subject.c.id, before.c.since, before.c.said, now.label("now"))
    found = select(*columns, func.coalesce(stood == now, False).label("same")).select_from(joined).subquery("found")
    same_as, facts = case((found.c.same, found.c.said)), case((~found.c.same, found.c.now))
    rows = select(found.c.id, *_marks(since, batch_id), same_as, facts)
    statement = _insert(kept, rows.where(~and_(found.c.same, found.c.since == since)))
    return sum(connection.scalars(statement.returning(kept.facts.c.facts.is_not(None))))


def first_told(connection: Connection, kept: Kept) -> dict[str, dt.date]:
    """The first day that the ledger of each reporting unit speaks of, by unit; units without a ledger are left out."""
    unit = kept.subject.c.reporting_unit if kept is AREAS else kept.subject.c.county
    joined = kept.facts.join(kept.subject, kept.subject.c.id == kept.facts.c[kept.about])
    rows = select(unit, func.min(kept.facts.c.since)).select_from(joined).where(unit != "").group_by(unit)
    return {row[0]: row[1] for row in connection.execute(rows.order_by(unit))}


def _last(kept: Kept, until: dt.date | None) -> Any:
    """The last fact of the row of `subject` (None: of all days): its day, and the fact that holds what it says."""
    own = kept.facts.alias("own")
    rows = select(own.c.since, func.coalesce(own.c.same_as, own.c.id).label("said"))
    rows = rows.where(own.c[kept.about] == kept.subject.c.id)
    if until is not None:
        rows = rows.where(own.c.since <= until)
    return rows.order_by(own.c.since.desc(), own.c.id.desc()).limit(1).lateral("last")


def _told(kept: Kept, rows: FromClause) -> ColumnElement[Any]:
    return func.jsonb_build_object(*(part for name in kept.names for part in (name, rows.c[name])), type_=JSONB)


def _marks(since: dt.date, batch_id: int | None) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return literal(since), literal(batch_id, BigInteger)


def _insert(kept: Kept, rows: Select[Any]) -> Any:
    return insert(kept.facts).from_select([kept.about, "since", "batch_id", "same_as", "facts"], rows)
