"""Makes ground of the drawn plan: streets, river and railway that meet exactly, in metres from the middle of the town."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.crs import LONLAT, transform
from scripts.sample_town.street import Points, Street
from scripts.sample_town.streets import STREETS

EPSG = 4548
ORIGIN = (117.13285, 30.57592)  # lon, lat; the line 迎江区 / 宜秀区 passes 350 m to the east of it
_COUNTY_LINE = ((117.114134, 30.549002), (117.167676, 30.613438))  # two corners of that line in counties.geojson
_REACH_M = 70.0  # how far a street's end looks for the street it ends at
RIVER: Points = (
    (-2090, 1330), (-1650, 1130), (-1300, 930), (-1040, 690), (-860, 420), (-650, 200), (-430, 60), (-240, -150),
    (-130, -350), (60, -500), (350, -570), (700, -640), (1000, -800), (1190, -1080), (1500, -1380), (2090, -1560),
)  # fmt: skip
LAKE: Points = (
    (-1620, 480), (-1560, 340), (-1360, 290), (-1150, 320), (-1075, 420), (-1130, 560), (-1280, 610), (-1380, 560),
    (-1470, 650), (-1590, 620),
)  # fmt: skip
LIMIT: Points = (
    (-2060, 1350), (-1600, 1560), (-1350, 1730), (-600, 1720), (100, 1760), (700, 1720), (1300, 1640), (1700, 1400),
    (1960, 900), (2010, 300), (2040, -400), (2020, -1000), (1980, -1450), (1500, -1640), (800, -1700), (0, -1730),
    (-600, -1690), (-1150, -1700), (-1500, -1400), (-1900, -1000), (-2060, -400), (-2080, 300), (-2020, 900),
)  # fmt: skip


@dataclass(frozen=True)
class Feature:
    """A named line on the ground and the width of its reserve, in metres."""

    name: str
    kind: str  # road, river or railway
    line: LineString
    width_m: float
    street: Street | None = None
    aliases: tuple[str, ...] = ()

    @property
    def reserve(self) -> BaseGeometry:
        """The strip that belongs to the feature."""
        return self.line.buffer(self.width_m / 2, cap_style="flat", join_style="mitre", mitre_limit=2.0)


@cache
def _origin() -> tuple[float, float]:
    point = transform(Point(ORIGIN), LONLAT, EPSG)
    return point.x, point.y


def to_lonlat(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry in town metres as lon/lat degrees."""
    east, north = _origin()
    return transform(shapely.transform(geometry, lambda xy: xy + np.array((east, north))), EPSG, LONLAT)


def to_town(geometry: BaseGeometry) -> BaseGeometry:
    """A lon/lat geometry in town metres."""
    east, north = _origin()
    return shapely.transform(transform(geometry, LONLAT, EPSG), lambda xy: xy - (east, north))


def curve(points: Points, *, closed: bool = False, step_m: float = 18.0) -> list[tuple[float, float]]:
    """Points of a smooth (centripetal Catmull-Rom) curve through the control points."""
    pts = np.asarray(points, dtype=float)
    ends = (pts[-1], pts[0], pts[1]) if closed else (2 * pts[0] - pts[1], 2 * pts[-1] - pts[-2])
    pts = np.vstack([ends[0], pts, *ends[1:]])
    out: list[tuple[float, float]] = []
    for p0, p1, p2, p3 in zip(pts, pts[1:], pts[2:], pts[3:], strict=False):
        count = max(2, int(np.hypot(*(p2 - p1)) / step_m))
        out.extend(_piece(p0, p1, p2, p3, count))
    if not closed:
        out.append((float(pts[-2][0]), float(pts[-2][1])))
    return out


def _piece(p0: np.ndarray, p1: np.ndarray, p2: np.ndarray, p3: np.ndarray, count: int) -> list[tuple[float, float]]:
    knots = [0.0]
    for a, b in ((p0, p1), (p1, p2), (p2, p3)):
        knots.append(knots[-1] + math.sqrt(float(np.hypot(*(b - a)))))
    t0, t1, t2, t3 = knots
    out = []
    for t in np.linspace(t1, t2, count, endpoint=False):
        a1 = (t1 - t) / (t1 - t0) * p0 + (t - t0) / (t1 - t0) * p1
        a2 = (t2 - t) / (t2 - t1) * p1 + (t - t1) / (t2 - t1) * p2
        a3 = (t3 - t) / (t3 - t2) * p2 + (t - t2) / (t3 - t2) * p3
        b1 = (t2 - t) / (t2 - t0) * a1 + (t - t0) / (t2 - t0) * a2
        b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
        c = (t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2
        out.append((float(c[0]), float(c[1])))
    return out


def _street_line(street: Street) -> LineString:
    points = street.points if street.crooked or len(street.points) == 2 else curve(street.points)
    return LineString(shapely.get_coordinates(LineString(points).simplify(0.4)))


def _met(line: LineString, others: Sequence[LineString]) -> LineString:
    """The line with both ends brought to the nearest earlier line, if one is within reach."""
    for _ in range(2):
        line = LineString(_end_met(list(line.coords), others)[::-1])
    return line


def _end_met(coords: list[tuple[float, ...]], others: Sequence[LineString]) -> list[tuple[float, ...]]:
    """The coordinates with the last one cut back to, or drawn out to, the line it ends at."""
    line = LineString(coords)
    near = [other for other in others if other.distance(Point(coords[-1])) <= _REACH_M]
    crossings = [line.project(p) for other in near for p in _points(line.intersection(other))]
    within = [at for at in crossings if line.length - at <= min(_REACH_M, 0.4 * line.length)]
    if within:
        return _cut(coords, max(within))
    if not near or (line.length < _REACH_M * 1.2 and crossings):
        return coords
    (x0, y0), (x1, y1) = coords[-2][:2], coords[-1][:2]
    length = math.hypot(x1 - x0, y1 - y0)
    ray = LineString([(x1, y1), (x1 + (x1 - x0) / length * 90, y1 + (y1 - y0) / length * 90)])
    hits = [p for other in near for p in _points(ray.intersection(other))]
    end = Point(x1, y1)
    if hits:
        return [*coords, min(hits, key=end.distance).coords[0]]
    nearest = min(near, key=end.distance)
    return [*coords, nearest.interpolate(nearest.project(end)).coords[0]]


def _cut(coords: list[tuple[float, ...]], at: float) -> list[tuple[float, ...]]:
    line, out = LineString(coords), [coords[0]]
    out += [c for c in coords[1:-1] if line.project(Point(c)) < at - 0.5]
    return [*out, line.interpolate(at).coords[0]]


def _points(geometry: BaseGeometry) -> list[Point]:
    parts: Iterable[BaseGeometry] = getattr(geometry, "geoms", (geometry,))
    return [part for part in parts if isinstance(part, Point) and not part.is_empty]


def county_line() -> LineString:
    """The line between 迎江区 and 宜秀区 where it crosses the town; the railway lies on it."""
    start, end = (np.asarray(to_town(Point(at)).coords[0]) for at in _COUNTY_LINE)
    points = [start + (end - start) * part for part in np.linspace(0.0, 1.0, 240)]
    return LineString([p for p in points if abs(p[1]) < 1850])


def _noded(features: Sequence[Feature]) -> list[Feature]:
    """The features with a vertex of their own at every place where two of them meet."""
    tree = shapely.STRtree([f.line for f in features])
    out = []
    for index, feature in enumerate(features):
        meets: list[Point] = []
        for other in tree.query(feature.line.buffer(0.01)):
            if other != index:
                meets += _meeting_points(features[min(index, other)].line, features[max(index, other)].line)
        out.append(replace(feature, line=_with_vertices(feature.line, meets)))
    return out


def _meeting_points(first: LineString, second: LineString) -> list[Point]:
    points = _points(first.intersection(second))
    for a, b in ((first, second), (second, first)):
        ends = [Point(a.coords[0]), Point(a.coords[-1])]
        points += [e for e in ends if b.distance(e) < 0.01 and all(p.distance(e) > 0.01 for p in points)]
    return points


def _with_vertices(line: LineString, points: Sequence[Point]) -> LineString:
    rows = [(line.project(Point(c)), c) for c in line.coords]
    for point in points:
        at = line.project(point)
        rows = [row for row in rows if abs(row[0] - at) > 0.05]
        rows.append((at, point.coords[0]))
    return LineString([c for _, c in sorted(rows)])


@cache
def features() -> tuple[Feature, ...]:
    """Every named line of the town, meeting exactly where two of them meet."""
    river = Feature(
        "柳溪河",
        "river",
        LineString(shapely.get_coordinates(LineString(curve(RIVER)).simplify(0.5))),
        46,
        aliases=("老柳河",),
    )
    railway = Feature("沿湖铁路", "railway", county_line(), 28, aliases=("货运支线",))
    lines: list[LineString] = []
    roads = []
    for street in STREETS:
        line = _met(_street_line(street), lines)
        lines.append(line)
        roads.append(Feature(street.name, "road", line, street.width_m, street, street.aliases))
    return tuple(_noded([*roads, river, railway]))


@cache
def lake() -> Polygon:
    """The lake."""
    return Polygon(shapely.get_coordinates(Polygon(curve(LAKE, closed=True)).simplify(0.8)))


@cache
def limit() -> Polygon:
    """The outline of the town."""
    return Polygon(shapely.get_coordinates(Polygon(curve(LIMIT, closed=True, step_m=60)).simplify(1.0)))


@cache
def reserves() -> BaseGeometry:
    """All ground that belongs to roads, railway, river and lake."""
    return shapely.union_all([*(f.reserve for f in features()), lake()])


@cache
def faces() -> tuple[Polygon, ...]:
    """The meshes of the network within the town limit, from west to east."""
    lines = [f.line for f in features()] + [LineString(limit().exterior.coords)]
    meshes = [face for face in shapely.polygonize([shapely.union_all(lines)]).geoms if isinstance(face, Polygon)]
    town = [face for face in meshes if limit().contains(face.representative_point())]
    return tuple(sorted(town, key=lambda f: (f.centroid.x, f.centroid.y)))
