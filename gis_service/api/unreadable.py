"""Bytes that are no request, or one with an endless head, in; the same form of refusal as everywhere else out."""

from __future__ import annotations

import secrets
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gis_service.api.headers import SECURITY_HEADERS
from gis_service.api.logs import HEADER
from gis_service.api.problems import MEDIA_TYPE, Problem

LONGEST_HEAD = 1 << 16  # bytes of request line and headers; the parser itself reads no longer address
_LINGER_S = 1.0
_REFUSAL: dict[str, Any] = {
    "type": "urn:gis-service:problem:bad_request",
    "title": "请求有误",
    "status": 400,
    "detail": f"请求无法读懂，或请求行与请求头超过 {LONGEST_HEAD} 字节（地址里一个汉字占 9 字节）",
    "instance": "/",
}


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it; what it cannot read is refused as a problem, not in plain English."""

    _head = 0  # bytes of a head that has not ended
    _open = False  # a head has begun and not ended
    _refused = False

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._head, self._open = 0, True

    def on_headers_complete(self) -> None:
        """A head ends."""
        self._open = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Read on, unless the head of a request has no end; what a refused reader still sends is thrown away."""
        if self._refused:
            return
        begun = self._open
        super().data_received(data)
        if begun and self._open:
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self.send_400_response("")

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words give way to ours
        """The refusal, after which the connection ends."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        number = secrets.token_hex(8)
        refusal = Problem(**_REFUSAL, request_id=number)
        body = refusal.model_dump_json().encode()
        headers = {**SECURITY_HEADERS, "Cache-Control": "no-store", HEADER: number, "Content-Type": MEDIA_TYPE}
        headers |= {"Content-Length": str(len(body)), "Connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(f"HTTP/1.1 400 Bad Request\r\n{head}\r\n".encode() + body)
        # closed at once, with bytes unread, the connection would be reset before the reader has seen the answer
        self.loop.call_later(_LINGER_S, self.transport.close)
