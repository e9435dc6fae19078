"""What people do with boundaries: the steps of every revision, judgements, splits and merges, drawings on trial."""

from __future__ import annotations

import datetime as dt
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.codes import Step, SuccessionKind, SuccessionState
from gis_service.crs import LONLAT
from gis_service.store.tables.mapping import Table, one_of

SIDES = ("E", "S", "W", "N")
ROLES = ("before", "after")


class AreaStep(Table):
    """Who did what with a revision, when and why; rows are only ever added."""

    __tablename__ = "area_steps"
    __table_args__ = (one_of("step", Step),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("management_areas.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("area_revisions.id", ondelete="CASCADE"), index=True)
    step: Mapped[str]
    person: Mapped[str]
    note: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Judgement(Table):
    """What a person decided a name, or one side of one area, means; an index keeps one live row for each.

    Undoing is a row of its own, without place and line.
    """

    __tablename__ = "judgements"
    __table_args__ = (
        one_of("kind", ("name", "side")),
        CheckConstraint(f"side in ({', '.join(repr(side) for side in SIDES)})", name="side"),
        CheckConstraint(
            "(kind = 'side') = (area_id is not null) and (kind = 'side') = (side is not null)", name="scope"
        ),
        Index(
            "judgements_one_live",
            "kind",
            "name",
            "division",
            text("coalesce(area_id, 0)"),
            text("coalesce(side, '')"),
            unique=True,
            postgresql_where=text("live"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]  # as names are compared; of a side, the words that stood there
    division: Mapped[str]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("management_areas.id"))
    side: Mapped[str | None]
    place_id: Mapped[str | None]
    place: Mapped[str]
    line: Mapped[Any] = mapped_column(Geometry("MULTILINESTRING", srid=LONLAT, spatial_index=False), nullable=True)
    person: Mapped[str]
    made_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    live: Mapped[bool] = mapped_column(server_default=text("true"))


class AreaSuccession(Table):
    """A split or merge that somebody proposed, and what was decided of it."""

    __tablename__ = "area_successions"
    __table_args__ = (
        one_of("kind", SuccessionKind),
        one_of("state", SuccessionState),
        CheckConstraint("(state = 'approved') = (effective_from is not null)", name="decision"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    note: Mapped[str]
    decided_by: Mapped[str | None]
    decided_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    decision_note: Mapped[str] = mapped_column(server_default="")
    effective_from: Mapped[dt.date | None]


class AreaSuccessionPart(Table):
    """An area before or after a split or merge; those after it become areas when it is approved."""

    __tablename__ = "area_succession_parts"
    __table_args__ = (
        one_of("role", ROLES),
        CheckConstraint("role = 'after' or (area_id is not null and revision_id is not null)", name="known"),
        Index(
            "area_succession_parts_one_waiting",
            "area_id",
            unique=True,
            postgresql_where=text("waiting and role = 'before'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    succession_id: Mapped[int] = mapped_column(ForeignKey("area_successions.id"), index=True)
    role: Mapped[str]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("management_areas.id"), index=True)
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("area_revisions.id"))
    name: Mapped[str]
    waiting: Mapped[bool]
    shape: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=LONLAT, spatial_index=False), nullable=False)


class DrawingImport(Table):
    """A file of drawn boundaries that one person looks at before anything of it is kept."""

    __tablename__ = "drawing_imports"

    token: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str]
    expires_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), index=True)
    preview: Mapped[dict[str, Any]] = mapped_column(JSONB)
