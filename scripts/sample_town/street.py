"""A street of the plan, as drawn."""

from __future__ import annotations

from dataclasses import dataclass

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Street:
    """A named street: its class (OSM highway), the width of its reserve in metres and its control points."""

    name: str
    highway: str
    width_m: float
    points: Points
    aliases: tuple[str, ...] = ()
    crooked: bool = False  # keeps its corners; else the points are joined by a smooth curve
    dual: bool = False
