"""What became of a 四至 sentence, as the columns that keep it."""

from __future__ import annotations

import json

import shapely
from shapely import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from gis_service.codes import ResolutionStatus
from gis_service.resolver import Resolution


def resolution_columns(resolution: Resolution) -> dict[str, object]:
    """The columns of `management_areas` that keep a resolution."""
    return {
        "resolution_status": str(resolution.status),
        "confidence": resolution.confidence,
        "sides": [
            {
                "side": str(side.side),
                "anchors": list(side.anchors),
                "spans": [list(span) for span in side.spans],
                "places": list(side.places),
                "place_ids": list(side.place_ids),
                "why": side.why,
                "bridged_m": side.bridged_m,
                "edge": _geojson(side.edge),
                "bridge": _geojson(side.bridge),
            }
            for side in resolution.sides
        ],
        "open_sides": _open_lines(resolution),
        "issues": [
            {"code": issue.code, "message": issue.message, "severity": str(issue.severity)}
            for issue in resolution.issues
        ],
    }


def _geojson(edge: BaseGeometry | None) -> object:
    """The edge as lon/lat GeoJSON at seven decimals, None while the side is open."""
    if edge is None or edge.is_empty:
        return None
    rounded = shapely.transform(edge, lambda points: points.round(7))
    return json.loads(shapely.to_geojson(rounded))


def _open_lines(resolution: Resolution) -> MultiLineString | None:
    """What can be shown of a row without an area: the sides found, or the outlines of all areas that fit."""
    if resolution.status is ResolutionStatus.PARTIAL and resolution.geometry is not None:
        found = [resolution.geometry]
    else:
        found = [area.boundary for area in resolution.alternatives]
    lines = [part for shape in found for part in shapely.get_parts(shape) if isinstance(part, LineString)]
    return MultiLineString(lines) if lines else None
