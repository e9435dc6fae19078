"""Surveyed manhole covers come in; the moment by which each faulty one must be repaired goes out."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from gis_service.codes import ManholeState

REPAIR_HOURS = 24  # some cities' clock (domain: 窨井盖 24 小时修复); a city may set another
_CHINA = ZoneInfo("Asia/Shanghai")


def due_manholes(manholes: gpd.GeoDataFrame, *, hours: int = REPAIR_HOURS) -> gpd.GeoDataFrame:
    """The same rows with `due_at`: `hours` after the report of a fault; None when sound, or when no report is dated."""
    rows = zip(manholes["state"], manholes["reported_at"], strict=True)
    due = [_due(state, reported, hours) for state, reported in rows]
    return manholes.assign(due_at=pd.Series(due, index=manholes.index, dtype=object))


def _due(state: object, reported: object, hours: int) -> dt.datetime | None:
    if state == ManholeState.SOUND or pd.isna(state) or pd.isna(reported):
        return None
    moment: pd.Timestamp = pd.Timestamp(reported)
    if moment.tzinfo is None:
        moment = moment.tz_localize(_CHINA)  # a clock time without a zone was read off a clock in China
    due: dt.datetime = moment.to_pydatetime() + dt.timedelta(hours=hours)
    return due
