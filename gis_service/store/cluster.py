"""A private PostGIS cluster for this clone or installation: started by its first user, stopped by its last."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psycopg
from psycopg import sql
from sqlalchemy import URL

from gis_service.errors import SetupError
from gis_service.store.cluster_home import ClusterHome, find_home
from gis_service.store.postgres_binaries import EXTENSIONS, PostgresBinaries, find_binaries

_HOST = "127.0.0.1"
_ROLE = _DATABASE = "gis"
_OWNER = "gis_owner"
_UNFINISHED = "data.new-"
_ATTEMPTS = 5
# What takes the audit log away from the role that serves: a migration, run by that role, may only ask for it.
_SEALING = sql.SQL("""
create or replace function public.seal_audit() returns void language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
begin
  alter schema audit owner to {owner};
  alter table audit.log owner to {owner};
  alter function audit.refuse() owner to {owner};
  alter function audit.note_write() owner to {owner};
  alter function audit.watch(regclass, text) owner to {owner};
  revoke all on schema audit from public, {role};
  revoke all on audit.log from public, {role};
  grant usage on schema audit to {role};
  grant select, insert on audit.log to {role};
end $$;
revoke all on function public.seal_audit() from public;
grant execute on function public.seal_audit() to {role};
""").format(owner=sql.Identifier(_OWNER), role=sql.Identifier(_ROLE))
_UNSAFE_BUT_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextmanager
def private_cluster(data_dir: Path | None, *, durable: bool = True) -> Iterator[str]:
    """The SQLAlchemy URL of a running private cluster with PostGIS; SetupError says what the machine lacks.

    Several processes may share the cluster; the last to leave stops it. Not `durable` means fast, for tests.
    """
    home = find_home(data_dir)
    major = home.data / "PG_VERSION"
    binaries = find_binaries(int(major.read_text()) if major.exists() else None)
    cluster = _Cluster(home, binaries, () if durable else _UNSAFE_BUT_FAST)
    with _leaving_on_sigterm(), _opened(home.folder / "users") as users:
        try:
            with _locked(home):
                fcntl.flock(users, fcntl.LOCK_SH)
                cluster.make()
                port = cluster.start(home.data)
                cluster.leave_sealing(port)
            yield cluster.url(port).render_as_string(hide_password=False)
        finally:
            with _locked(home):
                if _is_last(users):
                    cluster.stop(home.data)


@dataclass(frozen=True)
class _Cluster:
    home: ClusterHome
    binaries: PostgresBinaries
    options: tuple[str, ...]

    def url(self, port: int) -> URL:
        return URL.create("postgresql+psycopg", _ROLE, self._password(_ROLE), _HOST, port, _DATABASE)

    def make(self) -> None:
        """The cluster exists and is complete: what an interrupted making left behind is thrown away first."""
        for leftover in self.home.folder.glob(f"{_UNFINISHED}*"):
            self.stop(leftover)
            shutil.rmtree(leftover, ignore_errors=True)  # a killed program's initdb may still be writing there
        if self.home.data.exists():
            return
        unfinished = self.home.folder / f"{_UNFINISHED}{secrets.token_hex(4)}"
        for role in (_OWNER, _ROLE):
            _write_private(self.home.folder / f"password.{role}", secrets.token_urlsafe(32))
        self._initdb(unfinished)
        try:
            self._fill(self.start(unfinished))
        finally:
            self.stop(unfinished)
        unfinished.rename(self.home.data)

    def start(self, data: Path) -> int:
        """The port of the running server: the one it had, unless somebody else took it."""
        running = self._running_port(data)
        if running:
            return running
        port = _usable(_remembered(self.home.folder / "port"))
        said = ""
        for attempt in range(_ATTEMPTS):
            said = self._start_once(data, port)
            if not said:
                _write_private(self.home.folder / "port", str(port))
                return port
            time.sleep(attempt)  # after a crash, the old server's children need a moment to go
            port = _usable(None)
        raise SetupError(f"私有数据库启动失败（日志：{data / 'log'}）：{said}")

    def stop(self, data: Path) -> None:
        """No server runs on this data."""
        if (data / "postmaster.pid").exists():
            self._pg_ctl("stop", data, "-m", "fast", "-t", "120")

    def _start_once(self, data: Path, port: int) -> str:
        self._drop_stale_pid(data)
        settings = (
            f"listen_addresses={_HOST}",
            f"port={port}",
            "unix_socket_directories=",
            "logging_collector=on",
            "log_filename=postgresql-%a.log",
            "log_truncate_on_rotation=on",
            "log_rotation_age=1d",
            *self.options,
        )
        options = " ".join(f"-c {setting}" for setting in settings)
        status, said = self._pg_ctl("start", data, "-t", "60", "-l", str(data / "start.log"), "-o", options)
        if status == 0:
            return ""
        log = data / "start.log"
        return f"{said}\n{log.read_text(errors='replace')[-2000:] if log.exists() else ''}".strip()

    def _running_port(self, data: Path) -> int | None:
        """The port of a server that runs on this data and answers to our password."""
        notes = data / "postmaster.pid"
        if not notes.exists() or self._pg_ctl("status", data)[0]:
            return None
        lines = notes.read_text().splitlines()
        port = int(lines[3]) if len(lines) > 3 else 0
        try:
            with self._connected(port, "postgres") as connection:
                shown = connection.execute("show data_directory").fetchone()
        except psycopg.OperationalError:
            return None
        return port if shown and Path(shown[0]).resolve() == data.resolve() else None

    def _drop_stale_pid(self, data: Path) -> None:
        """The notes of a dead server are gone; its number may belong to a stranger by now, which stops PostgreSQL."""
        notes = data / "postmaster.pid"
        if not notes.exists():
            return
        number = notes.read_text().split("\n", 1)[0].strip()
        if str(data) in _command_line(number):
            self.stop(data)
        else:
            notes.unlink()

    def _initdb(self, data: Path) -> None:
        data.mkdir(mode=0o700)
        self.home.account.own(data)
        word = self.home.folder / "initdb.password"
        _write_private(word, self._password(_OWNER))
        self.home.account.own(word)
        command = [self.binaries.program("initdb"), "-D", str(data), "-U", _OWNER, "--pwfile", str(word)]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", f"--locale={self._locale()}"]
        try:
            done = self.home.account.run(command)
        finally:
            word.unlink()
        if done.returncode:
            raise SetupError(f"私有数据库建立失败：{done.stdout[-2000:].strip()}")

    def _locale(self) -> str:
        known = self.home.account.run(["locale", "-a"]).stdout.split() if shutil.which("locale") else []
        return next((name for name in ("C.UTF-8", "C.utf8") if name in known), "C")

    def _fill(self, port: int) -> None:
        with self._connected(port, "postgres") as connection:
            role, database = sql.Identifier(_ROLE), sql.Identifier(_DATABASE)
            connection.execute(
                sql.SQL("create role {} login nosuperuser createdb password {}").format(
                    role, sql.Literal(self._password(_ROLE))
                )
            )
            connection.execute(sql.SQL("create database {} owner {}").format(database, role))
        with self._connected(port, _DATABASE) as connection:
            for name in EXTENSIONS:
                connection.execute(sql.SQL("create extension {}").format(sql.Identifier(name)))

    def leave_sealing(self, port: int) -> None:
        """The database holds the function that seals the audit log, also where it was made by an earlier program."""
        with self._connected(port, _DATABASE) as connection:
            connection.execute(_SEALING)

    def _connected(self, port: int, database: str) -> psycopg.Connection[tuple[str, ...]]:
        return psycopg.connect(
            host=_HOST,
            port=port,
            user=_OWNER,
            password=self._password(_OWNER),
            dbname=database,
            connect_timeout=10,
            autocommit=True,
        )

    def _password(self, role: str) -> str:
        return (self.home.folder / f"password.{role}").read_text()

    def _pg_ctl(self, action: str, data: Path, *options: str) -> tuple[int, str]:
        command = [self.binaries.program("pg_ctl"), action, "-D", str(data), *options]
        done = self.home.account.run(command)
        return done.returncode, done.stdout.strip()


@contextmanager
def _leaving_on_sigterm() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the program, as Ctrl+C does, instead of ending it before the server is stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    ours = [number for number, handler in before.items() if handler is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _exit)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _locked(home: ClusterHome) -> Iterator[None]:
    """Nobody else starts or stops this cluster meanwhile."""
    with _opened(home.folder / "lock") as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        if os.geteuid() == 0:  # root may help out in the clone of a user, who must be able to read it afterwards
            folder = path.parent.stat()
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
        file.write(text)


def _command_line(number: str) -> str:
    """The command of a running process, empty when there is none; from /proc, or from ps where there is no /proc."""
    if Path("/proc/self/cmdline").exists():
        notes = Path("/proc") / number / "cmdline"
        return notes.read_bytes().replace(b"\0", b" ").decode(errors="replace") if notes.exists() else ""
    asked = subprocess.run(["/bin/ps", "-o", "args=", "-p", number], capture_output=True, text=True, check=False)  # noqa: S603
    return asked.stdout


def _remembered(notes: Path) -> int | None:
    text = notes.read_text().strip() if notes.exists() else ""
    return int(text) if text.isdigit() else None


def _usable(wanted: int | None) -> int:
    """The wanted port where it is free, else a free one."""
    for port in (wanted, 0) if wanted else (0,):
        with socket.socket() as probe:
            try:
                probe.bind((_HOST, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise SetupError("本机没有空闲的端口，私有数据库无法启动")
