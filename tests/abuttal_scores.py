"""Annotated 四至 sentences in, figures out: how many anchors, sentences and unusable ones the parser gets right.

`python -m tests.abuttal_scores FILE` scores a file of annotations, one JSON object a line, and prints what differs.
An anchor is either its span in the text or its words; sentences without a `text` are looked up by `id`.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gis_service.abuttals import Abuttals, AbuttalsPart, parse

TEXTS = Path(__file__).parents[2] / "shared" / "data" / "boundary_texts" / "texts.jsonl"
Anchors = Counter[tuple[int, str, int, int]]  # part, side, start, end

_OFFSET = re.compile(r" \+(?P<metres>[\d.]+)m (?P<to>[ESWN]{1,2})$")
_BRACKET = re.compile("[（(][^（）()]*[）)]?$")
_POSITION = re.compile(
    "(?:的|处|交界|接壤|相邻|区域|范围|全域|之间|一带|附近|周边|内|等|旁边?|一线|沿线|边界|边缘|中心?线|红线|(?<=[路村])段"
    "|[东南西北内外前后]?[侧面]?(?:围墙|外墙|山墙|墙|围界)|[以之][东南西北]"
    "|[以之]?[东南西北内外](?:侧面|侧边|边缘|边界|界线|沿线|[侧面边界沿岸缘方部首角])"
    "|(?<=[路街巷道弄河江湖渠院厂场校村镇站门])[东南西北]|边|沿(?![路街])|[，、\\s])$"
)


@dataclass
class Score:
    """What was counted; a sentence is right when all its parts have exactly the annotated anchors on every side."""

    right: int = 0
    missed: int = 0
    invented: int = 0
    sentences: list[bool] = field(default_factory=list)
    flagged: list[bool] = field(default_factory=list)  # of the unusable ones
    usable: list[bool] = field(default_factory=list)  # of the usable ones
    differences: list[str] = field(default_factory=list)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall over all anchors."""
        return 2 * self.right / (2 * self.right + self.missed + self.invented)

    @property
    def sentences_right(self) -> float:
        """The share of sentences that are right as a whole."""
        return sum(self.sentences) / len(self.sentences)

    @property
    def unusable_flagged(self) -> float:
        """The share of the sentences that draw no area and that the parser calls unusable; 1 when there are none."""
        return sum(self.flagged) / len(self.flagged) if self.flagged else 1.0

    def __str__(self) -> str:
        return (
            f"界限 F1 {self.f1:.4f}（对 {self.right}，漏 {self.missed}，多 {self.invented}），"
            f"整句 {sum(self.sentences)}/{len(self.sentences)}（{self.sentences_right:.1%}），"
            f"不可用 {sum(self.flagged)}/{len(self.flagged)} 已标出，"
            f"可用 {sum(self.usable)}/{len(self.usable)} 读作可用"
        )


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def score(annotations: Iterable[Mapping[str, Any]], texts: Mapping[int, str]) -> Score:
    """The score of the parser on annotated sentences; parts are matched in the order of the text."""
    result = Score()
    for annotation in annotations:
        text = annotation.get("text") or texts[annotation["id"]]
        found = parse(text)
        expected = expected_anchors(annotation, text)
        got = parsed_anchors(found, annotation)
        result.right += (expected & got).total()
        result.missed += (expected - got).total()
        result.invented += (got - expected).total()
        result.sentences.append(expected == got)
        (result.usable if annotation["usable"] else result.flagged).append(found.usable == annotation["usable"])
        result.differences += _told(annotation, text, expected, got, usable=found.usable)
    return result


def expected_anchors(annotation: Mapping[str, Any], text: str) -> Anchors:
    """The annotated anchors as bare spans."""
    located = [part for part in located_parts(annotation, text) if part["sides"]]
    every = [
        (number, side, start, end)
        for number, part in enumerate(located)
        for side, spans in part["sides"].items()
        for start, end in spans
    ]
    return Counter(every)


def located_parts(annotation: Mapping[str, Any], text: str) -> list[dict[str, Any]]:
    """The annotated parts with the span of every bare anchor in the text instead of its words."""
    cursor = 0
    parts: list[dict[str, Any]] = []
    for part in annotation["parts"]:
        sides: dict[str, list[tuple[int, int]]] = {}
        for side, anchors in part["sides"].items():
            for anchor in anchors:
                start, end = anchor if not isinstance(anchor, str) else _located(anchor, text, cursor)
                cursor = max(cursor, end)
                sides.setdefault(side, []).append(_bare(text, start, end))
        parts.append({"label": part["label"], "sides": sides})
    return parts


def _located(anchor: str, text: str, cursor: int) -> tuple[int, int]:
    """The first place behind the cursor where the words follow a sign or a verb; else any place."""
    words = _BRACKET.sub("", _OFFSET.sub("", anchor))
    spaced = r"\s*".join(re.escape(char) for char in words)
    places = [found.span() for found in re.finditer(spaced, text)]
    if not places:
        return -1, -1  # not in these words: counts as missed
    ahead = [place for place in places if place[0] >= cursor] or places[-1:]
    led = [
        (start, end)
        for start, end in ahead
        if text[max(0, start - 1) : start] in tuple("至起到临接抵靠邻连以为与和及、：")
    ]
    return (led or ahead)[0]


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without bracket, wall, kerb and line words at its end."""
    words = text[start:end]
    while (found := _BRACKET.search(words) or _POSITION.search(words)) and found.start() >= 2:
        words = words[: found.start()]
    return start, start + len(words)


def parsed_anchors(found: Abuttals, annotation: Mapping[str, Any]) -> Anchors:
    """The anchors the parser read, as bare spans; a diagonal side counts as annotated: apart or on its two sides."""
    every: list[tuple[int, str, int, int]] = []
    parts = [part for part in found.parts if part.sides or part.diagonals]
    described = [part for part in annotation["parts"] if part["sides"]]
    for number, part in enumerate(parts):
        annotated = described[number]["sides"] if number < len(described) else {}
        apart = any(len(side) == 2 for side in annotated)
        every += [(number, side, *_bare(found.text, *span)) for side, span in _spans(part, apart=apart)]
    return Counter(every)


def _spans(part: AbuttalsPart, *, apart: bool) -> list[tuple[str, tuple[int, int]]]:
    diagonal = {one for anchors in part.diagonals.values() for one in anchors}
    spans = [
        (side.value, one.span)
        for side, anchors in part.sides.items()
        for one in anchors
        if not (apart and one in diagonal)
    ]
    return spans + [(side, one.span) for side, anchors in part.diagonals.items() for one in anchors if apart]


def _told(annotation: Mapping[str, Any], text: str, expected: Anchors, got: Anchors, *, usable: bool) -> list[str]:
    """The sentence and what differs in it; nothing when nothing does."""
    lines = [f"    漏 {part}{side} {text[start:end]}" for part, side, start, end in sorted((expected - got).elements())]
    lines += [
        f"    多 {part}{side} {text[start:end]}" for part, side, start, end in sorted((got - expected).elements())
    ]
    if usable != annotation["usable"]:
        lines.append(f"    usable {annotation['usable']} → {usable}")
    return [f"{annotation['id']} {text}", *lines] if lines else []


def without_words(annotation: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The annotation with spans instead of words, fit to be kept where the sentences may not be."""
    return {"id": annotation["id"], "parts": located_parts(annotation, text), "usable": annotation["usable"]}


def main(paths: list[str]) -> None:
    """Scores each file and prints what differs."""
    texts = {record["id"]: record["text"] for record in read_lines(TEXTS)} if TEXTS.is_file() else {}
    for path in paths:
        result = score(read_lines(Path(path)), texts)
        print("\n".join([*result.differences, f"{path}: {result}"]))


if __name__ == "__main__":
    main(sys.argv[1:])
