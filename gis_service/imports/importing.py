"""Files into the store in one transaction: all of it is written, or nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict, Unpack

from sqlalchemy import Connection, Engine

from gis_service import clock
from gis_service.editing.refreshing import refresh_derived
from gis_service.errors import BadRequestError, NotFoundError, TooLargeError
from gis_service.imports.again import remember, said_before
from gis_service.imports.areas import import_areas
from gis_service.imports.communities import import_communities
from gis_service.imports.divisions import import_divisions
from gis_service.imports.gazetteers import import_gazetteer
from gis_service.imports.hazard_sheets import is_hazard_sheet
from gis_service.imports.hazards import import_hazards
from gis_service.imports.ledgers import import_annex1
from gis_service.imports.problems import import_annex2
from gis_service.imports.report import DEFAULTS, ImportReport, Job, Outcome, Progress, report_of
from gis_service.imports.sent import keep_file
from gis_service.imports.waiting import (
    AT_ONCE,
    count_waiting,
    open_issues,
    resolve_at_once,
    resolve_waiting,
    waiting_keys,
)
from gis_service.ledger import OpenLedger
from gis_service.ledger.columns import Annex
from gis_service.resolver import ResolverOptions
from gis_service.store import batches

_MEGABYTE = 1_000_000
_FOR_MAPS = frozenset({".geojson", ".json", ".gpkg"})


class Options(TypedDict, total=False):
    """What a caller may add: who watches, if it is fictional, the largest file in MB, how to resolve, since when."""

    progress: Progress | None
    sample: bool
    max_file_mb: int | None
    resolver: ResolverOptions
    since: dt.date
    resolve: bool  # False: a long ledger's sentences are left waiting
    author: str  # who sent the files
    within: frozenset[str] | None  # the divisions in which alone hazards may be written in


@dataclass(frozen=True)
class Source:
    """A file, what it holds, and the name under which its batch is kept."""

    kind: str
    path: Path
    name: str
    sample: bool = False
    within: frozenset[str] | None = None  # the divisions in which alone hazards may be written in
    since: dt.date | None = None  # the day of which it speaks, where it is another than that of its fellows


def holds_hazards(path: Path) -> bool:
    """True of a file that is sent in the place of a ledger and holds hazards."""
    return path.suffix.lower() in _FOR_MAPS or (not OpenLedger(path).fits and is_hazard_sheet(path))


def _import_ledger(job: Job) -> Outcome:
    before = said_before(job)
    if before is not None:
        return _resolved(job, replace(before, keys=waiting_keys(job.connection, job.resolver)))
    if job.path.suffix.lower() in _FOR_MAPS:
        return _import_surveys(job)
    ledger = _opened(job, None)
    if not ledger.fits and is_hazard_sheet(job.path):
        return _import_surveys(job)
    return _located(ledger, import_annex2(job, ledger) if ledger.annex == 2 else _import_annex1(job, ledger))


def _import_surveys(job: Job) -> Outcome:
    """Hazards in the place of a ledger; a file of them is no unit's own, each row is where it lies."""
    keep_file(job.connection, fingerprint(job.path), job.path, job.path.name)
    return replace(import_hazards(job), surveys=True)


def _import_problems(job: Job) -> Outcome:
    ledger = _opened(job, 2)
    return _located(ledger, import_annex2(job, ledger))


def _located(ledger: OpenLedger, outcome: Outcome) -> Outcome:
    return replace(outcome, issues=ledger.located(outcome.issues))


def _opened(job: Job, annex: Annex | None) -> OpenLedger:
    sha256 = fingerprint(job.path)
    keep_file(job.connection, sha256, job.path, job.path.name)
    return OpenLedger(
        job.path,
        annex,
        lambda done, total: job.progress("读取台账", done, total),
        lambda done, total: job.progress("打开文件", done, total),
    )


def _import_annex1(job: Job, ledger: OpenLedger) -> Outcome:
    """The rows are stored; of a ledger that is not too long the sentences are resolved too."""
    outcome = _located(ledger, import_annex1(job, ledger))
    if len(outcome.keys) > AT_ONCE:
        remember(job, outcome)
    return _resolved(job, outcome)


def _resolved(job: Job, outcome: Outcome) -> Outcome:
    keys = list(outcome.keys)
    if len(keys) > AT_ONCE:
        return replace(outcome, keys=(), touched=frozenset(), waiting=len(keys))
    redrawn = resolve_at_once(job.connection, keys, job.resolver, job.progress, sample=job.sample)
    only_redrawn = len(redrawn - outcome.touched)
    return replace(
        outcome,
        changed=outcome.changed + only_redrawn,
        same=outcome.same - only_redrawn,
        issues=(*outcome.issues, *open_issues(job.connection, keys, job.path.name)),
    )


KINDS: Mapping[str, Callable[[Job], Outcome]] = {
    "divisions": import_divisions,
    "gazetteer": import_gazetteer,
    "communities": import_communities,
    "ledger": _import_ledger,
    "problems": _import_problems,
    "areas": import_areas,
    "hazards": import_hazards,
}


def import_file(
    engine: Engine, kind: str, paths: Sequence[Path], *, commit: bool, **options: Unpack[Options]
) -> ImportReport:
    """What the files changed, or would change unless `commit`: the same report, with nothing written."""
    if kind not in KINDS:
        raise BadRequestError(f"不能导入“{kind}”，可用：{'、'.join(KINDS)}")
    files = [Path(path) for path in paths]
    for path in files:
        _check(path, options.get("max_file_mb"))
    facts = (options.get("sample", False), options.get("within"))
    sources = [Source(kind, path, path.name, *facts) for path in files]
    progress, resolver = options.get("progress") or _unwatched, options.get("resolver", DEFAULTS)
    with engine.connect() as connection, connection.begin() as transaction:
        told = (progress, resolver, options.get("since"), options.get("author", ""))
        outcomes = (import_all if commit else _import_rows)(connection, sources, *told)
        waiting = sum(outcome.waiting for outcome in outcomes)
        if not commit:
            transaction.rollback()
    if commit and waiting and options.get("resolve", True):
        go_on_resolving(engine, resolver, progress)
        waiting = 0
    return report_of(kind, files, outcomes, committed=commit, waiting=waiting)


def go_on_resolving(engine: Engine, resolver: ResolverOptions, progress: Progress | None = None) -> int:
    """Sentences that a long import left waiting are resolved, wherever it was stopped; says how many changed."""
    with engine.connect() as connection:
        if not count_waiting(connection, resolver):
            return 0
    changed = resolve_waiting(engine, resolver, progress or _unwatched)
    with engine.begin() as connection:
        batches.take_import_turn(connection)
        refresh_derived(connection, clock.today())
    return changed


def import_all(
    connection: Connection,
    sources: Sequence[Source],
    progress: Progress,
    resolver: ResolverOptions = DEFAULTS,
    since: dt.date | None = None,
    author: str = "",
) -> list[Outcome]:
    """The outcome of every source; the derived tables speak of today."""
    outcomes = _import_rows(connection, sources, progress, resolver, since, author)
    progress("更新统计", 0, 1)
    refresh_derived(connection, clock.today())
    progress("更新统计", 1, 1)
    return outcomes


def _import_rows(
    connection: Connection,
    sources: Sequence[Source],
    progress: Progress,
    resolver: ResolverOptions,
    since: dt.date | None,
    author: str,
) -> list[Outcome]:
    """The outcome of every source; nobody asks for figures of what is only looked at."""
    batches.take_import_turn(connection)
    today = clock.today()
    if (since or today) > today:
        raise BadRequestError(f"台账的日期 {since} 还没有到")
    outcomes = []
    for done, source in enumerate(sources, start=1):
        of = source.since or since or today
        batch_id = batches.open_batch(connection, source.kind, source.name, fingerprint(source.path), of, author)
        job = Job(connection, source.path, batch_id, source.sample, today, progress, resolver, of, source.within)
        outcomes.append(_import_one(job, source.kind))
        progress("导入文件", done, len(sources))
    return outcomes


def fingerprint(path: Path) -> str:
    """SHA-256 of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _import_one(job: Job, kind: str) -> Outcome:
    outcome = KINDS[kind](job)
    batches.close_batch(
        job.connection,
        job.batch_id,
        new=outcome.new,
        changed=outcome.changed,
        same=outcome.same,
        issues=outcome.issues,
    )
    return outcome


def _check(path: Path, max_file_mb: int | None) -> None:
    if not path.is_file():
        raise NotFoundError(f"文件不存在：{path.name}")
    if max_file_mb is not None and path.stat().st_size > max_file_mb * _MEGABYTE:
        raise TooLargeError(f"{path.name} 超过单个文件的上限 {max_file_mb} MB")


def _unwatched(_what: str, _done: int, _total: int) -> None:
    pass
