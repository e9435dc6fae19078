"""Communities, areas and problems come in; the communities without property service, reason by reason, go out."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from gis_service.analysis.findings import observed
from gis_service.analysis.footprints import footprint_cover
from gis_service.codes import ProblemCategory, ServiceForm, UncoveredReason
from gis_service.crs import LONLAT

Record = Mapping[str, Any]
Evidence = Mapping[Any, list[str]]  # community id → what proves the reason
KEPT = ["code", "name", "county", "street", "neighborhood", "reporting_unit", "sample"]
COLUMNS = ["id", "community_id", *KEPT, "reason", "reason_words", "evidence", "since", "boundary_pending", "as_of"]


def uncovered_communities(
    communities: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    memberships: pd.DataFrame,
    problems: pd.DataFrame,
    *,
    on: dt.date,
    cover: pd.DataFrame | None = None,
) -> gpd.GeoDataFrame:
    """One row per community and reason on the day `on`; the three reasons of 失管 are found apart, never mixed.

    declared: an area of the community says 无物管. lost: problem 19 is open. spatial: inside no current area;
    `boundary_pending` marks those whose area stands in the ledger while its boundary is not approved yet. `cover` is
    what `footprint_cover` says of them, where that is known already.
    """
    cover = footprint_cover(communities, areas) if cover is None else cover
    owners = ledger_first(memberships)
    by_id = records(areas[areas["id"].isin({area for _, area in owners})])  # most of a long ledger has no community
    found = {
        UncoveredReason.DECLARED: _declared(owners, by_id),
        UncoveredReason.LOST: _lost(owners, problems),
        UncoveredReason.SPATIAL: _spatial(communities, cover, owners, by_id),
    }
    pending = {community for community, area in owners if area in by_id and by_id[area]["geom"] is None}
    rows = [
        {**_row(community, reason, evidence[community["id"]], community["id"] in pending), "as_of": on}
        for community in records(communities).values()
        for reason, evidence in found.items()
        if community["id"] in evidence
    ]
    geometry = gpd.GeoSeries([row.pop("geom") for row in rows], crs=LONLAT)
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=COLUMNS), geometry=geometry).rename_geometry("geom")


def records(frame: gpd.GeoDataFrame) -> dict[Any, dict[str, Any]]:
    """The rows of a frame by their `id`, the geometry as `geom` (None when missing)."""
    shapes = frame.geometry
    plain = pd.DataFrame(frame.drop(columns=shapes.name)).assign(geom=shapes.astype(object).where(shapes.notna(), None))
    return {row["id"]: row for row in plain.to_dict("records")}


def ledger_first(memberships: pd.DataFrame) -> list[tuple[Any, Any]]:
    """Pairs of community and area; where the ledger names a community, areas that merely lie around it are left out."""
    rows = list(zip(memberships["community_id"], memberships["area_id"], memberships["how"], strict=True))
    named = {community for community, _, how in rows if how == "ledger"}
    return [(community, area) for community, area, how in rows if how == "ledger" or community not in named]


def _row(community: Record, reason: UncoveredReason, evidence: list[str], pending: bool) -> dict[str, Any]:
    return {
        "id": f"{community['id']}:{reason}",
        "community_id": community["id"],
        **{column: community[column] for column in KEPT},
        "reason": str(reason),
        "reason_words": reason.words,
        "evidence": "；".join(dict.fromkeys(evidence)),
        "since": None,  # neither ledger says from when on
        "boundary_pending": pending and reason is UncoveredReason.SPATIAL,
        "geom": community["geom"],
    }


def _declared(owners: list[tuple[Any, Any]], areas: Mapping[Any, Record]) -> Evidence:
    evidence = defaultdict(list)
    for community, area in owners:
        if area in areas and areas[area]["service_form"] == ServiceForm.NONE:
            evidence[community].append(
                f"{_place_in_annex(1, areas[area], 'ledger_seq')}“{areas[area]['name']}”：无物管"
            )
    return evidence


def _lost(owners: list[tuple[Any, Any]], problems: pd.DataFrame) -> Evidence:
    evidence = defaultdict(list)
    for problem in _left_open(problems):
        words = f"{_place_in_annex(2, problem, 'seq')}“{problem['project_name']}”：问题类别 19 未销号"
        for community in _concerned(problem, owners):
            evidence[community].append(words)
    return evidence


def _left_open(problems: pd.DataFrame) -> Iterator[Record]:
    """Problems 19 not closed; a blank 是否销号 is not a closing."""
    left = problems[problems["category"] == ProblemCategory.COMPANY_LEFT]
    return (problem for problem in left.to_dict("records") if not observed(problem["closed"]))


def _concerned(problem: Record, owners: list[tuple[Any, Any]]) -> list[Any]:
    if not pd.isna(problem["community_id"]):
        return [problem["community_id"]]
    return [community for community, area in owners if area == problem["area_id"]]


def _spatial(
    communities: gpd.GeoDataFrame, cover: pd.DataFrame, owners: list[tuple[Any, Any]], by_id: Mapping[Any, Record]
) -> Evidence:
    own = defaultdict(list)
    for community, area in owners:
        if area in by_id:
            own[community].append(by_id[area])
    evidence = {}
    rows = zip(communities["id"], cover["inside"], cover["area_m2"], cover["covered_m2"], strict=True)
    for community, inside, area_m2, covered_m2 in rows:
        drawn = any(area["geom"] is not None for area in own[community])
        if not (inside or (area_m2 == 0 and drawn)):  # without a footprint only the ledger can tell
            evidence[community] = [_outside_words(own[community], covered_m2 / area_m2 if area_m2 else None)]
    return evidence


def _outside_words(own: list[Record], share: float | None) -> str:
    pending = [f"“{area['name']}”{_stage(area)}" for area in own if area["geom"] is None]
    if pending:
        return "所属物业管理区域" + "，".join(pending)
    if share is None:
        return "小区尚无范围图形，台账也未登记所属物业管理区域"
    if not own:
        return f"台账未登记，范围的 {share:.1%} 在现行物业管理区域内"
    return f"范围仅 {share:.1%} 在现行物业管理区域内，台账登记于" + "、".join(f"“{area['name']}”" for area in own)


def _stage(area: Record) -> str:
    return "的边界尚未核准" if area["has_draft"] else "尚无边界"


def _place_in_annex(annex: int, record: Record, seq: str) -> str:
    number = record.get(seq)
    return f"附件{annex}" if number is None or pd.isna(number) else f"附件{annex} 序号 {int(number)}"
