"""What people have decided about names and sides; values that the resolver takes before anything it would find."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from gis_service.abuttals.model import Side
from gis_service.gazetteer.place import Place


@dataclass(frozen=True)
class NameMeans:
    """A name as clerks write it means this place, within a division (its name) or, when that is empty, everywhere."""

    name: str
    place_id: str
    division: str = ""
    place: Place | None = None  # where the gazetteer does not hold it, such as the area of another row


@dataclass(frozen=True)
class SideIs:
    """A side of one row runs along this line (lon/lat LineString or MultiLineString), whatever the words say."""

    side: Side
    line: BaseGeometry


@dataclass(frozen=True)
class SideAlong:
    """A side of one row runs along this place, on the near edge as if the words named it."""

    side: Side
    place: Place


@dataclass(frozen=True)
class Judgements:
    """People's answers: what names mean, for all rows, and which line a side is, for one row."""

    names: tuple[NameMeans, ...] = ()
    sides: tuple[SideIs, ...] = ()
    along: tuple[SideAlong, ...] = ()


NO_JUDGEMENTS = Judgements()
