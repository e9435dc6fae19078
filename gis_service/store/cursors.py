"""A connection in; every cursor that is opened on it meanwhile is closed in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPICursor


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
