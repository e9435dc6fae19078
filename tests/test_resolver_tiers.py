"""Every tier of cases made from real and fictional ground reaches its aim, and hardly anything is drawn wrong."""

from __future__ import annotations

from collections import defaultdict

import pytest

from benchmarks.resolver.bench import AIMS, HANKOU, TOWN, Verdict, verdicts
from benchmarks.resolver.tiers import suites
from gis_service.gazetteer import Place, read_places

MOST_DRAWN_WRONG = 0.01
LEAST_RIGHT_WHEN_SURE = 0.97


def _places(ground: str) -> tuple[Place, ...]:
    if ground == "示例城区":
        return read_places(TOWN).places
    files = sorted(HANKOU.glob("*.geojson"))
    if not files:
        pytest.skip("没有 ../shared/data/wuhan_hankou，汉口的案例无从造起")
    return tuple(place for file in files for place in read_places(file).places)


@pytest.mark.parametrize("ground", ["示例城区", "汉口"])
def test_every_tier_reaches_its_aim(ground: str, capsys: pytest.CaptureFixture[str]) -> None:
    tiers: dict[str, list[Verdict]] = defaultdict(list)
    for suite in suites(_places(ground)):
        for verdict in verdicts(suite):
            tiers[verdict.case.tier].append(verdict)
    shares = {tier: sum(one.right for one in found) / len(found) for tier, found in sorted(tiers.items())}
    everything = [verdict for found in tiers.values() for verdict in found]
    wrong = sum(verdict.drawn_wrong for verdict in everything)
    sure = [verdict for verdict in everything if verdict.resolved and verdict.resolution.confidence >= 0.9]
    with capsys.disabled():
        told = "，".join(f"{tier} {share:.1%}（{len(tiers[tier])}）" for tier, share in shares.items())
        print(f"\n{ground}：{told}；落错 {wrong}/{len(everything)}")
    assert {tier: share for tier, share in shares.items() if share < AIMS[tier]} == {}
    assert wrong <= MOST_DRAWN_WRONG * len(everything)
    assert sum(verdict.right for verdict in sure) >= LEAST_RIGHT_WHEN_SURE * len(sure)
