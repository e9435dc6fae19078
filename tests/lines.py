"""What tests of the serving share: bare connections that read as they like, and what the service counts meanwhile."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable

import httpx
from sqlalchemy import Engine

PATIENCE_S = 120  # what never comes is told late; what comes late on a slow machine is no fault


def line_to(web: httpx.Client, address: str, *, source: str = "127.0.0.1") -> socket.socket:
    """A connection that has asked and reads nothing; whoever asks from another `source` is another client."""
    line = socket.create_connection((web.base_url.host, web.base_url.port or 80), 30, source_address=(source, 0))
    asking = f"Authorization: {web.headers.get('authorization', '')}\r\n"
    line.sendall(f"GET {address} HTTP/1.1\r\nHost: x\r\n{asking}Connection: close\r\n\r\n".encode())
    return line


def answer_on(line: socket.socket) -> bytes:
    """Everything that still comes."""
    with line:
        return b"".join(iter(lambda: line.recv(1 << 16), b""))


def eventually(wanted: Callable[[], bool]) -> bool:
    patience = time.monotonic() + PATIENCE_S
    while not wanted() and time.monotonic() < patience:
        time.sleep(0.02)
    return wanted()


def in_use(engine: Engine) -> int:
    return int(engine.pool.checkedout())  # type: ignore[attr-defined]


def number(web: httpx.Client, name: str) -> float:
    """The value of one line of the metrics."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", web.get("/metrics").text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0
