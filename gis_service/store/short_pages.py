"""A query for a page of a few features in; their ids, the ends of the page and how many match out.

The features themselves are read by their ids, and only those that nobody has at hand (`feature_texts`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    null,
    select,
)

from gis_service import clock
from gis_service.crs import CRS84, REFERENCES
from gis_service.store.compiled import Compiled, compiled
from gis_service.store.feature_texts import FeatureId, is_plain
from gis_service.store.features import SOURCES, FeatureQuery, Source, rows_and_conditions
from gis_service.store.ordering import Place, Start, beyond, check, keys, order_by
from gis_service.store.paging import Page
from gis_service.store.quick import Planning, QuickReads
from gis_service.store.sources import is_past

MOST = 200  # features: what is held in memory at once; longer pages are streamed
COUNTED = 1_000  # features that match a filter are counted as far as this
_BOX = shapely.Point(0, 0)  # stands for any box, as the next ones for any day that is over and any start
_DAY, _PLACE = dt.date.min, ("0",)


@dataclass(frozen=True)
class ShortPage:
    """The ids of the features in order; `matched` is how many match in all, None where that was not counted."""

    ids: tuple[FeatureId, ...]
    matched: int | None
    page: Page


def is_narrowed(query: FeatureQuery) -> bool:
    """True of a query that not the whole source matches, as far as it says."""
    return query.bbox is not None or query.filter is not None or query.ids is not None or bool(query.equals)


def is_short(query: FeatureQuery) -> bool:
    """True of what `short_page` reads."""
    if not is_plain(query):
        return False
    return query.limit is not None and query.limit <= MOST and (query.start is None or query.start.side == "after")


async def short_page(quick: QuickReads, query: FeatureQuery, *, counted: bool) -> ShortPage:
    """The page that the query means; for a wrong query BadRequestError, as `stream_features` raises it."""
    if query.start is not None:
        check(SOURCES[query.source], query.order, query.start.place)
    found, matched = await _read(quick, query, counted)
    if counted and matched is None:  # more than are counted
        found, _ = await _read(quick, query, counted=False)
    found = found or []
    within = found[: query.limit]
    first, last = (_place(within[0]), _place(within[-1])) if within else (None, None)
    page = Page(query, first, last, query.start is not None or query.offset > 0, len(found) > len(within))
    return ShortPage(tuple(one[-1] for one in within) if query.order else tuple(within), matched, page)


async def _read(quick: QuickReads, query: FeatureQuery, counted: bool) -> tuple[list[Any] | None, int | None]:
    # a filter is asked once in its life; forms of query are few
    statement = _compiled(_form(query), counted) if query.filter is None else compiled(_statement(query, counted))
    # in a box alone an index finds the first that are counted, however large the box is
    planning = Planning.ONCE if counted and _is_box(query) else Planning.EACH
    ((found, matched),) = await quick.rows(statement.text, statement.arguments(_values(query)), planning)
    return found, matched


def _is_box(query: FeatureQuery) -> bool:
    """True of a query for today that nothing narrows but a box."""
    return query.bbox is not None and not is_narrowed(replace(query, bbox=None)) and not is_past(query.as_of)


def _place(found: Any) -> Place:
    """Where in the order a feature lies: its id alone, or the texts of its keys and its id."""
    *key, own = found if isinstance(found, list) else [found]
    return (*key, str(own))


def _form(query: FeatureQuery) -> FeatureQuery:
    """The same for all queries that one statement serves: what may differ has a place of its own in the text."""
    day = _DAY if is_past(query.as_of) else None
    same = replace(query, only=None, reference=REFERENCES[CRS84], limit=None, offset=0, as_of=day)
    if isinstance(query.bbox, BaseGeometry):
        same = replace(same, bbox=_BOX)
    if query.start is not None and not query.order:
        same = replace(same, start=Start(_PLACE, query.start.side))
    return same


def _values(query: FeatureQuery) -> dict[str, object]:
    """What differs, by the name of its place."""
    told: dict[str, object] = {"one_more": (query.limit or 0) + 1, "skipped": query.offset}
    told["day"] = query.as_of or clock.today()
    if isinstance(query.bbox, BaseGeometry):
        told["box"] = shapely.to_wkb(query.bbox)
    if query.start is not None:
        told |= {f"start_{number}": text for number, text in enumerate(query.start.place)}
    return told


@lru_cache(maxsize=512)
def _compiled(query: FeatureQuery, counted: bool) -> Compiled:
    return compiled(_statement(query, counted))


def _statement(query: FeatureQuery, counted: bool) -> Select[Any, Any]:
    """The ids of the page and how many match; neither where more than COUNTED match, and that is to be counted.

    Those that match are looked for once, as far as COUNTED, and the page is taken from them. The other way is another
    statement: to plan both would take as long as a small page.
    """
    source, rows, conditions = rows_and_conditions(query)
    if not counted:
        return select(_ids(source, rows, query, conditions), null())
    if not is_narrowed(query):
        number = select(func.count()).select_from(rows).where(*conditions).scalar_subquery()
        return select(_ids(source, rows, query, conditions), number)
    names = dict.fromkeys((*(key.name for key in query.order), source.id_column))
    few = select(*(rows.c[name] for name in names)).where(*conditions).limit(COUNTED + 1).cte("few")
    total = select(func.count().label("number")).select_from(few).cte("total")
    fits = total.c.number <= COUNTED
    return select(case((fits, _ids(source, few, query, ()))), case((fits, total.c.number)))


def _ids(
    source: Source, rows: FromClause, query: FeatureQuery, conditions: Sequence[ColumnElement[bool]]
) -> ScalarSelect[Any]:
    """The ids of the page, or the texts of the keys before each, as JSON; one more than the page has is read."""
    begun = [] if query.start is None else [beyond(source, rows, query.order, query.start)]
    *sorted_by, key = keys(source, rows, query.order)
    found = (
        select(*(cast(one, Text).label(f"key_{number}") for number, one in enumerate(sorted_by)), key.label("id_"))
        .where(*conditions, *begun)
        .order_by(*order_by(source, rows, query.order))
        .offset(bindparam("skipped", 0, BigInteger()))
        .limit(bindparam("one_more", 0, BigInteger()))
        .subquery()
    )
    each = func.json_build_array(*found.c) if sorted_by else found.c.id_
    return select(func.json_agg(each)).select_from(found).scalar_subquery()
