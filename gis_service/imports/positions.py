"""Where the rows of a ledger stand among all that are known, so that the official form has them in their order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Integer, Table, Text, select, update

from gis_service.imports.ordering import merged_order
from gis_service.store.staging import gathered


def positions(connection: Connection, table: Table, sheet: Sequence[str], *, older: bool) -> dict[str, int]:
    """Natural key → position of every known row and of those of the sheet.

    The order of the newer ledger counts, be it that of the sheet or (`older`) the one that is known.
    """
    known = list(connection.scalars(select(table.c.natural_key).order_by(table.c.ledger_position, table.c.id)))
    merged = merged_order(sheet, known) if older else merged_order(known, sheet)
    return {key: at for at, key in enumerate(merged, 1)}


def make_room(connection: Connection, table: Table, wanted: Mapping[str, int], taken: Collection[str]) -> None:
    """The rows of ledgers but for those `taken` keep their place among the others."""
    stored = connection.execute(select(table.c.natural_key, table.c.ledger_position))
    moved = [
        {"natural_key": key, "ledger_position": wanted[key]}
        for key, position in stored
        if position is not None and key not in taken and wanted[key] != position
    ]
    if moved:
        columns: list[Column[Any]] = [Column("natural_key", Text), Column("ledger_position", Integer)]
        with gathered(connection, "moved_rows", columns, moved) as places:
            own = table.c.natural_key == places.c.natural_key
            connection.execute(update(table).values(ledger_position=places.c.ledger_position).where(own))
