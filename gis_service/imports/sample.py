"""The given boundaries of 安庆 and the fictional sample town into the store; again only where they changed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sqlalchemy import Connection, Engine

from gis_service import clock, resources
from gis_service.editing.refreshing import refresh_derived
from gis_service.imports.figures import take_sample_figures
from gis_service.imports.importing import Source, fingerprint, import_all
from gis_service.imports.report import Progress
from gis_service.indicators import load_indicators
from gis_service.store import batches, derived

_GIVEN = (("divisions", "anqing/counties.geojson"), ("divisions", "anqing/divisions.csv"))
_TOWN = (
    ("divisions", "divisions.geojson"),
    ("gazetteer", "gazetteer.geojson"),
    ("communities", "communities.geojson"),
    ("ledger", "annex1_202307.xlsx"),
    ("areas", "agreed_boundaries.geojson"),
    ("problems", "annex2_202307.xlsx"),
    ("ledger", "annex1_202309.xlsx"),
    ("problems", "annex2_202309.xlsx"),
    ("ledger", "annex1_202311.xlsx"),
    ("problems", "annex2_202311.xlsx"),
    ("ledger", "annex1.xlsx"),
    ("problems", "annex2.xlsx"),
    ("hazards", "fire_lanes.geojson"),
    ("hazards", "ebike_charging.geojson"),
    ("hazards", "manholes.geojson"),
)
_SAID = {  # the days of the campaign of which the files speak
    **dict.fromkeys(("communities.geojson", "annex1_202307.xlsx", "annex2_202307.xlsx"), dt.date(2023, 7, 15)),
    **dict.fromkeys(("annex1_202309.xlsx", "annex2_202309.xlsx"), dt.date(2023, 9, 30)),
    **dict.fromkeys(("fire_lanes.geojson", "ebike_charging.geojson", "manholes.geojson"), dt.date(2023, 10, 10)),
    **dict.fromkeys(("annex1_202311.xlsx", "annex2_202311.xlsx"), dt.date(2023, 11, 15)),
    **dict.fromkeys(("annex1.xlsx", "annex2.xlsx"), dt.date(2023, 12, 10)),
}


def load_sample(engine: Engine, progress: Progress | None = None) -> bool:
    """The sample is in the store, its boundaries agreed as 示例数据; True when files had to be read for it."""
    watch = progress or (lambda _what, _done, _total: None)
    with engine.begin() as connection:
        stale = any(
            batches.last_fingerprint(connection, source.kind, source.name) != fingerprint(source.path)
            for source in _sources()
        )
        if stale:
            import_all(connection, _sources(), watch)
            _take_figures(connection)
        elif derived.computed_on(connection) != clock.today():
            batches.take_import_turn(connection)
            refresh_derived(connection, clock.today())
    return stale


def _take_figures(connection: Connection) -> None:
    """What other systems would send of the sample town."""
    file = resources.shared("data") / "boundaries" / "sample_town" / "indicators.csv"
    if file.is_file():
        take_sample_figures(connection, file, load_indicators(resources.shared("indicators")))


def _sources() -> list[Source]:
    folder = resources.shared("data") / "boundaries"
    given = [Source(kind, folder / name, name) for kind, name in _GIVEN]
    return [source for source in (*given, *(_of_town(folder, *each) for each in _TOWN)) if source.path.is_file()]


def _of_town(folder: Path, kind: str, name: str) -> Source:
    own = f"sample_town/{name}"
    return Source(kind, folder / own, own, sample=True, since=_SAID.get(name))
