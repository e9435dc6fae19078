"""What can be read as a layer: each source with its columns, their types, and the rows on a given day.

Beside those of the tables there are sources that a name describes: `indicator:area:ID` is an indicator of areas, and
`coverage+division:mean:ID` is a source with a column more for the indicator.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Float,
    FromClause,
    Integer,
    Numeric,
    Select,
    and_,
    cast,
    column,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased
from sqlalchemy.types import TypeEngine

from gis_service import clock
from gis_service.store import tables
from gis_service.store.indicator_rows import subject_rows, widened
from gis_service.store.tables import (
    AreaFact,
    AreaRevision,
    Community,
    IndicatorValue,
    ManagementArea,
    Problem,
    ProblemFact,
)
from gis_service.store.versions import first_version

Day = dt.date | ColumnElement[dt.date]


class ColumnType(StrEnum):
    """The type of a column, as a layer's declaration and a filter see it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TEXTS = "texts"  # a list of texts
    JSON = "json"


@dataclass(frozen=True)
class Source:
    """A source of features: `rows(day, past)` has the columns, `geom` (lon/lat) and `geom_3857` (Web Mercator).

    `past` is true of a day that is over (`is_past`): then the history is read, if there is one, instead of the present.
    """

    id: str
    id_column: str
    columns: Mapping[str, ColumnType]
    rows: Callable[[Day, bool], FromClause] = field(repr=False)
    since: Select[Any] | None = field(repr=False, default=None)  # its first day, if it has a history


_NOT_PUBLISHED = {"geom", "geom_3857", "natural_key", "former_names", "established_on", "retired_on", "stands_from"}
PROPOSED = ("draft", "in_review", "sent_back")  # states of a revision that somebody still works on
DECIMALS = 7  # of a degree: about a centimetre
METRIC_DECIMALS = 3  # a millimetre
_TYPES: tuple[tuple[type[TypeEngine[Any]], ColumnType], ...] = (
    (JSONB, ColumnType.JSON),
    (ARRAY, ColumnType.TEXTS),
    (Boolean, ColumnType.BOOLEAN),
    (Integer, ColumnType.INTEGER),
    (Numeric, ColumnType.NUMBER),
    (Float, ColumnType.NUMBER),
    (DateTime, ColumnType.TIMESTAMP),
    (Date, ColumnType.DATE),
)


def _type_of(column: Column[object] | ColumnElement[object]) -> ColumnType:
    for sql_type, ours in _TYPES:
        if isinstance(column.type, sql_type):
            return ours
    return ColumnType.TEXT


def _columns_of(rows: FromClause) -> dict[str, ColumnType]:
    return {column.key: _type_of(column) for column in rows.c if column.key not in _NOT_PUBLISHED}


def _stored(source: str, table: type[tables.Table]) -> Source:
    rows = table.__table__
    return Source(source, next(iter(rows.primary_key)).key, _columns_of(rows), rows=lambda _day, _past: rows)


def _surveyed(source: str, table: type[tables.Table]) -> Source:
    """Hazards with the codes and names of their community and area."""

    def rows(day: Day, past: bool) -> FromClause:
        own, community = surveyed_as_of(table, day, past), surveyed_as_of(Community, day, past)
        area = ManagementArea.__table__
        return (
            select(
                *(each for each in own.c if each.key not in ("community_said", "stands_from")),
                *(community.c.code.label("community_code"), community.c.name.label("community")),
                *(area.c.code.label("area_code"), area.c.name.label("area")),
            )
            .select_from(
                own.outerjoin(community, community.c.id == own.c.community_id).outerjoin(
                    area, area.c.id == own.c.area_id
                )
            )
            .subquery(source)
        )

    return _dated(source, rows, first_version(source, table.__table__))


def _dated(source: str, rows: Callable[[Day, bool], FromClause], since: Select[Any]) -> Source:
    """A source with a history, whose present is made once."""
    today = rows(dt.date.min, False)
    return Source(source, "id", _columns_of(today), lambda day, past: rows(day, past) if past else today, since)


def surveyed_as_of(table: type[tables.Table], day: Day, past: bool) -> FromClause:
    """Communities or hazards as surveys had told of them by the day.

    Before the first communities of a reporting unit these count; a hazard is not there before it was surveyed.
    """
    return _as_of(getattr(func, f"{table.__tablename__}_on")(day), table) if past else table.__table__


def in_force(day: Day, revision: type[AreaRevision] = AreaRevision) -> ColumnElement[bool]:
    """True of a revision that is the agreed boundary on the day."""
    lasts = or_(revision.effective_to.is_(None), revision.effective_to > day)
    return and_(revision.state == "approved", revision.effective_from <= day, lasts)


def shown_revision(day: Day) -> FromClause:
    """The revision that stands for an area on the day: the agreed one, or else the newest proposal made by then.

    To be joined by `area_id`; asked of each revision alone, so that a spatial index may find it first.
    """
    own, other = AreaRevision, aliased(AreaRevision)
    newer = and_(_proposed(other, day), other.number > own.number)
    surpassed = exists().where(other.area_id == own.area_id, or_(in_force(day, other), newer))
    return select(own).where(or_(in_force(day), and_(_proposed(own, day), ~surpassed))).subquery("shown")


def _proposed(revision: type[AreaRevision], day: Day) -> ColumnElement[bool]:
    return and_(revision.state.in_(PROPOSED), func.date(revision.created_at) <= day)


def is_past(day: dt.date | None) -> bool:
    """True of a day that is over."""
    return day is not None and day < clock.today()


def areas_as_of(day: Day, past: bool) -> FromClause:
    """The areas as the ledgers had them by the day, whether retired or established since or not."""
    return _as_of(func.areas_on(day), ManagementArea) if past else ManagementArea.__table__


def problems_as_of(day: Day, past: bool) -> FromClause:
    """The problems as people had dealt with them by the day; what a ledger alone says of them has no day."""
    return _as_of(func.problems_on(day), Problem) if past else Problem.__table__


def _as_of(rows: Any, table: type[tables.Table]) -> FromClause:
    own = (column(each.key, each.type) for each in table.__table__.c)
    found: FromClause = rows.table_valued(*own, name=f"{table.__tablename__}_then")
    return found


def _areas(day: Day, past: bool) -> FromClause:
    shown, area, problem = shown_revision(day), areas_as_of(day, past), problems_as_of(day, past)
    open_problems = (
        select(func.count())
        .where(problem.c.area_id == area.c.id, problem.c.closed.isnot(True))
        .scalar_subquery()
        .label("problems_open")
    )
    kept_back = {"open_sides", "former_names", "established_on", "retired_on"}
    own = [each for each in area.c if each.key not in kept_back]
    open_sides = cast(func.ST_AsGeoJSON(area.c.open_sides, DECIMALS, 0), JSONB)
    return (
        select(
            *own,
            open_sides.label("open_sides"),
            shown.c.state,
            shown.c.number.label("revision"),
            shown.c.effective_from,
            shown.c.area_m2,
            open_problems,
            shown.c.geom,
            shown.c.geom_3857,
        )
        .select_from(area.outerjoin(shown, shown.c.area_id == area.c.id))
        .where(exists_on(day, area))
        .subquery("areas")
    )


def exists_on(day: Day, area: FromClause) -> ColumnElement[bool]:
    """True of an area on the day: neither yet to come from a split or merge, nor gone in one."""
    return and_(
        or_(area.c.established_on.is_(None), area.c.established_on <= day),
        or_(area.c.retired_on.is_(None), area.c.retired_on > day),
    )


def _drafts(_day: Day, _past: bool) -> FromClause:
    working, area = _working(), ManagementArea
    return (
        select(
            *(area.id, area.code, area.name, area.reporting_unit, area.county_code, area.street, area.neighborhood),
            working.c.number.label("revision"),
            *(working.c.state, working.c.origin, working.c.note, working.c.created_at, working.c.area_m2),
            *(area.sample, working.c.geom, working.c.geom_3857),
        )
        .select_from(area.__table__.join(working, working.c.area_id == area.id))
        .where(area.retired_on.is_(None))
        .subquery("drafts")
    )


def _working() -> FromClause:
    """The revisions that somebody works on: the newest of their area, unless agreed; discarded ones do not count."""
    own, other = AreaRevision, aliased(AreaRevision)
    later = exists().where(other.area_id == own.area_id, other.number > own.number, other.state != "discarded")
    return select(own).where(own.state.in_(PROPOSED), ~later).subquery("working")


_FIRST_BOUNDARY = select(func.min(func.least(AreaRevision.effective_from, func.date(AreaRevision.created_at))))
_FIRST_FACT = select(func.min(AreaFact.since))
_FIRST_FOUND = select(func.min(func.date(Problem.registered_at))).where(Problem.origin == "spot").scalar_subquery()
_FIRST_TOLD = select(func.least(_FIRST_BOUNDARY.scalar_subquery(), _FIRST_FACT.scalar_subquery(), type_=Date()))
_FIRST_COMMUNITY = first_version("communities", Community.__table__)
_FIRST_PROBLEM = select(func.least(select(func.min(ProblemFact.since)).scalar_subquery(), _FIRST_FOUND, type_=Date()))
_STORED: tuple[tuple[str, type[tables.Table]], ...] = (
    ("divisions", tables.Division),
    ("places", tables.PlaceRow),
    ("uncovered_communities", tables.UncoveredCommunity),
    ("coverage", tables.Coverage),
)
_HAZARDS: tuple[tuple[str, type[tables.Table]], ...] = (
    ("fire_lanes", tables.FireLane),
    ("ebike_charging", tables.EbikeCharging),
    ("manholes", tables.Manhole),
)
_INDICATOR = re.compile(r"indicator:(area|community|division):([a-z][a-z0-9_]{0,39})")
_WIDER = re.compile(r"([a-z_]+)((?:\+(?:area|community|division):(?:mean|sum):[a-z][a-z0-9_]{0,39})+)")


class _Sources(dict[str, Source]):
    """Those of the tables, and those that a name describes, made when they are asked for."""

    def __missing__(self, name: str) -> Source:
        return _described(name)


SOURCES: Mapping[str, Source] = _Sources(
    {source: _stored(source, table) for source, table in _STORED}
    | {source: _surveyed(source, table) for source, table in _HAZARDS}
    | {
        "communities": _dated("communities", partial(surveyed_as_of, Community), _FIRST_COMMUNITY),
        "problems": _dated("problems", problems_as_of, _FIRST_PROBLEM),
    }
    | {
        source: Source(source, "id", _columns_of(rows(dt.date.min, False)), rows, since)
        for source, rows, since in (("management_areas", _areas, _FIRST_TOLD), ("boundary_drafts", _drafts, None))
    }
)


def source_named(name: str) -> Source | None:
    """The source of that name; None where there is none."""
    try:
        return SOURCES[name]
    except KeyError:
        return None


@lru_cache(maxsize=256)
def _described(name: str) -> Source:
    """The source of an indicator, or one with columns of indicators; KeyError for any other name."""
    own, wider = _INDICATOR.fullmatch(name), _WIDER.fullmatch(name)
    if own is not None:
        return _of_indicator(name, own[1], own[2])
    if wider is None or wider[1] not in SOURCES:
        raise KeyError(name)
    base = SOURCES[wider[1]]
    wanted = tuple(_parts(part) for part in wider[2].removeprefix("+").split("+"))

    def rows(day: Day, past: bool) -> FromClause:
        return widened(base.rows(day, past), wanted, day)

    return Source(name, base.id_column, _columns_of(rows(dt.date.min, False)), rows, base.since)


def _parts(text: str) -> tuple[str, str, str]:
    subject, aggregate, indicator = text.split(":")
    return subject, aggregate, indicator


_SUBJECTS: Mapping[str, Callable[[Day, bool], FromClause]] = {
    "area": _areas,
    "community": partial(surveyed_as_of, Community),
    "division": lambda _day, _past: tables.Division.__table__,
}


def _of_indicator(name: str, subject: str, indicator: str) -> Source:
    def rows(day: Day, past: bool) -> FromClause:
        return subject_rows(subject, indicator, day, _SUBJECTS[subject](day, past))

    first = select(func.min(IndicatorValue.starts, type_=Date())).where(IndicatorValue.indicator == indicator)
    return Source(name, "code", _columns_of(rows(dt.date.min, False)), rows, first)
