"""Ids in; the features of these ids as GeoJSON, and the state of their source in which they were read, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, LargeBinary, Select, Text, any_, bindparam, cast, func, select

from gis_service import clock
from gis_service.store.compiled import Compiled, compiled
from gis_service.store.features import SOURCES, ColumnType, FeatureQuery, feature_text, rows_and_conditions
from gis_service.store.filters import is_value
from gis_service.store.quick import Planning, QuickReads
from gis_service.store.sources import is_past
from gis_service.store.tables import LayerRevision

_DAY = dt.date.min  # stands for any day that is over
FeatureId = int | str


@dataclass(frozen=True)
class FeatureTexts:
    """The features that there are; `revision` of the source as they were read, None where there was none of them."""

    told: Mapping[FeatureId, bytes]
    revision: int | None


def is_plain(query: FeatureQuery) -> bool:
    """True of a reading of nothing personal, which must be noted before it is sent."""
    return not any(column.shown_in for column in query.columns)


def id_of(source_id: str, text: str) -> FeatureId | None:
    """The id that a text says; None of a text that no feature of the source can have as its id."""
    source = SOURCES[source_id]
    if not is_value(source, source.id_column, text):
        return None
    return int(text) if source.columns[source.id_column] is ColumnType.INTEGER else text


async def feature_texts(quick: QuickReads, query: FeatureQuery, ids: Sequence[FeatureId]) -> FeatureTexts:
    """The features with these ids, in the columns and the reference system of the query, whatever else it asks."""
    day = _DAY if is_past(query.as_of) else None
    form = FeatureQuery(query.source, query.columns, as_of=day, only=query.only, reference=query.reference)
    statement = _compiled(form)
    values = {"ids": list(ids), "day": query.as_of or clock.today()}
    rows = await quick.rows(statement.text, statement.arguments(values), Planning.EACH if day else Planning.ONCE)
    return FeatureTexts({key: told for key, told, _ in rows}, next((revision or 0 for *_, revision in rows), None))


@lru_cache(maxsize=512)
def _compiled(query: FeatureQuery) -> Compiled:
    return compiled(_statement(query))


def _statement(query: FeatureQuery) -> Select[Any, Any, Any]:
    source, rows, _ = rows_and_conditions(query)
    key = rows.c[source.id_column]
    number = source.columns[source.id_column] is ColumnType.INTEGER
    ids = bindparam("ids", None, ARRAY(BigInteger if number else Text))
    told = cast(func.convert_to(feature_text(source, rows, query), "UTF8"), LargeBinary)
    revision = select(LayerRevision.revision).where(LayerRevision.source == source.id).scalar_subquery()
    return select(key, told, revision).where(key == any_(ids))
