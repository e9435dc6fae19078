"""Tiles a second on 20,000 areas and 300,000 points: from memory, never seen before, and raw SQL through psycopg."""

from __future__ import annotations

import http.client
import math
import multiprocessing
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import uvicorn
from sqlalchemy import text

from benchmarks.bench import FILL
from gis_service.api import create_app
from gis_service.settings import Settings
from gis_service.store.cluster import private_cluster
from gis_service.store.opening import make_engine
from gis_service.store.schema import upgrade

AREAS, POINTS = 20_000, 300_000
ROUNDS = 5
POINTS_SQL = """
insert into manholes (code, kind, state, owner, load_class, sample, geom)
select 'J' || n, '雨水', '完好', '单位' || n % 40, 'D400', true,
       ST_SetSRID(ST_Point(117 + random() * 0.2, 30.5 + random() * 0.1), 4490)
from generate_series(1, :points) as n
"""
RAW = {  # the columns that a planner sees, nothing left out
    "communities": """
select ST_AsMVT(tile, 'communities') from (
  select id, code, name, array_to_string(aliases, ';') as aliases, county, street, neighborhood, reporting_unit,
         county_code, street_code, neighborhood_code, households, floor_area_m2, sample,
         ST_AsMVTGeom(geom_3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) as geom
  from communities where geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096)) as tile
""",
    "manholes": """
select ST_AsMVT(tile, 'manholes') from (
  select id, code, kind, state, owner, load_class, reported_at, due_at, community_id, sample,
         ST_AsMVTGeom(geom_3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) as geom
  from manholes where geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096)) as tile
""",
}
TAKEN = (("communities", 12), ("communities", 14), ("communities", 16), ("manholes", 12), ("manholes", 16))
MOST_TILES = 60


def main() -> None:
    """The figures, one layer and level a line."""
    folder = Path(tempfile.mkdtemp(prefix="gis-service-bench-"))
    folder.chmod(0o755)
    try:
        with private_cluster(folder, durable=False) as url:
            _fill(url)
            with _serving(url) as port, psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as raw:
                raw.execute("set jit = off")
                for layer, level in TAKEN:
                    _compare(layer, level, http.client.HTTPConnection("127.0.0.1", port), raw)
    finally:
        shutil.rmtree(folder)


def _fill(url: str) -> None:
    engine = make_engine(url, statement_timeout_ms=600_000)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text(FILL), {"features": AREAS})
        connection.execute(text(POINTS_SQL), {"points": POINTS})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
    engine.dispose()


def _serve(url: str, port: int) -> None:
    app = create_app(make_engine(url), Settings(database_url=url))
    uvicorn.run(app, port=port, log_level="critical")


@contextmanager
def _serving(url: str) -> Iterator[int]:
    """The service in a process of its own, as it runs; made anew, since a fork would stop our database as it ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(url, port), daemon=True)
    server.start()
    try:
        _await(port)
        yield port
    finally:
        server.terminate()
        server.join()


def _await(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the service does not answer")


def _compare(layer: str, level: int, web: http.client.HTTPConnection, raw: psycopg.Connection) -> None:
    tiles = list(_tiles(level))[:MOST_TILES]
    for place in tiles:  # both have the pages of the table and the plan at hand
        _raw(raw, layer, place)
    _touch(raw, layer)
    sizes = [_ask(web, layer, place)[0] for place in tiles]
    unseen = []
    for _ in range(ROUNDS):
        _touch(raw, layer)
        unseen.append(_seconds(lambda: [_ask(web, layer, place) for place in tiles]))
    tags = {place: _ask(web, layer, place)[1] for place in tiles}
    sql = statistics.median(_seconds(lambda: [_raw(raw, layer, place) for place in tiles]) for _ in range(ROUNDS))
    web.close()  # the service has hung up meanwhile
    kept = statistics.median(_seconds(lambda: [_ask(web, layer, place) for place in tiles]) for _ in range(ROUNDS))
    held = statistics.median(
        _seconds(lambda: [_ask(web, layer, place, tags[place]) for place in tiles]) for _ in range(ROUNDS)
    )
    new = statistics.median(unseen)
    print(
        f"{layer:12} z{level:<3}{len(tiles):3} tiles, largest {max(sizes) / 1000:5.0f} kB sent   tiles/s:"
        f"  raw {len(tiles) / sql:7.0f}  unseen {len(tiles) / new:7.0f} ({sql / new:.2f} x raw)"
        f"  kept {len(tiles) / kept:7.0f} ({sql / kept:.1f} x raw)  304 {len(tiles) / held:7.0f}"
    )


def _tiles(level: int) -> Iterator[tuple[int, int, int]]:
    """Level, row, column of the tiles on the ground that was filled."""
    west, north = _place(117.0, 30.6, level)
    east, south = _place(117.2, 30.5, level)
    yield from ((level, row, column) for row in range(north, south + 1) for column in range(west, east + 1))


def _place(lon: float, lat: float, level: int) -> tuple[int, int]:
    turned = math.asinh(math.tan(math.radians(lat))) / math.pi
    return int((lon + 180) / 360 * 2**level), int((1 - turned) / 2 * 2**level)


def _ask(
    web: http.client.HTTPConnection, layer: str, place: tuple[int, int, int], tag: str | None = None
) -> tuple[int, str]:
    headers = {"Accept-Encoding": "gzip"} | ({"If-None-Match": tag} if tag else {})
    level, row, column = place
    web.request("GET", f"/collections/{layer}/tiles/WebMercatorQuad/{level}/{row}/{column}", headers=headers)
    answer = web.getresponse()
    body = answer.read()
    if answer.status not in ((304,) if tag else (200, 204)):
        raise RuntimeError(f"{answer.status}: {body[:200]!r}")
    return len(body), answer.headers["ETag"]


def _raw(connection: psycopg.Connection, layer: str, place: tuple[int, int, int]) -> object:
    level, row, column = place
    return connection.execute(RAW[layer], {"z": level, "x": column, "y": row}).fetchone()


def _touch(connection: psycopg.Connection, layer: str) -> None:
    """The layer is written to, so that every tile is unseen again."""
    connection.execute(f"update {layer} set sample = true where id = (select min(id) from {layer})")  # noqa: S608


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
