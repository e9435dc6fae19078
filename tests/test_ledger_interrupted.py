"""A long ledger whose import is killed: the old state stands or the new one, and the next run goes on to the end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gis_service.imports import import_file
from gis_service.imports import importing as importing_module
from tests.conftest import copy_of
from tests.import_files import annex1, entry, ready, rows, take_in

ROWS, ADDED, MOMENTS = 20, 6, 20
STEPS = {"打开文件", "读取台账", "比对台账", "更新统计", "四至落图"}
LEDGER = (
    "select code, name, ledger_position, source_row, written::text from management_areas order by code",
    "select a.code, f.facts::text from area_facts f join management_areas a on a.id = f.area_id order by 1, f.id",
    "select sum(area_rows) from coverage where level = 'county'",
    "select kind, file_name, new, changed, same from import_batches order by id",
    "select units, above::text, notes::text from ledger_frames order by id",
)
DRAWN = (
    "select code, resolution_status, md5(sides::text) from management_areas order by code",
    "select a.code, r.number, r.state, md5(r.geom::text), s.step from area_revisions r"
    " join management_areas a on a.id = r.area_id join area_steps s on s.revision_id = r.id order by 1, 2, s.id",
)
# The same import as anybody's, but that a ledger of 26 rows counts as a long one. Every address that comes in is an
# import in a process of its own, made by forking, so that twenty of them need not all wait for Python's libraries.
PROGRAM = """
import os, sys
from pathlib import Path
from gis_service.imports import import_file, importing, waiting
from gis_service.ledger import reading
from gis_service.store.opening import make_engine
importing.AT_ONCE, waiting.AT_ONCE, waiting._GROUP, reading._TOLD_EVERY = 8, 8, 4, 5
say = lambda *words: print(*words, flush=True)
for address in sys.stdin:
    child = os.fork()
    if child == 0:
        say(os.getpid())
        import_file(make_engine(address.strip()), "ledger", [Path(sys.argv[1])], commit=True, progress=say)
        os._exit(0)
    os.waitpid(child, 0)
    say("over")
"""


class Worker:
    """Imports one file into any number of databases, each time in a process that can be killed."""

    def __init__(self, ledger: Path) -> None:
        command = [sys.executable, "-c", PROGRAM, str(ledger)]
        self.process: Any = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, town: Engine, killed_after: int | None = None, delay_s: float = 0.0) -> list[str]:
        """What the import reported until it ended, or was killed so long after that many reports."""
        self.process.stdin.write(town.url.render_as_string(hide_password=False) + "\n")
        self.process.stdin.flush()
        child, told = int(self.process.stdout.readline()), list[str]()
        while (line := self.process.stdout.readline()) != "over\n":
            told.append(line.strip())
            if len(told) == killed_after:
                time.sleep(delay_s)
                with suppress(ProcessLookupError):  # it may have come to its end in the meantime
                    os.kill(child, signal.SIGKILL)
        return told


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the county sends next: some rows say something else, some are new."""
    return sheet(tmp_path_factory.mktemp("ledger"), ROWS + ADDED, fee_rate=0.9)


def sheet(folder: Path, count: int, **changes: Any) -> Path:
    streets = ("宜城路街道", "孝肃路街道")
    told = [changes if at % 2 else {} for at in range(count)]
    entries = (
        entry(at, area_name=f"花园{at}", community_names=(f"花园{at}",), street=streets[at % 2], **told[at])
        for at in range(count)
    )
    return annex1(folder, *entries)


@pytest.fixture(scope="module")
def old(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A town with its ledger of last month."""
    folder = tmp_path_factory.mktemp("old")
    ready(engine, folder)
    take_in(engine, "ledger", sheet(folder, ROWS))
    return engine


@pytest.fixture
def worker(ledger: Path) -> Iterator[Worker]:
    worker = Worker(ledger)
    yield worker
    worker.process.stdin.close()
    worker.process.stdout.close()
    worker.process.wait()


def said(town: Engine) -> list[list[tuple[Any, ...]]]:
    """All that a ledger leaves in the database, but for what becomes of its sentences."""
    return [rows(town, query) for query in LEDGER]


def drawn(town: Engine) -> list[list[tuple[Any, ...]]]:
    """What became of the sentences."""
    return [rows(town, query) for query in DRAWN]


def test_whenever_an_import_is_killed_the_old_state_or_the_new_one_stands_and_the_next_run_goes_on(
    old: Engine, ledger: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing_module, "AT_ONCE", 8)
    before = said(old)
    with copy_of(old) as town:
        begun = time.monotonic()
        reports = worker.run(town)
        each_s = (time.monotonic() - begun) / len(reports)
        after, whole = said(town), drawn(town)
    assert {report.split()[0] for report in reports} >= STEPS
    assert after != before
    chance = random.Random(20230716)  # noqa: S311 - moments to kill at
    stood = set()
    for moment in range(MOMENTS):
        with copy_of(old) as town:
            at = int(len(reports) * (moment + chance.random()) / MOMENTS) or 1
            told = worker.run(town, killed_after=at, delay_s=each_s * chance.random())
            found = said(town)
            assert found in (before, after), f"killed after “{told[-1]}”: some rows of a ledger are no ledger"
            stood.add(found == after)
            import_file(town, "ledger", [ledger], commit=True)
            assert said(town)[:3] == after[:3]
            assert drawn(town) == whole, f"killed after “{told[-1]}”: the next run ended otherwise"
    assert stood == {True, False}, "killed before the rows were written, and after"
