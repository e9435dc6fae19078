"""What an import does with a file: the job handed to each kind, the counts and issues it hands back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from gis_service import clock
from gis_service.imports.differences import Differences
from gis_service.issues import Issue
from gis_service.resolver import ResolverOptions
from gis_service.store.upsert import Changes

Progress = Callable[[str, int, int], None]  # what is being done, how far, out of how many

DEFAULTS = ResolverOptions()
NO_DIFFERENCES = Differences()


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
    since: dt.date = field(default_factory=clock.today)  # the day from which on a ledger speaks
    within: frozenset[str] | None = None  # the divisions in which alone hazards may be written in


@dataclass(frozen=True)
class Outcome:
    """Counts of the rows of one file, and what was wrong with them."""

    new: int = 0
    changed: int = 0
    same: int = 0
    past: int = 0  # rows of a ledger older than what stands, told of its own day alone
    rejected: int = 0
    issues: tuple[Issue, ...] = ()
    differences: Differences = NO_DIFFERENCES
    units: tuple[str, ...] = ()  # whose rows a ledger holds
    touched: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()  # of the rows of 附件1, whose sentences are to be resolved at once
    waiting: int = 0  # how many sentences are left to be resolved afterwards, where there are many
    surveys: bool = False  # true of hazards that came in the place of a ledger


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
    differences: tuple[Differences, ...] = ()  # file by file
    waiting: int = 0  # sentences that are still to be resolved
    units: tuple[str, ...] = ()
    past: int = 0  # rows that told of an earlier day alone
    surveys: bool = False  # true where a file in the place of a ledger held hazards


def outcome_of(changes: Changes, *, rejected: int, issues: Sequence[Issue]) -> Outcome:
    """The outcome of rows that went through `upsert`."""
    return Outcome(
        new=len(changes.new),
        changed=len(changes.changed),
        same=changes.same,
        rejected=rejected,
        issues=tuple(issues),
    )


def total(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcomes of several pieces of work as one."""
    return Outcome(
        new=sum(outcome.new for outcome in outcomes),
        changed=sum(outcome.changed for outcome in outcomes),
        same=sum(outcome.same for outcome in outcomes),
        past=sum(outcome.past for outcome in outcomes),
        rejected=sum(outcome.rejected for outcome in outcomes),
        issues=tuple(issue for outcome in outcomes for issue in outcome.issues),
    )


def report_of(
    kind: str, files: Sequence[Path], outcomes: Sequence[Outcome], *, committed: bool, waiting: int = 0
) -> ImportReport:
    """One report over all files."""
    whole = total(outcomes)
    return ImportReport(
        kind,
        tuple(path.name for path in files),
        whole.new,
        whole.changed,
        whole.same,
        whole.rejected,
        whole.issues,
        committed=committed,
        differences=tuple(outcome.differences for outcome in outcomes),
        waiting=waiting,
        past=whole.past,
        units=tuple(sorted({unit for outcome in outcomes for unit in outcome.units})),
        surveys=any(outcome.surveys for outcome in outcomes),
    )
