"""Jobs of imports in, a line each; a process of its own for each job out, which starts at once.

A process that loads what imports need takes seconds; here that is done once, and each job is forked from it. The
address of the database and who works come by standard input, so that nobody reads them from the list of processes.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass

from gis_service.access import Reader, Role
from gis_service.gazetteer.naming import normal
from gis_service.imports.working import work
from gis_service.resolver import ResolverOptions
from gis_service.store.audit import speak_for
from gis_service.store.opening import make_engine


@dataclass(frozen=True)
class Order:
    """A step of a job, the database that it is in, and who asked for it."""

    database: str
    job_id: int
    step: str
    tolerance_m: float
    login: str
    role: str
    divisions: tuple[str, ...]

    def line(self) -> str:
        """As one line of text."""
        return json.dumps(asdict(self)) + "\n"


def main() -> None:
    """Whoever holds the other end of standard input is waited for; the jobs that were begun go on without it."""
    normal("一号路")  # loads the tables of characters
    gc.freeze()  # what is loaded stays shared with every job
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a job ended: it writes that down itself
    for line in sys.stdin:
        if os.fork() == 0:
            _carry_out(Order(**json.loads(line)))
            return


def _carry_out(order: Order) -> None:
    """In a process that lives for this order alone, and holds no end of what others talk through."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.close(nothing)
    engine = make_engine(order.database, statement_timeout_ms=0)
    reader = Reader(Role(order.role), order.login, divisions=frozenset(order.divisions))
    speak_for(engine, reader)
    work(engine, order.job_id, order.step, ResolverOptions(tolerance_m=order.tolerance_m), reader)
    engine.dispose()
