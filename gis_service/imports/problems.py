"""附件2 → problems, one row per category, tied to the community or area that the row names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from sqlalchemy import Column, Table, Text, select, tuple_, update

from gis_service.codes import problem_group
from gis_service.imports.differences import MOST_ROWS, Differences, RowDifference, cell_differences
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
from gis_service.imports.months import month_issues
from gis_service.imports.naming import bare
from gis_service.imports.positions import make_room, positions
from gis_service.imports.report import Job, Outcome, outcome_of
from gis_service.imports.sent import keep_frames
from gis_service.issues import Issue, Severity, Where
from gis_service.ledger import OpenLedger, ProblemEntry
from gis_service.ledger.written import to_json
from gis_service.store.facts import PROBLEMS, keep_facts, keep_past, said_later, say_again
from gis_service.store.links import relink
from gis_service.store.numbering import Codes
from gis_service.store.staging import Row, gathered
from gis_service.store.tables import Problem
from gis_service.store.upsert import Changes, Rule, upsert

_PLACE = ("source_file", "source_sheet", "source_row", "ledger_position")
_RULE = Rule(key="natural_key", once=frozenset({"code", "sample"}), silent=frozenset({*_PLACE, "batch_id"}))
_PROBLEMS = cast("Table", Problem.__table__)
_STORED = (Problem.natural_key, Problem.project_name, Problem.county, Problem.written)
_ABSENT_SHOWN = 200
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


def import_annex2(job: Job, ledger: OpenLedger) -> Outcome:
    """Every row is kept with its cells as written; one that names no known community or area is told so."""
    entries = list(ledger.problems())
    singles = _singles(entries, Divisions.read(job.connection))
    keys = _match(job, singles)
    late = said_later(job.connection, PROBLEMS, job.since).intersection(keys)
    places = positions(job.connection, _PROBLEMS, keys, older=bool(late))
    every = _rows(job, singles, keys, places)
    rows = [row for row in every if row["natural_key"] not in late]
    differences = _differences(job, rows, told=not late)
    changes = upsert(job.connection, Problem, rows, _RULE)
    past = _keep_facts(job, changes, rows, [row for row in every if row["natural_key"] in late])
    _take_places(job, rows)
    make_room(job.connection, _PROBLEMS, places, {str(row["natural_key"]) for row in rows})
    keep_frames(job, ledger.frames, {single.county for single in singles})
    relink(job.connection, job.on)
    rejected = sum(issue.severity is Severity.ERROR for issue in ledger.issues)
    issues = [*month_issues(job, ledger.frames), *ledger.issues, *_untied(job, singles, keys)]
    units = tuple({single.county for single in singles})
    outcome = outcome_of(changes, rejected=rejected, issues=issues)
    same = outcome.same + len(late) - past
    return replace(outcome, same=same, past=past, differences=differences, units=units)


def _keep_facts(job: Job, changes: Changes, rows: Sequence[Row], late: Sequence[Row]) -> int:
    """What the ledger says is known of its day; of how many rows it told only the past."""
    connection, of = job.connection, (job.since, job.batch_id)
    keep_facts(connection, PROBLEMS, changes.new | changes.changed, *of)
    own = [Column("natural_key", Text)]
    with gathered(connection, "problems_told", own, ({"natural_key": row["natural_key"]} for row in rows)) as told:
        say_again(connection, PROBLEMS, told, *of)
    own = [Column("natural_key", Text), *(Column(name, _PROBLEMS.c[name].type) for name in PROBLEMS.names)]
    with gathered(connection, "problems_past", own, late) as told:
        return keep_past(connection, PROBLEMS, told, *of)


def _identity(county: str, project: str, category: int, content: str, seq: int | None) -> Identity:
    return Identity(f"{bare(county)}|{bare(project)}|{category}", (bare(content),), seq)


def _singles(entries: Sequence[ProblemEntry], divisions: Divisions) -> list[_Single]:
    singles = []
    for entry in entries:
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
    taken = {each.key for each in known}
    certain, lone = (same_place_and_number, same_place), (same_number, anything)
    return match(identities, known, certain=certain, lone=lone, taken=taken)


def _rows(job: Job, singles: Sequence[_Single], keys: Sequence[str], places: Mapping[str, int]) -> list[Row]:
    codes = Codes(job.connection, Problem, "WT")
    known = {row[0]: row[1] for row in job.connection.execute(select(Problem.natural_key, Problem.code))}
    return [
        {
            "natural_key": key,
            "code": known.get(key) or codes.next(single.county_code),
            "ledger_position": places[key],
            **_facts(single, job),
        }
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
        "ledger_deadline": entry.deadline,
        "deadline_text": entry.deadline_text,
        "ledger_closed": entry.closed,
        "remark": entry.remark,
        "written": to_json(entry.written),
        "source_file": job.path.name,
        "source_sheet": entry.sheet,
        "source_row": entry.row,
        "batch_id": job.batch_id,
        "sample": job.sample,
    }


def _differences(job: Job, rows: Sequence[Row], *, told: bool) -> Differences:
    """What the rows say otherwise than today; several categories of one row are told once.

    Which rows it no longer has is `told` where it is the newest.
    """
    new = {(row["source_sheet"], row["source_row"], row["natural_key"]): row for row in rows}
    stored = {row.natural_key: row for row in job.connection.execute(select(*_STORED))}
    found: dict[tuple[object, object], RowDifference] = {}
    for (sheet, number, key), row in new.items():
        before = stored.get(str(key))
        cells = cell_differences(2, before.written, cast("Mapping[str, object]", row["written"])) if before else ()
        if before and before.written and cells:
            found.setdefault(
                (sheet, number), RowDifference(str(sheet), cast("int", number), before.project_name, cells)
            )
    counties, keys = {row["county"] for row in rows}, {row["natural_key"] for row in rows}
    absent = [each.project_name for key, each in stored.items() if told and each.county in counties and key not in keys]
    return Differences(tuple(found.values())[:MOST_ROWS], tuple(absent[:_ABSENT_SHOWN]), len(absent))


def _take_places(job: Job, rows: Sequence[Row]) -> None:
    """Where each row stood in the file is known, also of rows that say the same as before."""
    if not rows:
        return
    own = [Column(name, _PROBLEMS.c[name].type) for name in ("natural_key", *_PLACE, "batch_id")]
    told = ({column.name: row[column.name] for column in own} for row in rows)
    with gathered(job.connection, "problem_places", own, told) as places:
        stored, new = ([table.c[name] for name in _PLACE] for table in (_PROBLEMS, places))
        job.connection.execute(
            update(_PROBLEMS)
            .values(dict(zip(_PLACE, new, strict=True)) | {"batch_id": places.c.batch_id})
            .where(
                _PROBLEMS.c.natural_key == places.c.natural_key,
                tuple_(*stored).is_distinct_from(tuple_(*new)),
            )
        )


def _untied(job: Job, singles: Sequence[_Single], keys: Sequence[str]) -> list[Issue]:
    loose = set(
        job.connection.scalars(
            select(Problem.natural_key).where(Problem.community_id.is_(None), Problem.area_id.is_(None))
        )
    )
    untied = {
        (single.entry.sheet, single.entry.row): single
        for single, key in zip(singles, keys, strict=True)
        if key in loose
    }
    return [
        Issue(
            "problem_untied",
            _untied_words(single.entry.project_name, single.county),
            where=Where(file=job.path.name, sheet=sheet, row=row, column="项目名称"),
        )
        for (sheet, row), single in untied.items()
    ]


def _untied_words(project: str, county: str) -> str:
    return f"“{project}”在{county or '台账'}内没有找到唯一的同名小区或物业管理区域，本行已保留，不能上图"
