"""How fast sentences are parsed and rows resolved, on the sample ledger."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from gis_service.abuttals import parse
from gis_service.gazetteer import Gazetteer, read_places
from gis_service.ledger import read_annex1
from gis_service.resolver import Hint, resolve
from gis_service.resources import shared

TOWN = shared("data") / "boundaries" / "sample_town"
ROUNDS = 5


def main() -> None:
    """Two figures, one a line."""
    entries = read_annex1(TOWN / "annex1.xlsx").entries
    sentences = [entry.abuttals_text for entry in entries]
    seconds = _median(lambda: [parse(sentence) for sentence in sentences])
    print(f"parse     {len(sentences) / seconds:10.0f} sentences/s   ({len(sentences)} rows of the sample ledger)")

    gazetteer = Gazetteer(read_places(TOWN / "gazetteer.geojson").places)
    read = [(parse(entry.abuttals_text), Hint(community_names=entry.community_names)) for entry in entries]
    seconds = _median(lambda: [resolve(abuttals, gazetteer, hint=hint) for abuttals, hint in read])
    print(f"resolve   {seconds / len(read) * 1000:10.2f} ms/row        ({len(read)} rows)")


def _median(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
