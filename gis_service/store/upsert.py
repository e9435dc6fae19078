"""Rows with a natural key in; the table holds them, and which were new, changed or the same goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import Connection, Select, Text, all_, delete, func, literal, literal_column, select, tuple_
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import ARRAY, insert

from gis_service.store.staging import Row, staged
from gis_service.store.tables import Table


@dataclass(frozen=True)
class Changes:
    """Natural keys of the rows that were inserted and updated, and how many were already as given."""

    new: frozenset[str] = field(default_factory=frozenset)
    changed: frozenset[str] = field(default_factory=frozenset)
    same: int = 0


@dataclass(frozen=True)
class Rule:
    """How rows meet their table.

    key: the natural key. once: written when a row is new and never again. silent: written with a change but never one
    by themselves (where the row came from). keep: an empty new value leaves the stored one.
    """

    key: str
    once: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()


def upsert(connection: Connection, table: type[Table], rows: Sequence[Row], rule: Rule) -> Changes:
    """All rows are in the table; stored rows that say the same are not touched. Keys must not repeat."""
    if not rows:
        return Changes()
    target = cast("SqlTable", table.__table__)
    with staged(connection, target, rows) as staging:
        changes = merge(connection, target, select(staging), rule)
    return replace(changes, same=len(rows) - len(changes.new) - len(changes.changed))


def merge(connection: Connection, target: SqlTable, source: Select[Any], rule: Rule) -> Changes:
    """All rows of the query, named like columns of the table, are in it as by `upsert`; `same` is not counted."""
    names = list(source.selected_columns.keys())
    key = target.c[rule.key]
    statement = insert(target).from_select(names, source)
    values = {name: _value(statement.excluded, target, name, rule) for name in names if _updated(name, rule)}
    compared = [name for name in values if name not in rule.silent]
    differs = tuple_(*(target.c[name] for name in compared)).is_distinct_from(tuple_(*(values[n] for n in compared)))
    touched = connection.execute(
        statement.on_conflict_do_update(index_elements=[key], set_=values, where=differs).returning(
            key, literal_column("xmax = 0").label("inserted")
        )
    ).all()
    new = frozenset(row[0] for row in touched if row.inserted)
    return Changes(new, frozenset(row[0] for row in touched) - new)


def delete_others(connection: Connection, table: type[Table], key: str, kept: Sequence[str]) -> int:
    """Rows whose key is not among the kept are gone; says how many went."""
    column = table.__table__.c[key]
    gone = connection.execute(delete(table).where(column != all_(literal(list(kept), ARRAY(Text)))))
    return gone.rowcount


def _updated(name: str, rule: Rule) -> bool:
    return name != rule.key and name not in rule.once


def _value(excluded: Any, target: SqlTable, name: str, rule: Rule) -> Any:
    return func.coalesce(excluded[name], target.c[name]) if name in rule.keep else excluded[name]
