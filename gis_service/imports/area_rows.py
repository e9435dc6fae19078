"""Stored management areas: found again by unit, name and place, written with their lasting keys and codes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select, true
from sqlalchemy.orm import InstrumentedAttribute

from gis_service.imports.matching import (
    Identity,
    Known,
    match,
    nowhere_contrary,
    same_place,
    same_place_and_number,
)
from gis_service.imports.naming import bare
from gis_service.store.numbering import Codes
from gis_service.store.staging import Row
from gis_service.store.tables import AreaName, ManagementArea
from gis_service.store.upsert import Changes, Rule, upsert

AREA_RULE = Rule(
    key="natural_key",
    once=frozenset({"code", "sample", "resolution_status", "confidence", "sides", "issues"}),
    silent=frozenset({"source_file", "source_sheet", "source_row", "batch_id", "ledger_position"}),
)

Clue = tuple[str, ...]


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


def area_identity(
    unit: str, name: str, street: str, neighborhood: str, seq: int | None = None, *, communities: Sequence[str] = ()
) -> Identity:
    """What tells an area from all others."""
    held = "、".join(sorted(map(bare, communities)))
    return Identity(f"{bare(unit)}|{bare(name)}", (bare(street), bare(neighborhood)), seq, held)


def match_areas(
    connection: Connection,
    rows: Sequence[Identity],
    without: Collection[str] = (),
    units: Collection[str] | None = None,
) -> list[str]:
    """The natural key of every row; an area whose 社区 was corrected, or that has another name too, stays the same.

    `without`: keys of areas that other rows are already. `units`: the reporting units of the rows, where told.
    """
    known = list(_known(connection, ManagementArea.name, units))
    stored = {each.key for each in known}
    left = [each for each in known if each.key not in without]
    certain = (same_place_and_number, same_place)
    keys = match(rows, left, certain=certain, lone=(nowhere_contrary,), taken=stored)
    fresh = [at for at, key in enumerate(keys) if key not in stored]
    free = stored.difference(keys, without)
    if fresh and free:
        clues = [(key, clue) for key, clue in _clues(connection, units) if key in free]
        for at, key in under_other_clues([rows[at] for at in fresh], clues).items():
            keys[fresh[at]] = key
    return keys


def under_other_clues(rows: Sequence[Identity], clues: Iterable[tuple[str, Clue]]) -> dict[int, str]:
    """Row number → key of the one area that bore its name before, or holds the same communities at its place."""
    partners: dict[Clue, set[str]] = defaultdict(set)
    for key, clue in clues:
        partners[clue].add(key)
    wanted: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        found = set().union(*(partners.get(clue, ()) for clue in _clues_of(row)))
        if len(found) == 1:
            wanted[found.pop()].append(at)
    return {rows_at[0]: key for key, rows_at in wanted.items() if len(rows_at) == 1}


def _clues_of(row: Identity) -> Iterator[Clue]:
    yield ("name", row.group, *row.place)
    if row.communities:
        yield ("communities", row.group.partition("|")[0], row.communities, *row.place)


def _clues(connection: Connection, units: Collection[str] | None) -> Iterator[tuple[str, Clue]]:
    for known in _known(connection, AreaName.name, units):
        yield known.key, ("name", known.identity.group, *known.identity.place)
    columns = (ManagementArea.natural_key, ManagementArea.reporting_unit, ManagementArea.street)
    rows = select(*columns, ManagementArea.neighborhood, ManagementArea.community_names).where(_of(units))
    for key, unit, street, neighborhood, communities in connection.execute(rows):
        if communities:
            identity = area_identity(unit, "", street, neighborhood, communities=communities)
            yield key, ("communities", bare(unit), identity.communities, *identity.place)


def _of(units: Collection[str] | None) -> ColumnElement[bool]:
    return true() if units is None else ManagementArea.reporting_unit.in_(units)


def _known(connection: Connection, name: InstrumentedAttribute[str], units: Collection[str] | None) -> Iterator[Known]:
    columns = (
        ManagementArea.natural_key,
        ManagementArea.reporting_unit,
        name,
        ManagementArea.street,
        ManagementArea.neighborhood,
        ManagementArea.ledger_seq,
    )
    standing_first = (
        select(*columns)
        .where(_of(units))
        .order_by(ManagementArea.retired_on.is_not(None), ManagementArea.ledger_position, ManagementArea.id)
    )
    if name is AreaName.name:
        standing_first = standing_first.join(AreaName, AreaName.area_id == ManagementArea.id)
    for row in connection.execute(standing_first):
        yield Known(row[0], area_identity(*row[1:]))


def stored_areas(connection: Connection) -> dict[str, Stored]:
    """Every area by its natural key."""
    columns = (ManagementArea.natural_key, ManagementArea.id, ManagementArea.code, ManagementArea.abuttals_text)
    return {row[0]: Stored(row[1], row[2], row[3]) for row in connection.execute(select(*columns))}


def write_areas(connection: Connection, rows: Sequence[Row]) -> Written:
    """The rows are stored; new ones have the next code of their county."""
    codes, before = Codes(connection, ManagementArea, "WY"), stored_areas(connection)
    coded = [{**row, "code": _code(row, before, codes)} for row in rows]
    changes = upsert(connection, ManagementArea, coded, AREA_RULE)
    after = stored_areas(connection)
    return Written(changes, tuple(after[str(row["natural_key"])].id for row in rows))


def _code(row: Row, before: dict[str, Stored], codes: Codes) -> str:
    known = before.get(str(row["natural_key"]))
    county = row["county_code"]
    return known.code if known else codes.next(county if isinstance(county, str) else None)
