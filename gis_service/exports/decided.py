"""Problems of one row of 附件2 in; the official columns that say what was decided of them in the service, out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from gis_service.codes import ProblemState
from gis_service.ledger.columns import FORMS
from gis_service.ledger.forms import Cell, closed_words, deadline_words

_STATES = "|".join(state.words for state in ProblemState)
_OF_EACH = re.compile(rf"问题\d+(?:{_STATES})")
_STATE = re.compile(rf"^(?:{_STATES})(?:：|$)")
_AT = {column.key: at for at, column in enumerate(FORMS[2])}


def with_decisions(cells: Sequence[Cell], problems: Sequence[Row[Any]]) -> list[Cell]:
    """The cells of the row; a column of which nothing was decided stays as it was written.

    整改措施进展情况 has the state and the measures, 责任单位/人 the unit that it was handed to, 整改完成时限 the last
    deadline that was set, 是否销号 is 是 once all of them are closed. What comes back later is not said twice.
    """
    told = list(cells)
    if any(row.own_unit for row in problems):
        told[_AT["responsible"]] = "、".join(dict.fromkeys(row.own_unit or row.responsible for row in problems))
    deadlines = [row.deadline for row in problems if row.deadline]
    if any(row.own_deadline for row in problems):
        told[_AT["deadline"]] = deadline_words(max(deadlines))
    if any(row.own_state for row in problems):
        told[_AT["closed"]] = closed_words(all(row.closed is True for row in problems))
    if any(row.own_state or row.measures for row in problems):
        told[_AT["progress"]] = _progress(problems)
    return told


def _progress(problems: Sequence[Row[Any]]) -> str:
    """State and measures, by category where the problems of the row differ."""
    parts = [_part(row) for row in problems]
    if len(set(parts)) == 1:
        return parts[0]
    return "；".join(f"问题{row.category}{part}" for row, part in zip(problems, parts, strict=True))


def _part(row: Row[Any]) -> str:
    words = row.measures or _without_state(row.progress, row.category)
    if not row.own_state:
        return words
    return "：".join(filter(None, (ProblemState(row.own_state).words, words)))


def _without_state(progress: str, category: int) -> str:
    """What the sheet says of the category, without the state that an earlier form of ours put before it."""
    own = progress
    if _OF_EACH.match(progress):
        found = re.search(rf"(?:^|；)问题{category}(?!\d)(.*?)(?=；问题\d|$)", progress, re.DOTALL)
        own = found[1] if found else ""
    return _STATE.sub("", own)
