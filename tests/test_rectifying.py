"""附件2 as a process: from the spot or the ledger to 销号, with evidence, by two people, never undone by a sheet."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openpyxl import load_workbook
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from gis_service import clock
from gis_service.access import PLANNER, PUBLIC
from gis_service.api import create_app
from gis_service.imports import import_file
from tests.import_files import annex2, problem
from tests.rectification import (
    CITY,
    COUNTY,
    COUNTY_TOO,
    ELSEWHERE,
    FIRE,
    FIRE_TOO,
    become,
    bring,
    kinds,
    send,
    spot,
)
from tests.web import SETTINGS, refusal, served

pytestmark = pytest.mark.database
MB = 1 << 20


@pytest.fixture(scope="module")
def app(own_sample_engine: Engine) -> FastAPI:
    return create_app(own_sample_engine, SETTINGS)


@pytest.fixture(scope="module")
def desk(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app) as client:
        yield client


@pytest.fixture
def base(own_sample_engine: Engine) -> Iterator[Connection]:
    """What stands in the database; a test's own writes are taken back."""
    with own_sample_engine.connect() as connection:
        yield connection


def inside(base: Connection, name: str = "") -> tuple[float, float, str, str]:
    """A position inside of a community of 宜秀区, its name and street."""
    query = (
        "select st_x(p), st_y(p), name, street from (select name, street, id, st_pointonsurface(geom) as p"
        " from communities where county_code = '340811' and reporting_unit = '宜秀区'"
        " and (:name in ('', name))) c order by id limit 1"
    )
    return tuple(base.execute(text(query), {"name": name}).one())


def reported(desk: httpx.Client, app: FastAPI, base: Connection, **more: str) -> dict[str, Any]:
    become(app, FIRE)
    lon, lat, *_ = inside(base)
    answer = spot(desk, lon, lat, **more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_is_seen_on_the_spot_becomes_a_problem_of_category_11_in_its_community(
    desk: httpx.Client, app: FastAPI, base: Connection
) -> None:
    found = reported(desk, app, base)
    lon, lat, community, street = inside(base)
    assert (found["category"], found["state"], found["origin"]) == (11, "found", "spot")
    assert (found["project_name"], found["community"], found["street"]) == (community, community, street)
    assert (found["reporting_unit"], found["unit"]) == ("宜秀区", street)
    assert (found["lon"], found["lat"]) == pytest.approx((lon, lat), abs=1e-9)
    assert found["code"].startswith("WT-340811-")
    assert kinds(found) == ["report"]
    assert found["events"][0]["evidence"]["media_type"] == "image/jpeg"


def test_a_problem_is_followed_to_its_end_by_two_persons_with_evidence(
    desk: httpx.Client, app: FastAPI, base: Connection
) -> None:
    number = reported(desk, app, base)["id"]
    become(app, COUNTY)
    plan = {"unit": "某物业服务企业", "measures": "划线、清障", "deadline": "2099-01-31"}
    started = send(desk, number, "start", **plan).json()
    assert (started["state"], started["unit"], started["measures"], started["deadline"]) == (
        "rectifying",
        "某物业服务企业",
        "划线、清障",
        "2099-01-31",
    )
    assert send(desk, number, "report_done", note="已清理").json()["state"] == "waiting"
    assert "还没有整改后的照片" in refusal(send(desk, number, "close"), 409), "the photo of the finding proves nothing"
    assert bring(desk, number, note="整改后").status_code == 201
    assert "不能自己销号" in refusal(send(desk, number, "close"), 409)
    become(app, FIRE)
    closed = send(desk, number, "close", note="现场核验合格").json()
    assert (closed["state"], closed["closed"], closed["due"]) == ("closed", True, "closed")
    assert kinds(closed) == ["report", "start", "report_done", "evidence", "close"]
    assert [event["who"] for event in closed["events"]] == ["消防 赵某", *["宜秀区 李某"] * 3, "消防 赵某"]
    assert closed["actions"] == [
        {"kind": "reopen", "title": "重新打开"},
        {"kind": "comment", "title": "留言"},
    ]


def test_every_step_stands_in_the_audit_log_under_the_name_of_who_took_it(
    desk: httpx.Client, app: FastAPI, base: Connection
) -> None:
    number = reported(desk, app, base)["id"]
    become(app, COUNTY)
    send(desk, number, "start")
    bring(desk, number)
    noted = (
        "select subject, login, role from audit.log where :id = any(row_ids)"
        " and subject in ('problem_events', 'problem_evidence') order by id"
    )
    told = [tuple(row) for row in base.execute(text(noted), {"id": str(number)})]
    fire, county = ("fire", "fire"), ("yixiu", "county")
    assert told == [
        ("problem_events", *fire),
        ("problem_evidence", *fire),
        ("problem_events", *county),
        ("problem_events", *county),
        ("problem_evidence", *county),
    ]


def test_what_comes_back_is_opened_again_and_needs_new_evidence(
    desk: httpx.Client, app: FastAPI, base: Connection
) -> None:
    number = reported(desk, app, base)["id"]
    become(app, COUNTY)
    bring(desk, number)
    send(desk, number, "report_done")
    become(app, FIRE)
    assert "请写明还差什么" in refusal(send(desk, number, "send_back"), 400).replace("退回时", "")
    assert send(desk, number, "send_back", note="标线未划").json()["state"] == "rectifying"
    become(app, COUNTY)
    send(desk, number, "report_done")
    become(app, FIRE)
    assert "还没有整改后的照片" in refusal(send(desk, number, "close"), 409)
    become(app, COUNTY)
    bring(desk, number)
    become(app, FIRE)
    assert send(desk, number, "close").json()["state"] == "closed"
    assert "已销号，不能再传证据" in refusal(bring(desk, number), 409).replace("问题", "")
    again = send(desk, number, "reopen", note="又停车了").json()
    assert (again["state"], again["closed"]) == ("rectifying", False)


def test_everybody_keeps_to_their_own_work(desk: httpx.Client, app: FastAPI, base: Connection) -> None:
    number = reported(desk, app, base)["id"]
    for stranger in (ELSEWHERE, PLANNER, PUBLIC):
        become(app, stranger)
        assert send(desk, number, "comment", note="看看").status_code in (401, 403, 404)
        assert bring(desk, number).status_code in (401, 403, 404)
    become(app, FIRE)
    refusal(send(desk, number, "start"), 403)
    other = base.scalar(text("select id from problems where category = 3 and not closed limit 1"))
    assert other is not None
    refusal(send(desk, other, "comment", note="不归消防"), 403)
    become(app, CITY)
    assert send(desk, number, "comment", note="请尽快").status_code == 201


def test_names_and_photos_are_for_those_who_work_on_the_problem(
    desk: httpx.Client, app: FastAPI, base: Connection
) -> None:
    found = reported(desk, app, base)
    evidence = found["events"][0]["evidence"]["id"]
    address = f"/problems/{found['id']}/evidence/{evidence}"
    assert desk.get(address).headers["content-type"] == "image/jpeg"
    become(app, PLANNER)
    seen = desk.get(f"/problems/{found['id']}").json()
    assert [event["who"] for event in seen["events"]] == [""]
    assert seen["events"][0]["role_words"] == "消防救援队伍"
    assert seen["events"][0]["evidence"]["id"] is None
    assert seen["actions"] == []
    refusal(desk.get(address), 404)


def test_a_problem_is_handed_over_and_commented_on(desk: httpx.Client, app: FastAPI, base: Connection) -> None:
    number = reported(desk, app, base)["id"]
    become(app, COUNTY)
    assert "转给哪个单位" in refusal(send(desk, number, "hand_over"), 400)
    handed = send(desk, number, "hand_over", unit="城市管理执法局", note="占道经营").json()
    assert (handed["unit"], handed["state"]) == ("城市管理执法局", "found")
    assert "原因" in refusal(send(desk, number, "plan", deadline="2099-02-01"), 400)
    assert send(desk, number, "plan", deadline="2099-02-01", note="雨天延期").json()["deadline"] == "2099-02-01"
    refusal(send(desk, number, "comment", note="改时限", deadline="2099-03-01"), 400)
    refusal(send(desk, number, "comment"), 400)


def test_the_database_refuses_what_the_rules_forbid(base: Connection) -> None:
    """Also where somebody writes past the program."""
    number = base.scalar(text("select id from problems where state = 'rectifying' order by id limit 1"))
    event = "insert into problem_events (problem_id, login, name, role, kind) values (:id, :login, '', 'city', :kind)"
    base.execute(text(event), {"id": number, "login": "a", "kind": "report_done"})
    for login, kind, words in (("b", "close", "没有证据"), ("b", "start", "不能")):
        with pytest.raises(DBAPIError, match=words), base.begin_nested():
            base.execute(text(event), {"id": number, "login": login, "kind": kind})
    base.execute(text(event), {"id": number, "login": "a", "kind": "evidence"})
    proof = (
        "insert into problem_evidence (event_id, problem_id, media_type, byte_count, sha256, content)"
        " select max(id), problem_id, 'image/jpeg', 1, '', 'x' from problem_events where problem_id = :id"
        " group by problem_id"
    )
    base.execute(text(proof), {"id": number})
    with pytest.raises(DBAPIError, match="不能自己销号"), base.begin_nested():
        base.execute(text(event), {"id": number, "login": "a", "kind": "close"})
    base.execute(text(event), {"id": number, "login": "b", "kind": "close"})
    assert base.scalar(text("select state from problems where id = :id"), {"id": number}) == "closed"
    for statement in (
        "update problem_events set note = 'x'",
        "delete from problem_events",
        "delete from problem_evidence",
    ):
        with pytest.raises(DBAPIError, match="只能新增"), base.begin_nested():
            base.execute(text(statement))


def test_a_sheet_never_undoes_what_a_person_did(
    desk: httpx.Client, app: FastAPI, own_sample_engine: Engine, tmp_path: Path
) -> None:
    told = {"project_name": "湖滨花园", "county": "宜秀区", "categories": (11,), "responsible": "临湖街道/王某"}
    first = annex2(tmp_path, problem(1, **told, progress="", deadline_text="2023-08-01"), name="一.xlsx")
    import_file(own_sample_engine, "ledger", [first], commit=True)
    number = _number(own_sample_engine)
    assert _facts(own_sample_engine, number) == ("found", False, dt.date(2023, 8, 1), "临湖街道")
    become(app, COUNTY)
    send(desk, number, "start", deadline="2099-01-01", unit="某物业服务企业")
    send(desk, number, "report_done")
    bring(desk, number)
    become(app, COUNTY_TOO)
    send(desk, number, "close")
    kept = ("closed", True, dt.date(2099, 1, 1), "某物业服务企业")
    assert _facts(own_sample_engine, number) == kept
    later = annex2(tmp_path, problem(1, **told, progress="正在整改", deadline_text="2023-09-01"), name="二.xlsx")
    report = import_file(own_sample_engine, "ledger", [later], commit=True)
    assert (report.new, report.changed) == (0, 1)
    assert _facts(own_sample_engine, number) == kept, "the sheet still says 否"
    differing = desk.get("/problems", params={"differs": "true"}).json()["problems"]
    assert [each["id"] for each in differing] == [number]
    again = import_file(own_sample_engine, "ledger", [later], commit=True)
    assert (again.new, again.changed) == (0, 0)


def _number(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("select max(id) from problems where origin = 'ledger'")).scalar_one())


def _facts(engine: Engine, number: int) -> tuple[Any, ...]:
    with engine.connect() as connection:
        query = text("select state, closed, deadline, unit from problems where id = :id")
        return tuple(connection.execute(query, {"id": number}).one())


def test_a_report_from_the_spot_stays_where_it_was_made_when_a_ledger_comes(
    desk: httpx.Client, app: FastAPI, base: Connection, own_sample_engine: Engine, tmp_path: Path
) -> None:
    found = reported(desk, app, base)
    file = annex2(tmp_path, problem(1, project_name="别处", county="宜秀区", categories=(5,)), name="三.xlsx")
    import_file(own_sample_engine, "ledger", [file], commit=True)
    after = desk.get(f"/problems/{found['id']}").json()
    assert [after[name] for name in ("lon", "lat", "community_id")] == [
        found[name] for name in ("lon", "lat", "community_id")
    ]


def test_no_persons_name_is_taken_for_a_unit(base: Connection) -> None:
    said = {
        "砚池街道/王某": "砚池街道",
        "金桥物业服务有限公司 张三": "金桥物业服务有限公司",
        "华锦社区居委会（李四）": "华锦社区居委会",
        "王某": "",
        "张三、李四": "",
        "": "",
    }
    found = {words: base.scalar(text("select unit_of(:words)"), {"words": words}) for words in said}
    assert found == said


def test_the_counts_of_the_work_list_are_those_of_the_rows(desk: httpx.Client, app: FastAPI) -> None:
    become(app, PLANNER)
    whole = desk.get("/problems", params={"limit": 500}).json()
    assert whole["numberMatched"] == len(whole["problems"]) <= 500
    for key in ("state", "due"):
        counts = Counter(each[key] for each in whole["problems"])
        assert whole["counts"][key] == {name: counts[name] for name in whole["counts"][key]}
    dues = [each["due"] for each in whole["problems"]]
    assert dues == sorted(dues, key=["overdue", "due_soon", "in_time", "undated", "closed"].index)
    fire = desk.get("/problems", params={"category": "fire", "state": "closed", "limit": 500}).json()
    same = [each for each in whole["problems"] if 10 <= each["category"] <= 14 and each["state"] == "closed"]
    assert fire["numberMatched"] == len(same) > 0
    assert not {"responsible", "written"} & set(whole["problems"][0]), "they name persons"


def test_deadlines_turn_on_their_day(desk: httpx.Client, app: FastAPI, base: Connection) -> None:
    number = reported(desk, app, base)["id"]
    become(app, COUNTY)
    today = clock.today()
    for days, due in ((-1, "overdue"), (0, "due_soon"), (7, "due_soon"), (8, "in_time")):
        day = f"{today + dt.timedelta(days=days)}"
        assert send(desk, number, "plan", deadline=day, note="试").json()["due"] == due


def test_the_daily_summary_adds_up_and_says_what_happened(desk: httpx.Client, app: FastAPI, base: Connection) -> None:
    become(app, PLANNER)
    before = desk.get("/problems/summary", params={"place": "宜秀区"}).json()
    number = reported(desk, app, base)["id"]
    become(app, COUNTY)
    bring(desk, number)
    send(desk, number, "report_done")
    become(app, FIRE_TOO)
    send(desk, number, "close")
    after = desk.get("/problems/summary", params={"place": "宜秀区"}).json()
    grown = {name: after["totals"][name] - before["totals"][name] for name in after["totals"]}
    moved = {"total": 1, "closed": 1, "new": 1, "did_report_done": 1, "did_close": 1}
    assert {name: change for name, change in grown.items() if change} == moved
    for name, total in after["totals"].items():
        assert total == sum(row[name] for row in after["rows"])
    listed = desk.get("/problems", params={"place": "宜秀区"}).json()
    assert after["totals"]["total"] == listed["numberMatched"]
    assert after["totals"]["overdue"] == listed["counts"]["due"]["overdue"]
    book = load_workbook(io.BytesIO(desk.get("/problems/summary", params={"place": "宜秀区", "f": "xlsx"}).content))
    rows = list(book.worksheets[0].values)
    assert rows[0][:3] == ("所在区县", "责任单位", "问题数")
    assert rows[-1][2:] == tuple(after["totals"].values())
    assert len(rows) == len(after["rows"]) + 2


def test_a_county_may_count_by_numbers_of_its_own(desk: httpx.Client, app: FastAPI, base: Connection) -> None:
    become(app, COUNTY)
    lon, lat, *_ = inside(base)
    found = spot(desk, lon, lat, category="31").json()
    assert (found["category"], found["problem_group"]) == (31, "其他")
    assert found["category_words"] == "其他（县区自定 31）"
    become(app, FIRE)
    refusal(spot(desk, lon, lat, category="31"), 403)


def test_uploads_say_what_is_wrong_with_them(desk: httpx.Client, app: FastAPI, base: Connection) -> None:
    become(app, FIRE)
    lon, lat, *_ = inside(base)
    assert "看到了什么" in refusal(spot(desk, lon, lat, note=" "), 400)
    assert "lon" in refusal(spot(desk, 999, lat), 400)
    assert "lon" in refusal(spot(desk, float("nan"), lat), 400)
    refusal(spot(desk, lon, lat, category="0"), 400)
    refusal(spot(desk, lon, lat, colour="red"), 400)
    refusal(desk.post("/problems", json={"lon": lon}), 400)
    large = SETTINGS.max_evidence_mb * MB + (1 << 17)
    number = base.scalar(text("select max(id) from problems"))
    assert number is not None
    refusal(bring(desk, number, b"\xff" * large), 413)
    refusal(bring(desk, number, b"not a picture"), 400)
    refusal(desk.post("/problems/999999/events", json={"kind": "comment", "note": "无"}), 404)
    refusal(desk.post(f"/problems/{number}/events", json={"kind": "forget"}), 400)


def test_a_pdf_is_kept_and_given_back_as_a_file(desk: httpx.Client, app: FastAPI, base: Connection) -> None:
    number = reported(desk, app, base)["id"]
    content = b"%PDF-1.4\n%%EOF\n"
    event = bring(desk, number, content).json()["events"][-1]
    answer = desk.get(f"/problems/{number}/evidence/{event['evidence']['id']}")
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
