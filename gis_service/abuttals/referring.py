"""Parts in, parts out whose 同一期 and 同上 are what an earlier part of the same sentence says there."""

from __future__ import annotations

import re
from dataclasses import replace

from gis_service.abuttals import words
from gis_service.abuttals.issuing import issue
from gis_service.abuttals.marks import any_of
from gis_service.abuttals.model import Abuttal, AbuttalsPart, Side
from gis_service.abuttals.reading import Reading
from gis_service.issues import Issue

_WHAT = f"上|前|{words.PART_WORD}"
_SAME = re.compile(
    f"(?:均|都)?[同与](?P<what>{_WHAT})的?(?:(?P<side>[东南西北])[侧面边界]?)?(?:相同|一致)?(?:[侧面边])?"
)
_NAMED = re.compile("[同与](?P<what>[^，；。()]{3,15}?)(?:相同|一致)?")
_WHOLE = re.compile(
    "(?:^|[，；。、)\n])(?P<label>[^，；。：、()\n]{0,20}?)的?[(]?(?:(?:四至|范围|边界|界限)+|：)[：为]?"
    f"(?:均|都)?[同与](?P<what>{_WHAT}|[^，；。()]{{3,15}}?)(?:相同|一致)?(?=[，；。)\n]|$)"
)
_ELSEWHERE = re.compile(f"(?:{any_of(words.ELSEWHERE)})$")
_SAME_SIDE = re.compile("同[东南西北](?:侧|面|边|至|界)?")
_FIRST = frozenset("同与均都").union(word[0] for word in words.ELSEWHERE)
_SIDES = {side.words: side for side in Side}


def refers(anchor: str) -> bool:
    """True for 同一期, 同上, 与一期相同 and, where no name follows, words such as 详见附图."""
    if anchor[:1] not in _FIRST:
        return False
    return bool(_SAME.fullmatch(anchor) or _ELSEWHERE.match(anchor) or _SAME_SIDE.fullmatch(anchor))


def take_over(reading: Reading) -> Reading:
    """The reading with what 同一期 stands for, each with a note; what stands for nothing here stays as written."""
    parts: list[AbuttalsPart] = []
    notes: list[tuple[Side | None, Issue]] = []
    for part in reading.parts:
        sides: dict[Side, tuple[Abuttal, ...]] = {}
        for side, anchors in part.sides.items():
            known = _known(parts, side, anchors)
            sides[side] = known or anchors
            if known:
                names = "、".join(one.anchor for one in known)
                notes.append((side, issue("anchor_taken_over", side=side, words=anchors[0].anchor, names=names)))
        parts.append(replace(part, sides=sides))
    whole, found = _whole(reading, parts)
    return replace(reading, parts=(*parts, *whole), issues=(*reading.issues, *notes, *found))


def _known(parts: list[AbuttalsPart], side: Side, anchors: tuple[Abuttal, ...]) -> tuple[Abuttal, ...]:
    """The anchors of the earlier part that the only anchor of a side refers to; none when it refers to none."""
    written = anchors[0].anchor if len(anchors) == 1 else ""
    said = _SAME.fullmatch(written) or _NAMED.fullmatch(written)
    earlier = _earlier(parts, said["what"]) if said else None
    if not said or earlier is None:
        return ()
    there = earlier.sides.get(_SIDES.get(said.groupdict().get("side") or "", side), ())
    return tuple(replace(one, taken_over=anchors[0].span) for one in there if not refers(one.anchor))


def _earlier(parts: list[AbuttalsPart], what: str) -> AbuttalsPart | None:
    """The last part of that label; for 同上 the part before."""
    if what in ("上", "前"):
        return parts[-1] if parts else None
    if not re.fullmatch(words.PART_WORD, what):
        return next((part for part in parts if part.label == what), None)
    return next((part for part in reversed(parts) if (part.label or "").endswith(what)), None)


def _whole(reading: Reading, parts: list[AbuttalsPart]) -> tuple[list[AbuttalsPart], list[tuple[Side | None, Issue]]]:
    """The parts that are described by 二期四至同一期, and what is to be said of them."""
    added: list[AbuttalsPart] = []
    issues: list[tuple[Side | None, Issue]] = []
    for found in _WHOLE.finditer(reading.chars):
        label = reading.glyphs.shown[slice(*found.span("label"))] or None
        earlier = _earlier(parts, found["what"])
        said = found[0].strip("，；。\n")
        if earlier is None and not re.fullmatch(_WHAT, found["what"]):
            continue
        if earlier is None or not label or earlier.label == label:
            issues.append((None, issue("part_refers_elsewhere", words=said)))
            continue
        added.append(replace(earlier, label=label))
        issues.append((None, issue("part_taken_over", words=said)))
    return added, issues
