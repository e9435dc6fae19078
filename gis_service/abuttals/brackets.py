"""Folded characters in, bracket groups out; in one pass, however deep they nest."""

from __future__ import annotations

from gis_service.abuttals.reading import Group


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
