"""Files that somebody sent by page: each a job that is previewed, then committed; where it stands can be asked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, update

from gis_service.errors import ConflictError, NotFoundError
from gis_service.store.tables import ImportBatch, ImportJob

_CLASS = 4_490_003  # of the advisory locks that a working process holds, one a job
_AT_WORK = frozenset({"previewing", "committing"})
_STARTED_S = 180  # how long a process may take to come to life, on a machine that has much else to do


@dataclass(frozen=True)
class Job:
    """A job as it stands; `stopped` where its process ended before the work was done."""

    id: int
    kind: str
    file_name: str
    sha256: str
    author: str
    since: dt.date | None
    state: str
    step: str
    done: int
    total: int
    report: dict[str, Any] | None
    error: str
    batch_id: int | None
    created_at: dt.datetime
    changed_at: dt.datetime
    stopped: bool = False


def open_job(
    connection: Connection, *, kind: str, file_name: str, sha256: str, author: str, since: dt.date | None = None
) -> int:
    """The id of a new job; its file is stored already."""
    row = {"kind": kind, "file_name": file_name, "sha256": sha256, "author": author, "since": since}
    row |= {"state": "waiting"}
    return int(connection.execute(insert(ImportJob).values(row).returning(ImportJob.id)).scalar_one())


def find_job(connection: Connection, job_id: int) -> Job:
    """The job; NotFoundError without one."""
    row = connection.execute(select(*ImportJob.__table__.c).where(ImportJob.id == job_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"没有第 {job_id} 号导入")
    return Job(**row._mapping, stopped=row.state in _AT_WORK and not _is_alive(connection, row))


def newest_jobs(connection: Connection, author: str | None, most: int) -> list[Job]:
    """The newest jobs of an author (None: of all), the last one first."""
    rows = select(ImportJob.id).order_by(ImportJob.id.desc()).limit(most)
    if author is not None:
        rows = rows.where(ImportJob.author == author)
    return [find_job(connection, job_id) for job_id in connection.scalars(rows).all()]


def advance(connection: Connection, job_id: int, sources: frozenset[str], target: str) -> None:
    """The job goes on to the next state; ConflictError where it does not stand at one of the sources."""
    job = find_job(connection, job_id)
    if job.state not in sources and not (job.stopped and job.state == target):
        raise ConflictError("这次导入现在不能进行这一步，请刷新后再看")
    put(connection, job_id, state=target, step="", done=0, total=0, error="")


def put(connection: Connection, job_id: int, **facts: object) -> None:
    """These facts of the job are stored."""
    connection.execute(update(ImportJob).where(ImportJob.id == job_id).values(**facts, changed_at=func.now()))


def claim(connection: Connection, job_id: int) -> bool:
    """True when this session alone works on the job, until it ends."""
    held = text("select pg_try_advisory_lock(:kind, :job)")
    return bool(connection.scalar(held, {"kind": _CLASS, "job": job_id}))


def newest_ledger(connection: Connection) -> int:
    """The id of the newest batch of a ledger, 0 without one: a preview speaks of what there was then."""
    newest = select(func.max(ImportBatch.id)).where(ImportBatch.kind.in_(("ledger", "problems")))
    return int(connection.scalar(newest) or 0)


def written_since(connection: Connection, job: Job, seen: int) -> int | None:
    """The batch in which the file was committed after the preview saw what there was; None where it was not."""
    own = select(ImportBatch.id).where(ImportBatch.sha256 == job.sha256, ImportBatch.id > seen)
    if job.since is not None:
        own = own.where(ImportBatch.since == job.since)
    return connection.scalar(own.order_by(ImportBatch.id).limit(1))


def _is_alive(connection: Connection, row: Row[Any]) -> bool:
    """True where its process holds its lock, or has told no step yet and may still be starting."""
    held = text(
        "select exists (select from pg_locks where locktype = 'advisory' and classid = :kind and objid = :job)"
        " or (:step = '' and now() - :changed < make_interval(secs => :starting))"
    )
    known = {"kind": _CLASS, "job": row.id, "step": row.step, "changed": row.changed_at, "starting": _STARTED_S}
    return bool(connection.scalar(held, known))
