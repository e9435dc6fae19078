"""What was made once in, the same again out: bounded by bytes, the one asked for longest ago goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

_ENTRY_BYTES = 400  # what a key and its place cost beside what is kept

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Kept(Generic[Key, Made]):
    """Keeps what one process made, each under all that it depends on; may be used by several threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most, self._held = most_bytes, 0
        self._kept: OrderedDict[Key, tuple[Made, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Made | None:
        """What is kept under the key, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Key, made: Made, size: int) -> None:
        """Keep it, which takes so many bytes; others go when there is no room."""
        with self._lock:
            self._drop(key)
            self._kept[key] = made, size + _ENTRY_BYTES
            self._held += size + _ENTRY_BYTES
            while self._held > self._most:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._held -= gone[1]
