"""Fire lanes inside the estates, e-bike places, and manholes along the streets, as somebody would have measured them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box
from shapely.ops import substring

from gis_service.codes import ManholeKind, ManholeState
from scripts.sample_town import ground
from scripts.sample_town.blocks import block_at, largest
from scripts.sample_town.geojson import Feature
from scripts.sample_town.town import Community, neighborhood_code, neighborhood_of, rng_for, town

_LANES, _EBIKES, _STEP_M = 136, 96, 84.0
_OWNERS = {
    ManholeKind.WATER: "示例供水公司", ManholeKind.SEWER: "示例排水公司", ManholeKind.STORM: "示例排水公司",
    ManholeKind.GRATE: "示例市政养护中心", ManholeKind.POWER: "示例供电公司",
}  # fmt: skip


@dataclass(frozen=True)
class Lane:
    """A fire lane in an estate; the measured values stay None where nobody measured."""

    community: Community
    line: LineString
    dead_end: bool
    width_m: float | None


def _ring(community: Community, inset_m: float) -> LineString | None:
    inner = largest(community.footprint.buffer(-inset_m, join_style="mitre", mitre_limit=2.0).simplify(2.0))
    return LineString(inner.exterior.coords) if inner.area > 900 else None


def _lane(community: Community, rng: Random) -> Lane | None:
    ring = _ring(community, rng.uniform(9, 14))
    if ring is None:
        return None
    dead_end = rng.random() < 0.38
    start = rng.uniform(0, 0.5) * ring.length
    share = rng.uniform(0.16, 0.3) if dead_end else rng.uniform(0.35, 0.5)
    line = LineString(substring(ring, start, start + share * ring.length).coords)
    width = (
        None
        if rng.random() < 0.17
        else round(rng.choice((rng.uniform(4.0, 6.0), rng.uniform(4.0, 6.0), rng.uniform(2.8, 4.2))), 1)
    )
    return Lane(community, line, dead_end, width)


@cache
def lanes() -> tuple[Lane, ...]:
    """The lanes of the larger estates and of some small ones, one or two each."""
    rng = rng_for("lanes")
    chosen = sorted(town().communities, key=lambda c: (-c.footprint.area * rng.uniform(0.5, 1.0), c.code))
    found = [lane for community in chosen for lane in [_lane(community, rng)] if lane]
    return tuple(sorted(found[:_LANES], key=lambda lane: lane.community.code))


def fire_lanes() -> Iterator[Feature]:
    """Every lane with what was measured of it."""
    rng = rng_for("lane measures")
    for number, lane in enumerate(lanes(), start=1):
        measured = lane.width_m is not None
        high = lane.community.storeys > 9
        turning = rng.choice((12.0, 15.0, 15.0, 18.0, 9.0, None)) if lane.dead_end else None
        yield (
            lane.line,
            {
                "code": f"XF-{number:04d}", "community": lane.community.code,
                "name": f"{lane.community.name}{'尽头式' if lane.dead_end else ''}消防车道", "clear_width_m": lane.width_m,
                "clear_height_m": round(rng.choice((4.0, 4.2, 4.5, 4.5, 5.0, 3.6)), 1) if measured and rng.random() < 0.95 else None,
                "gradient_pct": round(rng.choice((0.5, 1, 2, 3, 4, 6, 8, 11.5)) * rng.uniform(0.9, 1.0), 1) if measured and rng.random() < 0.96 else None,
                "wall_distance_m": round(rng.uniform(5.0, 9.0) if rng.random() < 0.9 else rng.uniform(2.5, 4.9), 1) if measured else None,
                "dead_end": lane.dead_end, "turning_m": turning, "high_rise": high,
                "marked": rng.random() < 0.8, "blocked": rng.random() < 0.12,
                "measured_on": _day(rng, 6, 120).isoformat() if measured else None,
            },
        )  # fmt: skip


def _day(rng: Random, first: int, days: int) -> dt.date:
    return dt.date(2023, 6, first) + dt.timedelta(days=rng.randrange(days))


def _beside(line: LineString, at: float, away_m: float, long_m: float, wide_m: float) -> Polygon:
    """A rectangle along a line, its middle `away_m` from it."""
    here, there = line.interpolate(at), line.interpolate(min(at + 3, line.length))
    heading = math.atan2(there.y - here.y, there.x - here.x)
    x, y = here.x - math.sin(heading) * away_m, here.y + math.cos(heading) * away_m
    shed = box(x - long_m / 2, y - wide_m / 2, x + long_m / 2, y + wide_m / 2)
    return affinity.rotate(shed, math.degrees(heading), origin=(x, y))


def _shed(community: Community, near: Point | None, on_lane: LineString | None, rng: Random) -> Polygon | None:
    """A shed in the estate: on a lane, nearest to a sensitive place, or somewhere along the inside of the wall."""
    long_m, wide_m = rng.choice((9, 12, 15, 18, 20, 24)), rng.choice((2.2, 2.5, 4.4))
    path = on_lane or _ring(community, 3.2)
    if path is None:
        return None
    for _ in range(12):
        at = path.project(near) if near else rng.uniform(0.1, 0.9) * path.length
        shed = _beside(path, at, rng.uniform(-1.5, 1.5) if on_lane else 0.0, long_m, wide_m)
        if community.footprint.buffer(-0.5).contains(shed):
            return shed
        near = None
    return None


def _sensitive(community: Community) -> tuple[str, Point] | None:
    """The kindergarten, hospital or home for the aged within 25 m of the estate, and the place nearest to it."""
    for standing in town().sites:
        if standing.site.sensitive and standing.polygon.distance(community.footprint) < 25:
            return standing.site.name, standing.polygon.centroid
    return None


def ebike_places() -> Iterator[Feature]:
    """E-bike parking and charging places: some on a fire lane, some beside a kindergarten."""
    rng = rng_for("ebikes")
    on_lanes = {lane.community.code: lane.line for lane in lanes()}
    beside = [c for c in town().communities if _sensitive(c)]
    others = [c for c in town().communities if c not in beside]
    rng.shuffle(others)
    number = 0
    for index, community in enumerate([*beside, *others]):
        near = _sensitive(community)
        lane = on_lanes.get(community.code) if index % 8 == 3 and not near else None
        shed = _shed(community, near[1] if near else None, lane, rng)
        if shed is None or number >= _EBIKES:
            continue
        number += 1
        yield shed, _ebike(number, community, shed, near[0] if near else "", rng)


def _ebike(
    number: int, community: Community, shed: Polygon, near: str, rng: Random
) -> dict[str, str | int | float | bool | None]:
    area = round(shed.area, 1)
    long_m = round(max(shed.minimum_rotated_rectangle.length / 2 - area / 10, 0), 1)
    length = round(
        max(math.dist(*pair) for pair in zip(shed.exterior.coords, shed.exterior.coords[1:], strict=False)), 1
    )
    return {
        "code": f"DC-{number:04d}", "community": community.code, "name": f"{community.name}电动自行车停放充电点",
        "places": max(4, int(area / rng.choice((2.2, 2.3, 2.4, 2.2, 1.9)))) if long_m else 4, "area_m2": area,
        "group_length_m": length, "socket_spacing_m": rng.choice((0.8, 0.8, 0.9, 1.0, 0.6, None)),
        "exits": rng.choice((2, 2, 2, 1, None)), "near_sensitive": near,
    }  # fmt: skip


def manholes() -> Iterator[Feature]:
    """Covers along the streets, one code each; a bad one has the moment of its report."""
    rng = rng_for("manholes")
    numbers: dict[str, int] = {}
    for feature in ground.features():
        inside = feature.line.intersection(ground.limit().buffer(-30))
        if feature.kind != "road" or not isinstance(inside, LineString):
            continue
        at = rng.uniform(15, 50)
        while at < inside.length - 8:
            yield _manhole(inside, at, feature.width_m, numbers, rng)
            at += _STEP_M * rng.uniform(0.6, 1.4)


def _manhole(line: LineString, at: float, width_m: float, numbers: dict[str, int], rng: Random) -> Feature:
    kind = rng.choice(
        (
            ManholeKind.STORM,
            ManholeKind.SEWER,
            ManholeKind.SEWER,
            ManholeKind.GRATE,
            ManholeKind.WATER,
            ManholeKind.POWER,
        )
    )
    aside = width_m / 2 - 1 if kind is ManholeKind.GRATE else rng.uniform(0.1, 0.8) * width_m / 2
    spot = _beside(line, at, rng.choice((-1, 1)) * aside, 1, 1).centroid
    state = rng.choices(tuple(ManholeState), (86, 2, 5, 4, 3))[0]
    home = neighborhood_code(neighborhood_of(block_at(spot.x, spot.y)))
    key = f"{home}-{kind.code}"
    numbers[key] = numbers.get(key, 0) + 1
    reported = None
    if state is not ManholeState.SOUND:
        moment = dt.datetime(2023, 7, 17) + dt.timedelta(minutes=5 * rng.randrange(12 * 24 * 100))
        reported = f"{moment.isoformat()}+08:00"
    load = "C250" if kind is ManholeKind.GRATE else "D400" if width_m >= 16 else "B125"
    return spot, {
        "code": f"JG-{key}-{numbers[key]:04d}", "community": None, "owner": _OWNERS[kind], "kind": kind.value,
        "load_class": load, "state": state.value, "reported_at": reported,
    }  # fmt: skip
