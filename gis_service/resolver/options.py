"""What a caller may decide about resolving, and what the ledger row says beside its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


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


_SLIP_M = 2.0


@dataclass(frozen=True)
class Attempt:
    """Gaps up to `reach_m` are bridged; `continued`: loose ends are first carried on along the next road."""

    reach_m: float
    continued: bool = False


@dataclass(frozen=True)
class ResolverOptions:
    """Distances in metres; `tolerance_m` is the widest gap that data at a junction may leave, bridged in silence."""

    edge: Edge = Edge.NEAR
    tolerance_m: float = 40.0
    continue_m: float = 400.0  # how far a road that stops short is carried on along the roads that follow it
    longest_bridge_m: float = 250.0  # the widest gap bridged at all, at the cost of confidence
    min_side_m: float = 8.0
    min_area_m2: float = 300.0
    max_combinations: int = 200
    stated_tolerance: float = 0.25  # of a stated area or length

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        """From nothing bridged to the longest bridge; the first that closes a ring wins."""
        near, far = self.tolerance_m, max(self.tolerance_m, self.longest_bridge_m)
        between = (near * far) ** 0.5
        steps = (
            Attempt(0),
            Attempt(_SLIP_M),
            Attempt(near),
            Attempt(near, continued=True),
            Attempt(between),
            Attempt(far),
        )
        return tuple(dict.fromkeys(steps))
