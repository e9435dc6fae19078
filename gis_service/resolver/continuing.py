"""A side line that stops short of its corner → the same line carried on along the roads that go on from its ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from gis_service.gazetteer.gazetteer import Gazetteer
from gis_service.resolver.lines import heading, loose_ends, pieces
from gis_service.resolver.sidelines import SideLine

_MEETS_M = 25.0  # the next road begins this close to the loose end
_LEAST_COSINE = 0.6  # and goes on within 53° of it
_SEEN_M = 30.0  # the direction of a road is that of its first 30 m


def continued(line: SideLine, corners_with: tuple[SideLine, ...], gazetteer: Gazetteer, reach_m: float) -> SideLine:
    """The side with every loose end within `reach_m` of a neighbouring side carried on: a road on roads alone."""
    others = shapely.union_all([other.line for other in corners_with])
    own = {strand.candidate.place.id for strand in line.strands}
    kinds = {strand.candidate.place.kind for strand in line.strands}
    stretches, names = [], []
    for end, outward in loose_ends(line.line):
        if not 0 < end.distance(others) <= reach_m:
            continue
        for place in gazetteer.lines_near(end, _MEETS_M):
            if place.id in own or place.kind not in kinds:
                continue
            for stretch in _onward(gazetteer.metric(place), end, outward, reach_m):
                stretches.append(stretch)
                names.append(place.name)
    if not stretches:
        return line
    whole = shapely.union_all([line.line, *stretches])
    return replace(
        line, line=whole, continued=tuple(stretches), continued_by=tuple(dict.fromkeys(name for name in names if name))
    )


def _onward(shape: BaseGeometry, end: Point, outward: tuple[float, float], reach_m: float) -> Iterator[LineString]:
    merged = shapely.line_merge(shape) if shape.geom_type == "MultiLineString" else shape
    for piece in pieces(merged):
        if piece.distance(end) > _MEETS_M:
            continue
        at = piece.project(end)
        for stop in (min(at + reach_m, piece.length), max(at - reach_m, 0.0)):
            stretch = substring(piece, at, stop)
            if not isinstance(stretch, LineString) or stretch.length < 1:
                continue
            if float(np.dot(heading(stretch, _SEEN_M), outward)) >= _LEAST_COSINE:
                yield LineString([(end.x, end.y), *stretch.coords])
