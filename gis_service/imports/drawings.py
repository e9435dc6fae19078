"""An uploaded file of drawn boundaries in; a preview that one person keeps a while, then drafts of the rows chosen."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, RowMapping, delete, func, insert, select

from gis_service import access, clock, crs
from gis_service.access import Reader
from gis_service.analysis.overlaps import TOLERATED_M2
from gis_service.analysis.shapes import as_geojson, in_metres, shape_findings
from gis_service.editing.changes import At, ground, require_editable
from gis_service.editing.refreshing import refresh_touched
from gis_service.editing.revisions import draft
from gis_service.editing.surroundings import check, place_of
from gis_service.errors import BadRequestError, ConflictError, NotFoundError, UnusableError
from gis_service.imports.drawing_files import DrawingFile, Drawn, Limits, read_drawing
from gis_service.imports.naming import bare
from gis_service.store import area_files
from gis_service.store.tables import DrawingImport, ManagementArea

_KEPT = dt.timedelta(hours=2)
_MOST_KEPT = 10  # previews of one person
_OF_FILE, _LONLAT = "file", "CGCS2000"
_ZONES = [str(epsg) for epsg in range(4513, 4555)]  # 3-degree zones, with the zone number before the easting or without
SYSTEMS = (_OF_FILE, _LONLAT, "GCJ-02", "BD-09", *_ZONES)
_NAMES = ("name", "名称", "物业管理区域名称", "区域名称", "小区名称", "项目名称", "xmmc", "mc")
_CODES = ("code", "编号", "区域编号")
_DECIMALS = 7


@dataclass(frozen=True)
class Upload:
    """A file as it was sent, and what its coordinates are to be taken for."""

    name: str
    content: bytes
    system: str


def preview(
    connection: Connection,
    reader: Reader,
    sent: Upload,
    *,
    tolerated_m2: float = TOLERATED_M2,
    limits: Limits | None = None,
) -> dict[str, Any]:
    """What the file would change, kept under a token for two hours; no boundary is touched."""
    if sent.system not in SYSTEMS:
        raise BadRequestError(f"system 应为 {'、'.join(SYSTEMS[:4])} 或 3 度带的 EPSG 编号 4513–4554")
    file = read_drawing(sent.content, limits)
    shapes, said = located(file, sent.system)
    areas = _Areas(connection)
    rows = [
        _row(connection, areas, reader, one, shape, tolerated_m2)
        for one, shape in zip(file.features, shapes, strict=True)
    ]
    told: dict[str, Any] = {
        "file": sent.name[:120],
        "format": file.form,
        "system": said,
        "rows": rows,
        "issues": [_issue(row) for row in rows if not row["usable"]],
        "counts": {
            "features": len(rows),
            "matched": sum(row["area"] is not None for row in rows),
            "unmatched": sum(row["area"] is None for row in rows),
            "damaged": sum(not row["usable"] for row in rows),
        },
    }
    return _kept(connection, reader, told)


def located(file: DrawingFile, system: str) -> tuple[list[BaseGeometry | None], str]:
    """The shapes in lon/lat (CGCS2000), and the system that their coordinates were taken for."""
    shapes = np.array([*(one.shape for one in file.features), None], dtype=object)[:-1]
    shapes = shapely.force_2d(shapes)
    if system == _OF_FILE:
        moved, said = _by_own_system(file, shapes)
    elif system == "GCJ-02":
        moved, said = crs.from_gcj02(shapes), system
    elif system == "BD-09":
        moved, said = crs.from_bd09(shapes), system
    elif system in _ZONES:
        moved, said = crs.to_lonlat(shapes, int(system)), f"EPSG:{system}"
    else:
        moved, said = shapes, system
    _require_degrees(moved, said)
    return list(moved), said


def _by_own_system(file: DrawingFile, shapes: Any) -> tuple[Any, str]:
    if file.crs is not None:
        frame = gpd.GeoSeries(shapes, crs=file.crs)
        epsg = file.crs.to_epsg(min_confidence=25)
        return frame.to_crs(crs.LONLAT).to_numpy(), f"EPSG:{epsg}" if epsg else file.crs.name
    if not _are_degrees(shapes):
        raise UnusableError("文件没有坐标系说明，坐标也不是经纬度：请选择 3 度带（例如 4548，坐标东移带号时为 4527）")
    return shapes, _LONLAT


def _are_degrees(shapes: Any) -> bool:
    west, south, east, north = shapely.total_bounds(shapes)
    return bool(np.isnan(west) or (-180 <= west <= east <= 180 and -85 <= south <= north <= 85))


def _require_degrees(shapes: Any, said: str) -> None:
    if not _are_degrees(shapes) or not np.isfinite(shapely.get_coordinates(shapes)).all():
        raise UnusableError(f"按 {said} 换算以后不是经纬度，请核对所选的坐标系")


class _Areas:
    """The areas that a drawing may be of, by code and by name."""

    def __init__(self, connection: Connection) -> None:
        area = ManagementArea
        columns = (area.id, area.code, area.name, area.reporting_unit, area.county_code, area.street_code)
        self._by_name: dict[str, list[RowMapping]] = defaultdict(list)
        self._by_code: dict[str, RowMapping] = {}
        rows = connection.execute(
            select(*columns, area.neighborhood_code, area.community_names).where(area.retired_on.is_(None))
        )
        for row in rows.mappings():
            self._by_code[row["code"]] = row
            for name in {bare(row["name"]), *map(bare, row["community_names"])}:
                self._by_name[name].append(row)

    def find(self, code: str, name: str) -> tuple[RowMapping | None, str]:
        """The area with that code, or the only one of that name; and why, or why not."""
        if code:
            found = self._by_code.get(code)
            return found, "编号一致" if found else f"没有编号为“{code}”的区域"
        if not name:
            return None, "没有名称，也没有编号"
        named = self._by_name.get(bare(name), [])
        if len(named) == 1:
            return named[0], "名称一致"
        return None, f"有 {len(named)} 个区域叫这个名称" if named else "没有叫这个名称的区域"


def _row(
    connection: Connection, areas: _Areas, reader: Reader, one: Drawn, shape: BaseGeometry | None, tolerated_m2: float
) -> dict[str, Any]:
    code, name = _said(one.columns, _CODES), _said(one.columns, _NAMES)
    area, why = areas.find(code, name)
    wrong = shape_findings(shape) if shape is not None else []
    usable = shape is not None and not wrong
    if usable and area is not None and shape is not None:
        wrong = check(connection, place_of(area), shape, tolerated_m2=tolerated_m2)
    corner = None if shape is None or shape.is_empty else shapely.get_coordinates(shape)[0].round(_DECIMALS).tolist()
    return {
        **{"n": one.number, "name": name, "code": code, "why": why, "area": area and _area(connection, area, reader)},
        "area_m2": round(in_metres(shape).area, 1) if usable and shape is not None else None,
        "vertices": 0 if shape is None else int(shapely.get_num_coordinates(shape)),
        "written": None if corner is None else shapely.get_coordinates(one.shape)[0].round(_DECIMALS).tolist(),
        "lonlat": corner,
        "findings": [finding.told for finding in wrong],
        "usable": usable,
        "geometry": None if corner is None or shape is None else as_geojson(shape),
    }


def _area(connection: Connection, area: RowMapping, reader: Reader) -> dict[str, Any]:
    kept = {name: area[name] for name in ("id", "code", "name")}
    may_edit = access.may_edit(reader, **ground(area))
    return {**kept, "may_edit": may_edit, "tag": area_files.tag(connection, area["id"])}


def _said(columns: Mapping[str, object], names: Sequence[str]) -> str:
    lower = {str(name).lower(): value for name, value in columns.items() if value is not None}
    texts = (str(lower[name]).strip() for name in names if name in lower)
    return next((text[:200] for text in texts if text and text != "nan"), "")


def _issue(row: Mapping[str, Any]) -> dict[str, str]:
    reason = row["findings"][0]["message"] if row["findings"] else "没有图形"
    called = f"“{row['name']}”" if row["name"] else ""
    return {"severity": "error", "message": f"第 {row['n']} 个要素{called}：{reason}"}


def _kept(connection: Connection, reader: Reader, told: dict[str, Any]) -> dict[str, Any]:
    table, now = DrawingImport, dt.datetime.now(dt.UTC)
    connection.execute(delete(table).where(table.expires_at < now))
    newest = select(table.token).where(table.person == reader.login).order_by(table.expires_at.desc())
    for token in list(connection.scalars(newest.offset(_MOST_KEPT - 1))):
        connection.execute(delete(table).where(table.token == token))
    token, expires = secrets.token_urlsafe(24), now + _KEPT
    row = {"token": token, "person": reader.login, "expires_at": expires, "preview": told}
    connection.execute(insert(table).values(row))
    return {"token": token, "expires_at": expires.isoformat(), **told}


def kept_preview(connection: Connection, reader: Reader, token: str) -> dict[str, Any]:
    """The preview again, for whoever uploaded the file; NotFoundError when its time is over."""
    table = DrawingImport
    wanted = (table.token == token, table.person == reader.login, table.expires_at > func.now())
    found = connection.execute(select(table.preview, table.expires_at).where(*wanted)).one_or_none()
    if found is None:
        raise NotFoundError("没有这个导入预览，或已超过两小时，请重新上传")
    return {"token": token, "expires_at": found.expires_at.isoformat(), **found.preview}


def commit(connection: Connection, reader: Reader, token: str, chosen: Mapping[int, int | None]) -> list[int]:
    """The ids of the areas that got a draft: one for every chosen row, or none at all.

    `chosen`: number of the row → the area it is of, None for the one that was found.
    """
    told = kept_preview(connection, reader, token)
    rows = {row["n"]: row for row in told["rows"]}
    targets = {_target(rows, number, area_id): rows[number] for number, area_id in sorted(chosen.items())}
    if len(targets) < len(chosen):
        raise ConflictError("有两行选了同一个区域，请只选一行")
    for area_id, row in sorted(targets.items()):
        own = row["area"] if row["area"] and row["area"]["id"] == area_id else None
        require_editable(connection, At(reader, area_id, own["tag"] if own else "*"))
        surface = shapely.from_geojson(json.dumps(row["geometry"]))
        draft(connection, area_id, MultiPolygon(shapely.get_parts(surface).tolist()), **_facts(reader, told, row))
    connection.execute(delete(DrawingImport).where(DrawingImport.token == token))
    refresh_touched(connection, clock.today(), areas=targets)
    return sorted(targets)


def _facts(reader: Reader, told: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, str]:
    note = f"导入自 {told['file']} 第 {row['n']} 个要素（{told['system']}）"
    return {"origin": "imported", "author": reader.login, "note": note}


def _target(rows: Mapping[int, Mapping[str, Any]], number: int, area_id: int | None) -> int:
    row = rows.get(number)
    if row is None:
        raise BadRequestError(f"文件没有第 {number} 个要素")
    if not row["usable"]:
        raise UnusableError(_issue(row)["message"], findings=row["findings"])
    found = area_id if area_id is not None else row["area"] and row["area"]["id"]
    if found is None:
        raise BadRequestError(f"第 {number} 个要素没有对上区域，请用 area_id 指定")
    return int(found)
