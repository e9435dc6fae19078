"""Ledgers through bad days: a server killed in the middle of a job, an older month sent late, a settled side kept."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from gis_service.store.sample_accounts import password_of
from tests.browser.conftest import OFFICE_PC, Photograph
from tests.browser.people import Person, desk_server
from tests.browser.resting import watch_rest
from tests.browser.test_boundary_desk import OPEN, WEST_ROAD
from tests.conftest import copy_of
from tests.desk import CLERK, rows_of
from tests.import_files import SENTENCE, annex1, entry, rows, take_in
from tests.ledger_files import official, put
from tests.lines import eventually

pytestmark = [pytest.mark.browser, pytest.mark.database]
HERE = "宜秀区、菱北街道"
PATIENCE = 120_000  # ms
NAMES = "select name from management_areas where source_file = '附件1.xlsx' order by name"
OWN = ["滨江苑物业管理区域", "绿地新城物业管理区域", "阳光花园物业管理区域"]
SIDES = "select resolution_status, sides::text from management_areas where name = '阳光花园1'"
DRAFTS = (
    "select r.number, r.state, md5(r.geom::text) from area_revisions r join management_areas a on a.id = r.area_id"
    " where a.name = '阳光花园1' order by r.number"
)
HOLDS = "select count(*) from pg_locks where locktype = 'advisory' and classid = 4490003"  # a job, wherever
PROGRAM = """
import sys, uvicorn
from gis_service.api import create_app
from gis_service.settings import Settings
from gis_service.store.opening import make_engine
engine = make_engine(sys.stdin.readline().strip(), statement_timeout_ms=60_000)
uvicorn.run(create_app(engine, Settings(logins_a_minute=1000)), port=int(sys.argv[1]), log_level="error")
"""


class Server:
    """The real service as a process of its own, which can be killed with the jobs that it started."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held = socket.socket()  # so that nobody else is given the port, also while the server is down
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(("127.0.0.1", 0))
        self.port = self._held.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """It answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(self.port)], stdin=subprocess.PIPE, text=True
        )
        assert self.process.stdin is not None
        with self.process.stdin as told:
            told.write(self._engine.url.render_as_string(hide_password=False) + "\n")
        deadline = time.monotonic() + 300
        while True:
            assert self.process.poll() is None, "the server stopped while it was starting"
            assert time.monotonic() < deadline, "the server did not start within 300 s"
            try:
                httpx.get(f"{self.address}/healthz")
                return
            except httpx.TransportError:
                time.sleep(0.2)

    def kill(self) -> int:
        """SIGKILL for the server and its jobs, as when the machine loses power; says how many jobs there were."""
        standing_by = children(self.process.pid)  # at most one process, of which the jobs are forked
        jobs = {pid for each in standing_by for pid in children(each)}
        for pid in (self.process.pid, *standing_by, *jobs):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        return len(jobs)

    def close(self) -> None:
        """The server is gone, and its port with it."""
        self.kill()
        self._held.close()


def children(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {int(one) for task in tasks for one in (task / "children").read_text(encoding="ascii").split()}


@pytest.fixture
def town(own_sample_engine: Engine) -> Iterator[Engine]:
    with copy_of(own_sample_engine) as town:
        yield town


@pytest.fixture
def server(town: Engine) -> Iterator[Server]:
    server = Server(town)
    yield server
    server.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """The page of ledgers, at which the county sits."""
    context = browser.new_context(viewport={"width": OFFICE_PC[0], "height": OFFICE_PC[1]})
    watch_rest(context)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sits_down(page, server)
    yield page
    context.close()
    assert errors == []


def sits_down(page: Page, server: Server) -> None:
    """The county logs in and has the page of ledgers before it."""
    page.goto(f"{server.address}/login?next=/ledgers")
    page.locator("#login").fill("county")
    page.locator("#password").fill(password_of("county"))
    page.keyboard.press("Enter")
    expect(page.locator("#sent")).not_to_be_empty(timeout=PATIENCE)


def sheet(folder: Path, name: str = "附件1.xlsx", **cells: str | int | float) -> Path:
    """附件1 with three rows of the county, then with these cells."""
    book = official(1, *(put(f"D{at}", HERE) for at in (3, 4, 5)), *(put(at, value) for at, value in cells.items()))
    book.save(folder / name)
    return folder / name


def looked_at(page: Page, words: str) -> None:
    expect(page.locator("#report-title")).to_contain_text(words, timeout=PATIENCE)


def drop(page: Page, file: Path) -> None:
    """The file is dragged over the page and let go over the frame."""
    told = page.evaluate_handle(
        """([name, bytes]) => {
          const held = new DataTransfer();
          held.items.add(new File([new Uint8Array(bytes)], name));
          return held;
        }""",
        [file.name, list(file.read_bytes())],
    )
    page.dispatch_event("#drop", "dragenter", {"dataTransfer": told})
    page.dispatch_event("#drop", "dragover", {"dataTransfer": told})
    expect(page.locator("#drop")).to_have_class("drop over")
    page.dispatch_event("#drop", "drop", {"dataTransfer": told})
    expect(page.locator("#drop")).to_have_class("drop")


def test_a_file_that_is_dropped_on_the_page_is_looked_at(page: Page, town: Engine, tmp_path: Path) -> None:
    drop(page, sheet(tmp_path))
    looked_at(page, "附件1.xlsx")
    looked_at(page, "待确认")
    expect(page.locator(".counts li", has_text="新增").locator("b")).to_have_text("3")
    page.get_by_role("button", name="确认导入").click()
    looked_at(page, "已写入")
    assert [name for (name,) in rows(town, NAMES)] == OWN


def test_a_server_that_is_killed_while_a_ledger_is_written_offers_to_go_on_and_ends_right(
    page: Page, server: Server, town: Engine, photograph: Photograph, tmp_path: Path
) -> None:
    page.locator("#file").set_input_files(sheet(tmp_path))
    looked_at(page, "待确认")
    waits = "select count(*) from pg_locks where relation = 'area_facts'::regclass and not granted"
    with town.connect() as held, held.begin():
        held.execute(text("lock table area_facts in share mode"))  # the rows are written, what they say is not yet
        page.get_by_role("button", name="确认导入").click()
        expect(page.locator("#work progress")).to_be_visible(timeout=PATIENCE)
        deadline = time.monotonic() + 300
        while not rows(town, waits)[0][0]:
            assert time.monotonic() < deadline, "the job did not come to write what the ledger says"
            time.sleep(0.1)
        photograph(page, "ledger-running")
        page.goto("about:blank")
        assert server.kill() == 1, "one job was at work"
    assert rows(town, NAMES) == [], "nothing is half written"
    server.start()
    assert eventually(lambda: not rows(town, HOLDS)[0][0]), "the database let go of whoever was killed"
    sits_down(page, server)  # sessions ended with the server, which has no secret of its own
    stopped = page.locator("#sent tbody tr").first
    expect(stopped).to_contain_text("中途停了")
    stopped.get_by_role("link", name="查看").click()
    looked_at(page, "中途停了")
    expect(page.locator("#work")).to_contain_text("要么全部写入，要么一行没有")
    photograph(page, "ledger-stopped")
    page.get_by_role("button", name="接着做").click()
    looked_at(page, "已写入")
    assert [name for (name,) in rows(town, NAMES)] == OWN
    assert rows(town, "select new, author from import_batches where file_name = '附件1.xlsx'") == [(3, "county")]
    told = "select count(*) from area_facts f join import_batches b on b.id = f.batch_id where file_name = '附件1.xlsx'"
    assert rows(town, told) == [(3,)], "and every fact once"


def test_a_server_that_is_killed_while_it_looks_at_a_ledger_looks_again_without_being_sent_the_file(
    page: Page, server: Server, town: Engine, photograph: Photograph, tmp_path: Path
) -> None:
    waits = "select count(*) from pg_locks where relation = 'area_facts'::regclass and not granted"
    with town.connect() as held, held.begin():
        held.execute(text("lock table area_facts"))
        page.locator("#file").set_input_files(sheet(tmp_path))
        deadline = time.monotonic() + 300
        while not rows(town, waits)[0][0]:
            assert time.monotonic() < deadline, "the job did not come to compare the ledger"
            time.sleep(0.1)
        page.goto("about:blank")
        assert server.kill() == 1, "one job was at work"
    server.start()
    assert eventually(lambda: not rows(town, HOLDS)[0][0]), "the database let go of whoever was killed"
    sits_down(page, server)
    page.locator("#sent tbody tr").first.get_by_role("link", name="查看").click()
    looked_at(page, "中途停了")
    photograph(page, "ledger-stopped-looking")
    page.get_by_role("button", name="重新核对").click()
    looked_at(page, "待确认")
    expect(page.locator(".counts li", has_text="新增").locator("b")).to_have_text("3")
    page.get_by_role("button", name="确认导入").click()
    looked_at(page, "已写入")
    assert [name for (name,) in rows(town, NAMES)] == OWN


def test_a_month_that_is_sent_late_goes_into_history_and_leaves_today_alone(
    page: Page, town: Engine, photograph: Photograph, tmp_path: Path
) -> None:
    page.locator("#file").set_input_files(sheet(tmp_path, F3=2))
    looked_at(page, "待确认")
    page.get_by_role("button", name="确认导入").click()
    looked_at(page, "已写入")
    book = openpyxl.load_workbook(sheet(tmp_path, F3=1))
    book.worksheets[0]["A1"] = "住宅物业管理区域信息台账（2023年7月）"
    book.save(tmp_path / "补报.xlsx")
    page.locator("#file").set_input_files(tmp_path / "补报.xlsx")
    looked_at(page, "补报.xlsx")
    looked_at(page, "待确认")
    expect(page.locator("#report")).to_contain_text("表上写的是 2023 年 7 月")
    expect(page.get_by_role("region", name="改动的格")).to_contain_text("物业服务形态")
    page.get_by_label("台账日期").fill("2023-07-31")
    page.get_by_role("button", name="换成新的日期重新核对").click()
    looked_at(page, "补报.xlsx（2023-07-31）　待确认")
    expect(page.locator(".counts li", has_text="只记入历史").locator("b")).to_have_text("3")
    expect(page.get_by_role("region", name="改动的格")).to_have_count(0)
    photograph(page, "ledger-late")
    page.get_by_role("button", name="确认导入").click()
    looked_at(page, "已写入")
    form = "select service_form from {} where name = '阳光花园物业管理区域'"
    assert rows(town, form.format("management_areas")) == [(2,)]
    assert rows(town, form.format("areas_on('2023-08-01')")) == [(1,)]
    expect(page.locator("#sent tbody tr").first).to_contain_text("2023-07-31")


def test_a_side_that_somebody_settled_stays_settled_under_the_next_sheet(
    browser: Browser, engine: Engine, tmp_path: Path
) -> None:
    rows_of(engine, tmp_path, OPEN, SENTENCE)
    with desk_server(engine) as address:
        clerk = Person(browser, address, CLERK)
        clerk.opens()
        clerk.takes("阳光花园1")
        expect(clerk.page.get_by_role("region", name="指定西边")).to_be_visible()
        clerk.points(*WEST_ROAD)
        expect(clerk.page.locator(".verdict b")).to_have_text("草图")
        settled, drafts = rows(engine, SIDES), rows(engine, DRAFTS)
        take_in(
            engine, "ledger", annex1(tmp_path, entry(1, abuttals_text=OPEN, fee_rate=0.5), entry(2), name="次月.xlsx")
        )
        assert rows(engine, "select kind, side, person, live from judgements") == [("side", "W", "clerk", True)]
        clerk.opens()
        clerk.takes("阳光花园1")
        expect(clerk.page.locator(".verdict b")).to_have_text("草图")
        expect(clerk.page.get_by_role("region", name="指定西边")).to_have_count(0)
        assert rows(engine, SIDES) == settled
        assert rows(engine, DRAFTS) == drafts, "no draft is rewritten, and none is added that says the same"
        assert rows(engine, "select fee_rate from management_areas where name = '阳光花园1'") == [(0.5,)]
        clerk.leaves()
