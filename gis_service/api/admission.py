"""Requests in; as many as the database serves at a time go on, the others wait their turn or are told to come back.

A request that streams holds its connection while it waits for a worker thread. Were more requests let in than there
are connections, those waiting for a connection could hold every thread, and those holding one would never go on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

import anyio
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gis_service.api.metrics import Metrics
from gis_service.api.problems import problem
from gis_service.settings import Settings

_log = logging.getLogger(__name__)
RESERVED = 4  # connections that no reader gets: `/healthz` has its own, whoever reads
_FREE = (
    "/static/",
    "/bundles/",
    "/vendor/",
    "/healthz",
    "/metrics",
    "/favicon.ico",
)  # these hold no connection of the readers
_MANY = "同一地址的请求太多，请稍后再试"
_FULL = "同时访问的人太多，请稍后再试"


@dataclass
class _Client:
    """The requests of one address."""

    turns: anyio.Semaphore
    present: int = 0


class Admission:
    """ASGI middleware: bounds requests at work, waiting, and of one address, and how slowly an answer may be taken."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self.app = app
        self._settings = settings
        self._metrics = metrics
        self._turns = anyio.Semaphore(settings.database_connections - RESERVED, fast_acquire=True)
        self._most_present = settings.database_connections - RESERVED + settings.max_waiting
        self._clients: dict[str, _Client] = {}
        self._present = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in when its turn comes: 429 when its address has too many, 503 when all have."""
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            await self.app(scope, receive, send)
            return
        with self._client(client_of(scope)) as client:
            if client.present > self._settings.max_client_requests:
                await self._refuse(scope, receive, send, 429, "client", _MANY)
            elif self._present > self._most_present:
                await self._refuse(scope, receive, send, 503, "full", _FULL)
            else:
                await self._in_turn(client, scope, receive, send)

    @contextmanager
    def _client(self, name: str) -> Iterator[_Client]:
        if name not in self._clients:
            self._clients[name] = _Client(anyio.Semaphore(self._settings.max_client_running, fast_acquire=True))
        client = self._clients[name]
        client.present += 1
        self._present += 1
        try:
            yield client
        finally:
            self._present -= 1
            client.present -= 1
            if not client.present:
                del self._clients[name]

    async def _in_turn(self, client: _Client, scope: Scope, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as held:
            with self._metrics.waiting.track_inprogress(), anyio.move_on_after(self._settings.max_wait_s) as patience:
                await held.enter_async_context(client.turns)
                await held.enter_async_context(self._turns)
            if not patience.cancelled_caught:
                with self._metrics.running.track_inprogress():
                    await self._answer(scope, receive, send)
                return
        await self._refuse(scope, receive, send, 503, "waited", _FULL)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, or break off when the reader takes it too slowly: it holds what others wait for."""
        with anyio.CancelScope() as answer:

            async def in_time(message: Message) -> None:
                if message["type"] == "http.response.start":
                    answer.deadline = anyio.current_time() + self._settings.answer_timeout_s
                with anyio.move_on_after(self._settings.send_timeout_s) as patience:
                    await send(message)
                if patience.cancelled_caught:
                    answer.cancel()
                    await anyio.lowlevel.checkpoint()

            await self.app(scope, receive, in_time)
        if answer.cancelled_caught:
            self._metrics.refused.labels("slow").inc()
            _log.warning("broke off an answer that its reader took too slowly")

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, status: int, reason: str, detail: str) -> None:
        self._metrics.refused.labels(reason).inc()
        await problem(Request(scope), status, "too_many" if status == 429 else "busy", detail)(scope, receive, send)


def client_of(scope: Scope) -> str:
    """What counts as one client: an IPv4 address, or the /64 that one IPv6 subscriber has."""
    return _subscriber((scope.get("client") or ("", 0))[0])


@lru_cache(maxsize=1024)
def _subscriber(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if not isinstance(address, IPv6Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else str(ip_network((address, 64), strict=False))
