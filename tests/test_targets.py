"""Targets: what is to be reached stands in files; how far it is, where it is not, and the rows behind each number."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Connection, Engine, text

from gis_service.access import Role
from gis_service.api import create_app, reckoning
from gis_service.api.reckoning import Reckoned, Uncovered, uncovered_on
from gis_service.errors import DeclarationError
from gis_service.targets import Target, load_targets, standing
from tests.browser.resting import watch_rest
from tests.hand_counts import COMMITTEE, formed, in_force, problems
from tests.web import SETTINGS, bearing, refusal, served

GOOD = 'title = "组建率"\nformula = "committee_rate"\naim = 0.7\nclause = "方案"\n'


def test_a_file_declares_a_target(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(GOOD, encoding="utf-8")
    found = load_targets(tmp_path, ())["one"]
    assert (found.title, found.aim, found.due) == ("组建率", 0.7, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('formula = "committee_rate"\n', ""), "formula：formula 与 indicator 必须且只能写一个"),
        (("aim", 'indicator = "x"\naim'), "formula：formula 与 indicator 必须且只能写一个"),
        (('formula = "committee_rate"', 'formula = "a / b"'), "formula：没有算法“a / b”，可填 coverage_rate"),
        (('formula = "committee_rate"', 'indicator = "none"'), "indicator：没有指标“none”，已声明 无"),
        (('clause = "方案"', ""), "clause：写了 aim 就要写明出处"),
        (("aim = 0.7", 'aim = "多"'), "aim：“多”的类型或范围不对"),
        (("aim = 0.7", "aim = 0.7\nsql = 1"), "sql：不认识的键"),
    ],
)
def test_a_slip_in_a_file_is_told(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    (tmp_path / "one.toml").write_text(GOOD.replace(*change, 1), encoding="utf-8")
    with pytest.raises(DeclarationError, match=re.escape(message)):
        load_targets(tmp_path, ())


@pytest.mark.parametrize(
    ("yes", "known", "met", "lacking"), [(7, 10, True, None), (6, 10, False, 1), (0, 3, False, 3), (0, 0, None, None)]
)
def test_how_many_more_would_be_enough_is_told(yes: int, known: int, met: bool | None, lacking: int | None) -> None:
    target = Target(id="x", title="组建率", formula="committee_rate", aim=0.7, clause="方案")
    told = standing(target, {"committee_yes": yes, "committee_known": known})
    assert (told.met, told.lacking) == (met, lacking)


@pytest.fixture(scope="module")
def web(sample_engine: Engine) -> Iterator[httpx.Client]:
    with served(create_app(sample_engine, SETTINGS)) as client:
        yield client


def asked(web: httpx.Client, path: str = "/targets", **parameters: str) -> dict[str, Any]:
    answer = web.get(path, params=parameters or None)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_total_is_what_a_person_counts_in_the_ledger(web: httpx.Client) -> None:
    found = {one["id"]: one for one in asked(web)["targets"]}
    total = found["committee"]["total"]
    assert (total["part"], total["whole"]) == formed(COMMITTEE)
    assert total["value"] == pytest.approx(total["part"] / total["whole"], abs=1e-6)
    assert (found["committee"]["aim"], total["met"]) == (0.7, False)
    assert (
        (total["part"] + total["lacking"]) / total["whole"]
        >= 0.7
        > (total["part"] + total["lacking"] - 1) / total["whole"]
    )
    assert (found["coverage"]["aim"], found["coverage"]["total"]["met"]) == (None, None), "nobody has set a figure"


@pytest.mark.parametrize("level", ["county", "street", "neighborhood", "reporting_unit"])
def test_the_places_of_every_level_add_up_to_the_total(web: httpx.Client, level: str) -> None:
    for one in asked(web, level=level)["targets"]:
        if one["formula"]:
            for name in ("part", "whole"):
                assert sum(row[name] for row in one["rows"]) == one["total"][name], (one["id"], name)


def test_the_rows_behind_a_number_are_as_many_as_it_says(web: httpx.Client) -> None:
    for one in asked(web, level="street")["targets"]:
        if not one["formula"]:
            assert web.get(one["total"]["behind"]).status_code == 200
            continue
        for row in (one["total"], *one["rows"][:2]):
            assert asked(web, row["behind"])["numberMatched"] == row["part"], one["id"]
            assert asked(web, row["behind_lacking"])["numberMatched"] == row["whole"] - row["part"], one["id"]


def test_a_target_of_an_indicator_stands_as_the_indicator_does(web: httpx.Client) -> None:
    found = next(one for one in asked(web, within="340811")["targets"] if one["id"] == "fee_collection")
    county = asked(web, "/indicators/fee_collection")["figures"]["county"]
    own = next(row for row in county if row["code"] == "340811")
    assert (found["total"]["value"], found["total"]["whole"]) == (own["value"], own["counted"])
    assert found["measure"] == "indicator_fee_collection"


def test_the_course_has_the_last_day_of_every_month(web: httpx.Client) -> None:
    told = asked(web, "/targets/closed/trend", **{"from": "2023-06-10", "as_of": "2023-08-15"})
    assert [one["day"] for one in told["points"]] == ["2023-06-30", "2023-07-31", "2023-08-15"]
    by_hand = [problems(in_force(2, dt.date.fromisoformat(one["day"]))) for one in told["points"]]
    assert [(one["part"], one["whole"]) for one in told["points"]] == by_hand
    assert "from 不能晚于" in refusal(web.get("/targets/closed/trend?from=2024-01-01&as_of=2023-01-01"), 400)
    assert "至多 36 个月" in refusal(web.get("/targets/closed/trend?from=2001-01-01"), 400)
    assert "没有目标“none”" in refusal(web.get("/targets/none"), 404)


@pytest.mark.browser
def test_planners_read_targets_and_go_from_a_number_to_its_course_and_to_the_map(
    browser: Browser, web: httpx.Client
) -> None:
    yes, known = formed(COMMITTEE)
    context = browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers=bearing(Role.PLANNER))
    watch_rest(context)
    page = context.new_page()
    page.goto(f"{web.base_url}/targets")
    card = page.locator(".figures > div", has_text="业委会组建率")
    expect(card).to_contain_text(f"{yes}/{known}")
    expect(card).to_contain_text("▼ 未达 70.0 %，还差")
    page.click("td a:has-text('按“业委会组建率”看')")
    expect(page.locator("#measure")).to_have_value("committee")
    expect(page.locator(".division").first).to_contain_text("70 %")
    page.goto(f"{web.base_url}/targets/committee")
    expect(page.locator("svg.chart .aim").first).to_be_attached()
    expect(page.locator("table.wide")).to_contain_text(f"{yes}/{known}")
    context.close()


MORE = """
insert into area_facts (area_id, since, facts)
select a.id, date '2023-12-12', jsonb_set(f.facts, '{service_form}', '5')
from management_areas a join area_facts f on f.area_id = a.id and f.since = '2023-07-15' where a.service_form = 1
"""


def test_the_course_is_read_once_until_something_is_written_and_no_day_is_counted_by_itself(
    own_sample_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Sequence[dt.date]] = []

    def reading(connection: Connection, days: Sequence[dt.date]) -> Uncovered:
        read.append(days)
        return uncovered_on(connection, days)

    def counting(_connection: Connection, day: dt.date) -> Reckoned:
        pytest.fail(f"{day} was counted by itself")

    monkeypatch.setattr(reckoning, "uncovered_on", reading)
    monkeypatch.setattr(reckoning, "reckoned", counting)
    with served(create_app(own_sample_engine, SETTINGS)) as desk:
        asked = {"from": "2022-11-01", "as_of": "2023-12-15"}
        first, again = (desk.get("/targets/coverage/trend", params=asked).json() for _ in range(2))
        assert (len(read), len(read[0]), len(first["points"])) == (1, 14, 14)
        assert again == first
        places = {"within": "340811"}, {"within": "340811901"}, {"within": "高新区"}, {"definition": "declared"}
        for place in places:
            for target in ("coverage", "committee", "party", "closed"):
                answer = desk.get(f"/targets/{target}/trend", params={**asked, **place})
                assert answer.status_code == 200, answer.text
        assert len(read) == 1, "another place and another definition are read from the same"
        nowhere = desk.get("/targets/coverage/trend", params={**asked, "within": "340899"})
        assert "没有代码或名称为“340899”" in refusal(nowhere, 404)
        with own_sample_engine.begin() as connection:
            connection.execute(text(MORE))
        later = desk.get("/targets/coverage/trend", params=asked).json()
        assert len(read) == 2, "what was written may change any day"
        assert later["points"] != first["points"]
