"""The month that a ledger names itself, beside the day on which it is to hold: two that differ are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gis_service.imports.report import Job
from gis_service.issues import Issue, Severity, Where
from gis_service.ledger import SheetFrame
from gis_service.ledger.cells import short_text

_MONTH = re.compile(r"(20\d\d)\s*年\s*(\d{1,2})\s*月")


def month_issues(job: Job, frames: Sequence[SheetFrame]) -> list[Issue]:
    """A note where title, sheet or file speak of one month and the day of the ledger lies in another."""
    told = {month for text in _texts(job, frames) for month in _MONTH.findall(text)}
    months = {(int(year), int(month)) for year, month in told}
    if job.sample or len(months) != 1 or (job.since.year, job.since.month) in months:
        return []
    ((year, month),) = months
    message = f"表上写的是 {year} 年 {month} 月，台账日期却是 {job.since}；如果是补报，请把日期改成当月的再核对"
    return [Issue("ledger_month_differs", message, Severity.NOTE, Where(file=job.path.name))]


def _texts(job: Job, frames: Sequence[SheetFrame]) -> Iterable[str]:
    yield job.path.name
    for frame in frames:
        yield frame.sheet
        yield from (short_text(cell) for line in frame.above for cell in line if isinstance(cell, str))
