"""Problems as a work list: filters in; rows, counts and the history of one problem out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy import Date as SqlDate

from gis_service import clock
from gis_service.codes import FIRE_CATEGORIES, DeadlineState, ProblemState
from gis_service.store.sources import is_past, problems_as_of
from gis_service.store.tables import Community, Division, ManagementArea, ProblemEvent, ProblemEvidence, ProblemFact

_HIDDEN = {"geom", "geom_3857", "natural_key", "batch_id", "responsible", "written"}  # the last two name persons
BEIJING = "Asia/Shanghai"


@dataclass(frozen=True)
class Wanted:
    """What a work list is narrowed down to; what is empty does not matter. `place` is a code or a reporting unit."""

    today: dt.date
    due_soon_days: int
    place: str = ""
    categories: tuple[int, ...] = ()
    states: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    unit: str = ""
    community_id: int | None = None
    words: str = ""
    origin: str = ""
    differs: bool = False
    ids: tuple[int, ...] = field(default=())


def is_fire(category: ColumnElement[int]) -> ColumnElement[bool]:
    """True of the categories that the fire brigade follows."""
    return category.between(FIRE_CATEGORIES.start, FIRE_CATEGORIES.stop - 1)


def problem_rows(today: dt.date, due_soon_days: int) -> Subquery:
    """Every problem as it stood on the day, with its division, its community, and how it stood to its deadline."""
    problem = problems_as_of(today, is_past(today))
    community, area = (table.__table__ for table in (Community, ManagementArea))
    county = (
        select(func.min(Division.code))
        .where(Division.level == "county", Division.name == problem.c.county)
        .scalar_subquery()
    )
    joined = problem.outerjoin(community, community.c.id == problem.c.community_id).outerjoin(
        area, area.c.id == problem.c.area_id
    )
    own = [column for column in problem.c if column.key not in _HIDDEN | {"county_code", "street_code"}]
    lon, lat = func.ST_X(problem.c.geom), func.ST_Y(problem.c.geom)
    return (
        select(
            *own,
            func.coalesce(problem.c.county_code, community.c.county_code, area.c.county_code, county).label(
                "county_code"
            ),
            func.coalesce(problem.c.street_code, community.c.street_code, area.c.street_code).label("street_code"),
            func.coalesce(community.c.street, area.c.street, "").label("street"),
            func.coalesce(community.c.neighborhood, area.c.neighborhood, "").label("neighborhood"),
            func.coalesce(community.c.reporting_unit, area.c.reporting_unit, problem.c.county).label("reporting_unit"),
            func.coalesce(community.c.name, "").label("community"),
            _due(problem, today, due_soon_days).label("due"),
            lon.label("lon"),
            lat.label("lat"),
        )
        .select_from(joined)
        .subquery("found_problems")
    )


def listed(connection: Connection, wanted: Wanted, *, limit: int, offset: int = 0) -> Sequence[Row[Any]]:
    """The problems wanted, the most urgent first."""
    rows = problem_rows(wanted.today, wanted.due_soon_days)
    urgent = {str(state): place for place, state in enumerate(DeadlineState)}
    order = (case(urgent, value=rows.c.due), rows.c.deadline.nulls_last(), rows.c.id)
    return connection.execute(_narrowed(select(rows), rows, wanted).order_by(*order).limit(limit).offset(offset)).all()


def counted(connection: Connection, wanted: Wanted) -> dict[str, dict[str, int]]:
    """How many of the problems wanted are in each state, and how they stand to their deadline."""
    rows = problem_rows(wanted.today, wanted.due_soon_days)
    query = select(rows.c.state, rows.c.due, func.count().label("number")).group_by(rows.c.state, rows.c.due)
    found = connection.execute(_narrowed(query, rows, wanted)).all()
    return {
        "state": {str(one): sum(row.number for row in found if row.state == one) for one in ProblemState},
        "due": {str(one): sum(row.number for row in found if row.due == one) for one in DeadlineState},
    }


def one_problem(connection: Connection, problem_id: int, today: dt.date, due_soon_days: int) -> Row[Any] | None:
    """The problem of that id; None where there is none."""
    found = listed(connection, Wanted(today, due_soon_days, ids=(problem_id,)), limit=1)
    return found[0] if found else None


def events_of(connection: Connection, problem_id: int) -> Sequence[Row[Any]]:
    """What was done about a problem, oldest first, with the evidence that came with it."""
    event, evidence = ProblemEvent.__table__, ProblemEvidence.__table__
    query = (
        select(
            event,
            evidence.c.id.label("evidence_id"),
            *(evidence.c[name] for name in ("media_type", "width", "height", "byte_count")),
        )
        .select_from(event.outerjoin(evidence, evidence.c.event_id == event.c.id))
        .where(event.c.problem_id == problem_id)
        .order_by(event.c.id)
    )
    return connection.execute(query).all()


def evidence_of(connection: Connection, problem_id: int, evidence_id: int) -> Row[Any] | None:
    """The evidence with its content; None where there is none."""
    table = ProblemEvidence.__table__
    query = select(table).where(table.c.id == evidence_id, table.c.problem_id == problem_id)
    return connection.execute(query).one_or_none()


def by_unit(connection: Connection, wanted: Wanted, since: dt.date, until: dt.date) -> Sequence[Row[Any]]:
    """Per county and responsible unit: where its problems stand, and what happened from `since` to `until`.

    `before_new` and `before_close` are of the days before, as many as these.
    """
    rows = problem_rows(wanted.today, wanted.due_soon_days)
    before = (since - (until - since) - _A_DAY, since - _A_DAY)
    happened, told = _happened((since, until), before), _first_told(rows)

    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(condition)

    query = (
        select(
            rows.c.reporting_unit.label("county"),
            func.coalesce(rows.c.unit, "").label("unit"),
            func.count().label("total"),
            *(number(rows.c.state == str(state)).label(str(state)) for state in ProblemState),
            *(number(rows.c.due == str(due)).label(str(due)) for due in DeadlineState if due != DeadlineState.CLOSED),
            number(told.between(since, until)).label("new"),
            number(told.between(*before)).label("before_new"),
            *(func.coalesce(func.sum(happened.c[kind]), 0).label(f"did_{kind}") for kind in _TOLD),
            func.coalesce(func.sum(happened.c.before_close), 0).label("before_close"),
        )
        .select_from(rows.outerjoin(happened, happened.c.problem_id == rows.c.id))
        .group_by(rows.c.reporting_unit, rows.c.unit)
        .order_by(rows.c.reporting_unit, func.count().desc(), rows.c.unit)
    )
    return connection.execute(_narrowed(query, rows, wanted)).all()


def units_of_problems(connection: Connection) -> list[str]:
    """Who reports problems, as things stand."""
    rows = problem_rows(clock.today(), 0)
    return sorted(connection.scalars(select(rows.c.reporting_unit).distinct()))


_A_DAY = dt.timedelta(days=1)
_TOLD = ("report_done", "close", "reopen")


def _first_told(rows: Subquery) -> ColumnElement[dt.date]:
    """The first day of which a ledger tells the problem; the day of the report where none does."""
    fact = ProblemFact.__table__
    first = select(func.min(fact.c.since)).where(fact.c.problem_id == rows.c.id).scalar_subquery()
    return func.coalesce(first, _day(rows.c.registered_at))


def _happened(now: tuple[dt.date, dt.date], before: tuple[dt.date, dt.date]) -> Subquery:
    event = ProblemEvent.__table__
    day = _day(event.c.at)
    counts = (func.count().filter(event.c.kind == kind, day.between(*now)).label(kind) for kind in _TOLD)
    closed = func.count().filter(event.c.kind == "close", day.between(*before)).label("before_close")
    within = day.between(before[0], now[1])
    return select(event.c.problem_id, *counts, closed).where(within).group_by(event.c.problem_id).subquery("happened")


def _day(moment: ColumnElement[Any]) -> ColumnElement[dt.date]:
    return cast(func.timezone(BEIJING, moment), SqlDate)


def _due(problem: FromClause, today: dt.date, due_soon_days: int) -> ColumnElement[str]:
    soon = today + dt.timedelta(days=due_soon_days)
    return case(
        (problem.c.closed.is_(True), str(DeadlineState.CLOSED)),
        (problem.c.deadline.is_(None), str(DeadlineState.UNDATED)),
        (problem.c.deadline < literal(today), str(DeadlineState.OVERDUE)),
        (problem.c.deadline <= literal(soon), str(DeadlineState.DUE_SOON)),
        else_=str(DeadlineState.IN_TIME),
    )


def _narrowed(query: Select[Any], rows: Subquery, wanted: Wanted) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.place:
        named = (rows.c.county_code, rows.c.street_code, rows.c.reporting_unit, rows.c.county)
        conditions.append(or_(false(), *(column == wanted.place for column in named)))
    for column, values in (("category", wanted.categories), ("state", wanted.states), ("due", wanted.due)):
        if values:
            conditions.append(rows.c[column].in_(values))
    if wanted.unit:
        conditions.append(rows.c.unit == wanted.unit)
    if wanted.community_id is not None:
        conditions.append(rows.c.community_id == wanted.community_id)
    if wanted.origin:
        conditions.append(rows.c.origin == wanted.origin)
    if wanted.differs:
        differs = func.coalesce(rows.c.ledger_closed, False) != func.coalesce(rows.c.closed, False)
        conditions.append(and_(rows.c.own_state.isnot(None), rows.c.origin == "ledger", differs))
    if wanted.words:
        said = (rows.c.project_name, rows.c.community, rows.c.content, rows.c.code)
        conditions.append(or_(*(column.contains(wanted.words, autoescape=True) for column in said)))
    if wanted.ids:
        conditions.append(rows.c.id.in_(wanted.ids))
    return query.where(*conditions)
