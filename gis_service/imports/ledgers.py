"""附件1 → management areas: rows staged as they are read, then matched and written; sentences wait to be resolved."""

from __future__ import annotations

from itertools import chain

from sqlalchemy import Integer, Table, Text, delete, select

from gis_service.imports.coded_rows import coded_rows
from gis_service.imports.locating import Divisions
from gis_service.imports.months import month_issues
from gis_service.imports.report import Job, Outcome
from gis_service.imports.sent import keep_frames
from gis_service.imports.staged_areas import AREA_CODE, AREA_TABLE, keep_staged
from gis_service.issues import Issue, Severity, Where
from gis_service.ledger import LedgerEntry, OpenLedger
from gis_service.ledger.limits import MAX_ISSUES
from gis_service.ledger.written import cell_text, to_json
from gis_service.store.staging import Row, staged

DIVISION_COLUMN = "所在市县(区)、街道、社区"


def import_annex1(job: Job, ledger: OpenLedger) -> Outcome:
    """Every row is an area with its cells as written; boundaries and what people corrected are never touched."""
    divisions = Divisions.read(job.connection)
    rows = (_row(entry, divisions, job) for entry in ledger.areas())
    first = next(rows, None)
    if first is None:
        return Outcome(rejected=_rejected(ledger), issues=ledger.issues)
    numbered = ({"ordinal": at, **row} for at, row in enumerate(chain([first], rows)))
    with staged(job.connection, AREA_TABLE, numbered, ordinal=Integer, area_code=Text) as staging:
        coded = coded_rows(job.connection, staging, job.path.name)
        if coded.refused:
            job.connection.execute(delete(staging).where(staging.c.ordinal.in_(coded.refused)))
        found = keep_staged(job, staging, coded)
        units = list(job.connection.scalars(select(staging.c.reporting_unit).distinct()))
        keep_frames(job, ledger.frames, units)
        unplaced = _unplaced(job, staging)
    return Outcome(
        new=len(found.new),
        changed=len(found.changed),
        same=found.same,
        past=found.past,
        rejected=_rejected(ledger) + len(coded.refused),
        issues=(*month_issues(job, ledger.frames), *ledger.issues, *coded.issues, *unplaced),
        differences=found.differences,
        units=tuple(units),
        touched=frozenset(found.new | found.changed),
        keys=found.keys,
    )


def _rejected(ledger: OpenLedger) -> int:
    return sum(issue.severity is Severity.ERROR for issue in ledger.issues)


def _row(entry: LedgerEntry, divisions: Divisions, job: Job) -> Row:
    codes = divisions.locate(entry.county, entry.street, entry.neighborhood)
    return {
        "name": entry.area_name or "、".join(entry.community_names) or f"未命名（第 {entry.row} 行）",
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
        "written": to_json({key: cell for key, cell in entry.written.items() if key != AREA_CODE}),
        "source_file": job.path.name,
        "source_sheet": entry.sheet,
        "source_row": entry.row,
        "batch_id": job.batch_id,
        "sample": job.sample,
        AREA_CODE: entry.area_code,
    }


def _unplaced(job: Job, staging: Table) -> list[Issue]:
    columns = (staging.c.source_sheet, staging.c.source_row, staging.c.written)
    rows = select(*columns).where(staging.c.county_code.is_(None)).order_by(staging.c.ordinal).limit(MAX_ISSUES)
    return [
        Issue(
            "division_unknown",
            f"“{cell_text(written.get('division'))}”对不上已知的市县（区）、街道或社区，本行照常导入",
            where=Where(file=job.path.name, sheet=sheet, row=row, column=DIVISION_COLUMN),
        )
        for sheet, row, written in job.connection.execute(rows)
    ]
