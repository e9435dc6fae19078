"""A boundary and the area it is for in; what stands around it in the store, and what is wrong with it there, out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, RowMapping, text

from gis_service.analysis.boundaries import Beside, Border, Reserve, Surroundings, boundary_findings
from gis_service.analysis.overlaps import TOLERATED_M2
from gis_service.analysis.shapes import Finding, shape_findings
from gis_service.crs import LONLAT

_NEAR_DEGREES = 0.0001  # about 10 m
_BESIDE = """
select a.id, a.name, shown.state, st_asbinary(shown.geom) as shape
from management_areas a
join lateral (
  select r.state, r.geom from area_revisions r where r.area_id = a.id and r.state <> 'discarded'
  order by (r.state = 'approved' and (r.effective_to is null or r.effective_to > r.effective_from)
            and (r.effective_to is null or r.effective_to > current_date)) desc, r.number desc limit 1
) shown on shown.geom && st_expand(cast(:shape as geometry), :near)
where a.retired_on is null and a.id <> all(:but)
  and a.id in (select area_id from area_revisions where geom && st_expand(cast(:shape as geometry), :near))
order by a.id
"""
_RESERVES = """
select name, width_m, st_asbinary(geom) as shape from places
where geom && cast(:shape as geometry) and kind in ('road', 'river', 'railway', 'lake')
  and (width_m > 0 or st_dimension(geom) = 2) order by id
"""
_BORDERS = """
select name, level, st_asbinary(geom) as shape from divisions
where code = any(:codes) and geom is not null order by length(code)
"""


@dataclass(frozen=True)
class Place:
    """The area that a boundary is for: the divisions it belongs to, and the areas that it need not keep clear of."""

    but: Collection[int]
    codes: Sequence[str]


def place_of(area: Mapping[str, Any] | RowMapping, *others: int) -> Place:
    """The place of an area; `others` are areas that go with it in a split or merge."""
    codes = (area["county_code"], area["street_code"], area["neighborhood_code"])
    return Place((area["id"], *others), [code for code in codes if code])


def check(
    connection: Connection, place: Place, geometry: BaseGeometry, *, tolerated_m2: float = TOLERATED_M2
) -> list[Finding]:
    """Everything wrong with a boundary there, what must be mended first."""
    if shape_findings(geometry):
        return shape_findings(geometry)
    return boundary_findings(geometry, _around(connection, place, geometry), tolerated_m2=tolerated_m2)


def agreed_beside(connection: Connection, place: Place, geometry: BaseGeometry) -> list[BaseGeometry]:
    """The agreed boundaries around a geometry."""
    return [one.geometry for one in _beside(connection, place, geometry) if one.agreed]


def _around(connection: Connection, place: Place, geometry: BaseGeometry) -> Surroundings:
    reserves = _near(connection, _RESERVES, geometry)
    borders = connection.execute(text(_BORDERS), {"codes": list(place.codes)}).mappings()
    return Surroundings(
        beside=_beside(connection, place, geometry),
        reserves=[Reserve(row["name"], _shape(row), row["width_m"]) for row in reserves],
        borders=[Border(row["name"], _shape(row), row["level"] == "county") for row in borders],
    )


def _beside(connection: Connection, place: Place, geometry: BaseGeometry) -> list[Beside]:
    rows = _near(connection, _BESIDE, geometry, near=_NEAR_DEGREES, but=list(place.but))
    return [Beside(row["id"], row["name"], _shape(row), row["state"] == "approved") for row in rows]


def _near(connection: Connection, query: str, geometry: BaseGeometry, **values: object) -> list[Mapping[str, Any]]:
    shape = shapely.to_wkb(shapely.set_srid(shapely.force_2d(geometry), LONLAT), hex=True, include_srid=True)
    return [dict(row) for row in connection.execute(text(query), {**values, "shape": shape}).mappings()]


def _shape(row: Mapping[str, Any] | RowMapping) -> BaseGeometry:
    return shapely.from_wkb(bytes(row["shape"]))
