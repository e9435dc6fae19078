"""Communities, ledger rows, problems and divisions come in; counts and rates per division and reporting unit go out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from math import fsum

import geopandas as gpd
import pandas as pd

from gis_service.analysis.footprints import footprint_cover
from gis_service.analysis.tallies import KEYS, UNKNOWN, area_tally, community_tally, problem_tally
from gis_service.analysis.units import reporting_units
from gis_service.codes import DivisionLevel, ServiceForm, UncoveredReason
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
_ADDED_EXACTLY = ["community_area_m2", "covered_area_m2", "inside_m2", "fee_sum"]
MEASURES = ["community_area_m2", "covered_area_m2"]


Definition = frozenset[UncoveredReason]  # which reasons make a community 失管
EVERY_REASON: Definition = frozenset(UncoveredReason)
LEVELS = tuple(KEYS)


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
    return coverage_of(tallied(communities, areas, memberships, uncovered, problems, divisions), divisions, on=on)


def coverage_of(tallies: pd.DataFrame, divisions: gpd.GeoDataFrame, *, on: dt.date) -> gpd.GeoDataFrame:
    """The rows of `coverage` from the tallies of a day."""
    rows = summed(under(tallies, EVERY_REASON), divisions)
    return gpd.GeoDataFrame(rows.assign(as_of=on), geometry="geom", crs=LONLAT)


def tallied(  # noqa: PLR0913 - the six frames of the trade, and what is known beside them
    communities: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    memberships: pd.DataFrame,
    uncovered: gpd.GeoDataFrame,
    problems: pd.DataFrame,
    divisions: gpd.GeoDataFrame,
    *,
    cover: pd.DataFrame | None = None,
    units: Collection[str] | None = None,
) -> pd.DataFrame:
    """One row per community, ledger row and problem, with `kind`, `id` and divisions: no definition changes them.

    `cover` is what `footprint_cover` says of the communities, `units` are all that report: found in the frames, unless
    these hold but a part of everything.
    """
    cover = footprint_cover(communities, areas) if cover is None else cover
    stated = (divisions["reporting_unit"], areas["reporting_unit"], communities["reporting_unit"])
    units = set().union(*stated) if units is None else units
    area_rows = area_tally(areas, memberships, communities)
    problem_rows = problem_tally(problems, area_rows, communities, divisions, units)
    rows = [community_tally(communities, cover, uncovered), area_rows, problem_rows]
    return pd.concat(rows, ignore_index=True).fillna(0)


def under(tallies: pd.DataFrame, definition: Definition) -> pd.DataFrame:
    """The tallies with `covered`, `uncovered`, `covered_area_m2`: uncovered is what one of the reasons holds for."""
    community = tallies["communities"] > 0
    held = (tallies[[str(reason) for reason in sorted(definition)]] > 0).any(axis=1)
    covered = community & ~held
    return tallies.assign(
        covered=covered.astype(int),
        uncovered=(community & held).astype(int),
        covered_area_m2=tallies["inside_m2"].where(covered, 0.0),
    )


def summed(tallies: pd.DataFrame, divisions: gpd.GeoDataFrame, levels: Sequence[str] = LEVELS) -> pd.DataFrame:
    """The sums of each division of the levels, in order of level and code."""
    return pd.concat(
        [_level(tallies, level, _ground(tallies, divisions, level)) for level in levels], ignore_index=True
    )


def behind(tallies: pd.DataFrame, figure: str, place: tuple[str, str] | None, known: Collection[str]) -> pd.DataFrame:
    """`kind` and `id` of the rows that a figure counts, of everything or of one place: its level and code.

    As in the sums, what names none of the `known` codes of the level lies in 未知.
    """
    counted = tallies[tallies[figure] > 0]
    if place is not None:
        level, code = place
        key = counted[KEYS[level]]
        counted = counted[key.where(key.isin(known), UNKNOWN) == code]
    return counted[["kind", "id"]]


def codes_of(tallies: pd.DataFrame, divisions: gpd.GeoDataFrame, level: str) -> list[str]:
    """The codes that the rows of a level bear, 未知 left out."""
    return list(_ground(tallies, divisions, level)["code"])


def _ground(tallies: pd.DataFrame, divisions: gpd.GeoDataFrame, level: str) -> pd.DataFrame:
    if level == "reporting_unit":
        return reporting_units(divisions, tallies["reporting_unit"])
    return _known(divisions, DivisionLevel(level))


def _known(divisions: gpd.GeoDataFrame, level: DivisionLevel) -> pd.DataFrame:
    own = divisions[divisions["level"] == level].sort_values("code")
    return pd.DataFrame({column: own[column] for column in ("code", "name", "sample")}).assign(
        geom=own.geometry.astype(object)
    )


def _level(tallies: pd.DataFrame, level: str, known: pd.DataFrame) -> pd.DataFrame:
    """The rows of one level: every known division, and 未知 where something lies in none of them."""
    key = tallies[KEYS[level]]
    sums = _added(tallies.drop(columns=["kind", "id", *KEYS.values()]), key.where(key.isin(known["code"]), UNKNOWN))
    if UNKNOWN in sums.index:
        unknown = pd.DataFrame([{"code": UNKNOWN, "name": UNKNOWN, "sample": False, "geom": None}])
        known = pd.concat([known.astype(object), unknown.astype(object)], ignore_index=True)
    sums = sums.reindex(known["code"], fill_value=0).reset_index(drop=True)
    known = known.reset_index(drop=True)
    head = {"id": level + ":" + known["code"], "level": level, "code": known["code"], "name": known["name"]}
    tail = {"sample": known["sample"].astype(bool) | (sums["sample"] > 0), "geom": known["geom"].astype(object)}
    return pd.DataFrame({**head, **_figures(sums), **tail}, index=known.index)


def _added(numbers: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    """The sums by key, of measures exactly: in whatever order and company rows are added up, the sum is the same."""
    sums = numbers.drop(columns=_ADDED_EXACTLY).groupby(key).sum()
    rows = key.groupby(key).indices
    exact = {column: numbers[column].to_numpy(dtype=float) for column in _ADDED_EXACTLY}
    return sums.assign(
        **{column: [fsum(values[rows[code]]) for code in sums.index] for column, values in exact.items()}
    )


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
