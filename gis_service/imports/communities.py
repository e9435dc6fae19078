"""Communities (小区) with their footprints."""

from __future__ import annotations

import hashlib

from gis_service.imports.fields import Fields
from gis_service.imports.locating import Divisions
from gis_service.imports.report import Job, Outcome, outcome_of
from gis_service.imports.uniqueness import came_late, first_of_each
from gis_service.imports.vector import Feature, Shape, read_features
from gis_service.issues import Where
from gis_service.store.hazard_places import rejoin_communities
from gis_service.store.links import relink
from gis_service.store.staging import Row
from gis_service.store.tables import Community
from gis_service.store.upsert import Rule, upsert

_KEPT = frozenset({"geom"})


def import_communities(job: Job) -> Outcome:
    """Communities by code; one without a code gets one made of its division and name, so that it is found again.

    What the file says counts from its day on; of a community that a file of a later day spoke of nothing is written.
    """
    reading = read_features(job.path, Shape.SURFACES, required=False)
    divisions = Divisions.read(job.connection)
    issues, rows = list(reading.issues), []
    for feature in reading.features:
        fields = Fields(feature)
        row = _community(feature, fields, divisions, job)
        issues += fields.issues
        if row is not None:
            rows.append(row)
    kept, repeated = first_of_each(rows, "code", job.path.name)
    changes = upsert(job.connection, Community, kept, Rule(key="code", keep=_KEPT, told_on=job.since))
    rejected = reading.rejected + len(reading.features) - len(kept) + len(changes.older)
    relink(job.connection, job.on)
    rejoin_communities(job.connection)
    late = came_late(changes.older, job.since, {code: Where(job.path.name) for code in changes.older})
    return outcome_of(changes, rejected=rejected, issues=[*issues, *repeated, *late])


def _community(feature: Feature, fields: Fields, divisions: Divisions, job: Job) -> Row | None:
    name = fields.text("name")
    if not name:
        fields.missing("name")
        return None
    place = _place(fields, divisions)
    return {
        "code": fields.text("code") or _made_code(name, place),
        "name": name,
        "aliases": fields.texts("aliases"),
        **place,
        "households": fields.whole("households"),
        "floor_area_m2": fields.number("floor_area_m2", least=0),
        "sample": job.sample or fields.flag("sample") is True,
        "stands_from": job.since,
        "geom": feature.geometry,
    }


def _place(fields: Fields, divisions: Divisions) -> dict[str, str | None]:
    """Codes as given, else found by name; names as given, else those of the codes."""
    names = {level: fields.text(level) for level in ("county", "street", "neighborhood")}
    found = divisions.locate(**names)
    codes = {
        "county_code": fields.text("county_code") or found.county_code,
        "street_code": fields.text("street_code") or found.street_code,
        "neighborhood_code": fields.text("neighborhood_code") or found.neighborhood_code,
    }
    told = {level: names[level] or divisions.name(codes[f"{level}_code"]) for level in names}
    unit = fields.text("reporting_unit") or found.reporting_unit or divisions.unit(*codes.values()) or told["county"]
    return {**codes, **told, "reporting_unit": unit}


def _made_code(name: str, place: dict[str, str | None]) -> str:
    told = "|".join([name, *(place[level] or "" for level in ("street", "neighborhood"))])
    digest = hashlib.sha256(told.encode()).hexdigest()[:8]
    return f"XQ-{place['county_code'] or '000000'}-{digest}"
