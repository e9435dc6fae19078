"""The ledgers that were sent before the last ones: a rule takes back, row by row, what had not happened by their day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from gis_service.ledger.deadlines import deadline
from scripts.sample_town import annex1, annex2
from scripts.sample_town.rows import Row, rows
from scripts.sample_town.town import rng_for
from scripts.sample_town.workbook import Cell, Sheet

DAYS = (dt.date(2023, 7, 15), dt.date(2023, 9, 30), dt.date(2023, 11, 15), dt.date(2023, 12, 10))
_FEE_STEP, _LEAST_FEE = 0.02, 0.2
_SHARES = {  # in how many of a hundred cases something is first told by the first, second, third and last ledger
    "committee": (58, 14, 16, 12),
    "party": (64, 14, 12, 10),
    "service": (72, 10, 10, 8),
    "found": (74, 14, 12, 0),
    "closed": (10, 30, 42, 18),
}
_WHOLE = range(len(DAYS))
Line = Sequence[Cell]


@dataclass(frozen=True)
class Month:
    """One sending: its day and its place among the sendings, from 0."""

    at: int

    @property
    def day(self) -> dt.date:
        """The day of which it speaks."""
        return DAYS[self.at]

    @property
    def suffix(self) -> str:
        """What its files are called by; those of the last bear no date."""
        return "" if self.at == _WHOLE[-1] else f"_{self.day:%Y%m}"

    def annex1(self) -> Sheet:
        """附件1 as it stood on the day."""
        return annex1.sheet(self.day, [self._row(row) for row in rows()])

    def annex2(self) -> Sheet:
        """附件2 as it stood on the day."""
        return annex2.sheet(self.day, list(self._lines(annex2.lines())))

    def _row(self, row: Row) -> Row:
        """The row without committee, party work and service by the 社区 that came later; fees were a little lower."""
        if row.form == 2 and self._before("service", row.seq):
            return replace(row, form=5, committee=3, party=5, company="", manager="", phone="", fee_rate=0.0)
        lower = round(max(row.fee_rate - _FEE_STEP * (_WHOLE[-1] - self.at), _LEAST_FEE), 2)
        return replace(
            row,
            committee=3 if self._before("committee", row.seq) else row.committee,
            party=5 if self._before("party", row.seq) else row.party,
            fee_rate=min(row.fee_rate, lower),
        )

    def _before(self, what: str, seq: int) -> bool:
        return self.at < _first(what, seq)

    def _lines(self, last: Sequence[Line]) -> Iterator[Line]:
        """The lines of problems that were found by the day, open where they were closed later; empty ones stay."""
        fixed = _fixed(last)
        for line in last:
            found = 0 if not line or line[0] in fixed else _found(line)
            if self.at >= found:
                yield self._open_again(line) if line and self.at < _closed(line, found) else line

    def _open_again(self, line: Line) -> Line:
        rng = rng_for(f"open:{line[0]}")
        return [*line[:6], rng.choice(annex2.OPEN_PROGRESS), *line[7:9], rng.choice(annex2.NO), *line[10:]]


MONTHS = tuple(map(Month, _WHOLE))


def _first(what: str, seq: object) -> int:
    return rng_for(f"{what}:{seq}").choices(_WHOLE, _SHARES[what])[0]


def _fixed(lines: Iterable[Line]) -> set[Cell]:
    """The numbers of the lines that say 同上 and of those above them: they are in every ledger."""
    told = [line for line in lines if line]
    return {line[0] for pair in pairwise(told) if "同上" in pair[1] for line in pair}


def _found(line: Line) -> int:
    """Which ledger first has the problem: one that was sent before its deadline."""
    day = deadline(line[8], DAYS[0].year).value if line[8] else None
    sent_before = sum(sent < day for sent in DAYS[1:]) if day else 0
    return min(_first("found", line[0]), sent_before)


def _closed(line: Line, found: int) -> int:
    """Which ledger first has it closed, those that name a day not the first; 0 for what is not closed at all."""
    if line[9] not in annex2.YES:
        return 0
    return max(_first("closed", line[0]), found, 1 if "（" in str(line[9]) else 0)
