"""`python -m benchmarks.ledger_import [ROWS]`: how long a ledger of 100,000 rows takes, its memory, how true its bar.

The import runs in a process of its own, whose peak memory is told; a second one resolves for a while what waits.
"""

from __future__ import annotations

import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from openpyxl import Workbook

from benchmarks.database import empty_database
from gis_service import resources
from gis_service.imports import import_file
from gis_service.imports.importing import go_on_resolving
from gis_service.ledger import ANNEX1_COLUMNS, ANNEX1_TITLE
from gis_service.resolver import ResolverOptions
from gis_service.store.opening import make_engine

_ROWS = 100_000
_ROADS = [a + b for a in "湖天人龙集菱孝宜建胜光华振中" for b in ("东路", "南路", "西路", "北路", "山路", "心路")]
_GIVEN = resources.shared("data") / "boundaries"


def write_ledger(path: Path, rows: int) -> None:
    """A ledger of that many areas in the real 社区 of 安庆, always the same."""
    chance = random.Random(4490)
    with (_GIVEN / "anqing" / "divisions.csv").open(encoding="utf-8", newline="") as file:
        places = [f"{row['area']}{row['street']}{row['village']}" for row in csv.DictReader(file)]
    book = Workbook(write_only=True)
    sheet = book.create_sheet("附件1")
    sheet.append([ANNEX1_TITLE])
    sheet.append(list(ANNEX1_COLUMNS))
    for number in range(1, rows + 1):
        east, south, west, north = chance.sample(_ROADS, 4)
        codes = (chance.randint(1, 6), chance.randint(1, 3), chance.randint(1, 5))
        people = f"安庆第{number % 97}物业服务有限公司\n项目负责人：王某 138{number:08d}"
        sentence = f"东至{east}、南至{south}、西至{west}、北至{north}"
        name = f"阳光花园{number}期"
        sheet.append(
            [number, name, name, chance.choice(places), sentence, *codes, people, chance.randint(30, 99) / 100]
        )
    book.save(path)


def import_it(address: str, path: str) -> None:
    """Import the file, in this process; print how long each step took and the peak memory."""
    engine, seen = make_engine(address, statement_timeout_ms=600_000), defaultdict(list)
    start = time.monotonic()

    def watch(what: str, done: int, total: int) -> None:
        seen[what].append((time.monotonic() - start, done / total, time.process_time()))

    report = import_file(engine, "ledger", [Path(path)], commit=True, progress=watch, resolve=False)
    took, own = time.monotonic() - start, time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{report.new} new, {report.changed} changed, {report.same} same: ", end="")
    print(f"{took:.1f} s ({own:.1f} s of one core), peak {peak:.0f} MB, load {os.getloadavg()[0]:.1f}")
    for what, told in seen.items():
        begun, ended = told[0][0], told[-1][0]
        clock, own = (_astray([(report[at], report[1]) for report in told]) for at in (0, 2))
        print(f"  {what}: {begun:.1f}–{ended:.1f} s, {len(told)} reports, bar astray by at most {clock:.0%}", end="")
        print(f" by the clock, {own:.0%} by its own work")
    engine.dispose()


def _astray(told: list[tuple[float, float]]) -> float:
    """How far the bar was from even progress at most: by the clock, which others on the machine stop now and then."""
    begun, ended = told[0][0], told[-1][0]
    if len(told) == 1:
        return 0.0
    return max(abs((at - begun) / max(ended - begun, 1e-9) - share) for at, share in told)


def main(rows: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, empty_database() as (address, engine):
        path = Path(folder) / "附件1.xlsx"
        write_ledger(path, rows)
        for kind, name in (("divisions", "anqing/counties.geojson"), ("divisions", "anqing/divisions.csv")):
            import_file(engine, kind, [_GIVEN / name], commit=True)
        import_file(engine, "gazetteer", [_GIVEN / "sample_town" / "gazetteer.geojson"], commit=True)
        print(f"{rows} rows, {path.stat().st_size / 1e6:.1f} MB")
        for what in ("first", "again"):
            print(f"{what}: ", end="", flush=True)
            subprocess.run([sys.executable, "-m", __spec__.name, address, str(path)], check=True)  # noqa: S603
        start = time.monotonic()
        go_on_resolving(engine, ResolverOptions(), _stop_after(start, 60.0))


def _stop_after(start: float, seconds: float):  # type: ignore[no-untyped-def]
    def watch(_what: str, done: int, total: int) -> None:
        passed = time.monotonic() - start
        if passed > seconds or done == total:
            print(f"resolving: {done} of {total} in {passed:.0f} s, {done / passed:.0f} rows a second")
            raise SystemExit

    return watch


if __name__ == "__main__":
    import_it(*sys.argv[1:3]) if len(sys.argv) == 3 else main(int(sys.argv[1]) if len(sys.argv) == 2 else _ROWS)
