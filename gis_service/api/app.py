"""Engine and settings in, the web application out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache

from fastapi import FastAPI
from sqlalchemy import Engine

from gis_service import __version__
from gis_service.api import (
    administration,
    behind,
    boundaries,
    boundary_edits,
    boundary_imports,
    boundary_successions,
    campaign,
    changes,
    collections,
    conformance,
    county_package,
    coverage,
    description,
    downloads,
    drafts,
    entrance,
    files,
    hazard_counts,
    health,
    indicator_push,
    indicators,
    items,
    ledger_desk,
    ledgers,
    metrics,
    organisation,
    pages,
    problem_history,
    problem_list,
    problem_names,
    problem_summary,
    problems,
    rectification,
    schemas,
    sheets,
    styles,
    summary,
    targets,
    tile_matrix_sets,
    tiles,
    tilesets,
    webhooks,
)
from gis_service.api.admission import Admission
from gis_service.api.head import HeadRequests
from gis_service.api.headers import SecurityHeaders
from gis_service.api.pace import Pace
from gis_service.api.packing import Packing
from gis_service.api.publication import AT_ONCE, Publication, publish
from gis_service.api.readers import require_rules
from gis_service.api.visitors import Visitors
from gis_service.api.visits import Visits
from gis_service.editing.landmarks import Landmarks
from gis_service.exports import FORMATS
from gis_service.settings import Settings

_ROOMS = (
    pages,
    entrance,
    organisation,
    administration,
    conformance,
    coverage,
    behind,
    description,
    collections,
    schemas,
    problem_list,
    problem_summary,
    problem_names,
    problem_history,
    rectification,
    sheets,
    hazard_counts,
    downloads,
    items,
    tilesets,
    tile_matrix_sets,
    styles,
    health,
    metrics,
    indicators,
    indicator_push,
    targets,
    summary,
    campaign,
    boundaries,
    boundary_edits,
    boundary_imports,
    boundary_successions,
    drafts,
    ledger_desk,
    ledgers,
    changes,
    webhooks,
    county_package,
)


def create_app(engine: Engine, settings: Settings) -> FastAPI:
    """The application that publishes the declared layers and maps; DeclarationError or SetupError say what is amiss."""
    app = FastAPI(
        title=f"{settings.city}住宅物业管理一张图",
        version=__version__,
        openapi_url=None,  # described by `description`, in OpenAPI 3.0
        docs_url=None,  # the pages of FastAPI load scripts from a CDN, which a closed network has not
        redoc_url=None,
        lifespan=_open,
    )
    app.state.publication = published = publish(engine, settings)
    app.state.landmarks = Landmarks()
    app.state.visitors = Visitors(engine, settings)
    app.state.logins = Pace(settings.logins_a_minute)
    app.state.downloads = Pace(settings.downloads_a_minute)
    app.state.path_of = lru_cache(maxsize=1024)(app.url_path_for)  # which looks at every route in turn
    tiles.install(app, settings.tile_cache_mb << 20)  # first, since addresses are compared in this order
    app.include_router(items.often)
    for room in _ROOMS:
        app.include_router(room.router)
    files.install(app)
    problems.install(app)
    require_rules(app)
    _wrap(app, published)
    return app


@asynccontextmanager
async def _open(app: FastAPI) -> AsyncIterator[None]:
    """While the application is served; its quick connections are opened at once, and closed afterwards."""
    published: Publication = app.state.publication
    preparing = asyncio.create_task(published.quick.prepare(AT_ONCE))
    try:
        yield
    finally:
        preparing.cancel()
        await asyncio.wait([preparing])
        await published.quick.close()


def _wrap(app: FastAPI, published: Publication) -> None:
    """The middleware, innermost first."""
    app.add_middleware(Packing, packed_types=tuple(form.media_type for form in FORMATS.values() if form.packed))
    app.add_middleware(Admission, settings=published.settings, metrics=published.metrics)
    app.add_middleware(HeadRequests)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Visits, metrics=published.metrics)
