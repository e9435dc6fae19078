"""Rows of a ledger and rows of the store: which is which, though a ledger has no key that lasts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """What tells a row: the group it cannot leave (unit and name), its place in it, its 序号, its communities."""

    group: str
    place: tuple[str, ...]
    seq: int | None = None
    communities: str = ""


@dataclass(frozen=True)
class Known:
    """A stored row and its lasting key."""

    key: str
    identity: Identity


Alike = Callable[[Identity, Identity], bool]


def same_place(row: Identity, known: Identity) -> bool:
    """True when both stand at the same place."""
    return row.place == known.place


def same_place_and_number(row: Identity, known: Identity) -> bool:
    """True when both stand at the same place under the same 序号."""
    return row.place == known.place and row.seq == known.seq


def same_number(row: Identity, known: Identity) -> bool:
    """True when both bear the same 序号."""
    return row.seq is not None and row.seq == known.seq


def nowhere_contrary(row: Identity, known: Identity) -> bool:
    """True when the places agree wherever both say something, or in their first part (the street)."""
    pairs = list(zip(row.place, known.place, strict=True))
    return row.place[0] == known.place[0] != "" or all(one == other or not one or not other for one, other in pairs)


def anything(row: Identity, known: Identity) -> bool:
    """True of any two rows of a group."""
    return row.group == known.group


def match(
    rows: Sequence[Identity],
    known: Iterable[Known],
    *,
    certain: Sequence[Alike],
    lone: Sequence[Alike],
    taken: Collection[str],
) -> list[str]:
    """The lasting key of every row: that of a stored row, or a new one `group#n` that is not taken yet.

    `certain` likeness pairs rows in order; `lone` likeness only where both sides have no other partner.
    """
    rows_of: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        rows_of[row.group].append(index)
    known_of: dict[str, list[Known]] = defaultdict(list)
    for stored in known:
        known_of[stored.identity.group].append(stored)
    keys: dict[int, str] = {}
    for group, indexes in rows_of.items():
        keys |= _paired(rows, indexes, known_of[group], certain, lone)
        keys |= _fresh(group, [index for index in indexes if index not in keys], taken)
    return [keys[index] for index in range(len(rows))]


def _paired(
    rows: Sequence[Identity], indexes: list[int], known: list[Known], certain: Sequence[Alike], lone: Sequence[Alike]
) -> dict[int, str]:
    pairs: dict[int, str] = {}
    for alike, must_be_lone in [*((one, False) for one in certain), *((one, True) for one in lone)]:
        used = set(pairs.values())
        free = [stored for stored in known if stored.key not in used]
        open_rows = [index for index in indexes if index not in pairs]
        pairs |= _pass(rows, open_rows, free, alike, must_be_lone)
    return pairs


def _pass(
    rows: Sequence[Identity], indexes: list[int], free: list[Known], alike: Alike, must_be_lone: bool
) -> dict[int, str]:
    pairs: dict[int, str] = {}
    for index in indexes:
        partners = [
            stored for stored in free if alike(rows[index], stored.identity) and stored.key not in pairs.values()
        ]
        rivals = [other for other in indexes if partners and alike(rows[other], partners[0].identity)]
        if partners and (not must_be_lone or (len(partners) == 1 and len(rivals) == 1)):
            pairs[index] = partners[0].key
    return pairs


def _fresh(group: str, indexes: list[int], taken: Collection[str]) -> dict[int, str]:
    numbers = (f"{group}#{number}" for number in range(1, len(indexes) + len(taken) + 1))
    free = (key for key in numbers if key not in taken)
    return dict(zip(indexes, free, strict=False))
