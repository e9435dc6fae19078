"""What people decided that names and sides mean: appended, one live row for each, read by area and by division."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from shapely import MultiLineString
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, RowMapping, insert, text, update

from gis_service.crs import LONLAT
from gis_service.store.tables import Judgement

_COLUMNS = "id, kind, name, division, area_id, side, place_id, place, st_asbinary(line) as line, person, made_at"
_NAMES = f"""
select {_COLUMNS} from judgements where live and kind = 'name' and (place_id is not null or line is not null)
  and (cast(:divisions as text[]) is null or division = any(:divisions)) order by id
"""  # noqa: S608 - put together from fixed texts of this file
_SIDES = f"""
select {_COLUMNS} from judgements where live and kind = 'side' and (place_id is not null or line is not null)
  and area_id = any(:areas) order by id
"""  # noqa: S608


@dataclass(frozen=True)
class Decision:
    """What somebody decided: of a name in a division, or of a side of an area; without place and line it is undone."""

    kind: str
    name: str
    person: str
    division: str = ""
    area_id: int | None = None
    side: str | None = None
    place_id: str | None = None
    place: str = ""
    line: BaseGeometry | None = None


def keep(connection: Connection, decision: Decision) -> int:
    """The decision is the live one of its subject; the one before stays, no longer live."""
    table = Judgement
    same = (
        table.live,
        table.kind == decision.kind,
        table.name == decision.name,
        table.division == decision.division,
        table.area_id.is_not_distinct_from(decision.area_id),
        table.side.is_not_distinct_from(decision.side),
    )
    connection.execute(update(table).where(*same).values(live=False))
    row: dict[str, Any] = {name: getattr(decision, name) for name in decision.__dataclass_fields__}
    row["line"] = None if decision.line is None else from_shape(_lines(decision.line), srid=LONLAT)
    return int(connection.execute(insert(table).values(row).returning(table.id)).scalar_one())


def of_names(connection: Connection, divisions: Sequence[str] | None = None) -> Sequence[RowMapping]:
    """The live decisions about names, in these divisions or in all."""
    wanted = None if divisions is None else [one for one in divisions if one]
    return connection.execute(text(_NAMES), {"divisions": wanted}).mappings().all()


def of_sides(connection: Connection, area_ids: Sequence[int]) -> Sequence[RowMapping]:
    """The live decisions about sides of these areas."""
    return connection.execute(text(_SIDES), {"areas": list(area_ids)}).mappings().all()


def line_of(row: RowMapping) -> BaseGeometry | None:
    """The line that a person drew for a side."""
    return None if row["line"] is None else shapely.from_wkb(bytes(row["line"]))


def _lines(line: BaseGeometry) -> MultiLineString:
    return MultiLineString([part for part in shapely.get_parts(line) if isinstance(part, shapely.LineString)])


def by_side(rows: Sequence[RowMapping]) -> Mapping[str, RowMapping]:
    """Decisions about sides, by their side."""
    return {row["side"]: row for row in rows}
