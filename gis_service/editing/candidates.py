"""A side and a spot on the map in; the places that a person may mean by it, nearest first, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shapely import Point
from sqlalchemy import Connection, RowMapping, text

from gis_service import crs
from gis_service.abuttals import parse
from gis_service.abuttals.model import Side
from gis_service.codes import PlaceKind
from gis_service.editing.judged import AREA, anchors_of, area_places
from gis_service.editing.judging import named_neighbours, where_of
from gis_service.gazetteer import Gazetteer, Place
from gis_service.resolver import Hint
from gis_service.resolver.finding import Finder
from gis_service.resolver.judgements import NO_JUDGEMENTS

REACH_M = 80.0
_NEAR_DEGREES = 0.001  # about 100 m, more than REACH_M
_MOST = 20
_AREAS_NEAR = """
select distinct area_id from area_revisions
where state <> 'discarded' and area_id <> :area
  and geom && st_expand(st_setsrid(st_point(:lon, :lat), 4490), :near)
order by area_id limit 100
"""
KIND_WORDS: Mapping[PlaceKind, str] = {
    PlaceKind.ROAD: "道路",
    PlaceKind.RIVER: "河流",
    PlaceKind.LAKE: "湖泊",
    PlaceKind.RAILWAY: "铁路",
    PlaceKind.WALL: "围墙",
    PlaceKind.ESTATE: "小区",
    PlaceKind.PARK: "公园绿地",
    PlaceKind.SCHOOL: "学校",
    PlaceKind.BUILDING: "建筑",
    PlaceKind.AREA: "地块",
    PlaceKind.COUNTY: "市县（区）",
    PlaceKind.STREET: "街道、乡镇",
    PlaceKind.NEIGHBORHOOD: "社区、村",
}


@dataclass(frozen=True)
class Choice:
    """A place that may be meant, how far it is from the spot, and why it is offered."""

    place: Place
    why: str
    distance_m: float | None = None

    @property
    def kind_words(self) -> str:
        """The Chinese word of its kind."""
        return "物业管理区域" if self.place.id.startswith(AREA) else KIND_WORDS[self.place.kind]


def near_spot(connection: Connection, gazetteer: Gazetteer, area_id: int, spot: Point) -> list[Choice]:
    """The landmarks and neighbouring areas within reach of a lon/lat spot, nearest first."""
    values = {"area": area_id, "lon": spot.x, "lat": spot.y, "near": _NEAR_DEGREES}
    ids = [f"{AREA}{one}" for one in connection.scalars(text(_AREAS_NEAR), values)]
    areas = [(place, _away(place, spot)) for place in area_places(connection, ids)]
    found = [*gazetteer.places_near(spot, REACH_M), *(one for one in areas if one[1] <= REACH_M)]
    choices = [Choice(place, "点击处附近", round(away, 1)) for place, away in found]
    return sorted(choices, key=lambda one: (one.distance_m, one.place.id))[:_MOST]


def _away(place: Place, spot: Point) -> float:
    epsg = crs.gauss_kruger(spot.x)
    return float(crs.to_metric(place.geometry, epsg).boundary.distance(crs.to_metric(spot, epsg)))


def by_name(connection: Connection, gazetteer: Gazetteer, area: RowMapping, side: Side) -> list[Choice]:
    """The places that the words of a side may mean, surest first."""
    return list({one.place.id: one for one in _by_name(connection, gazetteer, area, side)}.values())[:_MOST]


def _by_name(connection: Connection, gazetteer: Gazetteer, area: RowMapping, side: Side) -> Iterator[Choice]:
    said = parse(area["abuttals_text"])
    hint = Hint(*where_of(area), tuple(area["community_names"]))
    finder = Finder(gazetteer, hint, NO_JUDGEMENTS, named_neighbours(connection, area, said))
    for abuttal in anchors_of(said, side):
        for wide in (False, True):
            yield from (Choice(one.place, one.why) for one in finder.candidates(abuttal, wide=wide))
