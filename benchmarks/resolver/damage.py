"""True blocks → cases on worse data than the truth: roads renamed half-way, broken, cut short, split into sections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from benchmarks.resolver.blocks import Block, Network
from benchmarks.resolver.wording import PLAIN, sentence
from gis_service import crs
from gis_service.abuttals.model import Side
from gis_service.codes import PlaceKind
from gis_service.gazetteer import Place

LEAST_SIDE_M = 250.0
ROUNDS = 4
_TAILS = ("大道", "路", "街")

Spoil = Callable[[str, LineString, Random], dict[str, BaseGeometry]]
"""A name and its stretch along a block → what the data holds in place of that stretch, by name."""


def _renamed(name: str, stretch: LineString, random: Random) -> dict[str, BaseGeometry]:
    at = stretch.length * random.uniform(0.4, 0.7)
    return {name: substring(stretch, 0, at), f"{name[:2]}新街": substring(stretch, at, stretch.length)}


def _broken(name: str, stretch: LineString, random: Random) -> dict[str, BaseGeometry]:
    at, gap = stretch.length * random.uniform(0.3, 0.5), random.uniform(60, 120)
    return {name: shapely.union(substring(stretch, 0, at), substring(stretch, at + gap, stretch.length))}


def _short(name: str, stretch: LineString, random: Random) -> dict[str, BaseGeometry]:
    return {name: substring(stretch, 0, stretch.length - random.uniform(60, 190))}


def _sections(name: str, stretch: LineString, random: Random) -> dict[str, BaseGeometry]:
    at = stretch.length * random.uniform(0.3, 0.7)
    return {f"{name}北段": substring(stretch, 0, at), f"{name}中段": substring(stretch, at, stretch.length)}


def _fuller(name: str, stretch: LineString, random: Random) -> dict[str, BaseGeometry]:
    tail = next(tail for tail in _TAILS if name.endswith(tail))
    return {name.removesuffix(tail) + random.choice("南北中") + tail: stretch}


SPOILS: dict[str, Spoil] = {
    "半路改名": _renamed,
    "断开一截": _broken,
    "差一截到路口": _short,
    "分成两段": _sections,
    "图上名称多一字": _fuller,
}


def damaged(network: Network, plain: list[Block]) -> Iterator[tuple[str, list[Place], list[tuple[str, Block]]]]:
    """For each kind of damage and round: the kind, the places as damaged, and the sentences with their true blocks."""
    for kind, spoil in SPOILS.items():
        for number in range(ROUNDS):
            random = Random(f"{kind}{number}")
            chosen = _chosen(network, plain, random)
            if not chosen:
                continue
            places = _spoilt(network, chosen, spoil, random)
            yield kind, places, [(sentence(PLAIN, block.sides), block) for block, _, _ in chosen]


def _chosen(network: Network, plain: list[Block], random: Random) -> list[tuple[Block, str, LineString]]:
    """Blocks that share no name with each other, each with one long side in one stretch."""
    taken: set[str] = set()
    found = []
    for block in random.sample(plain, len(plain)):
        side = random.choice(list(Side))
        name = block.sides[side][0]
        stretch = _stretch(network, block, name)
        if not name.endswith(_TAILS) or taken.intersection(block.names):
            continue
        if stretch is not None and stretch.length >= LEAST_SIDE_M:
            taken.update(block.names)
            found.append((block, name, stretch))
    return found


def _stretch(network: Network, block: Block, name: str) -> LineString | None:
    line = network.lines[network.names.index(name)]
    along = shapely.line_merge(shapely.intersection(line.buffer(0.5), block.face.exterior))
    return along if isinstance(along, LineString) else None


def _spoilt(network: Network, chosen: list[tuple[Block, str, LineString]], spoil: Spoil, random: Random) -> list[Place]:
    spoilt = {name: (stretch, spoil(name, stretch, random)) for _, name, stretch in chosen}
    kept = [place for place in network.places if network.spoken(place) not in spoilt]
    for name, (stretch, parts) in spoilt.items():
        model = next(place for place in network.places if network.spoken(place) == name)
        rest = shapely.difference(network.lines[network.names.index(name)], stretch.buffer(30.0))
        beyond = rest if spoil in (_broken,) else _one_end(rest, stretch)
        wanted = dict(parts)
        first = next(iter(wanted))
        wanted[first] = shapely.union_all([wanted[first], beyond])
        for number, (called, shape) in enumerate(wanted.items()):
            geometry = crs.to_lonlat(shape, network.epsg)
            kept.append(replace(model, id=f"{model.id}-{number}", name=called, kind=PlaceKind.ROAD, geometry=geometry))
    return kept


def _one_end(rest: BaseGeometry, stretch: LineString) -> BaseGeometry:
    """What goes on behind the start of the stretch: the far end is where the damage is."""
    start, stop = shapely.Point(stretch.coords[0]), shapely.Point(stretch.coords[-1])
    parts = [part for part in shapely.get_parts(rest) if part.distance(start) < part.distance(stop)]
    return shapely.union_all(parts)
