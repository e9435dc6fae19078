"""The private cluster, for real: made, shared, crashed, recovered, and closed to those without the password."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, create_engine, make_url, text

from gis_service import resources
from gis_service.errors import SetupError
from gis_service.store import cluster_home, postgres_binaries
from gis_service.store.cluster import private_cluster
from gis_service.store.postgres_binaries import find_binaries

pytestmark = pytest.mark.database
CLONE = Path(__file__).parents[1]
USER = """
import pathlib, sys
from gis_service.store.cluster import private_cluster
with private_cluster(pathlib.Path(sys.argv[1]), durable=False) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with a complete, stopped cluster."""
    folder = _reachable_folder()
    with private_cluster(folder, durable=False):
        pass
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def empty_place() -> Iterator[Path]:
    folder = _reachable_folder()
    yield folder
    shutil.rmtree(folder)


def test_the_database_has_postgis_and_its_extensions_in_utf8(place: Path) -> None:
    with private_cluster(place, durable=False) as url:
        found = _ask(url, "select extname from pg_extension")
        assert {"postgis", "btree_gist"} <= {row[0] for row in found}
        assert _ask(url, "show server_encoding") == [("UTF8",)]


def test_the_service_is_not_a_superuser_of_its_database(place: Path) -> None:
    with private_cluster(place, durable=False) as url:
        assert _ask(url, "select rolsuper from pg_roles where rolname = current_user") == [(False,)]


def test_what_was_written_is_there_at_the_second_start(place: Path) -> None:
    with private_cluster(place, durable=False) as url:
        _do(url, "create table kept as select 7 as number")
    with private_cluster(place, durable=False) as url:
        assert _ask(url, "select number from kept") == [(7,)]


def test_nobody_gets_in_without_the_password(place: Path) -> None:
    with private_cluster(place, durable=False) as url:
        address = make_url(url)
        for user in ("gis", "gis_owner", "postgres"):
            for password in (None, "", "gis", "postgres"):
                with pytest.raises(psycopg.OperationalError):
                    _connect(address, user, password)


def test_no_line_of_the_access_rules_trusts_anybody(place: Path) -> None:
    rules = [line.split() for line in (place / "pg/data/pg_hba.conf").read_text().splitlines()]
    methods = {rule[-1] for rule in rules if rule and not rule[0].startswith("#")}
    assert methods == {"scram-sha-256"}


def test_the_server_listens_on_the_loopback_only_and_has_no_socket_file(place: Path) -> None:
    with private_cluster(place, durable=False) as url:
        assert _ask(url, "show listen_addresses") == [("127.0.0.1",)]
        socket_folder = (place / "pg/data/postmaster.pid").read_text().splitlines()[4]
        assert socket_folder == ""


def test_the_passwords_are_for_their_owner_only(place: Path) -> None:
    for name in ("password.gis", "password.gis_owner"):
        assert (place / "pg" / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could start it as root")
def test_the_server_does_not_run_as_root(place: Path) -> None:
    with private_cluster(place, durable=False):
        postmaster = int((place / "pg/data/postmaster.pid").read_text().split()[0])
        assert _owner_of(postmaster) != 0
        assert (place / "pg/data").stat().st_uid == _owner_of(postmaster)


def test_two_processes_share_one_server_and_the_last_stops_it(place: Path) -> None:
    first = _user(place)
    second = _user(place)
    url = _url_of(first)
    assert _url_of(second) == url
    _leave(first)
    assert _ask(url, "select 1") == [(1,)]
    _leave(second)
    assert not _runs(place)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_program_and_the_server_stops_cleanly(place: Path, number: signal.Signals) -> None:
    user = _user(place)
    _url_of(user)
    os.killpg(user.pid, number)
    user.communicate(timeout=300)
    assert not _runs(place)
    assert "shut down" in _state(place)


def test_a_server_left_behind_by_a_killed_program_is_taken_over(place: Path) -> None:
    killed = _user(place)
    url = _url_of(killed)
    killed.kill()
    killed.communicate()
    assert _runs(place)
    with private_cluster(place, durable=False) as again:
        assert again == url
    assert not _runs(place)


def test_a_crashed_server_recovers_with_its_data(place: Path) -> None:
    with private_cluster(place) as url:
        _do(url, "create table before_the_crash as select 8 as number")
        os.kill(_postmaster(place), signal.SIGKILL)
    with private_cluster(place) as url:
        assert _ask(url, "select number from before_the_crash") == [(8,)]


def test_a_stale_pid_file_that_names_a_living_stranger_is_put_aside(place: Path) -> None:
    account = cluster_home.find_home(place).account
    stranger = subprocess.Popen(
        ["sleep", "900"], user=account.uid if account.switch else None, group=account.gid if account.switch else None
    )
    notes = place / "pg/data/postmaster.pid"
    notes.write_text(f"{stranger.pid}\n{place}/pg/data\n1700000000\n1\n\n127.0.0.1\n")
    try:
        with private_cluster(place, durable=False) as url:
            assert _ask(url, "select 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_port_taken_by_another_program_is_replaced(place: Path) -> None:
    with private_cluster(place, durable=False) as url:
        before = make_url(url).port
    assert before
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", before))
        thief.listen()
        with private_cluster(place, durable=False) as url:
            assert make_url(url).port != before
            assert _ask(url, "select 1") == [(1,)]


def test_the_port_is_kept_from_start_to_start(place: Path) -> None:
    addresses = []
    for _ in range(4):
        with private_cluster(place, durable=False) as url:
            addresses.append(url)
    assert any(former == next_ for former, next_ in pairwise(addresses))  # unless another program took it meanwhile


def test_a_half_made_cluster_is_made_anew(empty_place: Path) -> None:
    half = empty_place / "pg" / "data.new-1"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    (half / "base").mkdir()
    with private_cluster(empty_place, durable=False) as url:
        assert _ask(url, "select 1") == [(1,)]
    assert not half.exists()


def test_a_making_that_was_killed_in_the_middle_is_made_anew(empty_place: Path) -> None:
    user = _user(empty_place)
    while not list(empty_place.glob("pg/data.new-*/postmaster.pid")):
        assert user.poll() is None
    user.kill()
    user.communicate()
    with private_cluster(empty_place, durable=False) as url:
        assert "postgis" in {row[0] for row in _ask(url, "select extname from pg_extension")}
    with private_cluster(empty_place, durable=False):
        assert sorted(path.name for path in (empty_place / "pg").glob("data*")) == ["data"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start the cluster of another user")
def test_root_starts_the_cluster_of_a_user_as_that_user_and_leaves_nothing_the_user_cannot_read(
    empty_place: Path,
) -> None:
    with private_cluster(empty_place, durable=False):
        pass
    user = (empty_place / "pg/data").stat().st_uid
    for path in (empty_place, *empty_place.glob("pg"), *empty_place.glob("pg/*")):
        os.chown(path, user, user)
    (empty_place / "pg/port").write_text("1")  # which no ordinary user may open, so another is noted
    with private_cluster(empty_place, durable=False):
        assert _owner_of(_postmaster(empty_place)) == user
    assert {path.stat().st_uid for path in empty_place.rglob("*")} == {user}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the cluster as somebody else")
def test_in_a_clone_that_others_cannot_enter_the_data_goes_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Path(tempfile.mkdtemp(prefix="gis-service-closed-"))  # made with mode 0700
    clone = closed / "clone"
    clone.mkdir()
    monkeypatch.setattr(resources, "clone_root", lambda: clone)
    home = cluster_home.find_home(None)
    try:
        assert home.folder.is_relative_to("/var/lib/gis-service")
        assert not (clone / "var").exists()
        with private_cluster(None, durable=False) as url:
            assert _ask(url, "select 1") == [(1,)]
        assert home.data.is_dir()
    finally:
        shutil.rmtree(home.folder.parent)
        shutil.rmtree(closed)


def test_in_an_open_clone_the_data_stays_in_the_clone(empty_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "clone_root", lambda: empty_place)
    assert cluster_home.find_home(None).folder == empty_place / "var" / "pg"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the cluster as somebody else")
def test_a_data_folder_that_cannot_be_reached_is_refused_with_the_way_out() -> None:
    closed = Path(tempfile.mkdtemp(prefix="gis-service-closed-"))
    with pytest.raises(SetupError, match=r"进不了.*GIS_SERVICE_DATA_DIR"):
        cluster_home.find_home(closed)
    assert not (closed / "pg").exists()
    closed.rmdir()


def test_a_machine_without_postgresql_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_binaries, "_BIN_FOLDERS", ())
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SetupError, match=r"(?s)没有 PostgreSQL.*apt-get.*dnf.*brew.*compose\.yaml"):
        find_binaries()


def test_a_postgresql_without_postgis_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_binaries, "EXTENSIONS", ("postgis", "no_such_extension"))
    with pytest.raises(SetupError, match="缺少扩展 no_such_extension"):
        find_binaries()


def test_data_of_a_version_that_is_gone_is_not_touched(empty_place: Path) -> None:
    data = empty_place / "pg" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(SetupError, match="由 PostgreSQL 9 建立"), private_cluster(empty_place):
        pass
    assert (data / "PG_VERSION").exists()


def test_the_newest_complete_postgresql_is_taken() -> None:
    newest = find_binaries()
    assert find_binaries(newest.major) == newest
    assert Path(newest.program("initdb")).exists()


def _reachable_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="gis-service-cluster-"))
    folder.chmod(0o755)
    return folder


def _user(place: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(place)],
        cwd=CLONE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def _url_of(user: subprocess.Popen[str]) -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def _leave(user: subprocess.Popen[str]) -> None:
    user.communicate(timeout=300)
    assert user.returncode == 0


def _ask(url: str, question: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(question))]
    engine.dispose()
    return found


def _do(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _connect(address: URL, user: str, password: str | None) -> None:
    psycopg.connect(
        host=address.host, port=address.port, user=user, password=password, dbname="gis", passfile="/nonexistent"
    ).close()


def _postmaster(place: Path) -> int:
    return int((place / "pg/data/postmaster.pid").read_text().split()[0])


def _runs(place: Path) -> bool:
    return (place / "pg/data/postmaster.pid").exists()


def _owner_of(process: int) -> int:
    return Path(f"/proc/{process}").stat().st_uid


def _state(place: Path) -> str:
    account = cluster_home.find_home(place).account
    shown = account.run([find_binaries().program("pg_controldata"), "-D", str(place / "pg/data")]).stdout
    return next(line for line in shown.splitlines() if "cluster state" in line)
