"""What is asked of every server, the same places in the same order; and the best SQL that gives the same answer."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.ground import AREAS, POINTS, SIDE, SOUTH, WEST, published
from gis_service.store.short_pages import COUNTED

GZIP = {"Accept-Encoding": "gzip"}
_PLACES = 500  # of each case
_EACH_TURN = 8_000  # more than any server answers in one
_NEVER_AGAIN = 40_000  # places of a case in which no page is asked for twice
LEVELS = (12, 13, 14, 15, 16)
Addresses = Mapping[str, Callable[[str, "Place"], str]]


@dataclass(frozen=True)
class Place:
    """A box in degrees, a tile, or the number of a feature."""

    box: tuple[float, float, float, float] = (0, 0, 0, 0)
    tile: tuple[int, int, int] = (0, 0, 0)  # level, row, column
    number: int = 0


@dataclass(frozen=True)
class Case:
    """One line of the report; `aims` are the least ratios to a peer or to raw SQL."""

    id: str
    title: str
    layer: str
    places: tuple[Place, ...]
    addresses: Addresses
    raw: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    aims: Mapping[str, float] = field(default_factory=dict)
    fresh: bool = False  # ours is made anew each time
    held: bool = False  # the reader has the answer already and says so

    def paths(self, server: str) -> list[str]:
        """The addresses on that server, in order."""
        return [self.addresses[server](self.layer, place) for place in self.places]

    def in_turn(self, asked: Sequence[str], turn: int) -> list[str]:
        """What is asked in that turn: the same again, or from other places on where there are so many."""
        first = turn * _EACH_TURN % len(self.places) if len(self.places) == _NEVER_AGAIN else 0
        return [*asked[first:], *asked[:first]]


ITEMS: Addresses = {
    "gis-service": lambda layer, place: f"/collections/{layer}/items?limit=100&bbox={_box(place)}",
    "tipg": lambda layer, place: f"/collections/peers.{layer}/items?limit=100&bbox={_box(place)}",
    "pygeoapi": lambda layer, place: f"/collections/{layer}/items?f=json&limit=100&bbox={_box(place)}",
}
ITEM: Addresses = {
    "gis-service": lambda layer, place: f"/collections/{layer}/items/{place.number}",
    "tipg": lambda layer, place: f"/collections/peers.{layer}/items/{place.number}",
    "pygeoapi": lambda layer, place: f"/collections/{layer}/items/{place.number}?f=json",
}
TILE: Addresses = {
    "gis-service": lambda layer, place: "/collections/{}/tiles/WebMercatorQuad/{}/{}/{}".format(layer, *place.tile),
    "tipg": lambda layer, place: (
        "/collections/peers.{0}/tiles/WebMercatorQuad/{1}/{3}/{2}?geom-column=geom_3857".format(layer, *place.tile)
    ),  # and no pygeoapi, which needs 4 to 80 s for many of these tiles
}
EXPORT: Addresses = {
    "gis-service": lambda layer, _: f"/collections/{layer}/export?f=geojson",
    "tipg": lambda layer, _: f"/collections/peers.{layer}/items?limit=1000000",
    "pygeoapi": lambda layer, _: f"/collections/{layer}/items?f=json&limit=1000000",
}


def cases() -> list[Case]:
    """Every case of the report but the export."""
    found = []
    for layer, words in (("management_areas", "areas"), ("manholes", "manholes")):
        for size, side in (("small", 0.01), ("large", 0.1)):
            places, others = _boxes(side), _boxes(side, _NEVER_AGAIN)
            asked = (layer, places, ITEMS, _raw_items(layer, side))
            title = f"{words}: items of a {size} box, limit 100"
            found.append(Case(f"items-{words}-{size}", title, *asked, aims={"tipg": 6, "raw": 0.6}))
            found.append(Case(f"other-items-{words}-{size}", f"{title}, never again", layer, others, *asked[2:]))
            found.append(Case(f"new-items-{words}-{size}", f"{title}, no memory", *asked, fresh=True))
        found.append(Case(f"item-{words}", f"{words}: one item by id", layer, _numbers(layer), ITEM, _raw_item(layer)))
        for level in (None, 12, 14, 16):
            found += _tile_cases(layer, words, level)
    return found


def _tile_cases(layer: str, words: str, level: int | None) -> list[Case]:
    """Of one level, or of those between the first and the last one mixed, to which the aims apply."""
    mixed = level is None
    places, name = _tiles(level), f"{words}: tiles z{'12-16' if mixed else level}"
    raw = _raw_tile(layer, level)
    known = "mixed" if mixed else level
    return [
        Case(
            f"unseen-{words}-{known}",
            f"{name} never seen",
            layer,
            places,
            TILE,
            raw,
            aims={"tipg": 1.4, "raw": 0.8} if mixed else {},
            fresh=True,
        ),
        Case(
            f"kept-{words}-{known}",
            f"{name} unchanged, gzip",
            layer,
            places,
            TILE,
            headers=GZIP,
            aims={"tipg": 15} if mixed else {},
        ),
        Case(
            f"held-{words}-{known}",
            f"{name} unchanged, 304",
            layer,
            places,
            TILE,
            held=True,
            aims={"tipg": 15} if mixed else {},
        ),
    ]


def _box(place: Place) -> str:
    return ",".join(f"{value:.6f}" for value in place.box)


def _boxes(side: float, number: int = _PLACES) -> tuple[Place, ...]:
    dice = random.Random(4490)
    corners = [(WEST + dice.random() * (SIDE - side), SOUTH + dice.random() * (SIDE - side)) for _ in range(number)]
    return tuple(Place(box=(west, south, west + side, south + side)) for west, south in corners)


def _numbers(layer: str) -> tuple[Place, ...]:
    dice = random.Random(4490)
    most = AREAS if layer == "management_areas" else POINTS
    return tuple(Place(number=dice.randint(1, most)) for _ in range(_PLACES))


def _tiles(level: int | None) -> tuple[Place, ...]:
    dice = random.Random(4490)
    return tuple(Place(tile=_tile(dice, dice.choice(LEVELS) if level is None else level)) for _ in range(_PLACES))


def _tile(dice: random.Random, level: int) -> tuple[int, int, int]:
    """The tile of a spot somewhere on the ground."""
    (north, west), (south, east) = _turned(WEST, SOUTH + SIDE), _turned(WEST + SIDE, SOUTH)
    row, column = north + dice.random() * (south - north), west + dice.random() * (east - west)
    return level, int(row * 2**level), int(column * 2**level)


def _turned(lon: float, lat: float) -> tuple[float, float]:
    """The place as shares of the world's height and width."""
    return (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2, (lon + 180) / 360


def _raw_items(layer: str, side: float) -> str:
    free = SIDE - side
    return f"""
\\set dx random(0, 1000000)
\\set dy random(0, 1000000)
with box as (select ST_MakeEnvelope({WEST} + :dx * {free / 1e6:.12f}, {SOUTH} + :dy * {free / 1e6:.12f},
                                    {WEST + side} + :dx * {free / 1e6:.12f}, {SOUTH + side} + :dy * {free / 1e6:.12f},
                                    4490) as geom),
     page as (select t.* from peers.{layer} t, box where ST_Intersects(t.geom, box.geom) order by t.id limit 100)
select (select count(*) from (select from peers.{layer} t, box where ST_Intersects(t.geom, box.geom)
                              limit {COUNTED + 1}) as found),
       (select string_agg({_feature(layer)}, ',') from page);
"""  # noqa: S608 - put together from the texts of this file


def _raw_item(layer: str) -> str:
    most = AREAS if layer == "management_areas" else POINTS
    return f"""
\\set id random(1, {most})
select {_feature(layer)} from peers.{layer} as page where id = :id;
"""  # noqa: S608


def _feature(layer: str) -> str:
    columns = ", ".join(published(layer))
    geometry = "coalesce(ST_AsGeoJSON(ST_ForcePolygonCCW(geom), 7, 0), 'null')"
    properties = f"(select row_to_json(p) from (select {columns}) as p)"  # noqa: S608
    head = """'{"type":"Feature","id":' || id || ',"geometry":'"""
    return f"""{head} || {geometry} || ',"properties":' || {properties} || '}}'"""


def _raw_tile(layer: str, level: int | None) -> str:
    (north, west), (south, east) = _turned(WEST, SOUTH + SIDE), _turned(WEST + SIDE, SOUTH)
    first, last = (LEVELS[0], LEVELS[-1]) if level is None else (level, level)
    columns = ", ".join(name for name in published(layer) if name not in ("sides", "open_sides", "issues"))
    return f"""
\\set z random({first}, {last})
\\set x int(({west:.12f} + random(0, 1000000) * {(east - west) / 1e6:.18f}) * power(2, :z))
\\set y int(({north:.12f} + random(0, 1000000) * {(south - north) / 1e6:.18f}) * power(2, :z))
select ST_AsMVT(tile, '{layer}', 4096, 'shape', 'id') from (
  select {columns.replace("community_names", "array_to_string(community_names, '、') as community_names")},
         ST_AsMVTGeom(geom_3857, ST_TileEnvelope(:z, :x, :y), 4096, 64, true) as shape
  from peers.{layer} where geom_3857 && ST_TileEnvelope(:z, :x, :y, margin => 64.0 / 4096)) as tile;
"""  # noqa: S608
