"""An engine in; short reads on connections of their own, awaited without a thread, out.

A thread for each read would cost as much as many a tile. These connections cannot write, every statement sees the
newest commit, and the time limit of the engine holds for them too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor
from sqlalchemy import Engine

from gis_service.store.opening import CONNECT

Rows = list[tuple[Any, ...]]
_FIRST = "select postgis_lib_version(), ST_AsMVTGeom(ST_Point(0, 0, 3857), ST_TileEnvelope(0, 0, 0))"  # loads PostGIS
_GONE = "57P"  # how PostgreSQL's codes begin for a server that shuts down; who finds it gone is told no code
_READ_ONLY = " -c default_transaction_read_only=on"
# what is read again and again is in memory: a far tile scanned a whole table for a tenth of its rows
_READ_ONLY += " -c random_page_cost=1.1 -c plan_cache_mode=force_custom_plan"
# to start parallel workers took 22 ms for a page that is read in one; who asks meanwhile needs the processors too
_READ_ONLY += " -c max_parallel_workers_per_gather=0"


class Planning(StrEnum):
    """What PostgreSQL plans for, in its own words (`plan_cache_mode`)."""

    EACH = "force_custom_plan"  # these arguments; a plan for any box took 230 ms instead of 24 to find 75,000 manholes
    ONCE = "force_generic_plan"  # any arguments; planning takes as long as finding what lies in a small box


@dataclass
class _Held:
    """A connection and what it plans for."""

    connection: AsyncConnection[Any]
    planning: Planning = Planning.EACH


class QuickReads:
    """At most so many connections, opened when needed and kept, all in one event loop."""

    def __init__(self, engine: Engine, most: int) -> None:
        arguments = dict(engine.get_execution_options().get(CONNECT, {}))
        arguments["options"] = arguments.get("options", "") + _READ_ONLY
        url = engine.url.set(drivername="postgresql")
        self._address, self._arguments = url.render_as_string(hide_password=False), arguments
        self._free: list[_Held] = []
        self._turns = asyncio.Semaphore(most)
        self._closed = False
        self.running = 0  # how many are being answered

    async def prepare(self, many: int) -> None:
        """So many connections are open, PostGIS loaded, before anybody waits for them; none where there is no database.

        A new connection takes four times as long for its first tile as for its second.
        """
        self._closed = False
        told = await asyncio.gather(*(self.rows(_FIRST) for _ in range(many)), return_exceptions=True)
        for one in told:
            if isinstance(one, BaseException) and not isinstance(one, psycopg.OperationalError):
                raise one

    async def rows(self, statement: str, arguments: Sequence[Any] = (), planning: Planning = Planning.EACH) -> Rows:
        """Everything the statement gives; on a new connection where the database was restarted meanwhile."""
        async with self._turns:
            try:
                return await self._rows(statement, arguments, planning)
            except psycopg.OperationalError as error:
                if not (error.sqlstate or _GONE).startswith(_GONE):
                    raise
            return await self._rows(statement, arguments, planning)

    async def _rows(self, statement: str, arguments: Sequence[Any], planning: Planning) -> Rows:
        async with self._connection(planning) as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(statement, arguments)
            return await cursor.fetchall()

    @asynccontextmanager
    async def _connection(self, planning: Planning) -> AsyncIterator[AsyncConnection[Any]]:
        held = self._taken(planning) or _Held(await self._opened())
        self.running += 1
        try:
            if held.planning is not planning:
                await held.connection.execute(f"set plan_cache_mode = {planning}")
                held.planning = planning
            yield held.connection
        except BaseException:
            await self._dropped(held.connection)
            raise
        finally:
            self.running -= 1
        await self._give_back(held)

    def _taken(self, planning: Planning) -> _Held | None:
        """A free connection, of those that plan so if there is one."""
        if not self._free:
            return None
        like = (at for at in range(len(self._free) - 1, -1, -1) if self._free[at].planning is planning)
        return self._free.pop(next(like, -1))

    async def _opened(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(
            self._address,
            autocommit=True,
            prepare_threshold=2,  # what is asked once, such as a filter, need not be remembered
            cursor_factory=AsyncRawCursor,
            **self._arguments,
        )

    async def _give_back(self, held: _Held) -> None:
        """Kept for who asks next; closed where the reading has ended meanwhile, or it would stay open for good."""
        if self._closed:
            await held.connection.close()
        else:
            self._free.append(held)

    async def _dropped(self, connection: AsyncConnection[Any]) -> None:
        """The connection is closed after a failure, and the others too where the server went away."""
        gone = [connection, *(one.connection for one in self._free)] if connection.broken else [connection]
        if connection.broken:
            self._free.clear()
        for one in gone:
            await one.close()

    @property
    def open(self) -> int:
        """How many connections are kept open and idle."""
        return len(self._free)

    async def close(self) -> None:
        """No connection is left open, nor that of anybody who is still being answered."""
        self._closed = True
        while self._free:
            await self._free.pop().connection.close()
