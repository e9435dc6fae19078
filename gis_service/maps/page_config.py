"""What the scripts of a page must know, as JSON that may stand in a script element."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from gis_service.analysis.rules import standard
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
    tiled: frozenset[str] = frozenset()  # the layers too large to be held whole by a page
    page_limit: int = 1_000
    max_features: int = 20_000
    due_soon_days: int = 7
    snap_m: float = 5.0
    made_at: str = ""
    review_number: str = ""
    sample: bool = False
    login: str = ""
    may_report: str = ""  # the role of a reader who may tell what they saw on the spot
    may_send: bool = False  # the reader is one of those who send ledgers
    account: str = ""  # the name of whoever is logged in
    indicators: tuple[Mapping[str, object], ...] = ()  # what other systems tell, as measures of the planners' desk
    targets: Mapping[str, float] = field(default_factory=dict)  # what is to be reached, by measure
    fields: Mapping[str, str] = field(default_factory=dict)  # of layers with names and phones: the other fields
    csrf: str = ""  # what must come back with whatever the page writes


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
            "tiled_base": map_.base in options.tiled,
            "definition": map_.definition,
            "layers": {
                name: layer_config(map_, layers[name]) | {"tiled": name in options.tiled} for name in map_.layers
            },
            "extent": options.extent,
            "page_limit": options.page_limit,
            "max_features": options.max_features,
            "due_soon_days": options.due_soon_days,
            "snap_m": options.snap_m,
            "made_at": options.made_at,
            "sample": options.sample,
            "may_report": options.may_report,
            "service_forms": {str(int(form)): form.words for form in ServiceForm},
            "targets": options.targets,
            "indicators": options.indicators,
            "place_kinds": _place_kinds(map_, layers),
            "rules": _rules(map_),
            "review_number": options.review_number,
            "login": options.login,
            "account": options.account,
            "csrf": options.csrf,
            "fields": options.fields,
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
        "style": map_.styles.get(layer.id, layer.style).model_dump(mode="json", exclude_none=True)
        | {"worst": layer.style.worst},  # as its tiles have it, however the map draws it
    }


def _rules(map_: Map) -> dict[str, list[dict[str, str]]]:
    """What the verdicts on a map's hazards cite, by layer."""
    cited = [rule for rule in standard().values() if rule.clause and rule.layer in map_.layers]
    return {
        layer: [
            {"title": rule.title, "clause": rule.clause, "text": rule.text, "figure": rule.requirement}
            | {"source": rule.source, "cited": rule.clause if rule.comparator == "is" else rule.title}
            for rule in cited
            if rule.layer == layer
        ]
        for layer in map_.layers
        if any(rule.layer == layer for rule in cited)
    }


def _place_kinds(map_: Map, layers: Mapping[str, Layer]) -> dict[str, str]:
    base = layers.get(map_.base)
    return base.fields["kind"].labels if base and "kind" in base.fields else {}
