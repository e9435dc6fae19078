"""What a resource says in, a plain Chinese page that says the same out, with a content security policy of its own."""

from __future__ import annotations

import secrets
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gis_service import __version__
from gis_service.api.headers import page_policy
from gis_service.api.publication import Publication
from gis_service.api.readers import visitor_of
from gis_service.maps.assets import ICON, Assets

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
Crumbs = tuple[tuple[str, str], ...]  # title and address of the resources above


def view(
    request: Request,
    published: Publication,
    template: str,
    *,
    title: str,
    crumbs: Crumbs = (),
    assets: Assets | None = None,
    **told: object,
) -> HTMLResponse:
    """The page of a resource; only our own files and the scripts with the page's nonce run on it."""
    nonce, server = secrets.token_urlsafe(16), str(request.scope.get("root_path", ""))
    text = _TEMPLATES.get_template(f"{template}.html").render(
        title=title,
        crumbs=((published.settings.city + "住宅物业管理一张图", f"{server}/"), *crumbs),
        assets=assets or Assets.for_records(server),
        data_address=request.url.include_query_params(f="json").query,
        icon=ICON,
        nonce=nonce,
        server=server,
        version=__version__,
        review_number=published.settings.review_number,
        visitor=visitor_of(request),
        **told,
    )
    return _answer(text, nonce, 200)


def form_view(
    request: Request,
    published: Publication,
    template: str,
    *,
    title: str,
    status: int = 200,
    assets: Assets | None = None,
    **told: object,
) -> HTMLResponse:
    """A page with forms: of the entrance, or of the administrator; only `assets` of its own bring a script."""
    nonce, server = secrets.token_urlsafe(16), str(request.scope.get("root_path", ""))
    text = _TEMPLATES.get_template(f"{template}.html").render(
        title=title,
        city=published.settings.city,
        assets=assets or Assets.for_forms(server),
        icon=ICON,
        nonce=nonce,
        server=server,
        version=__version__,
        review_number=published.settings.review_number,
        **told,
    )
    return _answer(text, nonce, status)


def _answer(text: str, nonce: str, status: int) -> HTMLResponse:
    headers = {"Content-Security-Policy": page_policy(nonce), "Cache-Control": "no-store", "Vary": "Accept, Cookie"}
    return HTMLResponse(text, status, headers)
