"""Verdicts of `analysis` on stored rows, written where they differ from the stored ones."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd
from sqlalchemy import Connection, update
from sqlalchemy import Table as SqlTable

from gis_service.store.staging import staged
from gis_service.store.tables import Table
from gis_service.store.versions import DAY


def write_verdicts(
    connection: Connection, table: type[Table], before: pd.DataFrame, after: pd.DataFrame, columns: tuple[str, ...]
) -> int:
    """The columns of every row, by id, are those of `after`; says how many rows were written.

    A row that is written counts as it is then from its `stands_from` in `after`.
    """
    old = before[[*columns, "id"]].to_dict("records")
    new = after[[*columns, "id"]].to_dict("records")
    pairs = zip(map(_plain, old), map(_plain, new), after[DAY], strict=True)
    different = [{**said, DAY: day} for stood, said, day in pairs if stood != said]
    if not different:
        return 0
    own = cast("SqlTable", table.__table__)
    with staged(connection, own, different) as said:
        values = {name: said.c[name] for name in (*columns, DAY)}
        connection.execute(update(own).where(own.c.id == said.c.id).values(values))
    return len(different)


def _plain(record: dict[Any, Any]) -> dict[str, object]:
    return {str(name): None if pd.isna(value) else value for name, value in record.items()}
