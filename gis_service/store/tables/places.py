"""The gazetteer: landmarks that 四至 sentences name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis_service.codes import PlaceKind
from gis_service.store.tables.mapping import Located, Sampled, Table, between, gist_indexes, one_of


class PlaceRow(Located, Sampled, Table):
    """A landmark; lines for roads, rivers, railways and walls, else polygons."""

    __tablename__ = "places"
    __table_args__ = (one_of("kind", PlaceKind), between("width_m", 0), *gist_indexes())
    geometry_nullable = False

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    width_m: Mapped[float | None]
    division_code: Mapped[str]
    source: Mapped[str]
    tags: Mapped[dict[str, Any]] = mapped_column(JSONB)
