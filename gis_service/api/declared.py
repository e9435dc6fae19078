"""Parameters and answers as the interface description (OpenAPI 3.0) tells them; the reading of them is elsewhere."""

from __future__ import annotations

from typing import Any

from gis_service.api.links import HTML
from gis_service.crs import CRS84, REFERENCES
from gis_service.filtering import LANGUAGES, LONGEST

Told = dict[str, Any]


def query(name: str, schema: Told, description: str) -> Told:
    """One optional parameter of a query string: given at most once, lists with commas."""
    return {
        **{"name": name, "in": "query", "required": False, "description": description},
        **{"schema": schema, "style": "form", "explode": False},
    }


def ok(description: str, media_type: str, schema: Told) -> Told:
    """The answer 200: data of that schema, or a page."""
    content = {media_type: {"schema": schema}, HTML: {"schema": {"type": "string"}}}
    return {"description": description, "content": content}


def _references(default: bool = True) -> Told:
    schema: Told = {"type": "string", "enum": [*REFERENCES]}
    return {**schema, "default": CRS84} if default else schema


_LINK: Told = {
    "type": "object",
    "required": ["href", "rel", "type"],
    "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title")},
}
LINKS: Told = {"type": "array", "items": _LINK}
_GEOMETRY: Told = {
    "type": "object",
    "nullable": True,
    "required": ["type"],
    "properties": {"type": {"type": "string"}, "coordinates": {"type": "array", "items": {}}},
}
FORM = query("f", {"type": "string", "enum": ["json", "html"]}, "回答的形式；也可用 Accept 头")
GEOJSON_FORM = query("f", {"type": "string", "enum": ["geojson", "json", "html"]}, "回答的形式；也可用 Accept 头")
CRS = query("crs", _references(), "回答中坐标的坐标系，坐标次序依其规定")
_BOX: Told = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
_COUNT: Told = {"type": "integer", "minimum": 0}
DATETIME = query(
    "datetime", {"type": "string"}, "时刻、日期或起止；有历史的图层给出当日（起止则为止日）的情形，其余图层不受影响"
)
PROPERTIES = query("properties", {"type": "array", "items": {"type": "string"}, "minItems": 1}, "只要这些字段")
ITEMS = [
    query("bbox", _BOX, "与这个方框相交的要素：下限两个坐标、上限两个坐标（CRS84 为西,南,东,北）；高程不计"),
    query("bbox-crs", _references(), "bbox 的坐标系，坐标次序依其规定"),
    CRS,
    DATETIME,
    query("limit", {"type": "integer", "minimum": 1}, "一页的要素数；超过上限时取上限"),
    query(
        "resulttype",
        {"type": "string", "enum": ["results", "hits"], "default": "results"},
        "hits：只要条数（numberMatched），不要要素",
    ),
    query("cursor", {"type": "string"}, "翻页的位置，只取自 links 的 next、prev"),
    query("offset", {**_COUNT, "default": 0}, "跳过的要素数；翻页宜用 cursor"),
    PROPERTIES,
    query(
        "sortby",
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "按这些字段排序，减号为降序；最后按编号",
    ),
    query("filter", {"type": "string", "maxLength": LONGEST}, "CQL2 条件；可用的字段见 queryables"),
    query("filter-lang", {"type": "string", "enum": [*LANGUAGES], "default": LANGUAGES[0]}, "filter 的写法"),
    query("filter-crs", _references(), "filter 中坐标的坐标系，坐标次序依其规定"),
    GEOJSON_FORM,
]


def feature() -> Told:
    """One feature (RFC 7946)."""
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "geometry": _GEOMETRY,
            "properties": {"type": "object"},
            "links": LINKS,
        },
    }


def features() -> Told:
    """One page of features."""
    return {
        "type": "object",
        "required": ["type", "features", "links", "timeStamp", "numberReturned"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": feature()},
            "links": LINKS,
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberMatched": _COUNT,
            "numberReturned": _COUNT,
        },
    }


COLLECTION: Told = {
    "type": "object",
    "required": ["id", "title", "links", "crs", "storageCrs"],
    "properties": {
        **{name: {"type": "string"} for name in ("id", "title", "description", "itemType", "storageCrs")},
        "links": LINKS,
        "crs": {"type": "array", "items": {"type": "string"}},
        "extent": {"type": "object"},
        "fields": {"type": "object"},
    },
}
COLLECTIONS: Told = {
    "type": "object",
    "required": ["links", "collections"],
    "properties": {
        "links": LINKS,
        "crs": {"type": "array", "items": {"type": "string"}},
        "collections": {"type": "array", "items": COLLECTION},
    },
}
LANDING: Told = {
    "type": "object",
    "required": ["title", "links"],
    "properties": {"title": {"type": "string"}, "description": {"type": "string"}, "links": LINKS},
}
CONFORMANCE: Told = {
    "type": "object",
    "required": ["conformsTo"],
    "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}}},
}
OBJECT: Told = {"type": "object"}
