"""What a caller may decide about resolving, and what the ledger row says beside its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Edge(StrEnum):
    """Which line of a road, river or railway bounds an area that a sentence says reaches it."""

    NEAR = "near"  # the near edge of the reserve (北京 art. 15, 台州 art. 10: public roads are not part of an area)
    CENTERLINE = "centerline"  # for comparison: every reserve taken as its centre line, red lines too


@dataclass(frozen=True)
class Hint:
    """Division and community names of the row; they tell same-named places and several closed rings apart."""

    county: str = ""
    street: str = ""
    neighborhood: str = ""
    community_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """Gaps up to `reach_m` are bridged; `continued`: loose ends are first carried on along the next road."""

    reach_m: float
    continued: bool = False


@dataclass(frozen=True)
class ResolverOptions:
    """Distances in metres. The first of `attempts` that closes a ring wins, and what it bridged is reported."""

    edge: Edge = Edge.NEAR
    attempts: tuple[Attempt, ...] = (
        Attempt(0),
        Attempt(2),
        Attempt(40),
        Attempt(40, continued=True),
        Attempt(120),
        Attempt(250),
    )
    continue_m: float = 400.0
    min_side_m: float = 8.0
    min_area_m2: float = 300.0
    max_combinations: int = 200
    stated_tolerance: float = 0.25  # of a stated area or length

    @property
    def tolerance_m(self) -> float:
        """The widest gap that is ever bridged, in metres."""
        return max(one.reach_m for one in self.attempts)
