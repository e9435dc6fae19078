"""The process that stands by for imports: it begins jobs at once, is replaced when it is gone, and leaves jobs be."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, text

from gis_service.access import Reader, Role
from gis_service.api.import_work import Standby
from gis_service.imports.standby import Order
from gis_service.store import import_jobs
from gis_service.store.tables import SentFile
from tests.import_files import divisions_file, rows, take_in
from tests.ledger_files import official

ONE = "select state, report ->> 'new' from import_jobs where id = :job"
PATIENCE_S = 300


@pytest.fixture(scope="module")
def send(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], int]:
    """A new job to preview 附件1."""
    folder = tmp_path_factory.mktemp("sent")
    take_in(engine, "divisions", divisions_file(folder))
    official(1).save(folder / "附件1.xlsx")
    with engine.begin() as connection:
        content = (folder / "附件1.xlsx").read_bytes()
        connection.execute(insert(SentFile), {"sha256": "x", "file_name": "附件1.xlsx", "content": content})

    def sent() -> int:
        with engine.begin() as connection:
            job_id = import_jobs.open_job(connection, kind="ledger", file_name="附件1.xlsx", sha256="x", author="city")
            import_jobs.advance(connection, job_id, frozenset({"waiting"}), "previewing")
        return job_id

    return sent


@pytest.fixture
def standby() -> Standby:
    return Standby()


def order(engine: Engine, job_id: int) -> str:
    reader = Reader(Role.CITY, "city")
    return Order(
        engine.url.render_as_string(hide_password=False), job_id, "preview", 25.0, reader.login, "city", ()
    ).line()


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_jobs_are_forked_of_one_process_that_ends_when_nobody_needs_it(
    engine: Engine, send: Callable[[], int], standby: Standby
) -> None:
    standby.take("")
    first = standby.pid
    jobs = [send(), send()]
    for job in jobs:
        standby.take(order(engine, job))
    until(lambda: [state(engine, job) for job in jobs] == [("previewed", "3")] * 2, "both are looked at")
    assert first is not None
    assert standby.pid == first, "one process for all"
    standby.rest()
    until(lambda: not Path(f"/proc/{first}").exists(), "it ended")


def test_a_job_goes_on_when_whoever_began_it_is_gone(engine: Engine, send: Callable[[], int], standby: Standby) -> None:
    job = send()
    with engine.connect() as held, held.begin():
        held.execute(text("lock table management_areas"))  # the job cannot come to its end
        standby.take(order(engine, job))
        standing_by = standby.pid
        standby.rest()
        until(lambda: not Path(f"/proc/{standing_by}").exists(), "nobody stands by any more")
        assert state(engine, job)[0] == "previewing"
    until(lambda: state(engine, job) == ("previewed", "3"), "it was looked at to the end")


def test_where_it_was_killed_the_next_job_gets_another_one(
    engine: Engine, send: Callable[[], int], standby: Standby
) -> None:
    standby.take("")
    first = standby.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{first}").exists(), "it is gone")
    job = send()
    standby.take(order(engine, job))
    until(lambda: state(engine, job) == ("previewed", "3"), "another one took the job")
    assert standby.pid not in (first, None)
    standby.rest()


def state(engine: Engine, job_id: int) -> tuple[str, str]:
    ((now, new),) = rows(engine, ONE.replace(":job", str(job_id)))
    return now, new
