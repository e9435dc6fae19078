"""`make bench`: the service beside tipg, pygeoapi and raw SQL, one worker each, in turns; ratios, ours to theirs."""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.cases import EXPORT, Case, Place, cases
from benchmarks.database import empty_database
from benchmarks.ground import AREAS, POINTS, fill
from benchmarks.rates import by_pgbench, by_wrk
from benchmarks.servers import Server, ours, prepare, pygeoapi, tipg

OURS, ANEW, RAW = "gis-service", "gis-service, nothing kept", "raw"
PEERS = ("tipg", "pygeoapi")
Rates = dict[str, list[float]]


def main() -> None:
    """The table, one case a line; every figure is the median of the rounds, every ratio that of the ratios."""
    wanted = _arguments()
    prepare()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gis-service-bench-")))
        database = wanted.database
        if database is None:
            database, engine = stack.enter_context(empty_database())
            fill(engine)
        servers = _servers(stack, database, folder)
        print(
            f"{AREAS} areas, {POINTS} manholes; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; answers a second"
        )
        print(f"{'':54}{'ours':>8}{'tipg':>8}{'pygeoapi':>9}{'raw':>8}   ours/tipg  /pygeoapi  /raw")
        for case in cases():
            if any(part in case.id for part in wanted.cases):
                _report(case, _compared(case, servers, database, folder, wanted))
        if any(part in "export" for part in wanted.cases):
            _exports(database, folder, wanted.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=[""], help="parts of the names of cases; all when left out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--database", help="one that was filled before; else a new one is made")
    return parser.parse_args()


def _servers(stack: ExitStack, database: str, folder: Path) -> Mapping[str, Server]:
    return {
        OURS: stack.enter_context(ours(database, folder)),
        ANEW: stack.enter_context(ours(database, folder, tile_cache_mb=0, feature_cache_mb=0)),
        "tipg": stack.enter_context(tipg(database, folder)),
        "pygeoapi": stack.enter_context(pygeoapi(database, folder)),
    }


def _compared(
    case: Case, servers: Mapping[str, Server], database: str, folder: Path, wanted: argparse.Namespace
) -> Rates:
    rates: Rates = {}
    mine = servers[ANEW if case.fresh else OURS]
    asked = {OURS: (mine, _lines(case, mine))} | {
        name: (servers[name], case.paths(name)) for name in PEERS if name in case.addresses
    }

    def rate(server: Server, lines: Sequence[str], turn: int, seconds: float) -> float:
        return by_wrk(server, case.in_turn(lines, turn), case.headers, seconds, folder)

    for server, lines in asked.values():
        rate(server, lines, 0, 1)  # the pages of the tables and the plans are at hand
    for turn in range(1, wanted.rounds + 1):
        for name, (server, lines) in asked.items():
            rates.setdefault(name, []).append(rate(server, lines, turn, wanted.seconds))
        if case.raw is not None:
            rates.setdefault(RAW, []).append(by_pgbench(database, case.raw, wanted.seconds, folder))
    return rates


def _lines(case: Case, server: Server) -> list[str]:
    """Our addresses; with the tags of the answers where the reader holds these."""
    paths = case.paths(OURS)
    if not case.held:
        return paths
    tags = {path: _tag(server, path) for path in dict.fromkeys(paths)}
    return [f"{path}\t{tags[path]}" for path in paths]


def _tag(server: Server, path: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(server.address + path, headers=dict(server.headers))) as answer:  # noqa: S310 - ours
        return str(answer.headers["ETag"])


def _report(case: Case, rates: Rates) -> None:
    told = "".join(
        _figure(rates.get(name), width) for name, width in ((OURS, 8), ("tipg", 8), ("pygeoapi", 9), (RAW, 8))
    )
    ratios = [_ratio(rates[OURS], rates.get(name), case.aims.get(name)) for name in ("tipg", "pygeoapi", RAW)]
    print(f"{case.title:54}{told}   {'  '.join(ratios)}", flush=True)


def _figure(found: Sequence[float] | None, width: int) -> str:
    return f"{statistics.median(found):{width}.0f}" if found else " " * width


def _ratio(own: Sequence[float], theirs: Sequence[float] | None, aim: float | None) -> str:
    if theirs is None:
        return ""
    ratio = statistics.median(mine / max(other, 0.1) for mine, other in zip(own, theirs, strict=True))
    mark = "" if aim is None else f" (≥ {aim:g})" if ratio >= aim else f" (≥ {aim:g}: MISSED)"
    return f"{ratio:7.2f} x{mark}"


def _exports(database: str, folder: Path, rounds: int) -> None:
    """Seconds of a whole layer as GeoJSON, and the most memory that a new server held for it."""
    print(f"\n{AREAS} areas as one GeoJSON{'':13}seconds   peak MB      MB sent   ours/theirs (≥ 3 of tipg)")
    seconds: Rates = {}
    told: dict[str, tuple[float, float]] = {}
    for number in range(rounds):
        for name, start in ((OURS, ours), ("tipg", tipg), ("pygeoapi", pygeoapi)):
            if name == "pygeoapi" and number:
                continue  # it takes long enough once
            with start(database, folder) as server:
                passed, size = _whole(server)
                seconds.setdefault(name, []).append(passed)
                told[name] = server.peak_mb, size
    for name, found in seconds.items():
        ratio = statistics.median(found) / statistics.median(seconds[OURS])
        print(f"{name:42}{statistics.median(found):8.2f}{told[name][0]:10.0f}{told[name][1]:13.1f}   {ratio:7.2f} x")


def _whole(server: Server) -> tuple[float, float]:
    path = EXPORT[server.name]("management_areas", Place())
    began, size, last = time.perf_counter(), 0, b""
    with urllib.request.urlopen(urllib.request.Request(server.address + path, headers=dict(server.headers))) as answer:  # noqa: S310 - ours
        while piece := answer.read(1 << 20):
            size += len(piece)
            last = (last + piece)[-4096:]
    if not last.rstrip().endswith(b"}"):
        raise RuntimeError(f"{server.name} did not send the whole")
    return time.perf_counter() - began, size / 1e6


if __name__ == "__main__":
    main()
