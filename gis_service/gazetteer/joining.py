"""Features as a map file holds them (a road in forty pieces) → places as people speak of them (one road)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from gis_service import crs
from gis_service.codes import PlaceKind
from gis_service.gazetteer.naming import normal, without_section
from gis_service.gazetteer.place import Place

SAME_ROAD_GAP_M = 800.0  # pieces of one name farther apart than this are two roads that share a name
SAME_ESTATE_GAP_M = 150.0
_SLIP_M = 3.0
_LONG = (PlaceKind.RIVER, PlaceKind.RAILWAY)


def _gap_m(kind: PlaceKind, lines: bool) -> float:
    if kind in _LONG:
        return 3 * SAME_ROAD_GAP_M
    return SAME_ROAD_GAP_M if lines else SAME_ESTATE_GAP_M


def _clusters(geometries: list[BaseGeometry], gap_m: float) -> list[list[int]]:
    """Indices of geometries that hang together over gaps of at most `gap_m` (single linkage)."""
    parent = list(range(len(geometries)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    tree = shapely.STRtree(geometries)
    for left, right in tree.query(np.asarray(geometries), predicate="dwithin", distance=gap_m).T:
        parent[root(int(left))] = root(int(right))
    groups: dict[int, list[int]] = defaultdict(list)
    for index in range(len(geometries)):
        groups[root(index)].append(index)
    return list(groups.values())


def _width(places: list[Place]) -> float | None:
    """The width that most of the length has."""
    said = [(place.width_m, place.geometry.length or place.geometry.area) for place in places if place.width_m]
    by_width: dict[float, float] = defaultdict(float)
    for width, length in said:
        by_width[width] += length
    return max(by_width, key=lambda width: by_width[width]) if by_width else None


def _called(place: Place) -> str:
    """The normal name; of a road without 北段, 辅路, which are stretches of one road."""
    name = normal(place.name)
    return without_section(name) if place.kind is PlaceKind.ROAD else name


def _joined(places: list[Place]) -> Place:
    """Pieces as one place; a road told in sections bears the name without them too."""
    first = places[0]
    written = dict.fromkeys(place.name for place in places)
    bare = dict.fromkeys(without_section(name) for name in written) if first.kind is PlaceKind.ROAD else written
    if len(places) == 1 and bare == written:
        return first
    name = next(iter(bare)) if len(written) > 1 else first.name
    known = dict.fromkeys((*written, *bare, *(alias for place in places for alias in place.aliases)))
    shape = shapely.union_all([place.geometry for place in places])
    return replace(
        first,
        name=name,
        geometry=shapely.line_merge(shape) if shape.geom_type == "MultiLineString" else shape,
        aliases=tuple(other for other in known if other != name),
        width_m=_width(places),
    )


def without_gaps(line: BaseGeometry) -> BaseGeometry:
    """Lines in metres, ends of pieces within 3 m of each other joined: a slip in drawing is no break in a road."""
    if line.geom_type != "MultiLineString":
        return line
    ends = np.array([(part.coords[0], part.coords[-1]) for part in shapely.get_parts(line)]).reshape(-1, 2)
    points = np.asarray(shapely.points(ends))
    left, right = shapely.STRtree(points).query(points, predicate="dwithin", distance=_SLIP_M)
    apart = (left < right) & (ends[left] != ends[right]).any(axis=1)
    if not apart.any():
        return line
    links = [LineString(pair) for pair in np.stack((ends[left[apart]], ends[right[apart]]), axis=1)]
    return shapely.line_merge(shapely.union_all([line, *links]))


def _is_line(geometry: BaseGeometry) -> bool:
    return "LineString" in geometry.geom_type


def join_pieces(places: Iterable[Place]) -> Iterator[Place]:
    """Places of one name, kind and shape that lie together, as one place each."""
    groups: dict[tuple[str, PlaceKind, bool], list[Place]] = defaultdict(list)
    for place in places:
        groups[_called(place), place.kind, _is_line(place.geometry)].append(place)
    for (_, kind, lines), members in groups.items():
        if len(members) == 1:
            yield _joined(members)
            continue
        epsg = crs.gauss_kruger(members[0].geometry.centroid.x)
        metric = [crs.to_metric(place.geometry, epsg) for place in members]
        for indices in _clusters(metric, _gap_m(kind, lines)):
            yield _joined([members[index] for index in indices])
