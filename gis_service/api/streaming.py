"""Text made piece by piece, or a file, in; a response out that gives back what it was read from however it ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

import anyio
from fastapi.responses import FileResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from gis_service.api.links import GEOJSON

_PIECE = 1 << 16  # characters sent at once: a feature at a time would cost a thread switch each


class FeatureResponse(StreamingResponse):
    """Streams the text; `closing` is called at the end, also when the reader goes away in the middle."""

    def __init__(
        self,
        text: Iterable[str],
        *,
        headers: Mapping[str, str],
        closing: Callable[[], None],
        media_type: str = GEOJSON,
    ) -> None:
        super().__init__(in_pieces(text), headers=headers, media_type=media_type)
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the text, then give back what it was read from."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await _closed(self._closing)


class FileDownload(FileResponse):
    """Sends the whole file; `closing` is called at the end, also when the reader goes away in the middle."""

    def __init__(
        self, path: os.PathLike[str], *, headers: Mapping[str, str], closing: Callable[[], None], media_type: str
    ) -> None:
        # no ranges: the file is made anew for every request, so that parts of two would not fit together
        super().__init__(path, headers={**headers, "Accept-Ranges": "none"}, media_type=media_type)
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, then give back what it lies in."""
        whole = [(name, value) for name, value in scope["headers"] if name != b"range"]
        try:
            await super().__call__({**scope, "headers": whole}, receive, send)
        finally:
            await _closed(self._closing)


async def _closed(closing: Callable[[], None]) -> None:
    with anyio.CancelScope(shield=True):
        await run_in_threadpool(closing)


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
