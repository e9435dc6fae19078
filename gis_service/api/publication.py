"""What the server publishes: engine, settings, declared layers and maps, handed to every route."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Annotated, TypeVar

import anyio
from fastapi import Depends, Request
from sqlalchemy import Connection, Engine

from gis_service import __version__, clock
from gis_service.access import Reader, Role
from gis_service.api.indicator_layers import with_indicators
from gis_service.api.indicator_maps import indicator_maps
from gis_service.api.kept_features import KeptFeatures, KeptPages
from gis_service.api.metrics import Metrics
from gis_service.api.reckoning import Reckonings
from gis_service.errors import NotFoundError, UnauthorizedError
from gis_service.indicators import Indicator, load_indicators
from gis_service.layers import Layer, load_layers
from gis_service.maps import Map, load_maps
from gis_service.resources import shared
from gis_service.settings import Settings
from gis_service.store.cursors import TELL
from gis_service.store.freshness import Revisions
from gis_service.store.persons import PersonMarks
from gis_service.store.quick import QuickReads
from gis_service.targets import Campaign, Target, load_campaigns, load_targets

QUICK = 8  # connections beside those of the engine, for reads that no thread waits for
AT_ONCE = 6  # of them: as many tiles a browser asks for at a time

Declared = TypeVar("Declared", Layer, Map, Indicator, Target, Campaign)


@dataclass(frozen=True)
class Publication:
    """Everything a route may use."""

    engine: Engine
    settings: Settings
    layers: Mapping[str, Layer]
    indicators: Mapping[str, Indicator]
    targets: Mapping[str, Target]
    campaigns: Mapping[str, Campaign]
    maps: Mapping[str, Map]
    figure_maps: Mapping[str, Map]  # of indicators, reached from their pages
    exports: BoundedSemaphore  # one for each download that may be under way
    metrics: Metrics
    reckonings: Reckonings  # of coverage, by day
    quick: QuickReads  # for what takes a moment
    features: KeptFeatures
    pages: KeptPages
    revisions: Revisions
    persons: PersonMarks  # by which the audit log knows names and phones
    watch: anyio.CapacityLimiter  # threads and connections of `/healthz`, which answers however many readers there are

    def layers_for(self, reader: Reader) -> dict[str, Layer]:
        """The layers that the reader may see, in their order."""
        return {name: layer for name, layer in self.layers.items() if reader.role in layer.audience}

    def layer(self, name: str, reader: Reader) -> Layer:
        """The layer, if the reader may see it; NotFoundError lists those there are."""
        return _for(reader, self.layers, self.layers_for(reader), name, "图层")

    def indicators_for(self, reader: Reader) -> dict[str, Indicator]:
        """The indicators that the reader may see, by id."""
        return {name: one for name, one in self.indicators.items() if reader.role in one.audience}

    def indicator(self, name: str, reader: Reader) -> Indicator:
        """The indicator, if the reader may see it; NotFoundError lists those there are."""
        return named(self.indicators_for(reader), name, "指标")

    def targets_for(self, reader: Reader) -> dict[str, Target]:
        """The targets, but for those of indicators that the reader may not see."""
        seen = self.indicators_for(reader)
        return {name: one for name, one in self.targets.items() if one.indicator is None or one.indicator in seen}

    def maps_for(self, reader: Reader) -> dict[str, Map]:
        """The maps that the reader may see, in their order."""
        return {name: found for name, found in self.maps.items() if reader.role in found.audience}

    def map(self, name: str, reader: Reader) -> Map:
        """The map, if the reader may see it; NotFoundError lists those there are."""
        known = {**self.maps, **self.figure_maps}
        seen = {
            **self.maps_for(reader),
            **{key: one for key, one in self.figure_maps.items() if reader.role in one.audience},
        }
        return _for(reader, known, seen, name, "地图")

    def snapshot(self) -> Connection:
        """A connection whose reads all see the same moment and cannot write; one request opens one (`admission`)."""
        return self.engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True, **{TELL: self.metrics.features.inc}
        )


def declared_indicators(folder: Path | None = None) -> dict[str, Indicator]:
    """The declared indicators: those that came with the program, and those of the folder in place of theirs."""
    return load_indicators(shared("indicators")) | (load_indicators(folder) if folder else {})


def declared_layers(indicators: Mapping[str, Indicator] | None = None) -> dict[str, Layer]:
    """The declared layers, and those of the indicators; a DeclarationError names the file and key that is wrong."""
    return with_indicators(load_layers(shared("layers")), declared_indicators() if indicators is None else indicators)


def declared_maps(layers: Mapping[str, Layer]) -> dict[str, Map]:
    """The declared maps of these layers; a DeclarationError names the file and key that is wrong."""
    return load_maps(shared("maps"), layers)


def publish(engine: Engine, settings: Settings) -> Publication:
    """What is declared, on this database."""
    indicators = declared_indicators(settings.indicators_dir)
    layers = declared_layers(indicators)
    targets = load_targets(shared("targets"), indicators)
    exports = BoundedSemaphore(settings.max_exports)
    quick = QuickReads(engine, QUICK)
    return Publication(
        engine=engine,
        settings=settings,
        layers=layers,
        indicators=indicators,
        targets=targets,
        campaigns=load_campaigns(shared("campaigns"), targets),
        maps=declared_maps(layers),
        figure_maps=indicator_maps(indicators, layers),
        exports=exports,
        metrics=Metrics(engine),
        reckonings=Reckonings(),
        quick=quick,
        features=KeptFeatures(quick, settings.feature_cache_mb << 20),
        pages=KeptPages(quick, settings.feature_cache_mb << 20),
        revisions=Revisions(quick),
        persons=PersonMarks(settings.secret),
        watch=anyio.CapacityLimiter(2),
    )


def named(declared: Mapping[str, Declared], name: str, what: str) -> Declared:
    """The one of that name; NotFoundError lists the names there are."""
    if name not in declared:
        raise NotFoundError(f"没有{what}“{name[:40]}”，可用：{'、'.join(declared)}")
    return declared[name]


def _for(
    reader: Reader, declared: Mapping[str, Declared], seen: Mapping[str, Declared], name: str, what: str
) -> Declared:
    if reader.role is Role.PUBLIC and name in declared and name not in seen:
        raise UnauthorizedError(f"{what}“{declared[name].title}”不对公众开放，请先登录")
    return named(seen, name, what)


async def _of(request: Request) -> Publication:  # async: else a thread would fetch it
    found: Publication = request.app.state.publication
    return found


Published = Annotated[Publication, Depends(_of)]


def entity_tag(*parts: object) -> str:
    """A weak ETag of what an answer depends on, the day and the program included."""
    told = "\n".join(str(part) for part in (__version__, clock.today(), *parts))
    return f'W/"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


def is_known(request: Request, tag: str) -> bool:
    """True when the reader says it holds the answer with that tag (If-None-Match, RFC 9110 13.1.2)."""
    held = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    return tag.removeprefix("W/") in held
