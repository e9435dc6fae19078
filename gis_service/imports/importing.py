"""Files into the store in one transaction: all of it is written, or nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack

from sqlalchemy import Connection, Engine

from gis_service.errors import BadRequestError, NotFoundError, TooLargeError
from gis_service.imports.areas import import_areas
from gis_service.imports.communities import import_communities
from gis_service.imports.divisions import import_divisions
from gis_service.imports.gazetteers import import_gazetteer
from gis_service.imports.hazards import import_hazards
from gis_service.imports.ledgers import import_annex1
from gis_service.imports.problems import import_annex2
from gis_service.imports.refreshing import refresh_derived
from gis_service.imports.report import DEFAULTS, ImportReport, Job, Outcome, Progress, report_of
from gis_service.ledger import annex_of
from gis_service.resolver import ResolverOptions
from gis_service.store import batches

_MEGABYTE = 1_000_000


class Options(TypedDict, total=False):
    """What a caller may add: who watches, whether the data is fictional, the largest file in MB, how to resolve."""

    progress: Progress | None
    sample: bool
    max_file_mb: int | None
    resolver: ResolverOptions


@dataclass(frozen=True)
class Source:
    """A file, what it holds, and the name under which its batch is kept."""

    kind: str
    path: Path
    name: str
    sample: bool = False


def _import_ledger(job: Job) -> Outcome:
    return import_annex2(job) if annex_of(job.path) == 2 else import_annex1(job)


KINDS: Mapping[str, Callable[[Job], Outcome]] = {
    "divisions": import_divisions,
    "gazetteer": import_gazetteer,
    "communities": import_communities,
    "ledger": _import_ledger,
    "problems": import_annex2,
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
    sources = [Source(kind, path, path.name, options.get("sample", False)) for path in files]
    with engine.connect() as connection, connection.begin() as transaction:
        outcomes = import_all(
            connection, sources, options.get("progress") or _unwatched, options.get("resolver", DEFAULTS)
        )
        if not commit:
            transaction.rollback()
    return report_of(kind, files, outcomes, committed=commit)


def import_all(
    connection: Connection, sources: Sequence[Source], progress: Progress, resolver: ResolverOptions = DEFAULTS
) -> list[Outcome]:
    """The outcome of every source; the derived tables speak of today."""
    batches.take_import_turn(connection)
    today = dt.date.today()
    outcomes = []
    for done, source in enumerate(sources, start=1):
        batch_id = batches.open_batch(connection, source.kind, source.name, fingerprint(source.path))
        job = Job(connection, source.path, batch_id, source.sample, today, progress, resolver)
        outcomes.append(_import_one(job, source.kind))
        progress("导入文件", done, len(sources))
    refresh_derived(connection, today)
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
