"""Surveyed manhole covers come in; the moment by which each faulty one must be repaired goes out."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from gis_service.analysis.rules import Rules, standard
from gis_service.codes import ManholeState

_CHINA = ZoneInfo("Asia/Shanghai")


def due_manholes(manholes: gpd.GeoDataFrame, rules: Rules | None = None) -> gpd.GeoDataFrame:
    """The same rows with `due_at`: so many hours after the report of a fault; None when sound or of unknown report."""
    hours = float((rules or standard())["repair_hours"].value)
    rows = zip(manholes["state"], manholes["reported_at"], strict=True)
    due = [_due(state, reported, hours) for state, reported in rows]
    return manholes.assign(due_at=pd.Series(due, index=manholes.index, dtype=object))


def _due(state: object, reported: object, hours: float) -> dt.datetime | None:
    if state == ManholeState.SOUND or pd.isna(state) or pd.isna(reported):
        return None
    moment: pd.Timestamp = pd.Timestamp(reported)
    if moment.tzinfo is None:
        moment = moment.tz_localize(_CHINA)  # a clock time without a zone was read off a clock in China
    due: dt.datetime = moment.to_pydatetime() + dt.timedelta(hours=hours)
    return due
