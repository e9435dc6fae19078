"""Folded characters in, what the sentence leaves out or adds out: 除…外, …除外, 不含…, 含…, 以及…."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from gis_service.abuttals import words
from gis_service.abuttals.issuing import issue
from gis_service.abuttals.marks import HARD_STOPS, any_of
from gis_service.abuttals.reading import Reading

_LONGEST = 1000
_EXCEPT = re.compile(
    r"(?:除去?|扣除)(?!外[^环滩围国科])(?P<what>[^。\n]{1,120}?)(?:之外|以外|(?<![室户对窗])外(?![环滩围国科侧面墙部边沿延扩]))"
)
_EXCEPT_ONLY = re.compile(r"(?<=\()除去?(?P<what>[^()，；。外]{2,40})(?=\))")  # （除公厕）
_EXCEPTED = re.compile(r"除外")
_LEADING = re.compile(f"(?:(?P<out>{any_of(words.EXCLUDING)})|(?P<in>{any_of(words.INCLUDING)}))")
_ANNOUNCED = re.compile("(?:范围|区域|辖区|片区)(?:为|内)?$")
_WHICH = re.compile("(?:了?(?:以下|下列|如下)[^，；。、：“(]{0,8}：?|：)")
_SIDE = re.compile("(?<![以之])[东南西北](?:面|侧|边|部)?(?:至|起|到|临|邻|接|以|与|抵|靠|：)")
_NO_ITEM = re.compile(f"[以之][东南西北]|面积|约|平方|公顷|{any_of([*words.CLOSINGS, *words.ENCLOSURE])}")
_A_ROAD = re.compile("[\u4e00-\u9fff]{1,8}(?:路|街|大道|巷|胡同|河|江|公路|高速|国道|省道|铁路|支路)$")
_TURNS = re.compile(f"[、，](?={any_of([*words.EXCLUDING, '包含', '包括', '含'])})")
_OF_ITS_OWN = re.compile("[高中低]风险|但|仅|只")  # （阳光小区，高风险区24号楼除外）: the name of the area goes before
_NESTED = re.compile("[(“][^()“]*[)“]")


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
    shown = reading.glyphs.shown[start:end].strip("，；。、：的\n ,;:")
    quoted = [index for index, char in enumerate(reading.glyphs.chars[start:end]) if char == "“"]
    if len(quoted) % 2 or (len(quoted) == 2 and shown[:1] + shown[-1:] in ("“”", '""', "「」", "『』", "《》")):
        shown = shown.strip('“”"「」『』《》')
    bare = re.sub("[^(（)）]", "", shown).translate(str.maketrans("（）", "()"))
    return shown.strip("()（）") if bare in ("", "(", ")", "()") and not shown.endswith((")", "）")) else shown


def _excepts(reading: Reading) -> Iterator[tuple[int, int, str, bool]]:
    for found in (*_EXCEPT.finditer(reading.chars), *_EXCEPT_ONLY.finditer(reading.chars)):
        if reading.group_of[found.start()] == reading.group_of[found.end() - 1]:
            yield found.start(), found.end(), _shown(reading, found.start("what"), found.end("what")), True


def _trailing(reading: Reading) -> Iterator[tuple[int, int, str, bool]]:
    """A区，B区除外: back over the whole list, and not into the side before it."""
    for found in _EXCEPTED.finditer(reading.chars):
        start = _list_start(reading.chars, found.start())
        if _SIDE.search(reading.chars, start, found.start()):
            start = max(start, reading.chars.rfind("、", start, found.start()) + 1)
        if _SIDE.search(reading.chars, start, found.start()):
            continue
        what = start + 2 * reading.chars.startswith("其中", start)
        yield start, found.end(), _shown(reading, what, found.start()), True


def _list_start(chars: str, end: int) -> int:
    """Where the list that ends here begins: back over every ， behind which stands one more item of it."""
    start = _clause_start(chars, end)
    if _OF_ITS_OWN.match(chars, start):
        return start
    while start > 0 and chars[start - 1] == "，":
        before = _clause_start(chars, start - 1)
        if not _is_item(chars[before : start - 1], road=False):
            break
        start = before
    return start


def _clause_start(chars: str, end: int) -> int:
    """The character after the stop or bracket before `end`; brackets that close again are passed over."""
    depth = 0
    for index in range(end - 1, max(-1, end - _LONGEST), -1):
        depth += chars[index] == ")"
        if depth == 0 and chars[index] in HARD_STOPS + "(":
            return index + 1
        depth -= chars[index] == "("
    return max(0, end - _LONGEST)


def _is_item(clause: str, *, road: bool) -> bool:
    """True for a clause that only names something: no side, no measure, no sentence; a road only where roads go on."""
    bare = _NESTED.sub("", clause).removeprefix("其中")
    if "“" in clause and len(bare.strip("、")) <= 6:
        return True
    if not 2 <= len(bare) <= 60 or _SIDE.search(bare) or _NO_ITEM.search(bare):
        return False
    return bare[-1] in words.GENERIC_ENDS and (road or not _A_ROAD.match(bare))


def _leading(reading: Reading) -> Iterator[tuple[int, int, str, bool]]:
    """不含…, 包括…, 以及… at the start of a clause, to the end of its list."""
    chars, read_to = reading.chars, 0
    for found in _LEADING.finditer(chars):
        opens = found.start() == 0 or chars[found.start() - 1] in HARD_STOPS + "("
        announced = _ANNOUNCED.search(chars[max(0, found.start() - 4) : found.start()])
        if found.start() < read_to or not (opens or announced or found["out"]):
            continue
        which = _WHICH.match(chars, found.end())
        start = which.end() if which else found.end()
        end = read_to = _list_end(chars, start)
        if _SIDE.match(chars, start) or (
            found["in"] and _SIDE.search(_NESTED.sub("", chars[start:end]).split("、")[0])
        ):
            continue
        if announced and not opens and end < len(chars) and chars[end] not in HARD_STOPS:
            continue
        yield found.start(), end, _shown(reading, start, end) or _bracketed(reading, found.start()), bool(found["out"])


def _list_end(chars: str, start: int) -> int:
    """The stop after the last item of a list that begins here."""
    end = _clause_end(chars, start)
    turn = _TURNS.search(chars, start + 1, end)
    if turn and chars.count("“", start, turn.start()) % 2 == 0:
        return turn.start()  # （含幼儿园、不含派出所）
    road = bool(_A_ROAD.match(chars[start:end]))
    while chars[end : end + 1] == "，" and end > start:
        following = _clause_end(chars, end + 1)
        if not _is_item(chars[end + 1 : following], road=road):
            break
        end = following
    return end


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
