"""A query with a limit and a start in; where its page begins and ends, and whether there is more on either side."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, Text, cast, func, select

from gis_service.store.features import FeatureQuery, rows_and_conditions
from gis_service.store.ordering import Place, Start, beyond, keys, order_by


@dataclass(frozen=True)
class Page:
    """One page: `query` reads it without skipping anything; the places of its first and last feature."""

    query: FeatureQuery
    first: Place | None
    last: Place | None
    preceded: bool
    followed: bool


def turn_to(connection: Connection, query: FeatureQuery, limit: int) -> Page:
    """The page of at most `limit` features that the query means, found by reading keys alone."""
    preceded = query.start is not None or query.offset > 0
    if query.start is not None and query.start.side == "before":
        first, _, preceded = _ends(connection, query, limit, reverse=True)
        query = replace(query, start=None if first is None else Start(first, "at"))
    last, first, followed = _ends(connection, query, limit, reverse=False)
    if first is not None:
        query = replace(query, start=Start(first, "at"), offset=0)
    return Page(query, first, last, preceded, followed)


def _ends(
    connection: Connection, query: FeatureQuery, limit: int, *, reverse: bool
) -> tuple[Place | None, Place | None, bool]:
    """The places of the farthest and the nearest feature within the limit, and whether any lies farther."""
    source, rows, conditions = rows_and_conditions(query)
    if query.start is not None:
        conditions.append(beyond(source, rows, query.order, query.start))
    texts = [cast(key, Text).label(f"key_{number}") for number, key in enumerate(keys(source, rows, query.order))]
    found = (
        select(*texts)
        .where(*conditions)
        .order_by(*order_by(source, rows, query.order, reverse=reverse))
        .offset(query.offset)
        .limit(limit + 1)
        .subquery()
    )
    numbered = select(*found.c, func.row_number().over().label("number"), func.count().over().label("count")).subquery()
    at_ends = numbered.c.number.in_((1, limit, limit + 1)) | (numbered.c.number == numbered.c.count)
    ends = [tuple(row) for row in connection.execute(select(numbered).where(at_ends).order_by(numbered.c.number))]
    within = [row[:-2] for row in ends if row[-2] <= limit]
    if not within:
        return None, None, False
    return within[-1], within[0], ends[-1][-2] > limit
