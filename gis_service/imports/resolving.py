"""A ledger row's sentence against the landmarks: the resolution, as the columns that keep it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import shapely
from shapely import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from gis_service.abuttals import parse
from gis_service.codes import ResolutionStatus
from gis_service.gazetteer import Gazetteer
from gis_service.imports.report import Progress
from gis_service.issues import Issue, Severity, Where
from gis_service.ledger import LedgerEntry
from gis_service.resolver import Hint, Resolution, ResolverOptions, Row, resolve_all

_UNSAID = Resolution(
    ResolutionStatus.UNRESOLVED, 0.0, None, issues=(Issue("abuttals_missing", "没有填写四至范围", Severity.WARNING),)
)


def resolutions(
    entries: Sequence[LedgerEntry], gazetteer: Gazetteer, options: ResolverOptions, progress: Progress
) -> list[Resolution]:
    """The resolution of every entry, in order; areas that name each other share one line."""
    rows = [_row(entry) for entry in entries]
    found = resolve_all(
        rows, gazetteer, options=options, progress=lambda done, total: progress("四至落图", done, total)
    )
    return [one if entry.abuttals_text else _UNSAID for entry, one in zip(entries, found, strict=True)]


def _row(entry: LedgerEntry) -> Row:
    hint = Hint(entry.county, entry.street, entry.neighborhood, entry.community_names)
    return Row(parse(entry.abuttals_text), hint, (entry.area_name,) if entry.area_name else ())


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


def unresolved_issue(entry: LedgerEntry, resolution: Resolution, sheet: Where) -> Issue | None:
    """What the clerk is told about a row whose sentence did not become a boundary; None when it did."""
    if resolution.status is ResolutionStatus.RESOLVED:
        return None
    reasons = "；".join(dict.fromkeys(issue.message for issue in resolution.issues)) or "原因不明"
    where = Where(file=sheet.file, sheet=sheet.sheet, row=entry.row, column="四至范围")
    return Issue(f"abuttals_{resolution.status}", f"{resolution.status.words}：{reasons}", Severity.NOTE, where)


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
