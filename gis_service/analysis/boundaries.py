"""A drawn boundary and the ground around it come in; overlaps, slivers, reserves and borders crossed go out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.analysis.overlaps import TOLERATED_M2
from gis_service.analysis.shapes import Finding, detail_findings, shape_findings
from gis_service.crs import gauss_kruger, to_lonlat, to_metric

_SLIVER_M = 1.0  # ground narrower than twice this between two areas is a slip, no lane
_LEAST_SLIVER_M2 = 2.0
_WITHIN = 0.999  # share of an area inside a border that counts as all of it


@dataclass(frozen=True)
class Beside:
    """Another area near a boundary, in lon/lat; `agreed`: approved, else still a draft."""

    id: int
    name: str
    geometry: BaseGeometry
    agreed: bool


@dataclass(frozen=True)
class Reserve:
    """Public ground that is no part of an area: a road, river or railway with its width, or a lake."""

    name: str
    geometry: BaseGeometry
    width_m: float | None


@dataclass(frozen=True)
class Border:
    """The ground of a division that the area belongs to, in lon/lat."""

    name: str
    geometry: BaseGeometry
    county: bool


@dataclass(frozen=True)
class Surroundings:
    """What a boundary is checked against."""

    beside: Sequence[Beside] = ()
    reserves: Sequence[Reserve] = ()
    borders: Sequence[Border] = ()


def boundary_findings(
    geometry: BaseGeometry, around: Surroundings, *, tolerated_m2: float = TOLERATED_M2
) -> list[Finding]:
    """Everything wrong with a boundary (lon/lat), what must be mended first; overlaps above `tolerated_m2` count."""
    wrong = shape_findings(geometry)
    if wrong:
        return wrong
    scale = _Scale(geometry)
    found = [
        *_overlaps(scale, around.beside, tolerated_m2),
        *_outside(scale, around.borders, tolerated_m2),
        *_reserved(scale, around.reserves, tolerated_m2),
        *_slivers(scale, around.beside),
        *detail_findings(geometry),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


class _Scale:
    """The boundary in metres, and the way there and back."""

    def __init__(self, geometry: BaseGeometry) -> None:
        west, _, east, _ = geometry.bounds
        self.epsg = gauss_kruger((west + east) / 2)
        self.shape = to_metric(geometry, self.epsg)

    def metres(self, geometry: BaseGeometry) -> BaseGeometry:
        """A lon/lat geometry in metres, valid."""
        moved = to_metric(geometry, self.epsg)
        return moved if moved.is_valid else shapely.make_valid(moved)

    def back(self, geometry: BaseGeometry) -> BaseGeometry:
        """A geometry in metres as lon/lat at seven decimals."""
        return shapely.transform(to_lonlat(geometry, self.epsg), lambda points: points.round(7))


def _overlaps(scale: _Scale, beside: Sequence[Beside], tolerated_m2: float) -> Iterator[Finding]:
    for other in beside:
        shared = scale.shape.intersection(scale.metres(other.geometry))
        if shared.area > tolerated_m2:
            words = "" if other.agreed else "尚未核准的草图"
            yield Finding(
                "overlap" if other.agreed else "overlap_draft",
                f"与“{other.name}”{words}重叠 {shared.area:.0f} m²",
                blocking=other.agreed,
                area_m2=round(shared.area, 1),
                other=(other.id, other.name),
                geometry=scale.back(shared),
            )


def _slivers(scale: _Scale, beside: Sequence[Beside]) -> Iterator[Finding]:
    for other in beside:
        neighbour = scale.metres(other.geometry)
        if neighbour.distance(scale.shape) > 2 * _SLIVER_M:
            continue
        both = scale.shape.union(neighbour)
        closed = both.buffer(_SLIVER_M, join_style="mitre").buffer(-_SLIVER_M, join_style="mitre")
        gap = closed.difference(both).buffer(-0.02).buffer(0.02)
        if gap.area > _LEAST_SLIVER_M2:
            yield Finding(
                "sliver",
                f"与“{other.name}”之间有 {gap.area:.0f} m² 的狭缝",
                area_m2=round(gap.area, 1),
                other=(other.id, other.name),
                geometry=scale.back(gap),
            )


def _reserved(scale: _Scale, reserves: Sequence[Reserve], tolerated_m2: float) -> Iterator[Finding]:
    by_name: dict[str, list[BaseGeometry]] = {}
    for reserve in reserves:
        ground = scale.metres(reserve.geometry)
        if reserve.width_m and not ground.area:
            ground = ground.buffer(reserve.width_m / 2, cap_style="flat")
        by_name.setdefault(reserve.name, []).append(scale.shape.intersection(ground))
    for name, pieces in by_name.items():
        taken = shapely.union_all(pieces)
        if taken.area > tolerated_m2:
            words = f"压占“{name}”用地 {taken.area:.0f} m²"
            yield Finding("reserve", words, area_m2=round(taken.area, 1), geometry=scale.back(taken))


def _outside(scale: _Scale, borders: Sequence[Border], tolerated_m2: float) -> Iterator[Finding]:
    for border in borders:
        outside = scale.shape.difference(scale.metres(border.geometry))
        share = outside.area / scale.shape.area
        size = round(outside.area, 1)
        if border.county and share > _WITHIN:
            yield Finding("outside_county", f"全部在{border.name}以外", blocking=True, area_m2=size)
        elif outside.area > tolerated_m2:
            words = f"有 {outside.area:.0f} m² 越出{border.name}界线"
            yield Finding("beyond_division", words, area_m2=size, geometry=scale.back(outside))
