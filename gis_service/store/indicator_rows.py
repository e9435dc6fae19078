"""An indicator and a day in; its subjects with the value that counts on that day, singly or by division, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from gis_service.store.tables import Community, Division, IndicatorValue, ManagementArea, Table

Day = dt.date | ColumnElement[dt.date]
SUBJECTS: Mapping[str, type[Table]] = {"area": ManagementArea, "community": Community, "division": Division}
LEVEL_KEYS = {
    "county": "county_code",
    "street": "street_code",
    "neighborhood": "neighborhood_code",
    "reporting_unit": "reporting_unit",
}


def last_of_each_period(indicator: str, day: Day) -> Subquery:
    """The value that counts of every subject and period that had begun on the day: the one sent last."""
    return _counting(_sent(indicator, day))


def _sent(indicator: str, day: Day) -> Select[Any]:
    table = IndicatorValue.__table__
    return select(table).where(table.c.indicator == indicator, table.c.starts <= day)


def _counting(sent: Select[Any]) -> Subquery:
    """Of each subject and period the row sent last, unless it took the value back; read backwards from an index."""
    table = IndicatorValue.__table__
    order = (table.c.subject.desc(), table.c.starts.desc(), table.c.id.desc())
    last = sent.ext(distinct_on(table.c.subject, table.c.starts)).order_by(*order).subquery("last")
    return select(last).where(last.c.value.isnot(None)).subquery("counting")


def _newest(indicator: str, day: Day, *wanted: ColumnElement[bool]) -> Select[Any]:
    """The row that counts of the newest period that has any, among those wanted, found from the newest on."""
    table, later = IndicatorValue.__table__, aliased(IndicatorValue)
    same = (later.indicator == table.c.indicator, later.subject == table.c.subject, later.starts == table.c.starts)
    counts = table.c.value.isnot(None) & ~exists().where(*same, later.id > table.c.id).correlate(table)
    return _sent(indicator, day).where(*wanted, counts).order_by(table.c.starts.desc()).limit(1)


def newest_of(code: ColumnElement[str], indicator: str, day: Day) -> FromClause:
    """Of the subject of that code the value of its newest period that had begun on the day, as a lateral join."""
    return _newest(indicator, day, IndicatorValue.__table__.c.subject == code).lateral()


def places(subject: str) -> Subquery:
    """Every subject: code, name, and the divisions it lies in."""
    if subject != "division":
        own = SUBJECTS[subject].__table__
        return select(own.c.code, own.c.name, *(own.c[key] for key in LEVEL_KEYS.values())).subquery("places")
    division = Division.__table__
    code, digits = division.c.code, func.length(division.c.code)
    return select(
        *(code, division.c.name),
        func.left(code, 6).label("county_code"),
        case((digits >= 9, func.left(code, 9))).label("street_code"),
        case((digits >= 12, code)).label("neighborhood_code"),
        division.c.reporting_unit,
    ).subquery("places")


def by_division(indicator: str, subject: str, aggregate: str, day: Day) -> Subquery:
    """Per level and code of a division or reporting unit: value, how many it is made of, and the period.

    All values are of one period, the newest that had begun on the day and holds any.
    """
    table = IndicatorValue.__table__
    newest = _newest(indicator, day).subquery("newest")
    sent = _sent(indicator, day).where(table.c.starts == select(newest.c.starts).scalar_subquery())
    return _grouped(_counting(sent), places(subject), aggregate)


def by_period(indicator: str, subject: str, aggregate: str, day: Day) -> Subquery:
    """The same of every period, so that it can be followed over time."""
    return _grouped(last_of_each_period(indicator, day), places(subject), aggregate)


def _grouped(counting: Subquery, place: Subquery, aggregate: str) -> Subquery:
    how = func.sum if aggregate == "sum" else func.avg
    joined = counting.join(place, place.c.code == counting.c.subject)

    def of(level: str, code: ColumnElement[Any]) -> Select[Any]:
        return (
            select(
                literal(level, Text).label("level"),
                cast(code, Text).label("code"),
                *(counting.c.starts, counting.c.period),
                how(counting.c.value).label("value"),
                func.count().label("counted"),
                func.min(counting.c.value).label("least"),
                func.max(counting.c.value).label("greatest"),
            )
            .select_from(joined)
            .where(code.isnot(None), code != "")
            .group_by(code, counting.c.starts, counting.c.period)
        )

    levels = [of(level, place.c[key]) for level, key in LEVEL_KEYS.items()]
    return union_all(*levels, of("city", literal("*", Text))).subquery("grouped")


def subject_rows(subject: str, indicator: str, day: Day, own: FromClause) -> Subquery:
    """The subjects that have a value, with it and their shapes; `own` are all of them on the day."""
    found = newest_of(own.c.code, indicator, day)
    told: list[ColumnElement[Any]] = [own.c.code, own.c.name]
    if subject == "division":
        told += [own.c.level, own.c.parent_code]
    else:
        told += [own.c[name] for name in ("county_code", "street_code", "street", "neighborhood")]
    return (
        select(
            *told,
            own.c.reporting_unit,
            *(found.c.value, found.c.period, found.c.starts.label("period_start")),
            *(found.c.system, found.c.received_at, found.c.note),
            (own.c.sample | found.c.sample).label("sample"),
            *(own.c.geom, own.c.geom_3857),
        )
        .select_from(own.join(found, true()))
        .subquery("figures")
    )


def widened(rows: FromClause, wanted: tuple[tuple[str, str, str], ...], day: Day) -> Subquery:
    """The rows of a layer with a column for each indicator: subject, aggregate and id of each in `wanted`."""
    joined: FromClause = rows
    columns: list[ColumnElement[Any]] = []
    for subject, aggregate, indicator in wanted:
        if "level" in rows.c:
            figures = by_division(indicator, subject, aggregate, day).alias(f"by_division_{indicator}")
            joined = joined.outerjoin(figures, and_(figures.c.level == rows.c.level, figures.c.code == rows.c.code))
            value = figures.c.value
        else:
            newest = newest_of(rows.c.code, indicator, day)
            joined = joined.outerjoin(newest, true())
            value = newest.c.value
        columns.append(value.label(f"indicator_{indicator}"))
    return select(*rows.c, *(columns or [null().label("none_")])).select_from(joined).subquery("widened")
