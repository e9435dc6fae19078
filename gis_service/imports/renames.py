"""Staged rows that call an area otherwise → the names that areas bore before."""

from __future__ import annotations

from sqlalchemy import Connection, FromClause, Table, case, func, select
from sqlalchemy.dialects import postgresql

from gis_service.store.tables import AreaName, ManagementArea


def learn_names(connection: Connection, staging: Table, keyed: FromClause) -> None:
    """An area that the staged rows call otherwise keeps its old name as another one, be it the row that is older."""
    area = ManagementArea.__table__
    renamed = (
        select(area.c.id, case((keyed.c.late, staging.c.name), else_=area.c.name))
        .select_from(staging.join(keyed, keyed.c.ordinal == staging.c.ordinal))
        .join(area, area.c.natural_key == keyed.c.natural_key)
        .where(func.bare_name(area.c.name) != func.bare_name(staging.c.name))
    )
    statement = postgresql.insert(AreaName).from_select(["area_id", "name"], renamed)
    connection.execute(statement.on_conflict_do_nothing())
