"""Fictional 街道 and 社区 that tile the town, and its communities and boundaries as features."""

from __future__ import annotations

from collections.abc import Iterator

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from scripts.sample_town import annex1, ground
from scripts.sample_town.blocks import Block, blocks
from scripts.sample_town.geojson import Feature, Value
from scripts.sample_town.rows import rows
from scripts.sample_town.sites import NEIGHBORHOODS, STREETS9, Neighborhood
from scripts.sample_town.town import neighborhood_code, neighborhood_of, town


def grounds() -> dict[Neighborhood, BaseGeometry]:
    """The ground of every 社区: the meshes of the network nearest to its centre."""
    tile: dict[Neighborhood, list[Polygon]] = {n: [] for n in NEIGHBORHOODS}
    known = {id(block.face) for block in blocks()}
    spare = [Block(face, face, {}, 0.0) for face in ground.faces() if id(face) not in known]
    for block in (*blocks(), *spare):
        tile[neighborhood_of(block)].append(block.face)
    return {n: shapely.union_all(faces) for n, faces in tile.items()}


def divisions() -> Iterator[Feature]:
    """Streets, then neighborhoods."""
    ground_of = grounds()
    for street in STREETS9:
        mine = [n for n in NEIGHBORHOODS if n.street == street]
        units = {n.reporting_unit for n in mine}
        yield (
            shapely.union_all([ground_of[n] for n in mine]),
            {
                "code": street.code, "name": street.name, "level": "street", "kind": "street", "parent_code": street.county_code,
                "county": street.county, "reporting_unit": units.pop() if len(units) == 1 else street.county,
            },
        )  # fmt: skip
    for neighborhood, polygon in ground_of.items():
        yield (
            polygon,
            {
                "code": neighborhood_code(neighborhood), "name": neighborhood.name, "level": "neighborhood", "kind": "neighborhood",
                "parent_code": neighborhood.street.code, "county": neighborhood.street.county,
                "reporting_unit": neighborhood.reporting_unit,
            },
        )  # fmt: skip


def communities() -> Iterator[Feature]:
    """Every 小区 with its footprint, ordered by code."""
    for one in sorted(town().communities, key=lambda c: c.code):
        home = one.neighborhood
        yield (
            one.footprint,
            {
                "code": one.code, "name": one.name, "aliases": ";".join(one.aliases), "county_code": home.street.county_code,
                "street_code": home.street.code, "neighborhood_code": neighborhood_code(home), "county": home.street.county,
                "street": home.street.name, "neighborhood": home.name, "reporting_unit": home.reporting_unit,
                "households": one.households, "floor_area_m2": one.floor_area_m2,
            },
        )  # fmt: skip


def truth() -> Iterator[Feature]:
    """What each ledger row means on the ground, for measuring a resolver; rows that share their 序号 are left out."""
    shared = {number for pair in annex1.SAME_NUMBER.items() for number in pair}
    for row in rows():
        if row.seq in shared:
            continue
        properties: dict[str, Value] = {
            "seq": row.seq,
            "name": row.area.name,
            "closable": row.closable,
            "manner": row.note or "plain",
        }
        yield row.area.polygon, properties


def agreed() -> Iterator[Feature]:
    """Boundaries already drawn by staff for rows whose sentence cannot be closed; the pending rows have none."""
    for row in rows():
        if row.closable or row.area.role == "pending":
            continue
        home = row.area.communities[0].neighborhood
        yield (
            row.area.polygon,
            {
                "seq": row.seq, "name": row.area.name, "community_names": ";".join(c.name for c in row.area.communities),
                "county": home.street.county, "street": home.street.name, "neighborhood": home.name,
                "reporting_unit": home.reporting_unit, "note": "工作人员绘制（示例）",
            },
        )  # fmt: skip
