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
    by_start = {mark.start: mark for mark in marks}
    for found in _FROM_TO.finditer(chars):
        if words.COMPASS[found["end"]] != words.OPPOSITE[words.COMPASS[found["start"]]]:
            continue
        begin, first = found.start("label"), found.start("start")
        own = by_start.get(begin) or Mark((words.COMPASS[found["label"]],), begin, begin + 2)
        by_start.pop(first, None)
        by_start.pop(found.start("end"), None)
        by_start[begin] = replace(own, end=found.end()) if _NOUN.match(found["name"]) else own
    return tuple(by_start[start] for start in sorted(by_start))
