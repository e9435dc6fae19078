"""Figures that other systems give: every value that was ever sent, the last one of a subject and period counts."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, DateTime, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.store.tables.mapping import Sampled, Table


class IndicatorValue(Sampled, Table):
    """One value of an indicator for a subject (by its code) and a period; append-only, NULL takes one back."""

    __tablename__ = "indicator_values"
    __table_args__ = (
        Index("indicator_values_indicator_subject_starts_id_idx", "indicator", "subject", "starts", "id"),
        Index("indicator_values_indicator_starts_idx", "indicator", "starts"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    indicator: Mapped[str]
    subject: Mapped[str]
    period: Mapped[str]
    starts: Mapped[dt.date]
    value: Mapped[float | None]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    system: Mapped[str]
    login: Mapped[str]
    received_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
