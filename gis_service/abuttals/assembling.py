"""Stretches in, parts out: which sides belong to one ring, whose label they carry, and what was named twice."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from gis_service.abuttals.cleaning import clean
from gis_service.abuttals.issuing import issue
from gis_service.abuttals.labelling import NUMBERED, label
from gis_service.abuttals.model import Abuttal, AbuttalsPart, Side
from gis_service.abuttals.reading import Reading, Stretch
from gis_service.abuttals.words import OPPOSITE
from gis_service.issues import Issue, Severity

SideIssue = tuple[Side | None, Issue]
_SIDES = tuple(Side)
_COUNTED = re.compile(r"(?:^|[，；。\n])[(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)、.．]+$")
_BASE = re.compile("(?<![东南西北面侧边])以(?P<base>[^，；。\n、]{2,20}?)为(?:界|基准|中心|起点|边界|基点|起算)")


@dataclass
class _Draft:
    """A part while its sides come in."""

    group: int
    label: str | None = None
    sides: dict[str, dict[str, Abuttal]] = field(default_factory=dict)  # side → anchor → abuttal
    inverted: set[str] = field(default_factory=set)


def assemble(reading: Reading) -> Reading:
    """The reading with its parts; a side named twice within a part keeps all its anchors and is reported."""
    drafts: list[_Draft] = []
    latest: dict[int, _Draft] = {}
    issues: list[SideIssue] = []
    waiting: tuple[str, ...] = ()
    for number, stretch in enumerate(reading.stretches):
        draft = _draft_for(reading, drafts, latest, stretch)
        sides = tuple(dict.fromkeys((*waiting, *stretch.mark.sides)))
        waiting = sides if not stretch.pieces and _shares_next(reading, number) else ()
        if not waiting:
            issues += _add(reading, draft, replace(stretch, mark=replace(stretch.mark, sides=sides)))
    parts = tuple(_part(draft) for draft in drafts if draft.sides)
    return replace(reading, parts=parts, issues=(*reading.issues, *issues))


def _shares_next(reading: Reading, number: int) -> bool:
    """True for 西至和北至A and 西至、北至A: nothing but 和 or 、 stands between two marks."""
    if number + 1 >= len(reading.stretches):
        return False
    between = reading.chars[reading.stretches[number].mark.end : reading.stretches[number + 1].mark.start]
    return between in ("和", "与", "及", "、")


def _draft_for(reading: Reading, drafts: list[_Draft], latest: dict[int, _Draft], stretch: Stretch) -> _Draft:
    """The part a stretch belongs to; a new one where a heading, a bracket or a full ring says so."""
    name = label(reading, *stretch.heading)
    own = latest.get(stretch.group)
    draft = own or (drafts[-1] if drafts else None)
    if draft is None or _begins(reading, draft, stretch, name, same_group=own is not None):
        draft = _Draft(stretch.group, name)
        drafts.append(draft)
    latest[stretch.group] = draft
    return draft


def _begins(reading: Reading, draft: _Draft, stretch: Stretch, name: str | None, *, same_group: bool) -> bool:
    """True when the stretch opens another part than the draft."""
    if stretch.mark.extends:
        return False
    if not draft.sides:
        return bool(name) and draft.label is None
    repeated = bool(set(stretch.mark.sides) & (draft.inverted if stretch.mark.inverted else _written(draft)))
    numbered = bool(name and NUMBERED.search(name))
    colon = bool(name) and reading.chars[stretch.mark.start - 1 : stretch.mark.start] == "："
    if not same_group:
        return repeated or numbered or colon
    before = reading.chars[stretch.pieces[0][0] - 1 : stretch.pieces[0][0]] if stretch.pieces else ""
    full = all(side in draft.sides for side in _SIDES)
    if stretch.mark.inverted:  # A以东以南、B以西、C以东 goes on; after a full stop another ring may begin
        full = len(draft.sides) >= 3 if before in ("；", "。") else full and before not in ("、", "-")
    return (repeated and (bool(name) or full or _enumerated(reading, stretch))) or (numbered and colon)


def _enumerated(reading: Reading, stretch: Stretch) -> bool:
    """True when ②, 2. or （二） stands right before the side."""
    start, end = stretch.heading
    return (end - 1 in reading.glyphs.counted and start < end) or bool(_COUNTED.search(reading.chars[start:end]))


def _written(draft: _Draft) -> set[str]:
    """The sides named by a mark before the anchor; such a mark takes the side from an inverted one."""
    return set(draft.sides) - draft.inverted


def _add(reading: Reading, draft: _Draft, stretch: Stretch) -> list[SideIssue]:
    """The issues of putting a stretch's anchors on their sides."""
    found = _blurred(stretch)
    for side in stretch.mark.sides:
        compass = Side(side) if side in _SIDES else None
        cleaned = [clean(reading, piece, side, stretch.mark) for piece in _share(stretch, side)]
        known = [one for one in cleaned if one]
        if stretch.mark.doubled:
            found.append((compass, issue("verb_doubled", side=side)))
        if stretch.mark.unworded:
            found.append((compass, issue("verb_missing", side=side)))
        if not known:
            found.append((compass, issue("anchor_missing", side=side)))
        elif not (stretch.mark.inverted and side in draft.sides and side not in draft.inverted):
            found += [(compass, one) for one in _put(reading, draft, stretch, side, known)]
    return found


def _blurred(stretch: Stretch) -> list[SideIssue]:
    """南北至A路、B路: which of two opposite sides an anchor belongs to is not said."""
    sides = stretch.mark.sides
    opposite = next((side for side in ("S", "E") if {side, OPPOSITE[side]} <= set(sides)), None)
    if (
        opposite is None
        or len(stretch.pieces) < 2
        or ((stretch.mark.each or len(sides) > 2) and len(stretch.pieces) == len(sides))
    ):
        return []
    return [(None, issue("sides_share_anchors", words="南、北" if opposite == "S" else "东、西"))]


def _share(stretch: Stretch, side: str) -> tuple[tuple[int, int], ...]:
    """东、南、西、北为A、B、C、D: one anchor to each side when the numbers agree; else, and for two sides without
    分别, all to all.
    """
    sides, pieces = stretch.mark.sides, stretch.pieces
    if len(sides) == len(pieces) and (stretch.mark.each or len(sides) > 2):
        return (pieces[sides.index(side)],)
    return pieces


def _put(reading: Reading, draft: _Draft, stretch: Stretch, side: str, known: list[Abuttal]) -> list[Issue]:
    """The anchors on their side; the issue when the side had others before."""
    if not stretch.mark.inverted and side in draft.inverted:
        draft.inverted.discard(side)
        draft.sides.pop(side)
    already = draft.sides.setdefault(side, {})
    named = [one if one.anchor else _from_base(reading, draft, stretch, side, one) for one in known]
    before = len(already)
    repeated = bool(already) and any(one.anchor for one in known)
    for one in named:
        already[one.anchor] = one if not known[0].anchor else already.get(one.anchor, one)
    if stretch.mark.inverted:
        draft.inverted.add(side)
    if not repeated:
        return []
    return [issue("side_repeated", side=side, severity=Severity.WARNING if len(already) > before else Severity.NOTE)]


def _from_base(reading: Reading, draft: _Draft, stretch: Stretch, side: str, distance: Abuttal) -> Abuttal:
    """A side that is only a distance counts from what it was before or from 以…为界; else it stays as written."""
    known = next(iter(draft.sides.get(side, {}).values()), None)
    if known is None and (base := _BASE.search(reading.chars[: stretch.mark.start][-200:])):
        shift = max(0, stretch.mark.start - 200)
        known = clean(reading, (shift + base.start("base"), shift + base.end("base")), side, stretch.mark)
    if known is None or not known.anchor:
        start, end = stretch.pieces[0]
        shown = reading.glyphs.shown[start:end]
        return replace(distance, anchor=shown, span=reading.glyphs.span(start, end), offset_dir=Side(side[-1]))
    return replace(known, offset_m=distance.offset_m, offset_dir=distance.offset_dir)


def _part(draft: _Draft) -> AbuttalsPart:
    """The part, with each diagonal anchor on those of its two sides that nothing else names."""
    named = {side: tuple(draft.sides[side].values()) for side in _SIDES if side in draft.sides}
    diagonals = {side: tuple(anchors.values()) for side, anchors in draft.sides.items() if side not in _SIDES}
    filled: dict[Side, tuple[Abuttal, ...]] = {}
    for diagonal, anchors in diagonals.items():
        for side in (Side(letter) for letter in diagonal):
            if side not in named:
                filled[side] = (*filled.get(side, ()), *anchors)
    sides = {side: named.get(side) or filled[side] for side in _SIDES if side in named or side in filled}
    return AbuttalsPart(draft.label, sides, diagonals)
