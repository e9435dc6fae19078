"""What a caller may decide about resolving, and what the ledger row says beside its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Edge(StrEnum):
    """Which line of a road, river or railway bounds an area that a sentence says reaches it."""

    NEAR = "near"  # the near edge of the reserve (北京 art. 15, 台州 art. 10: public roads are not part of an area)
    CENTERLINE = "centerline"


@dataclass(frozen=True)
class Hint:
    """Division and community names of the row; they tell same-named places and several closed rings apart."""

    county: str = ""
    street: str = ""
    neighborhood: str = ""
    community_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResolverOptions:
    """Distances in metres. A gap up to the last of `bridge_steps_m` is bridged, and the bridge is reported."""

    edge: Edge = Edge.NEAR
    bridge_steps_m: tuple[float, ...] = (2.0, 40.0, 120.0, 250.0)
    min_side_m: float = 8.0
    min_area_m2: float = 300.0
    max_combinations: int = 200
    stated_area_tolerance: float = 0.25
