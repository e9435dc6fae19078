"""Who lives where: 社区, communities with footprints, sites, and the management areas of the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random

import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.abuttals.model import Side
from scripts.sample_town import ground, sites
from scripts.sample_town.blocks import Block, block_at, blocks, largest, side_lengths
from scripts.sample_town.names import NameBook
from scripts.sample_town.parcels import cut, footprint
from scripts.sample_town.sites import NEIGHBORHOODS, SITES, Neighborhood, Site

SEED = 20230616
_CORE = Point(-160, 500)


def rng_for(purpose: str) -> Random:
    """A generator of its own for each purpose, so that one part can change without moving the others."""
    return Random(f"{SEED}:{purpose}")


@dataclass(frozen=True)
class Community:
    """A 小区: its parcel (what its area manages) and its footprint."""

    code: str
    name: str
    aliases: tuple[str, ...]
    neighborhood: Neighborhood
    parcel: Polygon
    footprint: Polygon
    households: int
    floor_area_m2: int
    storeys: int


@dataclass(frozen=True)
class StandingSite:
    """A site with its ground."""

    site: Site
    polygon: Polygon
    neighborhood: Neighborhood


@dataclass(frozen=True)
class Area:
    """A management area as it lies on the ground; `role` says how its row comes about."""

    name: str
    communities: tuple[Community, ...]
    block: Block
    polygon: Polygon
    sides: Mapping[Side, tuple[str, ...]]
    role: str  # whole, part, vague, pending or ditto
    said: str = ""  # the sentence, where it is fixed beforehand


@dataclass
class Town:
    """Everything that stands in the town."""

    communities: list[Community] = field(default_factory=list)
    sites: list[StandingSite] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    uncovered: list[tuple[Community, str]] = field(default_factory=list)


@cache
def neighborhood_of(block: Block) -> Neighborhood:
    """The 社区 a block belongs to: the nearest centre on the same side of the county line."""
    west = county_side(block.face.representative_point()) == "340811"
    mine = [n for n in NEIGHBORHOODS if (n.street.county_code == "340811") == west]
    return min(mine, key=lambda n: block.face.centroid.distance(Point(n.at)))


def county_side(point: Point) -> str:
    """The county code at a point: 340811 on the left of the line that the railway follows."""
    (x0, y0), (x1, y1) = ground.county_line().coords[0], ground.county_line().coords[-1]
    return "340811" if (x1 - x0) * (point.y - y0) > (y1 - y0) * (point.x - x0) else "340802"


def neighborhood_code(neighborhood: Neighborhood) -> str:
    """Twelve digits: the 街道 and a running number."""
    same = [n for n in NEIGHBORHOODS if n.street == neighborhood.street]
    return f"{neighborhood.street.code}{same.index(neighborhood) + 1:03d}"


def age_of(block: Block) -> str:
    """How old the quarter is: old, middle or new."""
    distance = block.face.centroid.distance(_CORE)
    if distance < 480 and block.land.area < 46000:
        return "old"
    return "middle" if distance < 1150 else "new"


class Builder:
    """Fills the blocks one after the other, from west to east."""

    def __init__(self) -> None:
        self.town = Town()
        self.rng = rng_for("town")
        self.names = NameBook(rng_for("names"))
        self.counts: dict[str, int] = defaultdict(int)

    def community(self, name: str, block: Block, parcel: Polygon, age: str) -> Community:
        """A new community on a parcel."""
        neighborhood = neighborhood_of(block)
        setback = self.rng.uniform(2.5, 5.0) if age == "old" else self.rng.uniform(6.0, 13.0)
        shape = footprint(parcel, setback, self.rng)
        storeys = {
            "old": self.rng.choice((3, 4, 5)),
            "middle": self.rng.choice((5, 6, 6, 11)),
            "new": self.rng.choice((11, 17, 18, 26)),
        }[age]
        density = {"old": 1.3, "middle": 1.5, "new": 2.2}[age] * self.rng.uniform(0.85, 1.15)
        floor = round(shape.area * density)
        households = max(24, round(floor / {"old": 68, "middle": 82, "new": 108}[age]))
        code = f"XQ-{neighborhood_code(neighborhood)}-{self._count(neighborhood.name):02d}"
        made = Community(code, name, self._aliases(name), neighborhood, parcel, shape, households, floor, storeys)
        self.town.communities.append(made)
        return made

    def _count(self, key: str) -> int:
        self.counts[key] += 1
        return self.counts[key]

    def _aliases(self, name: str) -> tuple[str, ...]:
        if name.endswith(("小区", "花园", "家园")) and self.rng.random() < 0.3:
            return (f"{name[:2]}{self.rng.choice(('新城', '苑区', '大院'))}",)
        if name.endswith("宿舍"):
            return (name.replace("宿舍", "家属院"),)
        return ()

    def one(self, block: Block, age: str, role: str, said: str = "") -> Community:
        """A block with one community and one area."""
        made = self.community(self.names.community(age), block, block.land, age)
        self.area((made,), block, block.land, block.sides, role, said)
        return made

    def area(
        self, communities: tuple[Community, ...], block: Block, polygon: Polygon,
        sides: Mapping[Side, tuple[str, ...]], role: str, said: str = "",
    ) -> None:  # fmt: skip
        """A management area of these communities."""
        name = communities[0].name
        if len(communities) > 1:
            name = name.removesuffix("一期").removesuffix("东区").removesuffix("一村")
        self.town.areas.append(Area(name, communities, block, polygon, sides, role, said))

    def whole(self, block: Block, age: str, role: str, count: int = 0) -> None:
        """A block that is one area, of one or several communities."""
        size = block.land.area / 10000
        count = count or (1 if size < 3.4 or self.rng.random() < 0.55 else 2 if size < 6.5 else 3)
        if count == 1:
            self.one(block, age, role)
            return
        parcels = cut(block.land, count, self.rng)
        named = zip(self.names.phases(age, count), parcels, strict=True)
        made = tuple(self.community(name, block, parcel, age) for name, parcel in named)
        self.area(made, block, block.land, block.sides, role)

    def two_rows(self, block: Block, age: str) -> None:
        """A block of two phases with a row each; the second row says 同上."""
        first, second = cut(block.land, 2, self.rng)
        stem = self.names.community(age)
        one = self.community(f"{stem}一期", block, first, age)
        two = self.community(f"{stem}二期", block, second, age)
        self.area((one,), block, block.land, block.sides, "whole")
        self.area((two,), block, block.land, block.sides, "ditto", "同上")

    def shared(self, block: Block, age: str, site: Site | None) -> None:
        """A block of several areas, parted by walls, and perhaps a site."""
        parts = 2 if block.land.area < 60000 else 3
        parcels = cut(block.land, parts, self.rng)
        owners: list[tuple[str, Polygon]] = []
        if site:
            taken = min(parcels, key=lambda parcel: parcel.centroid.distance(Point(site.at)))
            parcels.remove(taken)
            inner = taken.difference(ground.reserves()).buffer(-3, join_style="mitre")
            self.town.sites.append(StandingSite(site, inner, neighborhood_of(block)))
            owners.append((site.name, taken))
        made = [self.community(self.names.community(age), block, parcel, age) for parcel in parcels]
        owners += [(one.name, one.parcel) for one in made]
        for one in made:
            self.area((one,), block, one.parcel, part_sides(one.parcel, owners), "part")

    def whole_site(self, block: Block, site: Site) -> None:
        """A block that one site takes."""
        land = block.land.difference(ground.lake()).difference(ground.reserves())
        parts: Sequence[BaseGeometry] = getattr(land, "geoms", (land,))
        polygon = max((p for p in parts if isinstance(p, Polygon)), key=lambda p: p.area)
        self.town.sites.append(StandingSite(site, largest(polygon.buffer(-1).simplify(0.5)), neighborhood_of(block)))


def part_sides(parcel: Polygon, owners: Sequence[tuple[str, Polygon]]) -> dict[Side, tuple[str, ...]]:
    """What bounds a parcel on each side: its neighbours within the block, else the line beyond the block's edge."""
    lines = ground.features()
    tree = shapely.STRtree([f.reserve for f in lines])

    def owner(step: LineString) -> str | None:
        middle = step.interpolate(0.5, normalized=True)
        for name, ground_of in owners:
            if ground_of is not parcel and ground_of.distance(middle) < 0.6:
                return name
        nearest = lines[int(tree.nearest(middle))]
        return nearest.name if nearest.reserve.distance(middle) < 2.0 else None

    return side_lengths(parcel, owner)[0]


def _roles() -> tuple[dict[Block, tuple[str, str]], dict[Block, Site]]:
    roles: dict[Block, tuple[str, str]] = {block_at(*at): ("empty", "") for at in sites.LEFT_EMPTY}
    roles |= {block: ("empty", "") for block in blocks() if block.open_m > 0}
    for words, places in (("shared", sites.SHARED), ("two", sites.PLACES_TWO_PHASES), ("vague", sites.VAGUE)):
        roles |= {block_at(*at): (words, "") for at in places}
    roles |= {block_at(*at): ("uncovered", why) for at, why in sites.UNCOVERED}
    roles |= {block_at(*at): ("pending", said) for at, said in sites.PENDING}
    standing = {block_at(*site.at): site for site in SITES}
    roles |= {block: ("site" if site.whole else "shared", "") for block, site in standing.items()}
    return roles, standing


def _fill(builder: Builder, block: Block, role: str, words: str, site: Site | None) -> None:
    age = age_of(block)
    if role == "site" and site:
        builder.whole_site(block, site)
    elif role == "shared":
        builder.shared(block, age, site)
    elif role == "two":
        builder.two_rows(block, age)
    elif role == "uncovered":
        name = builder.names.community("old") if age == "old" else builder.names.works()
        made = builder.community(name, block, block.land, age)
        builder.town.uncovered.append((made, words))
    elif role == "pending":
        builder.one(block, age, "pending", words)
    elif role != "empty":
        declared = block in {block_at(*at) for at in (*sites.DECLARED, *sites.LOST)}
        builder.whole(block, age, role, count=_counted(block, declared))


def _counted(block: Block, declared: bool) -> int:
    if block is block_at(*sites.DECLARED[2]):
        return 2
    return 1 if declared else 0


@cache
def town() -> Town:
    """The whole town, always the same."""
    builder = Builder()
    roles, standing = _roles()
    for block in blocks():
        role, words = roles.get(block, ("whole" if block.closable else "vague", ""))
        _fill(builder, block, role, words, standing.get(block))
    return builder.town
