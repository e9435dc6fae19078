"""What the scripts of a page must know, as JSON that may stand in a script element."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from gis_service.codes import ServiceForm
from gis_service.layers import Layer
from gis_service.maps.declaration import Map


@dataclass(frozen=True)
class PageOptions:
    """What a page takes from where it is served; `extent` is west, south, east, north of the layer to open on."""

    server: str = ""
    nonce: str = ""
    siblings: tuple[Map, ...] = ()
    extent: tuple[float, float, float, float] | None = None
    page_limit: int = 1_000
    max_features: int = 20_000
    due_soon_days: int = 7
    made_at: str = ""
    review_number: str = ""
    sample: bool = False


def safe_json(value: object) -> Markup:
    """JSON that cannot end the script element it stands in."""
    return written_safely(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def written_safely(text: str) -> Markup:
    """JSON text that cannot end the script element it stands in; the same value when parsed."""
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


def page_config(map_: Map, layers: Mapping[str, Layer], *, city: str, served: bool, options: PageOptions) -> Markup:
    """Configuration of a map page: the map, its layers with their fields and styles, and the figures in use."""
    return safe_json(
        {
            "city": city,
            "server": options.server,
            "server_data": served,
            "map": {"id": map_.id, "title": map_.title, "desk": map_.desk, "fit": map_.view.fit, "layers": map_.layers},
            "base": map_.base,
            "definition": map_.definition,
            "layers": {name: layer_config(map_, layers[name]) for name in map_.layers},
            "extent": options.extent,
            "page_limit": options.page_limit,
            "max_features": options.max_features,
            "due_soon_days": options.due_soon_days,
            "made_at": options.made_at,
            "service_forms": {str(int(form)): form.words for form in ServiceForm},
            "place_kinds": _place_kinds(map_, layers),
            "review_number": options.review_number,
        }
    )


def layer_config(map_: Map, layer: Layer) -> dict[str, object]:
    """A layer as the scripts see it: titles, units and words of its fields, and its style."""
    return {
        "id": layer.id,
        "title": layer.title,
        "geometry": layer.geometry,
        "id_field": layer.id_field,
        "hidden": layer.id in map_.hidden,
        "popup": map_.popup.get(layer.id),
        "fields": {
            name: {"title": field.title, "unit": field.unit, "words": field.labels}
            for name, field in layer.fields.items()
        },
        "description": layer.description.strip(),
        "style": map_.styles.get(layer.id, layer.style).model_dump(mode="json", exclude_none=True),
    }


def _place_kinds(map_: Map, layers: Mapping[str, Layer]) -> dict[str, str]:
    base = layers.get(map_.base)
    return base.fields["kind"].labels if base and "kind" in base.fields else {}
