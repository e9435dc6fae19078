"""`/` and `/maps/{id}`: declared maps in, Chinese pages out, each with a content security policy of its own."""

from __future__ import annotations

import secrets
from urllib.parse import unquote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy import Connection

from gis_service.api.declared import FORM, LANDING, ok
from gis_service.api.forms import F, own_links, wants_page
from gis_service.api.headers import page_policy
from gis_service.api.links import HTML, JSON, OPENAPI, address, link
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.maps import Assets, Map, PageOptions, landing_page, map_page
from gis_service.maps.assets import ICON
from gis_service.store.features import FeatureQuery, count_features, extent

_ABOUT = "四至文字落成边界，边界经人核定，再回答：哪些小区没有物业管理，隐患在哪里，整改到了哪一步。"
router = APIRouter(responses=REFUSALS)


@router.get(
    "/",
    summary="首页",
    description="从这里可以到达接口的一切：接口说明、所遵循的标准、全部图层。",
    response_class=Response,
    responses={200: ok("首页", JSON, LANDING)},
    openapi_extra={"parameters": [FORM]},
)
def landing(request: Request, published: Published) -> Response:
    """The landing page: a card for every map, every layer as GeoJSON; or where to go from here, as JSON."""
    single_values(request.query_params, (F,))
    if not wants_page(request):
        told = {"title": request.app.title, "description": _ABOUT, "links": _landing_links(request)}
        return JSONResponse(told, headers={"Vary": "Accept"})
    with published.snapshot() as connection:
        options = page_options(connection, published, server=_server(request), nonce=secrets.token_urlsafe(16))
    text = landing_page(published.maps, published.layers, city=published.settings.city, options=options)
    return _page(text, options)


@router.get("/maps/{map_id}", response_class=HTMLResponse, include_in_schema=False)
def map_(request: Request, published: Published, map_id: str) -> HTMLResponse:
    """The page of a map, which then asks for its layers; 404 for another name."""
    declared = published.map(map_id)
    server, nonce = _server(request), secrets.token_urlsafe(16)
    with published.snapshot() as connection:
        options = page_options(connection, published, server=server, nonce=nonce, declared=declared)
    assets = Assets.on_server(server)
    text = map_page(declared, published.layers, assets=assets, city=published.settings.city, options=options)
    return _page(text, options)


@router.get("/favicon.ico", include_in_schema=False)
def favicon() -> Response:
    """The icon that also stands in the pages, for whoever asks for it as a file."""
    picture = unquote(ICON.partition(",")[2])
    return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


def _landing_links(request: Request) -> list[dict[str, str]]:
    return [
        *own_links(request, JSON),
        link("service-desc", address(request, "api"), OPENAPI, "接口说明（OpenAPI 3.0）"),
        link("service-doc", f"{address(request, 'api')}?f=html", HTML, "接口说明（网页）"),
        link("conformance", address(request, "conformance"), JSON, "所遵循的标准"),
        link(
            "http://www.opengis.net/def/rel/ogc/1.0/conformance", address(request, "conformance"), JSON, "所遵循的标准"
        ),
        link("data", address(request, "collections"), JSON, "全部图层"),
        link("http://www.opengis.net/def/rel/ogc/1.0/data", address(request, "collections"), JSON, "全部图层"),
    ]


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
    headers = {"Content-Security-Policy": page_policy(options.nonce), "Cache-Control": "no-store", "Vary": "Accept"}
    return HTMLResponse(text, headers=headers)
