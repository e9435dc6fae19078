"""Areas and days in; of each, on each day, whether it lies in a place, and whether that can be told at all, out."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Connection, text

from gis_service.store.spans import (
    AREAS,
    WITHIN,
    Matrix,
    around,
    as_surveyed,
    between_surveys,
    frame,
    lasting,
    named,
    span_of,
)

Place = tuple[str, str]  # level and code
COLUMNS = {
    "county": "county_code",
    "street": "street_code",
    "neighborhood": "neighborhood_code",
    "reporting_unit": "reporting_unit",
}
_TOLD = f"""
{AREAS} select id, {WITHIN.format(first="first", until="until")}, nullif({{column}}, '') as own
from told where id = any(:of) and first < :most and until > :least and first < until
"""  # noqa: S608


@dataclass(frozen=True)
class Homes:
    """Per area and day: `here` is whether it lies in the place, `known` whether it is known where it lies."""

    ids: np.ndarray[tuple[int], np.dtype[np.int64]]
    here: Matrix
    known: Matrix

    def at(self, ids: Iterable[object]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The rows of these areas, all of which were asked about."""
        return np.searchsorted(self.ids, np.array(list(ids), dtype=np.int64))


def area_homes(connection: Connection, days: Sequence[dt.date], place: Place, of: Iterable[int]) -> Homes:
    """Where areas lay on each day: where their row says, or else where all their communities lie."""
    column, code = COLUMNS[place[0]], place[1]
    ids = np.unique(np.array(list(of), dtype=np.int64))
    empty = np.zeros((len(ids), len(days)), dtype=bool)
    homes = Homes(ids, empty, empty.copy())
    asked = [int(each) for each in ids]
    told = frame(connection, _TOLD.format(column=column), {**span_of(days), "of": asked})
    lasts, rows, said = lasting(told, days), homes.at(told["id"]), told["own"].notna().to_numpy()
    np.logical_or.at(homes.known, rows[said], lasts[said])
    here = (told["own"] == code).to_numpy()
    np.logical_or.at(homes.here, rows[here], lasts[here])
    unsaid = np.zeros_like(empty)
    np.logical_or.at(unsaid, rows[~said], lasts[~said])
    if unsaid.any():
        for alike in between_surveys(connection, days):
            _agree(connection, alike, place, homes, unsaid, [days.index(day) for day in alike])
    return homes


def _agree(
    connection: Connection, alike: Sequence[dt.date], place: Place, homes: Homes, unsaid: Matrix, columns: Sequence[int]
) -> None:
    """What a row does not say on a day is what its communities of the day say, where they all say the same."""
    asked = [int(each) for each in homes.ids[unsaid.any(axis=1)]]
    pairs = pd.concat([named(connection, alike, asked), around(connection, alike, asked)], ignore_index=True)
    own = as_surveyed(f"select id, nullif({COLUMNS[place[0]]}, '') from communities")  # noqa: S608 - one of four
    codes: dict[int, str | None] = {row[0]: row[1] for row in connection.execute(text(own), span_of(alike))}
    members: dict[tuple[int, int], set[str | None]] = defaultdict(set)
    on = lasting(pairs, alike)
    for row, community, lasts in zip(homes.at(pairs["area_id"]), pairs["community_id"], on, strict=True):
        for day in map(int, np.flatnonzero(lasts)):
            if unsaid[row, columns[day]]:
                members[int(row), columns[day]].add(codes[community])
    for at, found in members.items():
        if len(found) == 1 and None not in found:
            homes.known[at] = True
            homes.here[at] = found == {place[1]}


def is_place(connection: Connection, place: Place) -> bool:
    """Whether there is such a division, or anything of such a reporting unit."""
    level, code = place
    found = _UNIT if level == "reporting_unit" else "select from divisions where level = :level and code = :code"
    return bool(connection.scalar(text(f"select exists ({found})"), {"level": level, "code": code}))


_UNIT = " union all ".join(
    f"select from {table} where reporting_unit = :code" for table in ("divisions", "communities", "management_areas")
)
