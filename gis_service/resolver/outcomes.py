"""What came of one part of a sentence, in metres: closed, ambiguous or open, with its sides and issues."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from shapely.geometry.base import BaseGeometry

from gis_service.abuttals.model import Abuttal, Side
from gis_service.codes import ResolutionStatus
from gis_service.issues import Issue, Mender, Severity
from gis_service.resolver.choosing import Solution
from gis_service.resolver.lines import DIRECTION
from gis_service.resolver.partial import stretch
from gis_service.resolver.resolution import ResolvedSide
from gis_service.resolver.rings import Lines, widest_gap_m
from gis_service.resolver.sidelines import Group, SideLine
from gis_service.resolver.trimming import SideEdge, edges

_NAMELESS_SHARE = 0.9  # confidence left for each anchor of a side that is not on the map while another one is

_TOLD_M = 1.0  # shorter bridges are rounding


@dataclass(frozen=True)
class Outcome:
    """One part of a sentence: what came of it, in metres."""

    status: ResolutionStatus
    confidence: float
    area: BaseGeometry | None
    sides: tuple[ResolvedSide, ...]
    issues: tuple[Issue, ...]
    alternatives: tuple[BaseGeometry, ...] = ()


def closed(groups: list[Group], solution: Solution, issues: tuple[Issue, ...]) -> Outcome:
    """The part as an area: every stretch of its outline belongs to a side."""
    sides: list[ResolvedSide] = []
    found = edges(solution.area, solution.ring)
    for group, line, edge in zip(groups, solution.ring.lines, found, strict=True):
        sides += _resolved_sides(_pointed(group, edge, solution), line, edge)
    issues = (*issues, *_bridged(solution, sum(edge.bridged.length for edge in found)))
    missing = len([issue for issue in issues if issue.code == "anchor_not_found"])
    confidence = solution.confidence * _NAMELESS_SHARE**missing
    return Outcome(ResolutionStatus.RESOLVED, confidence, solution.area, tuple(sides), issues)


def _bridged(solution: Solution, gap_m: float) -> tuple[Issue, ...]:
    lines = [line for line in solution.ring.lines if line.continued_by]
    issues = [
        Issue("continued", f"“{_places(line)[0]}”未到路口，沿“{'、'.join(line.continued_by)}”接续", Severity.NOTE)
        for line in lines
    ]
    if gap_m > _TOLD_M and not lines:
        issues.append(Issue("bridged", f"界线有约 {gap_m:.0f} 米的缺口，已用直线连接", Severity.NOTE))
    return tuple(issues)


def _pointed(group: Group, edge: SideEdge, solution: Solution) -> Group:
    """A line of a ring without directions, with the side that it turned out to be."""
    sides, abuttals = group
    if sides:
        return group
    middle, centre = edge.edge.centroid, solution.area.centroid
    offset = np.array((middle.x - centre.x, middle.y - centre.y))
    return (max(Side, key=lambda side: float(offset @ np.array(DIRECTION[side]))),), abuttals


def opened(
    groups: list[Group], choices: list[list[SideLine]], issues: tuple[Issue, ...], status: ResolutionStatus
) -> Outcome:
    """The part with the sides that are certain, each cut to its stretch, and the others open with the reason."""
    certain = [found[0] for found in choices if len(found) == 1]
    sides: list[ResolvedSide] = []
    for group, found in zip(groups, choices, strict=True):
        if len(found) == 1:
            sides += _resolved_sides(group, found[0], stretch(found[0], certain))
        else:
            why = f"有 {len(found)} 处同名，无法确定是哪一处" if found else _why_open(group[1])
            sides += _resolved_sides(group, None, None, why)
    drawn = sum(side.edge is not None for side in sides)
    if not drawn and status is ResolutionStatus.PARTIAL:
        status = ResolutionStatus.UNRESOLVED
    return Outcome(status, round(0.1 * drawn, 2), None, tuple(sides), issues)


def ambiguous(
    groups: list[Group], choices: list[list[SideLine]], issues: tuple[Issue, ...], kept: list[Solution]
) -> Outcome:
    """The part with every area that fits its words; a person is to say which."""
    issue = Issue("ambiguous", f"有 {len(kept)} 处范围都符合这句四至，请选定一处", mender=Mender.STAFF)
    outcome = opened(groups, choices, (*issues, issue), ResolutionStatus.AMBIGUOUS)
    return replace(outcome, alternatives=tuple(one.area for one in kept))


def unknown(groups: list[Group], choices: list[list[SideLine]]) -> tuple[Issue, ...]:
    """An issue for every anchor with a name that no place bears; the parser has told of those without a name."""
    issues = []
    for (sides, abuttals), found in zip(groups, choices, strict=True):
        known = {strand.abuttal.span for line in found for strand in line.strands}
        words = "、".join(side.words for side in sides)
        for abuttal in abuttals:
            if abuttal.lookable and abuttal.span not in known:
                text = f"{words}至“{abuttal.anchor}”在地名库中没有找到"
                issues.append(Issue("anchor_not_found", text, mender=Mender.SURVEYOR))
    return tuple(issues)


def ring_open(lines: Lines) -> Issue:
    """Why sides that were all found form no area: the gap between two of them, or the directions."""
    gap, one, other = widest_gap_m(lines)
    if gap > 0.5:
        first, second = (_called(line) for line in (one, other))
        return Issue("ring_open", f"{first}与{second}的界线相距约 {gap:.0f} 米，没有相接")
    return Issue("ring_open", "各条界线相交，但围不成与东南西北相符的范围，请核对方位")


def _called(line: SideLine) -> str:
    if line.sides:
        return "、".join(side.words for side in line.sides) + "面"
    return f"“{_places(line)[0]}”"


def _why_open(abuttals: tuple[Abuttal, ...]) -> str:
    return "地名库中没有找到" if any(one.lookable for one in abuttals) else "没有名称，无法查找"


def _places(line: SideLine) -> tuple[str, ...]:
    return tuple(strand.candidate.place.name for strand in line.strands)


def _resolved_sides(
    group: Group, line: SideLine | None, edge: SideEdge | BaseGeometry | None, why: str = ""
) -> tuple[ResolvedSide, ...]:
    sides, abuttals = group
    strands = line.strands if line else ()
    bridge = edge.bridged if isinstance(edge, SideEdge) and edge.bridged.length > _TOLD_M else None
    return tuple(
        ResolvedSide(
            side=side,
            anchors=tuple(abuttal.anchor for abuttal in abuttals),
            spans=tuple(abuttal.span for abuttal in abuttals),
            places=_places(line) if line else (),
            place_ids=tuple(strand.candidate.place.id for strand in strands),
            why=why or "；".join(strand.candidate.why for strand in strands),
            edge=edge.edge if isinstance(edge, SideEdge) else edge,
            bridge=bridge,
            bridged_m=round(bridge.length, 1) if bridge is not None else 0.0,
        )
        for side in sides
    )
