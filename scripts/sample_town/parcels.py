"""Cuts a block into parcels and gives a parcel a footprint set back from its edge."""

from __future__ import annotations

import math
from random import Random

import shapely
from shapely import affinity
from shapely.geometry import LineString, Polygon, box
from shapely.ops import split

from scripts.sample_town import ground
from scripts.sample_town.blocks import largest


def cut(land: Polygon, parts: int, rng: Random) -> list[Polygon]:
    """The land in this many parcels, by slightly bent walls across its longer direction."""
    if parts <= 1:
        return [land]
    first = parts // 2
    left, right = _halves(land, first / parts + rng.uniform(-0.07, 0.07), rng)
    return cut(left, first, rng) + cut(right, parts - first, rng)


def _halves(land: Polygon, share: float, rng: Random) -> tuple[Polygon, Polygon]:
    ring = [(x, y) for x, y in shapely.get_coordinates(land.minimum_rotated_rectangle)]
    a, b, c = ring[0], ring[1], ring[2]
    if math.dist(a, b) < math.dist(b, c):
        a, b, c = b, c, ring[3]
    along = ((b[0] - a[0]), (b[1] - a[1]))
    across = ((c[0] - b[0]), (c[1] - b[1]))
    bend, tilt = rng.uniform(-0.03, 0.03), rng.uniform(-0.06, 0.06)
    points = [
        (a[0] + along[0] * s + across[0] * t, a[1] + along[1] * s + across[1] * t)
        for s, t in ((share - tilt, -0.2), (share + bend, 0.5), (share + tilt, 1.2))
    ]
    wall = LineString(points)
    pieces = sorted(split(land, wall).geoms, key=lambda piece: piece.area, reverse=True)
    if len(pieces) < 2:
        raise ValueError("a wall missed its block")
    first, second = largest(pieces[0]), largest(pieces[1])
    start = shapely.Point(a)
    return (first, second) if first.centroid.distance(start) < second.centroid.distance(start) else (second, first)


def footprint(parcel: Polygon, setback_m: float, rng: Random) -> Polygon:
    """The ground of a community within its parcel: set back, clear of every reserve, often with a notch for shops."""
    inner = largest(parcel.difference(ground.reserves()).buffer(-setback_m, join_style="mitre", mitre_limit=2.5))
    inner = largest(inner.simplify(1.2).buffer(0))
    if inner.area > 6000 and rng.random() < 0.65:
        inner = _notched(inner, rng)
    return inner


def _notched(inner: Polygon, rng: Random) -> Polygon:
    coords = list(inner.exterior.coords)[:-1]
    x, y = rng.choice(coords)
    wide, deep = rng.uniform(30, 70), rng.uniform(24, 50)
    heading = _heading(inner)
    shops = affinity.rotate(box(x - wide, y - deep, x + wide, y + deep), heading, origin=(x, y))
    shops = affinity.scale(shops, 0.5, 0.5)
    notched = largest(inner.difference(shops).buffer(-3).buffer(3, join_style="mitre", mitre_limit=2.0))
    notched = largest(notched.intersection(inner).simplify(0.8).buffer(0))
    return notched if notched.area > 0.7 * inner.area else inner


def _heading(polygon: Polygon) -> float:
    ring = shapely.get_coordinates(polygon.minimum_rotated_rectangle)
    return math.degrees(math.atan2(ring[1][1] - ring[0][1], ring[1][0] - ring[0][0]))
