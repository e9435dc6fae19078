"""Ledgers as they were sent and written: files, what stands around the rows, facts with their time, names, jobs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.store.tables.mapping import Table, between, one_of

JOB_STATES = ("waiting", "previewing", "previewed", "committing", "committed", "failed", "abandoned")


def _said() -> CheckConstraint:
    """A fact says something itself, or names the one that it says again."""
    return CheckConstraint("num_nonnulls(facts, same_as) = 1", name="said")


class SentFile(Table):
    """A ledger file, byte for byte as it was sent."""

    __tablename__ = "sent_files"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    content: Mapped[bytes]
    sent_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class LedgerFrame(Table):
    """What stood around the rows of a sheet: the lines above the header, the notes below, and whose rows they were."""

    __tablename__ = "ledger_frames"
    __table_args__ = (
        UniqueConstraint("batch_id", "number", name="ledger_frames_batch_id_number_key"),
        between("annex", 1, 2),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id"))
    annex: Mapped[int]
    number: Mapped[int]
    sheet: Mapped[str]
    units: Mapped[list[str]] = mapped_column(ARRAY(Text))
    above: Mapped[list[Any]] = mapped_column(JSONB)
    notes: Mapped[list[Any]] = mapped_column(JSONB)


class AreaFact(Table):
    """What a ledger said of an area from a day on, or which earlier fact it said again; append-only.

    The last one of a day counts.
    """

    __tablename__ = "area_facts"
    __table_args__ = (Index("area_facts_area_id_since_id_idx", "area_id", "since", "id"), _said())

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("management_areas.id"))
    since: Mapped[dt.date]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
    recorded_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    same_as: Mapped[int | None] = mapped_column(ForeignKey("area_facts.id"))


class ProblemFact(Table):
    """What a ledger said of a problem from a day on, or which earlier fact it said again; append-only."""

    __tablename__ = "problem_facts"
    __table_args__ = (Index("problem_facts_problem_id_since_id_idx", "problem_id", "since", "id"), _said())

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"))
    since: Mapped[dt.date]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
    recorded_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    same_as: Mapped[int | None] = mapped_column(ForeignKey("problem_facts.id"))


class AreaName(Table):
    """Another name that sheets gave an area, so that it is found again under it."""

    __tablename__ = "area_names"

    area_id: Mapped[int] = mapped_column(ForeignKey("management_areas.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    learned_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ImportJob(Table):
    """A file that somebody sent by page: previewed, then committed, with how far each has come."""

    __tablename__ = "import_jobs"
    __table_args__ = (one_of("state", JOB_STATES),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(ForeignKey("sent_files.sha256"))
    author: Mapped[str]
    since: Mapped[dt.date | None]  # the day of the ledger; NULL: nobody told it
    state: Mapped[str]
    step: Mapped[str] = mapped_column(server_default=text("''"))
    done: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int] = mapped_column(server_default=text("0"))
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[str] = mapped_column(server_default=text("''"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
