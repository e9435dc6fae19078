"""A CSV of figures of several indicators in; each kept under its own, as the sample has them."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection

from gis_service.indicators import Indicator, take
from gis_service.indicators.files import rows_of_csv


def take_sample_figures(connection: Connection, file: Path, indicators: Mapping[str, Indicator]) -> int:
    """How many values were new or corrected; those of indicators that are not declared are left."""
    grouped: dict[str, list[list[str]]] = defaultdict(list)
    heads, *lines = csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline=""))
    for indicator, *cells in lines:
        grouped[indicator].append(cells)
    changed = 0
    for name in sorted(set(grouped) & set(indicators)):
        text = "\n".join(",".join(cells) for cells in [heads[1:], *grouped[name]])
        rows = rows_of_csv(text.encode(), indicators[name])
        outcome = take(connection, indicators[name], rows, login="示例", sample=True)
        changed += outcome.new + outcome.corrected
    return changed
