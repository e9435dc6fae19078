"""How tests of the parser write down what a sentence should give."""

from __future__ import annotations

from gis_service.abuttals import Abuttal, Side, parse


def sides(text: str, part: int = 0) -> dict[str, list[str]]:
    """The anchors by side of one part."""
    return {side.value: [one.anchor for one in anchors] for side, anchors in parse(text).parts[part].sides.items()}


def row(east: str = "", south: str = "", west: str = "", north: str = "") -> dict[str, list[str]]:
    """The same form from words: anchors of a side parted by blanks, '' for a side not named."""
    written = {"E": east, "S": south, "W": west, "N": north}
    return {side: anchors.split() for side, anchors in written.items() if anchors}


def only(text: str, side: Side = Side.EAST) -> Abuttal:
    """The single anchor of a side."""
    (anchor,) = parse(text).parts[0].sides[side]
    return anchor


def codes(text: str) -> set[str]:
    """The codes of the issues, with the side behind a dot where there is one."""
    return {found.code + (f".{side}" if side else "") for side, found in parse(text).issues}
