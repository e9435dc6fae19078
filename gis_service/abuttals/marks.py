"""Folded characters in, side marks out: 东至, 北、西与…为界, 南：, with names that only look so left alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from gis_service.abuttals import words
from gis_service.abuttals.reading import Mark, Reading

HARD_STOPS = "，；。\n"
_SEPARATORS = frozenset("，；。\n、：()“-/|…")


def any_of(options: Iterable[str]) -> str:
    """A regular expression of the words, longest first."""
    return "|".join(re.escape(word) for word in sorted(set(options), key=len, reverse=True))


_DIRECTION = "东南|东北|西南|西北|东|南|西|北"
_SUFFIX = any_of(words.SIDE_SUFFIXES)
_ONE = f"正?(?:{_DIRECTION})(?:{_SUFFIX})?"
_GROUP = f"(?:东南西北|东西南北|{_ONE}(?:[、和与及/]?{_ONE}){{0,3}})(?:[两二三四]个?(?:面|侧|边|方向|界|端|至))?"
_VERB = any_of([*words.STRONG_VERBS, *words.WEAK_VERBS, *words.OPENING_VERBS, *words.EXTENDING_VERBS])
_ADVERB = f"(?P<adverb>(?:{any_of(words.ADVERBS)}){{0,2}})"
_MARK = re.compile(f"(?P<group>{_GROUP}){_ADVERB}(?:(?P<verb>{_VERB})：?|：(?:(?!{any_of(words.NAME_HEADS)})[至到])?)")
# 南面东湖路: a second direction belongs to the name unless it has a word for the side or a sign of its own.
_SUFFIXED = f"(?:{_DIRECTION})(?:{any_of(words.LABEL_SUFFIXES)})"
_BARE = re.compile(f"(?P<group>{_SUFFIXED}(?:[、和与及/]?{_SUFFIXED}){{0,3}}|{_GROUP})")
_WITH_A_SIDE = re.compile("[东南西北]与[东南西北]")  # 东与西和路相邻: one side, and a name that looks like another
_LABEL_INSIDE = "(?<=[^，；。\n、：()与和及])[东南西北][侧面](?=[\u4e00-\u9fff]{2})(?![的门楼线至])"
_HEADS = re.compile("(?:地块|片区|区域|部分|组团|范围)(?=[：(，]|[东南西北](?:至|起|到|侧|面|边|临|邻|以|抵|：))")
_HEADED = re.compile("[东南西北](?:侧|面|边|部)[东南西北]")
_AGAIN = re.compile(f"(?!{any_of(words.NAME_HEADS)})[至到](?=[^路街巷道县村镇桥岛]{{2}})")
_GLUED = ("临", "邻", "接", "靠", "连", "濒", "依", "傍")
_REFERS = re.compile(
    f"(?:{any_of(words.ELSEWHERE)}|(?:均|都)?[同与](?:{words.PART_WORD})的?(?:[东南西北][侧面]?)?(?:相同|一致)?)(?=[，；。、\n)]|$)"
)
_EDGE_ONLY = re.compile("(?:围墙|外墙|院墙|墙体|红线|边线|人行道|绿化带|路沿石)\\)")  # 解放路（西侧围墙）
_LABEL = re.compile(f"(?:{any_of(words.LABEL_SUFFIXES)})$")
_CLOSING = re.compile(any_of(words.CLOSINGS))
_TO_A_DIRECTION = re.compile(f"(?:{_DIRECTION})(?:方向|走|[方向]?(?:[，；。)\\n]|、(?![东南西北])|$))")
_NAME_TAIL = re.compile(any_of(words.NAME_TAILS_AFTER_VERB))
_TAIL_GOES_ON = re.compile(any_of(words.NAME_TAIL_CONTINUES))
_NAME_HEAD = re.compile(f"(?:{any_of(words.NAME_HEADS)})[\u4e00-\u9fff]{{0,3}}?(?:{any_of(words.GENERIC_NOUNS)})")
_ANY_SIDE = re.compile("[东南西北](?:面|侧|边)?(?:至|起|到|临|邻|接|靠|以|与|：)")
_SUBJECT = re.compile(f"(?:{any_of(words.SUBJECTS)})$")


def prefix_marks(reading: Reading) -> tuple[Mark, ...]:
    """The marks that stand before their anchors, in order, none inside another or inside an aside."""
    found = [mark for mark in _candidates(reading) if mark.start not in reading.aside]
    styles = {_style(mark, reading) for mark in found if _at_boundary(reading, mark.start)}
    kept = sorted((mark for mark in found if _holds(reading, mark, styles)), key=lambda mark: (mark.start, -mark.end))
    kept = sorted((*kept, *_glued(reading, found, kept)), key=lambda mark: (mark.start, -mark.end))
    labels = {side for mark in kept if not mark.verb for side in mark.sides}
    if len(labels | {side for mark in kept if mark.verb for side in mark.sides}) < 2:
        kept = [mark for mark in kept if mark.verb]
    return tuple(_settle(reading, kept))


def _glued(reading: Reading, found: list[Mark], kept: list[Mark]) -> list[Mark]:
    """东临A路南接B路西靠C路: weak verbs behind whole landmarks, where every side comes once and three or more do."""
    more = [mark for mark in found if mark.verb in _GLUED and len(mark.sides) == 1 and mark not in kept]
    if kept and not kept[0].verb:
        more += [Mark(_sides(one[0]), *one.span()) for one in re.finditer(_LABEL_INSIDE, reading.chars)]
    more = [mark for mark in more if reading.chars[mark.start - 1 : mark.start] in words.GENERIC_ENDS]
    sides = [side for mark in (*kept, *more) for side in mark.sides]
    once = len(sides) == len(set(sides)) >= 3 and bool(kept) and kept[0].verb in ("", *words.WEAK_VERBS)
    return more if once else []


def _candidates(reading: Reading) -> Iterator[Mark]:
    """Everything that reads as a side by a verb, a colon or, at the start of a clause, a word such as 东侧."""
    for match in _MARK.finditer(reading.chars):
        if match["verb"] == "和" and _WITH_A_SIDE.fullmatch(match["group"]):
            yield Mark(_sides(match["group"][0]), match.start(), match.start() + 2, verb="与", closed=True)
            continue
        verb = _shortened(reading, match)
        end = match.end() if verb == match["verb"] or not match["verb"] else match.start("verb") + len(verb)
        again = _AGAIN.match(reading.chars, end) if verb in words.STRONG_VERBS else None
        mark = Mark(
            sides=_sides(match["group"]),
            start=match.start(),
            end=again.end() if again else end,
            doubled=bool(again),
            verb=verb or "：",
            closed=verb in words.OPENING_VERBS,
            each=match["adverb"].startswith(words.DISTRIBUTIVE),
            extends=verb in words.EXTENDING_VERBS,
        )
        if reading.chars[mark.start - 1 : mark.start] in tuple("往向") and _runs_on(reading, mark):
            mark = replace(mark, start=mark.start - 1)
        yield _unglued(reading, mark, match)
    for match in _BARE.finditer(reading.chars):
        refers = _REFERS.match(reading.chars, match.end()) and _opens(reading, match.start())
        if refers or _is_label(reading, match):
            yield Mark(_sides(match["group"]), match.start(), match.end())


def _shortened(reading: Reading, match: re.Match[str]) -> str:
    """The verb without a last word that begins the name behind it: 临接龙桥横街, 西边临江街."""
    verb = match["verb"] or ""
    last = match.end("verb") - 1
    spare = len(verb) > 1 or _LABEL.search(match["group"]) or match["group"].endswith("界")
    if verb[-1:] in (*words.WEAK_VERBS, "于") and spare and _NAME_HEAD.match(reading.chars, last):
        return verb[:-1]
    return verb


def _is_label(reading: Reading, match: re.Match[str]) -> bool:
    """北边清水湾大道, 东 学院路: no verb, but the start of a clause and a word for the side or a blank after it."""
    follows = reading.chars[match.end() : match.end() + 1]
    opens = _opens(reading, match.start()) or _follows_label(reading, match.start())
    if not opens or not follows or follows in "，；。\n、)的门楼线":
        return False
    if _HEADS.match(reading.chars, match.end()) or _EDGE_ONLY.match(reading.chars, match.end()):
        return False  # 北侧地块：东至… heads a description of its own
    if match.end() in reading.glyphs.spaced or follows == "-":
        return True
    return bool(_LABEL.search(match["group"]))


def _follows_label(reading: Reading, index: int) -> bool:
    """True behind 与 in 南面A路与北面B路: the clause began with such a word."""
    if reading.chars[index - 1 : index] not in tuple("与和及"):
        return False
    clause = re.split("[，；。\n、：(]", reading.chars[max(0, index - 40) : index])[-1]
    return bool(re.match("[东南西北][侧面边](?!.*[东南西北][侧面边])", clause))


def _sides(group: str) -> tuple[str, ...]:
    if group.startswith(("东南西北", "东西南北")):
        return tuple(words.COMPASS[char] for char in group[:4])
    return tuple(words.COMPASS[found] for found in re.findall(_DIRECTION, group))


def _unglued(reading: Reading, mark: Mark, match: re.Match[str]) -> Mark:
    """Only the last direction counts where the first ones end a name or are a heading: 文明路东南至, 南侧东至."""
    group = match["group"]
    if _HEADED.fullmatch(group):
        return replace(mark, start=match.start() + len(group) - 1, sides=(words.COMPASS[group[-1]],))
    if _at_boundary(reading, mark.start) or len(group) == 1 or re.search("[两二三四]", group):
        return mark
    last = [found.start() for found in re.finditer("[东南西北]", match["group"])][-1]
    if last == 0:
        return mark
    start = match.start() + last
    return replace(mark, start=start, sides=(words.COMPASS[reading.chars[start]],))


def _at_boundary(reading: Reading, index: int) -> bool:
    """True where a clause may begin: after a stop, a bracket, a blank, or a word such as 项目."""
    if index <= 0 or index in reading.glyphs.spaced or reading.chars[index - 1] in _SEPARATORS:
        return True
    before = re.split("[，；。\n(]", reading.chars[max(0, index - 40) : index])[-1]
    if _CLOSING.search(before[-4:]):
        return True
    return bool(_SUBJECT.search(before)) and not _ANY_SIDE.search(before)


def _opens(reading: Reading, index: int) -> bool:
    """True at the very start of the text or a clause; words such as 项目 do not count."""
    return index <= 0 or index in reading.glyphs.spaced or reading.chars[index - 1] in _SEPARATORS - {")"}


def _style(mark: Mark, reading: Reading) -> tuple[bool, str]:
    """How a mark is written: with a word for the side or without, and by which verb."""
    return bool(re.search(_SUFFIX, reading.chars[mark.start : mark.end].lstrip("往向"))), mark.verb


def _holds(reading: Reading, mark: Mark, styles: set[tuple[bool, str]]) -> bool:
    """True when the words are a side and no part of a name or of a way described (往东至)."""
    bounded = _at_boundary(reading, mark.start)
    if _tells_a_way(reading, mark) or _begins_another_word(reading, mark):
        return False
    suffixed = _style(mark, reading)[0]
    if mark.closed:
        return (bounded or not suffixed or len(mark.sides) > 1) and _is_closed(reading, mark, bounded)
    if mark.verb in words.WEAK_VERBS or suffixed:
        return bounded or (_style(mark, reading) in styles)
    return not _is_county(reading, mark)


def _tells_a_way(reading: Reading, mark: Mark) -> bool:
    """True for 往东至, 以东至, 正东到 and 由东至西, which lead somewhere and name no side."""
    before, after = reading.chars[max(0, mark.start - 1) : mark.start], reading.chars[mark.end : mark.end + 4]
    if before == "以":
        return not _opens(reading, mark.start - 1)
    if before in ("由", "自", "从"):
        return bool(re.match(_DIRECTION, after))
    straight = "正" in (before, reading.chars[mark.start])
    return before in ("往", "向", "朝") or (straight and not _at_boundary(reading, mark.start - 1))


def _runs_on(reading: Reading, mark: Mark) -> bool:
    """True for 西至 in 东起A往西至B: the clause began at the opposite side."""
    clause = re.split("[，；。\n]", reading.chars[max(0, mark.start - 60) : mark.start])[-1]
    opposite = words.OPPOSITE[mark.sides[0]]
    return bool(re.search(f"(?:^|[：(、]){words.COMPASS_WORDS[opposite]}(?:起|自|从)[^，；。]*$", clause))


def _begins_another_word(reading: Reading, mark: Mark) -> bool:
    """True for 东至今 and 西至东方向: the verb is part of another word, or only a direction follows."""
    after = reading.chars[mark.end : mark.end + 4]
    return after.startswith(words.NOT_A_VERB_BEFORE.get(mark.verb[-1:], ())) or bool(_TO_A_DIRECTION.match(after))


def _is_closed(reading: Reading, mark: Mark, bounded: bool) -> bool:
    """True when a closing word follows: in the clause, or for 以 and 与 at the start of a clause, in the sentence."""
    ahead = re.split("[；。\n]", reading.chars[mark.end : mark.end + 120], maxsplit=1)[0]
    if mark.verb == "和" or not bounded:
        ahead = ahead.split("，", maxsplit=1)[0]
    return bool(_CLOSING.search(ahead))


def _is_county(reading: Reading, mark: Mark) -> bool:
    """True for 东至县 as a place, which 位于 or a province goes before."""
    after = reading.chars[mark.end : mark.end + 2]
    if after.startswith("县") and _heads_bracket(reading, mark):
        return True
    if not after.startswith("县") or after[1:].startswith(words.NAME_TAIL_CONTINUES) or len(after) < 2:
        return False
    if not _at_boundary(reading, mark.start) and after[1] not in _SEPARATORS:
        return True
    return _placed(reading, mark)


def _heads_bracket(reading: Reading, mark: Mark) -> bool:
    """True for 东至县医院（东至人民路…: a bracket follows that names the side itself."""
    again = f"[^，；。、\n()]{{1,20}}\\([^()]{{0,100}}{reading.chars[mark.start]}[侧面边]?[至到临邻起靠接抵]"
    return bool(re.match(again, reading.chars[mark.end : mark.end + 140]))


def _placed(reading: Reading, mark: Mark) -> bool:
    return reading.chars[max(0, mark.start - 4) : mark.start].endswith(words.PLACED_IN)


def _settle(reading: Reading, marks: list[Mark]) -> Iterator[Mark]:
    """东至东至 counts once; a side straight after a side is a name when it reads as one (北至东至县)."""
    previous: Mark | None = None
    for mark in marks:
        if previous and mark.start < previous.end:
            continue
        if previous and mark.start == previous.end:
            same = mark.sides == previous.sides
            labelled = previous.verb in ("", "：") and _style(previous, reading)[0]
            if same and not labelled and not _reads_as_name(reading, mark, same=True):
                previous = replace(previous, end=mark.end, doubled=True)
                continue
            if _reads_as_name(reading, mark, same=same):
                continue
        if previous:
            yield previous
        previous = mark
    if previous:
        yield previous


def _reads_as_name(reading: Reading, mark: Mark, *, same: bool) -> bool:
    """True for 东至县, 东至路, 西临江路, 西和路 where a landmark is expected; after another side for 东至县界 too."""
    headed = reading.chars[mark.start - 1 : mark.start] == "：" and not same
    if mark.verb in (*words.WEAK_VERBS, *words.OPENING_VERBS) and len(mark.sides) == 1 and not headed:
        return True
    tail = _NAME_TAIL.match(reading.chars, mark.end)
    return bool(tail) and not (same and _TAIL_GOES_ON.match(reading.chars, tail.end() if tail else 0))
