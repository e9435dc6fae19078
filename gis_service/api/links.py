"""OGC links: where else a reader may go from an answer, in its body and in its Link header."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from fastapi import Request

HTML = "text/html"
GEOJSON = "application/geo+json"
JSON = "application/json"
JSON_SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
_OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
QUERYABLES, SCHEMA, SORTABLES = f"{_OGC}queryables", f"{_OGC}schema", f"{_OGC}sortables"
VECTOR_TILES, TILING_SCHEME, TILING_SCHEMES = (
    f"{_OGC}{what}" for what in ("tilesets-vector", "tiling-scheme", "tiling-schemes")
)
_LONGEST_IN_HEADER = 1000  # characters: a filter may be longer than what proxies pass on
_SAFE = "%/:=&?~#+!$,;'@()*[]"


def link(rel: str, href: str, media_type: str, title: str) -> dict[str, str]:
    """One link of an answer, with its Chinese title."""
    return {"rel": rel, "href": quote(href, safe=_SAFE), "type": media_type, "title": title}


def link_header(links: Iterable[dict[str, str]]) -> str:
    """The links as a Link header (RFC 8288), without titles and without addresses that no proxy would pass on."""
    short = (one for one in links if len(one["href"]) <= _LONGEST_IN_HEADER)
    return ", ".join(f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"' for one in short)


def address(request: Request, name: str, **path: str) -> str:
    """The whole address of the resource that the route of that name gives."""
    return str(request.app.state.path_of(name, **path).make_absolute_url(base_url=request.base_url))


def export_address(request: Request, layer_id: str, form: str) -> str:
    """The address of a layer as a file of that format."""
    return str(request.url_for("export", layer_id=layer_id).include_query_params(f=form))
