"""Engine and settings in, the web application out."""

from __future__ import annotations

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from gis_service import __version__
from gis_service.api import (
    collections,
    conformance,
    description,
    downloads,
    files,
    health,
    items,
    metrics,
    pages,
    problems,
    schemas,
    styles,
    tiles,
    tilesets,
)
from gis_service.api.admission import Admission
from gis_service.api.head import HeadRequests
from gis_service.api.headers import SecurityHeaders
from gis_service.api.publication import Publication, publish
from gis_service.api.visits import Visits
from gis_service.exports import FORMATS
from gis_service.settings import Settings


def create_app(engine: Engine, settings: Settings) -> FastAPI:
    """The application that publishes the declared layers and maps; DeclarationError or SetupError say what is amiss."""
    app = FastAPI(
        title=f"{settings.city}住宅物业管理一张图",
        version=__version__,
        openapi_url=None,  # described by `description`, in OpenAPI 3.0
        docs_url=None,  # the pages of FastAPI load scripts from a CDN, which a closed network has not
        redoc_url=None,
    )
    app.state.publication = published = publish(engine, settings)
    tiles.install(app, settings.tile_cache_mb << 20)  # first, since addresses are compared in this order
    for room in (
        pages,
        conformance,
        description,
        collections,
        schemas,
        downloads,
        items,
        tilesets,
        styles,
        health,
        metrics,
    ):
        app.include_router(room.router)
    files.install(app)
    problems.install(app)
    _wrap(app, published)
    return app


def _wrap(app: FastAPI, published: Publication) -> None:
    """The middleware, innermost first."""
    packed = [form.media_type for form in FORMATS.values() if form.packed]
    app.add_middleware(
        GZipMiddleware,
        minimum_size=1000,
        compresslevel=5,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *packed),
    )
    app.add_middleware(Admission, settings=published.settings, metrics=published.metrics)
    app.add_middleware(HeadRequests)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Visits, metrics=published.metrics)
