"""The derived tables: what `analysis` found replaces what it found before, row by row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CompoundSelect,
    Connection,
    Select,
    Text,
    all_,
    any_,
    delete,
    func,
    literal,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from gis_service.codes import ProblemEventKind
from gis_service.store import versions
from gis_service.store.tables import (
    AreaFact,
    AreaRevision,
    Coverage,
    EbikeCharging,
    FireLane,
    Manhole,
    ProblemEvent,
    ProblemFact,
    Table,
    UncoveredCommunity,
)
from gis_service.store.upsert import Changes, Rule, delete_others, upsert

_RULE = Rule(key="id")
_SETTLING = (ProblemEventKind.CLOSE, ProblemEventKind.REOPEN)


def replace(connection: Connection, *, coverage: gpd.GeoDataFrame, uncovered: gpd.GeoDataFrame) -> None:
    """Both tables hold exactly these rows; rows that say the same as before are not touched."""
    _replace(connection, Coverage, coverage)
    _replace(connection, UncoveredCommunity, uncovered)


def replace_coverage(connection: Connection, coverage: gpd.GeoDataFrame, ids: Collection[str]) -> None:
    """Of these ids the table holds exactly these rows; where one has no shape the stored one stays."""
    gone = set(ids) - set(coverage["id"])
    connection.execute(delete(Coverage).where(Coverage.id == any_(literal(sorted(gone), ARRAY(Text)))))
    upsert(connection, Coverage, _rows(Coverage, coverage), Rule(key="id", keep=frozenset({"geom"})))


def replace_uncovered(connection: Connection, uncovered: gpd.GeoDataFrame, communities: Collection[int]) -> None:
    """Of these communities the table holds exactly these rows; rows that say the same as before are not touched."""
    table, rows = UncoveredCommunity, _rows(UncoveredCommunity, uncovered)
    own = table.community_id == any_(literal(sorted(communities), ARRAY(BigInteger)))
    held = literal([row["id"] for row in rows], ARRAY(Text))
    connection.execute(delete(table).where(own, table.id != all_(held)))
    upsert(connection, table, rows, _RULE)


def turn_to(connection: Connection, on: dt.date) -> None:
    """Both tables speak of the day: nothing that they say changes with it."""
    for table in (Coverage, UncoveredCommunity):
        connection.execute(update(table).where(table.as_of != on).values(as_of=on))


def computed_on(connection: Connection) -> dt.date | None:
    """The day the derived tables speak of; None before the first import."""
    return connection.scalar(select(func.max(Coverage.as_of)))


def coverage_rows(connection: Connection, level: str) -> list[dict[str, object]]:
    """The rows of a level as they were computed, by code, without their shapes."""
    table = Coverage.__table__
    columns = [column for column in table.c if column.key not in ("geom", "geom_3857")]
    rows = connection.execute(select(*columns).where(table.c.level == level).order_by(table.c.code))
    return [dict(row._mapping) for row in rows]


def uncovered_ids(connection: Connection) -> dict[str, list[int]]:
    """The communities that each reason holds for, as it was computed."""
    ids = func.array_agg(aggregate_order_by(UncoveredCommunity.community_id, UncoveredCommunity.community_id))
    rows = connection.execute(select(UncoveredCommunity.reason, ids).group_by(UncoveredCommunity.reason))
    return {row[0]: list(row[1]) for row in rows}


def uncovered_frame(connection: Connection) -> pd.DataFrame:
    """Every reason of every uncovered community as it was computed, without shapes."""
    columns = [column for column in UncoveredCommunity.__table__.c if column.key not in ("geom", "geom_3857")]
    rows = connection.execute(select(*columns).order_by(UncoveredCommunity.community_id, UncoveredCommunity.reason))
    return pd.DataFrame([tuple(row) for row in rows], columns=[column.key for column in columns], dtype=object)


def change_days(connection: Connection, most: int = 400) -> list[dt.date]:
    """The days on which a boundary, a ledger, a community or a 销号 changed, oldest first; the newest of too many."""
    agreed = AreaRevision.state == "approved"
    began = select(AreaRevision.effective_from.label("day")).where(agreed)
    ended = select(AreaRevision.effective_to).where(agreed, AreaRevision.effective_to.isnot(None))
    told = select(AreaFact.since).where(AreaFact.facts.isnot(None))
    return _newest(connection, most, began, ended, told, *_problem_days(), _community_days())


def hazard_days(connection: Connection, most: int = 400) -> list[dt.date]:
    """The days on which a hazard, a community, a problem in a ledger or a 销号 changed; the same of too many."""
    surveyed = map(_version_days, (FireLane, EbikeCharging, Manhole))
    return _newest(connection, most, *_problem_days(), *surveyed, _community_days())


def _problem_days() -> tuple[Select[Any], Select[Any]]:
    told = select(ProblemFact.since.label("day")).where(ProblemFact.facts.isnot(None))
    return told, select(func.date(ProblemEvent.at)).where(ProblemEvent.kind.in_(_SETTLING))


def _community_days() -> Select[Any]:
    days = versions.community_days().subquery("community_days")
    return select(days.c.day)


def _version_days(table: type[Table]) -> CompoundSelect[Any]:
    return versions.change_days(table.__tablename__, table.__table__)


def _newest(connection: Connection, most: int, *wanted: Select[Any] | CompoundSelect[Any]) -> list[dt.date]:
    days = union(*wanted).subquery("days")
    day = next(iter(days.c))
    return sorted(connection.scalars(select(day).order_by(day.desc()).limit(most)))


def _replace(connection: Connection, table: type[Table], frame: gpd.GeoDataFrame) -> Changes:
    rows = _rows(table, frame)
    delete_others(connection, table, "id", [str(row["id"]) for row in rows])
    return upsert(connection, table, rows, _RULE)


def _rows(table: type[Table], frame: gpd.GeoDataFrame) -> list[dict[str, object]]:
    columns = [column.key for column in table.__table__.c if column.computed is None]
    return [_row(record, columns) for record in frame.to_dict("records")]


def _row(record: dict[str, object], columns: list[str]) -> dict[str, object]:
    return {name: _plain(record[name]) for name in columns}


def _plain(value: object) -> object:
    """The value as PostgreSQL takes it: NaN, NaT and NA are NULL, surfaces are MultiPolygons."""
    if isinstance(value, shapely.Polygon):
        return shapely.MultiPolygon([value])
    if isinstance(value, (dict, list, shapely.MultiPolygon)):
        return value
    return None if pd.isna(value) else value
