"""Landmarks into the gazetteer of the store."""

from __future__ import annotations

from shapely.geometry.base import BaseGeometry

from gis_service.gazetteer import Place, read_places
from gis_service.imports.report import Job, Outcome, outcome_of
from gis_service.issues import Issue, Mender, Severity, Where
from gis_service.store.staging import Row
from gis_service.store.tables import PlaceRow
from gis_service.store.upsert import Rule, upsert

_RULE = Rule(key="id")
_TRUE = {"true", "1", "是"}


def import_gazetteer(job: Job) -> Outcome:
    """Places by their id; pieces of one landmark that share an id are told apart by a number."""
    reading = read_places(job.path)
    usable = [place for place in reading.places if _is_lonlat(place.geometry)]
    outside = [_outside(place, job.path.name) for place in reading.places if not _is_lonlat(place.geometry)]
    changes = upsert(job.connection, PlaceRow, _rows(usable, job), _RULE)
    return outcome_of(changes, rejected=len(outside), issues=[*reading.issues, *outside])


def _rows(places: list[Place], job: Job) -> list[Row]:
    """One row a place; a bare number is no id beyond its file, and within it OSM may give a way and a relation one."""
    rows: dict[str, Row] = {}
    for place in places:
        own = f"{job.path.stem}:{place.id}" if place.id.isdigit() else place.id
        key, number = own, 1
        while key in rows:
            number += 1
            key = f"{own}~{number}"
        rows[key] = _row(place, key, job)
    return list(rows.values())


def _row(place: Place, key: str, job: Job) -> Row:
    return {
        "id": key,
        "name": place.name,
        "kind": str(place.kind),
        "aliases": list(place.aliases),
        "width_m": place.width_m,
        "division_code": place.division_code,
        "source": place.source,
        "tags": place.tags,
        "sample": job.sample or place.tags.get("sample", "").lower() in _TRUE,
        "geom": place.geometry,
    }


def _is_lonlat(geometry: BaseGeometry) -> bool:
    west, south, east, north = geometry.bounds
    return -180 <= west <= east <= 180 and -85 <= south <= north <= 85


def _outside(place: Place, file: str) -> Issue:
    text = f"“{place.name}”的坐标不是经纬度"
    return Issue("geometry_outside", text, Severity.ERROR, Where(file=file), Mender.SURVEYOR)
