"""Import batches: opened with the file's fingerprint, closed with counts and issues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from gis_service.issues import Issue, Severity, Where
from gis_service.store.tables import ImportBatch, ImportIssue

_LOCK = 4_490_002  # imports follow one another: two at a time would give out the same codes
_SAME_AS_BEFORE = """
select b.id, b.outcome from import_batches own
join import_batches b on b.id = (select max(id) from import_batches where id < own.id)
 and b.sha256 = own.sha256 and b.kind = own.kind and b.since = own.since
where own.id = :batch and b.outcome is not null
  and not exists (select from area_successions s where s.state = 'approved' and s.decided_at >= b.committed_at)
"""


def take_import_turn(connection: Connection) -> None:
    """No other import runs until this transaction ends; its statements have no time limit."""
    connection.execute(text("set local statement_timeout = 0"))
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def wait_for_imports(connection: Connection) -> None:
    """No import runs beside this transaction: the two would lock areas and layers in opposite order."""
    connection.execute(text("select pg_advisory_xact_lock_shared(:lock)"), {"lock": _LOCK})


def open_batch(connection: Connection, kind: str, file_name: str, sha256: str, since: dt.date, author: str = "") -> int:
    """The id of a new batch without rows yet."""
    named = {"kind": kind, "file_name": file_name, "sha256": sha256, "since": since, "author": author}
    row = {**named, "new": 0, "changed": 0, "same": 0}
    return int(connection.execute(insert(ImportBatch).values(row).returning(ImportBatch.id)).scalar_one())


def close_batch(
    connection: Connection, batch_id: int, *, new: int, changed: int, same: int, issues: Iterable[Issue]
) -> None:
    """The batch has its counts and its issues."""
    counts = {"new": new, "changed": changed, "same": same}
    connection.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(counts))
    rows = [_issue_row(batch_id, issue) for issue in issues]
    if rows:
        connection.execute(insert(ImportIssue), rows)


def keep_outcome(connection: Connection, batch_id: int, outcome: Mapping[str, object]) -> None:
    """What a file said is known to the batch, should the same file be sent again."""
    connection.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(outcome=dict(outcome)))


def same_as_before(connection: Connection, batch_id: int) -> tuple[int, dict[str, Any]] | None:
    """The batch just before this one and its outcome, where it was the same file and nothing was written since.

    Areas change by imports, each a batch, and by splits and merges.
    """
    found = connection.execute(text(_SAME_AS_BEFORE), {"batch": batch_id}).one_or_none()
    return (found.id, found.outcome) if found else None


def issues_of(connection: Connection, batch_id: int) -> list[Issue]:
    """The issues that the batch was closed with, in their order."""
    table = ImportIssue.__table__
    rows = connection.execute(select(table).where(table.c.batch_id == batch_id).order_by(table.c.id))
    return [
        Issue(
            row.code,
            row.message,
            Severity(row.severity),
            Where(row.file, row.sheet, row.row, row.column_title, row.cell),
        )
        for row in rows
    ]


def last_fingerprint(connection: Connection, kind: str, file_name: str) -> str | None:
    """SHA-256 of the file of that name that was committed last; None when none was."""
    batches = select(ImportBatch.sha256).where(ImportBatch.kind == kind, ImportBatch.file_name == file_name)
    return connection.scalar(batches.order_by(ImportBatch.id.desc()).limit(1))


def _issue_row(batch_id: int, issue: Issue) -> dict[str, object]:
    where = issue.where
    return {
        "batch_id": batch_id,
        "code": issue.code,
        "severity": str(issue.severity),
        "message": issue.message,
        "file": where.file,
        "sheet": where.sheet,
        "row": where.row,
        "column_title": where.column,
        "cell": where.cell,
    }
