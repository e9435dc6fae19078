"""Rows and the divisions of a reader in; the condition that is true of the reader's own rows out."""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, FromClause, and_, func, or_, select

from gis_service.codes import REPORTING_UNITS
from gis_service.store.tables import Community, ManagementArea, Table

EVERYWHERE = frozenset({"*"})  # every division
_ZONES = sorted(REPORTING_UNITS.values())


def own(rows: FromClause, divisions: frozenset[str]) -> ColumnElement[bool]:
    """True of rows in the divisions, as `access.belongs` has it; not true where a row does not say where it lies."""
    county, street, unit = _place(rows)
    wanted = sorted(divisions)
    return or_(unit.in_(wanted), street.in_(wanted), and_(unit.not_in(_ZONES), county.in_(wanted)))


def _place(rows: FromClause) -> tuple[ColumnElement[str], ColumnElement[str], ColumnElement[str]]:
    """County code, street code and reporting unit of a row; a problem lies where its area or community does."""
    if "reporting_unit" in rows.c:
        return rows.c.county_code, rows.c.street_code, rows.c.reporting_unit
    return _of_linked(rows, "county_code"), _of_linked(rows, "street_code"), rows.c.county


def _of_linked(rows: FromClause, name: str) -> ColumnElement[str]:
    found = (_value(ManagementArea, name, rows.c.area_id), _value(Community, name, rows.c.community_id))
    return func.coalesce(*found)


def _value(table: type[Table], name: str, key: Column[int] | ColumnElement[int]) -> ColumnElement[str]:
    linked = table.__table__
    return select(linked.c[name]).where(linked.c.id == key).scalar_subquery()
