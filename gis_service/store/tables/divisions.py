"""Administrative divisions: 市县(区), 街道/乡镇, 社区/村."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from gis_service.codes import DivisionLevel
from gis_service.store.tables.mapping import Located, Sampled, Table, gist_indexes, one_of


class Division(Located, Sampled, Table):
    """A division by its GB/T 2260 (6), street (9) or 社区 (12 digits) code; 经开区 and 高新区 are reporting units."""

    __tablename__ = "divisions"
    __table_args__ = (one_of("level", DivisionLevel), *gist_indexes())
    geometry_type = "MULTIPOLYGON"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(index=True)
    reporting_unit: Mapped[str | None]
