"""Communities (小区) with their footprints."""

from __future__ import annotations

from sqlalchemy import BigInteger, Identity, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.store.tables.mapping import Dated, Located, Sampled, Table, between, gist_indexes


class Community(Dated, Located, Sampled, Table):
    """A 小区: a surrogate id and a readable code, since no national code exists and names repeat."""

    __tablename__ = "communities"
    __table_args__ = (between("households", 0), between("floor_area_m2", 0), *gist_indexes())
    geometry_type = "MULTIPOLYGON"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(index=True)
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    county_code: Mapped[str | None]
    street_code: Mapped[str | None]
    neighborhood_code: Mapped[str | None]
    county: Mapped[str]
    street: Mapped[str]
    neighborhood: Mapped[str]
    reporting_unit: Mapped[str]
    households: Mapped[int | None]
    floor_area_m2: Mapped[float | None]
