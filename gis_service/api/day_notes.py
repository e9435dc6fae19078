"""A day in; what an answer about it rests on, and what has no history, in words, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import Connection

from gis_service import clock
from gis_service.store.facts import AREAS, PROBLEMS, first_told
from gis_service.store.features import first_day
from gis_service.store.sources import is_past
from gis_service.store.versions import communities_begun

_AS_OF = "小区、边界、台账内容、问题的办理和销号按所问之日的计。"
_SURVEYED = (
    "消防车道、电动车场所、窨井盖、小区、问题的办理和销号按所问之日的计；"
    "隐患属于哪个物业管理区域、问题属于哪里按现在的计。"
)
_TO_COME = "所问之日还没有到：边界按到时有效的计，其余按现在的记录计。"
_NAMED = 3
_HAZARDS = {"消防车道": "fire_lanes", "电动车场所": "ebike_charging", "窨井盖": "manholes"}


def day_notes(connection: Connection, *days: dt.date) -> list[str]:
    """Nothing for today; for other days, of several the earliest, what is as of the day and what is not."""
    day = min(days)
    if not is_past(day):
        return [_TO_COME] if max(days) > clock.today() else []
    first = {
        "台账": first_told(connection, AREAS),
        "问题台账": first_told(connection, PROBLEMS),
        "小区名单": communities_begun(connection),
    }
    return [_AS_OF, *_without_history(first, day)]


def hazard_notes(connection: Connection, day: dt.date) -> list[str]:
    """Nothing for today; of another day what of hazards, communities and problems is as of the day and what is not."""
    if not is_past(day):
        return [_TO_COME] if day > clock.today() else []
    first = {"问题台账": first_told(connection, PROBLEMS), "小区名单": communities_begun(connection)}
    surveys = {title: first_day(connection, source) for title, source in _HAZARDS.items()}
    late = [f"{title}（{since or '还没有调查'}）" for title, since in surveys.items() if since is None or since > day]
    none = [f"{'、'.join(late)}从括号中的日期起才有调查，所问之日还没有记录。"] if late else []
    return [_SURVEYED, *none, *_without_history(first, day)]


def _without_history(first: dict[str, dict[str, dt.date]], day: dt.date) -> Iterator[str]:
    """What of each unit begins only after the day; ledgers that begin alike are named together."""
    together: dict[tuple[tuple[str, dt.date], ...], list[str]] = {}
    for ledger, units in first.items():
        together.setdefault(tuple(sorted(_later(units, day).items())), []).append(ledger)
    for late, ledgers in together.items():
        if late:
            *most, last = ledgers
            yield _before(f"{'、'.join(most)}和{last}" if most else last, dict(late))


def _later(units: dict[str, dt.date], day: dt.date) -> dict[str, dt.date]:
    return {unit: since for unit, since in units.items() if since > day}


def _before(ledger: str, late: dict[str, dt.date]) -> str:
    units = sorted(late, key=lambda unit: (late[unit], unit))
    named = "、".join(f"{unit}（{late[unit]}）" for unit in units[:_NAMED])
    more = f"等 {len(units)} 个填报单位" if len(units) > _NAMED else ""
    return f"{named}{more}的{ledger}从括号中的日期起才有记录，所问之日没有历史，按最早的一次计。"
