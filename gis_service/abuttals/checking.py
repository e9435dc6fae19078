"""Parts in, parts with the names to look for and the issues of every side out, and whether they describe an area."""

from __future__ import annotations

import re
from dataclasses import replace

from gis_service.abuttals import words
from gis_service.abuttals.issuing import issue
from gis_service.abuttals.marks import any_of
from gis_service.abuttals.model import Abuttal, AbuttalsPart, Basis, Side
from gis_service.abuttals.numerals import LENGTH
from gis_service.abuttals.reading import Reading
from gis_service.abuttals.referring import refers
from gis_service.issues import Issue

SideIssue = tuple[Side | None, Issue]
_UNNAMED = frozenset(words.UNNAMED)
_WIDTH = f"约?宽?约?{LENGTH}宽?的?".replace("?P<number>", "?:").replace("?P<unit>", "?:")
_LEADS = re.compile(f"(?:{any_of(words.UNNAMED_LEADS)}|{_WIDTH})+")
_TAILS = re.compile(f"(?:{any_of(words.UNNAMED_TAILS)})+$")
_ROW = re.compile("[0-9一二三四五六七八九十]排$|(?:相邻|之间|间)的?(?:小?巷道?|小?路|道路|空地|通道)$")
# 3号楼, 236-1号, 24号门前道路: a door of a street that is not told.
_DOOR = re.compile(
    "[0-9]{1,4}(?:-[0-9]{1,4})?(?:号|栋|幢|座)(?:楼|院|房|门)?"
    "(?:[前后旁东西南北](?:面|侧|边)?(?:的?(?:道路|小路|路|巷道|空地|胡同|通道))?)?"
)
_STATE = re.compile(f"(?:{any_of(words.STATES_BEFORE_A_NAME)})(?=.{{2}})")
_LOCATOR = re.compile(
    r"(?:[东南西北]端|[东南西北中]段|[一二三四]段|延长线|延伸线|延伸段|高架桥?|辅路|主路|南北桥头|[东南西北]?桥头|路口|段)$"
)
_CUT_OFF = re.compile(r"(?:…|\.\.).?$|^(?:规|规划)$")
_ONLY_METRES = re.compile(f"约?{LENGTH}(?:以内|以外|左右|处|内|外)?")
_DISTRICT = re.compile("(?:[\u4e00-\u9fff]{2,6}?(?:街道|[市县区镇乡]))(?=[\u4e00-\u9fff0-9A-Z]{3})")


def check(reading: Reading) -> Reading:
    """The reading with lookable anchors told from the others, and one issue for everything that is wrong."""
    parts = tuple(_with_names(part) for part in reading.parts)
    found = [found for part in parts for found in (*_side_issues(part), *_missing(part), *_diagonal_issues(part))]
    return replace(reading, parts=parts, issues=(*reading.issues, *found))


def is_usable(parts: tuple[AbuttalsPart, ...]) -> bool:
    """True when a part names three sides or more, two of them by what can be looked for, or a ring of landmarks."""
    return any(
        sum(one.lookable and not one.anchor.endswith("侧") for one in part.ring) >= 3
        or (len(part.sides) >= 3 and sum(any(one.lookable for one in anchors) for anchors in part.sides.values()) >= 2)
        for part in parts
    )


def _with_names(part: AbuttalsPart) -> AbuttalsPart:
    sides = {side: tuple(_named(one, part.label) for one in anchors) for side, anchors in part.sides.items()}
    diagonals = {side: tuple(_named(one, part.label) for one in anchors) for side, anchors in part.diagonals.items()}
    return replace(part, sides=sides, diagonals=diagonals, ring=tuple(_named(one, part.label) for one in part.ring))


def _named(abuttal: Abuttal, label: str | None) -> Abuttal:
    """The abuttal with the names to look for; the wall of 本小区 is that of whatever the part is called."""
    outline = abuttal.basis is Basis.WALL or (abuttal.basis is Basis.RED_LINE and abuttal.anchor[:1] in tuple("本该自"))
    if outline and abuttal.anchor in words.OWN:
        return replace(abuttal, own=True, names=(label,) if label else ())
    return replace(abuttal, names=_names(abuttal), lookable=not _wrong(abuttal))


def _names(abuttal: Abuttal) -> tuple[str, ...]:
    """The anchor, its alias, and both without 规划, 东端 and the district in front."""
    names = [abuttal.anchor, *([abuttal.alias] if abuttal.alias else []), *abuttal.junction]
    for pattern in (_STATE, _DISTRICT):
        names += [name[found.end() :] for name in names if (found := pattern.match(name))]
    names += [name[: found.start()] for name in names if (found := _LOCATOR.search(name)) and found.start() >= 2]
    return tuple(dict.fromkeys(name for name in names if len(name) >= 2))


def _wrong(abuttal: Abuttal) -> str:
    """The code of what keeps an anchor from being looked for; empty when nothing does."""
    anchor = abuttal.anchor
    if abuttal.own:
        return ""
    if refers(anchor):
        return "anchor_refers_elsewhere"
    if _CUT_OFF.search(anchor):
        return "anchor_truncated"
    named_by_alias = abuttal.alias is not None and not _is_unnamed(abuttal.alias)
    return "anchor_unnamed" if _is_unnamed(anchor) and not named_by_alias else ""


def _is_unnamed(anchor: str) -> bool:
    """True for 空地, 规划道路, 15米规划路, 水沟边, 3号楼, 30米以内, a single character and signs."""
    lead = _LEADS.match(anchor)
    bare = anchor[lead.end() :] if lead else anchor
    empty = len(anchor) < 2 or not bare or not re.search("[\u4e00-\u9fffA-Za-z0-9]", anchor)
    nouns = {anchor, bare, _TAILS.sub("", anchor), _TAILS.sub("", bare)}
    return (
        empty
        or bool(_ROW.search(anchor))
        or bool(nouns & _UNNAMED)
        or bool(_ONLY_METRES.fullmatch(anchor) or _DOOR.fullmatch(anchor))
    )


def _side_issues(part: AbuttalsPart) -> list[SideIssue]:
    found: list[SideIssue] = []
    for side, anchors in part.sides.items():
        for one in anchors:
            if code := _wrong(one):
                found.append((side, issue(code, side=side, words=one.anchor)))
            if one.offset_m is not None and one.offset_dir is None:
                found.append((side, issue("offset_direction_missing", side=side, words=one.anchor)))
    return found


def _missing(part: AbuttalsPart) -> list[SideIssue]:
    return [(side, issue("side_missing", side=side)) for side in Side if side not in part.sides and not part.ring]


def _diagonal_issues(part: AbuttalsPart) -> list[SideIssue]:
    found: list[SideIssue] = []
    for diagonal, anchors in part.diagonals.items():
        used = any(set(anchors) & set(part.sides.get(Side(letter), ())) for letter in diagonal)
        named = "、".join(one.anchor for one in anchors)
        found.append((None, issue("diagonal_side" if used else "diagonal_extra", side=diagonal, words=named)))
    return found
