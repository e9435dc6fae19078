"""Measured values and checks of them come in; a verdict with the clause and the value that led to it goes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from gis_service.codes import LaneResult


@dataclass(frozen=True)
class Check:
    """One requirement held against one measurement: met, not met, or (None) not measured."""

    met: bool | None
    title: str
    words: str
    clause: str


@dataclass(frozen=True)
class Verdict:
    """All requirements of one object together; `clause` and `finding` speak of what decided the result."""

    result: LaneResult
    clause: str
    finding: str


def measured(value: Any) -> float | None:
    """The number, or None when the cell is empty."""
    return None if pd.isna(value) else float(value)


def observed(value: Any) -> bool | None:
    """The yes or no, or None when nobody recorded it."""
    return None if pd.isna(value) else bool(value)


def verdict(checks: Iterable[Check]) -> Verdict:
    """Fail when any check is not met, pass when every one is; anything not measured in between is never a pass."""
    checks = list(checks)
    failed = [check for check in checks if check.met is False]
    missing = [check for check in checks if check.met is None]
    gaps = "未测量：" + "、".join(check.title for check in missing)
    if failed:
        said = [*_with_clauses(failed), *([gaps] if missing else [])]
        return Verdict(LaneResult.FAIL, _clauses(failed), "；".join(said))
    if missing:
        return Verdict(LaneResult.NOT_MEASURED, _clauses(missing), gaps)
    return Verdict(LaneResult.PASS, _clauses(checks), "、".join(check.words for check in checks) + "，均符合要求")


def _with_clauses(failed: Iterable[Check]) -> Iterator[str]:
    """What failed, a clause that several in a row rest on named once."""
    for clause, group in groupby(failed, key=lambda check: check.clause):
        words = [check.words for check in group]
        count = f"以上 {len(words)} 项：" if len(words) > 1 else ""
        yield "；".join(words) + (f"（{count}{clause}）" if clause else "")


def _clauses(checks: Iterable[Check]) -> str:
    return "；".join(dict.fromkeys(check.clause for check in checks if check.clause))
