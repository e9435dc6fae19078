"""A ledger and its issues go in, the form to send back comes out: bad cells red, the reason beside their row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gis_service.issues import Issue, Severity
from gis_service.ledger.columns import FORMS, Annex, title_of
from gis_service.ledger.entries import LedgerEntry, ProblemEntry
from gis_service.ledger.forms import Cell, FormRow, FormSheet, area_cells, as_written, problem_cells
from gis_service.ledger.reading import OpenLedger
from gis_service.ledger.writing import write_forms

Place = tuple[str, int]  # sheet and row


@dataclass(frozen=True)
class Marked:
    """How many rows were written, and how many of them somebody has to mend."""

    rows: int
    bad: int


def write_marked(path: Path, out: Path, issues: Sequence[Issue] | None = None) -> Marked:
    """The ledger at `path` is at `out`, its bad rows marked by these issues, or (None) by those of reading it."""
    ledger = OpenLedger(path)
    coded = False
    for entry in ledger.areas() if ledger.annex == 1 else ledger.problems():
        coded = coded or bool(_code(entry))
    told = _by_place(issues if issues is not None else ledger.issues)
    beside = title_of(1, "area_code") if coded else ""
    sheets = [
        FormSheet(frame, _rows(path, ledger, frame.sheet, told), beside, with_reasons=True) for frame in ledger.frames
    ]
    return Marked(write_forms(sheets, out), len(told))


def _by_place(issues: Iterable[Issue]) -> dict[Place, list[Issue]]:
    told: dict[Place, list[Issue]] = defaultdict(list)
    for issue in issues:
        if issue.severity is not Severity.NOTE and issue.where.row is not None:
            told[issue.where.sheet, issue.where.row].append(issue)
    return told


def _rows(path: Path, read: OpenLedger, sheet: str, told: Mapping[Place, list[Issue]]) -> Iterator[FormRow]:
    """The rows of one sheet in order, those that name nothing among them."""
    blank: list[Cell] = [None] * len(FORMS[read.annex])
    lost = [(row, as_written(read.annex, cells, blank)) for name, row, cells in read.unread if name == sheet]
    again = OpenLedger(path, read.annex)
    for entry in again.areas() if read.annex == 1 else again.problems():
        if entry.sheet != sheet:
            continue
        while lost and lost[0][0] < entry.row:
            row, cells = lost.pop(0)
            yield _marked(read.annex, cells, told.get((sheet, row), []))
        yield _marked(read.annex, _cells(entry), told.get((sheet, entry.row), []), _code(entry))
    for row, cells in lost:
        yield _marked(read.annex, cells, told.get((sheet, row), []))


def _code(entry: LedgerEntry | ProblemEntry) -> str:
    return entry.area_code if isinstance(entry, LedgerEntry) else ""


def _cells(entry: LedgerEntry | ProblemEntry) -> list[Cell]:
    if isinstance(entry, LedgerEntry):
        return as_written(1, entry.written, area_cells(entry))
    return as_written(2, entry.written, problem_cells(entry))


def _marked(annex: Annex, cells: Sequence[Cell], issues: Sequence[Issue], code: str = "") -> FormRow:
    """The row; a complaint about no column, or one that the form lacks, marks the first."""
    columns = {column.title: at for at, column in enumerate(FORMS[annex])}
    columns |= {title_of(annex, part): at for at, column in enumerate(FORMS[annex]) for part in column.parts}
    wrong = frozenset(columns.get(issue.where.column, 0) for issue in issues)
    reasons = (f"{issue.where.column}：{issue.message}" if issue.where.column else issue.message for issue in issues)
    return FormRow(cells, wrong, "；".join(dict.fromkeys(reasons)), code)
