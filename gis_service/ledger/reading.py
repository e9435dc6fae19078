"""A workbook or CSV of 附件1 or 附件2 goes in, its rows as facts and every issue with its place come out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from gis_service.issues import Issue, Where
from gis_service.ledger.annex1 import LedgerDuplicates, ledger_entry
from gis_service.ledger.annex2 import ProblemDuplicates, problem_entry
from gis_service.ledger.cells import CellValue, long_text
from gis_service.ledger.columns import FORMS, Annex
from gis_service.ledger.context import Context, context_of
from gis_service.ledger.entries import LedgerEntry, LedgerReading, ProblemEntry, SheetFrame
from gis_service.ledger.findings import Findings
from gis_service.ledger.header import SEARCHED_ROWS, Header, Rows, find_header
from gis_service.ledger.lean import Watch, unwatched
from gis_service.ledger.sheet_findings import UnreadSheet, tell_header, tell_unread
from gis_service.ledger.table import Row, table_rows
from gis_service.ledger.workbook import Sheet, sheets
from gis_service.ledger.written import Written

Entry = TypeVar("Entry", LedgerEntry, ProblemEntry)
EntryOf = TypeVar("EntryOf", LedgerEntry, ProblemEntry, contravariant=True)
_TOLD_EVERY = 500


class _Duplicates(Protocol[EntryOf]):
    def check(self, row: Row, entry: EntryOf) -> None: ...


@dataclass(frozen=True)
class _Fitting:
    """A sheet that is of the annex, with its first rows and its header."""

    sheet: Sheet
    top: Rows
    header: Header


class OpenLedger:
    """A ledger that is read once, row by row: `areas()` or `problems()`; issues and frames are whole after the last."""

    def __init__(
        self, path: Path, annex: Annex | None = None, watch: Watch = unwatched, opening: Watch = unwatched
    ) -> None:
        """Read as that annex, or (None) as the one whose header stands first in the file.

        `watch` is told the rows read, out of those of the sheet; `opening` the bytes unpacked before the first row.
        """
        self.file = Path(path).name
        self.annex: Annex = annex or 1
        self.frames: list[SheetFrame] = []
        self.unread: list[tuple[str, int, Written]] = []  # sheet, row and cells of rows that name nothing
        self._findings, self._watch = Findings(self.file), watch
        self._others: list[UnreadSheet] = []
        self._headers: dict[str, Header] = {}  # by the name of the sheet that was read
        self._sheets = sheets(Path(path), self._findings, opening)
        self._first = self._next(annex)
        self.fits = self._first is not None  # a sheet has the header of one of the annexes
        if annex is None and self._first:
            self.annex = self._first.header.annex

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What was found so far."""
        return tuple(self._findings.issues)

    @property
    def sheet(self) -> str:
        """The names of the sheets that were read."""
        return "、".join(frame.sheet for frame in self.frames)

    def areas(self) -> Iterator[LedgerEntry]:
        """The rows of 附件1."""
        return self._entries(ledger_entry, LedgerDuplicates)

    def problems(self) -> Iterator[ProblemEntry]:
        """The rows of 附件2."""
        return self._entries(problem_entry, ProblemDuplicates)

    def located(self, issues: Iterable[Issue]) -> tuple[Issue, ...]:
        """The issues, each with the cell of the row and column that it names."""
        return tuple(replace(issue, where=self._cell(issue.where)) for issue in issues)

    def _cell(self, where: Where) -> Where:
        header = self._headers.get(where.sheet)
        if header is None or where.cell or where.row is None:
            return where
        return replace(where, cell=header.cell(where.column, where.row))

    def _entries(
        self, entry_of: Callable[[Row, Context], Entry | None], duplicates: Callable[[], _Duplicates[Entry]]
    ) -> Iterator[Entry]:
        found = 0
        fitting, self._first = self._first, None  # a sheet that was read is held by nobody
        while fitting:
            here = self._findings.of_sheet(fitting.sheet.name)
            self._headers[fitting.sheet.name] = fitting.header
            tell_header(fitting.sheet, fitting.header, here)
            notes: list[list[CellValue]] = []
            for entry in self._of_sheet(fitting, here, notes, entry_of, duplicates()):
                found += 1
                yield entry
            self.frames.append(SheetFrame(self.annex, fitting.sheet.name, _lines_above(fitting), _trimmed(notes)))
            fitting = self._next(self.annex)
        if self.frames and not found:
            self._findings.of_sheet(self.frames[0].sheet).error("no_rows", "表头下面没有数据行")
        tell_unread(self._others, self.annex, self._findings, read=bool(self.frames))
        self._findings.tell_left_out()

    def _of_sheet(
        self,
        fitting: _Fitting,
        here: Findings,
        notes: list[list[CellValue]],
        entry_of: Callable[[Row, Context], Entry | None],
        duplicates: _Duplicates[Entry],
    ) -> Iterator[Entry]:
        context = context_of(_above(fitting), fitting.sheet.name, self.file)
        for row in table_rows(fitting.sheet, fitting.header, here, notes):
            if row.number % _TOLD_EVERY == 0:
                self._watch(row.number, fitting.sheet.height)
            entry = entry_of(row, context)
            if entry is None:
                self.unread.append((fitting.sheet.name, row.number, row.written))
            else:
                duplicates.check(row, entry)
                yield entry
        self._watch(fitting.sheet.height, fitting.sheet.height)

    def _next(self, annex: Annex | None) -> _Fitting | None:
        """The next sheet that is of the annex (None: of any)."""
        for sheet in self._sheets:
            top = _top(sheet)
            found = _annex_of_rows(top)
            header = find_header(top, annex or found or 1)
            if header and found and found == (annex or found):
                return _Fitting(sheet, top, header)
            self._others.append(UnreadSheet(sheet.name, bool(top), header, found))
        return None


def read_annex1(path: Path) -> LedgerReading[LedgerEntry]:
    """All rows of 附件1, the ledger of areas; a file that cannot be read gives no rows and the reason."""
    ledger = OpenLedger(path, 1)
    entries = tuple(ledger.areas())
    return LedgerReading(ledger.file, ledger.sheet, entries, ledger.issues, tuple(ledger.frames))


def read_annex2(path: Path) -> LedgerReading[ProblemEntry]:
    """All rows of 附件2, the ledger of problems; a file that cannot be read gives no rows and the reason."""
    ledger = OpenLedger(path, 2)
    entries = tuple(ledger.problems())
    return LedgerReading(ledger.file, ledger.sheet, entries, ledger.issues, tuple(ledger.frames))


def annex_of(path: Path) -> Annex | None:
    """Which annex the workbook is, by the headers of its sheets; None where no sheet has a fitting header."""
    path = Path(path)
    found = (_annex_of_rows(_top(sheet)) for sheet in sheets(path, Findings(path.name)))
    return next((annex for annex in found if annex), None)


def _top(sheet: Sheet) -> Rows:
    first = islice(sheet.rows(), SEARCHED_ROWS + 1)
    return [(number, cells) for number, cells in first if any(long_text(cell) for cell in cells)]


def _lines_above(fitting: _Fitting) -> tuple[list[CellValue], ...]:
    lines: list[list[CellValue]] = [[] for _ in range(1, fitting.header.first_row)]
    for number, cells in fitting.top:
        if number < fitting.header.first_row:
            lines[number - 1] = list(cells)
    return _trimmed(lines)


def _trimmed(lines: Iterable[list[CellValue]]) -> tuple[list[CellValue], ...]:
    """The lines without the blank cells at their ends."""
    return tuple(line[: max((at for at, cell in enumerate(line, 1) if cell != ""), default=0)] for line in lines)


def _above(fitting: _Fitting) -> Iterator[CellValue]:
    return (cell for number, cells in fitting.top if number < fitting.header.first_row for cell in cells)


def _annex_of_rows(top: Rows) -> Annex | None:
    headers = [header for annex in FORMS if (header := find_header(top, annex)) and header.fits]
    best = max(headers, key=lambda header: header.score, default=None)
    return best.annex if best else None
