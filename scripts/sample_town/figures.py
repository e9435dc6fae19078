"""The sample figures of other systems: fees and scores by area, complaints by community, satisfaction by street."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

from scripts.sample_town.rows import Row, rows
from scripts.sample_town.town import neighborhood_code, rng_for, town

COLUMNS = ("indicator", "编号", "时段", "数值")
_MONTHS = tuple(f"2023-{month:02d}" for month in range(1, 12))
_QUARTERS = ("2023-Q1", "2023-Q2", "2023-Q3")
_LOW, _HIGH = 0.2, 1.0
Figure = tuple[str, str, str, float]


def area_codes() -> Iterator[tuple[Row, str]]:
    """Each row of 附件1 with the code that its area is given on import: counted by county, in the order of the rows."""
    counts: Counter[str] = Counter()
    for row in rows():
        county = neighborhood_code(row.area.communities[0].neighborhood)[:6]
        counts[county] += 1
        yield row, f"WY-{county}-{counts[county]:04d}"


def figures() -> Iterator[Figure]:
    """Every figure: fees and scores where there is a company, complaints everywhere, satisfaction of every street."""
    for row, code in area_codes():
        if row.company and row.form == 1:
            rng = rng_for(f"fees:{code}")
            start = row.fee_rate - 0.06
            for at, month in enumerate(_MONTHS):
                rate = min(max(start + 0.008 * at + rng.uniform(-0.03, 0.03), _LOW), _HIGH)
                yield "fee_collection", code, month, round(rate, 3)
    for community in town().communities:
        rng = rng_for(f"hotline:{community.code}")
        usual = rng.choice((0, 0, 1, 1, 2, 3, 6))
        for month in _MONTHS[-4:]:
            yield "hotline_complaints", community.code, month, max(0, usual + rng.choice((-1, 0, 0, 1, 2)))
    for street in sorted({neighborhood_code(one.neighborhood)[:9] for one in town().communities}):
        rng = rng_for(f"satisfaction:{street}")
        start = rng.uniform(66, 84)
        for at, quarter in enumerate(_QUARTERS):
            yield "satisfaction", street, quarter, round(start + 1.5 * at + rng.uniform(-1, 2), 1)
    yield from _scores()


def _scores() -> Iterator[Figure]:
    """What a third party gives the service of each company, a little more from quarter to quarter."""
    for row, code in area_codes():
        if row.company and row.form == 1:
            rng = rng_for(f"score:{code}")
            start = rng.uniform(56, 90)
            for at, quarter in enumerate(_QUARTERS):
                yield "third_party_score", code, quarter, round(start + 1.5 * at + rng.uniform(-2, 3), 1)


def table() -> str:
    """The figures as CSV text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(figures())
    return buffer.getvalue()
