"""`/` and `/maps/{id}`: declared maps in, Chinese pages out, each with a content security policy of its own."""

from __future__ import annotations

import secrets
from dataclasses import replace
from urllib.parse import unquote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy import Connection

from gis_service.access import LOCAL, Reader, Role
from gis_service.api.declared import FORM, LANDING, ok
from gis_service.api.forms import F, own_links, wants_page
from gis_service.api.headers import page_policy
from gis_service.api.indicators import measures
from gis_service.api.links import HTML, JSON, OPENAPI, TILING_SCHEMES, address, link
from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import REPORTERS, UNASKED, Reading, visitor_of
from gis_service.api.targets import aims
from gis_service.maps import Assets, Map, PageOptions, landing_page, map_page
from gis_service.maps.assets import ICON
from gis_service.store.features import FeatureQuery, count_features, exceeds, extent

_WHOLE = 1_000  # features that a page may hold of a layer; larger ones are drawn from tiles
_ABOUT = "四至文字落成边界，边界经人核定，再回答：哪些小区没有物业管理，隐患在哪里，整改到了哪一步。"
router = APIRouter(responses=REFUSALS)


@router.get(
    "/",
    summary="首页",
    operation_id="getLandingPage",
    description="从这里可以到达接口的一切：接口说明、所遵循的标准、全部图层。",
    response_class=Response,
    responses={200: ok("首页", JSON, LANDING)},
    openapi_extra={"parameters": [FORM]},
)
def landing(request: Request, published: Published, reader: Reading) -> Response:
    """The landing page: a card for every map, every layer as GeoJSON; or where to go from here, as JSON."""
    single_values(request.query_params, (F,))
    if not wants_page(request):
        told = {"title": request.app.title, "description": _ABOUT, "links": _landing_links(request)}
        return JSONResponse(told, headers={"Vary": "Accept"})
    with published.snapshot() as connection:
        options = page_options(connection, published, reader, request)
    text = landing_page(
        published.maps_for(reader), published.layers_for(reader), city=published.settings.city, options=options
    )
    return _page(text, options)


@router.get("/maps/{map_id}", response_class=HTMLResponse, include_in_schema=False)
def map_(request: Request, published: Published, reader: Reading, map_id: str) -> HTMLResponse:
    """The page of a map, which then asks for its layers; 404 for another name."""
    declared = published.map(map_id, reader)
    with published.snapshot() as connection:
        options = page_options(connection, published, reader, request, declared=declared)
        options = replace(options, tiled=_tiled(connection, published, declared))
    assets = Assets.on_server(options.server, desk=_desk(declared, reader))
    text = map_page(
        declared, published.layers_for(reader), assets=assets, city=published.settings.city, options=options
    )
    return _page(text, options)


@router.get("/favicon.ico", include_in_schema=False, dependencies=[UNASKED])
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
        link(TILING_SCHEMES, address(request, "tile_matrix_sets"), JSON, "切片方案"),
        link("http://www.opengis.net/def/rel/ogc/1.0/data", address(request, "collections"), JSON, "全部图层"),
    ]


def page_options(
    connection: Connection,
    published: Publication,
    reader: Reader,
    request: Request | None = None,
    *,
    declared: Map | None = None,
) -> PageOptions:
    """What a page says about the place it is served from: its siblings, its extent, whether it shows the sample."""
    settings = published.settings
    return PageOptions(
        server=_server(request) if request else "",
        nonce=secrets.token_urlsafe(16) if request else "",
        siblings=tuple(published.maps_for(reader).values()),
        extent=extent(connection, published.layers[declared.view.fit].source) if declared else None,
        page_limit=min(PageOptions.page_limit, settings.max_limit),
        due_soon_days=settings.due_soon_days,
        snap_m=settings.snap_m,
        review_number=settings.review_number,
        sample=_shows_sample(connection),
        login=reader.login,
        may_report=str(reader.role) if reader.login and reader.role in REPORTERS else "",
        may_send=reader.role in LOCAL or reader.role is Role.CITY,
        account=reader.name or reader.login,
        indicators=measures(published.indicators_for(reader).values()),
        targets=aims(published, reader),
        fields=_impersonal(published, reader),
        csrf=visitor_of(request).proof if request else "",
    )


def _desk(declared: Map, reader: Reader) -> str:
    """The desk whose tools the page brings along; none for those who only look."""
    return declared.desk if reader.role in LOCAL or reader.role is Role.CITY else ""


def _tiled(connection: Connection, published: Publication, declared: Map) -> frozenset[str]:
    """The layers that are drawn from tiles: the large ones, and the base map unless lines are drawn by it."""
    sources = {name: published.layers[name].source for name in declared.data_layers}
    large = {name for name, source in sources.items() if exceeds(connection, source, _WHOLE)}
    return frozenset(large if declared.desk == "boundaries" else large | {declared.base})


def _impersonal(published: Publication, reader: Reader) -> dict[str, str]:
    """Of each layer that shows the reader names or phones, the other fields, as `properties` has them."""
    seen = {name: layer.columns(reader) for name, layer in published.layers_for(reader).items()}
    return {
        name: ",".join(one.name for one in columns if one.mask is None)
        for name, columns in seen.items()
        if any(one.shown_in for one in columns)
    }


def _shows_sample(connection: Connection) -> bool:
    invented = FeatureQuery("communities", (), equals=(("sample", "true"),))
    return count_features(connection, invented) > 0


def _server(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


def _page(text: str, options: PageOptions) -> HTMLResponse:
    headers = {"Content-Security-Policy": page_policy(options.nonce), "Cache-Control": "no-store", "Vary": "Accept"}
    return HTMLResponse(text, headers=headers)
