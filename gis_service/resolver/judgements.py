"""What people have decided about names and sides; values that the resolver takes before anything it would find."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from gis_service.abuttals.model import Side


@dataclass(frozen=True)
class NameMeans:
    """A name as clerks write it means this place, within a division (its name) or, when that is empty, everywhere."""

    name: str
    place_id: str
    division: str = ""


@dataclass(frozen=True)
class SideIs:
    """A side of one row runs along this line (lon/lat LineString or MultiLineString), whatever the words say."""

    side: Side
    line: BaseGeometry


@dataclass(frozen=True)
class Judgements:
    """People's answers: what names mean, for all rows, and which line a side is, for one row."""

    names: tuple[NameMeans, ...] = ()
    sides: tuple[SideIs, ...] = ()


NO_JUDGEMENTS = Judgements()
