"""Folded characters in, bracket groups out; in one pass, however deep they nest."""

from __future__ import annotations

from collections import Counter

from gis_service.abuttals.reading import Group, Mark, Reading

_AXES = (frozenset("EW"), frozenset("NS"))


def find_groups(chars: str) -> tuple[tuple[Group, ...], tuple[int, ...], bool]:
    """The groups in order of opening, the innermost group of every character, and whether all brackets pair up."""
    groups: list[Group] = []
    inside: list[int] = []
    stack: list[int] = []
    balanced = True
    for index, char in enumerate(chars):
        if char == "(":
            groups.append(Group(index, len(chars), stack[-1] if stack else -1))
            stack.append(len(groups) - 1)
        inside.append(stack[-1] if stack else -1)
        if char == ")":
            balanced = balanced and bool(stack)
            if stack:
                number = stack.pop()
                groups[number] = Group(groups[number].open, index, groups[number].parent)
    return tuple(groups), tuple(inside), balanced and not stack


def note_groups(groups: tuple[Group, ...], group_of: tuple[int, ...], marked: list[int]) -> dict[int, int]:
    """Opening → end (exclusive) of the outermost groups in which none of the `marked` characters stands."""
    speaking = [False] * len(groups)
    for index in marked:
        if group_of[index] >= 0:
            speaking[group_of[index]] = True
    for number in range(len(groups) - 1, -1, -1):  # a parent always opens before its children
        parent = groups[number].parent
        if speaking[number] and parent >= 0:
            speaking[parent] = True
    return {
        group.open: min(group.close + 1, len(group_of))
        for number, group in enumerate(groups)
        if not speaking[number] and (group.parent < 0 or speaking[group.parent])
    }


def limiting_groups(reading: Reading) -> frozenset[int]:
    """The brackets that say how far the road before them is meant: 东至人民路（北起解放路，南至长江路）.

    Two opposite sides stand in such a bracket, and the sentence names one of them again outside it.
    """
    inside: dict[int, list[Mark]] = {}
    for mark in reading.marks:
        inside.setdefault(reading.group_of[mark.start], []).append(mark)
    outside = Counter(side for mark in reading.marks for side in mark.sides)
    ends = {mark.end for mark in reading.marks}
    found: set[int] = set()
    for number, marks in inside.items():
        sides = Counter(side for mark in marks for side in mark.sides)
        again = any(outside[side] > count for side, count in sides.items()) or marks[0].verb == "起"
        if number >= 0 and len(marks) == 2 and set(sides) in _AXES and again and _of_a_road(reading, number, ends):
            found.add(number)
    return frozenset(found)


def _of_a_road(reading: Reading, number: int, ends: set[int]) -> bool:
    """True when a road stands before the bracket, as the landmark of a side."""
    opening = reading.groups[number].open
    if reading.chars[opening - 1 : opening] not in tuple("路街道巷河线"):
        return False
    for index in range(opening - 1, max(0, opening - 20), -1):
        if index in ends:
            return True
        if reading.chars[index] in "，；。\n、)":
            return False
    return False
