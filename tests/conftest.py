"""What tests share: a private PostGIS cluster, databases with and without the sample, the given data, a browser."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import httpx
import hypothesis
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import Engine, create_engine, make_url, text

from gis_service.store.cluster import private_cluster
from gis_service.store.opening import make_engine
from gis_service.store.schema import upgrade
from tests.browser.resting import PATIENCE_MS
from tests.web import give_accounts

os.environ["OPENPYXL_LXML"] = "False"  # lxml comes with a tool of the tests; those who use the service have none
expect.set_options(timeout=PATIENCE_MS)
# The same examples every time, however slow the machine; `--hypothesis-profile=default` looks for others.
hypothesis.settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("same")
SHARED = Path(__file__).parents[2] / "shared"
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SEND_AWAY = (
    "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = :database and usename = current_user"
)
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# Files of a minute and more, the longest first; as to the others, any order will do.
LONG = (
    *("test_writes.py", "test_ledger_desk.py", "test_ledger_story.py", "test_boundary_desk_looks.py"),
    *("test_hazard_desk.py", "test_contract_desks.py", "test_contract.py", "test_ledger_interrupted.py"),
    *("test_boundary_desk_hankou.py", "test_sample_town.py", "test_packaging.py", "test_cli_database.py"),
    *("test_workflow.py", "test_imports.py", "test_resolver_runs.py", "test_hostile_uploads.py"),
)
_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files begin first, so that at the end no worker has one before it while the others have nothing to do."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """The URL of an empty database with PostGIS, in a cluster that lives as long as the tests."""
    folder = Path(tempfile.mkdtemp(prefix="gis-service-tests-"))
    folder.chmod(0o755)  # as root, the cluster belongs to another account, which must get in
    try:
        with private_cluster(folder, durable=False) as url:
            yield url
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def _template(cluster_url: str) -> str:
    """The name of a database with all tables and no rows, to be copied."""
    name = _copy_of(cluster_url, "gis", "template_empty")
    with _engine(cluster_url, name) as engine:
        upgrade(engine)
        give_accounts(engine)
    return name


@pytest.fixture(scope="session")
def _sample_template(cluster_url: str, _template: str) -> str:
    """The name of a database with the sample town loaded, to be copied."""
    from gis_service.imports import load_sample

    name = _copy_of(cluster_url, _template, "template_sample")
    with _engine(cluster_url, name) as engine:
        load_sample(engine, None)
        give_accounts(engine)
    return name


@pytest.fixture(scope="module")
def engine(cluster_url: str, _template: str) -> Iterator[Engine]:
    """A database with all tables and no rows, for this test module alone."""
    with _copied(cluster_url, _template) as engine:
        yield engine


@pytest.fixture(scope="session")
def sample_engine(cluster_url: str, _sample_template: str) -> Iterator[Engine]:
    """The sample town, for reading only: the database refuses writes, since all modules share it."""
    name = _copy_of(cluster_url, _sample_template, "sample")
    _execute(cluster_url, f"alter database {name} set default_transaction_read_only = on")
    with _engine(cluster_url, name) as engine:
        yield engine


@pytest.fixture(scope="module")
def own_sample_engine(cluster_url: str, _sample_template: str) -> Iterator[Engine]:
    """The sample town, for this test module alone, which may change it."""
    with _copied(cluster_url, _sample_template) as engine:
        yield engine


@pytest.fixture(scope="module")
def web(sample_engine: Engine) -> Iterator[httpx.Client]:
    """The sample town, served."""
    from gis_service.api import create_app
    from tests.web import SETTINGS, served

    with served(create_app(sample_engine, SETTINGS)) as client:
        yield client


@pytest.fixture(scope="module")
def crowded(engine: Engine) -> Engine:
    """A database with more and larger places than a socket holds: 4,000 of 9 kB each, 36 MB in all."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into places (id, name, kind, aliases, division_code, source, tags, sample, geom) "
                "select 'p' || n, repeat('路', 3000), 'building', '{}', '', '', '{}', true, "
                "ST_Buffer(ST_SetSRID(ST_Point(117 + n * 1e-5, 30.5), 4490), 1e-5) from generate_series(1, 4000) n"
            )
        )
    return engine


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The data that the project was given, beside the clone; tests that need it are skipped elsewhere."""
    if not SHARED.is_dir():
        pytest.skip(f"the given data is not on this machine: no {SHARED.name}/ beside the clone")
    return SHARED


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium that calls nobody of its own accord; its absence is a failure, never a skip."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.fail("没有 Chromium：Debian/Ubuntu 上 sudo apt-get install chromium fonts-noto-cjk；macOS 上装 Chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
        yield browser
        browser.close()


@contextmanager
def copy_of(engine: Engine) -> Iterator[Engine]:
    """A database like that of the engine, gone when the block ends."""
    engine.dispose()  # a database to which somebody is connected cannot be copied
    with _copied(engine.url.render_as_string(hide_password=False), str(engine.url.database)) as copied:
        yield copied


@contextmanager
def _copied(cluster_url: str, template: str) -> Iterator[Engine]:
    """A copy of a database, gone when the block ends: whatever stays, autovacuum walks through again and again."""
    name = _copy_of(cluster_url, template)
    with _engine(cluster_url, name) as copied:
        yield copied
    # Not "with (force)": that asks to end autovacuum's sessions too, which are not ours; a plain drop sends those away.
    _execute(cluster_url, SEND_AWAY, database=name)
    _execute(cluster_url, f"drop database {name}")


@contextmanager
def _engine(cluster_url: str, database: str) -> Iterator[Engine]:
    address = make_url(cluster_url).set(database=database)
    engine = make_engine(address.render_as_string(hide_password=False), statement_timeout_ms=60_000)
    try:
        yield engine
    finally:
        engine.dispose()


def _copy_of(cluster_url: str, template: str, name: str | None = None) -> str:
    name = name or f"module_{next(_numbers)}"
    _execute(cluster_url, f"create database {name} template {template}")
    return name


def _execute(cluster_url: str, statement: str, **values: str) -> None:
    maintenance = create_engine(make_url(cluster_url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        connection.execute(text(statement), values)
    maintenance.dispose()
