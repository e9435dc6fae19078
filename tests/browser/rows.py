"""Rows of 附件1 for the browser, resolved by the program itself: a sentence that two places fit."""

from __future__ import annotations

from pathlib import Path

from shapely import affinity
from sqlalchemy import Engine

from gis_service.gazetteer import Place
from tests.ground import road
from tests.import_files import annex1, entry, gazetteer_file, take_in

TWICE = "同名花园"
APART_DEG = 0.013  # about 1.2 km


def take_in_a_row_that_fits_twice(engine: Engine, folder: Path) -> None:
    """The four roads of a block stand in the gazetteer twice, and a row names nothing but them."""
    roads = [
        road("迎春东路", (400, -150), (400, 450)),
        road("迎春南路", (-150, 0), (550, 0)),
        road("迎春西路", (0, -150), (0, 450)),
        road("迎春北路", (-150, 300), (550, 300)),
    ]
    twins = [
        Place(f"{one.id}-2", one.name, one.kind, affinity.translate(one.geometry, APART_DEG, 0), (), one.width_m)
        for one in roads
    ]
    take_in(engine, "gazetteer", gazetteer_file(folder, roads + twins))
    words = "东至迎春东路，南至迎春南路，西至迎春西路，北至迎春北路"
    take_in(engine, "ledger", annex1(folder, entry(1, area_name=TWICE, community_names=(TWICE,), abuttals_text=words)))
