"""What a county sends comes back cell for cell, whatever it wrote; and sending it again changes nothing."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook
from sqlalchemy import Connection, Engine, text

from gis_service.exports.ledgers import write_ledger
from gis_service.imports.importing import Source, import_all
from gis_service.ledger import ANNEX1_COLUMNS, ANNEX2_COLUMNS
from gis_service.ledger.columns import Annex
from tests.import_files import clear, divisions_file, take_in
from tests.ledger_files import xls

Grid = list[list[object]]
KEPT = ("management_areas", "problems", "area_facts", "area_names", "ledger_frames", "sent_files")

HAN = st.characters(
    min_codepoint=0x4E00, max_codepoint=0x9FA5, exclude_characters="无没不空未同合总小共注说备填制审报联经单公机话式"
)
NAME = st.text(HAN, min_size=2, max_size=5)
PROSE = st.text(HAN | st.sampled_from("，；（）=+-@ 、_x0041路2\n'\""), min_size=1, max_size=15).map(
    lambda said: f"地{said}物"
)
BLANK = st.none()
SEQ = BLANK | st.integers(1, 9_999) | st.sampled_from(["１", "(3)", "甲"])
CODE = (
    BLANK
    | st.integers(0, 8)
    | st.sampled_from(["1", "①", "专业化物业服务", "业委会", "党支部", "5无物管", "1、2", "/"])
)
RATE = BLANK | st.sampled_from([0.85, 85, 1, "85%", "８５．５％", "约90%", "九成", 0.333, "—"])
DIVISION = st.sampled_from(
    ["迎江区宜城路街道吴樾社区", "迎江区、宜城路街道、吴樾社区", "迎江区/孝肃路街道", "外地", None]
)
DEADLINE = (
    BLANK
    | st.dates(dt.date(2023, 1, 1), dt.date(2024, 12, 31))
    | st.sampled_from(["2023年8月15日", "立行立改", "8.15"])
)
LINES = st.lists(PROSE.map(lambda said: f"迎江区{said}"), max_size=2)

AREA_ROWS = st.tuples(
    SEQ, NAME.map(lambda name: f"{name}花园"), BLANK | NAME, DIVISION, BLANK | PROSE, CODE, CODE, CODE,
    BLANK | PROSE, RATE,
)  # fmt: skip
PROBLEM_ROWS = st.tuples(
    SEQ, NAME.map(lambda name: f"{name}花园"), st.sampled_from(["迎江区", "怀宁县", None]), BLANK | PROSE,
    BLANK | st.sampled_from([11, "11、12", "3", "99", "消防"]), PROSE, BLANK | PROSE, BLANK | PROSE, DEADLINE,
    st.sampled_from(["是", "否", "√", None, "快了"]), BLANK | PROSE,
)  # fmt: skip

KINDS = (
    (".xlsx", ".xlsx"),
    (".xls", ".xlsx"),
    ("_utf-8-sig.csv", ".csv"),
    ("_utf-8.csv", ".csv"),
    ("_gb18030.csv", ".csv"),
)
_FEW = settings(  # an example is an import into a database: few of them, and none is made smaller
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def town(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    clear(engine)
    take_in(engine, "divisions", divisions_file(tmp_path_factory.mktemp("divisions")))
    return engine


def send(path: Path, annex: int, above: Sequence[str], table: Sequence[Sequence[object]], notes: Sequence[str]) -> Path:
    """A ledger in the official form: .xlsx, .xls, or .csv in the encoding that its name bears."""
    columns = ANNEX1_COLUMNS if annex == 1 else ANNEX2_COLUMNS
    titles: Grid = [[line] for line in above]
    lines: Grid = [["住宅物业台账"], *titles, list(columns), *map(list, table)]
    lines += [[f"说明：{note}"] for note in notes]
    if path.suffix == ".csv":
        with path.open("w", encoding=path.stem.rpartition("_")[2], newline="") as file:
            csv.writer(file).writerows(lines)
        return path
    if path.suffix == ".xls":
        path.write_bytes(xls([[_in_xls(value) for value in line] for line in lines]))
        return path
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "台账"
    for number, line in enumerate(lines, 1):
        for at, value in enumerate(line, 1):
            cell = sheet.cell(number, at)
            cell.value = value  # type: ignore[assignment]
            if isinstance(value, str):
                cell.data_type = "s"
    workbook.save(path)
    return path


def _in_xls(value: object) -> object:
    """A workbook of Excel 97 as the tests make it knows texts and numbers."""
    return value.isoformat() if isinstance(value, dt.date) else value


def grid(path: Path) -> Grid:
    """The cells of the first sheet, without blank ones at the ends; .xls as calamine reads it."""
    if path.suffix == ".xls":
        with CalamineWorkbook.from_path(path) as book:
            return [trimmed(list(line)) for line in book.get_sheet_by_index(0).to_python(skip_empty_area=False)]
    if path.suffix == ".csv":
        told = path.stem.rpartition("_")[2] if "_" in path.stem else "utf-8-sig"
        with path.open(encoding=told, newline="") as file:
            lines: Grid = [list(line) for line in csv.reader(file)]
    else:
        lines = [list(row) for row in openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)]
    return [trimmed(line) for line in lines]


def trimmed(line: list[object]) -> list[object]:
    last = max((at for at, cell in enumerate(line, 1) if cell not in (None, "")), default=0)
    return [None if cell == "" else cell for cell in line[:last]]


def kept(connection: Connection) -> dict[str, str]:
    """A fingerprint of what ledgers leave in the database, down to the place of every row version."""
    query = "select coalesce(string_agg(md5(t::text || ctid::text), ',' order by ctid), '') from {} t"
    return {name: str(connection.scalar(text(query.format(name)))) for name in KEPT}


def there_and_back(engine: Engine, sent: Path, annex: Annex, back: Path) -> None:
    """Import, export, compare; import again, and nothing is new, changed or touched. All of it is then undone."""
    source = [Source("ledger", sent, sent.name)]
    with engine.connect() as connection:
        (first,) = import_all(connection, source, lambda _what, _done, _total: None)
        write_ledger(connection, annex, back)
        assert grid(back) == grid(sent)
        before = kept(connection)
        (again,) = import_all(connection, source, lambda _what, _done, _total: None)
        assert (again.new, again.changed, again.same) == (0, 0, first.new)
        assert again.differences.rows == ()
        assert kept(connection) == before
        connection.rollback()


@_FEW
@given(
    above=LINES,
    table=st.lists(AREA_ROWS, min_size=1, max_size=4),
    notes=st.lists(PROSE, max_size=2),
    kind=st.sampled_from(KINDS),
)
def test_any_annex_1_that_the_form_can_hold_comes_back_the_same(
    town: Engine,
    tmp_path: Path,
    above: list[str],
    table: list[tuple[object, ...]],
    notes: list[str],
    kind: tuple[str, str],
) -> None:
    sent = send(tmp_path / f"附件1{kind[0]}", 1, above, table, notes)
    there_and_back(town, sent, 1, tmp_path / f"回{kind[1]}")


@_FEW
@given(
    above=LINES,
    table=st.lists(PROBLEM_ROWS, min_size=1, max_size=4),
    notes=st.lists(PROSE, max_size=2),
    kind=st.sampled_from(KINDS),
)
def test_any_annex_2_that_the_form_can_hold_comes_back_the_same(
    town: Engine,
    tmp_path: Path,
    above: list[str],
    table: list[tuple[object, ...]],
    notes: list[str],
    kind: tuple[str, str],
) -> None:
    sent = send(tmp_path / f"附件2{kind[0]}", 2, above, table, notes)
    there_and_back(town, sent, 2, tmp_path / f"回{kind[1]}")
