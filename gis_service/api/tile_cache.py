"""Tiles as they were sent in, the same tiles again out: bounded by bytes, the one asked for longest ago goes first."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

_ENTRY_BYTES = 400  # what a key and its place cost beside the tile


class TileKey(NamedTuple):
    """All that a tile depends on; a write raises the revision, so that what is kept is never wrong."""

    layer: str
    revision: int
    role: str
    day: dt.date
    tile_matrix_set: str
    level: int
    row: int
    column: int


class TileCache:
    """Keeps compressed tiles of one process; may be used by several threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most, self._held = most_bytes, 0
        self._tiles: OrderedDict[TileKey, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: TileKey) -> bytes | None:
        """The tile, or None when it is not kept."""
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def put(self, key: TileKey, tile: bytes) -> None:
        """Keep the tile; others go when there is no room."""
        with self._lock:
            self._drop(key)
            self._tiles[key] = tile
            self._held += len(tile) + _ENTRY_BYTES
            while self._held > self._most:
                self._drop(next(iter(self._tiles)))

    def _drop(self, key: TileKey) -> None:
        gone = self._tiles.pop(key, None)
        if gone is not None:
            self._held -= len(gone) + _ENTRY_BYTES
