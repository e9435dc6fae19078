"""Folded characters in, what the sentence leaves out or adds out: 除…外, …除外, 不含…, 含…, 以及…."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from gis_service.abuttals import words
from gis_service.abuttals.issuing import issue
from gis_service.abuttals.marks import HARD_STOPS, any_of
from gis_service.abuttals.reading import Reading

_LONGEST = 200
_EXCEPT = re.compile(
    r"(?:除去?|扣除)(?!外[^环滩围国科])(?P<what>[^。\n]{1,120}?)(?:之外|以外|(?<![室户对窗])外(?![环滩围国科侧面墙部边沿延扩]))"
)
_EXCEPTED = re.compile(r"除外")
_LEADING = re.compile(f"(?:(?P<out>{any_of(words.EXCLUDING)})|(?P<in>{any_of(words.INCLUDING)}))")
_SIDE = re.compile("[东南西北](?:面|侧|边|部)?(?:至|起|到|临|邻|接|以|与|抵|靠|：)")


def set_aside(reading: Reading) -> Reading:
    """The reading with exclusions and inclusions noted, their characters closed to every later step."""
    excluded: list[tuple[int, int, str]] = []
    included: list[tuple[int, int, str]] = []
    busy: set[int] = set()
    for start, end, what, out in (*_excepts(reading), *_trailing(reading), *_leading(reading)):
        if not busy.isdisjoint(range(start, end)):
            continue
        busy.update(range(start, end))
        (excluded if out else included).append((start, end, what))
    described = any(len(_SIDE.findall(reading.chars[start:end])) >= 2 for start, end, _ in excluded)
    issues = ((None, issue("excluded_area_described")),) if described else ()
    return replace(
        reading,
        issues=(*reading.issues, *issues),
        aside=frozenset(busy),
        exclude=tuple(what for *_, what in sorted(excluded) if what),
        include=tuple(what for *_, what in sorted(included) if what),
    )


def _shown(reading: Reading, start: int, end: int) -> str:
    shown = reading.glyphs.shown[start:end].strip("，；。、：的“”\n ,;:")
    bare = re.sub("[^(（)）]", "", shown).translate(str.maketrans("（）", "()"))
    return shown.strip("()（）") if bare in ("", "(", ")", "()") and not shown.endswith((")", "）")) else shown


def _excepts(reading: Reading) -> Iterator[tuple[int, int, str, bool]]:
    for found in _EXCEPT.finditer(reading.chars):
        if reading.group_of[found.start()] == reading.group_of[found.end() - 1]:
            yield found.start(), found.end(), _shown(reading, found.start("what"), found.end("what")), True


def _trailing(reading: Reading) -> Iterator[tuple[int, int, str, bool]]:
    """高风险区除外: back to the stop or bracket before it, and not into the side before it."""
    for found in _EXCEPTED.finditer(reading.chars):
        start = max(0, found.start() - _LONGEST)
        for index in range(found.start() - 1, start - 1, -1):
            if reading.chars[index] in HARD_STOPS + "(":
                start = index + 1
                break
        if _SIDE.search(reading.chars, start, found.start()):
            start = max(start, reading.chars.rfind("、", start, found.start()) + 1)
        if not _SIDE.search(reading.chars, start, found.start()):
            yield start, found.end(), _shown(reading, start, found.start()), True


def _leading(reading: Reading) -> Iterator[tuple[int, int, str, bool]]:
    """不含…, 包括…, 以及… at the start of a clause, to its end."""
    for found in _LEADING.finditer(reading.chars):
        opens = found.start() == 0 or reading.chars[found.start() - 1] in HARD_STOPS + "("
        if not (opens or found["out"]) or _SIDE.match(reading.chars, found.end()):
            continue
        end = _clause_end(reading.chars, found.end())
        what = _shown(reading, found.end(), end) or _bracketed(reading, found.start())
        yield found.start(), end, what, bool(found["out"])


def _clause_end(chars: str, start: int) -> int:
    """The first stop outside brackets that open within the clause."""
    depth, quotes = 0, 0
    for index in range(start, min(len(chars), start + _LONGEST)):
        depth += chars[index] == "("
        quotes += chars[index] == "“"
        if chars[index] == ")" and depth == 0:
            return index
        depth -= chars[index] == ")"
        if depth == 0 and quotes % 2 == 0 and chars[index] in HARD_STOPS:
            return index
    return min(len(chars), start + _LONGEST)


def _bracketed(reading: Reading, index: int) -> str:
    """The landmark before a bare （不含） or （含）: the words back to the verb or stop before it."""
    before = reading.chars[max(0, index - 40) : index].rstrip("(")
    words_before = re.split("[，；。、\n：()]|[东南西北](?:至|起|到|临|邻|接|靠)", before)[-1]
    start = index - (len(reading.chars[max(0, index - 40) : index]) - len(before)) - len(words_before)
    return _shown(reading, start, start + len(words_before))
