"""Features as GeoJSON objects in; pages that show them as a table and on a small map out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse

from gis_service.access import Reader
from gis_service.api.links import address
from gis_service.api.publication import Publication
from gis_service.api.views import Crumbs, view
from gis_service.crs import CRS84, REFERENCES
from gis_service.layers import Field, Layer
from gis_service.maps.page_config import safe_json
from gis_service.store.features import FeatureQuery

Feature = Mapping[str, Any]


def in_lonlat(query: FeatureQuery) -> FeatureQuery:
    """The same reading with coordinates for a web map."""
    return replace(query, reference=REFERENCES[CRS84])


def items_page(
    request: Request,
    published: Publication,
    asked: tuple[Layer, Reader],
    features: list[Feature],
    matched: int,
    links: Iterable[dict[str, str]],
) -> HTMLResponse:
    """One page of a layer: the map, a table of every field, the way to the next page and back."""
    layer, reader = asked
    given = dict.fromkeys(name for one in features for name in one["properties"])
    fields = {name: field for name, field in layer.visible_fields(reader).items() if name in given}
    rows = [
        {
            "id": one["id"],
            "address": _item_address(request, layer, one),
            "cells": [words(field, one["properties"].get(name)) for name, field in fields.items()],
        }
        for one in features
    ]
    return view(
        request,
        published,
        "items",
        title=layer.title + "：要素",
        crumbs=_crumbs(request, layer),
        matched=matched,
        rows=rows,
        heads=[field.title for field in fields.values()],
        paging=[one for one in links if one["rel"] in ("prev", "next")],
        sample=_sample(layer, features),
        records=safe_json({"features": [_drawn(request, layer, one) for one in features]}),
    )


def item_page(request: Request, published: Publication, reader: Reader, layer: Layer, feature: Feature) -> HTMLResponse:
    """One feature: the map, and every field with its Chinese name."""
    fields = layer.visible_fields(reader)
    told = feature["properties"]
    named = [(field.title, words(field, told[name])) for name, field in fields.items() if name in told]
    return view(
        request,
        published,
        "item",
        title=_title(layer, feature),
        crumbs=(*_crumbs(request, layer), ("要素", address(request, "items", layer_id=layer.id))),
        layer_title=layer.title,
        rows=[("编号", feature["id"]), *named],
        sample=_sample(layer, [feature]),
        records=safe_json({"features": [{**_drawn(request, layer, feature), "address": ""}]}),
    )


def words(field: Field, value: object) -> str:
    """A value as people read it: the words of a code, the unit behind a number, a list with Chinese commas.

    >>> words(Field(title="面积", unit="m²"), 12.5), words(Field(title="封闭"), True)
    ('12.5 m²', '是')
    """
    match value:
        case None:
            return "—"
        case bool():
            return "是" if value else "否"
        case list():
            return "、".join(words(field, one) for one in value)
        case dict():
            return "；".join(f"{name}：{words(field, one)}" for name, one in value.items())
    told = field.labels.get(str(value), str(value))
    return f"{told} {field.unit}" if field.unit else told


def _crumbs(request: Request, layer: Layer) -> Crumbs:
    return (
        ("图层", address(request, "collections")),
        (layer.title, address(request, "collection", layer_id=layer.id)),
    )


def _drawn(request: Request, layer: Layer, one: Feature) -> dict[str, object]:
    return {
        "type": "Feature",
        "geometry": one["geometry"],
        "properties": {},
        "title": _title(layer, one),
        "address": _item_address(request, layer, one),
    }


def _title(layer: Layer, one: Feature) -> str:
    named = one["properties"].get(layer.style.label_field or "name")
    return str(named or f"{layer.title} {one['id']}")


def _item_address(request: Request, layer: Layer, one: Feature) -> str:
    return f"{address(request, 'items', layer_id=layer.id)}/{quote(str(one['id']), safe='')}"


def _sample(layer: Layer, features: Iterable[Feature]) -> str:
    return layer.sample_note if any(one["properties"].get("sample") is True for one in features) else ""
