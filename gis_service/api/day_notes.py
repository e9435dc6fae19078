"""A day in; what an answer about it rests on, and what has no history, in words, out."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection

from gis_service import clock
from gis_service.store.facts import AREAS, PROBLEMS, first_told
from gis_service.store.sources import is_past

_AS_OF = "边界、台账内容、问题的办理和销号按所问之日的计；小区名单没有历史，按现在的记录计。"
_TO_COME = "所问之日还没有到：边界按到时有效的计，其余按现在的记录计。"
_NAMED = 3


def day_notes(connection: Connection, *days: dt.date) -> list[str]:
    """Nothing for today; for other days, of several the earliest, what is as of the day and what is not."""
    day = min(days)
    if not is_past(day):
        return [_TO_COME] if max(days) > clock.today() else []
    areas, problems = (_later(first_told(connection, kept), day) for kept in (AREAS, PROBLEMS))
    late = [("台账和问题台账", areas)] if areas == problems else [("台账", areas), ("问题台账", problems)]
    return [_AS_OF, *(_before(ledger, units) for ledger, units in late if units)]


def _later(units: dict[str, dt.date], day: dt.date) -> dict[str, dt.date]:
    return {unit: since for unit, since in units.items() if since > day}


def _before(ledger: str, late: dict[str, dt.date]) -> str:
    units = sorted(late, key=lambda unit: (late[unit], unit))
    named = "、".join(f"{unit}（{late[unit]}）" for unit in units[:_NAMED])
    more = f"等 {len(units)} 个填报单位" if len(units) > _NAMED else ""
    return f"{named}{more}的{ledger}从括号中的日期起才有记录，所问之日没有历史，按最早的一次计。"
