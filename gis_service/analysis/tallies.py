"""Communities, ledger rows and problems come in; each as a row of numbers with its divisions, to be added up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, get_args

import geopandas as gpd
import pandas as pd

from gis_service.analysis.findings import observed
from gis_service.codes import CommitteeState, DivisionLevel, PartyCoverage, ServiceForm, UncoveredReason

Kind = Literal["community", "area", "problem"]  # what one row of a tally stands for
KINDS: tuple[Kind, ...] = get_args(Kind)
UNKNOWN = "未知"
KEYS = {
    "county": "county_code",
    "street": "street_code",
    "neighborhood": "neighborhood_code",
    "reporting_unit": "reporting_unit",
}


def community_tally(communities: gpd.GeoDataFrame, cover: pd.DataFrame, uncovered: gpd.GeoDataFrame) -> pd.DataFrame:
    """Per community: each reason of 失管 by itself, and m² of footprint, all and inside (`footprint_cover`)."""
    ids = communities["id"]
    reasons = {reason: set(uncovered.loc[uncovered["reason"] == reason, "community_id"]) for reason in UncoveredReason}
    numbers = {
        "communities": 1,
        **{str(reason): ids.isin(of_reason).astype(int) for reason, of_reason in reasons.items()},
        "community_area_m2": cover["area_m2"],
        "inside_m2": cover["covered_m2"],
        "sample": communities["sample"].astype(int),
    }
    return _keyed("community", communities, {column: communities[column] for column in KEYS.values()}, numbers)


def area_tally(areas: gpd.GeoDataFrame, memberships: pd.DataFrame, communities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Per ledger row: its form, committee, party coverage and fee rate, each with whether the row says so."""
    forms, committee, party = (_codes(areas[name]) for name in ("service_form", "committee", "party_coverage"))
    fee = pd.to_numeric(areas["fee_rate"], errors="coerce")
    numbers = {
        "area_rows": 1,
        **{f"form_{int(form)}": (forms == form).astype(int) for form in ServiceForm},
        "form_unknown": (~forms.isin(list(ServiceForm))).astype(int),
        "committee_yes": (committee.isin(list(CommitteeState)) & (committee != CommitteeState.NONE)).astype(int),
        "committee_known": committee.isin(list(CommitteeState)).astype(int),
        "party_yes": (party.isin(list(PartyCoverage)) & (party != PartyCoverage.NONE)).astype(int),
        "party_known": party.isin(list(PartyCoverage)).astype(int),
        "fee_sum": fee.fillna(0.0),
        "fee_known": fee.notna().astype(int),
        "sample": areas["sample"].astype(int),
    }
    return _keyed("area", areas, _area_keys(areas, memberships, communities), numbers)


def problem_tally(
    problems: pd.DataFrame,
    area_rows: pd.DataFrame,
    communities: gpd.GeoDataFrame,
    divisions: gpd.GeoDataFrame,
    units: Collection[str],
) -> pd.DataFrame:
    """Per problem: open (also where 是否销号 is blank) or closed, in the division of its community, area or county.

    `area_rows` is the tally of the areas, which knows the divisions of each; `units` are all that report.
    """
    closed = pd.Series([observed(value) is True for value in problems["closed"]], index=problems.index, dtype=bool)
    numbers = {
        "problems_open": (~closed).astype(int),
        "problems_closed": closed.astype(int),
        "sample": problems["sample"].astype(int),
    }
    keys = {}
    for column in KEYS.values():
        by_community = problems["community_id"].map(_lookup(communities["id"], communities[column]))
        of_area = area_rows[column].where(area_rows[column] != UNKNOWN, None)
        by_area = problems["area_id"].map(_lookup(area_rows["id"], of_area))
        keys[column] = _first(by_community, by_area)
    counties = divisions[divisions["level"] == DivisionLevel.COUNTY]
    named = problems["county"].map(_lookup(counties["name"], counties["code"]))
    keys["county_code"] = _first(keys["county_code"], named)
    stated = problems["county"].where(problems["county"].isin(units))  # the unit that reports is the one it names
    keys["reporting_unit"] = _first(stated, keys["reporting_unit"])
    return _keyed("problem", problems, keys, numbers)


def _keyed(
    kind: Kind, frame: pd.DataFrame, keys: Mapping[str, pd.Series], numbers: Mapping[str, object]
) -> pd.DataFrame:
    named = {column: _known(values).fillna(UNKNOWN) for column, values in keys.items()}
    return pd.DataFrame({"kind": kind, "id": frame["id"], **named, **numbers}, index=frame.index)


def _known(values: pd.Series) -> pd.Series:
    values = values.astype(object)
    return values.where(values.notna() & (values != ""), None)


def _first(values: pd.Series, otherwise: pd.Series) -> pd.Series:
    known = _known(values)
    return known.where(known.notna(), _known(otherwise))


def _codes(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values, errors="coerce").fillna(0).astype(int)


def _lookup(keys: Iterable[Any], values: pd.Series) -> dict[Any, Any]:
    return dict(zip(keys, _known(values), strict=True))


def _area_keys(
    areas: gpd.GeoDataFrame, memberships: pd.DataFrame, communities: gpd.GeoDataFrame
) -> dict[str, pd.Series]:
    """The divisions of each ledger row; a blank one is that of its communities, where they all agree."""
    members = defaultdict(list)
    for area, community in zip(memberships["area_id"], memberships["community_id"], strict=True):
        members[area].append(community)
    return {column: _first(areas[column], _agreed(areas, members, communities, column)) for column in KEYS.values()}


def _agreed(
    areas: gpd.GeoDataFrame, members: Mapping[Any, list[Any]], communities: gpd.GeoDataFrame, column: str
) -> pd.Series:
    of_community = _lookup(communities["id"], communities[column])
    found = [{of_community.get(member) for member in members.get(area, [])} for area in areas["id"]]
    return pd.Series([each.pop() if len(each) == 1 else None for each in found], index=areas.index, dtype=object)
