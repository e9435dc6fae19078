"""Ledger files and what stands around their rows → kept as they were sent, and read again for the official form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from gis_service.imports.report import Job
from gis_service.ledger import SheetFrame
from gis_service.ledger.columns import Annex
from gis_service.ledger.written import line_from_json, line_to_json
from gis_service.store.tables import ImportBatch, LedgerFrame, SentFile


def keep_file(connection: Connection, sha256: str, path: Path, name: str) -> None:
    """The file is stored byte for byte, once however often it is sent."""
    if connection.scalar(select(SentFile.sha256).where(SentFile.sha256 == sha256)) is None:
        row = {"sha256": sha256, "file_name": name, "content": path.read_bytes()}
        connection.execute(insert(SentFile).values(row).on_conflict_do_nothing())


def keep_frames(job: Job, frames: Sequence[SheetFrame], units: Iterable[str]) -> None:
    """What stands around the rows is stored, unless it is the same as before for these units on that day."""
    told = sorted(set(units))
    if not (frames and told):
        return
    annex = frames[0].annex
    if list(frames) == _newest(job.connection, annex, told, until=job.since, exactly=True):
        return
    rows = [
        {
            "batch_id": job.batch_id,
            "annex": frame.annex,
            "number": number,
            "sheet": frame.sheet,
            "units": told,
            "above": [line_to_json(line) for line in frame.above],
            "notes": [line_to_json(line) for line in frame.notes],
        }
        for number, frame in enumerate(frames, 1)
    ]
    job.connection.execute(insert(LedgerFrame), rows)


def frames_of(
    connection: Connection, annex: Annex, units: Sequence[str], day: dt.date | None = None
) -> list[SheetFrame]:
    """The frames of the newest ledger (until that day) that held rows of all these units; none where none did."""
    return _newest(connection, annex, sorted(units), until=day, exactly=False)


def _newest(
    connection: Connection, annex: Annex, units: Sequence[str], *, until: dt.date | None, exactly: bool
) -> list[SheetFrame]:
    """The frames of the newest ledger that held these units, `exactly`: and no others."""
    held = LedgerFrame.units == list(units) if exactly else LedgerFrame.units.contains(list(units))
    newest = select(LedgerFrame.batch_id).join(ImportBatch, ImportBatch.id == LedgerFrame.batch_id)
    newest = newest.where(LedgerFrame.annex == annex, held)
    if until is not None:  # before the first one, the first
        newest = newest.order_by((ImportBatch.since <= until).desc(), func.abs(ImportBatch.since - until))
    newest = newest.order_by(ImportBatch.since.desc().nulls_last(), LedgerFrame.batch_id.desc()).limit(1)
    wanted = select(LedgerFrame.sheet, LedgerFrame.above, LedgerFrame.notes).where(
        LedgerFrame.batch_id == newest.scalar_subquery()
    )
    return [
        SheetFrame(annex, sheet, tuple(map(line_from_json, above)), tuple(map(line_from_json, notes)))
        for sheet, above, notes in connection.execute(wanted.order_by(LedgerFrame.number))
    ]
