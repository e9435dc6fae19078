"""Files to import, made on an invented ground, and what the database holds of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, text

from gis_service.codes import CommitteeState, PartyCoverage, ServiceForm
from gis_service.gazetteer import Place
from gis_service.imports import ImportReport, import_file
from gis_service.ledger import LedgerEntry, ProblemEntry, write_annex1, write_annex2
from tests.ground import block, lonlat, square

SENTENCE = "东至湖东路，南至菱湖南路，西至集贤北路，北至天柱山东路"
DIVISIONS = (
    ("340802", "迎江区", "county", None, square(-2000, -2000, 3000, 3000)),
    ("340802001", "宜城路街道", "street", "340802", square(-1000, -1000, 2000, 2000)),
    ("340802002", "孝肃路街道", "street", "340802", square(2000, -1000, 3000, 2000)),
    ("340802001001", "吴樾社区居委会", "neighborhood", "340802001", square(-1000, -1000, 2000, 1000)),
)
TABLES = (
    "area_steps, judgements, area_succession_parts, area_successions, drawing_imports,"
    " area_communities, area_revisions, management_areas, problems, communities, divisions, places, fire_lanes,"
    " ebike_charging, manholes, earlier_versions, said_again, coverage, uncovered_communities, import_issues,"
    " import_batches, layer_revisions"
)


def clear(engine: Engine) -> None:
    """Every table is empty."""
    with engine.begin() as connection:
        connection.execute(text(f"truncate {TABLES} cascade"))


def contents(engine: Engine) -> dict[str, str]:
    """A fingerprint of every table's rows and physical versions: equal only when nothing was touched."""
    query = "select coalesce(string_agg(md5(t::text || xmin::text || ctid::text), ',' order by ctid), '') from {} t"
    with engine.connect() as connection:
        return {name: str(connection.scalar(text(query.format(name)))) for name in TABLES.replace(",", "").split()}


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def take_in(engine: Engine, kind: str, *paths: Path, sample: bool = False) -> ImportReport:
    """The files, committed."""
    return import_file(engine, kind, list(paths), commit=True, sample=sample)


def entry(row: int = 1, **facts: Any) -> LedgerEntry:
    """A row of 附件1 that is in order, but for the given facts."""
    usual: dict[str, Any] = {
        "row": row,
        "seq": row,
        "area_name": f"阳光花园{row}",
        "community_names": (f"阳光花园{row}",),
        "division_text": "",
        "county": "迎江区",
        "street": "宜城路街道",
        "neighborhood": "吴樾社区",
        "abuttals_text": SENTENCE,
        "service_form": ServiceForm.PROFESSIONAL,
        "committee": CommitteeState.OWNERS_COMMITTEE,
        "party_coverage": PartyCoverage.BRANCH,
        "company": "阳光物业服务有限公司",
        "manager": "张三",
        "manager_phone": "13805560000",
        "fee_rate": 0.85,
    }
    return LedgerEntry(**usual | facts)


def problem(row: int = 1, **facts: Any) -> ProblemEntry:
    """A row of 附件2 that is in order, but for the given facts."""
    usual: dict[str, Any] = {
        "row": row,
        "seq": row,
        "project_name": "阳光花园1",
        "county": "迎江区",
        "company": "阳光物业服务有限公司",
        "categories": (11,),
        "content": "消防车道被占",
        "progress": "已约谈",
        "responsible": "宜城路街道",
        "deadline": None,
        "deadline_text": "立行立改",
        "closed": False,
        "remark": "",
    }
    return ProblemEntry(**usual | facts)


def annex1(folder: Path, *entries: LedgerEntry, name: str = "附件1.xlsx") -> Path:
    """A workbook of 附件1."""
    write_annex1(entries, folder / name)
    return folder / name


def annex2(folder: Path, *entries: ProblemEntry, name: str = "附件2.xlsx") -> Path:
    """A workbook of 附件2."""
    write_annex2(entries, folder / name)
    return folder / name


def vector(path: Path, features: Iterable[tuple[Mapping[str, object], BaseGeometry | None]], crs: str | None) -> Path:
    """A vector file with these properties and shapes, in the driver that its name says."""
    pairs = list(features)
    frame = gpd.GeoDataFrame([dict(facts) for facts, _ in pairs], geometry=[shape for _, shape in pairs], crs=crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # short column names and absent systems are what is tried here
        frame.to_file(path)
    return path


def lonlat_file(path: Path, *features: tuple[Mapping[str, object], BaseGeometry | None]) -> Path:
    """A vector file whose shapes are given in metres around the origin of the ground."""
    drawn = [(facts, None if shape is None else lonlat(shape)) for facts, shape in features]
    return vector(path, drawn, "EPSG:4490")


def gazetteer_file(folder: Path, places: Iterable[Place] | None = None) -> Path:
    """Landmarks, as a rule the four roads of the block."""
    features = [
        ({"id": each.id, "name": each.name, "kind": str(each.kind), "width_m": each.width_m}, each.geometry)
        for each in (block() if places is None else places)
    ]
    return vector(folder / "gazetteer.geojson", features, "EPSG:4490")


def divisions_file(folder: Path) -> Path:
    """A county with two streets and a 社区."""
    features = [
        ({"code": code, "name": name, "level": level, "parent_code": parent}, shape)
        for code, name, level, parent, shape in DIVISIONS
    ]
    return lonlat_file(folder / "divisions.geojson", *features)


def communities_file(folder: Path, *names: str, name: str = "communities.geojson") -> Path:
    """Communities side by side within the block, from west to east."""
    facts = {"county_code": "340802", "street_code": "340802001", "neighborhood_code": "340802001001"}
    features = [
        ({"code": f"XQ-{number}", "name": each, **facts}, square(50 * number, 50, 50 * number + 30, 100))
        for number, each in enumerate(names, start=1)
    ]
    return lonlat_file(folder / name, *features)


def ready(engine: Engine, folder: Path) -> None:
    """Divisions, landmarks and two communities are in the database."""
    take_in(engine, "divisions", divisions_file(folder))
    take_in(engine, "gazetteer", gazetteer_file(folder))
    take_in(engine, "communities", communities_file(folder, "阳光花园1", "阳光花园2"))
