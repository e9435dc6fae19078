"""Boundaries, memberships, forms and problems with their days come in; who was uncovered on which day, and why, out.

The same as `uncovered_communities` of each day, worked out once for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis_service.analysis.footprints import COVERED_SHARE
from gis_service.analysis.metric import metres, zone
from gis_service.codes import UncoveredReason

Matrix = NDArray[np.bool_]  # a row per thing, a column per day
At = NDArray[np.intp]  # which row of another table


@dataclass(frozen=True)
class Lasting:
    """Rows of a table, and on which of the days each counts."""

    rows: pd.DataFrame
    on: Matrix


@dataclass(frozen=True)
class Histories:
    """What counted on which day.

    `areas`: id, and whether the row is about when it was there or when it was `unserved`. `named` by 附件1, `around` by
    a boundary: area_id, community_id. `boundaries`: area_id, geom in lon/lat, by area. `left`, the problems 19 while
    they were open: community_id, area_id.
    """

    areas: Lasting
    named: Lasting
    around: Lasting
    boundaries: Lasting
    left: Lasting


@dataclass(frozen=True)
class _Owners:
    """Which area counts as that of which community, on which days."""

    community: At
    area: At
    on: Matrix


def uncovered_course(communities: gpd.GeoDataFrame, known: Histories) -> Mapping[UncoveredReason, Matrix]:
    """For each reason of 失管 a row per community, in their order, and a column per day: whether it held on the day."""
    areas = pd.Index(np.unique(np.concatenate([_ids(known.areas, "id"), *_area_ids(known)])))
    count, at = len(communities), areas.get_indexer(known.areas.rows["id"])
    none = known.areas.rows["unserved"].to_numpy(dtype=bool)
    there, unserved = (_gathered(at[of], known.areas.on[of], len(areas)) for of in (~none, none))
    owners = _owners(communities, areas, known)
    bounded = areas.get_indexer(known.boundaries.rows["area_id"])
    agreed = known.boundaries.on & there[bounded]
    drawn = _gathered(owners.community, owners.on & _gathered(bounded, agreed, len(areas))[owners.area], count)
    inside, without_ground = _inside(communities, known.boundaries.rows, agreed)
    return {
        UncoveredReason.DECLARED: _gathered(owners.community, owners.on & unserved[owners.area], count),
        UncoveredReason.LOST: _lost(communities, areas, owners, known.left),
        UncoveredReason.SPATIAL: ~(inside | (without_ground[:, None] & drawn)),
    }


def _area_ids(known: Histories) -> list[NDArray[np.int64]]:
    return [_ids(each, "area_id") for each in (known.named, known.around, known.boundaries, known.left)]


def _ids(told: Lasting, column: str) -> NDArray[np.int64]:
    found: NDArray[np.int64] = told.rows[column].dropna().to_numpy(dtype=np.int64)
    return found


def _gathered(at: At, on: Matrix, count: int) -> Matrix:
    """On which days any of the rows counts that belong to each of `count` things."""
    found = np.zeros((count, on.shape[1]), dtype=bool)
    np.logical_or.at(found, at, on)
    return found


def _owners(communities: gpd.GeoDataFrame, areas: pd.Index, known: Histories) -> _Owners:
    """As `ledger_first`: where a row of a ledger names a community, areas that merely lie around it are left out."""
    ids = pd.Index(communities["id"])
    named, around = (ids.get_indexer(told.rows["community_id"]) for told in (known.named, known.around))
    by_ledger = _gathered(named, known.named.on, len(ids))
    return _Owners(
        np.concatenate([named, around]),
        np.concatenate([areas.get_indexer(told.rows["area_id"]) for told in (known.named, known.around)]),
        np.concatenate([known.named.on, known.around.on & ~by_ledger[around]]),
    )


def _lost(communities: gpd.GeoDataFrame, areas: pd.Index, owners: _Owners, left: Lasting) -> Matrix:
    """Where a company left: the problem's own community, or else all those of its area."""
    own = left.rows["community_id"].notna().to_numpy()
    at = pd.Index(communities["id"]).get_indexer(left.rows.loc[own, "community_id"])
    lost = _gathered(at[at >= 0], left.on[own][at >= 0], len(communities))  # it may have come later, or be gone
    of_area = np.flatnonzero(~own & left.rows["area_id"].notna().to_numpy())
    problems = pd.DataFrame({"problem": of_area, "area": areas.get_indexer(left.rows["area_id"].iloc[of_area])})
    pairs = problems.merge(pd.DataFrame({"area": owners.area, "owner": np.arange(len(owners.area))}), on="area")
    problem, owner = (pairs[name].to_numpy(dtype=np.intp) for name in ("problem", "owner"))
    np.logical_or.at(lost, owners.community[owner], left.on[problem] & owners.on[owner])
    return lost


def _inside(
    communities: gpd.GeoDataFrame, boundaries: pd.DataFrame, agreed: Matrix
) -> tuple[Matrix, NDArray[np.bool_]]:
    """As `footprint_cover`: which communities lay inside on which day; and which have no footprint to be measured."""
    epsg = zone(communities)
    footprints, current = (metres(shapes, epsg) for shapes in (communities.geometry, boundaries["geom"]))
    area, tree = np.nan_to_num(shapely.area(footprints)), shapely.STRtree(current)
    community, boundary = tree.query(shapely.point_on_surface(footprints), predicate="intersects")
    inside = _gathered(community, agreed[boundary], len(footprints))
    community, boundary = tree.query(footprints, predicate="intersects")
    in_order = np.lexsort((boundary, community))
    community, boundary = community[in_order], boundary[in_order]
    shapely.prepare(current)
    whole = shapely.covers(current[boundary], footprints[community]) & (area[community] > 0)
    np.logical_or.at(inside, community[whole], agreed[boundary[whole]])
    open_still = (agreed[boundary] & ~inside[community]).any(axis=1)
    partly = ~whole & open_still & (area[community] > 0)
    pieces = shapely.intersection(footprints[community[partly]], current[boundary[partly]])
    owners, starts, counts = np.unique(community[partly], return_index=True, return_counts=True)
    for owner, start, count in zip(owners, starts, counts, strict=True):
        own = slice(start, start + count)
        inside[owner] |= _mostly(pieces[own], agreed[boundary[partly][own]], area[owner])
    return inside, area == 0


def _mostly(pieces: NDArray[np.object_], on: Matrix, area: float) -> Matrix:
    """On which days the pieces that counted make up enough of the area; a union, so that overlaps count once."""
    combined, which = np.unique(on, axis=1, return_inverse=True)
    parts = [pieces[column] for column in combined.T]
    covered = [part[0].area if len(part) == 1 else shapely.union_all(part).area for part in parts]
    enough: Matrix = np.array(covered) >= COVERED_SHARE * area
    return enough[which.reshape(-1)]
