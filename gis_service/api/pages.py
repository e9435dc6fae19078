"""`/` and `/maps/{id}`: declared maps in, Chinese pages out, each with a content security policy of its own."""

from __future__ import annotations

import secrets
from urllib.parse import unquote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from gis_service.api.headers import page_policy
from gis_service.api.publication import Publication, Published
from gis_service.maps import Assets, Map, PageOptions, landing_page, map_page
from gis_service.maps.assets import ICON
from gis_service.store.features import FeatureQuery, count_features, extent

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
def landing(request: Request, published: Published) -> HTMLResponse:
    """The landing page: a card for every map, every layer as GeoJSON."""
    with published.snapshot() as connection:
        options = page_options(connection, published, server=_server(request), nonce=secrets.token_urlsafe(16))
    text = landing_page(published.maps, published.layers, city=published.settings.city, options=options)
    return _page(text, options)


@router.get("/maps/{map_id}", response_class=HTMLResponse)
def map_(request: Request, published: Published, map_id: str) -> HTMLResponse:
    """The page of a map, which then asks for its layers; 404 for another name."""
    declared = published.map(map_id)
    server, nonce = _server(request), secrets.token_urlsafe(16)
    with published.snapshot() as connection:
        options = page_options(connection, published, server=server, nonce=nonce, declared=declared)
    assets = Assets.on_server(server)
    text = map_page(declared, published.layers, assets=assets, city=published.settings.city, options=options)
    return _page(text, options)


@router.get("/favicon.ico")
def favicon() -> Response:
    """The icon that also stands in the pages, for whoever asks for it as a file."""
    picture = unquote(ICON.partition(",")[2])
    return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


def page_options(
    connection: Connection, published: Publication, *, server: str = "", nonce: str = "", declared: Map | None = None
) -> PageOptions:
    """What a page says about the place it is served from: its siblings, its extent, whether it shows the sample."""
    settings = published.settings
    return PageOptions(
        server=server,
        nonce=nonce,
        siblings=tuple(published.maps.values()),
        extent=extent(connection, published.layers[declared.view.fit].source) if declared else None,
        page_limit=min(PageOptions.page_limit, settings.max_limit),
        due_soon_days=settings.due_soon_days,
        review_number=settings.review_number,
        sample=_shows_sample(connection),
    )


def _shows_sample(connection: Connection) -> bool:
    invented = FeatureQuery("communities", (), equals=(("sample", "true"),))
    return count_features(connection, invented) > 0


def _server(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


def _page(text: str, options: PageOptions) -> HTMLResponse:
    headers = {"Content-Security-Policy": page_policy(options.nonce), "Cache-Control": "no-store"}
    return HTMLResponse(text, headers=headers)
