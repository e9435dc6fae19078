"""One area as the store keeps it in; what the boundaries desk shows of it, words and shapes, out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import shapely
from sqlalchemy import Connection, RowMapping

from gis_service import access, clock
from gis_service.abuttals import parse
from gis_service.abuttals.model import Abuttals, Side
from gis_service.access import Reader
from gis_service.analysis.shapes import as_geojson
from gis_service.codes import (
    CommitteeState,
    PartyCoverage,
    ResolutionStatus,
    RevisionState,
    ServiceForm,
    Step,
    SuccessionKind,
)
from gis_service.editing.changes import ground
from gis_service.editing.judged import anchors_of
from gis_service.editing.judging import judged_sides
from gis_service.store import area_files, worklist
from gis_service.store.area_files import History

Told = dict[str, Any]
_CODED = (("物业服务形态", "service_form", ServiceForm), ("业主委员会组建情况", "committee", CommitteeState))
_ORIGINS = {"resolver": "四至落图", "drawn": "绘制", "imported": "导入"}


def area_file(connection: Connection, area_id: int, reader: Reader) -> Told:
    """Everything that the desk shows of the area."""
    today, called = clock.today(), area_files.names(connection)
    area = area_files.facts(connection, area_id)
    history = area_files.history(connection, area_id)
    working, approved = history.working, history.approved(today)
    sides = sentence_sides(area, judged_sides(connection, area))
    for judgement in (side["judgement"] for side in sides if side["judgement"]):
        judgement["author_name"] = called.get(judgement["author"], judgement["author"])
    waiting = area["state"] in ("open", "ambiguous")
    neighbours = [_neighbour(row, reader) for row in area_files.neighbours(connection, area_id, today)]
    shapes = {row["number"]: area_files.shape(connection, area_id, row["number"]) for row in (working, approved) if row}
    return {
        **{name: area[name] for name in ("id", "code", "name", "street", "neighborhood", "state")},
        "county": area["reporting_unit"],
        "state_words": worklist.STATES[area["state"]],
        "facts": _facts(area),
        "sentence": {"text": area["abuttals_text"], "sides": sides},
        "resolution": _resolution(area),
        "working": _revision(working, history, called, shapes) if working else None,
        "approved": _revision(approved, history, called, shapes) if approved else None,
        "history": [_revision(row, history, called, {}) for row in history.revisions],
        "neighbours": neighbours,
        "open_sides": [side["side"] for side in sides if side["state"] != "found"] if waiting else [],
        "findings": [],
        "pending": pending(area),
        **_relatives(connection, area_id),
        "bbox": _bbox([*shapes.values(), area["open_lines"], *(side["edge"] for side in sides)]),
        "may": _may(area, history, reader),
    }


def pending(row: RowMapping) -> Told | None:
    """The split or merge that the area waits for."""
    if row["pending_id"] is None:
        return None
    words = SuccessionKind(row["pending_kind"]).words
    return {"id": row["pending_id"], "kind": row["pending_kind"], "words": f"{words}待审核"}


def _facts(area: RowMapping) -> list[Told]:
    known: list[tuple[str, object]] = [
        ("台账序号", area["ledger_seq"]),
        ("小区名称", "、".join(area["community_names"])),
        *((title, _words(kind, area[name])) for title, name, kind in _CODED),
        ("党的工作覆盖情况", _words(PartyCoverage, area["party_coverage"])),
        ("物业服务企业", area["company"]),
        ("物业费收缴率", None if area["fee_rate"] is None else f"{area['fee_rate'] * 100:.1f} %"),
        ("来源", f"{area['source_file']} 第 {area['source_row']} 行" if area["source_row"] else area["source_file"]),
        ("原名", "、".join(area["former_names"])),
    ]
    return [{"title": title, "value": str(value)} for title, value in known if value not in (None, "")]


def _words(kind: Any, code: int | None) -> str | None:
    return None if code is None else str(kind.numbered(code).words)


def _resolution(area: RowMapping) -> Told:
    rings: list[Any] = []
    if area["open_lines"] and area["resolution_status"] == "ambiguous":
        rings = list(shapely.get_parts(shapely.from_geojson(json.dumps(area["open_lines"]))))
    surfaces = [shapely.Polygon(ring) for ring in rings if ring.is_closed]
    return {
        "status": area["resolution_status"],
        "words": ResolutionStatus(area["resolution_status"]).words,
        "confidence": area["confidence"],
        "issues": [one["message"] for one in area["issues"]],
        "alternatives": [as_geojson(one) for one in surfaces],
    }


def sentence_sides(area: RowMapping, judged: Mapping[str, RowMapping]) -> list[Told]:
    """The four sides of the sentence: where each is said, what it was found to be, and what a person decided."""
    said = parse(area["abuttals_text"])
    return [_side(side, said, [one for one in area["sides"] if one["side"] == side], judged) for side in Side]


def _side(side: Side, said: Abuttals, stored: Sequence[Told], judged: Mapping[str, RowMapping]) -> Told:
    abuttals = anchors_of(said, side)
    spans = [abuttal.span for abuttal in abuttals] or [tuple(span) for one in stored for span in one["spans"]]
    edges = [one["edge"] for one in stored if one["edge"]]
    found = [
        pair
        for one in stored
        for pair in zip(one["places"], one.get("place_ids", [None] * len(one["places"])), strict=False)
    ]
    names = [abuttal.anchor for abuttal in abuttals] or [name for one in stored for name in one["anchors"]]
    state = "found" if edges else "open" if names else "missing"
    return {
        "side": str(side),
        "words": side.words,
        "state": state,
        "why": "；".join(dict.fromkeys(one["why"] for one in stored if one["why"])) or _WHY[state],
        "phrases": [{"start": a, "end": b, "text": said.text[a:b]} for a, b in spans if b > a],
        "anchors": _anchors(names, found),
        "edge": _one_line(edges),
        "bridged_m": sum(one["bridged_m"] for one in stored if one["bridge"]),
        "bridge": _one_line([one["bridge"] for one in stored if one["bridge"]]),
        "judgement": _judgement(judged.get(str(side))),
    }


_WHY = {"found": "", "open": "没有定下", "missing": "四至没有写这一边"}


def _anchors(names: Sequence[str], found: Sequence[tuple[str, str | None]]) -> list[Told]:
    told = []
    for index, name in enumerate(names):
        place, place_id = found[index] if index < len(found) else (None, None)
        told.append({"name": name, "place_id": place_id, "place": place})
    return told


def _one_line(edges: Sequence[Told]) -> Told | None:
    if len(edges) < 2:
        return edges[0] if edges else None
    lines = [line for edge in edges for line in _coordinates(edge)]
    return {"type": "MultiLineString", "coordinates": lines}


def _coordinates(edge: Told) -> list[Any]:
    return list(edge["coordinates"]) if edge["type"].startswith("Multi") else [edge["coordinates"]]


def _judgement(row: RowMapping | None) -> Told | None:
    if row is None:
        return None
    kept = ("kind", "place_id", "place", "division")
    return {**{name: row[name] for name in kept}, "author": row["person"], "created_at": row["made_at"].isoformat()}


def _revision(row: RowMapping, history: History, called: Mapping[str, str], shapes: Mapping[int, Any]) -> Told:
    kept = ("id", "number", "state", "origin", "author", "decided_by", "note", "area_m2")
    told: Told = {name: row[name] for name in kept}
    for name in ("created_at", "effective_from", "effective_to"):
        told[name] = row[name].isoformat() if row[name] else None
    told["author_name"] = called.get(row["author"], row["author"])
    told |= {"state_words": RevisionState(row["state"]).words, "origin_words": _ORIGINS[row["origin"]]}
    told["steps"] = [
        {
            **{name: step[name] for name in ("step", "person", "note")},
            "person_name": called.get(step["person"], step["person"]),
            "words": Step(step["step"]).words,
            "at": step["at"].isoformat(),
        }
        for step in history.steps.get(row["id"], ())
    ]
    if row["number"] in shapes:
        told["geometry"] = shapes[row["number"]]
    return told


def _neighbour(row: RowMapping, reader: Reader) -> Told:
    kept = {name: row[name] for name in ("id", "name", "state", "revision", "geometry")}
    return {**kept, "may_edit": access.may_edit(reader, **ground(row))}


def _relatives(connection: Connection, area_id: int) -> Told:
    told: Told = {"predecessors": [], "successors": []}
    for row in area_files.relatives(connection, area_id):
        kept = {**{name: row[name] for name in ("id", "code", "name", "kind")}, "on": row["effective_from"].isoformat()}
        told["predecessors" if row["role"] == "after" else "successors"].append(kept)
    return told


def _bbox(shapes: Iterable[Any]) -> list[float] | None:
    known = [shapely.from_geojson(json.dumps(shape)) for shape in shapes if shape]
    return [float(value) for value in shapely.total_bounds(known)] if known else None


def _may(area: RowMapping, history: History, reader: Reader) -> dict[str, bool]:
    working = history.working
    state = working["state"] if working else None
    alive = area["state"] != "retired" and area["pending_id"] is None
    edit = alive and access.may_edit(reader, **ground(area))
    decide = alive and state == "in_review" and access.may_decide(reader, **ground(area))
    return {
        "edit": edit and state != "in_review",
        "submit": edit and state == "draft",
        "withdraw": edit and state == "in_review",
        "discard": edit and state in ("draft", "sent_back"),
        "restore": edit and state != "in_review" and bool(history.revisions),
        "approve": bool(decide and working and working["author"] != reader.login),
        "send_back": bool(decide and working and working["author"] != reader.login),
        "split": edit and area["state"] == "approved",
    }
