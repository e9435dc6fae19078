"""OGC links: where else a reader may go from an answer."""

from __future__ import annotations

from fastapi import Request

GEOJSON = "application/geo+json"
JSON = "application/json"


def link(rel: str, href: str, media_type: str, title: str) -> dict[str, str]:
    """One link of an answer, with its Chinese title."""
    return {"rel": rel, "href": href, "type": media_type, "title": title}


def collection_address(request: Request, layer_id: str) -> str:
    """The address of a layer's description."""
    return str(request.url_for("collection", layer_id=layer_id))


def export_address(request: Request, layer_id: str, form: str) -> str:
    """The address of a layer as a file of that format."""
    return str(request.url_for("export", layer_id=layer_id).include_query_params(f=form))


def items_address(request: Request, layer_id: str) -> str:
    """The address of a layer's features."""
    return str(request.url_for("items", layer_id=layer_id))
