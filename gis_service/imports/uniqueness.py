"""Rows that repeat a key, or tell of a day before what stands: what is not written of them becomes issues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from gis_service.issues import Issue, Severity, Where
from gis_service.store.staging import Row


def first_of_each(rows: Sequence[Row], key: str, file: str) -> tuple[list[Row], list[Issue]]:
    """The first row of each key, and an issue for every later one."""
    kept: dict[object, Row] = {}
    issues = []
    for row in rows:
        if row[key] in kept:
            text = f"编号“{row[key]}”重复，只导入第一个"
            issues.append(Issue("key_repeated", text, Severity.ERROR, Where(file=file, column=key)))
        else:
            kept[row[key]] = row
    return list(kept.values()), issues


def came_late(codes: Collection[str], day: dt.date, places: Mapping[str, Where]) -> list[Issue]:
    """An issue for each row that a survey of a later day spoke of already, and which says something else."""
    told = f"已有比 {day} 晚的调查，这份文件说的不同，未导入"
    return [Issue("survey_older", f"编号“{code}”{told}", Severity.ERROR, places[code]) for code in sorted(codes)]
