"""小区名称: one cell with one or several community names becomes the list of them."""

from __future__ import annotations

import re

from gis_service.ledger.cells import long_text, says_nothing, short_text

_SEPARATOR = re.compile(r"[、,，;；\n]+|(?<=[\u3400-\u9fff])/(?=[\u3400-\u9fff])")
_CONTINUATION = re.compile(
    r"(?:[一二三四五六七八九十百\d０-９A-Za-z]+|[东西南北中])(?:号?[楼栋幢]|[期村区组团弄苑院]|号院|小区)?"
)


def community_names(text: str) -> tuple[str, ...]:
    """The names in the cell, each once; `一、二期` after a name goes on with that name.

    >>> community_names("阳光花园、绿地（一期、二期），光彩一、二村")
    ('阳光花园', '绿地（一期、二期）', '光彩一、二村')
    """
    names: list[str] = []
    for piece in _outside_brackets(long_text(text)):
        name = short_text(piece)
        if not name or says_nothing(name):
            continue
        if names and _CONTINUATION.fullmatch(name):
            names[-1] = f"{names[-1]}、{name}"
        else:
            names.append(name)
    return tuple(dict.fromkeys(names))


def _outside_brackets(text: str) -> list[str]:
    pieces, depth, start = [], 0, 0
    for match in re.finditer(rf"[(（]|[)）]|{_SEPARATOR.pattern}", text):
        if match[0] in "(（":
            depth += 1
        elif match[0] in ")）":
            depth = max(0, depth - 1)
        elif depth == 0:
            pieces.append(text[start : match.start()])
            start = match.end()
    return [*pieces, text[start:]]
