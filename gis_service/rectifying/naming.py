"""A name of 附件2 that fits nothing in; what it may mean, likeliest first, and what a clerk says it means, out."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import Connection, Row

from gis_service import clock
from gis_service.access import Reader, may_edit, require_edit
from gis_service.editing.refreshing import refresh_touched
from gis_service.errors import BadRequestError, NotFoundError
from gis_service.imports.naming import bare
from gis_service.store import problem_names as store
from gis_service.store.batches import wait_for_imports

_MOST = 20
_TOO_UNLIKE = 0.3
KINDS = ("community", "area")


def names_of(connection: Connection, reader: Reader) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """The loose names and the settled ones of the units that the reader may edit."""
    known: dict[str, bool] = {}

    def own(row: Row[Any]) -> bool:
        if row.unit not in known:
            known[row.unit] = may_edit(reader, **_ground(connection, row.unit))
        return known[row.unit]

    loose, settled = store.loose_names(connection), store.settled_names(connection)
    return [row for row in loose if own(row)], [row for row in settled if own(row)]


def candidates(connection: Connection, reader: Reader, unit: str, name: str, words: str = "") -> list[dict[str, Any]]:
    """What of the unit the name may mean, the likest first; with `words`, what bears them in its name."""
    require_edit(reader, **_ground(connection, unit))
    wanted = bare(words)
    ranked = [
        (likeness(name, (row.name, *row.names)), row)
        for row in store.targets(connection, unit)
        if not wanted or any(wanted in bare(each) for each in (row.name, *row.names))
    ]
    near = [(like, row) for like, row in ranked if wanted or like >= _TOO_UNLIKE]
    best = sorted(near, key=lambda one: (-one[0], one[1].kind != "community", one[1].id))[:_MOST]
    return [{**_told(row), "likeness": round(like, 2)} for like, row in best]


def likeness(name: str, others: Iterable[str]) -> float:
    """0 to 1: how much of the bare name stands in the likest of the others, in order.

    >>> likeness("阳光花园一期", ["阳光花园"]) > likeness("阳光花园一期", ["滨江花园"])
    True
    """
    matcher = SequenceMatcher(b=bare(name), autojunk=False)
    found = 0.0
    for other in others:
        matcher.set_seq1(bare(other))
        found = max(found, matcher.ratio()) if matcher.quick_ratio() > found else found
    return found


def settle(connection: Connection, reader: Reader, unit: str, name: str, kind: str, target_id: int) -> int:
    """The id of what is remembered; problems of that name stand there from now on, also those of the next ledger."""
    wait_for_imports(connection)
    require_edit(reader, **_ground(connection, unit))
    if not bare(name):
        raise BadRequestError("请写明台账中的项目名称")
    found = [row for row in store.targets(connection, unit) if (row.kind, row.id) == (kind, target_id)]
    if not found:
        raise NotFoundError(f"{unit}没有这个小区或物业管理区域，请在候选中选择")
    require_edit(reader, **{part: found[0]._mapping[part] for part in ("county_code", "street_code", "reporting_unit")})
    name_id = store.settle(connection, unit, name.strip(), reader.login, **{f"{kind}_id": target_id})
    refresh_touched(connection, clock.today(), named=True)
    return name_id


def forget(connection: Connection, reader: Reader, name_id: int) -> None:
    """The name is looked for by itself again."""
    wait_for_imports(connection)
    found = store.settled(connection, name_id)
    if found is None:
        raise NotFoundError(f"没有编号为 {name_id} 的对应关系")
    require_edit(reader, **_ground(connection, found.unit))
    store.forget(connection, name_id)
    refresh_touched(connection, clock.today(), named=True)


def _ground(connection: Connection, unit: str) -> dict[str, str | None]:
    return {"county_code": store.county_code(connection, unit), "street_code": None, "reporting_unit": unit}


def _told(row: Row[Any]) -> dict[str, Any]:
    return {name: row._mapping[name] for name in ("kind", "id", "code", "name", "street", "neighborhood")}
