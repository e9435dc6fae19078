"""Staged rows of 附件1 → the areas they are, what would change, the rows written and their facts kept, part by part.

Every part of the rows goes through all steps, so that the rows that are through tell how far the work has come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    FromClause,
    Integer,
    Select,
    Table,
    Text,
    exists,
    func,
    literal,
    select,
    text,
    tuple_,
    type_coerce,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from gis_service.codes import ResolutionStatus
from gis_service.imports.area_rows import AREA_RULE, area_identity, match_areas
from gis_service.imports.coded_rows import CodedRows
from gis_service.imports.differences import MOST_ROWS, Differences, RowDifference, row_differences
from gis_service.imports.naming import bare
from gis_service.imports.positions import make_room, positions
from gis_service.imports.renames import learn_names
from gis_service.imports.report import Job
from gis_service.issues import Severity
from gis_service.store.facts import AREAS, keep_facts, keep_past, said_later, say_again
from gis_service.store.numbering import Codes
from gis_service.store.staging import gathered
from gis_service.store.tables import ManagementArea
from gis_service.store.upsert import merge

WAITING = {"code": "abuttals_waiting", "message": "等待落图", "severity": str(Severity.NOTE)}
AREA_CODE = "area_code"  # tells which area a row is, and is no fact about it
AREA_TABLE = cast("Table", ManagementArea.__table__)
_ABSENT_SHOWN = 200
_PART = 2_000  # rows that are written at a time
_KEYS = {"ordinal": Integer, "natural_key": Text, "code": Text, "ledger_position": Integer, "late": Boolean}


@dataclass
class Found:
    """What became of the rows: natural keys of new, changed and all rows that speak of today, and two counts.

    `past` is how many rows told of an earlier day alone; `keys` are in the order of the sheet.
    """

    keys: tuple[str, ...] = ()
    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    same: int = 0
    past: int = 0
    differences: Differences = field(default_factory=Differences)


def keep_staged(job: Job, staging: Table, coded: CodedRows) -> Found:
    """All staged rows are kept: those of today as areas and as facts, those older than what stands as facts alone."""
    connection = job.connection
    keys = _keys(job, staging, coded)
    late = said_later(connection, AREAS, job.since).intersection(keys.values())
    places = positions(connection, AREA_TABLE, list(keys.values()), older=bool(late))
    found, rows = Found(tuple(key for key in keys.values() if key not in late)), list[RowDifference]()
    keyed_rows = _key_rows(connection, staging, keys, places, late)
    with gathered(connection, "ledger_keys", [Column(*each) for each in _KEYS.items()], keyed_rows) as keyed:
        _make_ready(connection, staging, keyed)
        absent, absent_count = ((), 0) if late else _absent(connection, staging, keyed)
        job.progress("写入台账", 0, len(keys))
        for done, part in _parts(keyed, list(keys)):
            rows += _differences(connection, staging, part, MOST_ROWS - len(rows))
            learn_names(connection, staging, part)
            _write(job, staging, part, found)
            job.progress("写入台账", done, len(keys))
    make_room(connection, AREA_TABLE, places, set(found.keys))
    found.same = len(keys) - len(found.new) - len(found.changed) - found.past
    found.differences = Differences(tuple(rows), absent, absent_count)
    return found


def _write(job: Job, staging: Table, part: FromClause, found: Found) -> None:
    """The rows of a part are written, and what they say is known of the day of the ledger."""
    connection, of = job.connection, (job.since, job.batch_id)
    changes = merge(connection, AREA_TABLE, _wanted(staging, part), AREA_RULE)
    found.new |= changes.new
    found.changed |= changes.changed
    _take_places(connection, staging, part)
    keep_facts(connection, AREAS, changes.new | changes.changed, *of)
    say_again(connection, AREAS, select(part.c.natural_key).where(~part.c.late).subquery("told"), *of)
    joined = staging.join(part, part.c.ordinal == staging.c.ordinal)
    past = select(part.c.natural_key, *(staging.c[name] for name in AREAS.names)).select_from(joined)
    found.past += keep_past(connection, AREAS, past.where(part.c.late).subquery("told"), *of)


def _keys(job: Job, staging: Table, coded: CodedRows) -> dict[int, str]:
    """Ordinal → natural key of every staged row, in order: by its code where it has one, else by what it says.

    Rows are told apart within their reporting unit, so one unit after the other is looked at.
    """
    keys, done = dict(coded.keys), 0
    total = job.connection.scalar(select(func.count()).select_from(staging)) or 0
    job.progress("比对台账", 0, total)
    for units in _units(job.connection, staging):
        done += _match_units(job.connection, staging, units, coded, keys)
        job.progress("比对台账", done, total)
    return dict(sorted(keys.items()))


def _units(connection: Connection, staging: Table) -> Iterable[list[str]]:
    """The reporting units of staged and stored rows; spellings of the same one together."""
    alike: dict[str, list[str]] = defaultdict(list)
    for unit in connection.scalars(union(select(staging.c.reporting_unit), select(AREA_TABLE.c.reporting_unit))):
        alike[bare(unit)].append(unit)
    return alike.values()


def _match_units(
    connection: Connection, staging: Table, units: list[str], coded: CodedRows, keys: dict[int, str]
) -> int:
    """The keys of the rows of these units are found; says how many rows there are."""
    columns = ("ordinal", "reporting_unit", "name", "street", "neighborhood", "ledger_seq", "community_names")
    wanted = select(*(staging.c[name] for name in columns)).where(staging.c.reporting_unit.in_(units))
    count, ordinals, identities = 0, [], []
    for row in connection.execute(wanted.order_by(staging.c.ordinal)):
        count += 1
        if row.ordinal not in coded.keys:
            ordinals.append(row.ordinal)
            identities.append(area_identity(*row[1:6], communities=row.community_names))
    if identities:
        found = match_areas(connection, identities, frozenset(coded.keys.values()), units)
        keys.update(zip(ordinals, found, strict=True))
    return count


def _key_rows(
    connection: Connection, staging: Table, keys: dict[int, str], places: dict[str, int], late: frozenset[str]
) -> Iterator[dict[str, object]]:
    """The key, code, position and lateness of every staged row; new areas get the next code of their county."""
    known = set(connection.scalars(select(AREA_TABLE.c.natural_key)))
    codes = Codes(connection, ManagementArea, "WY")
    fresh = [ordinal for ordinal, key in keys.items() if key not in known]
    counties = connection.execute(select(staging.c.ordinal, staging.c.county_code).order_by(staging.c.ordinal))
    county_of = {ordinal: county for ordinal, county in counties if keys[ordinal] not in known}
    given = {ordinal: codes.next(county_of[ordinal]) for ordinal in fresh}
    return (  # everything is read before: while rows are copied the connection takes no query
        {
            "ordinal": ordinal,
            "natural_key": key,
            "code": given.get(ordinal),
            "ledger_position": places[key],
            "late": key in late,
        }
        for ordinal, key in keys.items()
    )


def _make_ready(connection: Connection, *tables: Table) -> None:
    """Parts of the temporary tables are found quickly."""
    for table in tables:
        connection.execute(text(f"create unique index on {table.name} (ordinal)"))
        connection.execute(text(f"analyze {table.name}"))


def _parts(keyed: Table, ordinals: list[int]) -> Iterator[tuple[int, FromClause]]:
    """The rows part by part, each with how many there are up to its end."""
    for start in range(0, len(ordinals), _PART):
        own = ordinals[start : start + _PART]
        yield start + len(own), select(keyed).where(keyed.c.ordinal.between(own[0], own[-1])).subquery("part")


def _wanted(staging: Table, part: FromClause) -> Select[Any]:
    """The staged rows with their keys, as rows of the table; a new sentence waits to be resolved."""
    columns = [column for column in staging.c if column.name not in {"ordinal", AREA_CODE}]
    waiting = {
        "resolution_status": literal(str(ResolutionStatus.UNRESOLVED)),
        "confidence": literal(0.0),
        "sides": literal([], JSONB),
        "issues": literal([WAITING], JSONB),
    }
    known = select(AREA_TABLE.c.code).where(AREA_TABLE.c.natural_key == part.c.natural_key).scalar_subquery()
    code = func.coalesce(part.c.code, known).label("code")
    labels = [type_coerce(value, AREA_TABLE.c[name].type).label(name) for name, value in waiting.items()]
    joined = staging.join(part, part.c.ordinal == staging.c.ordinal)
    wanted = select(*columns, part.c.natural_key, code, part.c.ledger_position, *labels).select_from(joined)
    return wanted.where(~part.c.late)


def _differences(connection: Connection, staging: Table, part: FromClause, most: int) -> list[RowDifference]:
    """The cells that the rows of a part would change today, of so many rows at most."""
    joined = staging.join(part, part.c.ordinal == staging.c.ordinal).join(
        AREA_TABLE, AREA_TABLE.c.natural_key == part.c.natural_key
    )
    stored, new = AREA_TABLE.c.written, staging.c.written
    columns = (staging.c.source_sheet, staging.c.source_row, AREA_TABLE.c.name, stored, new)
    differing = select(*columns).select_from(joined).order_by(staging.c.ordinal).limit(most)
    return row_differences(connection, 1, differing.where(~part.c.late, stored != new, stored != literal({}, JSONB)))


def _absent(connection: Connection, staging: Table, keyed: Table) -> tuple[tuple[str, ...], int]:
    """The names of the first areas of the same units that the ledger no longer has, and how many there are."""
    absent = select(AREA_TABLE.c.name).where(
        AREA_TABLE.c.reporting_unit.in_(select(staging.c.reporting_unit)),
        AREA_TABLE.c.ledger_position.is_not(None),
        ~exists().where(keyed.c.natural_key == AREA_TABLE.c.natural_key),
    )
    names = connection.scalars(absent.order_by(AREA_TABLE.c.ledger_position).limit(_ABSENT_SHOWN))
    count = connection.scalar(select(func.count()).select_from(absent.subquery())) or 0
    return tuple(names), count


def _take_places(connection: Connection, staging: Table, part: FromClause) -> None:
    """Where each row stood in the file is known, also of rows that say the same as before."""
    names = ("source_file", "source_sheet", "source_row")
    source = [staging.c[name] for name in names] + [part.c.ledger_position]
    stored = [AREA_TABLE.c[name] for name in (*names, "ledger_position")]
    connection.execute(
        update(AREA_TABLE)
        .values({**dict(zip((*names, "ledger_position"), source, strict=True)), "batch_id": staging.c.batch_id})
        .where(
            part.c.ordinal == staging.c.ordinal,
            ~part.c.late,
            AREA_TABLE.c.natural_key == part.c.natural_key,
            tuple_(*stored).is_distinct_from(tuple_(*source)),
        )
    )
