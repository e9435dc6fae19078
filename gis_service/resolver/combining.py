"""The choices of every side → one choice a side at a time, without those whose neighbouring sides cannot meet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_service.resolver.sidelines import SideLine

Choices = list[list[SideLine]]


class Combinations:
    """All ways to take one line a side; distances between neighbouring sides are measured once, and when needed."""

    def __init__(self, choices: Choices, most: int) -> None:
        self._choices, self._most = choices, most

    @cached_property
    def _apart(self) -> list[NDArray[np.float64]]:
        following = [*self._choices[1:], self._choices[0]]
        return [_distances(some, others) for some, others in zip(self._choices, following, strict=True)]

    def within(self, reach_m: float) -> Iterator[tuple[SideLine, ...]]:
        """The only combination, or those whose neighbouring sides come within `reach_m`, at most so many."""
        if all(len(some) == 1 for some in self._choices):
            return iter((tuple(some[0] for some in self._choices),))
        return islice(self._extend((), reach_m), self._most)

    def _extend(self, taken: tuple[int, ...], reach_m: float) -> Iterator[tuple[SideLine, ...]]:
        at = len(taken)
        if at == len(self._choices):
            if self._apart[-1][taken[-1], taken[0]] <= reach_m:
                yield tuple(some[index] for some, index in zip(self._choices, taken, strict=True))
            return
        for index in range(len(self._choices[at])):
            if not taken or self._apart[at - 1][taken[-1], index] <= reach_m:
                yield from self._extend((*taken, index), reach_m)

    def strays(self, reach_m: float) -> list[int]:
        """The sides none of whose lines comes within `reach_m` of either neighbouring side."""
        last = len(self._choices) - 1
        return [
            index
            for index in range(len(self._choices))
            if self._apart[index].min() > reach_m and self._apart[index - 1 if index else last].min() > reach_m
        ]


def _distances(some: list[SideLine], others: list[SideLine]) -> NDArray[np.float64]:
    one = np.array([line.line for line in some])[:, None]
    other = np.array([line.line for line in others])[None, :]
    found: NDArray[np.float64] = shapely.distance(one, other)
    return found
