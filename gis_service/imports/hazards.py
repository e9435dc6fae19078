"""Fire lanes, e-bike places and manholes as measured, and the verdict of `analysis` on each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
from sqlalchemy import Connection, select

from gis_service.analysis.ebikes import assess_ebikes
from gis_service.analysis.lanes import assess_lanes
from gis_service.analysis.manholes import due_manholes
from gis_service.codes import ManholeKind, ManholeState
from gis_service.imports.fields import Fields
from gis_service.imports.report import Job, Outcome, outcome_of, total
from gis_service.imports.uniqueness import first_of_each
from gis_service.imports.vector import Feature, Shape, fitted, read_raw
from gis_service.issues import Issue, Severity
from gis_service.store import frames
from gis_service.store.staging import Row
from gis_service.store.tables import Community, EbikeCharging, FireLane, Manhole, Table
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
    raw = read_raw(job.path)
    communities = _communities(job.connection)
    outcomes = [Outcome(issues=raw.issues)]
    for name, features in _by_kind(job.path.stem, raw.features).items():
        outcomes.append(
            _import_kind(job, _KINDS[name], features, communities) if name in _KINDS else _unknown(features)
        )
    assess(job.connection)
    return total(outcomes)


def assess(connection: Connection) -> None:
    """Every hazard has the verdict that its measured values call for; the same verdict is not written again."""
    lanes, ebikes, manholes = (
        read(connection) for read in (frames.fire_lanes_frame, frames.ebikes_frame, frames.manholes_frame)
    )
    _judge(connection, FireLane, lanes, assess_lanes, ("result", "clause", "finding"))
    write = ("result", "finding", "lane_overlap_m2")
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


def _communities(connection: Connection) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(select(Community.code, Community.id))}


def _import_kind(job: Job, kind: _Kind, features: Sequence[Feature], communities: Mapping[str, int]) -> Outcome:
    fitting = fitted(features, kind.shape, required=True)
    issues = list(fitting.issues)
    rows = []
    for feature in fitting.features:
        fields = Fields(feature)
        row = _hazard(fields, kind, communities, job)
        issues += fields.issues
        if row is not None:
            rows.append(row)
    kept, repeated = first_of_each(rows, "code", job.path.name)
    changes = upsert(job.connection, kind.table, kept, _RULE)
    return outcome_of(changes, rejected=len(features) - len(kept), issues=[*issues, *repeated])


def _hazard(fields: Fields, kind: _Kind, communities: Mapping[str, int], job: Job) -> Row | None:
    row = {
        "code": fields.text("code"),
        **kind.measured(fields),
        "community_id": _community(fields, communities),
        "sample": job.sample or fields.flag("sample") is True,
        "geom": fields.feature.geometry,
    }
    for name in ("code", *kind.required):
        if not row[name]:
            fields.missing(name)
            return None
    return row


def _community(fields: Fields, communities: Mapping[str, int]) -> int | None:
    code = fields.text("community", "community_code")
    if code and code not in communities:
        where = replace(fields.feature.where, column="community")
        fields.issues.append(Issue("community_unknown", f"没有编号为“{code}”的小区，按未填处理", where=where))
    return communities.get(code)


def _judge(
    connection: Connection,
    table: type[Table],
    before: gpd.GeoDataFrame,
    judge: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame],
    columns: tuple[str, ...],
) -> None:
    if len(before):
        write_verdicts(connection, table, before, judge(before), columns)
