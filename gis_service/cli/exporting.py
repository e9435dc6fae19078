"""`gis-service export`: a layer in, a file out, in the format that its name or --format says."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gis_service.cli.database import read_settings, ready_database
from gis_service.cli.inputs import day_told
from gis_service.cli.wording import say
from gis_service.cli.writing import telling_why_not


class ShapefileEncoding(StrEnum):
    """What the texts of a Shapefile may be encoded in."""

    UTF_8 = "UTF-8"
    GB18030 = "GB18030"


def export(  # noqa: PLR0913 - an argument for each option
    layer: Annotated[str, typer.Argument(metavar="图层", help="图层名称，如 communities")],
    out: Annotated[Path, typer.Option("--out", metavar="文件", help="写出的文件，格式由扩展名决定")],
    format_: Annotated[
        str | None, typer.Option("--format", metavar="格式", help="格式，如 gpkg；默认由扩展名决定", show_default=False)
    ] = None,
    crs: Annotated[
        str, typer.Option("--crs", metavar="坐标系", help="CRS84、4490、4548、4527、3857、GCJ-02 或 BD-09")
    ] = "CRS84",
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="字段,字段", help="只导出这些字段", show_default=False)
    ] = None,
    encoding: Annotated[
        ShapefileEncoding, typer.Option("--encoding", help="Shapefile 的文字编码")
    ] = ShapefileEncoding.UTF_8,
    wkt: Annotated[bool, typer.Option("--wkt", help="CSV、Excel 加一列 WKT 几何")] = False,
    bbox: Annotated[
        str | None, typer.Option("--bbox", metavar="西,南,东,北", help="只导出该经纬度范围内的要素", show_default=False)
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="日期", help="哪一天的内容，默认今天", show_default=False)
    ] = None,
) -> None:
    """导出一个图层为 GeoJSON、GeoPackage、Shapefile、Excel 等格式；不含姓名和电话。"""
    from gis_service.access import PLANNER
    from gis_service.api.indicator_layers import widened
    from gis_service.api.parameters import parse_bbox, parse_names
    from gis_service.api.publication import declared_indicators, declared_layers, named
    from gis_service.exports import Wishes, by_suffix, export_layer, extract, format_named, system_named

    chosen = by_suffix(out) if format_ is None else format_named(format_)
    settings = read_settings()
    indicators = declared_indicators(settings.indicators_dir)
    declared = widened(named(declared_layers(indicators), layer, "图层"), indicators, PLANNER)
    area = parse_bbox(bbox) if bbox is not None else None
    names = parse_names(columns) if columns is not None else None
    wishes = Wishes(system_named(crs), encoding.value, wkt)
    taken = extract(declared, PLANNER, names, wishes, bbox=area, as_of=day_told("--as-of", as_of))
    with ready_database(settings) as engine, engine.connect() as plain, telling_why_not(out):
        connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        written = export_layer(connection, taken, chosen, out)
    typer.echo(f"已写出 {out}：{declared.title} {written.count} 个要素，{chosen.title}，{wishes.system.id}")
    for note in written.notes:
        say(f"注意：{note}")
