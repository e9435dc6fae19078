"""Footprints of communities and current areas come in; how much of each footprint lies inside goes out."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis_service.analysis.metric import Geometries, metres, zone

COVERED_SHARE = 0.5  # from half of its footprint on, a community is inside although its middle is not


def footprint_cover(communities: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, epsg: int | None = None) -> pd.DataFrame:
    """Per community, on its index: `area_m2` of the footprint, `covered_m2` of it in areas, and `inside`.

    Inside: the footprint's representative point lies in an area, or at least half of the footprint does. Measured in
    the zone of all these communities, unless they are but some of those that `epsg` is the zone of.
    """
    epsg = zone(communities) if epsg is None else epsg
    footprints = metres(communities.geometry, epsg)
    current = metres(areas.geometry.dropna(), epsg)
    area = np.nan_to_num(shapely.area(footprints))
    covered = _covered_m2(footprints, current)
    inside = _holds_point(footprints, current) | ((area > 0) & (covered >= COVERED_SHARE * area))
    return pd.DataFrame({"area_m2": area, "covered_m2": covered, "inside": inside}, index=communities.index)


def _holds_point(footprints: Geometries, current: Geometries) -> NDArray[np.bool_]:
    held = np.zeros(len(footprints), dtype=bool)
    found, _ = shapely.STRtree(current).query(shapely.point_on_surface(footprints), predicate="intersects")
    held[found] = True
    return held


def _covered_m2(footprints: Geometries, current: Geometries) -> NDArray[np.float64]:
    covered = np.zeros(len(footprints))
    footprint, area = shapely.STRtree(current).query(footprints, predicate="intersects")
    in_order = np.lexsort((area, footprint))  # what is measured does not depend on how the tree stands
    footprint, area = footprint[in_order], area[in_order]
    shapely.prepare(current)
    whole = shapely.covers(current[area], footprints[footprint])
    covered[footprint[whole]] = shapely.area(footprints[footprint[whole]])
    partly = ~whole & ~np.isin(footprint, footprint[whole])
    pieces = shapely.intersection(footprints[footprint[partly]], current[area[partly]])
    owners, starts, counts = np.unique(footprint[partly], return_index=True, return_counts=True)
    for owner, start, count in zip(owners, starts, counts, strict=True):
        own = pieces[start : start + count]
        # a union: areas that overlap count once
        covered[owner] = own[0].area if count == 1 else shapely.union_all(own).area
    return covered
