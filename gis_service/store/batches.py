"""Import batches: opened with the file's fingerprint, closed with counts and issues."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select, text, update

from gis_service.issues import Issue
from gis_service.store.tables import ImportBatch, ImportIssue

_LOCK = 4_490_002  # imports follow one another: two at a time would give out the same codes


def take_import_turn(connection: Connection) -> None:
    """No other import runs until this transaction ends; its statements have no time limit."""
    connection.execute(text("set local statement_timeout = 0"))
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def wait_for_imports(connection: Connection) -> None:
    """No import runs beside this transaction: the two would lock areas and layers in opposite order."""
    connection.execute(text("select pg_advisory_xact_lock_shared(:lock)"), {"lock": _LOCK})


def open_batch(connection: Connection, kind: str, file_name: str, sha256: str) -> int:
    """The id of a new batch without rows yet."""
    row = {"kind": kind, "file_name": file_name, "sha256": sha256, "new": 0, "changed": 0, "same": 0}
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
