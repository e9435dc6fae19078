"""What a person settled on the map stays when the next sheet comes: boundary, side, name, alias."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from gis_service import editing
from tests.ground import lonlat, square
from tests.import_files import annex1, clear, entry, ready, rows, take_in

pytestmark = pytest.mark.database
REVISIONS = "select number, state, origin, md5(geom::text) from area_revisions order by area_id, number"
JUDGED = "select kind, name, division, side, place_id, person, live from judgements order by id"


@pytest.fixture
def town(engine: Engine, tmp_path: Path) -> Engine:
    clear(engine)
    ready(engine, tmp_path)
    take_in(engine, "ledger", annex1(tmp_path, entry(1), entry(2)))
    return engine


def agreed(town: Engine) -> int:
    """The area whose boundary somebody drew and somebody else agreed to."""
    (area_id,) = rows(town, "select min(id) from management_areas")[0]
    with town.begin() as connection:
        drawn = editing.draft(connection, area_id, lonlat(square(30, 30, 200, 180)), origin="drawn", author="李某")
        editing.submit(connection, drawn)
        editing.approve(connection, drawn, decided_by="孙某")
    return int(area_id)


@pytest.mark.parametrize(
    "changes",
    [{}, {"fee_rate": 0.5}, {"abuttals_text": "东至湖东路，南至菱湖南路"}, {"area_name": "朝阳苑"}],
    ids=["the same sheet", "another rate", "another sentence", "another name"],
)
def test_an_agreed_boundary_stands_whatever_the_next_sheet_says(
    town: Engine, tmp_path: Path, changes: dict[str, Any]
) -> None:
    area_id = agreed(town)
    in_force = f"select number, md5(geom::text) from area_revisions where state = 'approved' and area_id = {area_id}"  # noqa: S608
    before, drawn = rows(town, in_force), rows(town, REVISIONS)
    report = take_in(town, "ledger", annex1(tmp_path, entry(1, **changes), entry(2)))
    assert report.new == 0
    assert rows(town, in_force) == before
    assert [each for each in rows(town, REVISIONS) if each in drawn] == drawn, "no revision is rewritten"


def test_a_name_that_somebody_settled_holds_for_the_next_sheet(town: Engine, tmp_path: Path) -> None:
    with town.begin() as connection:
        connection.execute(
            text(
                "insert into judgements (kind, name, division, place_id, place, person) "
                "select 'name', '湖东路', '宜城路街道', id, name, '李某' from places where name = '湖东路'"
            )
        )
    before = rows(town, JUDGED)
    assert len(before) == 1
    take_in(town, "ledger", annex1(tmp_path, entry(1, fee_rate=0.5), entry(2)))
    assert rows(town, JUDGED) == before


def test_names_and_aliases_of_communities_and_the_place_of_a_problem_are_not_the_sheets_to_change(
    town: Engine, tmp_path: Path
) -> None:
    with town.begin() as connection:
        connection.execute(text("update communities set aliases = '{老阳光}' where name = '阳光花园1'"))
    known = "select code, name, aliases, md5(geom::text) from communities order by code"
    before = rows(town, known)
    take_in(town, "ledger", annex1(tmp_path, entry(1, community_names=("老阳光",)), entry(2)))
    assert rows(town, known) == before
    linked = "select c.name from area_communities m join communities c on c.id = m.community_id order by 1"
    assert rows(town, linked) == [("阳光花园1",), ("阳光花园2",)], "the alias leads to the same community"
