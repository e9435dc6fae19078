"""Surveyed e-bike parking and charging places come in; their verdict and what they take from fire lanes go out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis_service.analysis.findings import Check, measured, verdict
from gis_service.analysis.lanes import strips
from gis_service.analysis.metric import metres, zone
from gis_service.analysis.rules import Rule, Rules, standard

NOTHING_NEAR = frozenset({"", "无", "否"})


def assess_ebikes(places: gpd.GeoDataFrame, lanes: gpd.GeoDataFrame, rules: Rules | None = None) -> gpd.GeoDataFrame:
    """The same rows with `result`, `clause`, `finding` and `lane_overlap_m2`; any ground of a fire lane fails.

    The limit of 25 bikes a group is not held against them: the survey counts the places of all groups together.
    """
    book = rules or standard()
    places = places.assign(lane_overlap_m2=lane_overlap_m2(places, lanes, book))
    records = places.drop(columns=places.geometry.name).to_dict("records")
    verdicts = [verdict(_checks(place, book)) for place in records]
    return places.assign(
        result=pd.Series([str(each.result) for each in verdicts], index=places.index, dtype=object),
        clause=pd.Series([each.clause for each in verdicts], index=places.index, dtype=object),
        finding=pd.Series([each.finding for each in verdicts], index=places.index, dtype=object),
    )


def lane_overlap_m2(places: gpd.GeoDataFrame, lanes: gpd.GeoDataFrame, rules: Rules) -> NDArray[np.float64]:
    """Square metres (to 0.01) that each place takes from the strips of fire lanes; NaN for a place without shape."""
    epsg = zone(places)
    shapes, taken = metres(places.geometry, epsg), strips(lanes, epsg, rules)
    overlap = np.where(shapely.is_missing(shapes), np.nan, 0.0)
    place, strip = shapely.STRtree(taken).query(shapes, predicate="intersects")
    pieces = shapely.intersection(shapes[place], taken[strip])
    for owner, own in pd.Series(pieces, dtype=object).groupby(place):
        overlap[owner] = shapely.union_all(own.to_numpy()).area  # a union: where lanes cross, ground counts once
    rounded: NDArray[np.float64] = np.round(overlap, 2).astype(np.float64)
    return rounded


def _checks(place: Mapping[str, object], rules: Rules) -> Iterator[Check]:
    yield _on_lane(measured(place["lane_overlap_m2"]), rules["on_lane"])
    yield rules["place_area"].check(_area_a_place(measured(place["area_m2"]), measured(place["places"])))
    yield rules["socket_spacing"].check(place["socket_spacing_m"])
    if not rules["micro_places"].check(place["places"]).met:
        yield rules["group_length"].check(place["group_length_m"])
        yield rules["exits"].check(place["exits"])
    yield _near(place["near_sensitive"], rules["near_sensitive"])


def _on_lane(overlap_m2: float | None, rule: Rule) -> Check:
    check = rule.check(overlap_m2)
    if check.met is None:
        return Check(None, "与消防车道的位置关系", "", rule.clause)
    return rule.said(check.met, f"占用消防车道 {overlap_m2:.10g} m²" if overlap_m2 else "未占用消防车道")


def _area_a_place(area_m2: float | None, places: float | None) -> float | None:
    return None if area_m2 is None or not places else round(area_m2 / places, 3)


def _near(sensitive: object, rule: Rule) -> Check:
    if pd.isna(sensitive):
        return rule.said(None, "")
    near = str(sensitive).strip()
    if near in NOTHING_NEAR:
        return rule.said(rule.check(False).met, "不毗邻敏感场所")
    return rule.said(rule.check(True).met, f"毗邻{near}")
