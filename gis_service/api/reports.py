"""What the pages of figures share: their frame with the way to each other, names of places, a print button."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection, select

from gis_service.api.publication import Publication
from gis_service.api.views import view
from gis_service.maps.assets import Assets
from gis_service.maps.landing import REPORTS
from gis_service.store.tables import Division

PAGES = {name: words for name, words, _ in REPORTS}


def report(
    request: Request, published: Publication, template: str, *, title: str, current: str, **told: Any
) -> HTMLResponse:
    """A page of figures: only our own style and the print button's script."""
    server = str(request.scope.get("root_path", ""))
    return view(
        request,
        published,
        template,
        title=title,
        current=current,
        pages=PAGES,
        city=published.settings.city,
        assets=Assets.for_report(server),
        **told,
    )


def division_names(connection: Connection) -> dict[str, str]:
    """The names of all divisions, by code."""
    return {row.code: row.name for row in connection.execute(select(Division.code, Division.name))}
