"""Prefix marks in, all marks out: X以东, X北侧 and X路南 are added where no 东至 before them governs them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from gis_service.abuttals import words
from gis_service.abuttals.marks import HARD_STOPS, any_of
from gis_service.abuttals.reading import Mark, Reading

_DIAGONAL = "东南|东北|西南|西北"
_AFTER_DIAGONAL = f"(?=[，；。、)的“\n侧方-]|$|{any_of(words.ENCLOSURE)}|区域|地区|片区|地块|范围)"
_DIR = f"(?:(?:{_DIAGONAL}){_AFTER_DIAGONAL}|[东南西北])"
_TO_THE = re.compile(f"[以之](?P<one>{_DIR})(?:(?:[、和及与]|以及)?[以之](?P<two>{_DIR}))?(?:侧|方向|方)?")
_BESIDE = re.compile(
    f"(?P<one>{_DIAGONAL}|[东南西北])(?:侧|面|边)(?=[，；。、)的“\n]|$|{any_of(words.ENCLOSURE)}|区域|地区|片区|地块|范围)"
)
_BARE = re.compile(r"(?<=[路街巷道河江渠])(?P<one>[东南西北])(?=[，；。、)\n]|$|区域|地块|片区)")
_AS_BORDER = re.compile(
    "(?:[为作]|即)(?P<one>[东南西北])(?:侧|面|边|部)?(?P<word>边界线?|界限|界线|界|边线|至)?(?=[，；。、)\n围合]|$)"
)
_LEADS_TO = re.compile("[至到](?![^，；。、\n)]*[以之][东南西北])")
_ROUTE = re.compile("途经|沿线")
_CLAUSE_START = re.compile("[，；。、\n(：]")
_CLAUSE = re.compile("[^，；。\n()：]+")
_ITEM = re.compile(
    f"(?:[东南西北](?:侧|面|边)|[以之][东南西北])(?:的|{any_of(words.ENCLOSURE)}|区域|地区|片区|地块|范围|“|$)"
)
_DOOR = re.compile("[0-9一二三四五六七八九十]+(?:楼|层|号)[东南西北]{1,2}[侧面边]")
_SOFT_STOPS = "、-"
_LOOK_BACK = 200


def add_inverted(reading: Reading) -> Reading:
    """The reading with its inverted marks among the others, in order."""
    loose = _loose(reading, _TO_THE)
    beside = [] if reading.marks else _beside(reading) or ([] if loose else _loose(reading, _BARE))
    if len({side for mark in (*loose, *beside) for side in mark.sides}) < 2:
        beside = []
    borders = tuple(_as_border(reading))
    over = {index for mark in borders for index in range(mark.start, mark.end)}
    kept = [mark for mark in reading.marks if mark.start not in over]
    return replace(reading, marks=tuple(sorted((*kept, *loose, *beside, *borders), key=lambda mark: mark.start)))


def _as_border(reading: Reading) -> Iterator[Mark]:
    """以人民路为东界: behind the landmark like an inverted mark, and yet the side that it names.

    The bare 为东 counts where three sides or more are written so.
    """
    every = list(_AS_BORDER.finditer(reading.chars))
    many = len({found["one"] for found in every}) >= 3
    borders = [found for found in every if many or found["word"]]
    spans = {index for found in borders for index in range(*found.span())}
    owners = {mark.end: mark for mark in reading.marks if mark.start not in spans}
    for found in borders:
        mark = Mark((words.COMPASS[found["one"]],), found.start(), found.end(), inverted=True)
        if found.start() not in reading.aside and not _governed(reading, mark, owners):
            yield mark


def _beside(reading: Reading) -> list[Mark]:
    """X东侧 in clauses of nothing else: a list of doors in which some say 北侧 names no sides."""
    found = _loose(reading, _BESIDE)
    plain = [clause.span() for clause in _CLAUSE.finditer(reading.chars) if not _all_beside(clause[0])]
    return [mark for mark in found if not any(start <= mark.start < end for start, end in plain)]


def _all_beside(clause: str) -> bool:
    """True when every item of the list ends in 东侧, 以东 or the like, and none is a floor or a door."""
    items = [item for item in clause.split("、") if item]
    return all(_ITEM.search(item) and not _DOOR.search(item) for item in items)


def _loose(reading: Reading, pattern: re.Pattern[str]) -> list[Mark]:
    owners = {mark.end: mark for mark in reading.marks}
    return [mark for mark in _inverted(reading, pattern) if not _governed(reading, mark, owners)]


def _inverted(reading: Reading, pattern: re.Pattern[str]) -> Iterator[Mark]:
    starts = {mark.start for mark in reading.marks}
    marked = {index for mark in reading.marks for index in range(mark.start, mark.end)}
    for found in pattern.finditer(reading.chars):
        before = reading.chars[found.start() - 1 : found.start()]
        if found.start() in reading.aside or not before or before in HARD_STOPS + "、(：-":
            continue
        if _ROUTE.search(_CLAUSE_START.split(reading.chars[max(0, found.start() - 60) : found.start()])[-1]):
            continue  # 沿线途经松风路以东至… is a way and no side
        if found.start("one") in starts or found.start() in marked:  # 南以南二环路为界 begins a side, it ends none
            continue
        towards = [words.COMPASS[word] for word in found.groups() if word]
        yield Mark(tuple(words.OPPOSITE[side] for side in towards), found.start(), found.end(), inverted=True)
        if pattern is _TO_THE and _LEADS_TO.match(reading.chars, found.end()):  # A以南至B
            yield Mark(tuple(towards), found.end(), found.end() + 1, verb="至")


def _governed(reading: Reading, mark: Mark, owners: dict[int, Mark]) -> bool:
    """True within the clause of a mark such as 东起, which wins; yet 南至A路、B路以东 has a new side after the 、."""
    soft = False
    behind = mark.start - 1
    if reading.chars[behind : mark.start] == ")" and reading.group_of[behind] >= 0:
        behind = reading.groups[reading.group_of[behind]].open  # 人民路（西至A，东至B）以北
    for index in range(behind, max(-1, mark.start - _LOOK_BACK), -1):
        if owner := owners.get(index + 1):
            return not soft or _parallel(owner, mark)
        if reading.chars[index] in HARD_STOPS:
            return False
        if reading.group_of[index] != reading.group_of[mark.start] and reading.group_of[mark.start] >= 0:
            return False
        soft = soft or reading.chars[index] in _SOFT_STOPS
    return False


def _parallel(owner: Mark, mark: Mark) -> bool:
    """True when a kerb word such as 以西 can belong to the side (E or W): one axis, or either is diagonal."""
    axes = {"E": "x", "W": "x", "N": "y", "S": "y"}
    owned = {axes.get(side, "xy") for side in owner.sides}
    return bool(owned & {"xy"}) or any(axes.get(side, "xy") in owned | {"xy"} for side in mark.sides)
