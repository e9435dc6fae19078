"""Boundaries that people drew → draft revisions of the areas they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shapely import MultiPolygon

from gis_service.codes import ResolutionStatus
from gis_service.imports.area_rows import area_identity, match_areas, stored_areas, write_areas
from gis_service.imports.drafting import Proposal, as_surface, propose
from gis_service.imports.fields import Fields
from gis_service.imports.locating import Codes, Divisions
from gis_service.imports.matching import Identity
from gis_service.imports.report import Job, Outcome
from gis_service.imports.vector import Shape, read_features
from gis_service.issues import Issue, Severity
from gis_service.store.facts import AREAS, keep_facts
from gis_service.store.links import relink
from gis_service.store.staging import Row

_AUTHOR = "导入"


@dataclass(frozen=True)
class _Drawing:
    """A drawn boundary, what tells the area it belongs to, and the key of that area where a code was given."""

    fields: Fields
    surface: MultiPolygon
    codes: Codes
    identity: Identity
    natural_key: str = ""

    @property
    def target(self) -> object:
        return self.natural_key or self.identity


def import_areas(job: Job) -> Outcome:
    """Every surface is a new draft (agreed at once when fictional); an area that no ledger named yet is made."""
    reading = read_features(job.path, Shape.SURFACES, required=True)
    every = [(Fields(feature), as_surface(feature.geometry)) for feature in reading.features]
    drawings = _keyed(job, _once_each(_drawings(job, every)))
    before = stored_areas(job.connection)
    fresh = [_row(each, job) for each in drawings if each.natural_key not in before]
    made = write_areas(job.connection, fresh).ids
    keep_facts(job.connection, AREAS, [str(row["natural_key"]) for row in fresh], job.since, job.batch_id)
    after = stored_areas(job.connection)
    redrawn = propose(
        job.connection, [_proposal(each, after[each.natural_key].id) for each in drawings], sample=job.sample
    )
    relink(job.connection, job.on)
    return Outcome(
        new=len(made),
        changed=len(redrawn) - len(made),
        same=len(drawings) - len(redrawn),
        rejected=reading.rejected + len(every) - len(drawings),
        issues=(*reading.issues, *(issue for fields, _ in every for issue in fields.issues)),
    )


def _drawings(job: Job, every: Sequence[tuple[Fields, MultiPolygon | None]]) -> list[_Drawing]:
    divisions = Divisions.read(job.connection)
    keys = {stored.code: key for key, stored in stored_areas(job.connection).items()}
    drawings = []
    for fields, surface in every:
        code, name = fields.text("code"), fields.text("name")
        if code and code not in keys:
            fields.issues.append(_refused(fields, "area_unknown", f"没有编号为“{code}”的物业管理区域，该要素未导入"))
        elif not code and not name:
            fields.missing("name")
        elif surface is not None:
            where = divisions.locate(fields.text("county", "reporting_unit"), *_place(fields))
            unit = fields.text("reporting_unit") or where.reporting_unit
            identity = area_identity(unit, name, *_place(fields))
            drawings.append(
                _Drawing(fields, surface, replace(where, reporting_unit=unit), identity, keys.get(code, ""))
            )
    return drawings


def _place(fields: Fields) -> tuple[str, str]:
    return fields.text("street"), fields.text("neighborhood")


def _once_each(drawings: Sequence[_Drawing]) -> list[_Drawing]:
    """The first boundary of every area; a second one would contradict it."""
    kept: dict[object, _Drawing] = {}
    for drawing in drawings:
        if drawing.target in kept:
            text = "同一物业管理区域在文件中有多个边界，只导入第一个"
            drawing.fields.issues.append(_refused(drawing.fields, "area_repeated", text))
        else:
            kept[drawing.target] = drawing
    return list(kept.values())


def _keyed(job: Job, drawings: Sequence[_Drawing]) -> list[_Drawing]:
    named = [drawing for drawing in drawings if not drawing.natural_key]
    found = iter(match_areas(job.connection, [drawing.identity for drawing in named]))
    return [each if each.natural_key else replace(each, natural_key=next(found)) for each in drawings]


def _proposal(drawing: _Drawing, area_id: int) -> Proposal:
    fields = drawing.fields
    return Proposal(area_id, drawing.surface, "imported", fields.text("author") or _AUTHOR, fields.text("note"))


def _row(drawing: _Drawing, job: Job) -> Row:
    fields, codes = drawing.fields, drawing.codes
    street, neighborhood = _place(fields)
    return {
        "natural_key": drawing.natural_key,
        "name": fields.text("name"),
        "reporting_unit": codes.reporting_unit,
        "county_code": codes.county_code,
        "street_code": codes.street_code,
        "neighborhood_code": codes.neighborhood_code,
        "street": street,
        "neighborhood": neighborhood,
        "ledger_seq": fields.whole("seq"),
        "community_names": fields.texts("community_names"),
        **dict.fromkeys(("abuttals_text", "company", "manager", "manager_phone"), ""),
        **dict.fromkeys(("service_form", "committee", "party_coverage", "fee_rate", "open_sides")),
        "resolution_status": str(ResolutionStatus.UNRESOLVED),
        "confidence": 0.0,
        "sides": [],
        "issues": [],
        "source_file": job.path.name,
        "source_row": fields.feature.where.row,
        "batch_id": job.batch_id,
        "sample": job.sample or fields.flag("sample") is True,
    }


def _refused(fields: Fields, code: str, text: str) -> Issue:
    return Issue(code, text, Severity.ERROR, fields.feature.where)
