"""Stored judgements → what the resolver takes: for each row, what its names and its sides mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import shapely
from sqlalchemy import Connection, RowMapping, text

from gis_service.abuttals import parse
from gis_service.abuttals.model import Abuttal, Abuttals, Side
from gis_service.codes import PlaceKind
from gis_service.gazetteer import Gazetteer, Place
from gis_service.gazetteer.naming import normal
from gis_service.resolver import Judgements, NameMeans, SideAlong, SideIs
from gis_service.store import judgements

AREA = "area:"  # before the id of a management area, where a place is meant
_AREAS = """
select a.id, a.name, st_asbinary(r.geom) as shape from management_areas a
join lateral (
  select r.geom from area_revisions r where r.area_id = a.id and r.state <> 'discarded'
  order by (r.state = 'approved' and r.effective_to is null) desc, r.number desc limit 1
) r on true
where a.id = any(:areas)
"""
Where = tuple[str, str, str]
"""County, street and 社区 of a row, as written."""


def judgements_of(
    connection: Connection,
    gazetteer: Gazetteer,
    area_ids: Sequence[int | None],
    wheres: Sequence[Where],
    texts: Sequence[str],
) -> list[Judgements]:
    """The judgements for each row: of its area, its division's names, and its sentence as it reads now."""
    names = judgements.of_names(connection)
    sides = judgements.of_sides(connection, [one for one in area_ids if one is not None])
    places = _Places(connection, gazetteer, [*names, *sides])
    by_area: dict[int, list[RowMapping]] = defaultdict(list)
    for row in sides:
        by_area[row["area_id"]].append(row)
    by_division: dict[str, list[NameMeans]] = defaultdict(list)
    for row in names:
        by_division[row["division"]].append(places.name_means(row))
    told = []
    for area_id, where, said in zip(area_ids, wheres, texts, strict=True):
        own = by_area.get(area_id, []) if area_id is not None else []
        here = [one for division in dict.fromkeys(("", *where)) for one in by_division.get(division, ())]
        told.append(places.judgements(here, own, said))
    return told


class _Places:
    """The places that judgements speak of: landmarks, or other management areas."""

    def __init__(self, connection: Connection, gazetteer: Gazetteer, rows: Sequence[RowMapping]) -> None:
        self._gazetteer = gazetteer
        ids = [str(row["place_id"]) for row in rows if str(row["place_id"]).startswith(AREA)]
        self._areas = {place.id: place for place in area_places(connection, ids)}

    def _find(self, place_id: str | None) -> Place | None:
        return None if place_id is None else self._areas.get(place_id) or self._gazetteer.by_id(place_id)

    def name_means(self, row: RowMapping) -> NameMeans:
        return NameMeans(row["name"], row["place_id"] or "", row["division"], self._areas.get(row["place_id"] or ""))

    def judgements(self, names: Sequence[NameMeans], sides: Sequence[RowMapping], said: str) -> Judgements:
        abuttals = parse(said) if sides else Abuttals(said)
        lines, along = [], []
        for row in sides:
            side = Side(row["side"])
            if row["name"] != words_of(abuttals, side):
                continue  # the sentence says something else there now
            line, place = judgements.line_of(row), self._find(row["place_id"])
            if line is not None:
                lines.append(SideIs(side, line))
            elif place is not None:
                along.append(SideAlong(side, place))
        return Judgements(tuple(names), tuple(lines), tuple(along))


def area_places(connection: Connection, place_ids: Sequence[str]) -> list[Place]:
    """Management areas as places, by ids such as `area:12`; those without any boundary are left out."""
    numbers = [number for one in place_ids if (number := area_number(one)) is not None]
    rows = connection.execute(text(_AREAS), {"areas": numbers}) if numbers else ()
    return [Place(f"{AREA}{row.id}", row.name, PlaceKind.ESTATE, shapely.from_wkb(bytes(row.shape))) for row in rows]


def area_number(place_id: str) -> int | None:
    """The id of the management area that a place id such as `area:12` means, None for a landmark."""
    digits = place_id.removeprefix(AREA)
    return int(digits) if place_id.startswith(AREA) and digits.isascii() and digits.isdigit() else None


def anchors_of(said: Abuttals, side: Side) -> list[Abuttal]:
    """The anchors of a side, in all parts of the sentence."""
    return [abuttal for part in said.parts for abuttal in part.sides.get(side, ())]


def words_of(said: Abuttals, side: Side) -> str:
    """What the sentence says of a side, as judgements remember it."""
    return "、".join(normal(abuttal.anchor) for abuttal in anchors_of(said, side))
