"""Readable codes such as WY-340811-0001, given out in order and never twice."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, select

from gis_service.store.tables import ManagementArea, Problem


class Codes:
    """Gives out the next free code of a county; to be used within one import turn."""

    def __init__(self, connection: Connection, table: type[ManagementArea | Problem], prefix: str) -> None:
        self._prefix = prefix
        self._last: dict[str, int] = defaultdict(int)
        for code in connection.scalars(select(table.code)):
            stem, _, number = code.rpartition("-")
            self._last[stem] = max(self._last[stem], int(number))

    def next(self, county_code: str | None) -> str:
        """The next code of the county; 000000 stands for one that is not known."""
        stem = f"{self._prefix}-{county_code or '000000'}"
        self._last[stem] += 1
        return f"{stem}-{self._last[stem]:04d}"
