"""Surveyed e-bike parking and charging places come in; their verdict and what they take from fire lanes go out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis_service.analysis.findings import Check, Threshold, measured, verdict
from gis_service.analysis.lanes import strips
from gis_service.analysis.metric import metres, zone

GUIDE = "安徽省《电动自行车停车场（棚）防火技术导则》"
NOTHING_NEAR = frozenset({"", "无", "否"})


PLACE_AREA = Threshold("每车面积", 2.2, "m²", GUIDE)
GROUP_LENGTH = Threshold("每组长度", 20.0, "m", GUIDE, at_most=True)
SOCKET_SPACING = Threshold("插座间距", 0.8, "m", GUIDE)
EXITS = Threshold("安全出口", 2, "个", GUIDE)
MICRO_PLACES = Threshold("微型场所车位", 25, "个", "", at_most=True)  # one group of bikes; no text at hand confirms it


@dataclass(frozen=True)
class EbikeRules:
    """The figures a place is held against; up to `micro_places` bikes it is 微型: no groups, one exit."""

    place_area: Threshold = PLACE_AREA
    group_length: Threshold = GROUP_LENGTH
    socket_spacing: Threshold = SOCKET_SPACING
    exits: Threshold = EXITS
    micro_places: Threshold = MICRO_PLACES


STANDARD = EbikeRules()


def assess_ebikes(places: gpd.GeoDataFrame, lanes: gpd.GeoDataFrame, rules: EbikeRules = STANDARD) -> gpd.GeoDataFrame:
    """The same rows with `result`, `finding` and `lane_overlap_m2`; any ground taken from a fire lane fails.

    The limit of 25 bikes a group is not held against them: the survey counts the places of all groups together.
    """
    places = places.assign(lane_overlap_m2=lane_overlap_m2(places, lanes))
    records = places.drop(columns=places.geometry.name).to_dict("records")
    verdicts = [verdict(_checks(place, rules)) for place in records]
    return places.assign(
        result=pd.Series([str(each.result) for each in verdicts], index=places.index, dtype=object),
        finding=pd.Series([each.finding for each in verdicts], index=places.index, dtype=object),
    )


def lane_overlap_m2(places: gpd.GeoDataFrame, lanes: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Square metres (to 0.01) that each place takes from the strips of fire lanes; NaN for a place without shape."""
    epsg = zone(places)
    shapes, taken = metres(places.geometry, epsg), strips(lanes, epsg)
    overlap = np.where(shapely.is_missing(shapes), np.nan, 0.0)
    place, strip = shapely.STRtree(taken).query(shapes, predicate="intersects")
    pieces = shapely.intersection(shapes[place], taken[strip])
    for owner, own in pd.Series(pieces, dtype=object).groupby(place):
        overlap[owner] = shapely.union_all(own.to_numpy()).area  # a union: where lanes cross, ground counts once
    rounded: NDArray[np.float64] = np.round(overlap, 2).astype(np.float64)
    return rounded


def _checks(place: Mapping[str, object], rules: EbikeRules) -> Iterator[Check]:
    yield _on_lane(measured(place["lane_overlap_m2"]))
    yield rules.place_area.check(_area_a_place(measured(place["area_m2"]), measured(place["places"])))
    yield rules.socket_spacing.check(place["socket_spacing_m"])
    if not rules.micro_places.check(place["places"]).met:
        yield rules.group_length.check(place["group_length_m"])
        yield rules.exits.check(place["exits"])
    yield _near(place["near_sensitive"])


def _on_lane(overlap_m2: float | None) -> Check:
    if overlap_m2 is None:
        return Check(None, "与消防车道的位置关系", "", GUIDE)
    if overlap_m2 > 0:
        return Check(False, "占用消防车道", f"占用消防车道 {overlap_m2:.10g} m²", GUIDE)
    return Check(True, "占用消防车道", "未占用消防车道", GUIDE)


def _area_a_place(area_m2: float | None, places: float | None) -> float | None:
    return None if area_m2 is None or not places else round(area_m2 / places, 3)


def _near(sensitive: object) -> Check:
    if pd.isna(sensitive):
        return Check(None, "毗邻敏感场所", "", GUIDE)
    near = str(sensitive).strip()
    if near in NOTHING_NEAR:
        return Check(True, "毗邻敏感场所", "不毗邻敏感场所", GUIDE)
    return Check(False, "毗邻敏感场所", f"毗邻{near}", GUIDE)
