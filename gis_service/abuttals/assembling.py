"""Stretches in, parts out: which sides belong to one ring, and whose label they carry."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from gis_service.abuttals import words
from gis_service.abuttals.cleaning import clean
from gis_service.abuttals.issuing import issue
from gis_service.abuttals.marks import any_of
from gis_service.abuttals.model import Abuttal, AbuttalsPart, Side
from gis_service.abuttals.reading import Reading, Stretch
from gis_service.issues import Issue, Severity

_SIDES = tuple(Side)
_NUMBERED = re.compile(
    r"(?:第?(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3})[号#]?(?:地块|标段|[队组期区段社片村]|网格)|[A-Z](?:区|段|地块|块))[^，。；]{0,6}$"
)
_ENUMERATED = re.compile(r"^(?:第[一二三四五六七八九十百0-9]{1,4}[条款章]|[(]?[一二三四五六七八九十0-9]{1,3}[)、．.])")
_JUNK = re.compile(f"(?:{any_of(words.LABEL_JUNK)}|[，；。、：()“”\\n -])+$")


@dataclass
class _Draft:
    """A part while its sides come in."""

    group: int
    label: str | None = None
    sides: dict[str, list[Abuttal]] = field(default_factory=dict)
    inverted: set[str] = field(default_factory=set)


def assemble(reading: Reading) -> Reading:
    """The reading with its parts; a side named twice within a part keeps all its anchors and is reported."""
    drafts: list[_Draft] = []
    issues: list[tuple[Side | None, Issue]] = []
    pending: list[Stretch] = []
    for number, stretch in enumerate(reading.stretches):
        draft = _draft_for(reading, drafts, stretch)
        pending = [*pending, stretch] if not stretch.pieces and _shares_next(reading, number) else pending
        if pending and pending[-1] is stretch:
            continue
        sides = tuple(dict.fromkeys(side for one in (*pending, stretch) for side in one.mark.sides))
        pending = []
        issues += _add(reading, draft, replace(stretch, mark=replace(stretch.mark, sides=sides)))
    parts = tuple(_part(draft) for draft in drafts if draft.sides)
    return replace(reading, parts=parts, issues=(*reading.issues, *issues))


def _shares_next(reading: Reading, number: int) -> bool:
    """True for 西至和北至A: nothing but 和 stands between two marks."""
    if number + 1 >= len(reading.stretches):
        return False
    between = reading.chars[reading.stretches[number].mark.end : reading.stretches[number + 1].mark.start]
    return between in ("和", "与", "及")


def _draft_for(reading: Reading, drafts: list[_Draft], stretch: Stretch) -> _Draft:
    """The part a stretch belongs to; a new one where a heading, a bracket or a full ring says so."""
    label = _label(reading, stretch)
    own = next((draft for draft in reversed(drafts) if draft.group == stretch.group), None)
    draft = own or (drafts[-1] if drafts else None)
    if draft is None or _begins(reading, draft, stretch, label, same_group=own is not None):
        draft = _Draft(stretch.group, label)
        drafts.append(draft)
    return draft


def _begins(reading: Reading, draft: _Draft, stretch: Stretch, label: str | None, *, same_group: bool) -> bool:
    if not draft.sides:
        return bool(label) and draft.label is None
    repeated = bool(set(stretch.mark.sides) & set(draft.sides))
    if stretch.mark.inverted or draft.inverted:
        repeated = repeated and bool(set(stretch.mark.sides) & draft.inverted) == stretch.mark.inverted
    numbered = bool(label and _NUMBERED.search(label))
    colon = bool(label) and reading.chars[: stretch.mark.start].endswith("：")
    if not same_group:
        return repeated or numbered or colon
    full = all(side in draft.sides for side in _SIDES)
    return (repeated and (bool(label) or full)) or (numbered and colon) or (numbered and repeated)


def _label(reading: Reading, stretch: Stretch) -> str | None:
    """The heading without 四至范围：, numbers of paragraphs and words such as 项目."""
    start, end = stretch.heading
    text = reading.chars[start:end]
    text = _JUNK.sub("", text[-120:])
    clause = re.split("[；。\n，“]", text)[-1]
    clause = _ENUMERATED.sub("", clause).strip("，；。、：()“”\n -")
    clause = _JUNK.sub("", clause)
    if not clause or clause in words.SUBJECTS_ONLY or len(clause) < 2 or clause.isdigit():
        return None
    where = reading.chars.rfind(clause, start, end)
    return reading.glyphs.shown[where : where + len(clause)] if where >= 0 else clause


def _add(reading: Reading, draft: _Draft, stretch: Stretch) -> list[tuple[Side | None, Issue]]:
    """The issues of putting a stretch's anchors on their sides."""
    found: list[tuple[Side | None, Issue]] = []
    shares = _shares(stretch)
    for side in stretch.mark.sides:
        anchors = [clean(reading, piece, side)[0] for piece in shares.get(side, stretch.pieces)]
        known = [anchor for anchor in anchors if anchor]
        compass = Side(side) if side in _SIDES else None
        if not known:
            found.append((compass, issue("anchor_missing", side=side)))
            continue
        if stretch.mark.inverted and side in draft.sides and side not in draft.inverted:
            continue
        already = draft.sides.setdefault(side, [])
        fresh = [anchor for anchor in known if anchor.anchor not in {one.anchor for one in already}]
        if already:
            severity = Severity.WARNING if fresh else Severity.NOTE
            found.append((compass, issue("side_repeated", side=side, severity=severity)))
        already.extend(fresh)
        if stretch.mark.inverted:
            draft.inverted.add(side)
    return found


def _shares(stretch: Stretch) -> dict[str, tuple[tuple[int, int], ...]]:
    """东、南、西、北分别为A、B、C、D: one anchor to each side when the numbers agree."""
    sides, pieces = stretch.mark.sides, stretch.pieces
    if stretch.mark.each and len(sides) == len(pieces):
        return {side: (piece,) for side, piece in zip(sides, pieces, strict=True)}
    return {}


def _part(draft: _Draft) -> AbuttalsPart:
    """The part, with each diagonal anchor on those of its two sides that nothing else names."""
    named = {Side(side): tuple(draft.sides[side]) for side in _SIDES if side in draft.sides}
    diagonals = {side: tuple(anchors) for side, anchors in draft.sides.items() if side not in _SIDES}
    filled: dict[Side, tuple[Abuttal, ...]] = {}
    for diagonal, anchors in diagonals.items():
        for side in (Side(letter) for letter in diagonal):
            if side not in named:
                filled[side] = (*filled.get(side, ()), *anchors)
    sides = {side: named.get(side) or filled[side] for side in _SIDES if side in named or side in filled}
    return AbuttalsPart(draft.label, sides, diagonals)
