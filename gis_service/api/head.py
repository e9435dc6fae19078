"""HEAD in; the headers of GET, and no body, out."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FOUND = ("route", "root_path", "endpoint", "path_params")  # what the router writes into the scope


class HeadRequests:
    """ASGI middleware: a HEAD request goes in as GET and ends as soon as its headers are known (RFC 9110 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; what a GET would have sent after its headers is neither made nor sent."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        asked = {**scope, "method": "GET"}
        with anyio.CancelScope() as answer:

            async def without_body(message: Message) -> None:
                if message["type"] != "http.response.body":
                    await send(message)
                    return
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                if message.get("more_body", False):
                    answer.cancel()
                    await anyio.lowlevel.checkpoint()

            try:
                await self.app(asked, receive, without_body)
            finally:
                scope.update({name: asked[name] for name in _FOUND if name in asked})
