"""`/boundaries`: the work list of the boundaries desk, one area with all that is known of it, what a click may mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse, Response
from shapely import Point
from sqlalchemy import RowMapping

from gis_service import access
from gis_service.abuttals.model import Side
from gis_service.access import LOCAL, Reader
from gis_service.analysis.shapes import as_geojson
from gis_service.api.boundary_file import area_file, pending, sentence_sides
from gis_service.api.parameters import parse_degrees, parse_limit, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Published
from gis_service.api.readers import Editing
from gis_service.codes import REPORTING_UNITS
from gis_service.editing.candidates import Choice, by_name, near_spot
from gis_service.editing.changes import ground
from gis_service.editing.landmarks import Landmarks
from gis_service.errors import BadRequestError
from gis_service.store import area_files, worklist
from gis_service.store.worklist import STATES, Wanted

router = APIRouter(responses=REFUSALS)
AreaId = Annotated[int, Path(description="区域编号", ge=1, le=2**63 - 1)]
Number = Annotated[int, Path(description="第几版", ge=1, le=2**31 - 1)]
NO_STORE = {"Cache-Control": "no-store"}
_LISTED = [state for state in STATES if state != "retired"]
_USUAL, _MOST = 100, 500
_LIST = ("state", "street", "county", "q", "mine", "limit", "cursor")


def _landmarks_of(request: Request) -> Landmarks:
    found: Landmarks = request.app.state.landmarks
    return found


Known = Annotated[Landmarks, Depends(_landmarks_of)]


@router.get(
    "/boundaries/areas", summary="边界待办清单", description="边界待办清单（边界工作台）。", response_class=Response
)
def areas(request: Request, published: Published, reader: Editing) -> Response:
    """A page of the work list, with counts by state."""
    wanted = _wanted(request, reader)
    with published.snapshot() as connection:
        rows = worklist.page(connection, wanted)
        told = {
            "items": [_item(row, reader) for row in rows],
            "counts": worklist.counts(connection, wanted),
            **_divisions(worklist.places(connection, wanted)),
            "next": rows[-1]["code"] if len(rows) == wanted.limit else None,
        }
    return JSONResponse(told, headers=NO_STORE)


@router.get(
    "/boundaries/areas/{area_id}",
    summary="一个区域的边界",
    description="一个区域的边界（边界工作台）。",
    response_class=Response,
)
def area(published: Published, reader: Editing, area_id: AreaId) -> Response:
    """Everything that is known of one area; its ETag is what changes are made with."""
    with published.snapshot() as connection:
        return told_area(area_file(connection, area_id, reader), area_files.tag(connection, area_id))


def told_area(told: dict[str, Any], tag: str, status: int = 200) -> Response:
    """The area with the ETag of its state."""
    return JSONResponse(told, status, headers={"ETag": f'"{tag}"', **NO_STORE})


@router.get(
    "/boundaries/areas/{area_id}/revisions/{number}",
    summary="边界的一版",
    description="边界的一版（边界工作台）。",
    response_class=Response,
)
def revision(published: Published, reader: Editing, area_id: AreaId, number: Number) -> Response:
    """One revision with its geometry."""
    with published.snapshot() as connection:
        shape = area_files.shape(connection, area_id, number)
        told = area_file(connection, area_id, reader)
    row = next(one for one in told["history"] if one["number"] == number)
    return JSONResponse({**row, "geometry": shape}, headers=NO_STORE)


@router.get(
    "/boundaries/areas/{area_id}/compare",
    summary="两版边界之差",
    description="两版边界之差（边界工作台）。",
    response_class=Response,
)
def compare(request: Request, published: Published, _reader: Editing, area_id: AreaId) -> Response:
    """What one revision has that the other has not, with square metres."""
    given = single_values(request.query_params, ("from", "to"))
    one, other = (_whole(name, given.get(name, "")) for name in ("from", "to"))
    with published.snapshot() as connection:
        ends = {
            name: {"number": number, "geometry": area_files.shape(connection, area_id, number)}
            for name, number in (("from", one), ("to", other))
        }
        told = area_files.compare(connection, area_id, one, other)
    return JSONResponse({**ends, **told}, headers=NO_STORE)


@router.get(
    "/boundaries/areas/{area_id}/candidates",
    summary="一边可能所指的地物",
    description="一边可能所指的地物（边界工作台）。",
    response_class=Response,
)
def candidates(request: Request, published: Published, _reader: Editing, known: Known, area_id: AreaId) -> Response:
    """The places near a spot, or those that the words of the side may mean."""
    given = single_values(request.query_params, ("side", "lon", "lat"))
    side = parse_side(given.get("side", ""))
    with published.snapshot() as connection:
        gazetteer, row = known.of(connection), area_files.facts(connection, area_id)
        if "lon" in given or "lat" in given:
            found = near_spot(connection, gazetteer, area_id, _spot(given))
        else:
            found = by_name(connection, gazetteer, row, side)
    return JSONResponse({"items": [_choice(one) for one in found]}, headers=NO_STORE)


def parse_side(text: str) -> Side:
    """The side that E, S, W or N says."""
    if text not in set(Side):
        raise BadRequestError("side 应为 E（东）、S（南）、W（西）、N（北）之一")
    return Side(text)


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10):
        raise BadRequestError(f"{name} 应为第几版，例如 {name}=1")
    return int(text)


def _spot(given: dict[str, str]) -> Point:
    lon, lat = (parse_degrees(given.get(name, "")) for name in ("lon", "lat"))
    if lon is None or lat is None:
        raise BadRequestError("lon、lat 应一并给出，为经度和纬度")
    if not (-180 <= lon <= 180 and -85 <= lat <= 85):
        raise BadRequestError("lon、lat 超出经纬度范围")
    return Point(lon, lat)


def _wanted(request: Request, reader: Reader) -> Wanted:
    states = [state for text in request.query_params.getlist("state") for state in text.split(",") if state]
    unknown = [state for state in states if state not in STATES]
    if unknown:
        raise BadRequestError(f"state 应为 {'、'.join(STATES)} 之一")
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "state"]
    given = single_values(type(request.query_params)(others), _LIST)
    mine = given.get("mine", "true" if reader.role in LOCAL else "false")
    if mine not in ("true", "false"):
        raise BadRequestError("mine 应为 true 或 false")
    return Wanted(
        states=states or _LISTED,
        street=given.get("street"),
        county=given.get("county"),
        q=given.get("q"),
        own=sorted(reader.divisions) if mine == "true" else None,
        zones=list(REPORTING_UNITS.values()),
        after=given.get("cursor", ""),
        limit=parse_limit(given["limit"], _MOST) if "limit" in given else _USUAL,
    )


def _divisions(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    return {
        "counties": list(dict.fromkeys(county for county, _ in pairs if county)),
        "streets": list(dict.fromkeys(street for _, street in pairs if street)),
    }


def _item(row: RowMapping, reader: Reader) -> dict[str, Any]:
    kept = ("id", "code", "name", "street", "neighborhood", "county", "resolution_status", "state", "revision")
    waiting = row["state"] in ("open", "ambiguous")
    facts = {**row, "reporting_unit": row["county"]}
    free = row["state"] != "retired" and row["pending_id"] is None
    decide = free and row["state"] == "in_review" and row["author"] != reader.login
    sides = sentence_sides(row, {}) if waiting else []
    return {
        **{name: row[name] for name in kept},
        "state_words": STATES[row["state"]],
        "confidence": row["confidence"],
        "author": row["author"],
        "open_sides": [side["side"] for side in sides if side["state"] != "found"],
        "bbox": None if row["bbox"][0] is None else row["bbox"],
        "pending": pending(row),
        "may_edit": free and access.may_edit(reader, **ground(facts)),
        "may_approve": decide and access.may_decide(reader, **ground(facts)),
    }


def _choice(choice: Choice) -> dict[str, Any]:
    place = choice.place
    return {
        **{"place_id": place.id, "name": place.name, "kind": str(place.kind), "kind_words": choice.kind_words},
        **{"distance_m": choice.distance_m, "why": choice.why, "width_m": place.width_m},
        "geometry": as_geojson(place.geometry),
    }
