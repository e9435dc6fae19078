"""All marks in, those out that name a side: 南侧 in 南侧：东至A，西至B； heads a description and is no side."""

from __future__ import annotations

import re
from dataclasses import replace

from gis_service.abuttals.reading import Mark, Reading

_BETWEEN = ("", "：", "(", "的", "：(")
_SUFFIXED = re.compile("[东南西北](?:侧|面|边|部|方)：?$")


def drop_headings(reading: Reading) -> Reading:
    """The reading without side words that only head the sides after them; the words become the part's label."""
    marks = reading.marks
    heads = {number for number in range(len(marks) - 1) if _may_head(reading, marks[number], marks[number + 1])}
    kept: list[Mark] = []
    for number, mark in enumerate(marks):
        if number in heads and _is_head(marks, heads, number):
            continue
        if kept and kept[-1].sides == mark.sides and number - 1 in heads and kept[-1] is marks[number - 1]:
            kept[-1] = replace(mark, start=kept[-1].start, doubled=True)  # 东侧：东至
        else:
            kept.append(mark)
    return replace(reading, marks=tuple(kept))


def _may_head(reading: Reading, mark: Mark, following: Mark) -> bool:
    """True for a side word straight before another side, where its landmark should stand."""
    if mark.inverted or following.inverted or mark.verb not in ("", "：") or len(mark.sides) > 1:
        return False
    between = reading.chars[mark.end : following.start]
    return between in _BETWEEN and bool(_SUFFIXED.search(reading.chars[mark.start : mark.end]))


def _is_head(marks: tuple[Mark, ...], heads: set[int], number: int) -> bool:
    """True when two sides or more follow before the next head."""
    upto = min((other for other in heads if other > number), default=len(marks))
    return len({side for mark in marks[number + 1 : upto] for side in mark.sides}) >= 2
