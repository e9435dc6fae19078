"""Fire lanes, e-bike places and manholes as measured, and the verdict of `analysis` on each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
from sqlalchemy import Connection

from gis_service import clock
from gis_service.analysis.ebikes import assess_ebikes
from gis_service.analysis.lanes import assess_lanes
from gis_service.analysis.manholes import due_manholes
from gis_service.codes import ManholeKind, ManholeState
from gis_service.imports.fields import Fields
from gis_service.imports.hazard_placing import Surveyed, placed
from gis_service.imports.hazard_sheets import SUFFIXES, read_sheet, unreadable
from gis_service.imports.report import Job, Outcome, outcome_of, total
from gis_service.imports.uniqueness import came_late
from gis_service.imports.vector import Feature, Features, Shape, fitted, read_raw
from gis_service.issues import Issue, Severity
from gis_service.store import frames
from gis_service.store.staging import Row
from gis_service.store.tables import EbikeCharging, FireLane, Manhole, Table
from gis_service.store.upsert import Rule, upsert
from gis_service.store.verdicts import write_verdicts
from gis_service.store.versions import DAY

_JOINED = frozenset({"community_id", "area_id"})
_Fresh = Mapping[str, Collection[str]]  # by table, the codes of the rows that were written just now


def _lane(fields: Fields) -> Row:
    return {
        "name": fields.text("name"),
        "clear_width_m": fields.number("clear_width_m", least=0),
        "clear_height_m": fields.number("clear_height_m", least=0),
        "gradient_pct": fields.number("gradient_pct"),
        "wall_distance_m": fields.number("wall_distance_m", least=0),
        "dead_end": fields.flag("dead_end"),
        "turning_m": fields.number("turning_m", least=0),
        "marked": fields.flag("marked"),
        "blocked": fields.flag("blocked"),
        "measured_on": fields.day("measured_on"),
    }


def _ebike(fields: Fields) -> Row:
    return {
        "name": fields.text("name"),
        "places": fields.whole("places"),
        "area_m2": fields.number("area_m2", least=0),
        "group_length_m": fields.number("group_length_m", least=0),
        "socket_spacing_m": fields.number("socket_spacing_m", least=0),
        "exits": fields.whole("exits"),
        "near_sensitive": fields.told("near_sensitive"),
    }


def _manhole(fields: Fields) -> Row:
    return {
        "owner": fields.text("owner"),
        "kind": fields.word("kind", ManholeKind),
        "load_class": fields.text("load_class"),
        "state": fields.word("state", ManholeState),
        "reported_at": fields.moment("reported_at"),
    }


def _reported_on(row: Row) -> Any:
    """The day on which a fault was reported; a cover that is sound again may still bear the day of its last fault."""
    moment, state = row["reported_at"], row["state"]
    return moment.astimezone(clock.BEIJING).date() if isinstance(moment, dt.datetime) and state != "完好" else None


@dataclass(frozen=True)
class _Kind:
    """One kind of hazard: its table, geometry, measured columns, the day of a row's own, the columns it must have."""

    table: type[Table]
    shape: Shape
    measured: Callable[[Fields], Row]
    own_day: Callable[[Row], Any] = lambda _row: None
    required: tuple[str, ...] = ()


_KINDS: Mapping[str, _Kind] = {
    "fire_lanes": _Kind(FireLane, Shape.LINE, _lane, lambda row: row["measured_on"]),
    "ebike_charging": _Kind(EbikeCharging, Shape.SURFACE, _ebike),
    "manholes": _Kind(Manhole, Shape.POINT, _manhole, _reported_on, ("kind", "state")),
}


def import_hazards(job: Job) -> Outcome:
    """The hazards of the kinds that the file's name, or the property `layer`, says; all verdicts are made anew.

    What the file says counts from its day on, of a lane measured or a fault reported before from that day on. Of a
    hazard that a file of a later day spoke of nothing is written.
    """
    raw = _read(job.path)
    outcomes, fresh = [Outcome(issues=raw.issues)], dict[str, Collection[str]]()
    for name, features in _by_kind(job.path.stem, raw.features).items():
        if name not in _KINDS:
            outcomes.append(_unknown(features))
            continue
        outcome, fresh[name] = _import_kind(job, _KINDS[name], features)
        outcomes.append(outcome)
    assess(job.connection, job.since, fresh)
    return total(outcomes)


def _read(path: Path) -> Features:
    """The features of a file for maps, or of a sheet with coordinates."""
    if path.suffix.lower() not in SUFFIXES:
        return read_raw(path)
    return read_sheet(path) or unreadable(path)


def assess(connection: Connection, on: dt.date, fresh: _Fresh) -> None:
    """Every hazard has the verdict that its measured values call for; the same verdict is not written again.

    What is `fresh` never had another; any other hazard has its new verdict from the day `on`.
    """
    lanes, ebikes, manholes = (
        read(connection) for read in (frames.fire_lanes_frame, frames.ebikes_frame, frames.manholes_frame)
    )
    dated = on, fresh
    _judge(connection, FireLane, lanes, assess_lanes, ("result", "clause", "finding"), dated)
    write = ("result", "clause", "finding", "lane_overlap_m2")
    _judge(connection, EbikeCharging, ebikes, lambda places: assess_ebikes(places, lanes), write, dated)
    _judge(connection, Manhole, manholes, due_manholes, ("due_at",), dated)


def _by_kind(stem: str, features: Sequence[Feature]) -> Mapping[str, list[Feature]]:
    kinds: dict[str, list[Feature]] = defaultdict(list)
    for feature in features:
        kinds[stem if stem in _KINDS else str(feature.properties.get("layer") or "")].append(feature)
    return kinds


def _unknown(features: Sequence[Feature]) -> Outcome:
    text = f"{len(features)} 个要素看不出是哪一类：文件名或 layer 属性应为 {'、'.join(_KINDS)}"
    issue = Issue("hazard_kind", text, Severity.ERROR, features[0].where)
    return Outcome(rejected=len(features), issues=(issue,))


def _import_kind(job: Job, kind: _Kind, features: Sequence[Feature]) -> tuple[Outcome, frozenset[str]]:
    """The outcome, and the codes of the rows that were written."""
    fitting = fitted(features, kind.shape, required=True)
    issues = list(fitting.issues)
    surveyed: dict[str, Surveyed] = {}
    for feature in fitting.features:
        fields = Fields(feature)
        row = _hazard(fields, kind, job)
        issues += fields.issues
        if row is None:
            continue
        if row["code"] in surveyed:
            text = f"编号“{row['code']}”重复，只导入第一个"
            issues.append(Issue("key_repeated", text, Severity.ERROR, replace(feature.where, column="code")))
            continue
        surveyed[row["code"]] = Surveyed(row, feature.where, _title(feature))
    rows, wrong = placed(job.connection, kind.table, list(surveyed.values()), job.on, job.within)
    changes = upsert(job.connection, kind.table, rows, Rule(key="code", told_on=job.since, joined=_JOINED))
    late = came_late(changes.older, job.since, {code: surveyed[code].where for code in changes.older})
    rejected = len(features) - len(rows) + len(late)
    return outcome_of(changes, rejected=rejected, issues=[*issues, *wrong, *late]), changes.new | changes.changed


def _title(feature: Feature) -> str:
    """What the file calls its column of communities."""
    titles = feature.titles
    return titles.get("community") or titles.get("community_name") or "community"


def _hazard(fields: Fields, kind: _Kind, job: Job) -> dict[str, Any] | None:
    row = {
        "code": fields.text("code"),
        **kind.measured(fields),
        "community_said": fields.text("community", "community_code", "community_name"),
        "sample": job.sample or fields.flag("sample") is True,
        "geom": fields.feature.geometry,
    }
    for name in ("code", *kind.required):
        if not row[name]:
            fields.missing(name)
            return None
    own = kind.own_day(row)
    return {**row, "stands_from": job.since if own is None else min(own, job.since)}


def _judge(
    connection: Connection,
    table: type[Table],
    before: gpd.GeoDataFrame,
    judge: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame],
    columns: tuple[str, ...],
    dated: tuple[dt.date, _Fresh],
) -> None:
    if not len(before):
        return
    (on, fresh), after = dated, judge(before)
    written = before["code"].isin(fresh.get(table.__tablename__, ()))
    after[DAY] = [day if new else max(day, on) for day, new in zip(before[DAY], written, strict=True)]
    write_verdicts(connection, table, before, after, columns)
