"""A reporting unit and a day in; its two map sheets out: property service; problems and what a fire engine meets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely
from shapely import Point
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from gis_service.analysis.metric import metres, zone
from gis_service.codes import PlaceKind, ServiceForm
from gis_service.errors import BadRequestError
from gis_service.exports.map_sheet import Ink, MapSheet, Stratum
from gis_service.layers import Layer, Rule
from gis_service.store import frames

_ROADS, _WATER = {PlaceKind.ROAD, PlaceKind.RAILWAY}, {PlaceKind.RIVER, PlaceKind.LAKE}
_FIRE = range(10, 15)  # categories of 附件2
_AROUND = 0.06  # of the unit's size, on each side


@dataclass(frozen=True)
class CountySheet:
    """A sheet that lacks only what every sheet of the package says alike."""

    sheet: MapSheet

    def with_foot(self, foot: Sequence[str], definition: str) -> MapSheet:
        """The whole sheet."""
        notes = [*self.sheet.notes, *_lines(definition)]
        return MapSheet(self.sheet.title, self.sheet.extent, self.sheet.strata, self.sheet.labels, notes, tuple(foot))


def county_sheets(
    connection: Connection, unit: str, day: dt.date, layers: Mapping[str, Layer], reasons: pd.DataFrame
) -> list[CountySheet]:
    """The sheets of the unit; BadRequestError where nothing of it has a place on the map."""
    ground = _Ground.of(connection, unit, day)
    return [_service(ground, layers, reasons), _hazards(ground)]


@dataclass(frozen=True)
class _Ground:
    """What both sheets show, in metres of one zone."""

    unit: str
    day: dt.date
    extent: BaseGeometry
    communities: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    problems: gpd.GeoDataFrame
    lanes: gpd.GeoDataFrame
    border: Sequence[BaseGeometry]
    roads: Sequence[BaseGeometry]
    water: Sequence[BaseGeometry]

    @staticmethod
    def of(connection: Connection, unit: str, day: dt.date) -> _Ground:
        """Everything of the unit from the store."""
        communities = _of_unit(frames.communities_frame(connection, day), "reporting_unit", unit)
        areas = _of_unit(frames.all_areas_frame(connection, day), "reporting_unit", unit)
        if communities.geometry.notna().sum() + areas.geometry.notna().sum() == 0:
            raise BadRequestError(f"“{unit}”的小区和管理区域都还没有位置，不能制图")
        epsg = zone(communities if communities.geometry.notna().any() else areas)
        communities, areas = _in_metres(communities, epsg), _in_metres(areas, epsg)
        problems = _in_metres(_of_unit(frames.problems_frame(connection, day), "county", unit), epsg)
        lanes = frames.fire_lanes_frame(connection, day)
        lanes = _in_metres(lanes[lanes["community_id"].isin(communities["id"])], epsg)
        shapes = [shape for frame in (communities, areas) for shape in frame["shape"] if shape is not None]
        west, south, east, north = shapely.total_bounds(shapes)
        margin = _AROUND * max(east - west, north - south, 200.0)
        extent = shapely.box(west - margin, south - margin, east + margin, north + margin)
        divisions = frames.divisions_frame(connection)
        border = _in_metres(divisions[divisions["level"].isin(["county", "street"])], epsg)["shape"]
        places = frames.places(connection)
        return _Ground(
            *(unit, day, extent, communities, areas, problems, lanes),
            border=[shape.boundary for shape in border if shape is not None and shape.intersects(extent)],
            roads=_near(metres([one.geometry for one in places if one.kind in _ROADS], epsg), extent),
            water=_near(metres([one.geometry for one in places if one.kind in _WATER], epsg), extent),
        )

    @property
    def base(self) -> list[Stratum]:
        """What lies under every sheet."""
        return [
            Stratum(Ink("河湖", fill="#dfe9f2", stroke="#9fb6cc", width=0.4), self.water),
            Stratum(Ink("道路", stroke="#bdbdbd", width=0.5), self.roads),
            Stratum(Ink("区县、街道界", stroke="#6b6b6b", width=0.35, dash=(3.0, 1.2)), self.border),
        ]

    def labels(self, ids: set[int]) -> list[tuple[Point, str]]:
        """The names of these communities."""
        named = self.communities[self.communities["id"].isin(ids) & self.communities["shape"].notna()]
        return [
            (shapely.point_on_surface(row.shape), row.name_)
            for row in named.rename(columns={"name": "name_"}).itertuples()
        ]


def _service(ground: _Ground, layers: Mapping[str, Layer], reasons: pd.DataFrame) -> CountySheet:
    rules = {rule.value: rule for rule in layers["management_areas"].style.rule}
    drawn = ground.areas[ground.areas["shape"].notna()]
    strata = ground.base
    for form in ServiceForm:
        own = drawn[drawn["service_form"] == int(form)]["shape"]
        strata.append(Stratum(_ink(rules[int(form)]), list(own), len(own)))
    uncovered = set(reasons["community_id"])
    bare = ground.communities[ground.communities["id"].isin(uncovered)]
    placed = [shape for shape in bare["shape"] if shape is not None]
    strata.append(
        Stratum(Ink("失管小区", stroke="#8c1d18", width=0.9, hatch="back", hatch_color="#8c1d18"), placed, len(bare))
    )
    notes = [
        f"小区 {len(ground.communities)} 个，失管 {len(bare)} 个",
        f"台账 {len(ground.areas)} 行，{len(drawn)} 行有已核准的边界",
    ]
    title = f"{ground.unit}住宅物业服务覆盖图"
    sheet = MapSheet(title, ground.extent, strata, ground.labels(set(bare["id"])), _marked(ground, notes))
    return CountySheet(sheet)


def _hazards(ground: _Ground) -> CountySheet:
    problems = ground.problems[ground.problems["shape"].notna()]
    is_open = problems["closed"].ne(True)
    fire = problems["category"].isin(list(_FIRE))
    lanes = {result: ground.lanes[ground.lanes["result"] == result]["shape"].dropna() for result in _LANES}
    strata = [
        *ground.base,
        Stratum(
            Ink("住宅小区", fill="#f3f3f3", stroke="#9a9a9a", width=0.2), list(ground.communities["shape"].dropna())
        ),
        *(Stratum(ink, list(lanes[result]), len(lanes[result])) for result, ink in _LANES.items()),
        _points("其它问题，已销号", problems[~is_open & ~fire], fill="#ffffff", stroke="#777777", sign="circle"),
        _points("消防类问题，已销号", problems[~is_open & fire], fill="#ffffff", stroke="#8c1d18", sign="triangle"),
        _points("其它问题，未销号", problems[is_open & ~fire], fill="#3d3d3d", stroke="#3d3d3d", sign="circle"),
        _points("消防类问题，未销号", problems[is_open & fire], fill="#c53030", stroke="#5c1512", sign="triangle"),
    ]
    nowhere = len(ground.problems) - len(problems)
    notes = [f"问题 {len(ground.problems)} 项，其中 {nowhere} 项没有位置，不在图上", "消防类：附件2 类别 10–14"]
    concerned = set(problems[is_open & fire]["community_id"].dropna().astype(int))
    title = f"{ground.unit}问题与消防隐患图"
    return CountySheet(MapSheet(title, ground.extent, strata, ground.labels(concerned), _marked(ground, notes)))


_LANES = {
    "pass": Ink("消防车道，合格", stroke="#4a4a4a", width=0.9),
    "not_measured": Ink("消防车道，未测", stroke="#4a4a4a", width=0.9, dash=(2.2, 1.4)),
    "fail": Ink("消防车道，不合格", stroke="#c53030", width=1.8),
}


def _points(title: str, rows: gpd.GeoDataFrame, **ink: str) -> Stratum:
    shapes = [shapely.point_on_surface(shape) for shape in rows["shape"]]
    return Stratum(Ink(title, width=0.35, **ink), shapes, len(rows))  # type: ignore[arg-type]


def _ink(rule: Rule) -> Ink:
    return Ink(
        rule.title, fill=rule.fill, stroke=rule.stroke, hatch=rule.hatch, hatch_color=rule.hatch_color or "#222222"
    )


def _marked(ground: _Ground, notes: list[str]) -> list[str]:
    """The notes, and that some of it was made up, where it was."""
    sample = bool(ground.communities["sample"].any() or ground.areas["sample"].any())
    return [*notes, "含示例数据（虚构）"] if sample else notes


def _lines(text: str, width: int = 24) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)]


def _of_unit(frame: gpd.GeoDataFrame, column: str, unit: str) -> gpd.GeoDataFrame:
    return frame[frame[column] == unit]


def _in_metres(frame: gpd.GeoDataFrame, epsg: int) -> gpd.GeoDataFrame:
    """The rows with `shape` in metres, None where they have no place."""
    shapes = metres([None if shape is None or shape.is_empty else shape for shape in frame.geometry], epsg)
    return frame.assign(shape=pd.Series(list(shapes), index=frame.index, dtype=object))


def _near(shapes: Iterable[BaseGeometry | None], extent: BaseGeometry) -> list[BaseGeometry]:
    return [shape for shape in shapes if shape is not None and shape.intersects(extent)]
