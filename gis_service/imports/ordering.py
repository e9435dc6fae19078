"""The order of rows in a sheet and the order that is known → one order, in which neither is broken without need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence


def merged_order(known: Sequence[str], sheet: Sequence[str]) -> list[str]:
    """The keys of the sheet in its order; each known key that it lacks stays behind the one it stood behind.

    >>> merged_order(["a", "b", "c", "d"], ["b", "new", "d"])
    ['a', 'b', 'c', 'new', 'd']
    """
    there = set(sheet)
    followers: dict[str | None, list[str]] = defaultdict(list)
    before = None
    for key in known:
        if key in there:
            before = key
        else:
            followers[before].append(key)
    return [*followers[None], *(one for key in sheet for one in (key, *followers.get(key, ())))]
