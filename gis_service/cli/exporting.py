"""`gis-service export`: a layer in, a GeoJSON file out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gis_service.cli.database import read_settings, ready_database
from gis_service.cli.writing import telling_why_not
from gis_service.errors import BadRequestError


def export(
    layer: Annotated[str, typer.Argument(metavar="图层", help="图层名称，如 communities")],
    out: Annotated[Path, typer.Option("--out", metavar="文件.geojson", help="写出的文件，格式由扩展名决定")],
    bbox: Annotated[
        str | None, typer.Option("--bbox", metavar="西,南,东,北", help="只导出该经纬度范围内的要素", show_default=False)
    ] = None,
) -> None:
    """导出一个图层为 GeoJSON（RFC 7946）；不含姓名和电话。"""
    from gis_service.api.parameters import parse_bbox
    from gis_service.api.publication import ROLE, declared_layers, named
    from gis_service.exports import SUFFIXES, export_layer

    if out.suffix.lower() not in SUFFIXES:
        raise BadRequestError(f"不能导出为“{out.name}”，文件名应以 {' 或 '.join(SUFFIXES)} 结尾")
    declared = named(declared_layers(), layer, "图层")
    area = parse_bbox(bbox) if bbox is not None else None
    with ready_database(read_settings()) as engine, engine.connect() as connection, telling_why_not(out):
        number = export_layer(connection, declared, out, role=ROLE, bbox=area)
    typer.echo(f"已写出 {out}：{declared.title} {number} 个要素")
