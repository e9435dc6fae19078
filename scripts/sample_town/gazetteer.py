"""The landmarks of the town: roads in pieces, river, railway, lake, parks, schools, estates and some of their walls."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from scripts.sample_town import ground
from scripts.sample_town.blocks import block_at
from scripts.sample_town.geojson import Feature, Value
from scripts.sample_town.ground import Feature as Line
from scripts.sample_town.town import Community, neighborhood_code, neighborhood_of, town

_PIECE_M = 900.0
_CARRIAGEWAY_M = 16.0


def _division(geometry: BaseGeometry) -> str:
    middle = geometry.interpolate(0.5, normalized=True) if isinstance(geometry, LineString) else geometry.centroid
    return neighborhood_code(neighborhood_of(block_at(middle.x, middle.y)))


def _pieces(line: LineString) -> list[LineString]:
    """The line in pieces of some 900 m, parted at its own vertices."""
    count = max(1, round(line.length / _PIECE_M))
    stops = [0.0]
    along = [line.project(Point(c)) for c in line.coords]
    for part in range(1, count):
        stops.append(min(along[1:-1], key=lambda at: abs(at - line.length * part / count)))
    stops.append(line.length)
    return [LineString(substring(line, a, b).coords) for a, b in pairwise(stops)]


def _clipped(line: LineString) -> LineString:
    inside = line.intersection(ground.limit().buffer(40))
    parts = [part for part in getattr(inside, "geoms", (inside,)) if isinstance(part, LineString)]
    return max(parts, key=lambda part: part.length)


def _road(feature: Line) -> Iterator[Feature]:
    street = feature.street
    if street is None:
        return
    tags: dict[str, Value] = {
        "name": feature.name,
        "kind": "road",
        "aliases": ";".join(feature.aliases),
        "highway": street.highway,
    }
    for piece in _pieces(_clipped(feature.line)):
        if not street.dual:
            yield piece, {**tags, "width_m": feature.width_m, "division_code": _division(piece)}
            continue
        apart = (feature.width_m - _CARRIAGEWAY_M) / 2
        for way in (piece.offset_curve(-apart), piece.offset_curve(apart).reverse()):
            yield way, {**tags, "width_m": _CARRIAGEWAY_M, "oneway": "yes", "division_code": _division(piece)}


def _lines() -> Iterator[Feature]:
    for feature in ground.features():
        if feature.kind == "road":
            yield from _road(feature)
            continue
        for piece in _pieces(_clipped(feature.line)):
            properties: dict[str, Value] = {
                "name": feature.name,
                "kind": feature.kind,
                "aliases": ";".join(feature.aliases),
            }
            yield piece, {**properties, "width_m": feature.width_m, "division_code": _division(piece)}


def _place(geometry: BaseGeometry, name: str, kind: str, aliases: tuple[str, ...] = ()) -> Feature:
    return geometry, {
        "name": name,
        "kind": kind,
        "aliases": ";".join(aliases),
        "width_m": None,
        "division_code": _division(geometry),
    }


def estates() -> list[Community]:
    """The communities with a wall round them: all that share a block, and every third of the others."""
    shared = {id(c) for area in town().areas if area.role == "part" for c in area.communities}
    return [c for at, c in enumerate(town().communities) if id(c) in shared or at % 3 == 0]


def _walls() -> Iterator[Feature]:
    """For some neighbours in one block, the wall that parts them, named after the one on its east or north."""
    parts = [area for area in town().areas if area.role == "part"]
    for area in parts[::3]:
        community = area.communities[0]
        ring = community.footprint.exterior
        facing = ring.intersection(area.block.land.buffer(-18))
        pieces = [p for p in getattr(facing, "geoms", (facing,)) if isinstance(p, LineString)]
        longest = max(pieces, key=lambda piece: piece.length, default=None)
        if longest is not None and longest.length > 40:
            yield _place(longest, f"{community.name}围墙", "wall")


def features() -> Iterator[Feature]:
    """Every landmark, numbered."""
    found = list(_lines())
    found.append(_place(ground.lake(), "镜月湖", "lake", ("月湖",)))
    found += [_place(s.polygon, s.site.name, s.site.kind, s.site.aliases) for s in town().sites]
    found += [_place(c.footprint, c.name, "estate", c.aliases) for c in estates()]
    found += list(_walls())
    for number, (geometry, properties) in enumerate(found, start=1):
        yield geometry, {"id": f"YL-{number:04d}", **properties}
