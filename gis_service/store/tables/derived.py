"""Derived tables: what each row counts for, coverage per division, uncovered communities; anew after every write."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.codes import UncoveredReason
from gis_service.store.tables.mapping import Located, Sampled, Table, gist_indexes, one_of

TALLIED = ("community", "area", "problem")
COVERAGE_LEVELS = ("county", "street", "neighborhood", "reporting_unit")


class Coverage(Located, Sampled, Table):
    """The sums of one division or reporting unit; shares lie between 0 and 1, NULL where nothing could be counted."""

    __tablename__ = "coverage"
    __table_args__ = (one_of("level", COVERAGE_LEVELS), *gist_indexes())
    geometry_type = "MULTIPOLYGON"

    id: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    communities: Mapped[int]
    covered: Mapped[int]
    uncovered: Mapped[int]
    declared: Mapped[int]
    lost: Mapped[int]
    spatial: Mapped[int]
    coverage_rate: Mapped[float | None]
    area_rows: Mapped[int]
    forms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    committee_yes: Mapped[int]
    committee_known: Mapped[int]
    committee_rate: Mapped[float | None]
    party_yes: Mapped[int]
    party_known: Mapped[int]
    party_rate: Mapped[float | None]
    fee_known: Mapped[int]
    fee_rate_mean: Mapped[float | None]
    community_area_m2: Mapped[float | None]
    covered_area_m2: Mapped[float | None]
    area_coverage_rate: Mapped[float | None]
    problems_open: Mapped[int]
    problems_closed: Mapped[int]
    as_of: Mapped[dt.date]


class Tally(Sampled, Table):
    """What one community, ledger row or problem counts for, and in which divisions; `coverage` is the sums of these."""

    __tablename__ = "tallies"
    __table_args__ = (one_of("kind", TALLIED),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    county_code: Mapped[str]
    street_code: Mapped[str]
    neighborhood_code: Mapped[str]
    reporting_unit: Mapped[str]
    communities: Mapped[int]
    declared: Mapped[int]
    lost: Mapped[int]
    spatial: Mapped[int]
    community_area_m2: Mapped[float]
    inside_m2: Mapped[float]
    area_rows: Mapped[int]
    form_1: Mapped[int]
    form_2: Mapped[int]
    form_3: Mapped[int]
    form_4: Mapped[int]
    form_5: Mapped[int]
    form_6: Mapped[int]
    form_unknown: Mapped[int]
    committee_yes: Mapped[int]
    committee_known: Mapped[int]
    party_yes: Mapped[int]
    party_known: Mapped[int]
    fee_sum: Mapped[float]
    fee_known: Mapped[int]
    problems_open: Mapped[int]
    problems_closed: Mapped[int]


class UncoveredCommunity(Located, Sampled, Table):
    """One reason why a community is 失管; a community may have several rows, the reasons are never mixed."""

    __tablename__ = "uncovered_communities"
    __table_args__ = (one_of("reason", UncoveredReason), *gist_indexes())
    geometry_type = "MULTIPOLYGON"

    id: Mapped[str] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("communities.id", ondelete="CASCADE"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    county: Mapped[str]
    street: Mapped[str]
    neighborhood: Mapped[str]
    reporting_unit: Mapped[str]
    reason: Mapped[str]
    reason_words: Mapped[str]
    evidence: Mapped[str]
    since: Mapped[dt.date | None]
    boundary_pending: Mapped[bool]
    as_of: Mapped[dt.date]
