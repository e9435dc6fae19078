"""Who asks how often in; whether it is too often out."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from threading import Lock

from gis_service.errors import TooManyError

_MINUTE_S = 60.0
_MOST_KEPT = 10_000


class Pace:
    """At most so many in a minute by one name; may be used by several threads."""

    def __init__(self, a_minute: int) -> None:
        self._most = a_minute
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def step(self, name: str) -> None:
        """One more of this name; TooManyError when there were too many in the last minute."""
        now = time.monotonic()
        with self._lock:
            times = self._seen.setdefault(name, deque())
            self._seen.move_to_end(name)
            while times and times[0] <= now - _MINUTE_S:
                times.popleft()
            if len(times) >= self._most:
                raise TooManyError("请求太频繁，请一分钟后再试")
            times.append(now)
            if len(self._seen) > _MOST_KEPT:
                self._seen.popitem(last=False)
