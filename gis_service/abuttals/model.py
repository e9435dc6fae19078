"""What a 四至 sentence says: parts, their sides, and every anchor with its span in the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gis_service.issues import Issue


class Side(StrEnum):
    """A compass side of the area (not of the landmark: X以东 puts X on the west side of the area)."""

    EAST = "E"
    SOUTH = "S"
    WEST = "W"
    NORTH = "N"

    @property
    def words(self) -> str:
        """The Chinese word: 东, 南, 西 or 北."""
        return {"E": "东", "S": "南", "W": "西", "N": "北"}[self.value]


class Basis(StrEnum):
    """Which line of the landmark is meant; near_edge unless the sentence says otherwise (domain rule)."""

    NEAR_EDGE = "near_edge"
    FAR_EDGE = "far_edge"
    WALL = "wall"
    CENTERLINE = "centerline"
    RED_LINE = "red_line"


@dataclass(frozen=True)
class Abuttal:
    """One anchor of one side. `span` counts characters of the text as given: text[start:end] covers the anchor."""

    anchor: str  # the bare landmark
    span: tuple[int, int]
    alias: str | None = None  # 合店路 in 长江东路（合店路）
    state: str | None = None  # 规划, 在建 …
    basis: Basis = Basis.NEAR_EDGE
    offset_m: float | None = None
    offset_dir: Side | None = None  # 以东50米 → E
    limits: tuple[str, str] | None = None  # (B路, C路) in A路（B路至C路段）
    junction: tuple[str, ...] = ()  # (A路, B路) in A路与B路交叉口
    names: tuple[str, ...] = ()  # what to look for, most literal first: 规划檀山路, 檀山路
    own: bool = False  # the estate's own outline: 本小区围墙
    lookable: bool = True  # False for 空地, 规划路, 详见附图 and words cut off
    taken_over: tuple[int, int] | None = None  # span of 同一期 where the anchor is the one an earlier part names


@dataclass(frozen=True)
class AbuttalsPart:
    """One ring: the sides it names. A side that the sentence does not name is absent."""

    label: str | None = None  # 一期, 老街片区 …
    sides: dict[Side, tuple[Abuttal, ...]] = field(default_factory=dict)
    diagonals: dict[str, tuple[Abuttal, ...]] = field(default_factory=dict)  # NE, SE, SW, NW, as written
    ring: tuple[Abuttal, ...] = ()  # A—B—C—A: names in order, no directions


@dataclass(frozen=True)
class Abuttals:
    """A parsed sentence. `usable`: a part names three sides, two by what can be looked for, or a ring of landmarks."""

    text: str
    parts: tuple[AbuttalsPart, ...] = ()
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    stated_area_m2: float | None = None
    issues: tuple[tuple[Side | None, Issue], ...] = ()
    usable: bool = False
    stated_lengths_m: tuple[tuple[str, float], ...] = ()  # (东西, 140.0)
