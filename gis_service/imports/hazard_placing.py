"""Rows of hazards in; the same with community and area, what their sheets name wrongly or may not touch told, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from gis_service.access import Reader, Role, belongs
from gis_service.imports.naming import bare
from gis_service.issues import Issue, Severity, Where
from gis_service.store.hazard_places import Place, called, places_of, stored_places
from gis_service.store.staging import Row
from gis_service.store.tables import Table


@dataclass(frozen=True)
class Surveyed:
    """A row of a hazard table, and where in the file it stands; `title` is what its column of communities is called."""

    row: Row
    where: Where
    title: str


def placed(
    connection: Connection, table: type[Table], surveyed: Sequence[Surveyed], on: dt.date, within: frozenset[str] | None
) -> tuple[list[Row], list[Issue]]:
    """The rows with `community_id` and `area_id`; those outside of the divisions `within` are told and left out."""
    places = places_of(connection, table, (each.row for each in surveyed), on)
    stored = stored_places(connection, table, list(places), on) if within is not None else {}
    issues = list(_misnamed(surveyed, called(connection), places))
    rows: list[Row] = []
    for each in surveyed:
        code = str(each.row["code"])
        foreign = _foreign(code, places[code], stored.get(code), within)
        if foreign:
            issues.append(Issue("division_foreign", f"{foreign}，未导入", Severity.ERROR, each.where))
        else:
            rows.append({**each.row, "community_id": places[code].community_id, "area_id": places[code].area_id})
    return rows, issues


def _foreign(code: str, place: Place, stored: Place | None, within: frozenset[str] | None) -> str:
    if within is None:
        return ""
    reader = Reader(Role.COUNTY, divisions=within)
    if not _own(reader, place):
        lies = f"位于{place.where}" if place.where else "看不出在哪个区划"
        return f"{lies}，不是您的区划"
    if stored is not None and not _own(reader, stored):
        return f"编号“{code}”已登记在{stored.where or '别处'}，不是您的区划"
    return ""


def _own(reader: Reader, place: Place) -> bool:
    return belongs(
        reader,
        county_code=place.county_code,
        street_code=place.street_code,
        reporting_unit=place.reporting_unit,
    )


def _misnamed(surveyed: Sequence[Surveyed], known: Mapping[str, int], places: Mapping[str, Place]) -> Iterator[Issue]:
    for each in surveyed:
        said = str(each.row["community_said"])
        fits = (known.get(said) or known.get(bare(said), 0)) if said else 1
        if fits == 1:
            continue
        place = places[str(each.row["code"])]
        instead = f"按位置归入{place.where}" if place.community_id else "位置也不在任何小区之内，按未填处理"
        wrong = f"有 {fits} 个小区叫“{said}”" if fits else f"没有编号或名称为“{said}”的小区"
        yield Issue(
            "community_ambiguous" if fits else "community_unknown",
            f"{wrong}，{instead}",
            where=replace(each.where, column=each.title),
        )
