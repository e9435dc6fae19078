"""The words before a side in, the label of the part out: 一期, 老街片区, 2队, without 四至范围： and the like."""

from __future__ import annotations

import re

from gis_service.abuttals import words
from gis_service.abuttals.marks import any_of
from gis_service.abuttals.reading import Reading

_LONGEST = 160
_CLAUSE = re.compile("[^；。\n，“(：]+")
_ENUMERATED = re.compile(
    r"(?:第[一二三四五六七八九十百0-9]{1,4}[条款章]|[(]?[一二三四五六七八九十0-9]{1,3}[)、．.]|[①-⑳]|\d{1,2}(?=[\u4e00-\u9fff]{3})(?![号期区队组]))"
)
_JUNK = re.compile(f"(?:{any_of(words.LABEL_JUNK)}|的|及|和|其|由|沿|从|自|内|[，；。、：()“”\\n -])+$")
_CUT_AT = re.compile(
    "(?:具体)?范围(?:为|是|包括|包含|：)|主要是指|是指|包括|包含|(?:以.{2,20})?为(?:中心|主线|界)|共计"
)
_NO_LABEL = re.compile(
    "位于|坐落|地处|距|以.{1,20}为|该|长约|宽约|(?:东西|南北)[各]?[长宽]|面积|占地|约|沿(?:着|村道|路|河)|[0-9.]+(?:米|平方)|备注|其中|区域|组成|地区"
)
_NO_NAMES = words.SUBJECTS_ONLY.union(words.ELSEWHERE)
_IN_BRACKETS = re.compile(
    r"[(]((?:第?[0-9一二三四五六七八九十]{1,2}期|[A-Z0-9一二三四]号?(?:区|地块)|[东南西北]区))[)]：?$"
)
NUMBERED = re.compile(
    r"(?:第?(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3})[号#]?(?:地块|标段|[队组期区段社片村]|网格)|[A-Z](?:区|段|地块|块)"
    r"|地块(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3}|[A-Z])|[东南西北](?:区|地块|片))"
    r"[^，。；]{0,6}$"
)


def label(reading: Reading, start: int, end: int) -> str | None:
    """The last clause of chars[start:end] that names something; None when there is none."""
    seen = _visible(reading, max(start, end - _LONGEST), end)
    text = "".join(reading.chars[index] for index in seen)
    for clause in reversed(list(_CLAUSE.finditer(text))):
        if clause[0].endswith("、") and clause.start() > 0 and text[clause.start() - 1] == "(":
            continue  # （西门批发市场、东至…: another place of the list, not the heading
        if name := _name(clause[0]):
            first = clause.start() + clause[0].index(name)
            return "".join(reading.glyphs.shown[index] for index in seen[first : first + len(name)])
    bracketed = _IN_BRACKETS.search(reading.chars, start, end)
    return reading.glyphs.shown[slice(*bracketed.span(1))] if bracketed and bracketed.end() == end else None


def _visible(reading: Reading, start: int, end: int) -> list[int]:
    """The characters outside notes and asides; an aside that stands open ends what goes before it."""
    seen: list[int] = []
    index = start
    while index < end:
        if index in reading.notes:
            index = reading.notes[index]
            continue
        if index not in reading.aside:
            seen.append(index)
        elif index + 1 < end and index + 1 not in reading.aside and reading.chars[index + 1] not in "，；。\n(：":
            index = _clause_end(reading, index + 1, end) - 1
        index += 1
    return seen


def _clause_end(reading: Reading, start: int, end: int) -> int:
    """The stop after the words that follow an aside: 除…外的都是中风险区，."""
    return next((index for index in range(start, end) if reading.chars[index] in "，；。\n(："), end)


def _name(clause: str) -> str | None:
    """The clause without numbers of paragraphs and words that only announce the sides."""
    text = _ENUMERATED.sub("", clause.strip("、 -"), count=1) if _ENUMERATED.match(clause.strip("、 -")) else clause
    if cut := _CUT_AT.search(text):
        text = text[: cut.start()]
    text = "" if text.startswith("的") else _JUNK.sub("", text).strip("，；。、：()“ -").removeprefix("和")
    if len(text) < 2 or text.isdigit() or text in _NO_NAMES or _NO_LABEL.match(text):
        return None
    return text
