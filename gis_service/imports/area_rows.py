"""Stored management areas: found again by unit, name and place, written with their lasting keys and codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gis_service.imports.matching import (
    Identity,
    Known,
    match,
    nowhere_contrary,
    same_place,
    same_place_and_number,
)
from gis_service.imports.naming import bare
from gis_service.imports.numbering import Codes
from gis_service.store.staging import Row
from gis_service.store.tables import ManagementArea
from gis_service.store.upsert import Changes, Rule, upsert

_RULE = Rule(
    key="natural_key", once=frozenset({"code", "sample"}), silent=frozenset({"source_file", "source_row", "batch_id"})
)


@dataclass(frozen=True)
class Stored:
    """An area as it stood before the import."""

    id: int
    code: str
    abuttals_text: str


@dataclass(frozen=True)
class Written:
    """What the import did, and the id of every row in order."""

    changes: Changes
    ids: tuple[int, ...]


def area_identity(unit: str, name: str, street: str, neighborhood: str, seq: int | None = None) -> Identity:
    """What tells an area from all others."""
    return Identity(f"{bare(unit)}|{bare(name)}", (bare(street), bare(neighborhood)), seq)


def match_areas(connection: Connection, rows: Sequence[Identity]) -> list[str]:
    """The natural key of every row; an area whose 社区 was corrected stays the same area."""
    columns = (
        ManagementArea.natural_key,
        ManagementArea.reporting_unit,
        ManagementArea.name,
        ManagementArea.street,
        ManagementArea.neighborhood,
        ManagementArea.ledger_seq,
    )
    known = [Known(row[0], area_identity(*row[1:])) for row in connection.execute(select(*columns))]
    return match(rows, known, certain=(same_place_and_number, same_place), lone=(nowhere_contrary,))


def stored_areas(connection: Connection) -> dict[str, Stored]:
    """Every area by its natural key."""
    columns = (ManagementArea.natural_key, ManagementArea.id, ManagementArea.code, ManagementArea.abuttals_text)
    return {row[0]: Stored(row[1], row[2], row[3]) for row in connection.execute(select(*columns))}


def write_areas(connection: Connection, rows: Sequence[Row]) -> Written:
    """The rows are stored; new ones have the next code of their county."""
    codes, before = Codes(connection, ManagementArea, "WY"), stored_areas(connection)
    coded = [{**row, "code": _code(row, before, codes)} for row in rows]
    changes = upsert(connection, ManagementArea, coded, _RULE)
    after = stored_areas(connection)
    return Written(changes, tuple(after[str(row["natural_key"])].id for row in rows))


def _code(row: Row, before: dict[str, Stored], codes: Codes) -> str:
    known = before.get(str(row["natural_key"]))
    county = row["county_code"]
    return known.code if known else codes.next(county if isinstance(county, str) else None)
