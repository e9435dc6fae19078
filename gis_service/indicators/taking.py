"""Rows of an indicator in; what is new or corrected kept, the rest told row by row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from sqlalchemy import Connection

from gis_service import clock
from gis_service.errors import UnusableError
from gis_service.indicators.declaration import Indicator
from gis_service.indicators.reading import COLUMNS, Figure, Given, Refused, figures
from gis_service.store import indicators as store

_WORDS = {"area": "物业管理区域", "community": "小区", "division": "区划"}
_LEVELS = {"county": "（市县区）", "street": "（街道）", "neighborhood": "（社区）"}
_ALIKE = 0.5  # how alike a stated name must be to the one that is known


@dataclass(frozen=True)
class Outcome:
    """What became of a push: rows that came, values that are new, corrected or as before, rows refused."""

    received: int
    new: int
    corrected: int
    same: int
    refused: list[Refused] = field(default_factory=list)

    def told(self) -> dict[str, object]:
        """As JSON has it."""
        counts = {"received": self.received, "new": self.new, "corrected": self.corrected, "same": self.same}
        return {**counts, "refused": [one.told() for one in self.refused]}


def take(
    connection: Connection,
    indicator: Indicator,
    rows: Iterable[Given],
    *,
    login: str,
    whole: bool = False,
    sample: bool = False,
) -> Outcome:
    """Keep every good row; with `whole`, UnusableError where one is refused, and nothing is kept.

    The same push a second time changes nothing.
    """
    given = list(rows)
    good, bad = figures(given, indicator, clock.today())
    known = store.subjects(connection, indicator.subject, indicator.level, {one.subject for one in good})
    refused = [*bad, *(wrong for one in good if (wrong := _unknown(one, known, indicator)))]
    refused.sort(key=lambda one: one.number)
    if whole and refused:
        raise UnusableError(
            f"{len(refused)} 行有误，全部没有收下；第 {refused[0].number} 行“{refused[0].column}”：{refused[0].reason}",
            refused=[one.told() for one in refused[:100]],
        )
    wrong_rows = {one.number for one in refused}
    kept = [
        store.NewValue(one.subject, one.period.label, one.period.starts, one.value, one.note)
        for one in good
        if one.number not in wrong_rows
    ]
    counts = store.add_values(connection, indicator.id, kept, system=indicator.system, login=login, sample=sample)
    return Outcome(len(given), counts.new, counts.corrected, counts.same, refused)


def _unknown(one: Figure, known: dict[str, str], indicator: Indicator) -> Refused | None:
    words = _WORDS[indicator.subject]
    if one.subject not in known:
        level = _LEVELS.get(indicator.level or "", "")
        reason = f"没有编号为“{one.subject}”的{words}{level}；只收按{words}汇总的数字，不收个人、住户的数据"
        return Refused(one.number, COLUMNS["subject"], reason)
    if one.name and SequenceMatcher(None, one.name, known[one.subject]).ratio() < _ALIKE:
        reason = f"填写了“{one.name}”，而编号 {one.subject} 是“{known[one.subject]}”，请核对"
        return Refused(one.number, COLUMNS["name"], reason)
    return None
