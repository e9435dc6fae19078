"""`f`, or else the Accept header, in; whether a reader wants data or a page, and the links to both, out."""

from __future__ import annotations

from fastapi import Request

from gis_service.api.links import HTML, link
from gis_service.errors import BadRequestError

F = "f"
_TITLES = {"json": "JSON", "geojson": "GeoJSON", "html": "网页"}
_ANY = ("*/*", "application/*")


def wants_page(request: Request, data: str = "json") -> bool:
    """True where a page is asked for; BadRequestError for a form that there is not. Data is what others get."""
    given = request.query_params.get(F)
    if given is None:
        return _prefers_html(request.headers.get("accept", ""))
    forms = dict.fromkeys((data, "json", "html"))
    if given not in forms:
        raise BadRequestError(f"f 应为 {'、'.join(forms)} 之一")
    return given == "html"


def own_links(request: Request, media_type: str, data: str = "json", *, page: bool = False) -> list[dict[str, str]]:
    """The answer itself, and the same in the other form."""
    other = data if page else "html"
    known = {data: media_type, "html": HTML}
    elsewhere = str(request.url.include_query_params(**{F: other}))
    return [
        link("self", str(request.url), HTML if page else media_type, "本页"),
        link("alternate", elsewhere, known[other], _TITLES[other]),
    ]


def _prefers_html(accept: str) -> bool:
    """True where HTML is named with a weight above that of everything else (RFC 9110, 12.5.1)."""
    weights = dict(_weighted(part) for part in accept.split(","))
    html = weights.pop(HTML, 0.0)
    data = max((weight for name, weight in weights.items() if name not in _ANY and "json" in name), default=0.0)
    return html > 0 and html >= data


def _weighted(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    (weight, *_) = [*(one[2:] for one in parameters if one.startswith("q=")), "1"]
    try:
        return name, float(weight)
    except ValueError:
        return name, 0.0
