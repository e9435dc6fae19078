"""A clerk's month: the ledger is dropped on the page, looked at, mended, kept; damaged files; two clerks at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from gis_service.access import Role
from tests.browser.conftest import LARGE, OFFICE_PC, PHONE, Photograph, enter, serving, watching
from tests.browser.seeing import EVERY, barriers
from tests.import_files import rows
from tests.ledger_files import official, put

pytestmark = [pytest.mark.browser, pytest.mark.database]
HERE = "宜秀区、菱北街道"
Desk = Callable[..., Page]
PATIENCE = 90_000  # ms; a preview is a process of its own, on a small machine with much to do
AREAS = "select name, service_form from management_areas where source_file = '附件1.xlsx' order by name"


@pytest.fixture(scope="module")
def server(own_sample_engine: Engine) -> Iterator[str]:
    with serving(own_sample_engine) as address:
        yield address


@pytest.fixture
def desk(browser: Browser, server: str) -> Iterator[Desk]:
    """Opens the page of ledgers as somebody who logged in by the form; nothing may go wrong on it."""
    with watching(browser) as made:

        def opened(role: Role = Role.COUNTY, size: tuple[int, int] = OFFICE_PC) -> Page:
            page = made(server, size)
            enter(page, server, role, "/ledgers")
            expect(page.locator("#sent")).not_to_be_empty(timeout=PATIENCE)
            return page

        yield opened


def sheet(folder: Path, name: str = "附件1.xlsx", place: str = HERE, **cells: Any) -> Path:
    """附件1 with three rows of the county, then with these cells."""
    book = official(1, *(put(f"D{at}", place) for at in (3, 4, 5)), *(put(at, value) for at, value in cells.items()))
    book.save(folder / name)
    return folder / name


def choose(page: Page, path: Path) -> None:
    page.locator("#file").set_input_files(path)


def looked_at(page: Page, words: str = "待确认") -> None:
    """The work is done, and what came of it stands on the page."""
    expect(page.locator("#report-title")).to_contain_text(words, timeout=PATIENCE)


def count(page: Page, words: str) -> int:
    told = page.locator(".counts li", has_text=words).locator("b").inner_text()
    return int(told.replace(",", ""))


def sideways(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_a_clerk_sends_the_ledger_mends_what_is_red_and_keeps_it(
    desk: Desk, own_sample_engine: Engine, photograph: Photograph, tmp_path: Path
) -> None:
    page = desk()
    choose(page, sheet(tmp_path, F4=8))
    looked_at(page)
    assert (count(page, "新增"), count(page, "更新"), count(page, "不变")) == (3, 0, 0)
    bad = page.locator("#report tr.warning", has_text="F4")
    expect(bad).to_contain_text("附件1")
    expect(bad).to_contain_text("第 4 行")
    expect(bad).to_contain_text("填写了“8”，可填 1–6")
    photograph(page, "ledger-preview")
    assert rows(own_sample_engine, AREAS) == [], "nothing is kept before somebody says so"
    with page.expect_download() as coming:
        page.get_by_role("link", name="标红的表格", exact=True).click()
    coming.value.save_as(tmp_path / "退.xlsx")
    back = openpyxl.load_workbook(tmp_path / "退.xlsx")["附件1"]
    assert back["F4"].fill.fgColor.rgb == "FFFFC7CE"
    page.get_by_role("button", name="放弃").click()
    expect(page.locator("#work")).to_contain_text("已放弃，没有写入", timeout=PATIENCE)
    choose(page, sheet(tmp_path))
    looked_at(page)
    page.get_by_role("button", name="确认导入").click()
    looked_at(page, "已写入")
    assert rows(own_sample_engine, AREAS) == [
        ("滨江苑物业管理区域", 1), ("绿地新城物业管理区域", 1), ("阳光花园物业管理区域", 1)
    ]  # fmt: skip
    first = page.locator("#sent tbody tr").first
    expect(first).to_contain_text("county")
    expect(first).to_contain_text("已写入")
    with page.expect_download() as coming:
        first.get_by_role("link", name="原件").click()
    coming.value.save_as(tmp_path / "原件.xlsx")
    assert (tmp_path / "原件.xlsx").read_bytes() == (tmp_path / "附件1.xlsx").read_bytes()


def test_the_next_sheet_shows_every_cell_before_and_after_and_what_is_gone(
    desk: Desk, photograph: Photograph, tmp_path: Path
) -> None:
    page = desk()
    choose(page, sheet(tmp_path, F3=5, J4=0.5))
    looked_at(page)
    changed = page.get_by_role("region", name="改动的格").locator("tbody tr")
    expect(changed).to_have_count(2)
    expect(changed.first).to_contain_text("物业服务形态")
    expect(changed.first.locator("del")).to_have_text("1")
    expect(changed.first.locator("ins")).to_have_text("5")
    expect(page.locator("#report summary").first).to_contain_text("仍然保留")
    photograph(page, "ledger-changes")


def test_a_damaged_workbook_and_a_wrong_one_are_told_in_words_and_cannot_be_kept(desk: Desk, tmp_path: Path) -> None:
    page = desk()
    whole = sheet(tmp_path).read_bytes()
    (tmp_path / "没传完.xlsx").write_bytes(whole[: len(whole) // 2])
    choose(page, tmp_path / "没传完.xlsx")
    looked_at(page)
    expect(page.locator("#report tr.error")).to_contain_text("文件不完整或已损坏")
    expect(page.get_by_role("button", name="确认导入")).to_have_count(0)
    (tmp_path / "通知.xlsx").write_bytes(b"%PDF-1.7")
    choose(page, tmp_path / "通知.xlsx")
    expect(page.locator("#report-title")).to_contain_text("通知.xlsx", timeout=PATIENCE)
    expect(page.locator("#report tr.error")).to_contain_text("这是PDF 文件，不是 Excel 工作簿")
    choose(page, sheet(tmp_path, "外县.xlsx", "怀宁县、高河镇"))
    expect(page.locator("#report-title")).to_contain_text("外县.xlsx", timeout=PATIENCE)
    expect(page.locator("#work")).to_contain_text("不属于您的填报单位：怀宁县")
    expect(page.get_by_role("button", name="确认导入")).to_have_count(0)


def test_of_two_clerks_at_once_the_later_one_looks_again_at_what_has_changed(desk: Desk, tmp_path: Path) -> None:
    first, second = desk(), desk(Role.CITY)
    for name in "一二":
        (tmp_path / name).mkdir()
    choose(first, sheet(tmp_path / "一", F3=2))
    choose(second, sheet(tmp_path / "二", F3=3))
    looked_at(first)
    looked_at(second)
    first.get_by_role("button", name="确认导入").click()
    looked_at(first, "已写入")
    second.get_by_role("button", name="确认导入").click()
    looked_at(second, "没有写入")
    expect(second.locator("#work")).to_contain_text("预演之后台账又有变化")
    second.get_by_role("button", name="重新核对").click()
    looked_at(second)
    cell = second.get_by_role("region", name="改动的格").locator("tbody tr").first
    expect(cell.locator("del")).to_have_text("2")
    expect(cell.locator("ins")).to_have_text("3")


def test_a_county_downloads_its_own_form_with_codes(desk: Desk, server: str, tmp_path: Path) -> None:
    page = desk()
    expect(page.locator("#unit option")).to_have_text(["宜秀区"])
    page.get_by_label("附件1 带区域编号").check()
    with page.expect_download() as coming:
        page.get_by_role("button", name="下载").click()
    coming.value.save_as(tmp_path / "附件1.xlsx")
    told = [
        cell.value
        for line in openpyxl.load_workbook(tmp_path / "附件1.xlsx").worksheets[0].iter_rows()
        for cell in line
    ]
    assert "区域编号" in told
    assert any(str(value).startswith("WY-340811-") for value in told)
    page.goto(server, wait_until="networkidle")
    page.get_by_role("navigation", name="统计页面").get_by_role("link", name="台账").click()
    expect(page.locator("h1")).to_have_text("台账")
    expect(page.locator("#sent table")).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("size", [OFFICE_PC, LARGE, PHONE], ids=["office", "large", "phone"])
def test_the_page_is_for_everybody_on_every_screen_and_by_keyboard(
    desk: Desk, photograph: Photograph, tmp_path: Path, size: tuple[int, int]
) -> None:
    page = desk(size=size)
    choose(page, sheet(tmp_path, F4=8, J5="九成"))
    looked_at(page)
    assert sideways(page) <= 0
    assert barriers(page, EVERY) == []
    photograph(page, f"ledger-{size[0]}")
    expect(page.locator("#report-title")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="确认导入")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#work")).to_contain_text("已放弃，没有写入", timeout=PATIENCE)
