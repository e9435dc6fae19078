"""What communities and hazards were before they changed, and until when a survey last said what they are."""

from __future__ import annotations

import datetime as dt
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.crs import LONLAT
from gis_service.store.tables.mapping import Table, one_of

SURVEYED = ("communities", "fire_lanes", "ebike_charging", "manholes")


class EarlierVersion(Table):
    """A row as it was from one day until another, which does not count any more; append-only.

    Written by a trigger when a row gets a later `stands_from`, or goes. `row` has every column but the shapes.
    """

    __tablename__ = "earlier_versions"
    __table_args__ = (
        one_of("subject", SURVEYED),
        CheckConstraint("since < until", name="lasted"),
        Index("earlier_versions_subject_row_id_since_idx", "subject", "row_id", "since"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subject: Mapped[str]  # the table
    row_id: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[dt.date]
    until: Mapped[dt.date]  # the first day on which it did not count any more
    row: Mapped[dict[str, Any]] = mapped_column(JSONB)
    shape: Mapped[Any] = mapped_column(Geometry("GEOMETRY", srid=LONLAT, spatial_index=False), nullable=True)
    recorded_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SaidAgain(Table):
    """The last day of a survey that spoke of a row: what an older one says of it comes too late."""

    __tablename__ = "said_again"
    __table_args__ = (one_of("subject", SURVEYED),)

    subject: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[dt.date]
