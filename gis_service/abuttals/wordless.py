"""A sentence without verbs in, its side marks out: 东人民路、南长江路、西解放路、北黄山路, （东）人民路."""

from __future__ import annotations

import re

from gis_service.abuttals import words
from gis_service.abuttals.marks import any_of
from gis_service.abuttals.reading import Mark, Reading

_ENDS = "路|街|大道|巷|道|河|江|湖|渠|山|公路|小区|花园|学校|中学|小学|公园|村|厂|院"
_ONE = f"([东南西北])(?![东南西北])[\u4e00-\u9fff0-9A-Z]{{2,12}}?(?:{_ENDS})"
_FOUR = re.compile(f"(?:^|[：。；\n(]){_ONE}" + f"[，、；]?{_ONE}" * 3 + "(?=[。；，)\n]|$)")
# 四至：北北山路、东竹溪路、南北二环路、西望舟大道: behind such a heading every item begins with its direction.
_HEADED_LIST = re.compile(f"(?:{any_of(words.LIST_HEADINGS)})：?(?P<list>[^。；\n()：]{{10,80}})")
_ITEM = re.compile("(?P<side>[东南西北])(?P<name>[\u4e00-\u9fff0-9A-Z]{2,14})")
_WORDED = re.compile(f"(?:[侧面边]|{any_of((*words.STRONG_VERBS, *words.WEAK_VERBS, *words.OPENING_VERBS))})")
_BRACKETED = re.compile(
    r"\((?P<inside>[东南西北])(?:侧|面|边|至|：)?\)：?|(?P<outside>[东南西北])(?:侧|面|边)?(?=\([^()]{2,20}\))"
)
_ALONE = re.compile(
    f"(?P<sign>[，、；\n])(?P<side>[东南西北])(?P<name>[\u4e00-\u9fff]{{2,8}}(?:{_ENDS}))(?=[，、；。)\n]|$)"
)
# Behind a direction these are oftener the second half of a name: 东风路, 南门桥, 北京路.
_NAMES = frozenset("方风湖门城海山江园街大关京宁阳昌通岸区站坡坝寺庙塔河港桥郊院苑环藏安溪池")


def with_missing_verb(reading: Reading, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """The marks with 北 in 东临A，西临B，北卧牛山，南临C: the only side of four that has no verb, said in its issue."""
    named = [side for mark in marks for side in mark.sides]
    missing = [side for side in "ESWN" if side not in named]
    if len(missing) != 1 or len(named) != len(set(named)) or len(marks) < 3:
        return marks
    signs = {reading.chars[mark.start - 1] for mark in marks if mark.start} & set("，、；\n")
    found = [
        one.start("side")
        for one in _ALONE.finditer(reading.chars, marks[0].start)
        if words.COMPASS[one["side"]] == missing[0] and one["sign"] in signs and one["name"][0] not in _NAMES
    ]
    if len(found) != 1 or found[0] in reading.aside or reading.group_of[found[0]] != reading.group_of[marks[0].start]:
        return marks
    mark = Mark((missing[0],), found[0], found[0] + 1, unworded=True)
    return tuple(sorted((*marks, mark), key=lambda one: one.start))


def listed_marks(reading: Reading) -> tuple[Mark, ...]:
    """One mark for each of four items behind 四至： that begin with four directions and have no verbs."""
    for found in _HEADED_LIST.finditer(reading.chars):
        starts, at = [], found.start("list")
        items = re.split("[，、]", found["list"].rstrip("，、"))
        for item in items:
            starts.append(at)
            at += len(item) + 1
        matched = [one for item in items if (one := _ITEM.fullmatch(item))]
        wordless = sum(not _WORDED.match(one["name"]) for one in matched)
        named = 0 if found[0].startswith("四") else sum(one["name"][0] in _NAMES for one in matched)
        four = len(items) == len(matched) == len({one["side"] for one in matched}) == 4
        if four and wordless >= 3 and named <= 1 and reading.aside.isdisjoint(starts):
            return tuple(Mark((words.COMPASS[reading.chars[at]],), at, at + 1) for at in starts)
    return ()


def wordless_marks(reading: Reading) -> tuple[Mark, ...]:
    """One mark for each direction where four landmarks follow each other, each led by another one."""
    for found in _FOUR.finditer(reading.chars):
        starts = [found.start(number) for number in range(1, 5)]
        named = [start for start in starts if reading.chars[start + 1] in _NAMES]
        if len(set(found.groups())) == 4 and len(named) <= 1 and reading.aside.isdisjoint(starts):
            return tuple(Mark((words.COMPASS[reading.chars[at]],), at, at + 1) for at in starts)
    return _bracketed_marks(reading)


def _bracketed_marks(reading: Reading) -> tuple[Mark, ...]:
    """The marks of （东）人民路（南）长江路, 人民路（东）、长江路（南） and 东（人民路）南（长江路）; three or more."""
    found = [one for one in _BRACKETED.finditer(reading.chars) if one.start() not in reading.aside]
    inside = {one["inside"] for one in found}
    sides = [one["inside"] or one["outside"] for one in found]
    if len(sides) < 3 or len(set(sides)) != len(sides) or (None in inside and len(inside) > 1):
        return ()
    behind = None not in inside and found[0].start() > 0 and reading.chars[found[0].start() - 1] not in "：，；。\n、"
    pairs = zip(found, sides, strict=True)
    return tuple(Mark((words.COMPASS[side],), *one.span(), inverted=behind) for one, side in pairs)
