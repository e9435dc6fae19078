"""How often and when each source was written to: asked of the database once for all who ask in the same moment."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from gis_service.store.quick import QuickReads

_STATES = """
select source, revision, changed_at, clock_timestamp() - changed_at > interval '2 seconds' from layer_revisions
"""


@dataclass(frozen=True)
class Freshness:
    """How often a source was written to, and when last; 0 and None before the first time.

    settled: the last time is some seconds past, so that seconds tell it from the next.
    """

    revision: int
    changed_at: dt.datetime | None
    settled: bool


NEVER = Freshness(0, None, False)


class Revisions:
    """The states of all sources. A read serves only those who asked before it began: nobody is told of the past."""

    def __init__(self, quick: QuickReads) -> None:
        self._quick = quick
        self._one_at_a_time = asyncio.Lock()
        self._next: asyncio.Task[Mapping[str, Freshness]] | None = None

    async def of(self, source: str) -> Freshness:
        """The state of the source, no older than the question."""
        if self._next is None:
            self._next = asyncio.create_task(self._read())
            self._next.add_done_callback(_noticed)
        return (await asyncio.shield(self._next)).get(source, NEVER)

    async def _read(self) -> Mapping[str, Freshness]:
        async with self._one_at_a_time:
            self._next = None
            return {source: Freshness(*state) for source, *state in await self._quick.rows(_STATES)}


def _noticed(done: asyncio.Task[Mapping[str, Freshness]]) -> None:
    """A failure whose askers have all left is not reported as forgotten."""
    if not done.cancelled():
        done.exception()
