"""`/collections/{id}/styles/maplibre.json`: the declared style of a layer in, a MapLibre style of its tiles out."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from gis_service.api.parameters import single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published, entity_tag, is_known
from gis_service.api.readers import Reading
from gis_service.api.tiles import LayerId
from gis_service.layers import Layer, Rule, Style

router = APIRouter(responses=REFUSALS)
_FRESH = {"Cache-Control": "private, no-cache"}
_SHAPES = {  # what a layer of each geometry may hold, as MapLibre names it
    "Point": ("Point",),
    "LineString": ("LineString",),
    "Polygon": ("Polygon",),
    "MultiPolygon": ("Polygon",),
    "Geometry": ("Polygon", "LineString", "Point"),
}
_RADIUS, _LINE, _OUTLINE = 6, 3, 1.2  # pixels, as our pages draw what a rule leaves open
_GREY = "#607d8b"


@router.get(
    "/collections/{layer_id}/styles/maplibre.json",
    summary="图层的样式（MapLibre）",
    description="用于 QGIS、MapLibre：切片地址与各类要素的颜色、线型。",
)
def maplibre_style(request: Request, published: Published, reader: Reading, layer_id: LayerId) -> Response:
    """The layer as our maps colour it, by its vector tiles."""
    layer = published.layer(layer_id, reader)
    single_values(request.query_params, ())
    tag = entity_tag(layer.digest, request.url)
    if is_known(request, tag):
        return Response(status_code=304, headers={"ETag": tag, **_FRESH})
    tilejson = request.url_for("tileset", layer_id=layer.id, tms_id="WebMercatorQuad").include_query_params(
        f="tilejson"
    )
    return JSONResponse(style_of(layer, str(tilejson)), headers={"ETag": tag, **_FRESH})


def style_of(layer: Layer, tilejson: str) -> dict[str, object]:
    """The MapLibre style (version 8): for every rule one layer each of its areas, outlines, lines and points.

    Hatches and the shapes of markers are left out, since both need pictures; the colours are those of our pages.
    """
    return {
        "version": 8,
        "name": layer.title,
        "sources": {layer.id: {"type": "vector", "url": tilejson}},
        "layers": list(_layers(layer)),
    }


def _layers(layer: Layer) -> Iterator[dict[str, object]]:
    shapes = _SHAPES[layer.geometry]
    for shape in shapes:
        for place, rule in enumerate(layer.style.rule):
            conditions = _conditions(layer.style, place)
            if len(shapes) > 1:
                conditions = [["==", ["geometry-type"], shape], *conditions]
            for kind, paint in _paints(shape, rule):
                yield _layer(layer, f"{shape.lower()}-{kind}-{place + 1}", conditions) | {"type": kind, "paint": paint}


def _layer(layer: Layer, name: str, conditions: list[object]) -> dict[str, object]:
    told: dict[str, object] = {"id": f"{layer.id}-{name}", "source": layer.id, "source-layer": layer.id}
    if layer.style.min_zoom:  # declared for tiles of 256 pixels, MapLibre counts those of 512
        told["minzoom"] = layer.style.min_zoom - 1
    if conditions:
        told["filter"] = ["all", *conditions]
    return told


def _conditions(style: Style, place: int) -> list[object]:
    """What a feature must be to fall under the rule; the last one is for all that no other names."""
    if style.type == "simple":
        return []
    value: object = ["get", style.field]
    if style.type == "ramp":
        return _steps(style, place, value)
    if place < len(style.rule) - 1:
        return [["==", value, style.rule[place].value]]
    return [["!=", value, rule.value] for rule in style.rule[:-1]]


def _steps(style: Style, place: int, value: object) -> list[object]:
    if style.rule[place].value is None:
        return [["!", ["has", style.field]]]
    conditions: list[object] = [["has", style.field]]
    if place > 0:
        conditions.append([">=", value, style.rule[place].value])
    following = style.rule[place + 1].value if place + 1 < len(style.rule) else None
    return conditions if following is None else [*conditions, ["<", value, following]]


def _paints(shape: str, rule: Rule) -> Iterator[tuple[str, dict[str, object]]]:
    if shape == "Point":
        yield "circle", _circle(rule)
    elif shape == "LineString":
        yield "line", _line(rule, _LINE)
    else:
        if rule.fill:
            opacity = 0.75 if rule.opacity is None else rule.opacity
            yield "fill", {"fill-color": rule.fill, "fill-opacity": opacity, "fill-antialias": False}
        if rule.stroke:
            yield "line", _line(rule, _OUTLINE)


def _line(rule: Rule, usual: float) -> dict[str, object]:
    width = usual if rule.width is None else rule.width
    told: dict[str, object] = {"line-color": rule.stroke or _GREY, "line-width": width}
    if rule.dash:  # declared in pixels, MapLibre counts in widths of the line
        told["line-dasharray"] = [round(float(part) / width, 2) for part in rule.dash.split()]
    return told


def _circle(rule: Rule) -> dict[str, object]:
    hollow = rule.marker == "ring"
    return {
        "circle-radius": _RADIUS,
        "circle-color": "#ffffff" if hollow else rule.fill or rule.stroke or _GREY,
        "circle-opacity": 1 if rule.opacity is None else rule.opacity,
        "circle-stroke-color": rule.stroke or (rule.fill if hollow else None) or "#ffffff",
        "circle-stroke-width": 2 if hollow else 1,
    }
