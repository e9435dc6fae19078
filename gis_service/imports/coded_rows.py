"""Rows of 附件1 that bear the code of an area → that area; what code and name say against each other is told."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table, select

from gis_service.imports.naming import bare
from gis_service.issues import Issue, Severity, Where
from gis_service.store.tables import AreaName, ManagementArea

CODE_COLUMN = "区域编号"
_ASKED = ("ordinal", "source_sheet", "source_row", "area_code")
_FACTS = ("name", "reporting_unit", "street", "neighborhood", "community_names", "abuttals_text")


@dataclass(frozen=True)
class CodedRows:
    """By ordinal: the keys of areas that codes name; the ordinals of rows that cannot be kept; what is told of both."""

    keys: Mapping[int, str] = field(default_factory=dict)
    refused: frozenset[int] = frozenset()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class _Area:
    """What an area is known by."""

    name: str
    unit: str
    place: tuple[str, str]
    communities: frozenset[str]
    sentence: str


@dataclass(frozen=True)
class _Stored:
    """An area of the store, with the names it bore before."""

    key: str
    code: str
    retired_on: dt.date | None
    area: _Area
    names: frozenset[str]


class _Verdicts:
    """Gathers what becomes of the rows."""

    def __init__(self, file: str) -> None:
        self.keys: dict[int, str] = {}
        self.refused: set[int] = set()
        self.issues: list[Issue] = []
        self._file = file

    def refuse(self, row: tuple[int, str, int], code: str, message: str) -> None:
        """The row is not kept."""
        self.refused.add(row[0])
        self._tell(row, code, f"{message}，本行未导入", Severity.ERROR)

    def renamed(self, row: tuple[int, str, int], message: str) -> None:
        """The row is kept, and somebody should look."""
        self._tell(row, "area_renamed", message, Severity.WARNING)

    def _tell(self, row: tuple[int, str, int], code: str, message: str, severity: Severity) -> None:
        where = Where(file=self._file, sheet=row[1], row=row[2], column=CODE_COLUMN)
        self.issues.append(Issue(code, message, severity, where))


def coded_rows(connection: Connection, staging: Table, file: str) -> CodedRows:
    """The rows with a code; without any, nothing is asked of the store."""
    columns = [staging.c[name] for name in (*_ASKED, *_FACTS)]
    rows = connection.execute(select(*columns).where(staging.c.area_code != "").order_by(staging.c.ordinal)).all()
    if not rows:
        return CodedRows()
    stored = _stored(connection)
    by_code = {each.code: each for each in stored}
    named: dict[tuple[str, str], list[_Stored]] = defaultdict(list)
    for each in stored:
        named[each.area.unit, bare(each.area.name)].append(each)
    verdicts, seen = _Verdicts(file), dict[str, int]()
    for row in rows:
        place = (row.ordinal, row.source_sheet, row.source_row)
        first = seen.setdefault(row.area_code, row.source_row)
        if first != row.source_row:
            verdicts.refuse(place, "area_code_repeated", f"编号“{row.area_code}”与第 {first} 行重复")
        elif row.area_code not in by_code:
            verdicts.refuse(place, "area_code_unknown", f"没有编号为“{row.area_code}”的物业管理区域")
        else:
            _judge(verdicts, place, by_code[row.area_code], _area(*row[len(_ASKED) :]), named)
    return CodedRows(verdicts.keys, frozenset(verdicts.refused), tuple(verdicts.issues))


def _judge(
    verdicts: _Verdicts,
    place: tuple[int, str, int],
    known: _Stored,
    row: _Area,
    named: Mapping[tuple[str, str], Sequence[_Stored]],
) -> None:
    """A new name is taken over only where something else agrees and no other area bears it."""
    told = f"编号“{known.code}”是{known.area.unit}的“{known.area.name}”"
    others = [each for each in named.get((row.unit, bare(row.name)), ()) if each is not known and not each.retired_on]
    if known.retired_on:
        verdicts.refuse(place, "area_code_retired", f"{told}，自 {known.retired_on} 起已分立或并入别的区域")
    elif row.unit != known.area.unit:
        verdicts.refuse(place, "area_code_elsewhere", f"{told}，本行的填报单位却是“{row.unit}”")
    elif bare(row.name) in known.names:
        verdicts.keys[place[0]] = known.key
    elif others or not _agree(row, known.area):
        of_others = f"（编号 {'、'.join(each.code for each in others)}）" if others else ""
        verdicts.refuse(
            place, "area_code_contradicts", f"{told}，本行的名称却是“{row.name}”{of_others}，请核对编号和名称"
        )
    else:
        verdicts.renamed(place, f"{told}，本行写作“{row.name}”，按改名处理，请核对")
        verdicts.keys[place[0]] = known.key


def _agree(row: _Area, known: _Area) -> bool:
    """True where the row speaks of the same communities, the same 四至, or the same 社区."""
    same_place = row.place == known.place and all(row.place)
    same_sentence = row.sentence == known.sentence != ""
    return bool(row.communities & known.communities) or same_sentence or same_place


def _area(name: str, unit: str, street: str, neighborhood: str, communities: Sequence[str], sentence: str) -> _Area:
    return _Area(name, unit, (bare(street), bare(neighborhood)), frozenset(map(bare, communities)), sentence)


def _stored(connection: Connection) -> list[_Stored]:
    names: dict[int, set[str]] = defaultdict(set)
    for area_id, name in connection.execute(select(AreaName.area_id, AreaName.name)):
        names[area_id].add(bare(name))
    table = ManagementArea.__table__
    facts = [table.c[name] for name in _FACTS]
    rows = connection.execute(select(table.c.natural_key, table.c.code, table.c.retired_on, table.c.id, *facts))
    return [
        _Stored(key, code, retired, _area(*told), frozenset(names[area_id] | {bare(told[0])}))
        for key, code, retired, area_id, *told in rows
    ]
