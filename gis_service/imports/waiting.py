"""Sentences that wait → resolved against the landmarks as they are now; small ledgers at once, large ones in groups."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    Column,
    Connection,
    Engine,
    Integer,
    Row,
    Table,
    Text,
    any_,
    func,
    literal,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from gis_service import __version__
from gis_service.abuttals import parse
from gis_service.codes import ResolutionStatus
from gis_service.editing.judged import judgements_of
from gis_service.editing.landmarks import landmarks
from gis_service.editing.resolved import resolution_columns
from gis_service.gazetteer import Gazetteer
from gis_service.imports.drafting import Proposal, as_surface, propose
from gis_service.imports.report import Progress
from gis_service.imports.staged_areas import WAITING
from gis_service.issues import Issue, Severity, Where
from gis_service.ledger.limits import MAX_ISSUES
from gis_service.resolver import Hint, Resolution, ResolverOptions, resolve_all
from gis_service.resolver import Row as Sentence
from gis_service.store.batches import wait_for_imports
from gis_service.store.staging import gathered
from gis_service.store.tables import ManagementArea

AT_ONCE = 2_000  # rows that an import resolves before it commits; of more, the rest is resolved afterwards
_GROUP = 1_000
_AREAS = cast("Table", ManagementArea.__table__)
_COLUMNS = ("resolution_status", "confidence", "sides", "open_sides", "issues")
_GROUND = "select string_agg(source || revision, ',' order by source) from layer_revisions where source = any(:sources)"
_JUDGED = "select count(*) || '/' || count(*) filter (where live) from judgements"
_UNSAID = Resolution(
    ResolutionStatus.UNRESOLVED, 0.0, None, issues=(Issue("abuttals_missing", "没有填写四至范围", Severity.WARNING),)
)
_UNSAID_MD5 = hashlib.md5(b"", usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Ground:
    """The landmarks, how to resolve, and a mark that changes with either."""

    gazetteer: Gazetteer
    options: ResolverOptions
    mark: str


def ground_of(connection: Connection, options: ResolverOptions) -> Ground:
    """The landmarks as they are now."""
    return Ground(landmarks(connection), options, _mark(connection, options))


def count_waiting(connection: Connection, options: ResolverOptions, keys: Sequence[str] | None = None) -> int:
    """How many areas (None: of all that ledgers named) have a sentence that was not resolved on this ground."""
    return int(connection.scalar(select(func.count()).where(*_waiting(_mark(connection, options), keys))) or 0)


def waiting_keys(connection: Connection, options: ResolverOptions) -> tuple[str, ...]:
    """The areas that ledgers named and whose sentence was not resolved on this ground."""
    rows = select(ManagementArea.natural_key).where(*_waiting(_mark(connection, options), None))
    return tuple(connection.scalars(rows.order_by(ManagementArea.ledger_position)))


def resolve_at_once(
    connection: Connection, keys: Sequence[str], options: ResolverOptions, progress: Progress, *, sample: bool
) -> frozenset[str]:
    """The sentences of these areas are resolved together in the open transaction; the keys of those that changed."""
    if not count_waiting(connection, options, keys):
        return frozenset()
    ground = ground_of(connection, options)
    rows = _rows(connection, _of(keys))
    return _resolved(connection, rows, ground, lambda done, total: progress("四至落图", done, total), sample=sample)


def open_issues(connection: Connection, keys: Sequence[str], file: str) -> list[Issue]:
    """What the clerk is told about rows whose sentence did not become a boundary."""
    columns = (_AREAS.c.source_sheet, _AREAS.c.source_row, _AREAS.c.resolution_status, _AREAS.c.issues)
    resolved = _AREAS.c.resolution_status == str(ResolutionStatus.RESOLVED)
    waiting = _AREAS.c.issues.bool_op("@>")(literal([{"code": WAITING["code"]}], JSONB))
    rows = select(*columns).where(_of(keys), ~resolved, ~waiting).order_by(_AREAS.c.ledger_position).limit(MAX_ISSUES)
    return [_open_issue(file, *row) for row in connection.execute(rows)]


def _open_issue(file: str, sheet: str, row: int, status: str, issues: list[dict[str, str]]) -> Issue:
    reasons = "；".join(dict.fromkeys(issue["message"] for issue in issues)) or "原因不明"
    where = Where(file=file, sheet=sheet, row=row, column="四至范围")
    return Issue(f"abuttals_{status}", f"{ResolutionStatus(status).words}：{reasons}", Severity.NOTE, where)


def resolve_waiting(engine: Engine, options: ResolverOptions, progress: Progress) -> int:
    """Every waiting sentence is resolved, group by group, each in a transaction of its own; says how many changed.

    Whoever stops this loses no group that is done; the next call goes on.
    """
    with engine.connect() as connection:
        ground = ground_of(connection, options)
        groups = list(_groups(connection, ground.mark))
    total, done, changed = sum(len(keys) for keys in groups), 0, 0
    for keys in groups:
        with engine.begin() as connection:
            wait_for_imports(connection)
            rows = _rows(connection, _of(keys))
            changed += len(_resolved(connection, rows, ground, _silent, sample=False))
        done += len(keys)
        progress("四至落图", done, total)
    return changed


def _silent(_done: int, _total: int) -> None:
    pass


def _mark(connection: Connection, options: ResolverOptions) -> str:
    sources = {"sources": ["places", "communities", "divisions"]}
    ground, judged = connection.scalar(text(_GROUND), sources), connection.scalar(text(_JUDGED))
    told = f"{__version__}|{options!r}|{ground}|{judged}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _of(keys: Sequence[str]) -> Any:
    return ManagementArea.natural_key == any_(literal(list(keys), ARRAY(Text)))


def _waiting(mark: str, keys: Sequence[str] | None) -> list[Any]:
    wanted = func.md5(ManagementArea.abuttals_text).op("||")(f":{mark}")
    stale = ManagementArea.resolved_with.is_distinct_from(wanted)
    return [stale, _of(keys) if keys is not None else ManagementArea.ledger_position.is_not(None)]


def _groups(connection: Connection, mark: str) -> Iterator[list[str]]:
    """The keys of neighbouring areas, group by group, where at least one waits: streets of one unit, in order."""
    place = (ManagementArea.reporting_unit, ManagementArea.street)
    stale = select(*place).where(*_waiting(mark, None)).distinct()
    rows = connection.execute(
        select(ManagementArea.natural_key, *place)
        .where(tuple_(*place).in_(stale), ManagementArea.ledger_position.is_not(None))
        .order_by(*place, ManagementArea.ledger_position)
    )
    group: list[str] = []
    before = None
    for key, unit, street in rows:
        if before and (unit != before[0] or (street != before[1] and len(group) >= _GROUP) or len(group) >= AT_ONCE):
            yield group
            group = []
        group.append(key)
        before = (unit, street)
    if group:
        yield group


def _rows(connection: Connection, condition: Any) -> list[Row[Any]]:
    columns = ("id", "natural_key", "name", "reporting_unit", "street", "neighborhood", "community_names")
    wanted = select(*(_AREAS.c[name] for name in (*columns, "abuttals_text", "resolved_with"))).where(condition)
    return list(connection.execute(wanted.order_by(_AREAS.c.ledger_position, _AREAS.c.id)))


def _resolved(
    connection: Connection, rows: list[Row[Any]], ground: Ground, watch: Callable[[int, int], None], *, sample: bool
) -> frozenset[str]:
    judged = judgements_of(
        connection,
        ground.gazetteer,
        [row.id for row in rows],
        [(row.reporting_unit, row.street, row.neighborhood) for row in rows],
        [row.abuttals_text for row in rows],
    )
    sentences = [replace(_sentence(row), judgements=one) for row, one in zip(rows, judged, strict=True)]
    found = resolve_all(sentences, ground.gazetteer, options=ground.options, progress=watch)
    outcomes = [one if row.abuttals_text else _UNSAID for row, one in zip(rows, found, strict=True)]
    changed = _keep(connection, rows, outcomes, ground.mark)
    drawn = [(row, surface) for row, one in zip(rows, outcomes, strict=True) if (surface := as_surface(one.geometry))]
    proposals = (
        Proposal(row.id, surface, "resolver", "四至自动落图", supersedes=_reworded(row)) for row, surface in drawn
    )
    redrawn = propose(connection, proposals, sample=sample)
    return changed | frozenset(row.natural_key for row in rows if row.id in redrawn)


def _sentence(row: Row[Any]) -> Sentence:
    hint = Hint(row.reporting_unit, row.street, row.neighborhood, tuple(row.community_names))
    return Sentence(parse(row.abuttals_text), hint, (row.name,))


def _reworded(row: Row[Any]) -> bool:
    """True when another sentence was resolved before; a first one beside a drawing does not speak against it."""
    before = (row.resolved_with or "").partition(":")[0]
    now = hashlib.md5(row.abuttals_text.encode(), usedforsecurity=False).hexdigest()
    return bool(before) and before not in {_UNSAID_MD5, now}


def _keep(connection: Connection, rows: list[Row[Any]], outcomes: Sequence[Resolution], mark: str) -> frozenset[str]:
    """The outcomes are stored; the keys of the areas whose outcome is another one than before."""
    own = [Column("id", Integer), *(Column(name, _AREAS.c[name].type) for name in _COLUMNS)]
    told = ({"id": row.id, **resolution_columns(one)} for row, one in zip(rows, outcomes, strict=True))
    with gathered(connection, "resolved_areas", own, told) as staging:
        new = [staging.c[name] for name in _COLUMNS]
        differs = tuple_(*(_AREAS.c[name] for name in _COLUMNS)).is_distinct_from(tuple_(*new))
        here = _AREAS.c.id == staging.c.id
        changed = connection.execute(
            update(_AREAS)
            .values(dict(zip(_COLUMNS, new, strict=True)))
            .where(here, differs)
            .returning(_AREAS.c.natural_key)
        ).scalars()
        keys = frozenset(changed)
        wanted = func.md5(_AREAS.c.abuttals_text).op("||")(f":{mark}")
        stale = _AREAS.c.resolved_with.is_distinct_from(wanted)
        connection.execute(update(_AREAS).values(resolved_with=wanted).where(here, stale))
    return keys
