"""A workbook of 附件1 or 附件2 goes in, its rows as facts and every issue with its place come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from gis_service.ledger.annex1 import LedgerDuplicates, ledger_entry
from gis_service.ledger.annex2 import ProblemDuplicates, problem_entry
from gis_service.ledger.cells import CellValue, long_text
from gis_service.ledger.columns import FORMS, Annex
from gis_service.ledger.context import Context, context_of
from gis_service.ledger.entries import LedgerEntry, LedgerReading, ProblemEntry
from gis_service.ledger.findings import Findings
from gis_service.ledger.header import SEARCHED_ROWS, Header, Rows, find_header
from gis_service.ledger.sheet_findings import UnreadSheet, tell_header, tell_unread
from gis_service.ledger.table import Row, table_rows
from gis_service.ledger.workbook import Sheet, sheets

Entry = TypeVar("Entry", LedgerEntry, ProblemEntry)
EntryOf = TypeVar("EntryOf", LedgerEntry, ProblemEntry, contravariant=True)


class _Duplicates(Protocol[EntryOf]):
    def check(self, row: Row, entry: EntryOf) -> None: ...


def read_annex1(path: Path) -> LedgerReading[LedgerEntry]:
    """All rows of 附件1, the ledger of areas; a file that cannot be read gives no rows and the reason."""
    return _read(path, 1, ledger_entry, LedgerDuplicates)


def read_annex2(path: Path) -> LedgerReading[ProblemEntry]:
    """All rows of 附件2, the ledger of problems; a file that cannot be read gives no rows and the reason."""
    return _read(path, 2, problem_entry, ProblemDuplicates)


def annex_of(path: Path) -> Annex | None:
    """Which annex the workbook is, by the headers of its sheets; None where no sheet has a fitting header."""
    path = Path(path)
    found = (_annex_of_rows(_top(sheet)) for sheet in sheets(path, Findings(path.name)))
    return next((annex for annex in found if annex), None)


def _read(
    path: Path,
    annex: Annex,
    entry_of: Callable[[Row, Context], Entry | None],
    duplicates: Callable[[], _Duplicates[Entry]],
) -> LedgerReading[Entry]:
    path = Path(path)
    findings = Findings(path.name)
    entries: list[Entry] = []
    names: list[str] = []
    others: list[UnreadSheet] = []
    for sheet in sheets(path, findings):
        top = _top(sheet)
        header = find_header(top, annex)
        if header is None or _annex_of_rows(top) != annex:
            others.append(UnreadSheet(sheet.name, bool(top), header, _annex_of_rows(top)))
            continue
        names.append(sheet.name)
        here = findings.of_sheet(sheet.name)
        tell_header(sheet, header, here)
        context = context_of(_above(top, header), sheet.name, path.name)
        entries.extend(_entries(table_rows(sheet, header, here), context, entry_of, duplicates()))
    if names and not entries:
        findings.of_sheet(names[0]).error("no_rows", "表头下面没有数据行")
    tell_unread(others, annex, findings, read=bool(names))
    return LedgerReading(path.name, "、".join(names), tuple(entries), tuple(findings.issues))


def _entries(
    rows: Iterator[Row],
    context: Context,
    entry_of: Callable[[Row, Context], Entry | None],
    duplicates: _Duplicates[Entry],
) -> Iterator[Entry]:
    for row in rows:
        entry = entry_of(row, context)
        if entry is not None:
            duplicates.check(row, entry)
            yield entry


def _top(sheet: Sheet) -> Rows:
    first = islice(sheet.rows(), SEARCHED_ROWS + 1)
    return [(number, cells) for number, cells in first if any(long_text(cell) for cell in cells)]


def _above(top: Rows, header: Header) -> Iterator[CellValue]:
    return (cell for number, cells in top if number < header.first_row for cell in cells)


def _annex_of_rows(top: Rows) -> Annex | None:
    headers = [header for annex in FORMS if (header := find_header(top, annex)) and header.fits]
    best = max(headers, key=lambda header: header.score, default=None)
    return best.annex if best else None
