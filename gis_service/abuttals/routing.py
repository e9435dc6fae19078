"""Side marks in, those out that are sides: 东侧人民路南起A路北至B路 tells of one side, from where to where it runs."""

from __future__ import annotations

import re
from dataclasses import replace

from gis_service.abuttals import words
from gis_service.abuttals.reading import Mark

_FROM_TO = re.compile(
    "(?P<label>[东南西北])[侧面边](?:界线?|边界)?[为是：]?(?P<name>[^，；。\n、：()]{0,14}?)"
    "(?P<start>[东南西北])(?:起[自于]?|自|从|由)(?=[^，；。\n、：()]{2,30}?[往向]?(?P<end>[东南西北])(?:至|到|止))"
)
_NOUN = re.compile("(?:的?(?:巷子|巷道|道路|小路|小巷|路段|界线)?)$")


def without_routes(chars: str, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """The marks without those that only tell where the landmark of a side begins and ends.

    Where that landmark has no name (东面巷子南起A往北至B), the mark reaches up to the first of the two ends.
    """
    for found in _FROM_TO.finditer(chars):
        if words.COMPASS[found["end"]] != words.OPPOSITE[words.COMPASS[found["start"]]]:
            continue
        named = not _NOUN.match(found["name"])
        begin, first = found.start("label"), found.start("start")
        kept = [mark for mark in marks if mark.start not in (first, found.start("end")) and mark.start != begin]
        own = next(
            (mark for mark in marks if mark.start == begin), Mark((words.COMPASS[found["label"]],), begin, first)
        )
        kept.append(own if named else replace(own, end=found.end()))
        marks = tuple(sorted(kept, key=lambda mark: mark.start))
    return marks
