"""What every table has in common: the naming of constraints, lon/lat geometry with its tile twin, code checks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Computed, Index, MetaData, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from gis_service.crs import LONLAT, WEB_MERCATOR

_NAMING = {  # PostgreSQL's own habit, so that migrations may leave names out
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_name)s_key",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "ix": "%(table_name)s_%(column_0_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}


class Table(DeclarativeBase):
    """A table of the store."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map: ClassVar[dict[type, Any]] = {str: Text}


class Sampled:
    """Rows that may be 示例数据: fictional, and said so wherever they are shown."""

    sample: Mapped[bool] = mapped_column(server_default=text("false"))


class Dated:
    """Rows with the first day on which they count as they are; `store/tables/versions.py` has what they were before."""

    stands_from: Mapped[dt.date] = mapped_column(server_default=text("current_date"), index=True, sort_order=95)


class Located:
    """A lon/lat `geom` (CGCS2000) and `geom_3857`, which PostgreSQL keeps in step so that tiles need no transform."""

    geometry_type: ClassVar[str] = "GEOMETRY"
    geometry_nullable: ClassVar[bool] = True

    @declared_attr
    @classmethod
    def geom(cls) -> Mapped[Any]:
        """The geometry in lon/lat degrees, EPSG:4490."""
        kind = Geometry(cls.geometry_type, srid=LONLAT, spatial_index=False)
        return mapped_column(kind, nullable=cls.geometry_nullable, sort_order=90)

    @declared_attr
    @classmethod
    def geom_3857(cls) -> Mapped[Any]:
        """The geometry in Web Mercator metres, EPSG:3857, generated."""
        kind = Geometry(cls.geometry_type, srid=WEB_MERCATOR, spatial_index=False)
        generated = Computed(f"st_transform(geom, {WEB_MERCATOR})", persisted=True)
        return mapped_column(kind, generated, nullable=True, sort_order=91)


def gist_indexes() -> tuple[Index, Index]:
    """The spatial indexes of a located table."""
    return Index(None, "geom", postgresql_using="gist"), Index(None, "geom_3857", postgresql_using="gist")


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A check that a text column holds one of the given words."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({words})", name=column)


def between(column: str, low: float, high: float | None = None) -> CheckConstraint:
    """A check that a number lies in a closed range, or above `low`; NULL passes."""
    rule = f"{column} >= {low}" if high is None else f"{column} between {low} and {high}"
    return CheckConstraint(rule, name=column)
