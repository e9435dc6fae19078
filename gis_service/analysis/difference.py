"""The tallies of two days come in; which communities became covered or uncovered between them goes out."""

from __future__ import annotations

import pandas as pd

from gis_service.analysis.coverage import Definition, under
from gis_service.codes import UncoveredReason

COVERED, UNCOVERED = "covered", "uncovered"


def turned(before: pd.DataFrame, after: pd.DataFrame, definition: Definition) -> pd.DataFrame:
    """One row per community whose answer changed: `id`, `turned` (covered or uncovered), its reasons on either day.

    A community that is known on one of the days only has not changed: it has come or gone.
    """
    reasons = [str(reason) for reason in UncoveredReason]
    wanted = ["id", COVERED, *reasons]
    first, second = (_communities(tallies, definition)[wanted] for tallies in (before, after))
    both = first.merge(second, on="id", suffixes=("_before", "_after"))
    changed = both[both[f"{COVERED}_before"] != both[f"{COVERED}_after"]]
    return pd.DataFrame(
        {
            "id": changed["id"],
            "turned": changed[f"{COVERED}_after"].map({1: COVERED, 0: UNCOVERED}),
            **{f"reasons_{when}": _held(changed, reasons, when) for when in ("before", "after")},
        },
        index=changed.index,
    ).reset_index(drop=True)


def _communities(tallies: pd.DataFrame, definition: Definition) -> pd.DataFrame:
    return under(tallies[tallies["kind"] == "community"], definition)


def _held(changed: pd.DataFrame, reasons: list[str], when: str) -> pd.Series:
    flags = changed[[f"{reason}_{when}" for reason in reasons]].to_numpy() > 0
    held = [[reason for reason, holds in zip(reasons, row, strict=True) if holds] for row in flags]
    return pd.Series(held, index=changed.index, dtype=object)
