"""A drawn area and the row's other evidence → confidence raised or lowered, and what clashes said."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.abuttals.model import Abuttals
from gis_service.issues import Issue, Severity
from gis_service.resolver.finding import Finder
from gis_service.resolver.options import ResolverOptions

_DOUBT = 0.6  # confidence left when one piece of evidence speaks against the area
_OUTSIDE_SHARE = 0.02
_AGREES = 0.15  # a stated area within 15 % speaks for the drawing


@dataclass(frozen=True)
class Evidence:
    """One check: whether it speaks for the area (1), against it (-1) or neither (0), and what to tell."""

    says: int
    issue: Issue | None = None


def weighed(
    area: BaseGeometry, confidence: float, abuttals: Abuttals, finder: Finder, options: ResolverOptions
) -> tuple[float, tuple[Issue, ...]]:
    """The confidence after all checks, and an issue for everything that does not agree (area in metres)."""
    found = [
        _stated_area(area, abuttals, options),
        _stated_lengths(area, abuttals, options),
        _community(area, finder),
        _division(area, finder),
    ]
    for one in found:
        if one.says > 0:
            confidence = 1 - (1 - confidence) * 0.7
        elif one.says < 0:
            confidence *= _DOUBT
    return confidence, tuple(one.issue for one in found if one.issue)


def _stated_area(area: BaseGeometry, abuttals: Abuttals, options: ResolverOptions) -> Evidence:
    stated = abuttals.stated_area_m2
    if not stated:
        return Evidence(0)
    off = abs(area.area - stated) / stated
    if off <= options.stated_tolerance:
        return Evidence(1 if off <= _AGREES else 0)
    text = f"文中面积约 {stated:.0f} 平方米，落图面积 {area.area:.0f} 平方米，相差较大"
    return Evidence(-1, Issue("stated_area_clash", text))


def _stated_lengths(area: BaseGeometry, abuttals: Abuttals, options: ResolverOptions) -> Evidence:
    """东西长 and 南北宽 are compared with the sides of the smallest box around the area, turned as the area is."""
    if not abuttals.stated_lengths_m:
        return Evidence(0)
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(area))
    spans = sorted((_span(corners[0], corners[1]), _span(corners[1], corners[2])))
    for words, stated in abuttals.stated_lengths_m:
        if min(abs(span - stated) for span in spans) > options.stated_tolerance * stated:
            drawn = "、".join(f"{span:.0f}" for span in spans)
            text = f"文中{words}约 {stated:.0f} 米，落图两向各约 {drawn} 米，相差较大"
            return Evidence(-1, Issue("stated_length_clash", text))
    return Evidence(1)


def _span(one: list[float], other: list[float]) -> float:
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)


def _community(area: BaseGeometry, finder: Finder) -> Evidence:
    """The row's own community must lie in the area drawn for it."""
    for place, footprint in zip(finder.own_places, finder.footprints, strict=True):
        if not area.intersects(footprint.representative_point()):
            text = f"小区“{place.name}”的范围不在落图边界之内，请核对四至"
            return Evidence(-1, Issue("community_outside", text))
    return Evidence(1 if finder.footprints else 0)


def _division(area: BaseGeometry, finder: Finder) -> Evidence:
    """Crossing a 社区 line is allowed and said; an area mostly outside its division was drawn in the wrong place."""
    for division, ground in zip(finder.divisions, finder.grounds, strict=True):
        outside = 1 - area.intersection(ground).area / area.area
        if outside > 0.5:
            text = f"落图范围大部分不在“{division.name}”内，请核对四至或所属区划"
            return Evidence(-1, Issue("outside_division", text))
        if outside > _OUTSIDE_SHARE:
            text = f"落图范围有 {outside:.0%} 超出“{division.name}”"
            return Evidence(0, Issue("crosses_division", text, Severity.NOTE))
    return Evidence(1 if finder.grounds else 0)
