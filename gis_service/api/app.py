"""Engine and settings in, the web application out."""

from __future__ import annotations

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from gis_service import __version__
from gis_service.api import (
    collections,
    downloads,
    files,
    health,
    items,
    pages,
    problems,
    queryables,
    styles,
    tiles,
    tilesets,
)
from gis_service.api.headers import SecurityHeaders
from gis_service.api.publication import publish
from gis_service.exports import FORMATS
from gis_service.settings import Settings


def create_app(engine: Engine, settings: Settings) -> FastAPI:
    """The application that publishes the declared layers and maps; DeclarationError or SetupError say what is amiss."""
    app = FastAPI(
        title=f"{settings.city}住宅物业管理一张图",
        version=__version__,
        openapi_url="/api",
        docs_url=None,  # the pages of FastAPI load scripts from a CDN, which a closed network has not
        redoc_url=None,
    )
    app.state.publication = publish(engine, settings)
    tiles.install(app, settings.tile_cache_mb << 20)  # first, since addresses are compared in this order
    for room in (pages, collections, queryables, downloads, items, tilesets, styles, health):
        app.include_router(room.router)
    files.install(app)
    problems.install(app)
    packed = [form.media_type for form in FORMATS.values() if form.packed]
    app.add_middleware(
        GZipMiddleware,
        minimum_size=1000,
        compresslevel=5,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *packed),
    )
    app.add_middleware(SecurityHeaders)
    return app
