"""`make bench-resolver`: of every tier the share that is right, and what was drawn wrong."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from benchmarks.resolver.speed import report
from benchmarks.resolver.tiers import TITLES, Case, Suite, suites
from gis_service import crs
from gis_service.abuttals import parse
from gis_service.codes import ResolutionStatus
from gis_service.gazetteer import Place, read_places
from gis_service.resolver import Edge, Resolution, ResolverOptions, resolve
from gis_service.resources import shared

ROOT = Path(__file__).parents[2]
HANKOU = ROOT.parent / "shared" / "data" / "wuhan_hankou"
TOWN = shared("data") / "boundaries" / "sample_town" / "gazetteer.geojson"
AIMS = {"A": 0.99, "B": 0.97, "C": 0.90, "D": 0.90, "E": 0.85, "F": 0.98, "G": 0.99, "H": 0.9}
RIGHT_IOU = 0.9
WRONG_IOU = 0.5


@dataclass(frozen=True)
class Verdict:
    """How one case went: right, and (worse than not drawn) drawn as resolved yet wrong."""

    case: Case
    resolution: Resolution
    iou: float

    @property
    def resolved(self) -> bool:
        """True when it was drawn as resolved."""
        return self.resolution.status is ResolutionStatus.RESOLVED

    @property
    def right(self) -> bool:
        """Drawn on its block (IoU of at least 0.9), or rightly not drawn."""
        return not self.resolved if self.case.truth is None else self.resolved and self.iou >= RIGHT_IOU

    @property
    def drawn_wrong(self) -> bool:
        """Drawn as resolved where nothing, or something else, was meant."""
        return self.resolved and (self.case.truth is None or self.iou < WRONG_IOU)


def verdicts(suite: Suite) -> Iterator[Verdict]:
    """Every case of a suite, resolved along centre lines and compared with the truth."""
    options = ResolverOptions(edge=Edge.CENTERLINE)
    for case in suite.cases:
        resolution = resolve(parse(case.text), suite.gazetteer, hint=case.hint, options=options)
        yield Verdict(case, resolution, _iou(resolution.geometry, case, suite.epsg))


def _iou(drawn: BaseGeometry | None, case: Case, epsg: int) -> float:
    if drawn is None or case.truth is None or drawn.area == 0:
        return 0.0
    area = crs.to_metric(drawn, epsg)
    return float(area.intersection(case.truth).area / area.union(case.truth).area)


def grounds() -> Iterator[tuple[str, tuple[Place, ...]]]:
    """The networks at hand: the sample town, and Hankou where its data is present."""
    yield "示例城区", read_places(TOWN).places
    files = sorted(HANKOU.glob("*.geojson"))
    if files:
        yield "汉口", tuple(place for file in files for place in read_places(file).places)


def main() -> None:
    """The table of tiers for every ground (with -v the cases that are not right), then the speed."""
    for title, places in grounds():
        _report(title, [verdict for suite in suites(places) for verdict in verdicts(suite)])
    report()


def _report(title: str, found: list[Verdict]) -> None:
    print(f"\n{title}")
    for tier, words in TITLES.items():
        mine = [verdict for verdict in found if verdict.case.tier == tier]
        right = sum(verdict.right for verdict in mine)
        share = right / len(mine) if mine else 1.0
        mark = "" if share >= AIMS[tier] else "  ← 未达到"
        print(f"  {tier}  {right:5d} / {len(mine):5d}  {share:7.1%}  （目标 {AIMS[tier]:.0%}）  {words}{mark}")
        if "-v" in sys.argv:
            _list(mine)
    wrong = sum(verdict.drawn_wrong for verdict in found)
    print(f"  落图而落错：{wrong} / {len(found)}（{wrong / len(found):.2%}，目标 ≤ 1%）")
    sure = [verdict for verdict in found if verdict.resolved and verdict.resolution.confidence >= 0.9]
    print(f"  把握 ≥ 90% 的 {len(sure)} 行中落对 {sum(v.right for v in sure) / max(1, len(sure)):.1%}（目标 ≥ 97%）")


def _list(mine: list[Verdict]) -> None:
    kinds = Counter(verdict.case.kind for verdict in mine if not verdict.right)
    for verdict in mine:
        if not verdict.right:
            resolution = verdict.resolution
            words = "；".join(issue.message for issue in resolution.issues)
            print(f"      {verdict.case.kind} | {verdict.case.text!r} → {resolution.status} {verdict.iou:.2f} {words}")
    if kinds:
        print(f"      {dict(kinds.most_common(8))}")


if __name__ == "__main__":
    main()
