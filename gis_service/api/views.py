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
    request: Request, published: Publication, template: str, *, title: str, crumbs: Crumbs = (), **told: object
) -> HTMLResponse:
    """The page of a resource; only our own files and the scripts with the page's nonce run on it."""
    nonce, server = secrets.token_urlsafe(16), str(request.scope.get("root_path", ""))
    text = _TEMPLATES.get_template(f"{template}.html").render(
        title=title,
        crumbs=((published.settings.city + "住宅物业管理一张图", f"{server}/"), *crumbs),
        assets=Assets.for_records(server),
        data_address=request.url.include_query_params(f="json").query,
        icon=ICON,
        nonce=nonce,
        server=server,
        version=__version__,
        review_number=published.settings.review_number,
        **told,
    )
    return HTMLResponse(
        text,
        headers={
            "Content-Security-Policy": page_policy(nonce),
            "Cache-Control": "no-store",
            "Vary": "Accept",
        },
    )
