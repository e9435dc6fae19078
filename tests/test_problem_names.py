"""Names of 附件2 that fit nothing: told, settled once by a clerk, remembered for the next ledger, undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.codes import ProblemCategory
from gis_service.rectifying.naming import likeness
from tests.import_files import annex2, problem, rows, take_in
from tests.web import SETTINGS, bearing, refusal, served

pytestmark = pytest.mark.database
OTHER = "滨江路那个小区"
UNIT, COMMUNITY = "宜秀区", "select id, name from communities where county = '宜秀区' order by id limit 1"


@pytest.fixture(scope="module")
def town(own_sample_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The sample town; a ledger names a community as nobody else does, and one in another county."""
    folder = tmp_path_factory.mktemp("附件2")
    ((_, name),) = rows(own_sample_engine, COMMUNITY)
    ours = [problem(n, project_name=f"{name}东区", county=UNIT, categories=(19,), content=f"第{n}件") for n in (1, 2)]
    take_in(own_sample_engine, "problems", annex2(folder, *ours, problem(3, project_name=OTHER, county="迎江区")))
    return own_sample_engine


@pytest.fixture(scope="module")
def city(town: Engine) -> Iterator[httpx.Client]:
    with served(create_app(town, SETTINGS), Role.CITY) as client:
        yield client


def names(web: httpx.Client, role: Role = Role.CITY) -> dict[str, Any]:
    answer = web.get("/problems/names", headers=bearing(role))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def candidates(web: httpx.Client, name: str, **asked: str) -> list[dict[str, Any]]:
    answer = web.get("/problems/names/candidates", params={"unit": UNIT, "name": name, **asked})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["candidates"]
    return found


def placed(town: Engine, name: str) -> list[tuple[Any, ...]]:
    query = f"select community_id, geom is not null from problems where project_name = '{name}' order by id"  # noqa: S608
    return rows(town, query)


def own_name(town: Engine) -> tuple[int, str, str]:
    ((community, name),) = rows(town, COMMUNITY)
    return community, name, f"{name}东区"


def test_a_name_that_fits_nothing_is_told_with_its_problems_to_those_who_may_settle_it(
    city: httpx.Client, town: Engine
) -> None:
    _, _, ours = own_name(town)
    found = {(row["unit"], row["name"]): row for row in names(city)["names"]}
    assert found[UNIT, ours]["problems"] == found[UNIT, ours]["problems_open"] == 2
    assert found[UNIT, ours]["categories"] == [ProblemCategory.COMPANY_LEFT.words]
    assert ("迎江区", OTHER) in found
    assert {row["unit"] for row in names(city, Role.COUNTY)["names"]} == {UNIT}


@pytest.mark.parametrize("role", [Role.PLANNER, Role.FIRE, Role.STREET])
def test_those_who_decide_nothing_see_no_names(city: httpx.Client, role: Role) -> None:
    assert city.get("/problems/names", headers=bearing(role)).status_code == 403
    body = {"unit": UNIT, "name": "某某", "kind": "community", "id": 1}
    assert city.post("/problems/names", json=body, headers=bearing(role)).status_code == 403


def test_the_likest_of_the_unit_come_first_and_words_narrow_them(city: httpx.Client, town: Engine) -> None:
    community, name, ours = own_name(town)
    first = candidates(city, ours)[0]
    assert first["name"] in (name, f"{name}物业管理区域")
    assert {(one["kind"], one["id"]) for one in candidates(city, ours)} >= {("community", community)}
    assert all(name[:2] in one["name"] for one in candidates(city, OTHER, q=name[:2]))
    assert candidates(city, OTHER, q="没有这样的名字") == []
    assert likeness("阳光花园（一期）", ["阳光花园(一期)物业管理区域"]) == 1


def test_a_county_settles_its_own_names_and_no_others(city: httpx.Client, town: Engine) -> None:
    community, _, ours = own_name(town)
    ((there,),) = rows(town, "select min(id) from communities where county = '迎江区'")
    county = bearing(Role.COUNTY)

    def asked(unit: str, name: str, target: int, kind: str = "community") -> httpx.Response:
        body = {"unit": unit, "name": name, "kind": kind, "id": target}
        return city.post("/problems/names", json=body, headers=county)

    assert "不在您所属的区划内" in refusal(asked("迎江区", OTHER, there), 403)
    assert "没有这个小区" in refusal(asked(UNIT, ours, there), 404)
    assert "写法不对" in refusal(asked(UNIT, ours, community, "road"), 400)
    assert placed(town, ours) == [(None, False)] * 2
    assert "unit" in refusal(city.get("/problems/names/candidates", headers=county), 400)


def test_a_settled_name_puts_its_problems_on_the_map_and_the_next_ledger_finds_it_by_itself(
    city: httpx.Client, town: Engine, tmp_path: Path
) -> None:
    community, name, ours = own_name(town)
    body = {"unit": UNIT, "name": ours, "kind": "community", "id": community}
    made = city.post("/problems/names", json=body, headers=bearing(Role.COUNTY))
    assert made.status_code == 201, made.text
    assert placed(town, ours) == [(community, True)] * 2
    lost = rows(town, f"select 1 from uncovered_communities where community_id = {community} and reason = 'lost'")  # noqa: S608
    assert lost == [(1,)]
    report = take_in(
        town,
        "problems",
        annex2(
            tmp_path,
            *[
                problem(n, project_name=f" {ours} ", county=UNIT, categories=(19,), content=f"第{n}件")
                for n in (1, 2, 3)
            ],
        ),
    )
    assert not [issue for issue in report.issues if issue.code == "problem_untied"]
    assert rows(town, f"select count(*) from problems where community_id = {community} and category = 19") == [(3,)]  # noqa: S608
    (told,) = names(city)["settled"]
    assert (told["name"], told["target"], told["kind"], told["problems"]) == (ours, name, "community", 3)
    assert told["person_name"]
    assert "person" not in told


def test_what_was_settled_is_in_the_log_with_who_did_it(town: Engine) -> None:
    query = "select login, action from audit.log where subject = 'problem_names' order by id"
    assert ("county", "insert") in rows(town, query)


def test_a_name_may_mean_an_area_and_follows_it_into_the_one_that_took_its_place(
    city: httpx.Client, town: Engine
) -> None:
    area, unit = rows(
        town, "select min(id), min(reporting_unit) from management_areas where reporting_unit = '迎江区'"
    )[0]
    body = {"unit": unit, "name": OTHER, "kind": "area", "id": area}
    assert city.post("/problems/names", json=body).status_code == 201
    query = f"select area_id from problems where project_name = '{OTHER}'"  # noqa: S608
    assert rows(town, query) == [(area,)]
    assert [row["kind"] for row in names(city)["settled"] if row["name"] == OTHER] == ["area"]
    ((heir,),) = rows(town, f"select min(id) from management_areas where reporting_unit = '{unit}' and id <> {area}")  # noqa: S608
    with town.begin() as connection:
        connection.execute(
            text(
                "update management_areas h set former_names = array[a.name] from management_areas a "
                "where a.id = :a and h.id = :h"
            ),
            {"a": area, "h": heir},
        )
        connection.execute(text("update management_areas set retired_on = current_date where id = :a"), {"a": area})
    body = {"unit": unit, "name": "别的名字", "kind": "area", "id": heir}
    assert city.post("/problems/names", json=body).status_code == 201
    assert rows(town, query) == [(heir,)]


def test_what_was_settled_by_mistake_is_undone(city: httpx.Client, town: Engine) -> None:
    _, _, ours = own_name(town)
    settled = {row["name"]: row["id"] for row in names(city)["settled"]}
    assert city.delete(f"/problems/names/{settled[OTHER]}", headers=bearing(Role.COUNTY)).status_code == 403
    assert city.delete(f"/problems/names/{settled[ours]}", headers=bearing(Role.COUNTY)).status_code == 204
    assert placed(town, ours)[:2] == [(None, False)] * 2
    assert ours in {row["name"] for row in names(city)["names"]}
    assert "没有编号为" in refusal(city.delete("/problems/names/987654"), 404)
