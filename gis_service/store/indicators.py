"""Values of indicators: sent ones kept once, histories, sums by division and their course over time read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text

from gis_service.store.indicator_rows import SUBJECTS, by_division, by_period, last_of_each_period
from gis_service.store.tables import IndicatorValue

_LOCK = 4_490_007  # with a hash of the indicator: pushes of one are taken one after another


@dataclass(frozen=True)
class NewValue:
    """A value that was sent; None takes an earlier one back."""

    subject: str
    period: str
    starts: dt.date
    value: float | None
    note: str = ""


@dataclass(frozen=True)
class Counts:
    """How many values were new, corrected an earlier one, or said what is known."""

    new: int = 0
    corrected: int = 0
    same: int = 0


@dataclass(frozen=True)
class Asked:
    """Which indicator, of what subjects, added up how, as it stood on which day."""

    indicator: str
    subject: str
    aggregate: str
    day: dt.date


def subjects(connection: Connection, subject: str, level: str | None, codes: Collection[str]) -> dict[str, str]:
    """The names of those codes that there are, by code; of divisions those of the level."""
    table = SUBJECTS[subject].__table__
    wanted = select(table.c.code, table.c.name).where(table.c.code.in_(sorted(codes)))
    if level is not None:
        wanted = wanted.where(table.c.level == level)
    return {row.code: row.name for row in connection.execute(wanted)}


def add_values(
    connection: Connection, indicator: str, values: Sequence[NewValue], *, system: str, login: str, sample: bool
) -> Counts:
    """The values count from now on; what says the same as before is not kept again."""
    lock = text("select pg_advisory_xact_lock(:lock, hashtext(:indicator))")
    connection.execute(lock, {"lock": _LOCK, "indicator": indicator})
    before = _known(connection, indicator, {one.subject for one in values})
    changed = [one for one in values if before.get((one.subject, one.starts), _NOTHING) != (one.value, one.note)]
    changed = [one for one in changed if one.value is not None or (one.subject, one.starts) in before]
    if changed:
        told = {"indicator": indicator, "system": system, "login": login, "sample": sample}
        connection.execute(insert(IndicatorValue), [{**told, **one.__dict__} for one in changed])
    new = sum((one.subject, one.starts) not in before for one in changed)
    return Counts(new, len(changed) - new, len(values) - len(changed))


_NOTHING = (None, None)


def _known(
    connection: Connection, indicator: str, codes: Collection[str]
) -> dict[tuple[str, dt.date], tuple[float | None, str]]:
    table = IndicatorValue.__table__
    wanted = select(table.c.subject, table.c.starts, table.c.value, table.c.note).where(
        table.c.indicator == indicator, table.c.subject.in_(sorted(codes))
    )
    rows = connection.execute(wanted.order_by(table.c.id))  # what was sent last comes last, and stays
    return {(row.subject, row.starts): (row.value, row.note) for row in rows}


def told_of(connection: Connection, indicator: str) -> Row[Any]:
    """How many subjects have a value that counts, the newest period, and when something came last."""
    counting = last_of_each_period(indicator, dt.date.max)
    table = IndicatorValue.__table__
    received = select(func.max(table.c.received_at)).where(table.c.indicator == indicator).scalar_subquery()
    newest = select(
        func.count(func.distinct(counting.c.subject)).label("subjects"),
        func.max(counting.c.period).label("period"),
        func.count().label("values"),
        func.coalesce(func.bool_or(counting.c.sample), False).label("sample"),
        received.label("received_at"),
    )
    return connection.execute(newest).one()


def division_figures(connection: Connection, asked: Asked, level: str) -> Sequence[Row[Any]]:
    """Per division of the level: code, value, counted, period; `city` is everything, as the code `*`."""
    rows = by_division(asked.indicator, asked.subject, asked.aggregate, asked.day)
    return connection.execute(select(rows).where(rows.c.level == level).order_by(rows.c.code)).all()


def trend(connection: Connection, asked: Asked, level: str, code: str) -> Sequence[Row[Any]]:
    """The figure of one division, or of the city, period by period: value, counted, least, greatest."""
    rows = by_period(asked.indicator, asked.subject, asked.aggregate, asked.day)
    return connection.execute(
        select(rows).where(rows.c.level == level, rows.c.code == code).order_by(rows.c.starts)
    ).all()


def trend_of_one(connection: Connection, indicator: str, subject: str, day: dt.date) -> Sequence[Row[Any]]:
    """The values of one subject that count, period by period."""
    rows = last_of_each_period(indicator, day)
    return connection.execute(select(rows).where(rows.c.subject == subject).order_by(rows.c.starts)).all()


def mark(connection: Connection) -> int:
    """A number that changes with every value that is sent."""
    return connection.scalar(select(func.max(IndicatorValue.id))) or 0


def history(
    connection: Connection, indicator: str, *, subject: str = "", period: str = "", limit: int = 100, after: int = 0
) -> Sequence[Row[Any]]:
    """Every value that was sent, corrected ones too, in the order they came."""
    table = IndicatorValue.__table__
    wanted = select(table).where(table.c.indicator == indicator, table.c.id > after).order_by(table.c.id).limit(limit)
    if subject:
        wanted = wanted.where(table.c.subject == subject)
    if period:
        wanted = wanted.where(table.c.period == period)
    return connection.execute(wanted).all()
