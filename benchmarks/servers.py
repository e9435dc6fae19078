"""A database in; the service and its peers, each with one worker in a process of its own, out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import URL, make_url

from benchmarks.readers import asking
from scripts import bootstrap

CLONE = Path(__file__).parents[1]
PEERS = CLONE / ".venv-peers"
LOCK = "benchmarks/requirements.lock"
_PATIENCE_S = 90
WRK = bootstrap.Need("wrk", lambda: bool(shutil.which("wrk")), ("wrk",), ("wrk",), ("wrk",))
PGBENCH = bootstrap.Need(
    "pgbench", lambda: bool(shutil.which("pgbench")), ("postgresql-contrib",), ("postgresql-contrib",), ("postgresql",)
)


@dataclass(frozen=True)
class Server:
    """One running server: its name, its address, the number of its first process, what it must be told who asks."""

    name: str
    address: str
    process: int
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def peak_mb(self) -> float:
        """The most memory that the server held so far, its workers together (Linux)."""
        numbers = (self.process, *_children(self.process))
        return sum(map(_peak_kb, numbers)) / 1000


@contextmanager
def ours(database: str, folder: Path, **settings: object) -> Iterator[Server]:
    """The service as `gis-service serve` runs it."""
    told = {f"GIS_SERVICE_{name.upper()}": str(value) for name, value in settings.items()}
    told |= {"DATABASE_URL": database, "GIS_SERVICE_DATA_DIR": str(folder)}
    port = _free_port()
    command = [str(Path(sys.executable).with_name("gis-service")), "serve", "--no-sample", "--port", str(port)]
    with _running("gis-service", command, port, "/healthz", told) as server:
        yield replace(server, headers=asking(database))


@contextmanager
def tipg(database: str, folder: Path) -> Iterator[Server]:
    """The peer tipg on the schema `peers`, with uvloop and httptools and without an access log."""
    told = {
        "DATABASE_URL": _plain(database),
        "TIPG_DB_SCHEMAS": '["peers"]',
        "DB_MIN_CONN_SIZE": "8",
        "TIPG_MAX_FEATURES_PER_QUERY": "1000000",
        "TIPG_MAX_FEATURES_PER_TILE": "1000000",  # else far tiles lack most of the manholes
        "TIPG_CATALOG_TTL": "0",
    }
    port = _free_port()
    command = [str(PEERS / "bin" / "uvicorn"), "tipg.main:app", "--port", str(port), "--log-level", "warning"]
    with _running("tipg", [*command, "--no-access-log"], port, "/healthz", told, folder) as server:
        yield server


@contextmanager
def pygeoapi(database: str, folder: Path) -> Iterator[Server]:
    """The peer pygeoapi on the same tables in EPSG:4326: gunicorn with one worker of eight threads."""
    port = _free_port()
    config, described = folder / "pygeoapi.yml", folder / "openapi.yml"
    config.write_text(json.dumps(_pygeoapi_config(make_url(database), port)))  # JSON is YAML
    told = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(described)}
    generate = [str(PEERS / "bin" / "pygeoapi"), "openapi", "generate", str(config), "--output-file", str(described)]
    subprocess.run(generate, env=os.environ | told, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    gunicorn = [str(PEERS / "bin" / "gunicorn"), "--workers", "1", "--threads", "8", "--timeout", "600"]
    command = [*gunicorn, "--bind", f"127.0.0.1:{port}", "pygeoapi.flask_app:APP"]
    with _running("pygeoapi", command, port, "/conformance?f=json", told, folder) as server:
        yield server


def prepare() -> None:
    """wrk, pgbench and the peers are there; as root on Debian they are installed, else the program says what lacks."""
    os.chdir(CLONE)
    bootstrap.provide([WRK, PGBENCH])
    if bootstrap.is_stamped(PEERS / ".stamp", LOCK):
        return
    print("正在安装 tipg 与 pygeoapi（按 benchmarks/requirements.lock）……", flush=True)
    shutil.rmtree(PEERS, ignore_errors=True)
    locked = ["--require-hashes", "--requirement", LOCK]
    if shutil.which("uv"):
        bootstrap.run(["uv", "venv", "--quiet", "--python", sys.executable, str(PEERS)])
        bootstrap.run(["uv", "pip", "install", "--quiet", "--python", str(PEERS / "bin" / "python"), *locked])
    else:
        bootstrap.run([sys.executable, "-m", "venv", str(PEERS)])
        bootstrap.run([str(PEERS / "bin" / "python"), "-m", "pip", "install", "--quiet", *locked])
    bootstrap.stamp(PEERS / ".stamp", LOCK)


def _pygeoapi_config(url: URL, port: int) -> dict[str, object]:
    data = {"host": url.host, "port": url.port, "dbname": url.database, "user": url.username, "password": url.password}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "language": "en-US",
            "pretty_print": False,
            "limits": {"default_items": 10, "max_items": 1_000_000},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                **dict.fromkeys(("title", "description"), "bench"),
                **{"keywords": ["bench"], "keywords_type": "theme", "terms_of_service": "", "url": "http://localhost"},
            },
            "license": {"name": "", "url": "http://localhost"},
            "provider": {"name": "bench", "url": "http://localhost"},
            "contact": {"name": "bench"},
        },
        "resources": {table: _pygeoapi_resource(table, data) for table in ("management_areas", "manholes")},
    }


def _pygeoapi_resource(table: str, data: Mapping[str, object]) -> dict[str, object]:
    provider = {"data": {**data, "search_path": ["plain"]}, "id_field": "id", "table": table, "geom_field": "geom"}
    crs = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    tiles = {
        **{"type": "tile", "name": "MVT-postgresql", "options": {"zoom": {"min": 0, "max": 22}}},
        "format": {"name": "pbf", "mimetype": "application/vnd.mapbox-vector-tile"},
    }
    return {
        **{"type": "collection", "title": table, "description": table, "keywords": [table]},
        "extents": {"spatial": {"bbox": [116, 30, 118, 31], "crs": crs}},
        "providers": [
            {**provider, "type": "feature", "name": "PostgreSQL", "storage_crs": crs},
            {**provider, **tiles},
        ],
    }


@contextmanager
def _running(
    name: str,
    command: Sequence[str],
    port: int,
    alive: str,
    told: Mapping[str, str],
    folder: Path | None = None,
) -> Iterator[Server]:
    said = (folder or Path(told["GIS_SERVICE_DATA_DIR"])) / f"{name}-{port}.log"
    with said.open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | told, stdout=log, stderr=log)  # noqa: S603
        try:
            _await(f"http://127.0.0.1:{port}{alive}", process, said)
            yield Server(name, f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _await(address: str, process: subprocess.Popen[bytes], said: Path) -> None:
    for _ in range(_PATIENCE_S * 10):
        try:
            with urllib.request.urlopen(address):  # noqa: S310 - ours
                return
        except OSError:
            time.sleep(0.1)
        if process.poll() is not None:
            break
    raise RuntimeError(f"{address} does not answer:\n{said.read_text(errors='replace')[-3000:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _plain(database: str) -> str:
    return make_url(database).set(drivername="postgresql").render_as_string(hide_password=False)


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task")
    found = [int(n) for task in tasks.glob("*/children") for n in task.read_text().split()]
    return [*found, *(deeper for child in found for deeper in _children(child))]


def _peak_kb(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
