"""OGC API – Features Part 4 on the layer of drafts: features in, new revisions of boundaries kept."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, select
from starlette.exceptions import HTTPException

from gis_service.access import Reader
from gis_service.analysis.shapes import as_geojson
from gis_service.api.bodies import RawBody, as_object, as_shape
from gis_service.api.boundary_edits import changing, if_match
from gis_service.api.declared import feature
from gis_service.api.items import FeatureId, LayerId
from gis_service.api.links import GEOJSON, JSON, address
from gis_service.api.parameters import parse_reference
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Editing, Reading
from gis_service.crs import CRS84, Reference, lonlat_of
from gis_service.editing import changes
from gis_service.editing.changes import At, revision_shape
from gis_service.editing.revisions import lock_area
from gis_service.errors import BadRequestError, ConflictError, MediaTypeError, NotFoundError, UnusableError
from gis_service.store import area_files
from gis_service.store.tables import ManagementArea

router = APIRouter(responses=REFUSALS)
DRAFTS = "boundary_drafts"
WRITABLE = ("note", "code")  # what of a draft somebody may say; all else follows from it
MERGE_PATCH = "application/merge-patch+json"
_READ = "GET, HEAD, OPTIONS"
_ITEMS, _ITEM = "/collections/{layer_id}/items", "/collections/{layer_id}/items/{feature_id}"
_ALLOWED = {_ITEMS: "GET, HEAD, OPTIONS, POST", _ITEM: "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"}
_CRS = re.compile(r"<([^<>]{1,200})>")
_LONGEST_NOTE = 500


def _taken(form: str) -> dict[str, Any]:
    """The body of a change, for the description of the interface."""
    schema = feature() if form == GEOJSON else {"type": "object"}
    return {"requestBody": {"required": True, "content": {form: {"schema": schema}}}}


@router.options(
    _ITEMS,
    summary="可以怎样改动图层",
    description="可以怎样改动图层（OGC API – Features 第 4 部分）。",
    status_code=204,
    response_class=Response,
)
def options_of_items(published: Published, reader: Reading, layer_id: LayerId) -> Response:
    """The methods that the features of a layer take."""
    return _options(published, reader, layer_id, _ITEMS)


@router.options(
    _ITEM,
    summary="可以怎样改动要素",
    description="可以怎样改动要素（OGC API – Features 第 4 部分）。",
    status_code=204,
    response_class=Response,
)
def options_of_item(published: Published, reader: Reading, layer_id: LayerId, feature_id: FeatureId) -> Response:
    """The methods that one feature takes."""
    del feature_id
    return _options(published, reader, layer_id, _ITEM)


@router.post(
    _ITEMS,
    summary="新的草图",
    description="新的草图（OGC API – Features 第 4 部分）。",
    status_code=201,
    response_class=Response,
    openapi_extra=_taken(GEOJSON),
)
def create(request: Request, published: Published, reader: Editing, body: RawBody, layer_id: LayerId) -> Response:
    """A draft for an area that nobody works on; its address is in Location."""
    _require_editable(published, reader, layer_id)
    told = _feature(request, body, (GEOJSON, JSON))
    shape, note = _shape(request, told), _note(told)
    with changing(published, reader) as connection:
        area_id = _named_area(connection, _properties(told))
        lock_area(connection, area_id)  # of several who create one, the others find it there
        if area_files.history(connection, area_id).working is not None:
            raise ConflictError("该区域已有待办的一版，请用 PUT 或 PATCH 改动它")
        changes.save(connection, At(reader, area_id, "*"), shape, note)
        tag = area_files.tag(connection, area_id)
    place = address(request, "item", layer_id=layer_id, feature_id=str(area_id))
    return Response(status_code=201, headers={"Location": place, "ETag": f'"{tag}"'})


@router.put(
    _ITEM,
    summary="改画草图",
    description="改画草图（OGC API – Features 第 4 部分）。",
    status_code=204,
    response_class=Response,
    openapi_extra=_taken(GEOJSON),
)
def replace(
    request: Request,
    published: Published,
    reader: Editing,
    body: RawBody,
    layer_id: LayerId,
    feature_id: FeatureId,
) -> Response:
    """A new revision in place of the draft, which stays in the history."""
    _require_editable(published, reader, layer_id)
    told = _feature(request, body, (GEOJSON, JSON))
    shape, note = _shape(request, told), _note(told)
    with changing(published, reader) as connection:
        at = _at(published, connection, reader, feature_id, if_match(request))
        _require_same_area(connection, at.area_id, _properties(told))
        changes.save(connection, at, shape, note)
        return _changed(connection, at)


@router.patch(
    _ITEM,
    summary="改动草图的一部分",
    description="改动草图的一部分（OGC API – Features 第 4 部分）。",
    status_code=204,
    response_class=Response,
    openapi_extra=_taken(MERGE_PATCH),
)
def update(
    request: Request,
    published: Published,
    reader: Editing,
    body: RawBody,
    layer_id: LayerId,
    feature_id: FeatureId,
) -> Response:
    """A new revision with what a merge patch (RFC 7396) changes."""
    _require_editable(published, reader, layer_id)
    patch = _feature(request, body, (MERGE_PATCH,), whole=False)
    with changing(published, reader) as connection:
        at = _at(published, connection, reader, feature_id, if_match(request))
        changes.require_editable(connection, at)
        before, stored = _draft(connection, at.area_id)
        told = merged(before, patch)
        _require_same_area(connection, at.area_id, _properties(told))
        moved = "geometry" in patch
        shape = _shape(request, told) if moved else stored
        if moved or _note(told) != _note(before):
            changes.save(connection, at, shape, _note(told))
        return _changed(connection, at)


@router.delete(
    _ITEM,
    summary="作废草图",
    description="作废草图（OGC API – Features 第 4 部分）。",
    status_code=204,
    response_class=Response,
)
def delete(
    request: Request, published: Published, reader: Editing, layer_id: LayerId, feature_id: FeatureId
) -> Response:
    """Nobody works on the draft any more, nor on what it replaced; all of it stays in the history."""
    _require_editable(published, reader, layer_id)
    with changing(published, reader) as connection:
        at = _at(published, connection, reader, feature_id, if_match(request))
        changes.discard(connection, at)
        while area_files.history(connection, at.area_id).working is not None:
            changes.discard(connection, At(reader, at.area_id, "*"))
    return Response(status_code=204)


def merged(before: Any, patch: Any) -> Any:
    """What a JSON merge patch makes of a value.

    >>> merged({"a": 1, "b": {"c": 2}}, {"a": None, "b": {"d": 3}})
    {'b': {'c': 2, 'd': 3}}
    """
    if not isinstance(patch, dict):
        return patch
    told = dict(before) if isinstance(before, dict) else {}
    for name, value in patch.items():
        if value is None:
            told.pop(name, None)
        else:
            told[name] = merged(told.get(name), value)
    return told


def _options(published: Publication, reader: Reader, layer_id: str, place: str) -> Response:
    published.layer(layer_id, reader)
    editable = layer_id == DRAFTS
    headers = {"Allow": _ALLOWED[place] if editable else _READ}
    if editable:
        headers |= {"Accept-Post": GEOJSON} if place == _ITEMS else {"Accept-Patch": MERGE_PATCH}
    return Response(status_code=204, headers=headers)


def _require_editable(published: Publication, reader: Reader, layer_id: str) -> None:
    published.layer(layer_id, reader)
    if layer_id != DRAFTS:
        raise HTTPException(405, headers={"Allow": _READ})


def _feature(request: Request, body: bytes, forms: tuple[str, ...], *, whole: bool = True) -> dict[str, Any]:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in forms:
        raise MediaTypeError(f"Content-Type 应为 {'、'.join(forms)}")
    told = as_object(body)
    if whole and told.get("type") != "Feature":
        raise BadRequestError("内容应为一个 GeoJSON 要素（type 为 Feature）")
    return told


def _properties(told: dict[str, Any]) -> dict[str, Any]:
    properties = told.get("properties") or {}
    if not isinstance(properties, dict):
        raise BadRequestError("properties 应为对象")
    return properties


def _note(told: dict[str, Any]) -> str:
    note = _properties(told).get("note") or ""
    if not isinstance(note, str) or len(note) > _LONGEST_NOTE:
        raise UnusableError(f"note（说明）应为不超过 {_LONGEST_NOTE} 字的文字")
    return note


def _shape(request: Request, told: dict[str, Any]) -> BaseGeometry:
    if told.get("geometry") is None:
        raise UnusableError("草图必须有图形；不再需要时请用 DELETE 作废")
    most = request.app.state.publication.settings.max_boundary_vertices
    return lonlat_of(as_shape(told["geometry"], most), _reference(request))


def _reference(request: Request) -> Reference:
    given = request.headers.get("content-crs", f"<{CRS84}>").strip()
    found = _CRS.fullmatch(given)
    if found is None:
        raise BadRequestError(f"Content-Crs 应写作 <{CRS84}>")
    return parse_reference("Content-Crs", found[1])


def _named_area(connection: Connection, properties: dict[str, Any]) -> int:
    """The area that the properties name, by `code` or by `area_id`."""
    area, code = ManagementArea, properties.get("code")
    if isinstance(code, str) and code:
        found = connection.scalar(select(area.id).where(area.code == code.replace("\x00", "")))
        if found is None:
            raise UnusableError(f"没有编号为“{code[:40]}”的物业管理区域")
        return found
    number = properties.get("area_id", properties.get("id"))
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**63:
        raise UnusableError("请用 properties.code（区域编号）或 area_id 写明是哪个物业管理区域")
    if connection.scalar(select(area.id).where(area.id == number)) is None:
        raise UnusableError(f"没有编号为 {number} 的物业管理区域")
    return number


def _require_same_area(connection: Connection, area_id: int, properties: dict[str, Any]) -> None:
    if properties.keys() & {"code", "area_id"} and _named_area(connection, properties) != area_id:
        raise ConflictError("草图不能改为属于另一个物业管理区域")


def _at(published: Publication, connection: Connection, reader: Reader, feature_id: str, seen: str | None) -> At:
    """The person at the area of a draft; NotFoundError where nobody works on one."""
    number = int(feature_id) if feature_id.isascii() and feature_id.isdigit() and len(feature_id) < 19 else 0
    known = connection.scalar(select(ManagementArea.id).where(ManagementArea.id == number))
    if known is None or area_files.history(connection, number).working is None:
        raise NotFoundError(f"没有编号为 {feature_id[:40]!r} 的待办边界")
    unconditional = seen is None and not published.settings.require_if_match
    return At(reader, number, "*" if unconditional else seen)


def _draft(connection: Connection, area_id: int) -> tuple[dict[str, Any], BaseGeometry]:
    """The draft as a feature, and its shape."""
    working = area_files.history(connection, area_id).working
    if working is None:
        raise NotFoundError(f"没有编号为 {area_id} 的待办边界")
    shape = revision_shape(connection, working["id"])
    told = {"type": "Feature", "geometry": as_geojson(shape), "properties": {"note": working["note"]}}
    return told, shape


def _changed(connection: Connection, at: At) -> Response:
    return Response(status_code=204, headers={"ETag": f'"{area_files.tag(connection, at.area_id)}"'})
