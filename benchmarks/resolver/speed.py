"""How fast rows resolve, and that neither time nor memory follows the size of the gazetteer."""

from __future__ import annotations

import math
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from random import Random

import numpy as np
import shapely
from shapely import LineString

from gis_service import crs
from gis_service.abuttals import parse
from gis_service.codes import PlaceKind, ResolutionStatus
from gis_service.gazetteer import Gazetteer, Place
from gis_service.resolver import Resolution, Row, resolve, resolve_all

EPSG, EAST_M, NORTH_M = 4548, 505_000.0, 3_380_000.0
STREET_M = 200.0
ROWS = 4000
_LETTERS = "安宁和平建设解放人民光明胜利前进红旗新华长江黄河文化教育科技体育迎宾湖滨江岸山水林田花园梅兰竹菊松柏桃李"
_TAILS = "路路街巷"


def city(pieces: int) -> tuple[list[Place], list[str]]:
    """A fictional grid of named streets in so many pieces, and sentences of its blocks."""
    random = Random(pieces)
    streets = int(math.sqrt(pieces / 2))
    names = _names(2 * streets, random)
    lines = list(_lines(streets, pieces // (2 * streets)))
    shapes = crs.all_to_lonlat([line for _, line in lines], EPSG)
    places = [
        Place(str(number), names[street], PlaceKind.ROAD, shape, width_m=20.0)
        for number, ((street, _), shape) in enumerate(zip(lines, shapes, strict=True))
    ]
    return places, [_sentence(names, streets, random) for _ in range(ROWS)]


def _names(count: int, random: Random) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        names["".join(random.sample(_LETTERS, random.choice((2, 3)))) + random.choice(_TAILS)] = None
    return list(names)


def _lines(streets: int, pieces: int) -> Iterator[tuple[int, LineString]]:
    """Streets west to east, then south to north, each piece slightly bent."""
    step = streets * STREET_M / pieces
    for street in range(2 * streets):
        across = street % streets * STREET_M
        for piece in range(pieces):
            along = [piece * step, (piece + 0.5) * step, (piece + 1) * step]
            points = np.column_stack((along, [across, across + 3, across]))
            yield street, LineString((points if street < streets else points[:, ::-1]) + (EAST_M, NORTH_M))


def _sentence(names: list[str], streets: int, random: Random) -> str:
    column, row = random.randrange(1, streets - 1), random.randrange(1, streets - 1)
    east, west = names[streets + column + 1], names[streets + column]
    return f"东至{east}，南至{names[row]}，西至{west}，北至{names[row + 1]}"


def measure(pieces: int) -> None:
    """One line of figures for a gazetteer of so many pieces."""
    places, sentences = city(pieces)
    start = time.process_time()
    gazetteer = Gazetteer(places)
    loading = time.process_time() - start
    for text in sentences[:200]:
        resolve(parse(text), gazetteer)
    start = time.process_time()
    read = [parse(text) for text in sentences[200:700]]
    reading = (time.process_time() - start) / len(read)
    start = time.process_time()
    for abuttals in read:
        resolve(abuttals, gazetteer)
    a_row = (time.process_time() - start) / len(read)
    rows = [Row(parse(text)) for text in sentences]
    start = time.perf_counter()
    together = resolve_all(rows, gazetteer)
    rate = len(sentences) / (time.perf_counter() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  {pieces:7d} 段  载入 {loading:5.2f} s  解析 {reading * 1000:4.2f}、落图 {a_row * 1000:4.2f} ms/行  "
        f"并行 {rate:5.0f} 行/s  内存 {memory:4.0f} MB  落图 {_drawn(together):.1%}  相邻一线 {_is_coverage(together)}",
        flush=True,
    )


def _drawn(found: list[Resolution]) -> float:
    return sum(one.status is ResolutionStatus.RESOLVED for one in found) / len(found)


def _is_coverage(found: list[Resolution]) -> bool:
    once = {one.geometry.wkb: one.geometry for one in found if one.geometry is not None}
    return bool(shapely.coverage_is_valid(np.array(list(once.values()))))


def report() -> None:
    """The figures for a town, a city and a province, each in a process of its own so that memory is its own."""
    print("\n速度（每行按处理器时间；并行用全部处理器，含启动进程）")
    for pieces in (2_000, 20_000, 300_000):
        subprocess.run([sys.executable, "-m", "benchmarks.resolver.speed", str(pieces)], check=True)  # noqa: S603


if __name__ == "__main__":
    measure(int(sys.argv[1]))
