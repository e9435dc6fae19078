"""OGC links: where else a reader may go from an answer."""

from __future__ import annotations

from fastapi import Request

GEOJSON = "application/geo+json"
JSON = "application/json"
JSON_SCHEMA = "application/schema+json"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
VECTOR_TILES = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"


def link(rel: str, href: str, media_type: str, title: str) -> dict[str, str]:
    """One link of an answer, with its Chinese title."""
    return {"rel": rel, "href": href, "type": media_type, "title": title}


def collection_address(request: Request, layer_id: str) -> str:
    """The address of a layer's description."""
    return str(request.url_for("collection", layer_id=layer_id))


def export_address(request: Request, layer_id: str, form: str) -> str:
    """The address of a layer as a file of that format."""
    return str(request.url_for("export", layer_id=layer_id).include_query_params(f=form))


def queryables_address(request: Request, layer_id: str) -> str:
    """The address of what may be asked for of a layer."""
    return str(request.url_for("queryables", layer_id=layer_id))


def items_address(request: Request, layer_id: str) -> str:
    """The address of a layer's features."""
    return str(request.url_for("items", layer_id=layer_id))


def tiles_address(request: Request, layer_id: str) -> str:
    """The address of a layer's tilesets."""
    return str(request.url_for("tilesets", layer_id=layer_id))
