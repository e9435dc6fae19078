"""A period as people and programs write it in; its one written form and its first day out."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum


class PeriodKind(StrEnum):
    """How often an indicator is given."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def example(self) -> str:
        """A period as it may be written."""
        return {"day": "2026-11-03", "month": "2026-11", "quarter": "2026-Q4", "year": "2026"}[self.value]

    @property
    def words(self) -> str:
        """What the kind is called."""
        return {"day": "日", "month": "月", "quarter": "季度", "year": "年"}[self.value]


@dataclass(frozen=True)
class Period:
    """One day, month, quarter or year: as it is written, and its first day."""

    label: str
    starts: dt.date


_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_FORMS = {
    PeriodKind.DAY: re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"),
    PeriodKind.MONTH: re.compile(r"(\d{4})[-/.年]?(\d{1,2})月?"),
    PeriodKind.QUARTER: re.compile(r"(\d{4})年?[-/]?(?:[Qq第]?)([1-4一二三四])(?:季度?)?"),
    PeriodKind.YEAR: re.compile(r"(\d{4})年?"),
}


def parse_period(kind: PeriodKind, text: str) -> Period:
    """The period that the text means; ValueError where it is none of this kind.

    >>> parse_period(PeriodKind.QUARTER, "2026年第四季度").label, parse_period(PeriodKind.MONTH, "2026年3月").label
    ('2026-Q4', '2026-03')
    """
    found = _FORMS[kind].fullmatch("".join(text.split()))
    if found is None:
        raise ValueError(text)
    year = int(found[1])
    if kind is PeriodKind.QUARTER:
        return period_of(kind, dt.date(year, 3 * _QUARTERS[found[2]] - 2, 1))
    parts = [int(part) for part in found.groups()[1:]]
    return period_of(kind, dt.date(year, *[*parts, 1, 1][:2]))


def period_of(kind: PeriodKind, day: dt.date) -> Period:
    """The period that the day lies in.

    >>> period_of(PeriodKind.MONTH, dt.date(2026, 11, 26))
    Period(label='2026-11', starts=datetime.date(2026, 11, 1))
    """
    match kind:
        case PeriodKind.DAY:
            return Period(f"{day}", day)
        case PeriodKind.MONTH:
            return Period(f"{day:%Y-%m}", day.replace(day=1))
        case PeriodKind.QUARTER:
            quarter = (day.month - 1) // 3
            return Period(f"{day.year}-Q{quarter + 1}", dt.date(day.year, 3 * quarter + 1, 1))
        case PeriodKind.YEAR:
            return Period(f"{day.year}", dt.date(day.year, 1, 1))
