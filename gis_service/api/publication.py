"""What the server publishes: engine, settings, declared layers and maps, handed to every route."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Annotated, TypeVar

import anyio
from fastapi import Depends, Request
from sqlalchemy import Connection, Engine

from gis_service import __version__
from gis_service.api.metrics import Metrics
from gis_service.errors import NotFoundError
from gis_service.layers import Layer, load_layers
from gis_service.maps import Map, load_maps
from gis_service.resources import shared
from gis_service.settings import Settings
from gis_service.store.cursors import TELL

ROLE = "planner"  # nobody logs in yet: every reader sees what planners may see, names and phones masked

Declared = TypeVar("Declared", Layer, Map)


@dataclass(frozen=True)
class Publication:
    """Everything a route may use."""

    engine: Engine
    settings: Settings
    layers: Mapping[str, Layer]
    maps: Mapping[str, Map]
    exports: BoundedSemaphore  # one for each download that may be under way
    metrics: Metrics
    watch: anyio.CapacityLimiter  # threads and connections of `/healthz`, which answers however many readers there are

    def layer(self, name: str) -> Layer:
        """The published layer; NotFoundError lists those there are."""
        return named(self.layers, name, "图层")

    def map(self, name: str) -> Map:
        """The published map; NotFoundError lists those there are."""
        return named(self.maps, name, "地图")

    def snapshot(self) -> Connection:
        """A connection whose reads all see the same moment and cannot write; one request opens one (`admission`)."""
        return self.engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True, **{TELL: self.metrics.features.inc}
        )


def declared_layers() -> dict[str, Layer]:
    """The declared layers that may be read; a DeclarationError names the file and key that is wrong."""
    declared = load_layers(shared("layers"))
    return {name: layer for name, layer in declared.items() if layer.visible_fields(ROLE)}


def declared_maps(layers: Mapping[str, Layer]) -> dict[str, Map]:
    """The declared maps of these layers; a DeclarationError names the file and key that is wrong."""
    return load_maps(shared("maps"), layers)


def publish(engine: Engine, settings: Settings) -> Publication:
    """What is declared, on this database."""
    layers = declared_layers()
    exports = BoundedSemaphore(settings.max_exports)
    return Publication(
        engine, settings, layers, declared_maps(layers), exports, Metrics(engine), anyio.CapacityLimiter(2)
    )


def named(declared: Mapping[str, Declared], name: str, what: str) -> Declared:
    """The one of that name; NotFoundError lists the names there are."""
    if name not in declared:
        raise NotFoundError(f"没有{what}“{name[:40]}”，可用：{'、'.join(declared)}")
    return declared[name]


def _of(request: Request) -> Publication:
    found: Publication = request.app.state.publication
    return found


Published = Annotated[Publication, Depends(_of)]


def entity_tag(*parts: object) -> str:
    """A weak ETag of what an answer depends on, the day and the program included."""
    told = "\n".join(str(part) for part in (__version__, dt.date.today(), *parts))
    return f'W/"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


def is_known(request: Request, tag: str) -> bool:
    """True when the reader says it holds the answer with that tag (If-None-Match, RFC 9110 13.1.2)."""
    held = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    return tag.removeprefix("W/") in held
