"""A job and a step in; it is previewed or committed, and how far that has come is written down while it goes on.

What was stopped, by whatever means, has written all of a stage or nothing of it, and can be started again.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection, Engine

from gis_service import clock
from gis_service.access import LOCAL, Reader
from gis_service.errors import ServiceError
from gis_service.imports.importing import go_on_resolving, import_file
from gis_service.imports.report import ImportReport, Progress
from gis_service.issues import Issue
from gis_service.resolver import ResolverOptions
from gis_service.store import import_jobs
from gis_service.store.ledgers import content_of

_EVERY_S = 0.5
_AT_WORK = "打开文件"  # the first step, told as soon as a process has taken the job
_ISSUES_KEPT = 5_000


class _Options(TypedDict):
    """What a preview and the commit after it have in common."""

    resolver: ResolverOptions
    since: dt.date
    within: frozenset[str] | None


def work(engine: Engine, job_id: int, step: str, options: ResolverOptions, reader: Reader) -> None:
    """The step is done or its error is on record; a job that another process works on is left to it.

    Hazards outside of the divisions of who previews a file are told as issues, and not written by whoever commits it.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as own:
        if not import_jobs.claim(own, job_id):
            return
        import_jobs.put(own, job_id, step=_AT_WORK)
        watch = _Watch(own, job_id)
        job = import_jobs.find_job(own, job_id)
        try:
            with _file(own, job) as path:
                facts = _STEPS[step](engine, job, path, watch, **_options(options, reader, job))
        except ServiceError as error:
            facts = {"state": "failed", "error": error.message}
        import_jobs.put(own, job_id, **facts)


class _Watch:
    """Writes down how far the work has come, not too often."""

    def __init__(self, connection: Connection, job_id: int) -> None:
        self._connection, self._job_id, self._told = connection, job_id, 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        if done == total or time.monotonic() - self._told > _EVERY_S:
            self._told = time.monotonic()
            import_jobs.put(self._connection, self._job_id, step=what, done=done, total=total)


@contextmanager
def _file(connection: Connection, job: import_jobs.Job) -> Iterator[Path]:
    """The file of the job under its own name, while it is read."""
    content = content_of(connection, job.sha256)
    with tempfile.TemporaryDirectory(prefix="gis-service-import-") as folder:
        path = Path(folder) / job.file_name
        path.write_bytes(content)
        yield path


def _options(resolver: ResolverOptions, reader: Reader, job: import_jobs.Job) -> _Options:
    return {"resolver": resolver, "since": job.since or clock.today(), "within": _within(reader, job)}


def _within(reader: Reader, job: import_jobs.Job) -> frozenset[str] | None:
    """The divisions in which alone hazards may be written: those that the preview spoke of, whoever commits it."""
    if job.report is not None:
        told = job.report.get("within")
        return None if told is None else frozenset(told)
    return reader.divisions if reader.role in LOCAL else None


def _preview(
    engine: Engine, job: import_jobs.Job, path: Path, watch: Progress, **options: Unpack[_Options]
) -> dict[str, object]:
    """Looked at again where somebody else's ledger was written meanwhile: a preview speaks of what there is."""
    seen, now = -1, _newest(engine)
    while seen != now:
        seen = now
        report = import_file(engine, job.kind, [path], commit=False, progress=watch, **options)
        now = _newest(engine)
    return {"state": "previewed", "report": {**_told(report), "seen": seen, **_limits(options)}}


def _newest(engine: Engine) -> int:
    with engine.connect() as connection:
        return import_jobs.newest_ledger(connection)


def _commit(
    engine: Engine, job: import_jobs.Job, path: Path, watch: Progress, **options: Unpack[_Options]
) -> dict[str, object]:
    """Once only: a job that was stopped after its rows were written goes on with what is left to do."""
    seen = int((job.report or {}).get("seen", 0))
    with engine.connect() as connection:
        written = import_jobs.written_since(connection, job, seen)
        changed = written is None and import_jobs.newest_ledger(connection) != seen
    if changed:
        return {"state": "failed", "error": "预演之后台账又有变化，请重新核对"}
    if written is not None:
        go_on_resolving(engine, options["resolver"], watch)
        return {"state": "committed", "batch_id": written}
    report = import_file(engine, job.kind, [path], commit=True, progress=watch, author=job.author, **options)
    with engine.connect() as connection:
        written = import_jobs.written_since(connection, job, seen)
    return {"state": "committed", "batch_id": written, "report": {**_told(report), "seen": seen, **_limits(options)}}


_STEPS = {"preview": _preview, "commit": _commit}


def _limits(options: _Options) -> dict[str, object]:
    within = options["within"]
    return {"within": None if within is None else sorted(within)}


def _told(report: ImportReport) -> dict[str, Any]:
    return {
        "new": report.new,
        "changed": report.changed,
        "same": report.same,
        "past": report.past,
        "rejected": report.rejected,
        "waiting": report.waiting,
        "surveys": report.surveys,
        "units": list(report.units),
        "issue_count": len(report.issues),
        "issues": [_issue(issue) for issue in report.issues[:_ISSUES_KEPT]],
        "differences": [asdict(each) for each in report.differences],
    }


def _issue(issue: Issue) -> dict[str, object]:
    where = issue.where
    place = {"sheet": where.sheet, "row": where.row, "column": where.column, "cell": where.cell}
    return {"code": issue.code, "severity": str(issue.severity), "message": issue.message, **place}
