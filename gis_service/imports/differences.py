"""Staged rows of a ledger beside the stored ones → what a commit would change, cell by cell, in the sheet's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select

from gis_service.ledger.columns import FORMS, PARTS, Annex, title_of
from gis_service.ledger.written import cell_text

MOST_ROWS = 2_000  # rows whose differences are listed cell by cell


@dataclass(frozen=True)
class CellDifference:
    """A cell as it is stored and as the sheet has it."""

    column: str
    old: str
    new: str


@dataclass(frozen=True)
class RowDifference:
    """A row of the sheet that says something else than what is stored."""

    sheet: str
    row: int
    name: str
    cells: tuple[CellDifference, ...]


@dataclass(frozen=True)
class Differences:
    """What a ledger would change; rows that it no longer has are kept, and told."""

    rows: tuple[RowDifference, ...] = ()
    absent: tuple[str, ...] = ()
    absent_count: int = 0


def row_differences(connection: Connection, annex: Annex, compared: Select[Any]) -> list[RowDifference]:
    """The rows of a query that gives sheet, row, name, stored cells and new cells, as far as they differ."""
    found = [
        RowDifference(sheet, row, name, cell_differences(annex, stored, new))
        for sheet, row, name, stored, new in connection.execute(compared)
    ]
    return [each for each in found if each.cells]


def cell_differences(
    annex: Annex, stored: Mapping[str, object], new: Mapping[str, object]
) -> tuple[CellDifference, ...]:
    """The cells that differ, in the order of the form."""
    held = stored.keys() | new.keys()
    keys = [column.key for column in (*FORMS[annex], *PARTS[annex]) if column.key in held]
    told = ((key, cell_text(stored.get(key)), cell_text(new.get(key))) for key in keys)
    return tuple(CellDifference(title_of(annex, key), old, now) for key, old, now in told if old != now)
