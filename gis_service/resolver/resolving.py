"""A parsed sentence and a gazetteer → a polygon, or the sides that could be drawn and what is still open."""

from __future__ import annotations

from dataclasses import dataclass, replace

import shapely
from shapely.geometry import MultiLineString, MultiPolygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from gis_service import crs
from gis_service.abuttals.model import Abuttal, Abuttals, AbuttalsPart, Side
from gis_service.codes import PlaceKind, ResolutionStatus
from gis_service.gazetteer.gazetteer import Gazetteer
from gis_service.issues import Issue, Mender, Severity
from gis_service.resolver.candidates import SideLine, SideLines, combinations, own_places, side_groups
from gis_service.resolver.choosing import Solution, distinct, misplaced, supported
from gis_service.resolver.lines import pieces
from gis_service.resolver.options import Hint, ResolverOptions
from gis_service.resolver.partial import stretch
from gis_service.resolver.resolution import Resolution, ResolvedSide
from gis_service.resolver.rings import close, widest_gap_m
from gis_service.resolver.trimming import edges, trim

_DIVISION_KINDS = frozenset({PlaceKind.NEIGHBORHOOD, PlaceKind.STREET, PlaceKind.COUNTY})
_Group = tuple[tuple[Side, ...], tuple[Abuttal, ...]]


@dataclass(frozen=True)
class _Outcome:
    """One part of a sentence: what came of it, in metres."""

    status: ResolutionStatus
    confidence: float
    area: BaseGeometry | None
    sides: tuple[ResolvedSide, ...]
    issues: tuple[Issue, ...]
    alternatives: tuple[BaseGeometry, ...] = ()


def resolve(
    abuttals: Abuttals, gazetteer: Gazetteer, *, hint: Hint | None = None, options: ResolverOptions | None = None
) -> Resolution:
    """The outcome for one sentence, geometry in lon/lat; nothing is guessed: what does not close stays open."""
    row = _Row(gazetteer, hint or Hint(), options or ResolverOptions())
    outcomes = [row.part(part) for part in abuttals.parts if part.sides]
    said = tuple(issue for _, issue in abuttals.issues)
    if not outcomes:
        return Resolution(ResolutionStatus.UNRESOLVED, 0.0, None, (), said or (_nothing_said(),))
    return _finished(abuttals, row, outcomes, said)


def _nothing_said() -> Issue:
    return Issue("no_sides", "没有读到任何一至，请补写东、南、西、北四至", Severity.ERROR)


class _Row:
    """What stays the same for all parts of one row."""

    def __init__(self, gazetteer: Gazetteer, hint: Hint, options: ResolverOptions) -> None:
        self.gazetteer, self.hint, self.options = gazetteer, hint, options
        self.lines = SideLines(gazetteer, hint, options)
        self.own = own_places(gazetteer, hint)
        self.footprints = [gazetteer.metric(place) for place in self.own]

    def grounds(self) -> list[BaseGeometry]:
        """Ground that speaks for a reading: the community's footprint, then its divisions from small to large."""
        names = (self.hint.neighborhood, self.hint.street, self.hint.county)
        found = [self.gazetteer.find(name, kinds=_DIVISION_KINDS)[:1] for name in names if name]
        divisions = [self.gazetteer.metric(one.place) for candidates in found for one in candidates]
        return [*self.footprints, *divisions]

    def part(self, part: AbuttalsPart) -> _Outcome:
        groups = side_groups(part)
        choices = [self.lines.choices(*group) for group in groups]
        issues = self._unknown(groups, choices)
        complete = {side for sides, _ in groups for side in sides} == set(Side)
        if not complete or not all(choices):
            return _open(groups, choices, issues, ResolutionStatus.PARTIAL)
        solutions = [
            Solution(ring, lines, trim(ring, lines))
            for lines in combinations(choices, self.options)
            for ring in close(lines, self.options)
        ]
        kept = supported(distinct(solutions), self.grounds())
        if not kept:
            return _open(groups, choices, (*issues, *_why_open(choices)), ResolutionStatus.PARTIAL)
        if len(kept) > 1:
            return _ambiguous(groups, choices, issues, kept)
        return _closed(groups, kept[0], issues)

    def _unknown(self, groups: list[_Group], choices: list[list[SideLine]]) -> tuple[Issue, ...]:
        issues = []
        for (sides, abuttals), found in zip(groups, choices, strict=True):
            known = {strand.abuttal.span for line in found for strand in line.strands}
            words = "、".join(side.words for side in sides)
            for abuttal in abuttals:
                if abuttal.span not in known:
                    text = f"{words}至“{abuttal.anchor}”在地名库中没有找到"
                    issues.append(Issue("anchor_not_found", text, mender=Mender.SURVEYOR))
        return tuple(issues)


def _why_open(choices: list[list[SideLine]]) -> tuple[Issue, ...]:
    gap, one, other = widest_gap_m(tuple(lines[0] for lines in choices))
    first, second = ("、".join(side.words for side in line.sides) for line in (one, other))
    if gap > 0.5:
        return (Issue("ring_open", f"{first}面与{second}面的界线相距约 {gap:.0f} 米，没有相接"),)
    return (Issue("ring_open", "四条界线相交，但围不成与东南西北相符的范围，请核对方位"),)


def _resolved_sides(
    group: _Group, line: SideLine | None, edge: BaseGeometry | None, why: str = ""
) -> tuple[ResolvedSide, ...]:
    sides, abuttals = group
    strands = line.strands if line else ()
    return tuple(
        ResolvedSide(
            side=side,
            anchors=tuple(abuttal.anchor for abuttal in abuttals),
            spans=tuple(abuttal.span for abuttal in abuttals),
            places=tuple(strand.candidate.place.name for strand in strands),
            place_ids=tuple(strand.candidate.place.id for strand in strands),
            why=why or "；".join(strand.candidate.why for strand in strands),
            edge=edge,
        )
        for side in sides
    )


def _open(
    groups: list[_Group], choices: list[list[SideLine]], issues: tuple[Issue, ...], status: ResolutionStatus
) -> _Outcome:
    certain = [found[0] for found in choices if len(found) == 1]
    sides: list[ResolvedSide] = []
    for group, found in zip(groups, choices, strict=True):
        if len(found) == 1:
            sides += _resolved_sides(group, found[0], stretch(found[0], certain))
        else:
            why = f"有 {len(found)} 处同名，无法确定是哪一处" if found else "地名库中没有找到"
            sides += _resolved_sides(group, None, None, why)
    drawn = sum(side.edge is not None for side in sides)
    if not drawn and status is ResolutionStatus.PARTIAL:
        status = ResolutionStatus.UNRESOLVED
    return _Outcome(status, round(0.1 * drawn, 2), None, tuple(sides), issues)


def _ambiguous(
    groups: list[_Group], choices: list[list[SideLine]], issues: tuple[Issue, ...], kept: list[Solution]
) -> _Outcome:
    issue = Issue("ambiguous", f"有 {len(kept)} 处范围都符合这句四至，请选定一处", mender=Mender.STAFF)
    outcome = _open(groups, choices, (*issues, issue), ResolutionStatus.AMBIGUOUS)
    return replace(outcome, alternatives=tuple(one.area for one in kept))


def _closed(groups: list[_Group], solution: Solution, issues: tuple[Issue, ...]) -> _Outcome:
    sides: list[ResolvedSide] = []
    for group, line, edge in zip(groups, solution.lines, edges(solution.area, solution.lines), strict=True):
        sides += _resolved_sides(group, line, edge)
    bridged = solution.ring.bridged_m
    if bridged > 1:
        issues = (*issues, Issue("bridged", f"界线有约 {bridged:.0f} 米的缺口，已用直线连接", Severity.NOTE))
    confidence = solution.confidence * 0.9 ** len([issue for issue in issues if issue.code == "anchor_not_found"])
    return _Outcome(ResolutionStatus.RESOLVED, confidence, solution.area, tuple(sides), issues)


def _status(outcomes: list[_Outcome]) -> ResolutionStatus:
    found = {outcome.status for outcome in outcomes}
    if len(found) == 1:
        return found.pop()
    return ResolutionStatus.AMBIGUOUS if ResolutionStatus.AMBIGUOUS in found else ResolutionStatus.PARTIAL


def _finished(abuttals: Abuttals, row: _Row, outcomes: list[_Outcome], said: tuple[Issue, ...]) -> Resolution:
    status, epsg = _status(outcomes), row.gazetteer.epsg
    issues = said + tuple(issue for outcome in outcomes for issue in outcome.issues)
    confidence = min(outcome.confidence for outcome in outcomes)
    geometry: BaseGeometry | None = None
    if status is ResolutionStatus.RESOLVED:
        area = shapely.union_all([outcome.area for outcome in outcomes])
        area, more = _with_extras(area, abuttals, row)
        checks = (*more, *_checked(area, abuttals, row))
        issues, confidence = issues + checks, confidence * 0.85 ** len(checks)
        geometry = _tidy(crs.to_lonlat(area, epsg))
    elif status is ResolutionStatus.PARTIAL:
        geometry = _lines([side.edge for outcome in outcomes for side in outcome.sides], epsg)
    sides = tuple(_side_in_lonlat(side, epsg) for outcome in outcomes for side in outcome.sides)
    others = tuple(crs.to_lonlat(one, epsg) for outcome in outcomes for one in outcome.alternatives)
    return Resolution(status, round(confidence, 3), geometry, sides, issues, others)


def _with_extras(area: BaseGeometry, abuttals: Abuttals, row: _Row) -> tuple[BaseGeometry, tuple[Issue, ...]]:
    """The area less what is excluded and with what is included, where these are footprints known by name."""
    issues = []
    for words, act, names in (
        ("除外", shapely.difference, abuttals.exclude),
        ("包含", shapely.union, abuttals.include),
    ):
        for name in names:
            shapes = [row.gazetteer.metric(one.place) for one in row.gazetteer.find(name) if one.score >= 1]
            footprints = [shape for shape in shapes if shape.area > 0 and shape.distance(area) < 1]
            if len(footprints) == 1:
                area = act(area, footprints[0])
            else:
                issues.append(Issue("extra_open", f"{words}部分“{name}”没有落图，请人工核对"))
    return area, tuple(issues)


def _checked(area: BaseGeometry, abuttals: Abuttals, row: _Row) -> tuple[Issue, ...]:
    issues = []
    stated = abuttals.stated_area_m2
    if stated and abs(area.area - stated) > row.options.stated_area_tolerance * stated:
        text = f"文中面积约 {stated:.0f} 平方米，落图面积 {area.area:.0f} 平方米，相差较大"
        issues.append(Issue("stated_area_clash", text))
    name = misplaced(area, row.own, row.footprints)
    if name:
        issues.append(Issue("community_outside", f"小区“{name}”的范围不在落图边界之内，请核对四至"))
    return tuple(issues)


def _tidy(area: BaseGeometry) -> BaseGeometry:
    """Closed lon/lat polygons at RFC 7946 precision, outer rings counter-clockwise."""
    rounded = shapely.set_precision(area, 1e-7)
    polygons = [orient(part) for part in shapely.get_parts(rounded) if part.geom_type == "Polygon"]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _lines(edges_m: list[BaseGeometry | None], epsg: int) -> BaseGeometry | None:
    found = [piece for edge in edges_m if edge is not None for piece in pieces(edge)]
    return crs.to_lonlat(MultiLineString(found), epsg) if found else None


def _side_in_lonlat(side: ResolvedSide, epsg: int) -> ResolvedSide:
    return replace(side, edge=crs.to_lonlat(side.edge, epsg)) if side.edge is not None else side
