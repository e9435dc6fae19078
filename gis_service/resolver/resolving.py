"""A parsed sentence and a gazetteer → a polygon, or the sides that could be drawn and what is still open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import shapely
from shapely.geometry import MultiLineString, MultiPolygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from gis_service import crs
from gis_service.abuttals.model import Abuttal, Abuttals, AbuttalsPart, Side
from gis_service.codes import ResolutionStatus
from gis_service.gazetteer.gazetteer import Gazetteer
from gis_service.issues import Issue, Severity
from gis_service.resolver.checking import weighed
from gis_service.resolver.choosing import Solution, distinct, supported
from gis_service.resolver.combining import Choices, Combinations
from gis_service.resolver.continuing import continued
from gis_service.resolver.finding import Finder, Neighbours
from gis_service.resolver.judgements import NO_JUDGEMENTS, Judgements
from gis_service.resolver.lines import pieces
from gis_service.resolver.options import Attempt, Hint, ResolverOptions
from gis_service.resolver.outcomes import Outcome, ambiguous, closed, opened, ring_open, unknown
from gis_service.resolver.resolution import Resolution, ResolvedSide
from gis_service.resolver.rings import Lines, Ring, close
from gis_service.resolver.sidelines import Group, SideLines, side_groups
from gis_service.resolver.trimming import trim

NO_HINT = Hint()
_LEAST_RING = 3
_NO_DIRECTIONS = "ring_without_directions"
_EXTRA_OPEN = 0.85  # confidence left for each exclusion or inclusion that is not drawn


def resolve(
    abuttals: Abuttals,
    gazetteer: Gazetteer,
    *,
    hint: Hint | None = None,
    options: ResolverOptions | None = None,
    judgements: Judgements = NO_JUDGEMENTS,
    neighbours: Neighbours | None = None,
) -> Resolution:
    """The outcome for one sentence, geometry in lon/lat; nothing is guessed: what does not close stays open."""
    row = _Row(abuttals, gazetteer, hint or NO_HINT, options or ResolverOptions(), judgements, neighbours or {})
    outcomes = [row.part(part) for part in abuttals.parts if part.sides or len(part.ring) >= _LEAST_RING]
    judged = {one.side for one in judgements.sides} | {one.side for one in judgements.along}
    said = tuple(issue for side, issue in abuttals.issues if side not in judged)
    if not outcomes:
        return Resolution(ResolutionStatus.UNRESOLVED, 0.0, None, (), said or (_nothing_said(),))
    return row.finished(outcomes, said)


def _nothing_said() -> Issue:
    return Issue("no_sides", "没有读到任何一至，请补写东、南、西、北四至", Severity.ERROR)


class _Row:
    """What stays the same for all parts of one row."""

    def __init__(
        self,
        abuttals: Abuttals,
        gazetteer: Gazetteer,
        hint: Hint,
        options: ResolverOptions,
        judgements: Judgements,
        neighbours: Neighbours,
    ) -> None:
        self.abuttals, self.gazetteer, self.options = abuttals, gazetteer, options
        self.finder = Finder(gazetteer, hint, judgements, neighbours)
        self.lines = SideLines(self.finder, gazetteer, judgements, options)

    def part(self, part: AbuttalsPart) -> Outcome:
        """What came of one description: its area where the ring closes, else its sides."""
        ring = not part.sides
        groups: list[Group] = [((), (one,)) for one in _once(part)] if ring else []
        groups = groups or side_groups(part, self.lines.judged_sides())
        choices = [self.lines.choices(group) for group in groups]
        issues = unknown(groups, choices)
        complete = ring or {side for sides, _ in groups for side in sides} == set(Side)
        if not complete or not all(choices):
            return opened(groups, choices, issues, ResolutionStatus.PARTIAL)
        solutions = self._solutions(choices) or self._farther(groups, choices)
        kept = supported(
            distinct(solutions), (*self.finder.footprints, *self.finder.grounds), self.abuttals.stated_area_m2
        )
        if not kept:
            issue = ring_open(tuple(lines[0] for lines in choices))
            return opened(groups, choices, (*issues, issue), ResolutionStatus.PARTIAL)
        if len(kept) > 1:
            return ambiguous(groups, choices, issues, kept)
        return closed(groups, kept[0], issues)

    def _solutions(self, choices: Choices) -> list[Solution]:
        """The areas of the first attempt that closes any ring: the least that must be bridged."""
        combinations = Combinations(choices, self.options.max_combinations)
        for attempt in self.options.attempts:
            rings = list(self._rings(combinations, attempt))
            if rings:
                return [Solution(ring, trim(ring)) for ring in rings]
        return []

    def _rings(self, combinations: Combinations, attempt: Attempt) -> Iterator[Ring]:
        reach_m = attempt.reach_m + (self.options.continue_m if attempt.continued else 0.0)
        for lines in combinations.within(reach_m):
            taken = self._continued(lines) if attempt.continued else lines
            if taken is not None:
                yield from close(taken, attempt.reach_m, self.options)

    def _continued(self, lines: Lines) -> Lines | None:
        """The sides carried on at their loose ends; None when none of them has any road to go on along."""
        longer = tuple(
            continued(
                line, (lines[index - 1], lines[(index + 1) % len(lines)]), self.gazetteer, self.options.continue_m
            )
            for index, line in enumerate(lines)
        )
        return longer if any(line.continued for line in longer) else None

    def _farther(self, groups: list[Group], choices: Choices) -> list[Solution]:
        """When a side found by name lies nowhere near the others, what else its name may mean."""
        strays = Combinations(choices, self.options.max_combinations).strays(self.options.longest_bridge_m)
        if len(strays) != 1:
            return []
        wider = [
            self.lines.choices(group, wide=True) if index in strays else some
            for index, (group, some) in enumerate(zip(groups, choices, strict=True))
        ]
        return self._solutions(wider)

    def finished(self, outcomes: list[Outcome], said: tuple[Issue, ...]) -> Resolution:
        """The outcomes of all parts as one resolution, in lon/lat."""
        status = _status(outcomes)
        issues = said + tuple(issue for outcome in outcomes for issue in outcome.issues)
        confidence = min(outcome.confidence for outcome in outcomes)
        geometry: BaseGeometry | None = None
        if status is ResolutionStatus.RESOLVED:
            areas = [outcome.area for outcome in outcomes if outcome.area is not None]
            area = areas[0] if len(areas) == 1 else shapely.union_all(areas)
            area, open_extras = self._with_extras(area)
            confidence, clashes = weighed(area, confidence, self.abuttals, self.finder, self.options)
            confidence *= _EXTRA_OPEN ** len(open_extras)
            issues = tuple(_told_of_ring(issue) for issue in issues) + open_extras + clashes
            geometry = tidy(crs.to_lonlat(area, self.gazetteer.epsg))
        elif status is ResolutionStatus.PARTIAL:
            edges = [side.edge for outcome in outcomes for side in outcome.sides]
            geometry = _lines(edges, self.gazetteer.epsg)
        return self._in_lonlat(Resolution(status, round(confidence, 3), geometry, issues=issues), outcomes)

    def _in_lonlat(self, resolution: Resolution, outcomes: list[Outcome]) -> Resolution:
        sides = [side for outcome in outcomes for side in outcome.sides]
        others = [one for outcome in outcomes for one in outcome.alternatives]
        drawn = [shape for side in sides for shape in (side.edge, side.bridge) if shape is not None]
        moved = iter(crs.all_to_lonlat([*drawn, *others], self.gazetteer.epsg))
        return replace(
            resolution,
            sides=tuple(_moved(side, moved) for side in sides),
            alternatives=tuple(next(moved) for _ in others),
        )

    def _with_extras(self, area: BaseGeometry) -> tuple[BaseGeometry, tuple[Issue, ...]]:
        """The area less what is excluded and with what is included, where these are footprints known by name."""
        issues = []
        for words, act, names in (
            ("除外", shapely.difference, self.abuttals.exclude),
            ("包含", shapely.union, self.abuttals.include),
        ):
            for name in names:
                footprints = self._footprints(name, area)
                if len(footprints) == 1:
                    area = act(area, footprints[0])
                else:
                    issues.append(Issue("extra_open", f"{words}部分“{name}”没有落图，请人工核对"))
        return area, tuple(issues)

    def _footprints(self, name: str, area: BaseGeometry) -> list[BaseGeometry]:
        shapes = [self.gazetteer.metric(one.place) for one in self.gazetteer.find(name) if one.score >= 1]
        return [shape for shape in shapes if shape.area > 0 and shape.distance(area) < 1]


def _moved(side: ResolvedSide, shapes: Iterator[BaseGeometry]) -> ResolvedSide:
    edge = None if side.edge is None else next(shapes)
    return replace(side, edge=edge, bridge=None if side.bridge is None else next(shapes))


def _once(part: AbuttalsPart) -> tuple[Abuttal, ...]:
    """The anchors of a ring, the one that closes it (A—B—C—A) once."""
    return tuple({abuttal.anchor: abuttal for abuttal in part.ring}.values())


def _told_of_ring(issue: Issue) -> Issue:
    if issue.code != _NO_DIRECTIONS:
        return issue
    return Issue(_NO_DIRECTIONS, "没有写明方位，按所列道路围成的一圈落图", Severity.NOTE)


def _status(outcomes: list[Outcome]) -> ResolutionStatus:
    found = {outcome.status for outcome in outcomes}
    if len(found) == 1:
        return found.pop()
    return ResolutionStatus.AMBIGUOUS if ResolutionStatus.AMBIGUOUS in found else ResolutionStatus.PARTIAL


def tidy(area: BaseGeometry) -> BaseGeometry:
    """Closed lon/lat polygons at RFC 7946 precision, outer rings counter-clockwise."""
    rounded = shapely.transform(area, lambda points: points.round(7))
    if not rounded.is_valid:
        rounded = shapely.set_precision(area, 1e-7)
    polygons = [orient(part) for part in shapely.get_parts(rounded) if part.geom_type == "Polygon"]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _lines(edges_m: list[BaseGeometry | None], epsg: int) -> BaseGeometry | None:
    found = [piece for edge in edges_m if edge is not None for piece in pieces(edge)]
    return crs.to_lonlat(MultiLineString(found), epsg) if found else None
