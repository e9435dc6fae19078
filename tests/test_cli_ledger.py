"""`gis-service import` and `ledger` as a clerk uses them: ledgers in by their day, out by a day, the files as sent."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine

from tests.command_line import refused, run
from tests.import_files import clear, divisions_file, take_in
from tests.ledger_files import official, put

pytestmark = pytest.mark.database


@pytest.fixture
def town(engine: Engine, tmp_path: Path) -> Engine:
    clear(engine)
    take_in(engine, "divisions", divisions_file(tmp_path))
    return engine


def sheet(path: Path, form: int) -> Path:
    """附件1 whose first area has this form of service."""
    official(1, put("F3", form)).save(path)
    return path


def form_in(path: Path) -> str:
    """The form of service of the first area, as a file has it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(line[5] for line in csv.reader(file) if line[1:2] == ["阳光花园物业管理区域"])


def test_ledgers_go_in_by_their_day_and_the_form_comes_out_as_of_any_day(town: Engine, tmp_path: Path) -> None:
    for day, form, told in (
        ("2023-11-30", 5, "新增 3  更新 0  不变 0"),
        ("2023-07-31", 2, "另有 3 行比现有的台账早：只记入历史，今天的内容不变"),
    ):
        result = run(
            "import", "ledger", sheet(tmp_path / f"{day}.xlsx", form), "--since", day, "--commit", database=town
        )
        assert result.exit_code == 0, result.output
        assert told in result.stdout
    asked: tuple[str, ...]
    for asked, said in (((), "5"), (("--as-of", "2023-11-30"), "5"), (("--as-of", "2023-11-29"), "2")):
        result = run("ledger", "export", "--out", tmp_path / "回.csv", *asked, database=town)
        assert result.exit_code == 0, result.output
        assert form_in(tmp_path / "回.csv") == said, asked
    sent = run("ledger", "sent", database=town).stdout.splitlines()
    assert [line.split("\t")[2:4] for line in sent] == [
        ["2023-07-31", "2023-07-31.xlsx"], ["2023-11-30", "2023-11-30.xlsx"]
    ]  # fmt: skip
    batch = sent[-1].split("\t")[0]
    result = run("ledger", "sent", "--batch", batch, "--out", tmp_path / "原件.xlsx", database=town)
    assert "与报来的相同" in result.stdout
    assert (tmp_path / "原件.xlsx").read_bytes() == (tmp_path / "2023-11-30.xlsx").read_bytes()


@pytest.mark.parametrize(
    "words", [("import", "ledger", "附件1.xlsx", "--since"), ("ledger", "export", "--out", "x.csv", "--as-of")]
)
def test_a_day_that_is_none_is_refused(town: Engine, tmp_path: Path, words: tuple[str, ...]) -> None:
    given = [str(sheet(tmp_path / word, 1)) if word == "附件1.xlsx" else word for word in words]
    assert "应为 2023-07-31 这样的日期，不能是“七月”" in refused(run(*given, "七月", database=town))


def test_a_workbook_to_send_back_needs_no_database(tmp_path: Path) -> None:
    result = run("ledger", "check", sheet(tmp_path / "附件1.xlsx", 8), "--out", tmp_path / "退.xlsx")
    assert result.exit_code == 0, result.output
    assert "3 行，其中 1 行要改" in result.stdout
    assert openpyxl.load_workbook(tmp_path / "退.xlsx")["附件1"]["F3"].fill.fgColor.rgb == "FFFFC7CE"
