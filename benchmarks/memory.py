"""Peak memory of the server while 300,000 manholes are downloaded, format by format; Linux and macOS."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

FEATURES = 300_000
FORMATS = ("geojson", "geojsonseq", "gpkg", "fgb", "shp", "kml", "parquet", "csv", "xlsx")
SYSTEMS = ("CRS84", "4548", "GCJ-02")
FILL = """
insert into manholes (code, owner, kind, load_class, state, reported_at, due_at, sample, geom)
select 'JG-' || number, '市政管理处第' || number % 40 || '所', '雨水', 'D400', '破损',
       timestamptz '2023-07-01 08:00+08' + number * interval '1 minute',
       timestamptz '2023-07-02 08:00+08' + number * interval '1 minute', true,
       ST_SetSRID(ST_Point(117 + number % 600 * 0.0003, 30.4 + number / 600 * 0.0004), 4490)
from generate_series(1, :features) as number
"""


def main() -> None:
    """A table: format, system, peak MB of a server that did nothing else, its CPU time, seconds, MB of the file."""
    from sqlalchemy import text

    from benchmarks.database import empty_database
    from benchmarks.readers import asking

    with empty_database() as (url, engine):
        with engine.begin() as connection:
            connection.execute(text(FILL), {"features": FEATURES})
        engine.dispose()
        told = asking(url)
        print(f"{FEATURES} features; a server that only starts: {_served(url, None, told)[0]:.0f} MB")
        print("format      system   peak MB   CPU s  seconds  file MB")
        for form in sys.argv[1:] or FORMATS:
            for system in SYSTEMS if form != "kml" else ("CRS84", "GCJ-02"):
                address = f"/collections/manholes/export?f={form}&crs={system}"
                peak, own, seconds, size = _served(url, address, told)
                print(f"{form:<12}{system:<8}{peak:8.0f}{own:8.1f} {seconds:8.1f} {size:8.1f}", flush=True)


def _served(database: str, address: str | None, headers: dict[str, str]) -> tuple[float, float, float, float]:
    """Of a new server that answers one request: peak memory, its CPU time, the time that passed, size of the answer."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.memory", "--serve", database, str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    size = 0
    _wait_for(port)
    started = time.perf_counter()
    if address is not None:
        wanted = urllib.request.Request(f"http://127.0.0.1:{port}{address}", headers=headers)
        with urllib.request.urlopen(wanted) as answer:  # noqa: S310 - ours
            while piece := answer.read(1 << 20):
                size += len(piece)
    seconds = time.perf_counter() - started
    server.send_signal(signal.SIGINT)
    told, _ = server.communicate(timeout=60)
    peak, own = map(float, told.split())
    return peak, own, seconds, size / 1e6


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz"):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not start")


def _serve(database: str, port: int) -> None:
    """A server until it is interrupted; then its peak memory in MB."""
    import uvicorn

    from gis_service.api import create_app
    from gis_service.settings import Settings
    from gis_service.store.opening import make_engine

    app = create_app(make_engine(database), Settings(database_url=database))
    uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical")).run()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        with suppress(KeyboardInterrupt):
            _serve(sys.argv[2], int(sys.argv[3]))
        unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_maxrss / unit, used.ru_utime + used.ru_stime, flush=True)
        os._exit(0)
    main()
