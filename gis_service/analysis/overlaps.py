"""Management areas come in; the pairs that overlap, with their square metres, go out."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gis_service.analysis.metric import metres, surface, zone
from gis_service.crs import LONLAT

TOLERATED_M2 = 10.0  # what two drawings of one shared edge may differ by


def overlaps(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Every pair of areas that share more than 10 m²: ids, names, `overlap_m2`, and the shared surface, lon/lat."""
    areas = areas[areas.geometry.notna()].reset_index(drop=True)
    epsg, shapes = zone(areas), areas.geometry.make_valid().to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = [surface(piece) for piece in shapely.intersection(shapes[one], shapes[other])]
    measured = np.nan_to_num(shapely.area(metres(shared, epsg)))
    columns = {
        "area_id": areas["id"].to_numpy()[one],
        "other_id": areas["id"].to_numpy()[other],
        "name": areas["name"].to_numpy()[one],
        "other_name": areas["name"].to_numpy()[other],
        "overlap_m2": np.round(measured, 1),
    }
    pairs = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shared, crs=LONLAT)).rename_geometry("geom")
    return pairs[measured > TOLERATED_M2].reset_index(drop=True)
