"""`indicators/*.toml` in; indicators out: whose figure it is, of what, how often, within which bounds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field as Key

from gis_service.access import Role
from gis_service.declaring import Declared, declared
from gis_service.indicators.periods import PeriodKind

Kind = Literal["share", "number", "count"]
Subject = Literal["area", "community", "division"]
Level = Literal["county", "street", "neighborhood"]
Aggregate = Literal["mean", "sum"]
Words = Annotated[str, Key(min_length=1)]
Colour = Annotated[str, Key(pattern=r"^#[0-9a-f]{6}$")]
RAMP = ("#f1f5fa", "#c6dbef", "#8fbfe0", "#4f96c9", "#21679f")  # light to dark
_KNOWN = tuple(role for role in Role if role is not Role.PUBLIC)
_LONGEST_ID = 40


class IndicatorClass(Declared):
    """A step of the choropleth: values from `at_least` on, up to the next step."""

    at_least: float
    title: Words
    colour: Colour | None = None


class Indicator(Declared):
    """One figure that another system gives per area, community or division and period.

    `share` values lie between 0 and 1; `aggregate` says how the values of one period make that of a larger place;
    `level`, for divisions alone, is where the values are given.
    """

    id: str
    title: Words
    unit: str = ""
    period: PeriodKind
    subject: Subject
    level: Level | None = None
    kind: Kind
    minimum: float | None = None
    maximum: float | None = None
    aggregate: Aggregate
    system: Words
    definition: Words
    audience: tuple[Role, ...] = Key(default=_KNOWN, min_length=1)
    classes: tuple[IndicatorClass, ...] = ()

    @property
    def layer_id(self) -> str:
        """The collection that publishes it."""
        return f"indicator_{self.id}"

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The least and the greatest value that may be given."""
        usual = {"share": (0.0, 1.0), "count": (0.0, None), "number": (None, None)}[self.kind]
        return (
            self.minimum if self.minimum is not None else usual[0],
            self.maximum if self.maximum is not None else usual[1],
        )

    @property
    def steps(self) -> tuple[IndicatorClass, ...]:
        """The classes of the choropleth: as declared, or five equal ones between the bounds."""
        low, high = self.bounds
        if self.classes or low is None or high is None:
            told = self.classes
        else:
            edges = [low + (high - low) * step / len(RAMP) for step in range(len(RAMP) + 1)]
            pairs = pairwise(edges)
            told = tuple(
                IndicatorClass(at_least=edge, title=f"{self.words(edge)} 至 {self.words(end)}") for edge, end in pairs
            )
        return tuple(
            step if step.colour else step.model_copy(update={"colour": RAMP[_place(at, len(told))]})
            for at, step in enumerate(told)
        )

    def words(self, value: float) -> str:
        """A value as people read it: a share as per cent, else the number with its unit, to a hundredth at most."""
        if self.kind == "share":
            return f"{value * 100:.1f} %"
        return f"{round(value, 2):.12g} {self.unit}".rstrip()


def load_indicators(folder: Path) -> dict[str, Indicator]:
    """Every indicator declared in the folder, by id; a DeclarationError names file and key."""
    found = [declared(Indicator, file, _contradictions) for file in sorted(folder.glob("*.toml"))]
    return {one.id: one for one in found}


def _place(at: int, count: int) -> int:
    """Which colour of the ramp the step takes, so that few steps still run from light to dark."""
    return round(at * (len(RAMP) - 1) / max(count - 1, 1)) if count <= len(RAMP) else min(at, len(RAMP) - 1)


def _contradictions(found: Indicator) -> Iterator[tuple[str, str]]:
    low, high = found.bounds
    if len(found.id) > _LONGEST_ID:
        yield "id", f"文件名至多 {_LONGEST_ID} 个字符"
    if (found.subject == "division") != (found.level is not None):
        yield "level", "subject 为 division 时必填，其余不填"
    if low is not None and high is not None and low >= high:
        yield "minimum", "应小于 maximum"
    if not found.classes and (low is None or high is None):
        yield "classes", "没有上下限时必须写明分级"
    edges = [step.at_least for step in found.classes]
    if edges != sorted(set(edges)):
        yield "classes", "at_least 应从小到大，不重复"
    if Role.PUBLIC in found.audience:
        yield "audience", "其它系统的数字不对公众开放"
