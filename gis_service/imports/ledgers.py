"""附件1 → management areas with their resolution and, where the sentence closes, a draft boundary."""

from __future__ import annotations

from dataclasses import dataclass

from gis_service.imports.area_rows import area_identity, match_areas, stored_areas, write_areas
from gis_service.imports.drafting import Proposal, as_surface, propose
from gis_service.imports.landmarks import landmarks
from gis_service.imports.locating import Codes, Divisions
from gis_service.imports.report import Job, Outcome
from gis_service.imports.resolving import resolution_columns, resolutions, unresolved_issue
from gis_service.issues import Issue, Severity, Where
from gis_service.ledger import LedgerEntry, LedgerReading, read_annex1
from gis_service.resolver import Resolution
from gis_service.store.links import relink
from gis_service.store.staging import Row

DIVISION_COLUMN = "所在市县(区)、街道、社区"


@dataclass(frozen=True)
class _Drafted:
    """An entry with what the import found out about it."""

    entry: LedgerEntry
    codes: Codes
    resolution: Resolution
    natural_key: str


def import_annex1(job: Job) -> Outcome:
    """Every row is an area; a changed sentence makes a new draft, and an approved boundary is never touched."""
    reading = read_annex1(job.path)
    drafted = _drafted(reading, job)
    before = stored_areas(job.connection)
    written = write_areas(job.connection, [_row(each, job) for each in drafted])
    proposals = []
    for each, area_id in zip(drafted, written.ids, strict=True):
        surface = as_surface(each.resolution.geometry)
        known = before.get(each.natural_key)
        if surface is not None:
            # a first sentence beside a drawing does not speak against it: the drawing prevails
            changed = known is not None and known.abuttals_text not in {"", each.entry.abuttals_text}
            proposals.append(Proposal(area_id, surface, "resolver", "四至自动落图", supersedes=changed))
    redrawn = propose(job.connection, proposals, sample=job.sample)
    relink(job.connection, job.on)
    changes = written.changes
    touched = changes.new | changes.changed
    only_redrawn = sum(
        area_id in redrawn and each.natural_key not in touched
        for each, area_id in zip(drafted, written.ids, strict=True)
    )
    return Outcome(
        new=len(changes.new),
        changed=len(changes.changed) + only_redrawn,
        same=changes.same - only_redrawn,
        rejected=sum(issue.severity is Severity.ERROR for issue in reading.issues),
        issues=(*reading.issues, *_findings(reading, drafted)),
    )


def _drafted(reading: LedgerReading[LedgerEntry], job: Job) -> list[_Drafted]:
    divisions = Divisions.read(job.connection)
    codes = [divisions.locate(entry.county, entry.street, entry.neighborhood) for entry in reading.entries]
    identities = [
        area_identity(code.reporting_unit, _name(entry), entry.street, entry.neighborhood, entry.seq)
        for entry, code in zip(reading.entries, codes, strict=True)
    ]
    keys = match_areas(job.connection, identities)
    found = resolutions(reading.entries, landmarks(job.connection), job.resolver, job.progress)
    return [_Drafted(*facts) for facts in zip(reading.entries, codes, found, keys, strict=True)]


def _name(entry: LedgerEntry) -> str:
    return entry.area_name or "、".join(entry.community_names) or f"未命名（第 {entry.row} 行）"


def _row(drafted: _Drafted, job: Job) -> Row:
    entry, codes = drafted.entry, drafted.codes
    return {
        "natural_key": drafted.natural_key,
        "name": _name(entry),
        "reporting_unit": codes.reporting_unit,
        "county_code": codes.county_code,
        "street_code": codes.street_code,
        "neighborhood_code": codes.neighborhood_code,
        "street": entry.street,
        "neighborhood": entry.neighborhood,
        "ledger_seq": entry.seq,
        "community_names": list(entry.community_names),
        "abuttals_text": entry.abuttals_text,
        "service_form": entry.service_form,
        "committee": entry.committee,
        "party_coverage": entry.party_coverage,
        "company": entry.company,
        "manager": entry.manager,
        "manager_phone": entry.manager_phone,
        "fee_rate": entry.fee_rate,
        **resolution_columns(drafted.resolution),
        "source_file": job.path.name,
        "source_row": entry.row,
        "batch_id": job.batch_id,
        "sample": job.sample,
    }


def _findings(reading: LedgerReading[LedgerEntry], drafted: list[_Drafted]) -> list[Issue]:
    sheet = Where(file=reading.file, sheet=reading.sheet)
    found = [unresolved_issue(each.entry, each.resolution, sheet) for each in drafted]
    unplaced = [_unplaced(each, sheet) for each in drafted if each.codes.county_code is None]
    return [*unplaced, *(issue for issue in found if issue)]


def _unplaced(drafted: _Drafted, sheet: Where) -> Issue:
    text = f"“{drafted.entry.division_text}”对不上已知的市县（区）、街道或社区，本行照常导入"
    where = Where(file=sheet.file, sheet=sheet.sheet, row=drafted.entry.row, column=DIVISION_COLUMN)
    return Issue("division_unknown", text, where=where)
