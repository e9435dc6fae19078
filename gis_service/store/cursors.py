"""A connection in; its cursors closed in the end, and its rows told to whoever counts them, out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPICursor

TELL = "gis_service_tell"  # execution option: called with how many rows were read
One = TypeVar("One")


def counted(connection: Connection, rows: Iterator[One], size: Callable[[One], int] = lambda _: 1) -> Iterator[One]:
    """The same rows, or batches of `size`; in the end those taken are told to the TELL option of the connection."""
    tell: Callable[[int], None] | None = connection.get_execution_options().get(TELL)
    return rows if tell is None else _counting(rows, size, tell)


def _counting(rows: Iterator[One], size: Callable[[One], int], tell: Callable[[int], None]) -> Iterator[One]:
    taken = 0
    try:
        for row in rows:
            taken += size(row)
            yield row
    finally:
        tell(taken)


@contextmanager
def closed_cursors(connection: Connection) -> Iterator[None]:
    """Every cursor that is opened meanwhile is closed at the end, also one whose rows nobody wanted any more."""
    opened: list[DBAPICursor] = []

    def remember(_connection: Connection, cursor: DBAPICursor, *_: object) -> None:
        opened.append(cursor)

    event.listen(connection, "after_cursor_execute", remember)
    try:
        yield
    finally:
        event.remove(connection, "after_cursor_execute", remember)
        for cursor in opened:
            cursor.close()
