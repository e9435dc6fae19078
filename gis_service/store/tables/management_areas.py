"""Management areas (物业管理区域), their append-only boundary revisions, and the communities they hold."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.codes import CommitteeState, PartyCoverage, ResolutionStatus, RevisionState, ServiceForm
from gis_service.crs import LONLAT
from gis_service.store.tables.mapping import Located, Sampled, Table, between, gist_indexes, one_of

ORIGINS = ("resolver", "drawn", "imported")
LINKS = ("ledger", "spatial")
_DRAWN = ("name", "service_form", "sample", "established_on", "retired_on")  # all that a far tile asks of it


class ManagementArea(Sampled, Table):
    """One row of 附件1 and what became of its 四至 sentence; `natural_key` finds it again on re-import."""

    __tablename__ = "management_areas"
    __table_args__ = (
        between("service_form", 1, max(ServiceForm)),
        between("committee", 1, max(CommitteeState)),
        between("party_coverage", 1, max(PartyCoverage)),
        between("fee_rate", 0, 1),
        between("confidence", 0, 1),
        one_of("resolution_status", ResolutionStatus),
        Index("management_areas_drawn_idx", "id", postgresql_include=[*_DRAWN]),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    natural_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(index=True)
    reporting_unit: Mapped[str]
    county_code: Mapped[str | None] = mapped_column(index=True)
    street_code: Mapped[str | None]
    neighborhood_code: Mapped[str | None]
    street: Mapped[str]
    neighborhood: Mapped[str]
    ledger_seq: Mapped[int | None]
    community_names: Mapped[list[str]] = mapped_column(ARRAY(Text))
    abuttals_text: Mapped[str]
    service_form: Mapped[int | None]
    committee: Mapped[int | None]
    party_coverage: Mapped[int | None]
    company: Mapped[str]
    manager: Mapped[str]
    manager_phone: Mapped[str]
    fee_rate: Mapped[float | None]
    resolution_status: Mapped[str]
    confidence: Mapped[float]
    sides: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    open_sides: Mapped[Any] = mapped_column(
        Geometry("MULTILINESTRING", srid=LONLAT, spatial_index=False), nullable=True
    )
    issues: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    source_file: Mapped[str]
    source_row: Mapped[int | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
    written: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    source_sheet: Mapped[str] = mapped_column(server_default=text("''"))
    ledger_position: Mapped[int | None]
    resolved_with: Mapped[str | None]
    former_names: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")  # of the areas it came from
    established_on: Mapped[dt.date | None]  # the day it came from a split or merge
    retired_on: Mapped[dt.date | None]  # the day from which others stand in its place


class AreaRevision(Located, Table):
    """One boundary as somebody proposed it; a trigger refuses to change it, the exclusion keeps one approved a day."""

    __tablename__ = "area_revisions"
    __table_args__ = (
        UniqueConstraint("area_id", "number", name="area_revisions_area_id_number_key"),
        one_of("state", RevisionState),
        one_of("origin", ORIGINS),
        CheckConstraint("effective_to is null or effective_to >= effective_from", name="effective"),
        CheckConstraint(
            "(state = 'approved') = (effective_from is not null) and (state <> 'approved' or decided_by is not null)",
            name="decision",
        ),
        ExcludeConstraint(
            ("area_id", "="),
            (text("daterange(effective_from, effective_to)"), "&&"),
            name="area_revisions_one_approved",
            using="gist",
            where=text("state = 'approved'"),
        ),
        *gist_indexes(),
    )
    geometry_type = "MULTIPOLYGON"
    geometry_nullable = False

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("management_areas.id"))
    number: Mapped[int]
    state: Mapped[str]
    origin: Mapped[str]
    effective_from: Mapped[dt.date | None]
    effective_to: Mapped[dt.date | None]
    author: Mapped[str]
    decided_by: Mapped[str | None]
    note: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    area_m2: Mapped[Decimal] = mapped_column(
        Numeric, Computed("round(st_area(geography(geom))::numeric, 1)", persisted=True), nullable=True
    )


class AreaCommunity(Table):
    """A community that an area holds: by its name in the ledger, or by the boundary around its footprint."""

    __tablename__ = "area_communities"
    __table_args__ = (one_of("how", LINKS),)

    area_id: Mapped[int] = mapped_column(ForeignKey("management_areas.id", ondelete="CASCADE"), primary_key=True)
    community_id: Mapped[int] = mapped_column(
        ForeignKey("communities.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    how: Mapped[str] = mapped_column(primary_key=True)
