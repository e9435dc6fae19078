"""Staff send their own hazards by page: theirs are kept, a neighbour's are told, nobody else is let in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from shapely import Point
from sqlalchemy import Engine

from gis_service.access import Role
from gis_service.api import create_app
from tests.ground import lonlat, square
from tests.import_files import lonlat_file, rows, take_in
from tests.web import SETTINGS, bearing, give_accounts, served, settled

TITLES = ("窨井盖编号", "权属单位", "类别", "承载等级", "井盖状态", "经度", "纬度")
KEPT = "select code from manholes order by 1"


@pytest.fixture(scope="module")
def desk(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Two counties side by side, a street in the first."""
    divisions = (
        ("340811", "宜秀区", "county", None, square(0, 0, 1000, 1000)),
        ("340811902", "砚池街道", "street", "340811", square(0, 0, 500, 1000)),
        ("340802", "迎江区", "county", None, square(1000, 0, 2000, 1000)),
        ("340802001", "宜城路街道", "street", "340802", square(1000, 0, 1500, 1000)),
    )
    told = [
        ({"code": code, "name": name, "level": level, "parent_code": parent, "reporting_unit": ""}, shape)
        for code, name, level, parent, shape in divisions
    ]
    take_in(engine, "divisions", lonlat_file(tmp_path_factory.mktemp("divisions") / "divisions.geojson", *told))
    give_accounts(engine)
    with served(create_app(engine, SETTINGS), Role.CITY) as client:
        yield client


def sheet(folder: Path, *places: tuple[str, float]) -> bytes:
    """Covers by code, so many metres east of the corner of the first county."""
    book = openpyxl.Workbook()
    own = book.worksheets[0]
    own.append(TITLES)
    for code, east in places:
        (spot,) = lonlat(Point(east, 500)).coords
        own.append((code, "市排水公司", "03", "D400", "破损", *spot))
    book.save(folder / "窨井盖.xlsx")
    return (folder / "窨井盖.xlsx").read_bytes()


def send(desk: httpx.Client, content: bytes, role: Role, name: str = "窨井盖.xlsx") -> dict[str, Any]:
    """The job of a file, once it has been previewed."""
    answer = desk.post("/ledgers/imports", files={"file": (name, content)}, data={"name": name}, headers=bearing(role))
    assert answer.status_code == 202, answer.text
    return settled(desk, answer.headers["location"], role)


def committed(desk: httpx.Client, job: dict[str, Any], role: Role) -> dict[str, Any]:
    where = job["links"][0]["href"]
    answer = desk.post(f"{where}/commit", headers=bearing(role))
    assert answer.status_code == 202, answer.text
    return settled(desk, where, role)


def test_each_keeps_what_lies_in_its_own_division_and_the_rest_is_told_row_by_row(
    desk: httpx.Client, engine: Engine, tmp_path: Path
) -> None:
    content = sheet(tmp_path, ("JG-1", 100), ("JG-2", 700), ("JG-3", 1200))
    job = send(desk, content, Role.STREET)
    assert (job["report"]["new"], job["report"]["rejected"], job["foreign_units"]) == (1, 2, [])
    assert [(each["row"], each["message"]) for each in job["report"]["issues"]] == [
        (3, "位于宜秀区，不是您的区划，未导入"),
        (4, "位于宜城路街道，不是您的区划，未导入"),
    ]
    assert "within" not in job["report"]
    assert committed(desk, job, Role.STREET)["state"] == "committed"
    assert rows(engine, KEPT) == [("JG-1",)]
    county = send(desk, content, Role.COUNTY)
    assert (county["report"]["new"], county["report"]["same"], county["report"]["rejected"]) == (1, 1, 1)
    committed(desk, county, Role.COUNTY)
    assert rows(engine, KEPT) == [("JG-1",), ("JG-2",)]


def test_the_city_that_commits_the_file_of_a_county_keeps_what_the_preview_said(
    desk: httpx.Client, engine: Engine, tmp_path: Path
) -> None:
    content = sheet(tmp_path, ("JG-11", 100), ("JG-13", 1200))
    job = send(desk, content, Role.COUNTY)
    assert committed(desk, job, Role.CITY)["report"]["rejected"] == 1
    assert ("JG-13",) not in rows(engine, KEPT)
    own = send(desk, content, Role.CITY)
    assert (own["report"]["new"], own["report"]["rejected"]) == (1, 0)
    committed(desk, own, Role.CITY)
    assert ("JG-13",) in rows(engine, KEPT)


def test_whoever_only_reads_hazards_sends_none(desk: httpx.Client, tmp_path: Path) -> None:
    content = sheet(tmp_path, ("JG-21", 100))
    for role in (Role.FIRE, Role.PLANNER, Role.ADMIN):
        answer = desk.post(
            "/ledgers/imports",
            files={"file": ("窨井盖.xlsx", content)},
            data={"name": "窨井盖.xlsx"},
            headers=bearing(role),
        )
        assert answer.status_code == 403, role


def test_hazards_are_no_form_that_could_be_sent_back_marked(desk: httpx.Client, tmp_path: Path) -> None:
    told = {"layer": "manholes", "code": "JG-31", "kind": "雨水", "state": "完好"}
    drawn = lonlat_file(tmp_path / "窨井.geojson", (told, Point(1200, 500))).read_bytes()
    for name, content in (("窨井盖.xlsx", sheet(tmp_path, ("JG-31", 1200))), ("窨井.geojson", drawn)):
        job = send(desk, content, Role.COUNTY, name)
        answer = desk.get(f"{job['links'][0]['href']}/marked", headers=bearing(Role.COUNTY))
        assert (answer.status_code, job["report"]["rejected"]) == (409, 1)
        assert "不能标红" in answer.text
        (listed,) = (one for one in desk.get("/ledgers/imports").json()["imports"] if one["id"] == job["id"])
        assert "marked" not in {link["rel"] for link in (*listed["links"], *job["links"])}
