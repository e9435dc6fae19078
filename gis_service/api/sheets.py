"""`/communities/{id}/sheet`: a community and a day in; a page for the fire crew that prints in black and white, out."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from shapely import Point, Polygon
from sqlalchemy import Connection

from gis_service import clock
from gis_service.access import Reader
from gis_service.api.day_notes import hazard_notes
from gis_service.api.disclosure import disclose
from gis_service.api.parameters import parse_day, single_values
from gis_service.api.problem_history import ProblemId, category_words
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Reading
from gis_service.api.views import view
from gis_service.codes import DeadlineState, LaneResult, ProblemState
from gis_service.crs import LONLAT, WEB_MERCATOR, transform
from gis_service.errors import NotFoundError
from gis_service.layers import feature_query
from gis_service.maps.assets import Assets
from gis_service.maps.sketch import Mark, Stroke, frame_of, sketch
from gis_service.store.features import seen_unmasked, stream_features
from gis_service.store.rectification import Wanted, listed
from gis_service.store.sheets import CommunityFile, Placed, community_file

router = APIRouter(responses=REFUSALS)
_ROWS = {"lanes": 9, "ebikes": 6, "covers": 6, "problems": 8, "areas": 2}  # what one page holds
_NAMED = ("road", "river", "lake", "railway", "school")
_MAP = {"width": 640.0, "height": 360.0, "margin_m": 45.0}
_CONTACT = ("name", "service_form", "company", "manager", "manager_phone")  # what the sheet says of an area
_OPEN = tuple(str(state) for state in ProblemState if state is not ProblemState.CLOSED)


@router.get("/communities/{community_id}/sheet", response_class=HTMLResponse, include_in_schema=False)
def sheet(request: Request, published: Published, reader: Reading, community_id: ProblemId) -> HTMLResponse:
    """The sheet, of a day with `as_of`; 404 for a community that there was not."""
    for layer in ("communities", "fire_lanes", "problems"):
        published.layer(layer, reader)
    given = single_values(request.query_params, ("as_of",))
    day = parse_day("as_of", given["as_of"]) if "as_of" in given else clock.today()
    with published.snapshot() as connection:
        found = community_file(connection, community_id, day)
        if found is None:
            raise NotFoundError(f"没有编号为 {community_id} 的小区")
        wanted = Wanted(day, published.settings.due_soon_days, states=_OPEN, community_id=community_id)
        problems = listed(connection, wanted, limit=500)
        areas = _areas(request, connection, published, reader, found, day)
        notes = hazard_notes(connection, day)
    problems = sorted(problems, key=lambda row: not 10 <= row.category <= 14)
    return view(
        request,
        published,
        "sheet",
        title=f"{found.community.name}　消防安全一页纸",
        sheet_assets=Assets.for_sheet(str(request.scope.get("root_path", ""))),
        community=found.community,
        found=found,
        rows=_ROWS,
        lane_words={str(one): one.words for one in LaneResult},
        lane_counts={one.words: sum(lane.row.result == one for lane in found.lanes) for one in LaneResult},
        covers=[cover.row for cover in found.manholes if cover.row.state != "完好"],
        overdue=lambda moment: moment is not None and moment < clock.moment_of(day),
        problems=problems,
        category_words=category_words,
        state_words={str(one): one.words for one in ProblemState},
        due_words={str(one): one.words for one in DeadlineState},
        areas=areas,
        picture=_picture(found, problems),
        as_of=None if day == clock.today() else day,
        notes=notes,
        made=f"{clock.now():%Y-%m-%d %H:%M}",
    )


def _areas(
    request: Request, connection: Connection, published: Publication, reader: Reader, found: CommunityFile, day: dt.date
) -> list[dict[str, Any]]:
    """The management areas of the community, as this reader may see them; what two rows say alike is said once."""
    layer = published.layers["management_areas"]
    if reader.role not in layer.audience or not found.area_ids:
        return []
    query = feature_query(layer, reader, ids=tuple(map(str, found.area_ids)), as_of=day)
    disclose(request, published, (layer, reader), seen_unmasked(connection, query))
    told = (json.loads(feature)["properties"] for feature in stream_features(connection, query))
    worded = [
        {
            name: layer.fields[name].labels.get(str(value), value) if name in layer.fields else value
            for name, value in properties.items()
        }
        for properties in told
    ]
    return list({tuple(area.get(name) for name in _CONTACT): area for area in worded}.values())


def _picture(found: CommunityFile, problems: Any) -> str:
    """The small map; nothing where the community has no shape."""
    if found.outline is None:
        return ""
    frame = frame_of(found.outline, **_MAP)
    latitude = math.atan(math.sinh(found.outline.centroid.y / 6378137))
    return sketch(frame, _strokes(found), _marks(found, problems, frame.box), ground_m_per_m=math.cos(latitude))


def _strokes(found: CommunityFile) -> Iterator[Stroke]:
    ground = {
        kind: [one.shape for one in found.ground if one.row.kind == kind]
        for kind in ("lake", "river", "road", "railway", "building", "school", "wall")
    }
    yield Stroke("water", [*ground["lake"], *ground["river"]])
    yield Stroke("neighbour", [one.shape for one in found.neighbours])
    yield Stroke("casing", ground["road"])
    yield Stroke("road", ground["road"])
    yield Stroke("railway", ground["railway"])
    yield Stroke("house", [*ground["building"], *ground["school"]])
    yield Stroke("wall", ground["wall"])
    yield Stroke("outline", [found.outline] if found.outline is not None else [])
    yield Stroke("charging", [one.shape for one in found.ebikes])
    for result in (LaneResult.PASS, LaneResult.NOT_MEASURED, LaneResult.FAIL):
        yield Stroke(f"lane-{result}", [one.shape for one in found.lanes if one.row.result == result])


def _marks(found: CommunityFile, problems: Any, box: Polygon) -> Iterator[Mark]:
    for number, lane in enumerate(found.lanes[: _ROWS["lanes"]], 1):
        yield Mark("lane", lane.shape.interpolate(0.5, normalized=True).centroid, str(number))
    for number, place in enumerate(found.ebikes[: _ROWS["ebikes"]], 1):
        yield Mark("ebike", place.shape.centroid, str(number))
    yield from (Mark("gate", one.shape.centroid) for one in found.ways_in)
    yield from (Mark("cover", one.shape.centroid) for one in found.manholes if one.row.state != "完好")
    spots = [row for row in problems if row.lon is not None and row.origin == "spot"]
    yield from (Mark("problem", transform(Point(row.lon, row.lat), LONLAT, WEB_MERCATOR)) for row in spots)
    yield from _names([*found.ground, *found.neighbours], box)


def _names(placed: Iterable[Placed], box: Polygon) -> Iterator[Mark]:
    """The name of each road, water and neighbour once, where the map shows it."""
    seen: set[str] = set()
    for one in placed:
        shown = one.shape.intersection(box)
        if one.row.name not in seen and not shown.is_empty and getattr(one.row, "kind", "road") in _NAMED:
            seen.add(one.row.name)
            yield Mark("name", shown.representative_point(), one.row.name)
