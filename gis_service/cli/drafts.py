"""A ledger row and its resolution in, one GeoJSON feature (RFC 7946) out."""

from __future__ import annotations

import json

import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.abuttals.model import Abuttals
from gis_service.issues import Issue
from gis_service.ledger.entries import LedgerEntry
from gis_service.resolver.resolution import Resolution, ResolvedSide

_DEGREES = 1e-7  # about a centimetre


def draft_feature(
    entry: LedgerEntry, abuttals: Abuttals, resolution: Resolution, row_issues: tuple[Issue, ...]
) -> dict[str, object]:
    """The row as a feature, identified by its row in the workbook; without names or phones of persons."""
    of_sides = [issue for _, issue in abuttals.issues]
    said = [_said(issue) for issue in row_issues]
    said += [_said(issue, side.value if side else None) for side, issue in abuttals.issues]
    said += [_said(issue) for issue in resolution.issues if issue not in of_sides]
    properties: dict[str, object] = {
        "seq": entry.seq,
        "name": entry.area_name,
        "status": resolution.status.value,
        "confidence": round(resolution.confidence, 3),
        "sides": [_side(side) for side in resolution.sides],
        "issues": [issue for number, issue in enumerate(said) if issue not in said[:number]],
        "row": entry.row,
        "abuttals_text": entry.abuttals_text,
    }
    return {"type": "Feature", "id": entry.row, "geometry": _geometry(resolution.geometry), "properties": properties}


def _side(side: ResolvedSide) -> dict[str, object]:
    return {
        "side": side.side.value,
        "anchor": "、".join(side.anchors),
        "place": "、".join(dict.fromkeys(side.places)) or None,
        "why": side.why,
        "resolved": side.edge is not None,
        "bridged_m": side.bridged_m,
        "place_ids": list(side.place_ids),
        "spans": [list(span) for span in side.spans],
    }


def _said(issue: Issue, side: str | None = None) -> dict[str, object]:
    where = {"side": side} if side else {}
    return {"code": issue.code, "message": issue.message, "severity": issue.severity.value, **where}


def _geometry(geometry: BaseGeometry | None) -> object:
    if geometry is None or geometry.is_empty:
        return None
    written = shapely.to_geojson(_right_handed(_rounded(geometry)))
    return json.loads(written)


def _right_handed(geometry: BaseGeometry) -> BaseGeometry:
    oriented: BaseGeometry = shapely.orient_polygons(geometry, exterior_cw=False)
    return oriented


def _rounded(geometry: BaseGeometry) -> BaseGeometry:
    rounded: BaseGeometry = shapely.set_precision(geometry, _DEGREES)
    return rounded if rounded.geom_type.removeprefix("Multi") == geometry.geom_type.removeprefix("Multi") else geometry
