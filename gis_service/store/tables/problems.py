"""Problems of 附件2, one row per category, what was done about them, and the evidence."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.codes import ProblemEventKind, ProblemGroup, ProblemOrigin, ProblemState
from gis_service.store.tables.mapping import Located, Sampled, Table, between, gist_indexes, one_of

_STATE = (
    "coalesce(own_state, case when ledger_closed then 'closed' when progress <> '' then 'rectifying' else 'found' end)"
)
_CLOSED = "case when own_state is null then ledger_closed else own_state = 'closed' end"
_DEADLINE = "coalesce(own_deadline, ledger_deadline)"
_UNIT = "coalesce(nullif(own_unit, ''), unit_of(responsible))"


class Problem(Located, Sampled, Table):
    """A problem and its rectification; the point lies in the community or area that was found by its name.

    What the ledger says (`ledger_…`) and what somebody decided in the service (`own_…`, written by the trigger of
    `problem_events` alone) are kept apart; `state`, `closed`, `deadline` and `unit` follow from both.
    """

    __tablename__ = "problems"
    __table_args__ = (
        between("category", 1),
        one_of("problem_group", ProblemGroup),
        one_of("origin", ProblemOrigin),
        one_of("own_state", ProblemState),
        *gist_indexes(),
    )
    geometry_type = "POINT"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    natural_key: Mapped[str] = mapped_column(unique=True)
    seq: Mapped[int | None]
    project_name: Mapped[str]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("communities.id", ondelete="SET NULL"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("management_areas.id", ondelete="SET NULL"), index=True)
    county: Mapped[str]
    company: Mapped[str]
    category: Mapped[int]
    problem_group: Mapped[str]
    content: Mapped[str]
    progress: Mapped[str]
    responsible: Mapped[str]
    ledger_deadline: Mapped[dt.date | None]
    deadline_text: Mapped[str]
    ledger_closed: Mapped[bool | None]
    remark: Mapped[str]
    source_file: Mapped[str]
    source_row: Mapped[int | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
    written: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    source_sheet: Mapped[str] = mapped_column(server_default=text("''"))
    ledger_position: Mapped[int | None]
    origin: Mapped[str] = mapped_column(server_default=text("'ledger'"))
    county_code: Mapped[str | None]  # of a report from the spot; a row of a ledger lies where its community does
    street_code: Mapped[str | None]
    registered_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    own_state: Mapped[str | None]
    own_deadline: Mapped[dt.date | None]
    own_unit: Mapped[str] = mapped_column(server_default=text("''"))
    measures: Mapped[str] = mapped_column(server_default=text("''"))
    state: Mapped[str] = mapped_column(Computed(_STATE, persisted=True), nullable=True)
    closed: Mapped[bool | None] = mapped_column(Computed(_CLOSED, persisted=True))
    deadline: Mapped[dt.date | None] = mapped_column(Computed(_DEADLINE, persisted=True))
    unit: Mapped[str] = mapped_column(Computed(_UNIT, persisted=True), nullable=True)


class ProblemName(Table):
    """The community or area that somebody said a project name of a unit means; found again by its bare name."""

    __tablename__ = "problem_names"
    __table_args__ = (
        UniqueConstraint("unit", "bare", name="problem_names_unit_bare_key"),
        CheckConstraint("num_nonnulls(community_id, area_id) = 1", name="one_meaning"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit: Mapped[str]
    bare: Mapped[str]
    name: Mapped[str]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("communities.id", ondelete="CASCADE"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("management_areas.id"), index=True)
    person: Mapped[str]
    made_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ProblemEvent(Table):
    """What somebody did about a problem, when, and where it stood then; rows are only added."""

    __tablename__ = "problem_events"
    __table_args__ = (one_of("kind", ProblemEventKind), Index(None, "problem_id", "id"), Index(None, "at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"))
    at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    login: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    kind: Mapped[str]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    state_before: Mapped[str] = mapped_column(server_default=text("''"))
    state: Mapped[str] = mapped_column(server_default=text("''"))
    unit: Mapped[str | None]
    measures: Mapped[str | None]
    deadline: Mapped[dt.date | None]


class ProblemEvidence(Table):
    """A picture or document that came with an event; pictures hold nothing but their pixels."""

    __tablename__ = "problem_evidence"
    __table_args__ = (between("byte_count", 1),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("problem_events.id"), unique=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"), index=True)
    media_type: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    byte_count: Mapped[int]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
