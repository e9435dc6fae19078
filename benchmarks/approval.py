"""What the approval of one boundary costs in a city of 40,000 areas, in seconds of processor time.

`python -m benchmarks.approval` makes the city in a database of its own, has areas drawn, submitted and approved one
after another, and prints for each step what this process and the database used, with the load of the machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import shapely
from shapely import affinity
from sqlalchemy import Connection, text

from benchmarks import city
from benchmarks.database import empty_database
from gis_service.access import Reader, Role
from gis_service.editing import changes
from gis_service.editing.changes import At

CLERK, OFFICE = Reader(Role.CITY, "clerk", "王某"), Reader(Role.CITY, "office", "李某")
NUMBERS = (101, 5005, 20201, 39999)  # of areas, in several counties
_AREA = """
select a.id, st_asbinary(r.geom) as shape
from management_areas a join area_revisions r on r.area_id = a.id where a.ledger_seq = :number
"""
_TICKS_S = 1 / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Fill a city, approve a few boundaries, print what each step used."""
    with empty_database() as (_, engine):
        city.fill(engine)
        for number in NUMBERS:
            with engine.begin() as connection:
                _approve(connection, number)


def _approve(connection: Connection, number: int) -> None:
    area, wkb = connection.execute(text(_AREA), {"number": number}).one()
    smaller = affinity.scale(shapely.from_wkb(bytes(wkb)), 0.55, 0.9)
    _timed(connection, f"{number}: draft", lambda: changes.save(connection, At(CLERK, area, "*"), smaller))
    _timed(connection, f"{number}: submit", lambda: changes.submit(connection, At(CLERK, area, "*")))
    _timed(connection, f"{number}: approve", lambda: changes.approve(connection, At(OFFICE, area, "*"), None))


def _timed(connection: Connection, name: str, act: Callable[[], object]) -> None:
    server = connection.execute(text("select pg_backend_pid()")).scalar_one()
    clock, own, theirs = time.perf_counter(), time.process_time(), _used_s(server)
    act()
    clock, own, theirs = time.perf_counter() - clock, time.process_time() - own, _used_s(server) - theirs
    load = os.getloadavg()[0]
    print(f"{name:16} here {own:.2f} s, database {theirs:.2f} s, clock {clock:.2f} s, load {load:.1f}", flush=True)


def _used_s(process: int) -> float:
    """Seconds of processor time that a process of this machine has used, its own and the kernel's for it (Linux)."""
    numbers = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) * _TICKS_S


if __name__ == "__main__":
    main()
