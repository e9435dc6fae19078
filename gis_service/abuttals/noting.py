"""A bracket behind a landmark in, what it is out: another name, a state, the limits of a segment, or nothing for us."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gis_service.abuttals import words
from gis_service.abuttals.marks import any_of
from gis_service.abuttals.model import Basis
from gis_service.abuttals.reading import Glyphs

_STATE = re.compile(f"(?:{any_of(words.STATES)})$")
_BASES = (
    (re.compile("(?:规划|道路|用地|建设|[东南西北]侧)*红线"), Basis.RED_LINE),
    (re.compile("(?:规划|道路|河道)*(?:中心线|中线)"), Basis.CENTERLINE),
    (re.compile("[东南西北]?侧?(?:围墙|外墙|院墙)"), Basis.WALL),
)
_LEAD = re.compile(f"(?:{any_of(words.ALIAS_LEADS)})(?=.{{2}})[：]?")
_FROM = "(?:[东南西北](?=[自从由起至到])[自从由至到]?起?|自|从|由|起)?"
_TO = "起?[，、]?[东南西北]?(?:至|到|止于?|-)"
_LIMITS = re.compile(
    f"{_FROM}(?P<one>[^至到，]{{2,20}}?)(?:{_TO}(?P<two>[^，]{{2,20}}?)止?|[与和](?P<other>[^，]{{2,20}}?)之?间)(?:的?段|之间)?$"
)
_NO_NAME = re.compile(
    r"^[东南西北中]?(?:边线|边|侧|段|沿)|[，；。、：]|除|含|包括|方向|面积|平方|公顷|亩|米$|号楼|同上|附图|\d+[号栋]$|对面|旁$|附近"
)
_A_NAME = re.compile(
    f"(?:{any_of(words.GENERIC_NOUNS)}|[GSXYC]\\d{{1,4}}[A-Z]?(?:线)?|\\d+国道|\\d+省道|路|道|街|河|线|园|苑|城|湾)$"
)


@dataclass(frozen=True)
class Note:
    """What a bracket says of the landmark before it."""

    alias: str | None = None
    state: str | None = None
    limits: tuple[str, str] | None = None
    basis: Basis | None = None  # （红线）, （道路中心线）, （西侧围墙）
    renamed: bool = False  # 又名, 原名 … says that it is another name


_KINDS = ("路街道巷弄线速同环桥", "河江湖溪渠港沟浦水泾浜")


def alike(anchor: str, alias: str) -> bool:
    """True when both may name one thing: two roads, two waters, or the same last word (入城路（三福社区） are not)."""
    ends = [_last(anchor), _last(alias)]
    return ends[0] == ends[1] or any(all(end in kind for end in ends) for kind in _KINDS)


def _line_or_state(content: str) -> Note | None:
    """The note of （红线） and of （规划中）."""
    if basis := next((basis for pattern, basis in _BASES if pattern.fullmatch(content)), None):
        return Note(basis=basis)
    if content in words.STATES or _STATE.match(content):
        return Note(state="规划" if content.startswith("规划") else content.rstrip("的中"))
    return None


def _tells_limits(content: str, limits: re.Match[str]) -> bool:
    """True when the bracket says so (至, 段, 间) or joins two roads by a dash; remarks and exclusions do not."""
    if re.search("除|含|包括|面积|平方|公顷|亩|附图", content):
        return False
    ends = [limits["one"], limits["two"] or limits["other"]]
    return bool(re.search("[至到间]|段$", content)) or all(_A_NAME.search(end) for end in ends)


def _last(name: str) -> str:
    """The generic end; a code such as G1503 counts as a road."""
    return "路" if re.search(r"(?:[GSXYC]\d{1,4}[A-Z]?|国道\d*|省道\d*)$", name) else name[-1:]


def read_note(glyphs: Glyphs, start: int, end: int) -> Note:
    """The meaning of the bracket chars[start:end]; an empty Note for remarks that name nothing."""
    content, shown = glyphs.chars[start:end], glyphs.shown[start:end]
    if not content:
        return Note()
    if told := _line_or_state(content):
        return told
    if (limits := _LIMITS.match(content)) and _tells_limits(content, limits):
        other = "two" if limits["two"] else "other"
        return Note(limits=(shown[slice(*limits.span("one"))], shown[slice(*limits.span(other))]))
    if _NO_NAME.search(content):
        return Note()
    lead = _LEAD.match(content)
    bare = shown[lead.end() if lead else 0 :]
    if len(bare) <= 20 and (lead or _A_NAME.search(content)) and not re.fullmatch("[东南西北中]?段", content):
        return Note(alias=bare, renamed=bool(lead))
    return Note()
