"""A job and a step in; a process of its own that previews or commits it, begun at once where imports are at work.

One process stands by with everything loaded and gives each job a process of its own (`imports.standby`). It is made
when somebody comes to the page of ledgers, and ends when nobody has come for a while or the server has ended.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine

from gis_service.access import Reader
from gis_service.imports.standby import Order

_PROGRAM = "from gis_service.imports.standby import main; main()"
_REST_AFTER_S = 600.0


class Standby:
    """The process that stands by, if there is one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: Any = None
        self._rest: threading.Timer | None = None

    @property
    def pid(self) -> int | None:
        """The process, while it is there."""
        process = self._process
        return None if process is None or process.poll() is not None else int(process.pid)

    def take(self, line: str) -> None:
        """The process has been told the line; without one, there is one that will read it."""
        with self._lock:
            try:
                self._awake().stdin.write(line)
                self._process.stdin.flush()
            except BrokenPipeError:  # somebody ended it just now
                self._leave()
                self._awake().stdin.write(line)
                self._process.stdin.flush()

    def _awake(self) -> Any:
        if self._process is not None and self._process.poll() is not None:
            self._leave()
        if self._process is None:
            command = [sys.executable, "-c", _PROGRAM]
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=None,
                start_new_session=True,
                text=True,
            )
            threading.Thread(target=self._process.wait, daemon=True).start()  # or its remains would stay
        self._rest_later()
        return self._process

    def _rest_later(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._rest = threading.Timer(_REST_AFTER_S, self.rest)
        self._rest.daemon = True
        self._rest.start()

    def rest(self) -> None:
        """The process ends; what it has begun goes on."""
        with self._lock:
            if self._process is not None:
                self._leave()

    def _leave(self) -> None:
        with suppress(BrokenPipeError):  # what nobody read
            self._process.stdin.close()
        self._process = None


_STANDBY = Standby()


def make_ready() -> None:
    """Somebody may send a file soon."""
    _STANDBY.take("")


def start(engine: Engine, job_id: int, step: str, tolerance_m: float, reader: Reader) -> None:
    """A process works on the job in the reader's name; it outlives the request, and the server if need be."""
    database = engine.url.render_as_string(hide_password=False)
    who = (reader.login, str(reader.role), tuple(sorted(reader.divisions)))
    _STANDBY.take(Order(database, job_id, step, tolerance_m, *who).line())
