"""Requests in; each with an id, counted, and told in one line of the access log, out."""

from __future__ import annotations

import logging
import re
import secrets
import time
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gis_service.api.logs import FIELDS, HEADER, request_id
from gis_service.api.metrics import Metrics

_access = logging.getLogger("gis_service.access")
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_LONGEST_PATH = 200


@dataclass
class _Visit:
    """What is known of a request so far."""

    began: float
    status: int = 500  # of a request that fails before its answer begins
    sent: int = 0
    whole: bool = False


class Visits:
    """ASGI middleware: gives every request an id (the reader's own when it is sane), echoes, counts and logs it.

    The log holds no query, since a query may hold whatever a person typed, and of an address only its network.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, adding the id to the start of the response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id.set(_id(scope))
        visit = _Visit(time.perf_counter())

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id.get()
            await send(message)
            if message["type"] == "http.response.body":
                visit.sent += len(message.get("body", b""))
                visit.whole = not message.get("more_body", False)

        try:
            await self.app(scope, receive, watched)
        finally:
            self._tell(scope, visit)

    def _tell(self, scope: Scope, visit: _Visit) -> None:
        seconds = time.perf_counter() - visit.began
        route = _route(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(route, method, str(visit.status)).inc()
        self._metrics.seconds.labels(route, method).observe(seconds)
        fields = {
            "client": _network(scope),
            "method": method,
            "path": scope.get("raw_path", b"").decode("ascii", "replace").partition("?")[0][:_LONGEST_PATH],
            "route": route,
            "status": visit.status,
            "bytes": visit.sent,
            "ms": round(seconds * 1000, 1),
            "complete": visit.whole,
        }
        words = "%(client)s %(method)s %(path)s %(status)s %(bytes)s B %(ms)s ms"
        _access.info(words if visit.whole else f"{words} incomplete", fields, extra={FIELDS: fields})


def _id(scope: Scope) -> str:
    given = Headers(scope=scope).get(HEADER, "")
    return given if _SANE.fullmatch(given) else secrets.token_hex(8)


def _route(scope: Scope) -> str:
    """The template of the address, so that numbers and names in it make no labels of their own."""
    found = getattr(scope.get("route"), "path", None) or scope.get("root_path", "")
    return str(found or "none")


def _network(scope: Scope) -> str:
    """The network that asks, as /24 or /48: enough to find a broken program, no person."""
    return _network_of((scope.get("client") or ("", 0))[0])


@lru_cache(maxsize=1024)
def _network_of(host: str) -> str:
    try:
        bits = 24 if ip_address(host).version == 4 else 48
        return str(ip_network(f"{host}/{bits}", strict=False))
    except ValueError:
        return "-"
