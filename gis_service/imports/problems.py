"""附件2 → problems, one row per category, tied to the community or area that the row names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from gis_service.codes import problem_group
from gis_service.imports.locating import Divisions
from gis_service.imports.matching import (
    Identity,
    Known,
    anything,
    match,
    same_number,
    same_place,
    same_place_and_number,
)
from gis_service.imports.naming import bare
from gis_service.imports.numbering import Codes
from gis_service.imports.report import Job, Outcome, outcome_of
from gis_service.issues import Issue, Severity, Where
from gis_service.ledger import LedgerReading, ProblemEntry, read_annex2
from gis_service.store.links import relink
from gis_service.store.staging import Row
from gis_service.store.tables import Problem
from gis_service.store.upsert import Rule, upsert

_RULE = Rule(
    key="natural_key", once=frozenset({"code", "sample"}), silent=frozenset({"source_file", "source_row", "batch_id"})
)
_UNSORTED = 20  # 其他: a row whose category nobody can read is still a problem


@dataclass(frozen=True)
class _Single:
    """One category of an entry."""

    entry: ProblemEntry
    category: int
    county: str  # the unit as the divisions spell it
    county_code: str | None

    @property
    def identity(self) -> Identity:
        return _identity(self.county, self.entry.project_name, self.category, self.entry.content, self.entry.seq)


def import_annex2(job: Job) -> Outcome:
    """Every row is kept; one that names no known community or area is told so."""
    reading = read_annex2(job.path)
    singles = _singles(reading, Divisions.read(job.connection))
    keys = _match(job, singles)
    changes = upsert(job.connection, Problem, _rows(job, singles, keys), _RULE)
    relink(job.connection, job.on)
    rejected = sum(issue.severity is Severity.ERROR for issue in reading.issues)
    return outcome_of(changes, rejected=rejected, issues=[*reading.issues, *_untied(job, reading, singles, keys)])


def _identity(county: str, project: str, category: int, content: str, seq: int | None) -> Identity:
    return Identity(f"{bare(county)}|{bare(project)}|{category}", (bare(content),), seq)


def _singles(reading: LedgerReading[ProblemEntry], divisions: Divisions) -> list[_Single]:
    singles = []
    for entry in reading.entries:
        place = divisions.locate(entry.county, "", "")
        for category in entry.categories or (_UNSORTED,):
            singles.append(_Single(entry, category, place.reporting_unit, place.county_code))
    return singles


def _match(job: Job, singles: Sequence[_Single]) -> list[str]:
    columns = (
        Problem.natural_key,
        Problem.county,
        Problem.project_name,
        Problem.category,
        Problem.content,
        Problem.seq,
    )
    known = [
        Known(row.natural_key, _identity(row.county, row.project_name, row.category, row.content, row.seq))
        for row in job.connection.execute(select(*columns))
    ]
    identities = [single.identity for single in singles]
    return match(identities, known, certain=(same_place_and_number, same_place), lone=(same_number, anything))


def _rows(job: Job, singles: Sequence[_Single], keys: Sequence[str]) -> list[Row]:
    codes = Codes(job.connection, Problem, "WT")
    known = {row[0]: row[1] for row in job.connection.execute(select(Problem.natural_key, Problem.code))}
    return [
        {"natural_key": key, "code": known.get(key) or codes.next(single.county_code), **_facts(single, job)}
        for single, key in zip(singles, keys, strict=True)
    ]


def _facts(single: _Single, job: Job) -> Row:
    entry = single.entry
    return {
        "seq": entry.seq,
        "project_name": entry.project_name,
        "county": single.county,
        "company": entry.company,
        "category": single.category,
        "problem_group": str(problem_group(single.category)),
        "content": entry.content,
        "progress": entry.progress,
        "responsible": entry.responsible,
        "deadline": entry.deadline,
        "deadline_text": entry.deadline_text,
        "closed": entry.closed,
        "remark": entry.remark,
        "source_file": job.path.name,
        "source_row": entry.row,
        "batch_id": job.batch_id,
        "sample": job.sample,
    }


def _untied(
    job: Job, reading: LedgerReading[ProblemEntry], singles: Sequence[_Single], keys: Sequence[str]
) -> list[Issue]:
    loose = set(
        job.connection.scalars(
            select(Problem.natural_key).where(Problem.community_id.is_(None), Problem.area_id.is_(None))
        )
    )
    sheet = Where(file=reading.file, sheet=reading.sheet, column="项目名称")
    entries = dict.fromkeys(single.entry.row for single, key in zip(singles, keys, strict=True) if key in loose)
    names = {single.entry.row: (single.entry.project_name, single.county) for single in singles}
    return [Issue("problem_untied", _untied_words(*names[row]), where=replace(sheet, row=row)) for row in entries]


def _untied_words(project: str, county: str) -> str:
    return f"“{project}”在{county or '台账'}内没有找到唯一的同名小区或物业管理区域，本行已保留，不能上图"
