"""A long ledger that is sent again with nothing written in between → what it said before, without reading it."""

from __future__ import annotations

from gis_service import __version__
from gis_service.imports.differences import Differences
from gis_service.imports.report import Job, Outcome
from gis_service.store import batches


def remember(job: Job, outcome: Outcome) -> None:
    """What the file said is kept with its batch."""
    told = {
        "program": __version__,
        "rows": outcome.new + outcome.changed + outcome.same,
        "rejected": outcome.rejected,
        "units": list(outcome.units),
        "absent": list(outcome.differences.absent),
        "absent_count": outcome.differences.absent_count,
    }
    batches.keep_outcome(job.connection, job.batch_id, told)


def said_before(job: Job) -> Outcome | None:
    """What the same file said just before, every row of it the same now; None where it has to be read."""
    found = batches.same_as_before(job.connection, job.batch_id)
    if found is None or found[1]["program"] != __version__:
        return None
    batch_id, told = found
    batches.keep_outcome(job.connection, job.batch_id, told)
    return Outcome(
        same=told["rows"],
        rejected=told["rejected"],
        issues=tuple(batches.issues_of(job.connection, batch_id)),
        differences=Differences((), tuple(told["absent"]), told["absent_count"]),
        units=tuple(told["units"]),
    )
