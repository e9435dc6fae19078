"""Rows that repeat a key: the first stays, the others become issues."""

from __future__ import annotations

from collections.abc import Sequence

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
