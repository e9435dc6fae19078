"""Ledgers as they were sent: which there are, and the file of one, byte for byte."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, union

from gis_service.errors import NotFoundError
from gis_service.store.tables import Community, ImportBatch, ManagementArea, Problem, SentFile

_MOST = 1_000


@dataclass(frozen=True)
class SentLedger:
    """A ledger that was committed."""

    batch_id: int
    kind: str
    file_name: str
    committed_at: dt.datetime
    new: int
    changed: int
    same: int
    author: str = ""
    since: dt.date | None = None  # the day from which on it speaks


@dataclass(frozen=True)
class Sent:
    """A file as it was sent."""

    file_name: str
    content: bytes


def sent_ledgers(connection: Connection) -> list[SentLedger]:
    """The newest ledgers that were sent, the last one first."""
    columns = (ImportBatch.id, ImportBatch.kind, ImportBatch.file_name, ImportBatch.committed_at)
    rows = (
        select(*columns, ImportBatch.new, ImportBatch.changed, ImportBatch.same, ImportBatch.author, ImportBatch.since)
        .join(SentFile, SentFile.sha256 == ImportBatch.sha256)
        .where(ImportBatch.kind.in_(("ledger", "problems")))
        .order_by(ImportBatch.id.desc())
        .limit(_MOST)
    )
    return [SentLedger(*row) for row in connection.execute(rows)]


def reporting_units(connection: Connection) -> list[str]:
    """The units that sent a ledger."""
    areas = select(ManagementArea.reporting_unit).where(ManagementArea.ledger_position.is_not(None))
    rows = connection.scalars(union(areas, select(Problem.county)))
    return sorted(filter(None, rows))


def sent_file(connection: Connection, batch_id: int) -> Sent:
    """The file of a batch; NotFoundError where none was kept."""
    rows = select(ImportBatch.file_name, SentFile.content).join(SentFile, SentFile.sha256 == ImportBatch.sha256)
    found = connection.execute(rows.where(ImportBatch.id == batch_id)).one_or_none()
    if found is None:
        raise NotFoundError(f"没有第 {batch_id} 批台账的文件")
    return Sent(found.file_name, bytes(found.content))


def persons_of(connection: Connection, annex: int, unit: str | None) -> frozenset[str]:
    """The names and phones in the stored rows of an annex, of one reporting unit or (None) of all."""
    columns: list[Any] = [ManagementArea.manager, ManagementArea.manager_phone] if annex == 1 else [Problem.responsible]
    wanted, of_unit = select(*columns), ManagementArea.reporting_unit if annex == 1 else Problem.county
    rows = connection.execute(wanted if unit is None else wanted.where(of_unit == unit))
    return frozenset(text for row in rows for text in row if text)


def content_of(connection: Connection, sha256: str) -> bytes:
    """The content of a file that is kept."""
    return bytes(connection.execute(select(SentFile.content).where(SentFile.sha256 == sha256)).scalar_one())


def units_of(connection: Connection) -> frozenset[str]:
    """The reporting units that sent a row of either annex, or to which a community belongs."""
    columns = (ManagementArea.reporting_unit, Problem.county, Community.reporting_unit)
    found = union(*(select(column) for column in columns)).subquery()
    return frozenset(name for name in connection.scalars(select(found)) if name)
