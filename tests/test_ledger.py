"""The ledgers as wholes: headers, lines above and below the table, and what is written is read back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from gis_service.codes import CommitteeState, PartyCoverage, ServiceForm
from gis_service.ledger import (
    ANNEX1_COLUMNS,
    ANNEX1_TITLE,
    LedgerEntry,
    ProblemEntry,
    annex_of,
    read_annex1,
    read_annex2,
    write_annex1,
    write_annex2,
)
from tests.ledger_files import ANNEX1_ROWS, NAMES, official, put, sheet_of_rows, with_sheet_xml

TWO_ROW_HEADER = (
    ("住宅物业管理区域信息台账",),
    ("序号", "物业管理区域名称", "小区名称", "所在地", "", "", "四至范围", "", "", "", "物业服务形态",
     "物业服务企业及项目负责人"),
    ("", "", "", "县区", "街道", "社区", "东至", "南至", "西至", "北至", "", "企业名称", "项目负责人", "联系电话"),
    (1, "甲区域", "甲", "迎江区", "人民路街道", "炮营山社区", "东路", "至南路", "西至西路", "", 1,
     "金桥物业公司", "张三", 13805560000),
)  # fmt: skip


def test_a_header_of_two_rows_with_split_columns_is_read(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    for row in TWO_ROW_HEADER:
        sheet.append(row)
    for column in "ABCK":
        sheet.merge_cells(f"{column}2:{column}3")
    path = tmp_path / "双表头.xlsx"
    workbook.save(path)
    (entry,) = read_annex1(path).entries
    assert (entry.county, entry.street, entry.neighborhood) == ("迎江区", "人民路街道", "炮营山社区")
    assert entry.abuttals_text == "东至东路，南至南路，西至西路"
    assert (entry.company, entry.manager, entry.manager_phone) == ("金桥物业公司", "张三", "13805560000")


def test_a_first_row_that_holds_words_of_the_header_is_data(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    official(1, put("A3", ""), put("F3", ""), put("G3", ""), put("H3", ""), put("J3", "")).save(path)
    workbook = openpyxl.load_workbook(path)
    workbook["附件1"]["E3"], workbook["附件1"]["I3"] = "四至：东至1号路", "项目负责人：张三 13805560000"
    workbook.save(path)
    entries = read_annex1(path).entries
    assert [entry.community_names for entry in entries] == [(name,) for name in NAMES]
    assert (entries[0].abuttals_text, entries[0].manager) == ("四至：东至1号路", "张三")


def test_the_year_and_the_county_come_from_the_lines_above_the_header(tmp_path: Path) -> None:
    path = tmp_path / "问题.xlsx"
    workbook = official(
        2, put("A1", "住宅物业服务问题整治工作台账（2023年7月）"), put("I3", "7月15日前"), put("C3", "")
    )
    workbook["附件2"].insert_rows(2)
    workbook["附件2"]["A2"] = "填报单位（盖章）：怀宁县住房和城乡建设局"
    workbook.save(path)
    reading = read_annex2(path)
    assert (reading.entries[0].county, reading.entries[0].deadline) == ("怀宁县", dt.date(2023, 7, 15))
    assert {issue.code for issue in reading.issues} == {"county_from_title", "date_year_assumed"}


def test_shared_strings_rich_texts_and_phonetic_hints_are_read(tmp_path: Path) -> None:
    texts = [*ANNEX1_COLUMNS, *map(str, ANNEX1_ROWS[0][1:5])]
    items = "".join(f"<si><r><t>{text[:2]}</t></r><r><t>{text[2:]}</t></r></si>" for text in texts)
    cells = "".join(f'<c t="s"><v>{at}</v></c>' for at in range(10))
    row = '<c r="A2"><v>1</v></c>' + "".join(f'<c t="s"><v>{at}</v></c>' for at in range(10, 14))
    hint = '<c t="inlineStr"><is><t>1</t><rPh sb="0" eb="1"><t>yi</t></rPh></is></c>'
    rows = [f'<row r="1">{cells}</row>', f"<row>{row}{hint}</row>"]
    path = with_sheet_xml(tmp_path / "共享.xlsx", sheet_of_rows(rows), strings=f"<sst>{items}</sst>".encode())
    (entry,) = read_annex1(path).entries
    assert (entry.seq, entry.community_names, entry.service_form) == (1, (NAMES[0],), ServiceForm.PROFESSIONAL)
    assert entry.neighborhood == "炮营山社区"


def test_texts_that_look_like_formulas_are_written_as_texts(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    dangerous = ('=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)")
    write_annex1([entry_with(area_name=text, row=at) for at, text in enumerate(dangerous, 3)], path)
    sheet = openpyxl.load_workbook(path)["附件1"]
    cells = [sheet.cell(row, 2) for row in range(3, 7)]
    assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in cells] == [
        (text, "s", True) for text in dangerous
    ]
    assert [entry.area_name for entry in read_annex1(path).entries] == list(dangerous)


def test_the_written_form_is_the_official_form(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    write_annex1([entry_with()], path)
    sheet = openpyxl.load_workbook(path)["附件1"]
    assert sheet["A1"].value == ANNEX1_TITLE
    assert "A1:J1" in {str(merged) for merged in sheet.merged_cells.ranges}
    assert tuple(cell.value for cell in sheet[2]) == ANNEX1_COLUMNS
    assert "1 专业化物业服务、2 社区统管" in str(sheet["A4"].value)
    assert sheet["E3"].alignment.wrap_text
    assert annex_of(path) == 1


HAN = st.characters(
    min_codepoint=0x4E00, max_codepoint=0x9FA5, exclude_characters="无没不空未同合总小共注说备填制审报联经单公机话式"
)
NAME = st.text(HAN, min_size=2, max_size=6)
STREET = NAME.filter(lambda name: not set(name) & set("省市县区镇乡")).map(lambda name: f"{name}街道")
LINE = st.text(HAN | st.sampled_from("，；（）=+-@ 、_x0041路2"), min_size=1, max_size=20).map(str.strip)
PROSE = st.lists(LINE.filter(lambda text: text.strip("-、")), min_size=1, max_size=3).map("\n".join)
PHONE = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True) | st.just("")


def entry_with(**values: object) -> LedgerEntry:
    plain = LedgerEntry(3, None, "甲区域", (), "", "", "", "", "", None, None, None, "", "", "", None)
    return replace(plain, **values)  # type: ignore[arg-type]


@st.composite
def ledger_entries(draw: st.DrawFn) -> LedgerEntry:
    county, street = draw(st.sampled_from(["迎江区", "怀宁县", "桐城市", "经开区"])), draw(STREET)
    neighborhood = "炮营山" + draw(st.sampled_from(["社区", "村", "居委会"]))
    joint = draw(st.sampled_from(["、", "\n", "/"]))
    suffix = draw(st.sampled_from(["物业有限公司", "居委会", "物业", ""]))
    return entry_with(
        seq=draw(st.none() | st.integers(1, 99_999)),
        area_name=draw(st.just("=") | NAME) + "区域",
        community_names=tuple(f"{name}花园" for name in draw(st.lists(NAME, max_size=3, unique=True))),
        division_text=joint.join((county, street, neighborhood)),
        county=county,
        street=street,
        neighborhood=neighborhood,
        abuttals_text=draw(st.just("") | PROSE.map(lambda text: f"东至{text}")),
        service_form=draw(st.none() | st.sampled_from(ServiceForm)),
        committee=draw(st.none() | st.sampled_from(CommitteeState)),
        party_coverage=draw(st.none() | st.sampled_from(PartyCoverage)),
        company=draw(st.just("") | NAME.map(lambda name: name + suffix)),
        manager=draw(st.just("") | st.text(HAN, min_size=2, max_size=3)),
        manager_phone=draw(PHONE),
        fee_rate=draw(st.none() | st.floats(0, 1, allow_subnormal=False).map(lambda rate: round(rate, 6))),
    )


@st.composite
def problem_entries(draw: st.DrawFn) -> ProblemEntry:
    day = draw(st.none() | st.dates(dt.date(2001, 1, 1), dt.date(2099, 12, 31)))
    return ProblemEntry(
        row=3,
        seq=draw(st.none() | st.integers(1, 99_999)),
        project_name=draw(NAME) + "花园",
        county=draw(st.sampled_from(["迎江区", "怀宁县", "桐城市", "经开区", ""])),
        company=draw(st.just("") | NAME.map(lambda name: f"{name}物业有限公司")),
        categories=tuple(draw(st.lists(st.integers(1, 30), max_size=3, unique=True))),
        content=draw(PROSE),
        progress=draw(st.just("") | PROSE),
        responsible=draw(st.just("") | NAME.map(lambda name: f"{name}街道 张三")),
        deadline=day,
        deadline_text=f"{day.year}年{day.month}月{day.day}日前"
        if day
        else draw(st.sampled_from(["", "长期", "立行立改"])),
        closed=draw(st.none() | st.booleans()),
        remark=draw(st.just("") | PROSE),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(entries=st.lists(ledger_entries(), min_size=1, max_size=4))
def test_what_is_written_as_annex_1_is_read_back_the_same(tmp_path: Path, entries: list[LedgerEntry]) -> None:
    path = tmp_path / "往返.xlsx"
    entries = [replace(entry, row=row) for row, entry in enumerate(entries, 3)]
    write_annex1(entries, path)
    reading = read_annex1(path)
    assert [replace(entry, raw={}) for entry in reading.entries] == entries
    assert {issue.code for issue in reading.issues} <= {
        "code_missing", "abuttals_missing", "seq_duplicate", "row_duplicate"
    }  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(entries=st.lists(problem_entries(), min_size=1, max_size=4))
def test_what_is_written_as_annex_2_is_read_back_the_same(tmp_path: Path, entries: list[ProblemEntry]) -> None:
    path = tmp_path / "往返.xlsx"
    entries = [replace(entry, row=row) for row, entry in enumerate(entries, 3)]
    write_annex2(entries, path)
    assert [replace(entry, raw={}) for entry in read_annex2(path).entries] == entries
