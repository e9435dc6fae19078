"""A number in; the changes after it, none left out whatever is written meanwhile, out; the oldest are trimmed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, exists, func, or_, select, text

from gis_service.errors import GoneError
from gis_service.store.tables import Change, ChangeFeed

_TRIMMED_AT_ONCE = 20_000


@dataclass(frozen=True)
class Page:
    """Some changes in order; whoever asks again with `next` misses nothing. `more`: there are others already."""

    rows: Sequence[Row[Any]]
    next: int
    more: bool


def number_changes(connection: Connection, most: int = 20_000) -> None:
    """So much more of what is committed has its number; needs a transaction that may write and reads the newest."""
    if _are_waiting(connection):
        connection.execute(text("select number_changes(:most)"), {"most": most})


def _are_waiting(connection: Connection) -> bool:
    """True where something that is committed has no number yet."""
    return bool(connection.scalar(select(exists().where(Change.seq.is_(None)))))


def changes_since(
    connection: Connection,
    span: tuple[int, int | None],
    kinds: Collection[str],
    indicators: Collection[str],
    limit: int,
) -> Page:
    """The numbered changes of those kinds, of indicators those named, after the first number and up to the second.

    GoneError where some of them were trimmed: nobody is given what is left as if it were everything.
    """
    since, until = span
    head = until or newest(connection)
    own = Change.kind.in_(sorted(set(kinds) - {"indicator"}))
    seen = Change.part.in_(sorted(indicators)) & (Change.kind == "indicator")
    wanted = or_(own, seen) if "indicator" in kinds else own
    rows = connection.execute(
        select(Change.__table__)
        .where(Change.seq > since, Change.seq <= head, wanted)
        .order_by(Change.seq)
        .limit(limit + 1)
    ).all()
    require_kept(connection, since)  # afterwards: what is trimmed meanwhile is noticed too
    if len(rows) > limit:
        return Page(rows[:limit], rows[limit - 1].seq, more=True)
    return Page(rows, max(head, since), more=until is None and _are_waiting(connection))


def newest(connection: Connection) -> int:
    """The newest number that was given."""
    return connection.scalar(select(func.greatest(_NEWEST, select(ChangeFeed.trimmed_to).scalar_subquery()))) or 0


_NEWEST = select(func.max(Change.seq)).scalar_subquery()


def require_kept(connection: Connection, since: int) -> None:
    """GoneError unless everything after the number is still there."""
    gone = trimmed_to(connection)
    if since < gone:
        told = f"序号 {since} 之后的变更有一部分已清除，现存的从 {gone + 1} 起。"
        raise GoneError(f"{told}请先整体读一遍所用的图层，再从 since={newest(connection)} 接着问")


def trimmed_to(connection: Connection) -> int:
    """Up to which number the oldest changes are gone; 0 where none is."""
    return connection.scalar(select(ChangeFeed.trimmed_to)) or 0


def trim_changes(connection: Connection, before: dt.datetime, most: int = _TRIMMED_AT_ONCE) -> int:
    """The oldest changes, made before the moment, are gone: at most so many, and how many; writes only if there are."""
    oldest = select(Change.at).where(Change.seq.isnot(None)).order_by(Change.seq).limit(1)
    at = connection.scalar(oldest)
    if at is None or at >= before:
        return 0
    return int(connection.scalar(select(func.trim_changes(before, most))) or 0)
