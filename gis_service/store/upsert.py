"""Rows with a natural key in; the table holds them, and which were new, changed or the same goes out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import (
    Case,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    all_,
    and_,
    case,
    delete,
    func,
    literal,
    literal_column,
    not_,
    select,
    tuple_,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import ARRAY, insert

from gis_service import clock
from gis_service.store.staging import Row, staged
from gis_service.store.tables import Table
from gis_service.store.versions import DAY, reach_back, said_later, say_again


@dataclass(frozen=True)
class Changes:
    """Natural keys of the rows that were inserted, updated, and too old to be told; how many were already as given."""

    new: frozenset[str] = field(default_factory=frozenset)
    changed: frozenset[str] = field(default_factory=frozenset)
    older: frozenset[str] = field(default_factory=frozenset)
    same: int = 0


@dataclass(frozen=True)
class Rule:
    """How rows meet their table.

    key: the natural key. once: written when a row is new and never again. silent: written with a change but never one
    by themselves (where the row came from). keep: an empty new value leaves the stored one. told_on: the day of a
    survey whose rows have a history (`stands_from`): a changed row counts from its own day, if that is later than what
    stands, else from `told_on`; what a later survey spoke of stays. joined: worked out from other tables, so that a
    change of these alone is nothing that a survey said.
    """

    key: str
    once: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()
    told_on: dt.date | None = None
    joined: frozenset[str] = frozenset()


def upsert(connection: Connection, table: type[Table], rows: Sequence[Row], rule: Rule) -> Changes:
    """All rows are in the table; stored rows that say the same are not touched. Keys must not repeat."""
    if not rows:
        return Changes()
    target = cast("SqlTable", table.__table__)
    with staged(connection, target, rows) as staging:
        older, begun = _of_the_past(connection, target, staging, rule)
        changes = merge(connection, target, select(staging), rule)
        if rule.told_on is not None:
            say_again(connection, target, staging, rule.key, rule.told_on)
    changes = replace(changes, changed=changes.changed | begun, older=older)
    return replace(changes, same=len(rows) - sum(map(len, (changes.new, changes.changed, older))))


def merge(connection: Connection, target: SqlTable, source: Select[Any], rule: Rule) -> Changes:
    """All rows of the query, named like columns of the table, are in it as by `upsert`; `same` is not counted."""
    names = list(source.selected_columns.keys())
    key = target.c[rule.key]
    statement = insert(target).from_select(names, source)
    values = {name: _value(statement.excluded, target, name, rule) for name in names if _updated(name, rule)}
    differs = _differ(target, values, (name for name in values if name not in rule.silent))
    if rule.told_on is not None:
        surveyed = _differ(target, values, _surveyed(values, rule))
        values[DAY] = _from_then_on(target, statement.excluded, surveyed, rule.told_on)
        differs = and_(differs, not_(and_(surveyed, said_later(target, rule.told_on))))
    touched = connection.execute(
        statement.on_conflict_do_update(index_elements=[key], set_=values, where=differs).returning(
            key, literal_column("xmax = 0").label("inserted")
        )
    ).all()
    new = frozenset(row[0] for row in touched if row.inserted)
    return Changes(new, frozenset(row[0] for row in touched) - new)


def _of_the_past(
    connection: Connection, target: SqlTable, staging: FromClause, rule: Rule
) -> tuple[frozenset[str], frozenset[str]]:
    """The keys of the rows that say something else than a later survey said, and of those that say it of earlier days.

    The latter count from the earlier day on from now.
    """
    if rule.told_on is None or rule.told_on >= clock.today():  # nothing is later
        return frozenset(), frozenset()
    names = (column.key for column in staging.c)
    values = {name: _value(staging.c, target, name, rule) for name in names if _updated(name, rule)}
    differ, key = _differ(target, values, _surveyed(values, rule)), target.c[rule.key]
    joined = target.join(staging, staging.c[rule.key] == key)
    older = select(key).select_from(joined).where(said_later(target, rule.told_on), differ)
    same = and_(staging.c[rule.key] == key, not_(differ))
    begun = reach_back(connection, target, staging, same, rule.told_on)
    return frozenset(connection.scalars(older)), frozenset(str(row[rule.key]) for row in begun)


def _surveyed(names: Iterable[str], rule: Rule) -> list[str]:
    return [name for name in names if name != DAY and name not in rule.silent | rule.joined]


def _differ(target: SqlTable, values: dict[str, Any], names: Iterable[str]) -> ColumnElement[bool]:
    compared = [name for name in names if name != DAY]
    return tuple_(*(target.c[name] for name in compared)).is_distinct_from(tuple_(*(values[n] for n in compared)))


def _from_then_on(target: SqlTable, told: Any, surveyed: ColumnElement[bool], told_on: dt.date) -> Case[Any]:
    own, stood = told[DAY], target.c[DAY]
    return case((not_(surveyed), stood), (own > stood, own), else_=literal(told_on))


def delete_others(connection: Connection, table: type[Table], key: str, kept: Sequence[str]) -> int:
    """Rows whose key is not among the kept are gone; says how many went."""
    column = table.__table__.c[key]
    gone = connection.execute(delete(table).where(column != all_(literal(list(kept), ARRAY(Text)))))
    return gone.rowcount


def _updated(name: str, rule: Rule) -> bool:
    return name != rule.key and name not in rule.once


def _value(excluded: Any, target: SqlTable, name: str, rule: Rule) -> Any:
    return func.coalesce(excluded[name], target.c[name]) if name in rule.keep else excluded[name]
