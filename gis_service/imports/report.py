"""What an import does with a file: the job handed to each kind, the counts and issues it hands back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from gis_service.issues import Issue
from gis_service.resolver import ResolverOptions
from gis_service.store.upsert import Changes

Progress = Callable[[str, int, int], None]  # what is being done, how far, out of how many

DEFAULTS = ResolverOptions()


@dataclass(frozen=True)
class Job:
    """One file to import within the open transaction of `connection`."""

    connection: Connection
    path: Path
    batch_id: int
    sample: bool
    on: dt.date
    progress: Progress = field(repr=False)
    resolver: ResolverOptions = DEFAULTS


@dataclass(frozen=True)
class Outcome:
    """Counts of the rows of one file, and what was wrong with them."""

    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or would do when it was not committed."""

    kind: str
    files: tuple[str, ...]
    new: int
    changed: int
    same: int
    rejected: int
    issues: tuple[Issue, ...]
    committed: bool


def outcome_of(changes: Changes, *, rejected: int, issues: Sequence[Issue]) -> Outcome:
    """The outcome of rows that went through `upsert`."""
    return Outcome(len(changes.new), len(changes.changed), changes.same, rejected, tuple(issues))


def total(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcomes of several pieces of work as one."""
    return Outcome(
        new=sum(outcome.new for outcome in outcomes),
        changed=sum(outcome.changed for outcome in outcomes),
        same=sum(outcome.same for outcome in outcomes),
        rejected=sum(outcome.rejected for outcome in outcomes),
        issues=tuple(issue for outcome in outcomes for issue in outcome.issues),
    )


def report_of(kind: str, files: Sequence[Path], outcomes: Sequence[Outcome], *, committed: bool) -> ImportReport:
    """One report over all files."""
    whole = total(outcomes)
    names = tuple(path.name for path in files)
    return ImportReport(
        kind, names, whole.new, whole.changed, whole.same, whole.rejected, whole.issues, committed=committed
    )
