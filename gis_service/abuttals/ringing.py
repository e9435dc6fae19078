"""A sentence without sides in, the ring of names it lists out: A—B—C—A, or A/B/C/D围合."""

from __future__ import annotations

import re
from dataclasses import replace

from gis_service.abuttals import words
from gis_service.abuttals.issuing import issue
from gis_service.abuttals.labelling import label
from gis_service.abuttals.marks import any_of
from gis_service.abuttals.model import Abuttal, AbuttalsPart
from gis_service.abuttals.reading import Reading

_ENCLOSED = re.compile(
    any_of(
        ("围合", "合围", "围成", "所围", "围闭", "闭合", "构成", "区域内", "环线", "组成的", "区域", "一线以内", "以内")
    )
)
_LONGEST = 400
_NAME = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]{2,20}$")
_NO_NAME = re.compile("涉及|改造|包括|等(?:道路|路段|街道|处|$)")
_LINEAR = re.compile("(?:路|街|大道|巷|道|河|江|渠|高速|铁路|线|隧道|桥|侧|岸|墙|胡同|弄|峰)$")
_BY = re.compile("(?P<label>[^、，；。由-]{0,30})由(?!义)(?=..)")
_LEAD = re.compile("(?:四至|范围|区域|边界|界线)*(?:[是为]由?|依次为|以|沿|自|从)(?=..)|(?:四至|范围)+(?=..)")
# 沿人民路向南至长江路，沿长江路向西至解放路，…
_ALONG = re.compile(
    "沿(?P<name>[\u4e00-\u9fffA-Z0-9]{1,14}?(?:路|街|大道|巷|河|江|渠|高速|铁路|线))"
    "[往向]?(?:[东南西北]{1,2}(?:方向)?|前|左|右)?(?:行)?(?:至|到|接)"
)
_JOINT = re.compile(
    f"[-/、，]+|(?<=[_{''.join(sorted(words.GENERIC_ENDS))}])"
    f"(?:以及|[与及]|和(?![{''.join(sorted(words.WORDS_WITH_HE))}]))"
)


def read_ring(reading: Reading) -> Reading:
    """The reading with one part without sides when at least three names are joined by dashes, strokes or 、."""
    if reading.parts:
        return reading
    chars = reading.chars
    enclosed = _ENCLOSED.search(chars)
    stop = enclosed.start() if enclosed else len(chars)
    masked = _masked(reading)
    for start, end in (*_clauses(masked, stop), *([(0, stop)] if enclosed and stop < _LONGEST else [])):
        by = _BY.match(chars, start, end) if enclosed else None
        names = _names(chars, masked, by.end() if by else start, end)
        if len(names) >= 3 and all(_is_edge(chars[slice(*name)], named=bool(by)) for name in names[1:]):
            heading = label(reading, start, by.end("label")) if by else None
            return _with_ring(reading, heading, names)
    way = [found.span("name") for found in _ALONG.finditer(chars)]
    return _with_ring(reading, None, way) if len(way) >= 3 else reading


def _with_ring(reading: Reading, heading: str | None, names: list[tuple[int, int]]) -> Reading:
    """The reading with the one part that the names enclose, and the issue that its sides are not told."""
    part = AbuttalsPart(heading, ring=tuple(_anchor(reading, name) for name in names))
    return replace(reading, parts=(part,), issues=(*reading.issues, (None, issue("ring_without_directions"))))


def _clauses(masked: str, end: int) -> list[tuple[int, int]]:
    """The stretches between stops; a bracket that only annotates is part of its clause."""
    return [found.span() for found in re.finditer("[^，；。\n：()]{6,400}", masked[:end])]


def _masked(reading: Reading) -> str:
    """The characters with every bracket that only annotates blotted out."""
    masked = list(reading.chars)
    for opening, close in reading.notes.items():
        masked[opening:close] = "_" * len(masked[opening:close])
    return "".join(masked)


def _names(chars: str, masked: str, start: int, end: int) -> list[tuple[int, int]]:
    """The spans between the joints without the brackets behind them; none when one of them is no name."""
    lead = _LEAD.match(chars, start, end)
    starts, ends = [lead.end() if lead else start], []
    for joint in _JOINT.finditer(masked, starts[0], end):
        ends.append(joint.start())
        starts.append(joint.end())
    spans = [(a, a + len(masked[a:b].rstrip("_"))) for a, b in zip(starts, [*ends, end], strict=True) if b > a]
    ok = all(_NAME.match(chars[a:b]) and not _NO_NAME.search(chars[a:b]) for a, b in spans)
    return spans if ok else []


def _is_edge(name: str, *, named: bool) -> bool:
    """True for what can be an edge of a ring; after 由 any landmark can, without it only what is long."""
    return bool(_LINEAR.search(name)) or (named and name[-1] in words.GENERIC_ENDS)


def _anchor(reading: Reading, name: tuple[int, int]) -> Abuttal:
    shown = reading.glyphs.shown[slice(*name)]
    return Abuttal(shown, reading.glyphs.span(*name), names=(shown,))
