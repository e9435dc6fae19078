"""Text made piece by piece in, a GeoJSON response out that gives its connection back however it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import anyio
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPICursor
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from gis_service.api.links import GEOJSON

_PIECE = 1 << 16  # characters sent at once: a feature at a time would cost a thread switch each


class FeatureResponse(StreamingResponse):
    """Streams the text; `closing` is called at the end, also when the reader goes away in the middle."""

    media_type = GEOJSON

    def __init__(self, text: Iterable[str], *, headers: Mapping[str, str], closing: Callable[[], None]) -> None:
        super().__init__(in_pieces(text), headers=headers)
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the text, then give back what it was read from."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(self._closing)


def in_pieces(text: Iterable[str], size: int = _PIECE) -> Iterator[str]:
    """The same text in pieces of at least `size` characters, the last one excepted.

    >>> list(in_pieces(["a", "b", "c"], size=2))
    ['ab', 'c']
    """
    held: list[str] = []
    length = 0
    for piece in text:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield "".join(held)
            held, length = [], 0
    if held:
        yield "".join(held)


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
        for cursor in opened:
            cursor.close()
