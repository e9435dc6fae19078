"""Surveyed fire lanes come in; pass, fail or not measured goes out, with the clause and the measured value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis_service.analysis.findings import Check, Threshold, observed, verdict
from gis_service.analysis.metric import Geometries, metres

CLEAR_WIDTH = Threshold("净宽", 4.0, "m", "GB 50016 7.1.8")
CLEAR_HEIGHT = Threshold("净高", 4.0, "m", "GB 50016 7.1.8")
GRADIENT = Threshold("坡度", 10.0, "%", "GB 55037 3.4.5", at_most=True)
WALL_DISTANCE = Threshold("距外墙", 5.0, "m", "GB 50016 7.1.8")
TURNING = Threshold("回车场边长", 12.0, "m", "GB 50016 7.1.9")
TURNING_HIGH_RISE = Threshold("回车场边长", 15.0, "m", "GB 50016 7.1.9")
TURNING_HEAVY = Threshold("回车场边长", 18.0, "m", "")
CAMPAIGN = "附件2 问题类别 11"  # 消防车道堵塞或未划线


@dataclass(frozen=True)
class LaneRules:
    """The figures a fire lane is held against; `turning` may be the high-rise or the heavy-engine figure."""

    clear_width: Threshold = CLEAR_WIDTH
    clear_height: Threshold = CLEAR_HEIGHT
    gradient: Threshold = GRADIENT
    wall_distance: Threshold = WALL_DISTANCE
    turning: Threshold = TURNING


STANDARD = LaneRules()


def assess_lanes(lanes: gpd.GeoDataFrame, rules: LaneRules = STANDARD) -> gpd.GeoDataFrame:
    """The same rows with `result`, `clause` and `finding`; a lane passes only with every required value measured."""
    verdicts = [verdict(_checks(lane, rules)) for lane in lanes.drop(columns=lanes.geometry.name).to_dict("records")]
    return lanes.assign(
        result=pd.Series([str(each.result) for each in verdicts], index=lanes.index, dtype=object),
        clause=pd.Series([each.clause for each in verdicts], index=lanes.index, dtype=object),
        finding=pd.Series([each.finding for each in verdicts], index=lanes.index, dtype=object),
    )


def _checks(lane: Mapping[str, object], rules: LaneRules) -> Iterator[Check]:
    yield rules.clear_width.check(lane["clear_width_m"])
    yield rules.clear_height.check(lane["clear_height_m"])
    yield rules.gradient.check(lane["gradient_pct"])
    yield rules.wall_distance.check(lane["wall_distance_m"])
    yield from _turning(lane, rules.turning)
    if observed(lane["blocked"]):
        yield Check(False, "占用", "被占用、堵塞", CAMPAIGN)
    if observed(lane["marked"]) is False:
        yield Check(False, "标线", "未划线标识", CAMPAIGN)


def _turning(lane: Mapping[str, object], turning: Threshold) -> Iterator[Check]:
    dead_end, check = observed(lane["dead_end"]), turning.check(lane["turning_m"])
    if dead_end:
        yield check
    elif dead_end is None and not check.met:
        yield Check(None, "是否尽头路", "", turning.source)


def strips(lanes: gpd.GeoDataFrame, epsg: int, rules: LaneRules = STANDARD) -> Geometries:
    """The ground each lane takes, in metres of `epsg`: its clear width, or the required width while not measured."""
    width = pd.to_numeric(lanes["clear_width_m"], errors="coerce").fillna(rules.clear_width.limit).to_numpy(dtype=float)
    axes = metres(lanes.geometry, epsg)
    strips: Geometries = shapely.buffer(axes, np.asarray(width) / 2, cap_style="flat")
    return strips
