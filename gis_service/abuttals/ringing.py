"""A sentence without sides in, the ring of names it lists out: A—B—C—A, or A/B/C/D围合."""

from __future__ import annotations

import re
from dataclasses import replace

from gis_service.abuttals.issuing import issue
from gis_service.abuttals.marks import any_of
from gis_service.abuttals.model import Abuttal, AbuttalsPart
from gis_service.abuttals.reading import Reading

_ENCLOSED = re.compile(
    any_of(("围合", "合围", "围成", "所围", "围闭", "闭合", "构成", "区域内", "环线", "组成的", "区域"))
)
_LONGEST = 400
_NAME = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]{2,20}$")
_LINEAR = re.compile("(?:路|街|大道|巷|道|河|江|渠|高速|铁路|线|隧道|桥|侧|岸|墙|胡同|弄|峰)$")


def read_ring(reading: Reading) -> Reading:
    """The reading with one part without sides when at least three names are joined by dashes, strokes or 、."""
    if reading.parts:
        return reading
    chars = reading.chars
    enclosed = _ENCLOSED.search(chars)
    stop = enclosed.start() if enclosed else len(chars)
    for start, end in (*_clauses(chars, stop), *([(0, stop)] if enclosed and stop < _LONGEST else [])):
        names = _names(chars, start, end)
        if len(names) >= 3 and all(_LINEAR.search(chars[slice(*name)]) for name in names[1:]):
            ring = tuple(_anchor(reading, name) for name in names)
            found = (None, issue("ring_without_directions"))
            return replace(reading, parts=(AbuttalsPart(ring=ring),), issues=(*reading.issues, found))
    return reading


def _clauses(chars: str, end: int) -> list[tuple[int, int]]:
    return [found.span() for found in re.finditer("[^，；。\n：()]{6,400}", chars[:end])]


def _names(chars: str, start: int, end: int) -> list[tuple[int, int]]:
    found = [match.span() for match in re.finditer("[^-/、，]+", chars[start:end])]
    names = [(start + a, start + b) for a, b in found]
    return names if all(_NAME.match(chars[a:b]) for a, b in names) else []


def _anchor(reading: Reading, name: tuple[int, int]) -> Abuttal:
    return Abuttal(
        reading.glyphs.shown[slice(*name)], reading.glyphs.span(*name), names=(reading.glyphs.shown[slice(*name)],)
    )
