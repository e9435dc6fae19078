"""The monthly package of a reporting unit: everything in it opened again, and the same by command and by button."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import openpyxl
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, expect
from pypdf import PdfReader
from shapely import LineString, Point, box
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.errors import SetupError
from gis_service.exports import map_sheet
from gis_service.exports.map_sheet import Ink, MapSheet, Stratum, write_map_sheets
from tests.browser.resting import watch_rest
from tests.command_line import run
from tests.web import SETTINGS, bearing, refusal, served

pytestmark = pytest.mark.database
UNIT, MONTH = "迎江区", "2023-11"


@pytest.fixture(scope="module")
def app(own_sample_engine: Engine) -> FastAPI:
    return create_app(own_sample_engine, SETTINGS)


@pytest.fixture(scope="module")
def city(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app, Role.CITY) as client:
        yield client


@pytest.fixture(scope="module")
def packed(city: httpx.Client) -> zipfile.ZipFile:
    answer = city.get("/packages/file", params={"unit": UNIT, "month": MONTH}, timeout=120)
    assert answer.headers["content-type"] == "application/zip"
    assert "package.zip" in answer.headers["content-disposition"]
    return zipfile.ZipFile(io.BytesIO(answer.content))


def named(packed: zipfile.ZipFile, part: str) -> bytes:
    (name,) = (name for name in packed.namelist() if part in name)
    return packed.read(name)


def rows(packed: zipfile.ZipFile, part: str) -> list[dict[str, object]]:
    head, *found = openpyxl.load_workbook(io.BytesIO(named(packed, part))).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in found]


def test_both_forms_are_those_that_the_ledgers_give(city: httpx.Client, packed: zipfile.ZipFile) -> None:
    for annex in (1, 2):
        given = city.get(f"/ledgers/annex{annex}", params={"unit": UNIT, "as_of": "2023-11-30"}).content
        ours, theirs = (
            [[cell.value for cell in row] for sheet in openpyxl.load_workbook(io.BytesIO(content)) for row in sheet]
            for content in (named(packed, f"附件{annex}_"), given)
        )
        assert ours == theirs
        assert len(ours) > 30


def test_the_figures_are_those_of_the_coverage_desk_on_the_last_day(
    city: httpx.Client, packed: zipfile.ZipFile
) -> None:
    asked = {"as_of": "2023-11-30", "level": "reporting_unit", "within": UNIT}
    (told,) = (row for row in city.get("/coverage", params=asked).json()["rows"] if row["code"] == UNIT)
    whole, *streets = rows(packed, "覆盖统计")
    assert whole["区划"] == UNIT
    for title, figure in (
        ("小区数", "communities"),
        ("失管", "uncovered"),
        ("物业服务覆盖率", "coverage_rate"),
        ("业委会组建率", "committee_rate"),
        ("未销号问题", "problems_open"),
    ):
        assert whole[title] == pytest.approx(told[figure]), title
    assert sum(int(str(row["小区数"])) for row in streets) == whole["小区数"]
    assert len({row["小区编号"] for row in rows(packed, "失管小区")}) == whole["失管"]


def test_shares_read_as_per_cent_and_what_was_done_is_counted_unit_by_unit(
    city: httpx.Client, packed: zipfile.ZipFile
) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(named(packed, "覆盖统计"))).worksheets[0]
    formats = {str(head.value): cell.number_format for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert {name for name, form in formats.items() if form == "0.0%"} == {
        *("物业服务覆盖率", "业委会组建率", "党的工作覆盖率", "平均收缴率")
    }
    *units, whole = rows(packed, "问题整改")
    asked = {"within": UNIT, "date": "2023-11-30"}
    told = {row["unit"] or "未写明": row for row in city.get("/summary", params=asked).json()["rows"]}
    assert {row["责任单位"]: row["问题数"] for row in units} == {unit: row["total"] for unit, row in told.items()}
    assert whole["责任单位"] == "合计"
    for title in ("问题数", "已逾期", "本月新增", "本月申报完成", "本月销号"):
        assert whole[title] == sum(int(str(row[title])) for row in units)
        assert all(isinstance(row[title], int) for row in units), "numbers, which a sheet can add up"


def test_the_shapes_are_those_of_the_layers_and_hold_no_person(city: httpx.Client, packed: zipfile.ZipFile) -> None:
    areas = json.loads(named(packed, "物业管理区域_"))
    asked = {"reporting_unit": UNIT, "datetime": "2023-11-30", "resulttype": "hits"}
    hits = city.get("/collections/management_areas/items", params=asked)
    assert len(areas["features"]) == hits.json()["numberMatched"] > 30
    assert {one["properties"]["reporting_unit"] for one in areas["features"]} == {UNIT}
    assert not {"manager", "manager_phone"} & set(areas["features"][0]["properties"])
    assert len(json.loads(named(packed, "住宅小区"))["features"]) == rows(packed, "覆盖统计")[0]["小区数"]


def test_the_maps_are_two_sheets_of_a3_and_say_what_they_are(packed: zipfile.ZipFile) -> None:
    sizes, words = printed(named(packed, "专题图"))
    assert sizes == [pytest.approx((420, 297), abs=0.5)] * 2
    for part in ("迎江区住宅物业服务覆盖图", "迎江区问题与消防隐患图", "图例", "失管小区", "1 : 15,000", "北"):
        assert part in words, part
    for part in ("数据截至 2023-11-30", "未取得审图号，仅供内部使用", "含示例数据（虚构）", "消防车道，未测"):
        assert part in words, part


def printed(content: bytes) -> tuple[list[tuple[float, float]], str]:
    """The sizes of the pages in mm, and the words on them."""
    pages = PdfReader(io.BytesIO(content)).pages
    sizes = [(float(page.mediabox.width) / 72 * 25.4, float(page.mediabox.height) / 72 * 25.4) for page in pages]
    return sizes, "\n".join(page.extract_text() for page in pages).replace("\0", "")  # a slip of pypdf


def test_a_county_has_its_own_package_and_no_other(app: FastAPI, city: httpx.Client) -> None:
    with served(app, Role.COUNTY) as county:
        (own,) = county.get("/packages", headers={"Accept": "application/json"}).json()["units"]
        assert county.get("/packages/file", params={"unit": own, "month": MONTH}, timeout=120).status_code == 200
        other = next(one for one in city.get("/packages").json()["units"] if one != own)
        assert "只能下载本单位的月报" in refusal(
            county.get("/packages/file", params={"unit": other, "month": MONTH}), 403
        )
    with served(app, Role.PLANNER) as planner:
        assert planner.get("/packages").json()["units"] == []
        assert planner.get("/packages/file", params={"unit": own, "month": MONTH}).status_code == 403


@pytest.mark.usefixtures("packed")
def test_who_took_the_package_is_noted_with_whom_it_names(own_sample_engine: Engine) -> None:
    with own_sample_engine.connect() as connection:
        taken = connection.execute(text("select count(*) from audit.log where subject = 'county_package'")).scalar()
    assert taken


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"unit": "桐城市外", "month": MONTH}, "没有填报单位“桐城市外”，可用："),
        ({"unit": UNIT, "month": "2023-13"}, "月份应写成 2023-07 这样"),
        ({"unit": UNIT, "month": "2199-01"}, "还没有到"),
    ],
)
def test_what_there_is_no_package_of_is_refused(city: httpx.Client, asked: dict[str, str], told: str) -> None:
    answer = city.get("/packages/file", params=asked)
    assert answer.status_code in (400, 404)
    assert told in answer.json()["detail"]


def test_the_command_writes_the_same_files(own_sample_engine: Engine, packed: zipfile.ZipFile, tmp_path: Path) -> None:
    out = tmp_path / "月报.zip"
    done = run("package", UNIT, "--month", MONTH, "--out", out, database=own_sample_engine)
    assert done.exit_code == 0, done.output
    assert zipfile.ZipFile(out).namelist() == packed.namelist()


def test_a_clerk_chooses_unit_and_month_and_presses_one_button(browser: Browser, city: httpx.Client) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers=bearing(Role.CITY))
    watch_rest(context)
    page = context.new_page()
    page.goto(f"{city.base_url}/packages")
    page.get_by_label("填报单位").select_option(UNIT)
    page.get_by_label("月份").fill(MONTH)
    with page.expect_download(timeout=120_000) as waited:
        page.get_by_role("button", name="下载月报").click()
    assert waited.value.suggested_filename == "迎江区_住宅物业管理月报_202311.zip"
    assert zipfile.ZipFile(waited.value.path()).testzip() is None
    expect(page.locator("nav [aria-current=page]")).to_have_text("月报")
    context.close()


def test_a_machine_without_a_chinese_font_is_told_which_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(map_sheet, "_FONTS", ())
    with pytest.raises(SetupError, match="fonts-noto-cjk"):
        write_map_sheets([], tmp_path / "sheet.pdf")


def test_strange_shapes_are_drawn_or_left_out(tmp_path: Path) -> None:
    ring = box(0, 0, 900, 900) - box(300, 300, 600, 600)
    strata = [
        Stratum(
            Ink("有洞的面", fill="#eeeeee", stroke="#222222", hatch="cross"), [ring, box(5000, 5000, 6000, 6000)], 2
        ),
        Stratum(Ink("线", stroke="#222222", dash=(1, 1)), [LineString([(-500, 450), (1500, 450)]), LineString()]),
        Stratum(Ink("点", fill="#222222", sign="diamond"), [Point(100, 100), Point(100, 100)], 2),
        Stratum(Ink("叉", stroke="#222222", sign="cross"), [Point(200, 100)], 1),
    ]
    labels = [(Point(100, 100), "甲"), (Point(100, 101), "乙"), (Point(9e6, 0), "丙")]
    sheet = MapSheet("试", box(0, 0, 1000, 1000), strata, labels, ["注"], ["脚"])
    write_map_sheets([sheet], tmp_path / "sheet.pdf")
    _, words = printed((tmp_path / "sheet.pdf").read_bytes())
    assert "甲" in words
    assert not {"乙", "丙"} & set(words)
