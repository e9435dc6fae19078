"""The given boundaries of 安庆 and the fictional sample town into the store; again only where they changed."""

from __future__ import annotations

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
    ("divisions", "sample_town/divisions.geojson"),
    ("gazetteer", "sample_town/gazetteer.geojson"),
    ("communities", "sample_town/communities.geojson"),
    ("ledger", "sample_town/annex1.xlsx"),
    ("areas", "sample_town/agreed_boundaries.geojson"),
    ("problems", "sample_town/annex2.xlsx"),
    ("hazards", "sample_town/fire_lanes.geojson"),
    ("hazards", "sample_town/ebike_charging.geojson"),
    ("hazards", "sample_town/manholes.geojson"),
)


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
    town = [Source(kind, folder / name, name, sample=True) for kind, name in _TOWN]
    return [source for source in (*given, *town) if source.path.is_file()]
