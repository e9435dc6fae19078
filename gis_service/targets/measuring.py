"""A target and the figures of a place in; what share is reached, of how many, and whether that is enough, out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gis_service.targets.declaration import FORMULAS, Target


@dataclass(frozen=True)
class Standing:
    """`value` None: nothing could be counted. Of an indicator `part` is None, `whole` how many values it is made of."""

    value: float | None
    part: int | None
    whole: int | None
    met: bool | None
    lacking: int | None  # how many more would be enough

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**self.__dict__}


def standing(target: Target, figures: Mapping[str, Any]) -> Standing:
    """How a place stands: `figures` is a row of `/coverage`, with its indicators.

    >>> from gis_service.targets import Target
    >>> aim = Target(id="x", title="组建率", formula="committee_rate", aim=0.7, clause="方案")
    >>> told = standing(aim, {"committee_yes": 97, "committee_known": 161})
    >>> told.value, told.met, told.lacking
    (0.602484, False, 16)
    """
    if target.formula is None:
        figure = (figures.get("indicators") or {}).get(target.indicator)
        value = figure["value"] if figure else None
        return Standing(value, None, figure["counted"] if figure else None, _met(target, value), None)
    formula = FORMULAS[target.formula]
    part, whole = int(figures[formula.part]), sum(int(figures[name]) for name in formula.parts)
    if not whole:
        return Standing(None, part, whole, None, None)
    value = part / whole
    met = _met(target, value)
    lacking = None if met is not False or target.aim is None else _needed(target.aim, whole) - part
    return Standing(round(value, 6), part, whole, met, lacking)


def _needed(aim: float, whole: int) -> int:
    """The least count whose share of the whole reaches the aim."""
    least = int(aim * whole)
    return next(count for count in range(max(least - 1, 0), whole + 2) if count / whole >= aim)


def _met(target: Target, value: float | None) -> bool | None:
    return None if target.aim is None or value is None else value >= target.aim
