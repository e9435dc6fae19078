"""The query string of an items request in; what it asks of the store, checked against the layer, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from shapely.geometry.base import BaseGeometry

from gis_service import clock
from gis_service.access import Reader
from gis_service.api.forms import F
from gis_service.api.parameters import (
    parse_as_of,
    parse_box,
    parse_choice,
    parse_limit,
    parse_names,
    parse_offset,
    parse_reference,
    parse_sorting,
    single_values,
)
from gis_service.api.tokens import Token, parse_token
from gis_service.crs import CRS84
from gis_service.errors import BadRequestError
from gis_service.filtering import LANGUAGES, Filter, parse_filter
from gis_service.layers import Layer, feature_query
from gis_service.settings import Settings
from gis_service.store.features import SOURCES, FeatureQuery, sortables

FILTER = {"filter": "true", "filter-lang": LANGUAGES[0], "filter-crs": CRS84}  # each with what it is if left out
PAGING = ("limit", "offset", "cursor")
RESULT_TYPE, RESULT_TYPES = "resulttype", ("results", "hits")  # as WFS has it, and pygeoapi
OWN = ("bbox", *PAGING, "bbox-crs", "crs", "datetime", "properties", "sortby", *FILTER, RESULT_TYPE, F)
_LONG = ("filter", "cursor", "properties", "sortby")


@dataclass(frozen=True)
class Asked:
    """What one reader asked for: the query, the reference system by its address, and where the page begins.

    `hits`: only how many features match.
    """

    query: FeatureQuery
    limit: int
    crs: str
    token: Token | None
    hits: bool = False


def field_parameters(layer: Layer, reader: Reader) -> list[str]:
    """The fields that a reader may filter by with a parameter of the same name."""
    return [name for name, field in layer.visible_fields(reader).items() if field.mask is None and name not in OWN]


def asked(settings: Settings, layer: Layer, request: Request, reader: Reader) -> Asked:
    """What a request asks of the store; BadRequestError for what the layer does not offer."""
    fields = field_parameters(layer, reader)
    given = single_values(request.query_params, (*OWN, *fields), long=_LONG)
    token = parse_token(given["cursor"]) if "cursor" in given else None
    if token is not None and "offset" in given:
        raise BadRequestError("cursor 和 offset 不能同时给出")
    crs = given.get("crs", CRS84)
    limit = parse_limit(given["limit"], settings.max_limit) if "limit" in given else settings.default_limit
    query = feature_query(
        layer,
        reader,
        bbox=_box(given),
        limit=limit,
        offset=parse_offset(given.get("offset", "0")),
        as_of=day_asked(given, layer),
        equals=tuple((name, given[name]) for name in fields if name in given),
        filter=_filter(given),
        only=only_fields(given, layer, reader),
        order=parse_sorting(given["sortby"], sortables(feature_query(layer, reader))) if "sortby" in given else (),
        start=None if token is None else token.start,
        reference=parse_reference("crs", crs),
    )
    return Asked(query, limit, crs, token, parse_choice(RESULT_TYPE, given, RESULT_TYPES) == "hits")


def has_history(layer: Layer) -> bool:
    """True of a layer that can be read as it was on another day."""
    return SOURCES[layer.source].since is not None


def _box(given: Mapping[str, str]) -> BaseGeometry | None:
    reference = parse_reference("bbox-crs", given.get("bbox-crs", CRS84))
    return parse_box(given["bbox"], reference) if "bbox" in given else None


def day_asked(given: Mapping[str, str], layer: Layer) -> dt.date | None:
    """The day that `datetime` names, of a layer that has a history."""
    if "datetime" not in given:
        return None
    day = parse_as_of(given["datetime"], clock.today())
    return day if has_history(layer) else None  # features without time match any (17-069r4, 7.15.4)


def only_fields(given: Mapping[str, str], layer: Layer, reader: Reader) -> tuple[str, ...] | None:
    """The fields that `properties` names, None where it is not given; BadRequestError for one that there is not."""
    if "properties" not in given:
        return None
    names, known = parse_names(given["properties"]), layer.visible_fields(reader)
    if not names or not set(names) <= set(known):
        raise BadRequestError(f"properties 应为下列字段，逗号分开：{'、'.join(known)}")
    return names


def _filter(given: Mapping[str, str]) -> Filter | None:
    if not given.keys() & FILTER.keys():
        return None
    return parse_filter(*(given.get(name, default) for name, default in FILTER.items()))
