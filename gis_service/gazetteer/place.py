"""A landmark on the ground that a sentence may name, and a candidate with the reason it was found."""

from __future__ import annotations

from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from gis_service.codes import PlaceKind


@dataclass(frozen=True)
class Place:
    """A landmark. `geometry` is lon/lat (CGCS2000): lines for roads, rivers, railways, walls; else polygons."""

    id: str
    name: str
    kind: PlaceKind
    geometry: BaseGeometry
    aliases: tuple[str, ...] = ()
    width_m: float | None = None  # of the reserve (road, river), kerb to kerb or bank to bank
    division_code: str = ""  # the 社区, street or county it lies in, where known
    source: str = ""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """A place that an anchor may mean: why (`exact`, `alias`, `fuzzy` …), and how sure, 0–1."""

    place: Place
    why: str
    score: float
