"""A sheet (.xlsx, .xls, .csv) of manholes, fire lanes or e-bike places in; features with Chinese titles out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.codes import ManholeKind
from gis_service.imports.vector import Feature, Features
from gis_service.issues import Issue, Mender, Severity, Where
from gis_service.ledger.cells import CellValue, long_text
from gis_service.ledger.findings import Findings
from gis_service.ledger.workbook import Sheet, sheets

SUFFIXES = frozenset({".xlsx", ".xls", ".csv"})
_SEARCHED_ROWS, _LEAST_TITLES = 20, 3
_PAIR = re.compile(r"(-?\d+(?:\.\d+)?)[\s,，]+(-?\d+(?:\.\d+)?)")
_BRACKETS = re.compile(r"\([^()]*\)")
_COMMON = {"编号": "code", "名称": "name", "经度": "lon", "纬度": "lat", "坐标": "points"}
_COMMON |= {"小区编号": "community", "小区名称": "community_name", "小区": "community_name"}
_TITLES: Mapping[str, Mapping[str, str]] = {
    "manholes": _COMMON
    | {"窨井盖编号": "code", "权属单位": "owner", "类别": "kind", "承载等级": "load_class", "井盖状态": "state"}
    | {"上报时间": "reported_at"},
    "fire_lanes": _COMMON
    | {"消防车道编号": "code", "净宽": "clear_width_m", "净高": "clear_height_m", "坡度": "gradient_pct"}
    | {"距外墙": "wall_distance_m", "尽头路": "dead_end", "回车场边长": "turning_m", "已划线": "marked"}
    | {"被占用": "blocked", "测量日期": "measured_on"},
    "ebike_charging": _COMMON
    | {"场所编号": "code", "车位数": "places", "面积": "area_m2", "每组长度": "group_length_m"}
    | {"插座间距": "socket_spacing_m", "出口数": "exits", "邻近敏感场所": "near_sensitive"},
}
_KIND_CODES = {kind.code: str(kind) for kind in ManholeKind}


@dataclass(frozen=True)
class _Header:
    """What a sheet holds, the row of its titles, the property of each column, and its title as written."""

    kind: str
    row: int
    columns: Mapping[int, str]
    titles: Mapping[str, str]


def read_sheet(path: Path) -> Features | None:
    """The rows of every sheet that is one of the three; None where no sheet is."""
    findings = Findings(path.name)
    features: list[Feature] = []
    found = False
    for sheet in sheets(path, findings):
        header = _header(sheet)
        if header is not None:
            found = True
            features += _features(path.name, sheet, header, findings)
    return Features(tuple(features), 0, tuple(findings.issues)) if found else None


def _header(sheet: Sheet) -> _Header | None:
    """The header with most known titles among the first rows; a code, a place and a fact of the kind are needed."""
    best: _Header | None = None
    for number, cells in islice(sheet.rows(), _SEARCHED_ROWS):
        for kind, known in _TITLES.items():
            written = {at: long_text(cell) for at, cell in enumerate(cells, 1) if isinstance(cell, str)}
            columns = {at: known[title] for at, text in written.items() if (title := _plain(text)) in known}
            own = set(columns.values()) - set(_COMMON.values())
            placed = {"lon", "lat"} <= set(columns.values()) or "points" in columns.values()
            fits = own and placed and "code" in columns.values() and len(columns) >= _LEAST_TITLES
            if fits and (best is None or len(columns) > len(best.columns)):
                best = _Header(kind, number, columns, {columns[at]: written[at] for at in columns})
    return best


def _plain(title: str) -> str:
    """The title without what stands in brackets (units, choices) and without blanks.

    >>> _plain("净宽（m）"), _plain("经度")
    ('净宽', '经度')
    """
    return re.sub(r"\s", "", _BRACKETS.sub("", unicodedata.normalize("NFKC", title)))


def _features(file: str, sheet: Sheet, header: _Header, findings: Findings) -> Iterator[Feature]:
    here = findings.of_sheet(sheet.name)
    for number, cells in sheet.rows():
        if number <= header.row or not any(long_text(cell) for cell in cells):
            continue
        told = {name: cells[at - 1] for at, name in header.columns.items() if at <= len(cells)}
        where = Where(file=file, sheet=sheet.name, row=number)
        shape = _shape(header.kind, told)
        if shape is None:
            title = header.titles.get("points") or f"{header.titles.get('lon')}、{header.titles.get('lat')}"
            text = "坐标写法不对：点写经度、纬度，线和面写“117.05 30.52; 117.06 30.52”"
            here.warning("coordinates_unreadable", text, Where(file, sheet.name, number, title))
        properties = {"layer": header.kind, **_properties(header.kind, told)}
        yield Feature(where, properties, shape, header.titles)


def _properties(kind: str, told: Mapping[str, CellValue]) -> dict[str, object]:
    values: dict[str, object] = {name: _worth(value) for name, value in told.items()}
    if kind == "manholes" and isinstance(values.get("kind"), str):
        said = str(values["kind"])
        values["kind"] = _KIND_CODES.get(said.zfill(2), said)
    return values


def _worth(value: CellValue) -> object:
    text = long_text(value)
    return unicodedata.normalize("NFKC", text) if text else None


def _shape(kind: str, told: Mapping[str, CellValue]) -> BaseGeometry | None:
    pairs = _positions(told)
    if kind == "manholes":
        return Point(pairs[0]) if len(pairs) == 1 else None
    if kind == "fire_lanes":
        return LineString(pairs) if len(pairs) > 1 else None
    return Polygon(pairs) if len(set(pairs)) > 2 else None


def _positions(told: Mapping[str, CellValue]) -> Sequence[tuple[float, float]]:
    """Longitude and latitude, from two columns or from a list such as `117.05 30.52; 117.06 30.52`."""
    text = unicodedata.normalize("NFKC", long_text(told.get("points", "")))
    found = [(float(lon), float(lat)) for lon, lat in _PAIR.findall(text)]
    lon, lat = (long_text(told.get(name, "")) for name in ("lon", "lat"))
    return found or [(float(x), float(y)) for x, y in _PAIR.findall(f"{lon} {lat}")]


def is_hazard_sheet(path: Path) -> bool:
    """True where one of the sheets is one of the three."""
    return any(_header(sheet) is not None for sheet in sheets(path, Findings(path.name)))


def unreadable(path: Path) -> Features:
    """A sheet in which none of the three was recognised, with what its header should be."""
    words = {
        "manholes": "窨井盖：编号、经度、纬度",
        "fire_lanes": "消防车道：编号、坐标",
        "ebike_charging": "电动自行车场所：编号、坐标",
    }
    wanted = "；".join(f"{each}、{'、'.join(_own_titles(kind))}" for kind, each in words.items())
    text = f"看不出是哪一种隐患数据，表头应有：{wanted}"
    issue = Issue("hazard_header", text, Severity.ERROR, Where(file=path.name), Mender.SURVEYOR)
    return Features((), 0, (issue,))


def _own_titles(kind: str) -> Iterator[str]:
    return (title for title, name in _TITLES[kind].items() if name not in _COMMON.values())
