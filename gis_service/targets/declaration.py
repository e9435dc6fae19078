"""`targets/*.toml` in; targets out: which share, of what, how much of it, by when, and who says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field as Key

from gis_service.declaring import Declared, declared

Level = Literal["county", "street", "neighborhood", "reporting_unit"]
Words = Annotated[str, Key(min_length=1)]


@dataclass(frozen=True)
class Formula:
    """A share: the figures (of `/coverage`) that it divides, and those whose rows stand behind it."""

    part: str
    parts: tuple[str, ...]  # the whole is the sum of these
    words: str
    behind: tuple[str, str]  # figures of `/coverage/rows`: of the part, and of what is lacking
    measure: str  # of the planners' desk


FORMULAS: Mapping[str, Formula] = {
    "coverage_rate": Formula(
        "covered", ("covered", "uncovered"), "没有失管原因的小区÷全部小区", ("covered", "uncovered"), "coverage"
    ),
    "committee_rate": Formula(
        "committee_yes",
        ("committee_known",),
        "已组建业主委员会或物业管理委员会的管理区域÷填写了组建情况的管理区域",
        ("committee_yes", "committee_no"),
        "committee",
    ),
    "party_rate": Formula(
        "party_yes",
        ("party_known",),
        "党的工作已覆盖（党委、党总支、党支部、党的工作小组）的管理区域÷填写了覆盖情况的管理区域",
        ("party_yes", "party_no"),
        "party",
    ),
    "closed_rate": Formula(
        "problems_closed",
        ("problems_closed", "problems_open"),
        "已销号的问题÷全部问题（附件2 按问题类别逐项计，未填是否销号的按未销号计）",
        ("problems_closed", "problems_open"),
        "closed",
    ),
}


class Target(Declared):
    """A share that is to be reached; `aim` None: it is followed, but nobody has set a figure.

    `formula` is one of `FORMULAS`, or else `indicator` is one that is declared; `clause` says where the aim stands.
    """

    id: str
    title: Words
    formula: str | None = None
    indicator: str | None = None
    aim: float | None = Key(default=None, gt=0)
    due: dt.date | None = None
    levels: tuple[Level, ...] = ("county", "street", "neighborhood", "reporting_unit")
    clause: str = ""
    order: int = 0


def load_targets(folder: Path, indicators: Collection[str]) -> dict[str, Target]:
    """Every target declared in the folder, by id, in their order; a DeclarationError names file and key."""

    def contradictions(found: Target) -> Iterator[tuple[str, str]]:
        if (found.formula is None) == (found.indicator is None):
            yield "formula", "formula 与 indicator 必须且只能写一个"
        if found.formula is not None and found.formula not in FORMULAS:
            yield "formula", f"没有算法“{found.formula}”，可填 {'、'.join(FORMULAS)}"
        if found.indicator is not None and found.indicator not in indicators:
            yield "indicator", f"没有指标“{found.indicator}”，已声明 {'、'.join(indicators) or '无'}"
        if found.aim is not None and not found.clause:
            yield "clause", "写了 aim 就要写明出处"

    found = [declared(Target, file, contradictions) for file in sorted(folder.glob("*.toml"))]
    return {one.id: one for one in sorted(found, key=lambda one: (one.order, one.id))}
