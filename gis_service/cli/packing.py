"""`gis-service package`: a reporting unit and a month in; what it hands in for the month, as one zip, out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gis_service import clock
from gis_service.cli.database import read_settings, ready_database
from gis_service.cli.writing import telling_why_not


def package(
    unit: Annotated[str, typer.Argument(metavar="填报单位", help="如 怀宁县")],
    month: Annotated[
        str | None, typer.Option("--month", metavar="年-月", help="如 2023-07；默认本月", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="文件", help="写出的 .zip；默认按单位和月份取名", show_default=False)
    ] = None,
) -> None:
    """一个填报单位一个月的月报：两个附件、各项统计、A3 专题图、GeoJSON，装在一个 zip 里；含姓名和电话，请妥善保管。"""
    from gis_service.api.county_package import order_of
    from gis_service.api.publication import publish
    from gis_service.exports.county_package import month_end, package_name, write_package

    today = clock.today()
    day = month_end(month or f"{today:%Y-%m}", today)
    target = out or Path(package_name(unit, day))
    settings = read_settings()
    with ready_database(settings) as engine, engine.connect() as plain, telling_why_not(target):
        connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        files = write_package(connection, order_of(publish(engine, settings), connection, unit, day), target)
    typer.echo(f"已写出 {target}：{len(files)} 个文件")
    for name in files:
        typer.echo(f"  {name}")
