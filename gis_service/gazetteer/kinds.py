"""From a feature's columns (`kind`, or OSM tags) to the kind of place it is and the width of its reserve."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from gis_service.codes import PlaceKind

_KIND_WORDS: dict[str, PlaceKind] = {kind.value: kind for kind in PlaceKind} | {
    "highway": PlaceKind.ROAD,
    "street_road": PlaceKind.ROAD,
    "waterway": PlaceKind.RIVER,
    "canal": PlaceKind.RIVER,
    "stream": PlaceKind.RIVER,
    "water": PlaceKind.LAKE,
    "reservoir": PlaceKind.LAKE,
    "rail": PlaceKind.RAILWAY,
    "subway": PlaceKind.RAILWAY,
    "residential": PlaceKind.ESTATE,
    "community": PlaceKind.ESTATE,
    "district": PlaceKind.COUNTY,
    "道路": PlaceKind.ROAD,
    "河流": PlaceKind.RIVER,
    "湖泊": PlaceKind.LAKE,
    "铁路": PlaceKind.RAILWAY,
    "小区": PlaceKind.ESTATE,
    "公园": PlaceKind.PARK,
    "学校": PlaceKind.SCHOOL,
    "建筑": PlaceKind.BUILDING,
}
_WIDEST_M = 1000.0
_DIVISION_ENDS = ("区", "县", "市", "旗", "街道", "镇", "乡", "社区", "村", "居委会", "村委会")
_DIVISION_LEVELS = {6: PlaceKind.COUNTY, 9: PlaceKind.STREET, 12: PlaceKind.NEIGHBORHOOD}
_NOT_ON_THE_GROUND = ("proposed", "razed", "abandoned")


def _tag(tags: Mapping[str, str], key: str) -> str:
    return tags.get(key, "")


def _area_kind(tags: Mapping[str, str]) -> PlaceKind | None:
    if _tag(tags, "amenity") in ("school", "university", "college", "kindergarten"):
        return PlaceKind.SCHOOL
    if _tag(tags, "leisure") in ("park", "garden") or _tag(tags, "landuse") in ("grass", "forest"):
        return PlaceKind.PARK
    if _tag(tags, "landuse") == "residential" or _tag(tags, "place") in ("neighbourhood", "quarter"):
        return PlaceKind.ESTATE
    if _tag(tags, "building"):
        return PlaceKind.BUILDING
    if any(_tag(tags, key) for key in ("landuse", "leisure", "amenity", "place", "natural")):
        return PlaceKind.AREA
    return None


def _administrative(tags: Mapping[str, str]) -> PlaceKind | None:
    if _tag(tags, "boundary") != "administrative":
        return None
    return {"6": PlaceKind.COUNTY, "8": PlaceKind.STREET, "10": PlaceKind.NEIGHBORHOOD}.get(_tag(tags, "admin_level"))


def kind_from_tags(tags: Mapping[str, str]) -> PlaceKind | None:
    """The kind that OSM tags say, or None when they describe no landmark."""
    if _tag(tags, "highway") and _tag(tags, "highway") not in _NOT_ON_THE_GROUND:
        return PlaceKind.ROAD
    if _tag(tags, "railway") and _tag(tags, "railway") not in _NOT_ON_THE_GROUND:
        return PlaceKind.RAILWAY
    if _tag(tags, "waterway") or _tag(tags, "water") == "river":
        return PlaceKind.RIVER
    if _tag(tags, "natural") == "water" or _tag(tags, "water"):
        return PlaceKind.LAKE
    if _tag(tags, "barrier") in ("wall", "fence", "city_wall"):
        return PlaceKind.WALL
    return _administrative(tags) or _area_kind(tags)


def kind_of(columns: Mapping[str, str]) -> PlaceKind | None:
    """The kind in the column `kind` (or `level`), else what the OSM tags or a division code say, else None."""
    words = (columns.get(key, "").strip().lower() for key in ("kind", "level"))
    said = next((kind for word in words if (kind := _KIND_WORDS.get(word))), None)
    return said or kind_from_tags(columns) or _division_kind(columns)


def _division_kind(columns: Mapping[str, str]) -> PlaceKind | None:
    if not columns.get("name", "").endswith(_DIVISION_ENDS):
        return None
    return _DIVISION_LEVELS.get(len(division_code(columns)))


def division_code(columns: Mapping[str, str]) -> str:
    """The code of the division that the feature is or lies in (6, 9 or 12 digits: GB/T 2260 and 10114), else empty."""
    for key in ("division_code", "adcode", "code"):
        code = columns.get(key, "").strip()
        if code.isdigit() and len(code) in _DIVISION_LEVELS:
            return code
    return ""


@cache
def _widths() -> dict[str, Any]:
    return tomllib.loads((resources.files(__package__) / "widths.toml").read_text(encoding="utf-8"))


def _number(columns: Mapping[str, str], *keys: str) -> float | None:
    for key in keys:
        try:
            number = float(columns.get(key, "").removesuffix("m"))
        except ValueError:
            continue
        if 0 < number < _WIDEST_M:
            return number
    return None


def width_of(kind: PlaceKind, columns: Mapping[str, str], *, dual: bool = False) -> float | None:
    """Width of the reserve in metres: as given, by the lanes, or by the class (widths.toml); None without a width."""
    given, lanes, table = _number(columns, "width_m", "width"), _number(columns, "lanes"), _widths()
    if given is not None:
        return given
    if lanes is not None:
        return lanes * float(table["lane_m"])
    road_class = columns.get("highway", columns.get("class", "")).removesuffix("_link")
    width: float | None = table["road"].get(road_class, table["kind"].get(kind.value))
    return width / 2 if width and dual else width
