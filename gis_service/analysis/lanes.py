"""Surveyed fire lanes come in; pass, fail or not measured goes out, with the clause and the measured value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis_service.analysis.findings import Check, observed, verdict
from gis_service.analysis.metric import Geometries, metres
from gis_service.analysis.rules import Rule, Rules, standard


def assess_lanes(lanes: gpd.GeoDataFrame, rules: Rules | None = None, *, turning: str = "turning") -> gpd.GeoDataFrame:
    """The same rows with `result`, `clause` and `finding`; a lane passes only with every required value measured.

    `turning` is the rule for the place to turn: `turning_high_rise` and `turning_heavy` ask for more.
    """
    book = rules or standard()
    verdicts = [
        verdict(_checks(lane, book, book[turning]))
        for lane in lanes.drop(columns=lanes.geometry.name).to_dict("records")
    ]
    return lanes.assign(
        result=pd.Series([str(each.result) for each in verdicts], index=lanes.index, dtype=object),
        clause=pd.Series([each.clause for each in verdicts], index=lanes.index, dtype=object),
        finding=pd.Series([each.finding for each in verdicts], index=lanes.index, dtype=object),
    )


def _checks(lane: Mapping[str, object], rules: Rules, turning: Rule) -> Iterator[Check]:
    yield rules["clear_width"].check(lane["clear_width_m"])
    yield rules["clear_height"].check(lane["clear_height_m"])
    yield rules["gradient"].check(lane["gradient_pct"])
    yield rules["wall_distance"].check(lane["wall_distance_m"])
    yield from _turning(lane, turning)
    if rules["lane_blocked"].check(lane["blocked"]).met is False:
        yield rules["lane_blocked"].said(False, "被占用、堵塞")
    if rules["lane_marked"].check(lane["marked"]).met is False:
        yield rules["lane_marked"].said(False, "未划线标识")


def _turning(lane: Mapping[str, object], turning: Rule) -> Iterator[Check]:
    dead_end, check = observed(lane["dead_end"]), turning.check(lane["turning_m"])
    if dead_end:
        yield check
    elif dead_end is None and not check.met:
        yield Check(None, "是否尽头路", "", turning.clause)


def strips(lanes: gpd.GeoDataFrame, epsg: int, rules: Rules | None = None) -> Geometries:
    """The ground each lane takes, in metres of `epsg`: its clear width, or the required width while not measured."""
    required = float((rules or standard())["clear_width"].value)
    width = pd.to_numeric(lanes["clear_width_m"], errors="coerce").fillna(required).to_numpy(dtype=float)
    axes = metres(lanes.geometry, epsg)
    strips: Geometries = shapely.buffer(axes, np.asarray(width) / 2, cap_style="flat")
    return strips
