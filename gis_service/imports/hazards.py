"""Fire lanes, e-bike places and manholes as measured, and the verdict of `analysis` on each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
from sqlalchemy import Connection

from gis_service.analysis.ebikes import assess_ebikes
from gis_service.analysis.lanes import assess_lanes
from gis_service.analysis.manholes import due_manholes
from gis_service.codes import ManholeKind, ManholeState
from gis_service.imports.fields import Fields
from gis_service.imports.hazard_placing import Surveyed, placed
from gis_service.imports.hazard_sheets import SUFFIXES, read_sheet, unreadable
from gis_service.imports.report import Job, Outcome, outcome_of, total
from gis_service.imports.vector import Feature, Features, Shape, fitted, read_raw
from gis_service.issues import Issue, Severity
from gis_service.store import frames
from gis_service.store.staging import Row
from gis_service.store.tables import EbikeCharging, FireLane, Manhole, Table
from gis_service.store.upsert import Rule, upsert
from gis_service.store.verdicts import write_verdicts

_RULE = Rule(key="code")


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


@dataclass(frozen=True)
class _Kind:
    """One kind of hazard: its table, its geometry, its measured columns, and those it cannot do without."""

    table: type[Table]
    shape: Shape
    measured: Callable[[Fields], Row]
    required: tuple[str, ...] = ()


_KINDS: Mapping[str, _Kind] = {
    "fire_lanes": _Kind(FireLane, Shape.LINE, _lane),
    "ebike_charging": _Kind(EbikeCharging, Shape.SURFACE, _ebike),
    "manholes": _Kind(Manhole, Shape.POINT, _manhole, ("kind", "state")),
}


def import_hazards(job: Job) -> Outcome:
    """The hazards of the kinds that the file's name, or the property `layer`, says; all verdicts are made anew."""
    raw = _read(job.path)
    outcomes = [Outcome(issues=raw.issues)]
    for name, features in _by_kind(job.path.stem, raw.features).items():
        outcomes.append(_import_kind(job, _KINDS[name], features) if name in _KINDS else _unknown(features))
    assess(job.connection)
    return total(outcomes)


def _read(path: Path) -> Features:
    """The features of a file for maps, or of a sheet with coordinates."""
    if path.suffix.lower() not in SUFFIXES:
        return read_raw(path)
    return read_sheet(path) or unreadable(path)


def assess(connection: Connection) -> None:
    """Every hazard has the verdict that its measured values call for; the same verdict is not written again."""
    lanes, ebikes, manholes = (
        read(connection) for read in (frames.fire_lanes_frame, frames.ebikes_frame, frames.manholes_frame)
    )
    _judge(connection, FireLane, lanes, assess_lanes, ("result", "clause", "finding"))
    write = ("result", "clause", "finding", "lane_overlap_m2")
    _judge(connection, EbikeCharging, ebikes, lambda places: assess_ebikes(places, lanes), write)
    _judge(connection, Manhole, manholes, due_manholes, ("due_at",))


def _by_kind(stem: str, features: Sequence[Feature]) -> Mapping[str, list[Feature]]:
    kinds: dict[str, list[Feature]] = defaultdict(list)
    for feature in features:
        kinds[stem if stem in _KINDS else str(feature.properties.get("layer") or "")].append(feature)
    return kinds


def _unknown(features: Sequence[Feature]) -> Outcome:
    text = f"{len(features)} 个要素看不出是哪一类：文件名或 layer 属性应为 {'、'.join(_KINDS)}"
    issue = Issue("hazard_kind", text, Severity.ERROR, features[0].where)
    return Outcome(rejected=len(features), issues=(issue,))


def _import_kind(job: Job, kind: _Kind, features: Sequence[Feature]) -> Outcome:
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
    changes = upsert(job.connection, kind.table, rows, _RULE)
    return outcome_of(changes, rejected=len(features) - len(rows), issues=[*issues, *wrong])


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
    return row


def _judge(
    connection: Connection,
    table: type[Table],
    before: gpd.GeoDataFrame,
    judge: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame],
    columns: tuple[str, ...],
) -> None:
    if len(before):
        write_verdicts(connection, table, before, judge(before), columns)
