"""A county sends its ledger by page: previewed, committed, sent back marked, downloaded in the official form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from sqlalchemy import Engine

from gis_service.access import Role
from gis_service.api import create_app
from tests.import_files import divisions_file, rows, take_in
from tests.ledger_files import ANNEX1_ROWS, official, put
from tests.web import SETTINGS, bearing, give_accounts, served, settled

AREAS = "select count(*) from management_areas"


@pytest.fixture(scope="module")
def desk(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    take_in(engine, "divisions", divisions_file(tmp_path_factory.mktemp("divisions")))
    give_accounts(engine)
    with served(create_app(engine, SETTINGS), Role.CITY) as client:
        yield client


def ledger(folder: Path, *damages: Callable[..., object]) -> bytes:
    official(1, *damages).save(folder / "附件1.xlsx")
    return (folder / "附件1.xlsx").read_bytes()


def send(desk: httpx.Client, content: bytes, role: Role = Role.CITY) -> dict[str, Any]:
    """The job of a file, once it has been previewed."""
    answer = desk.post(
        "/ledgers/imports",
        files={"file": ("附件1.xlsx", content)},
        data={"name": "附件1.xlsx"},
        headers=bearing(role),
    )
    assert answer.status_code == 202, answer.text
    return settled(desk, answer.headers["location"], role)


def test_a_ledger_is_previewed_committed_marked_and_downloaded(
    desk: httpx.Client, engine: Engine, tmp_path: Path
) -> None:
    content = ledger(tmp_path, put("F4", 8))
    job = send(desk, content)
    assert (job["state"], job["report"]["new"], job["report"]["units"]) == ("previewed", 3, ["迎江区"])
    assert [
        (issue["cell"], issue["severity"]) for issue in job["report"]["issues"] if issue["code"] == "code_unknown"
    ] == [("F4", "warning")]
    assert rows(engine, AREAS) == [(0,)], "a preview keeps nothing"
    where = job["links"][0]["href"]
    back = desk.get(f"{where}/marked")
    (tmp_path / "退.xlsx").write_bytes(back.content)
    assert "F4" in str(openpyxl.load_workbook(tmp_path / "退.xlsx")["附件1"]["F4"].coordinate)
    assert desk.post(f"{where}/commit").status_code == 202
    done = settled(desk, where)
    assert (done["state"], done["report"]["new"], rows(engine, AREAS)) == ("committed", 3, [(3,)])
    assert desk.post(f"{where}/commit").status_code == 409, "once only"
    (tmp_path / "回.xlsx").write_bytes(desk.get("/ledgers/annex1", params={"unit": "迎江区"}).content)
    sheet = openpyxl.load_workbook(tmp_path / "回.xlsx")["附件1"]
    assert [sheet.cell(at, 2).value for at in range(3, 6)] == [row[1] for row in ANNEX1_ROWS]
    (sent,) = desk.get("/ledgers/sent").json()["ledgers"]
    assert desk.get(sent["href"]).content == content


def test_a_second_file_shows_its_differences_and_a_stale_preview_is_not_committed(
    desk: httpx.Client, tmp_path: Path
) -> None:
    first, second = send(desk, ledger(tmp_path, put("F3", 5))), send(desk, ledger(tmp_path, put("F3", 6)))
    (cell,) = first["report"]["differences"][0]["rows"][0]["cells"]
    assert (cell["column"], cell["new"]) == ("物业服务形态", "5")
    for job, state in ((first, "committed"), (second, "failed")):
        desk.post(f"{job['links'][0]['href']}/commit")
        assert settled(desk, job["links"][0]["href"])["state"] == state
    assert "重新核对" in settled(desk, second["links"][0]["href"])["error"]


def test_who_may_not_send_or_read_is_told(desk: httpx.Client) -> None:
    for path in ("/ledgers/annex1", "/ledgers/sent", "/ledgers/imports/1"):
        assert desk.get(path, headers=bearing(Role.PLANNER)).status_code == 403


def test_a_file_that_is_no_ledger_is_previewed_as_one_great_issue(desk: httpx.Client) -> None:
    job = send(desk, b"%PDF-1.7")
    assert job["report"]["issues"][0]["code"] == "file_not_workbook"
    assert desk.post("/ledgers/imports", files={"file": ("a.xlsx", b"")}).status_code == 400
