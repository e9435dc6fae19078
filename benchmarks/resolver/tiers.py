"""A network's true blocks → cases tier by tier: a sentence, the ground it is said of, and what is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import shapely
import shapely.ops
from shapely import LineString, MultiPolygon, Point, Polygon, affinity
from shapely.geometry.base import BaseGeometry

from benchmarks.resolver.blocks import LEAST_RUN_M, LEAST_WIDTH_M, LINES, Block, Network, blocks, crossed
from benchmarks.resolver.damage import damaged
from benchmarks.resolver.wording import JOINTS, PLAIN, WORDINGS, miswritten, respelt, sentence
from gis_service import crs
from gis_service.abuttals.model import Side
from gis_service.codes import PlaceKind
from gis_service.gazetteer import Gazetteer, Place
from gis_service.resolver import Hint

SEED = 20230616
NO_HINT = Hint()
TITLES = {
    "A": "四条道路，写法平常",
    "B": "同一批街区，各种写法",
    "C": "一个名称写错，仍只指一条路",
    "D": "一侧两条路、跨内部道路、路口缺口",
    "E": "一侧是相邻小区、公园或围墙",
    "F": "不应落图",
    "G": "两个县同名，凭所属区划分辨",
    "H": "数据有损：半路改名、断开、不到路口、分段",
}
_GAP_M = 40.0
_INSET_M = 12.0
_COUNTIES = ("甲山县", "乙水县")
_APART_M = 30_000.0


@dataclass(frozen=True)
class Case:
    """One sentence; `truth` is its block in metres, None when it must not be drawn."""

    tier: str
    kind: str
    text: str
    truth: Polygon | None
    hint: Hint = NO_HINT


@dataclass(frozen=True)
class Suite:
    """Cases that are said of one and the same ground."""

    gazetteer: Gazetteer
    epsg: int
    cases: tuple[Case, ...]


def suites(places: tuple[Place, ...], *, each: int = 1000) -> Iterator[Suite]:
    """All tiers for one network, at most `each` blocks a tier; the same seed gives the same cases."""
    network = Network(places)
    single = blocks(network)
    plain = [block for block in single if len(block.names) == 4][:each]
    ground = Gazetteer(places)
    cases = [*_plain(plain), *_worded(plain), *_slips(network, plain), *_double(network, single, each)]
    yield Suite(ground, network.epsg, (*cases, *_undrawable(network, plain)))
    yield _gapped(network, plain)
    yield _neighboured(network, plain)
    yield _twinned(network, plain)
    for kind, worse, said in damaged(network, plain):
        cases_on_it = tuple(Case("H", kind, text, block.face) for text, block in said)
        yield Suite(Gazetteer(worse), network.epsg, cases_on_it)


def _plain(plain: list[Block]) -> Iterator[Case]:
    for block in plain:
        yield Case("A", "四条路", sentence(PLAIN, block.sides), block.face)


def _worded(plain: list[Block]) -> Iterator[Case]:
    random = Random(SEED)
    for index, block in enumerate(plain):
        for step in range(4):
            form = WORDINGS[(4 * index + step) % len(WORDINGS)]
            text = sentence(form, block.sides, hectares=block.face.area / 10_000)
            yield Case("B", form, respelt(text, random), block.face)


def _slips(network: Network, plain: list[Block]) -> Iterator[Case]:
    random, known = Random(SEED), frozenset(network.names)
    for block in plain:
        for side in random.sample(list(Side), 2):
            wrong = miswritten(block.sides[side][0], known, random)
            if wrong:
                text = sentence(PLAIN, block.sides | {side: (wrong,)})
                yield Case("C", f"{block.sides[side][0]}→{wrong}", text, block.face)


def _double(network: Network, single: list[Block], each: int) -> Iterator[Case]:
    random = Random(SEED)
    for block in [one for one in single if len(one.names) > 4][:each]:
        shuffled = {side: tuple(random.sample(names, len(names))) for side, names in block.sides.items()}
        yield Case("D", "一侧两条路", sentence(PLAIN, shuffled, joint=random.choice(JOINTS)), block.face)
    for block in crossed(network, single)[:each]:
        yield Case("D", "跨内部道路", sentence(PLAIN, block.sides), block.face)


def _undrawable(network: Network, plain: list[Block]) -> Iterator[Case]:
    random = Random(SEED)
    spoilt: tuple[tuple[str, Callable[[dict[Side, tuple[str, ...]]], str]], ...] = (
        ("缺一侧", lambda sides: _without(sides, random.choice(list(Side)))),
        ("查无此名", lambda sides: sentence(PLAIN, sides | {random.choice(list(Side)): (_unheard(network, random),)})),
        ("规划路", lambda sides: sentence(PLAIN, sides | {random.choice(list(Side)): ("规划路",)})),
        ("一侧两次", lambda sides: sentence(PLAIN, sides).replace("东至", "北至", 1)),
        ("方位颠倒", lambda sides: sentence(PLAIN, _swapped(sides, random.choice(("EW", "NS"))))),
        ("详见附图", lambda _: random.choice(("详见附图", "东至{E}，其余详见附图", "四至详见规划图", "同上"))),
    )
    for index, block in enumerate(plain):
        for step in range(3):
            kind, spoil = spoilt[(3 * index + step) % len(spoilt)]
            yield Case("F", kind, spoil(block.sides).format(E=block.sides[Side.EAST][0]), None)


def _without(sides: dict[Side, tuple[str, ...]], left_out: Side) -> str:
    return "，".join(f"{side.words}至{names[0]}" for side, names in sides.items() if side is not left_out)


def _swapped(sides: dict[Side, tuple[str, ...]], axis: str) -> dict[Side, tuple[str, ...]]:
    one, other = Side(axis[0]), Side(axis[1])
    return sides | {one: sides[other], other: sides[one]}


def _unheard(network: Network, random: Random) -> str:
    while True:
        name = "".join(random.sample("岚翎珞玥澜屿榕棠苑霁", 2)) + random.choice(("路", "街", "大道"))
        if name not in network.names:
            return name


def _gapped(network: Network, plain: list[Block]) -> Suite:
    """The same blocks on data whose lines stop short of half the junctions."""
    random = Random(SEED)
    shapes = [crs.to_metric(place.geometry, network.epsg) for place in network.places]
    lines = [index for index, place in enumerate(network.places) if place.kind in LINES and shapes[index].length]
    tree = shapely.STRtree([shapes[index] for index in lines])
    cut: list[Place] = []
    for index, place in enumerate(network.places):
        shape = shapes[index]
        if index in lines:
            for other in tree.query(shape, predicate="intersects"):
                meeting = shapely.get_parts(shapely.intersection(shape, shapes[lines[int(other)]]))
                if network.places[lines[int(other)]].name != place.name and random.random() < 0.25:
                    holes = [spot.buffer(random.uniform(5, _GAP_M) / 2) for spot in meeting if isinstance(spot, Point)]
                    shape = shapely.difference(shape, shapely.union_all(holes))
        if not shape.is_empty:
            cut.append(replace(place, geometry=crs.to_lonlat(shape, network.epsg)))
    cases = tuple(Case("D", "路口缺口", sentence(PLAIN, block.sides), block.face) for block in plain)
    return Suite(Gazetteer(cut), network.epsg, cases)


_NEIGHBOURS = (
    (PlaceKind.ESTATE, "芳甸{}苑小区", "{}"),
    (PlaceKind.ESTATE, "云栖{}庭", "{}围墙"),
    (PlaceKind.PARK, "听松{}公园", "{}"),
    (PlaceKind.WALL, "望岳{}院围墙", "{}"),
    (PlaceKind.SCHOOL, "明德{}小学", "{}"),
)


def _neighboured(network: Network, plain: list[Block]) -> Suite:
    """Every block halved: one half is the neighbour that the sentence of the other half names."""
    random = Random(SEED)
    added, cases = [], []
    for index, block in enumerate(plain):
        side = random.choice(list(Side))
        halves = _halved(block.face, side, random)
        if halves is None:
            continue
        own, neighbour, cut = halves
        if not _still_bounded(network, own, block, side):
            continue
        kind, form, said = _NEIGHBOURS[index % len(_NEIGHBOURS)]
        name = form.format(_numeral(index))
        inside = neighbour.intersection(block.face.buffer(-random.uniform(0, _INSET_M)))
        shape: BaseGeometry = cut if kind is PlaceKind.WALL else MultiPolygon([_largest(inside)])
        added.append(Place(f"neighbour-{index}", name, kind, crs.to_lonlat(shape, network.epsg)))
        text = sentence(PLAIN, block.sides | {side: (said.format(name),)})
        cases.append(Case("E", kind.value, text, own))
    return Suite(Gazetteer((*network.places, *added)), network.epsg, tuple(cases))


def _still_bounded(network: Network, own: Polygon, block: Block, halved: Side) -> bool:
    """True when each of the other three sides still runs along a good stretch of what is left."""
    for side, names in block.sides.items():
        line = network.lines[network.names.index(names[0])]
        if side is not halved and own.exterior.intersection(line.buffer(1.0)).length < LEAST_RUN_M:
            return False
    return True


def _numeral(index: int) -> str:
    return "甲乙丙丁戊己庚辛壬癸"[index % 10] + "子丑寅卯辰巳午未申酉戌亥"[index // 10 % 12]


def _largest(shape: BaseGeometry) -> Polygon:
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: part.area)


_AXES = {Side.EAST: (1.0, 0.0), Side.NORTH: (0.0, 1.0), Side.WEST: (-1.0, 0.0), Side.SOUTH: (0.0, -1.0)}


def _halved(face: Polygon, side: Side, random: Random) -> tuple[Polygon, Polygon, LineString] | None:
    """The face without, and with, the part towards a side, and the crooked line between them."""
    middle, towards = np.array(face.centroid.coords[0]), np.array(_AXES[side])
    across = np.array((-towards[1], towards[0]))
    reach = float(np.hypot(*np.ptp(np.array(face.exterior.coords), axis=0)))
    depth = random.uniform(-0.05, 0.15) * reach / 2
    bends = [(-1.0, 0.0), (random.uniform(-0.2, 0.2), random.uniform(-0.03, 0.03)), (1.0, 0.0)]
    line = LineString([middle + towards * (depth + bend * reach) + across * at * reach for at, bend in bends])
    parts = [part for part in shapely.get_parts(shapely.ops.split(face, line)) if part.area > 0.15 * face.area]
    if len(parts) != 2 or any(2 * part.area / part.length < LEAST_WIDTH_M for part in parts):
        return None
    parts.sort(key=lambda part: float(np.array(part.centroid.coords[0]) @ towards))
    shared = shapely.line_merge(shapely.intersection(parts[0].boundary, parts[1].boundary))
    return (parts[0], parts[1], shared) if isinstance(shared, LineString) else None


def _twinned(network: Network, plain: list[Block]) -> Suite:
    """The network twice, 30 km apart, in two counties: every name means two places until the division tells."""
    bounds = shapely.box(*shapely.total_bounds(network.lines)).buffer(500)
    places, cases = [], []
    for number, county in enumerate(_COUNTIES):
        shift = number * _APART_M
        for place in network.places:
            shape = affinity.translate(crs.to_metric(place.geometry, network.epsg), 0, shift)
            geometry = crs.to_lonlat(shape, network.epsg)
            places.append(replace(place, id=f"{place.id}-{number}", geometry=geometry))
        outline = crs.to_lonlat(affinity.translate(bounds, 0, shift), network.epsg)
        places.append(Place(f"county-{number}", county, PlaceKind.COUNTY, outline))
        for block in plain[number::2]:
            truth = affinity.translate(block.face, 0, shift)
            cases.append(Case("G", county, sentence(PLAIN, block.sides), truth, Hint(county=county)))
    return Suite(Gazetteer(places), network.epsg, tuple(cases))
