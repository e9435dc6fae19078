"""What each community, ledger row and problem counts for: kept after every write, read by rows or by divisions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

import pandas as pd
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Delete,
    Row,
    Text,
    all_,
    and_,
    any_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import Insert, insert

from gis_service.store.links import Touched
from gis_service.store.staging import staged
from gis_service.store.tables import Tally

_TABLE = cast("SqlTable", Tally.__table__)
_NAMES = list(_TABLE.c.keys())
_KINDS = {name: _TABLE.c[name].type.python_type for name in _NAMES}


def kept(connection: Connection) -> bool:
    """Whether anything was counted since the table is there."""
    return connection.scalar(select(_TABLE.c.id).limit(1)) is not None


def keep(connection: Connection, tallies: pd.DataFrame) -> None:
    """The table holds exactly these rows, as `analysis.coverage.tallied` gives them; what is so already stays."""
    with staged(connection, _TABLE, _records(tallies)) as staging:
        connection.execute(_forget(staging))
        connection.execute(_remember(staging))


def replace(connection: Connection, tallies: pd.DataFrame, of: Touched) -> pd.DataFrame:
    """`keep` for what is touched, the rest of the rows left out; the rows that were and are different go out."""
    ids = {"community": of.communities, "area": of.areas, "problem": of.problems}
    own = [tallies[(tallies["kind"] == kind) & tallies["id"].isin(each)] for kind, each in ids.items()]
    scope = or_(*(and_(_TABLE.c.kind == kind, _TABLE.c.id == any_(_numbers(each))) for kind, each in ids.items()))
    with staged(connection, _TABLE, _records(pd.concat(own))) as staging:
        gone = connection.execute(_forget(staging).where(scope).returning(*_TABLE.c)).all()
        come = connection.execute(_remember(staging).returning(*_TABLE.c)).all()
    return _frame([*gone, *come])


def read(
    connection: Connection, places: Mapping[str, Collection[str]], strange: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """Whatever counts for one of the places (column → codes), or bears in a column none of the known codes."""
    here = [_TABLE.c[column] == any_(_texts(codes)) for column, codes in places.items()]
    nowhere = [_TABLE.c[column] != all_(_texts(known)) for column, known in strange.items()]
    return _rows(connection, or_(*here, *nowhere))


def read_kinds(connection: Connection, kinds: Sequence[str]) -> pd.DataFrame:
    """Whatever is of one of the kinds, by kind as they are given and by id."""
    wanted = literal(list(kinds), ARRAY(Text))
    rows = select(_TABLE).where(_TABLE.c.kind == any_(wanted))
    return _frame(connection.execute(rows.order_by(func.array_position(wanted, _TABLE.c.kind), _TABLE.c.id)).all())


def _forget(staging: SqlTable) -> Delete:
    same = exists().where(*(_TABLE.c[name] == staging.c[name] for name in _NAMES))
    return delete(_TABLE).where(~same)


def _remember(staging: SqlTable) -> Insert:
    """What is there already says the same; found by its key, however large the table is said to be."""
    return insert(_TABLE).from_select(_NAMES, select(staging)).on_conflict_do_nothing()


def _rows(connection: Connection, condition: ColumnElement[bool]) -> pd.DataFrame:
    return _frame(connection.execute(select(_TABLE).where(condition)).all())


def _frame(rows: Sequence[Row[Any]]) -> pd.DataFrame:
    """The rows as `tallied` has them: `sample` is a number like the rest."""
    frame = pd.DataFrame([tuple(row) for row in rows], columns=_NAMES)
    return frame.astype({name: int if kind is bool else kind for name, kind in _KINDS.items() if kind is not str})


def _records(tallies: pd.DataFrame) -> Iterator[dict[str, object]]:
    columns = [tallies[name].astype(object if kind is str else kind).tolist() for name, kind in _KINDS.items()]
    return (dict(zip(_NAMES, row, strict=True)) for row in zip(*columns, strict=True))


def _numbers(ids: Collection[int]) -> ColumnElement[list[int]]:
    return literal([int(each) for each in sorted(ids)], ARRAY(BigInteger))


def _texts(codes: Collection[str]) -> ColumnElement[list[str]]:
    return literal(sorted(codes), ARRAY(Text))
