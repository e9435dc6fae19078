"""What became of a sentence: a polygon, or the sides that could be drawn, with the reason for each."""

from __future__ import annotations

from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from gis_service.abuttals.model import Side
from gis_service.codes import ResolutionStatus
from gis_service.issues import Issue


@dataclass(frozen=True)
class ResolvedSide:
    """One side: the words, the places they matched, why, and its edge (lon/lat lines, None while open)."""

    side: Side
    anchors: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    places: tuple[str, ...] = ()
    place_ids: tuple[str, ...] = ()
    why: str = ""
    edge: BaseGeometry | None = None
    bridge: BaseGeometry | None = None  # the stretches of the edge that the named places do not reach (lon/lat)
    bridged_m: float = 0.0


@dataclass(frozen=True)
class Resolution:
    """The outcome for one sentence: Polygon/MultiPolygon when resolved, MultiLineString when partial, else None."""

    status: ResolutionStatus
    confidence: float
    geometry: BaseGeometry | None
    sides: tuple[ResolvedSide, ...] = ()
    issues: tuple[Issue, ...] = field(default_factory=tuple)
    alternatives: tuple[BaseGeometry, ...] = ()
