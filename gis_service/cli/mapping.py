"""`gis-service map`: a declared map in, one HTML file out that opens with no network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis_service import clock
from gis_service.cli.database import read_settings, ready_database
from gis_service.cli.progress import reporting
from gis_service.cli.writing import write_text
from gis_service.errors import BadRequestError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis_service.api.publication import Publication
    from gis_service.layers import Layer
    from gis_service.maps import Map


def map_(
    name: Annotated[str, typer.Argument(metavar="地图", help="地图名称，如 coverage")],
    out: Annotated[Path, typer.Option("--out", metavar="文件.html", help="写出的网页文件")],
) -> None:
    """把一张地图写成单个网页文件，断网也能打开。"""
    if out.suffix.lower() not in (".html", ".htm"):
        raise BadRequestError(f"不能写成“{out.name}”，地图只能写成 .html 文件")
    from gis_service.api.publication import declared_layers, declared_maps, named, publish

    declared = named(declared_maps(declared_layers()), name, "地图")
    settings = read_settings()
    with ready_database(settings) as engine:
        text = self_contained(publish(engine, settings), declared)
    write_text(out, [text])
    typer.echo(f"已写出 {out}：{declared.title}")


def self_contained(published: Publication, declared: Map) -> str:
    """The page with every script, style, picture and feature in itself."""
    from gis_service.access import PLANNER
    from gis_service.api.pages import page_options
    from gis_service.api.written import written_answers
    from gis_service.maps import Assets, map_page

    with published.snapshot() as connection, reporting() as report:
        options = page_options(connection, published, PLANNER, declared=declared)
        data = {}
        for number, name in enumerate(declared.data_layers, start=1):
            data[name] = _features(connection, published.layer(name, PLANNER))
            report("读取图层", number, len(declared.data_layers))
        if declared.desk == "coverage":
            data["answers"] = json.dumps(written_answers(published, connection, PLANNER), ensure_ascii=False)
    made = replace(options, made_at=f"{clock.now():%Y-%m-%d %H:%M}")
    return map_page(
        declared, published.layers, assets=Assets.in_page(), data=data, city=published.settings.city, options=made
    )


def _features(connection: Connection, layer: Layer) -> str:
    from gis_service.access import PLANNER
    from gis_service.exports import feature_collection
    from gis_service.layers import feature_query

    return "".join(feature_collection(connection, layer, feature_query(layer, PLANNER)))
