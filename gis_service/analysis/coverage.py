"""Communities, ledger rows, problems and divisions come in; counts and rates per division and reporting unit go out."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd

from gis_service.analysis.tallies import KEYS, UNKNOWN, area_tally, community_tally, problem_tally
from gis_service.analysis.units import reporting_units
from gis_service.codes import DivisionLevel, ServiceForm
from gis_service.crs import LONLAT

RATES = {
    "coverage_rate": ("covered", "communities"),
    "committee_rate": ("committee_yes", "committee_known"),
    "party_rate": ("party_yes", "party_known"),
    "fee_rate_mean": ("fee_sum", "fee_known"),
    "area_coverage_rate": ("covered_area_m2", "community_area_m2"),
}
COUNTS = ["communities", "covered", "uncovered", "declared", "lost", "spatial", "area_rows"]
COUNTS += ["committee_yes", "committee_known", "party_yes", "party_known", "fee_known"]
COUNTS += ["problems_open", "problems_closed"]
MEASURES = ["community_area_m2", "covered_area_m2"]


def coverage(  # noqa: PLR0913 - the six frames of the trade, and the day
    communities: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    memberships: pd.DataFrame,
    uncovered: gpd.GeoDataFrame,
    problems: pd.DataFrame,
    divisions: gpd.GeoDataFrame,
    *,
    on: dt.date,
) -> gpd.GeoDataFrame:
    """One row per county, street, neighborhood and reporting unit; at every level the counts add up to the ledger's.

    What lies in no known division is the row 未知. A rate is yes over those that say something (`…_known`), None
    where none does; the committee counts as formed for 业主委员会 and 物业管理委员会. By area as by count, only
    communities without any reason of 失管 are covered.
    """
    tallies = pd.concat(
        [
            community_tally(communities, areas, uncovered),
            area_tally(areas, memberships, communities),
            problem_tally(problems, areas, memberships, communities, divisions),
        ]
    ).fillna(0)
    levels = [_level(tallies, level, _known(divisions, level)) for level in DivisionLevel]
    units = reporting_units(divisions, tallies["reporting_unit"])
    rows = pd.concat([*levels, _level(tallies, "reporting_unit", units)], ignore_index=True)
    return gpd.GeoDataFrame(rows.assign(as_of=on), geometry="geom", crs=LONLAT)


def _known(divisions: gpd.GeoDataFrame, level: DivisionLevel) -> pd.DataFrame:
    own = divisions[divisions["level"] == level].sort_values("code")
    return pd.DataFrame({column: own[column] for column in ("code", "name", "sample")}).assign(
        geom=own.geometry.astype(object)
    )


def _level(tallies: pd.DataFrame, level: str, known: pd.DataFrame) -> pd.DataFrame:
    """The rows of one level: every known division, and 未知 where something lies in none of them."""
    key = tallies[KEYS[level]]
    sums = tallies.drop(columns=list(KEYS.values())).groupby(key.where(key.isin(known["code"]), UNKNOWN)).sum()
    if UNKNOWN in sums.index:
        unknown = pd.DataFrame([{"code": UNKNOWN, "name": UNKNOWN, "sample": False, "geom": None}])
        known = pd.concat([known.astype(object), unknown.astype(object)], ignore_index=True)
    sums = sums.reindex(known["code"], fill_value=0).reset_index(drop=True)
    known = known.reset_index(drop=True)
    head = {"id": level + ":" + known["code"], "level": level, "code": known["code"], "name": known["name"]}
    tail = {"sample": known["sample"].astype(bool) | (sums["sample"] > 0), "geom": known["geom"].astype(object)}
    return pd.DataFrame({**head, **_figures(sums), **tail}, index=known.index)


def _figures(sums: pd.DataFrame) -> dict[str, pd.Series]:
    figures = {column: sums[column].astype(int) for column in COUNTS} | {column: sums[column] for column in MEASURES}
    figures["forms"] = _forms(sums)
    return figures | {rate: _rate(sums[yes], sums[all_]) for rate, (yes, all_) in RATES.items()}


def _rate(numerator: pd.Series, denominator: pd.Series) -> pd.Series:
    rate = (numerator / denominator.where(denominator > 0)).round(6).astype(object)
    return rate.where(rate.notna(), None)


def _forms(sums: pd.DataFrame) -> pd.Series:
    columns = {str(int(form)): sums[f"form_{int(form)}"].astype(int) for form in ServiceForm}
    columns["unknown"] = sums["form_unknown"].astype(int)
    rows = pd.DataFrame(columns, index=sums.index).to_dict("records")
    return pd.Series(rows, index=sums.index, dtype=object)
