"""Import batches with the issues they raised, and the revision number of every layer."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.issues import Severity
from gis_service.store.tables.mapping import Table, between, one_of


class ImportBatch(Table):
    """One file that was committed, with the counts of its rows."""

    __tablename__ = "import_batches"
    __table_args__ = (between("new", 0), between("changed", 0), between("same", 0))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    committed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    new: Mapped[int]
    changed: Mapped[int]
    same: Mapped[int]
    author: Mapped[str] = mapped_column(server_default=text("''"))  # empty: somebody at the command line
    since: Mapped[dt.date | None]  # the day of a ledger
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # of a long ledger, for when it is sent again


class ImportIssue(Table):
    """One thing wrong in an imported file, with its place."""

    __tablename__ = "import_issues"
    __table_args__ = (one_of("severity", Severity),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id", ondelete="CASCADE"), index=True)
    code: Mapped[str]
    severity: Mapped[str]
    message: Mapped[str]
    file: Mapped[str]
    sheet: Mapped[str]
    row: Mapped[int | None]
    column_title: Mapped[str]
    cell: Mapped[str]


class LayerRevision(Table):
    """How often a layer changed; ETags are made of it. Triggers raise it on every write."""

    __tablename__ = "layer_revisions"

    source: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
