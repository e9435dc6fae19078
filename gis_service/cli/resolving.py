"""`gis-service resolve`: a ledger and gazetteer files in, one GeoJSON feature a ledger row out; no database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis_service.cli.database import read_settings
from gis_service.cli.inputs import files_in, readable
from gis_service.cli.listing import list_issues
from gis_service.cli.progress import Report, reporting
from gis_service.cli.wording import say
from gis_service.cli.writing import refuse_overwriting, write_text
from gis_service.errors import BadRequestError

if TYPE_CHECKING:
    from gis_service.gazetteer import Gazetteer
    from gis_service.gazetteer.place import Place
    from gis_service.issues import Issue
    from gis_service.ledger.entries import LedgerEntry, LedgerReading

_EDGES = ("near", "centerline")
_UNUSABLE = 1


def resolve(
    ledger: Annotated[Path, typer.Option("--ledger", metavar="台账.xlsx", help="附件1 台账工作簿")],
    gazetteer: Annotated[
        list[Path],
        typer.Option("--gazetteer", metavar="地名数据…", help="地名数据文件或文件夹，可给出多个"),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="结果.geojson", help="写出的 GeoJSON 文件")],
    edge: Annotated[
        str,
        typer.Option("--edge", metavar="near|centerline", help="道路、河流取近侧边线还是中心线"),
    ] = "near",
) -> None:
    """把台账每一行的四至文字落成边界，写成 GeoJSON；不需要数据库。"""
    if edge not in _EDGES:
        raise BadRequestError(f"--edge 不能是 {edge}，可用：near（近侧边线）、centerline（中心线）")
    files = _gazetteer_files(gazetteer)
    refuse_overwriting(out, (ledger, *files))
    with reporting() as report:
        reading = _ledger(ledger)
        places = _gazetteer(files, report)
        counts: Counter[str] = Counter()
        write_text(out, _collection(_features(reading, places, edge, report), counts))
    list_issues(reading.issues, title="台账中的问题")
    _summarise(counts, out)


def _gazetteer_files(paths: list[Path]) -> tuple[Path, ...]:
    from gis_service.gazetteer.reading import SUFFIXES

    return files_in(paths, SUFFIXES)


def _ledger(path: Path) -> LedgerReading[LedgerEntry]:
    from gis_service.ledger import read_annex1

    reading = read_annex1(readable(path))
    if not reading.entries:
        list_issues(reading.issues, title="台账中的问题")
        say(f"错误：{path} 中没有可用的台账行")
        raise typer.Exit(_UNUSABLE)
    return reading


def _gazetteer(files: tuple[Path, ...], report: Report) -> Gazetteer:
    from gis_service.gazetteer import Gazetteer, read_places

    places: list[Place] = []
    issues: list[Issue] = []
    for number, file in enumerate(files, start=1):
        reading = read_places(file)
        places += reading.places
        issues += reading.issues
        report("读取地名数据", number, len(files))
    list_issues(tuple(issues), title="地名数据中的问题")
    if not places:
        say("错误：地名数据中没有可用的地名")
        raise typer.Exit(_UNUSABLE)
    return Gazetteer(places)


def _features(
    reading: LedgerReading[LedgerEntry], gazetteer: Gazetteer, edge: str, report: Report
) -> Iterator[dict[str, object]]:
    from gis_service.cli.drafts import draft_feature
    from gis_service.resolver import Edge, ResolverOptions, resolve_all, row_of

    rows = [row_of(entry) for entry in reading.entries]
    found = resolve_all(
        rows,
        gazetteer,
        options=ResolverOptions(edge=Edge(edge), tolerance_m=read_settings().tolerance_m),
        progress=lambda done, total: report("落图", done, total),
    )
    for entry, row, resolution in zip(reading.entries, rows, found, strict=True):
        own = tuple(issue for issue in reading.issues if issue.where.row == entry.row)
        yield draft_feature(entry, row.abuttals, resolution, own)


def _collection(features: Iterator[dict[str, object]], counts: Counter[str]) -> Iterator[str]:
    yield '{"type": "FeatureCollection", "features": ['
    for number, feature in enumerate(features):
        counts[_status(feature)] += 1
        yield ("\n" if number == 0 else ",\n") + json.dumps(feature, ensure_ascii=False, allow_nan=False)
    yield "\n]}\n"


def _status(feature: dict[str, object]) -> str:
    properties = feature["properties"]
    return str(properties["status"]) if isinstance(properties, dict) else ""


def _summarise(counts: Counter[str], out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from gis_service.codes import ResolutionStatus

    table = Table("落图结果", "行数", "占比")
    for status in ResolutionStatus:
        number = counts[status.value]
        table.add_row(status.words, str(number), f"{number / counts.total():.1%}")
    table.add_row("合计", str(counts.total()), "")
    Console(stderr=True).print(table)
    say(f"已写出 {out}")
