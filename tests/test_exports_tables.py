"""CSV and Excel as people open them: titles and words, numbers as numbers, and no text that runs as a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from gis_service.errors import TooLargeError
from gis_service.exports import workbook
from gis_service.exports.csv_text import FORMULA_MARKS, harmless
from tests.export_files import opened, taken, write

DANGEROUS = (
    '=HYPERLINK("http://e.example","点我")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "#N/A",
    "=",
)


@pytest.fixture(scope="module")
def ledger(engine: Engine) -> Iterator[Connection]:
    """Areas whose names would be formulas, and one with every kind of value."""
    area = text(
        "insert into management_areas (code, natural_key, name, reporting_unit, street, neighborhood, community_names,"
        " abuttals_text, company, manager, manager_phone, service_form, fee_rate, resolution_status, confidence, sides,"
        " issues, source_file)"
        " values (:code, :code, :name, '宜秀区', '', '', '{甲小区,乙小区}', :words, '某物业', '', '', 2, 0.85,"
        " 'unresolved', 0, '[]', '[]', '')"
    )
    manhole = text(
        "insert into manholes (code, owner, kind, load_class, state, reported_at, sample, geom) values ('JG-1', '市政',"
        " '雨水', 'D400', '破损', '2023-07-15 00:30+00', true, st_setsrid(st_point(117.06, 30.53), 4490))"
    )
    with engine.connect() as connection:
        for number, name in enumerate(DANGEROUS):
            connection.execute(area, {"code": f"WY-{number}", "name": name, "words": "东至甲路\u0007\n南至“乙路”,西至"})
        connection.execute(manhole)
        yield connection
        connection.rollback()


def sheet_of(connection: Connection, layer: str, folder: Path, **wishes: Any) -> Any:
    out, _ = write(connection, taken(layer, **wishes), "xlsx", folder)
    return openpyxl.load_workbook(out)


def lines_of(connection: Connection, layer: str, folder: Path, **wishes: Any) -> list[dict[str, str]]:
    out, _ = write(connection, taken(layer, **wishes), "csv", folder)
    raw = out.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


@pytest.mark.database
def test_a_text_that_looks_like_a_formula_is_a_text_in_excel(ledger: Connection, tmp_path: Path) -> None:
    sheet = sheet_of(ledger, "management_areas", tmp_path, columns=["name", "code"]).worksheets[0]
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value.replace("\r", "\n") for cell in cells] == [name.replace("\r", "\n") for name in DANGEROUS]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells), "it stays a text when somebody edits the cell"


@pytest.mark.database
def test_a_text_that_looks_like_a_formula_has_an_apostrophe_in_csv(ledger: Connection, tmp_path: Path) -> None:
    lines = lines_of(ledger, "management_areas", tmp_path)
    names = [line["物业管理区域名称"] for line in lines]
    assert names == [name if name == "#N/A" else f"'{name}" for name in DANGEROUS]


@given(st.text())
def test_no_text_begins_a_formula_and_none_is_lost(words: str) -> None:
    safe = harmless(words)
    assert not safe.startswith(FORMULA_MARKS)
    assert safe.removeprefix("'") == words.removeprefix("'") or safe == words


@pytest.mark.database
def test_columns_have_titles_codes_have_words_and_numbers_are_numbers(ledger: Connection, tmp_path: Path) -> None:
    rows = list(sheet_of(ledger, "management_areas", tmp_path).worksheets[0].iter_rows(values_only=True))
    row = dict(zip(rows[0], rows[1], strict=True))
    assert (row["物业服务形态"], row["物业费收缴率"], row["小区名称"]) == ("社区统管", 0.85, "甲小区、乙小区")
    assert isinstance(row["序号"], int)
    assert row["示例数据"] == "否"
    line = lines_of(ledger, "management_areas", tmp_path)[0]
    assert (line["物业服务形态"], line["物业费收缴率"], line["小区名称"]) == ("社区统管", "0.85", "甲小区、乙小区")
    assert line["四至范围"] == "东至甲路\u0007\n南至“乙路”,西至"
    assert row["四至范围"] == "东至甲路\ufffd\n南至“乙路”,西至", "a character that no workbook can hold"


@pytest.mark.database
def test_a_character_that_xml_cannot_hold_does_not_break_a_kml(ledger: Connection, tmp_path: Path) -> None:
    frame = opened(write(ledger, taken("management_areas"), "kml", tmp_path)[0], "kml")
    assert len(frame) == len(DANGEROUS)
    assert frame["四至范围"][0].startswith("东至甲路")
    assert frame["四至范围"][0].endswith("南至“乙路”,西至")


@pytest.mark.database
def test_times_are_of_beijing_and_points_bring_their_coordinates(ledger: Connection, tmp_path: Path) -> None:
    book = sheet_of(ledger, "manholes", tmp_path)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    row = dict(zip(rows[0], rows[1], strict=True))
    assert row["报告时间"] == dt.datetime(2023, 7, 15, 8, 30)
    assert (row["经度"], row["纬度"], row["坐标系"]) == (117.06, 30.53, "CRS84")
    about = dict(book["说明"].iter_rows(values_only=True))
    assert about["要素数"] == 1
    assert about["坐标系"].startswith("CRS84，WGS 84")
    assert "24 小时" in about["口径"]
    line = lines_of(ledger, "manholes", tmp_path, crs="BD-09", wkt=True)[0]
    assert (line["报告时间"], line["坐标系"]) == ("2023-07-15 08:30:00", "BD-09")
    assert re.fullmatch(r"POINT \(117\.07\d+ 30\.53\d+\)", line["WKT"])


@pytest.mark.database
def test_every_layer_of_the_sample_opens_in_excel_and_as_csv_alike(sample_engine: Engine, tmp_path: Path) -> None:
    for layer in ("divisions", "coverage", "problems", "ebike_charging", "uncovered_communities"):
        wanted = taken(layer)
        sheet = opened(write(sample_engine, wanted, "xlsx", tmp_path)[0], "xlsx")
        lines = opened(write(sample_engine, wanted, "csv", tmp_path)[0], "csv")
        assert list(sheet.columns) == list(lines.columns)
        assert len(sheet) == len(lines) > 0
        title = wanted.layer.fields[wanted.layer.id_field].title
        assert list(sheet[title].astype(str)) == list(lines[title])


@pytest.mark.database
def test_a_text_longer_than_a_cell_is_cut_and_listed_and_a_wkt_left_out(
    ledger: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "LONGEST_CELL", 12)
    wanted = taken("manholes", wkt=True, columns=["code", "owner"])
    out, written = write(ledger, wanted, "xlsx", tmp_path)
    book = openpyxl.load_workbook(out)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert dict(zip(rows[0], rows[1], strict=True))["WKT"] is None
    with_it = ledger.execute(text("select id from manholes")).scalar_one()
    assert (str(with_it), "WKT") in set(book["说明"].iter_rows(values_only=True))
    assert "1 处文字超过单元格上限" in written.notes[0]


@pytest.mark.database
def test_more_rows_than_a_sheet_has_are_refused(
    ledger: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    with pytest.raises(TooLargeError, match="上限 3 行"):
        write(ledger, taken("management_areas"), "xlsx", tmp_path)
    assert not list(tmp_path.iterdir())
