"""What was decided of problems in the service stands in the official form of 附件2; what nobody touched, as written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from gis_service.access import Reader, Role
from gis_service.api import create_app
from gis_service.exports.ledgers import write_ledger
from tests.import_files import clear, ready, rows, take_in
from tests.ledger_files import official, put
from tests.rectification import CITY, become, bring, send
from tests.web import SETTINGS, served

pytestmark = pytest.mark.database
OTHER = Reader(Role.CITY, "city2", "市局 孙某")
PROGRESS, RESPONSIBLE, DEADLINE, CLOSED = 7, 8, 9, 10


@pytest.fixture(scope="module")
def app(engine: Engine) -> FastAPI:
    return create_app(engine, SETTINGS)


@pytest.fixture(scope="module")
def desk(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app, None) as client:
        yield client


@pytest.fixture
def town(engine: Engine, tmp_path: Path) -> Engine:
    """Three problems of 附件2; the second row names two categories."""
    clear(engine)
    ready(engine, tmp_path)
    official(2, put("E4", "11、12"), put("I4", "８月底前"), put("J5", "√")).save(tmp_path / "附件2.xlsx")
    take_in(engine, "ledger", tmp_path / "附件2.xlsx")
    return engine


def form(town: Engine, path: Path) -> list[list[Any]]:
    """The rows of the exported form."""
    with town.connect() as connection:
        write_ledger(connection, 2, path)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [[sheet.cell(at, column).value for column in range(1, 12)] for at in (3, 4, 5)]


def id_of(town: Engine, row: int, category: int) -> int:
    found = rows(town, "select id, source_row, category from problems")
    return next(int(each[0]) for each in found if each[1:] == (row, category))


def close(app: FastAPI, desk: httpx.Client, problem_id: int) -> None:
    become(app, CITY)
    for answer in (bring(desk, problem_id), send(desk, problem_id, "report_done", note="清理完毕")):
        assert answer.status_code < 300, answer.text
    become(app, OTHER)
    assert send(desk, problem_id, "close", note="已核验").status_code < 300


def test_a_plan_a_closing_and_a_reopening_stand_in_the_columns_of_the_form(
    town: Engine, app: FastAPI, desk: httpx.Client, tmp_path: Path
) -> None:
    before = form(town, tmp_path / "前.xlsx")
    become(app, CITY)
    problem_id = id_of(town, 3, 11)
    plan = {"unit": "宜城路街道", "measures": "划线、装隔离桩", "deadline": "2030-09-30", "note": "现场定"}
    assert send(desk, problem_id, "plan", **plan).status_code < 300
    row = form(town, tmp_path / "后.xlsx")[0]
    assert row[PROGRESS - 1 : CLOSED] == ["划线、装隔离桩", "宜城路街道", "2030年9月30日", "否"]
    close(app, desk, problem_id)
    row = form(town, tmp_path / "后.xlsx")[0]
    assert (row[PROGRESS - 1], row[CLOSED - 1]) == ("已销号：划线、装隔离桩", "是")
    become(app, CITY)
    assert send(desk, problem_id, "reopen", note="又停了车").status_code < 300
    rewritten = form(town, tmp_path / "后.xlsx")
    assert (rewritten[0][PROGRESS - 1], rewritten[0][CLOSED - 1]) == ("整改中：划线、装隔离桩", "否")
    assert rewritten[1:] == before[1:], "rows that nobody touched are as they were written"
    assert rewritten[2][CLOSED - 1] == "√"


def test_a_row_of_two_categories_is_closed_when_both_are(
    town: Engine, app: FastAPI, desk: httpx.Client, tmp_path: Path
) -> None:
    close(app, desk, id_of(town, 4, 11))
    row = form(town, tmp_path / "后.xlsx")[1]
    assert (row[PROGRESS - 1], row[CLOSED - 1]) == ("问题11已销号：已约谈；问题12已约谈", "否")
    close(app, desk, id_of(town, 4, 12))
    row = form(town, tmp_path / "后.xlsx")[1]
    assert (row[PROGRESS - 1], row[CLOSED - 1], row[DEADLINE - 1]) == ("已销号：已约谈", "是", "８月底前")


def test_the_form_with_decisions_comes_back_and_says_nothing_twice(
    town: Engine, app: FastAPI, desk: httpx.Client, tmp_path: Path
) -> None:
    close(app, desk, id_of(town, 3, 11))
    close(app, desk, id_of(town, 4, 11))
    first = form(town, tmp_path / "一.xlsx")
    take_in(town, "ledger", tmp_path / "一.xlsx")
    assert form(town, tmp_path / "二.xlsx") == first
    again = take_in(town, "ledger", tmp_path / "二.xlsx")
    assert (again.new, again.changed, again.same) == (0, 0, 4)
