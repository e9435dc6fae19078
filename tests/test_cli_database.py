"""Commands on the database: a dry run writes nothing, exports and maps are whole, `serve` starts and stops cleanly."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.store.opening import make_engine
from tests.command_line import PROGRAM, TOWN, refused, run
from tests.web import bearing

pytestmark = pytest.mark.database


# the database


def rows_in(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {table}")).scalar_one())  # noqa: S608


def test_a_dry_run_writes_nothing_and_a_second_import_changes_nothing(engine: Engine) -> None:
    words = ["import", "divisions", TOWN / "divisions.geojson"]
    before = rows_in(engine, "import_batches")
    dry = run(*words, database=engine)
    assert dry.exit_code == 0, dry.output
    assert "预演" in dry.stdout
    assert rows_in(engine, "divisions") == 0
    assert rows_in(engine, "import_batches") == before
    real = run(*words, "--commit", database=engine)
    assert real.exit_code == 0, real.output
    assert dry.stdout.split("：", 1)[1].split("\n", 1)[1] == real.stdout.split("：", 1)[1].split("\n", 1)[1]
    held = rows_in(engine, "divisions")
    assert f"新增 {held}  更新 0  不变 0" in real.stdout
    again = run(*words, "--commit", database=engine)
    assert f"新增 0  更新 0  不变 {held}" in again.stdout


def test_an_import_names_the_rows_that_need_mending(engine: Engine) -> None:
    result = run("import", "ledger", TOWN / "annex1.xlsx", "--max-issues", "5", database=engine)
    assert result.exit_code == 0, result.output
    assert "第 " in result.stderr
    assert re.search(r"另有 \d+ 条未列出", result.stderr)
    assert rows_in(engine, "management_areas") == 0


def test_an_import_of_an_unusable_file_ends_with_one(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_text("这不是工作簿", encoding="utf-8")
    result = run("import", "ledger", file, database=engine)
    assert result.exit_code == 1, result.output
    assert "a.xlsx" in result.stderr
    assert "Traceback" not in result.output


def test_a_layer_is_exported_as_its_file_says(sample_engine: Engine, tmp_path: Path) -> None:
    out = tmp_path / "小区.geojson"
    result = run("export", "communities", "--out", out, database=sample_engine)
    assert result.exit_code == 0, result.output
    features = json.loads(out.read_text(encoding="utf-8"))["features"]
    assert len(features) == rows_in(sample_engine, "communities")
    assert f"{len(features)} 个要素" in result.stdout
    part = run("export", "communities", "--out", out, "--bbox", "0,0,1,1", database=sample_engine)
    assert "0 个要素" in part.stdout
    assert "bbox 应为" in refused(run("export", "communities", "--out", out, "--bbox", "x", database=sample_engine))
    assert "不存在" in refused(run("export", "communities", "--out", tmp_path / "a/b.json", database=sample_engine))


def test_a_layer_is_exported_as_it_was_on_a_day(sample_engine: Engine, tmp_path: Path) -> None:
    out = tmp_path / "车道.geojson"
    then = run("export", "fire_lanes", "--out", out, "--as-of", "2023-06-20", database=sample_engine)
    assert then.exit_code == 0, then.output
    measured = [each["properties"]["measured_on"] for each in json.loads(out.read_text("utf-8"))["features"]]
    assert measured
    assert max(measured) <= "2023-06-20"
    assert len(measured) < rows_in(sample_engine, "fire_lanes")
    wrong = run("export", "fire_lanes", "--out", out, "--as-of", "昨天", database=sample_engine)
    assert "--as-of 应为" in refused(wrong)


def test_format_system_columns_and_encoding_of_an_export_are_as_asked(sample_engine: Engine, tmp_path: Path) -> None:
    out = tmp_path / "小区"
    wishes = ("--format", "shp", "--crs", "4548", "--encoding", "GB18030", "--columns", "name,neighborhood_code")
    result = run("export", "communities", "--out", out, *wishes, database=sample_engine)
    assert result.exit_code == 0, result.output
    assert "Shapefile，EPSG:4548" in result.stdout
    assert "neighborhood_code → neighborho" in result.stderr
    with zipfile.ZipFile(out) as archive:
        assert archive.read("communities.cpg") == b"GB18030"
        assert "CGCS2000_3_Degree_GK_CM_117E" in archive.read("communities.prj").decode()
    csv = run("export", "manholes", "--out", tmp_path / "井盖.csv", "--wkt", "--crs", "gcj02", database=sample_engine)
    assert csv.exit_code == 0, csv.output
    assert "WKT,坐标系" in (tmp_path / "井盖.csv").read_text(encoding="utf-8-sig").splitlines()[0]


@pytest.mark.parametrize("name", ["coverage", "hazards", "boundaries"])
def test_a_map_becomes_one_file_that_asks_nobody(sample_engine: Engine, tmp_path: Path, name: str) -> None:
    out = tmp_path / "图.html"
    result = run("map", name, "--out", out, database=sample_engine)
    assert result.exit_code == 0, result.output
    page = out.read_text(encoding="utf-8")
    assert "示例数据（虚构）" in page
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=[\"'](?!data:)", page)
    written = re.findall(r'<script type="application/json" id="data-(\w+)">(.*?)</script>', page, flags=re.DOTALL)
    layers = [json.loads(told) for what, told in written if what != "answers"]  # those are figures of the coverage desk
    assert len(layers) >= 3
    assert all(layer["type"] == "FeatureCollection" for layer in layers)


def test_the_database_tells_whether_it_needs_an_upgrade(cluster_url: str, engine: Engine) -> None:
    ready = run("db", "status", database=engine)
    assert ready.exit_code == 0
    assert "当前版本" in ready.stdout
    bare = make_engine(f"{cluster_url}?options=-csearch_path%3Dpublic_but_empty")
    assert run("db", "status", database=bare).exit_code == 1
    assert "请先运行 gis-service db upgrade" in refused(run("export", "places", "--out", "x.json", database=bare))
    assert "已是最新" in run("db", "upgrade", database=engine).stdout
    assert "已是最新" in run("db", "init", database=engine).stdout
    bare.dispose()


def test_a_database_that_is_away_is_named_without_its_password() -> None:
    away = make_engine("postgresql://nobody:secret@127.0.0.1:1/none")
    told = refused(run("db", "status", database=away))
    assert "127.0.0.1" in told
    assert "secret" not in told


def test_a_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIS_SERVICE_PORT", "viele")
    assert "GIS_SERVICE_PORT" in refused(run("db", "status"))


# serve


@contextmanager
def serving(env: dict[str, str], *flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program as a person starts it, and the address that it prints."""
    clean = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if "GIS_SERVICE_DATA_DIR" not in env:  # there the program makes a key of its own
        clean |= {"GIS_SERVICE_SECRET": "of this test alone, and long enough"}
    command = [*PROGRAM, "serve", *flags]
    with subprocess.Popen(
        command, env=clean | env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        watchdog = threading.Timer(900, program.kill)
        watchdog.start()
        try:
            line = program.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            yield program, found.group() if found else ""
        finally:
            watchdog.cancel()
            program.terminate()


def fetched(address: str) -> Any:
    return httpx.get(address, timeout=60).raise_for_status().json()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_prints_its_address_and_stops_when_asked(engine: Engine, number: signal.Signals) -> None:
    database = {"DATABASE_URL": engine.url.render_as_string(hide_password=False)}
    with serving(database, "--port", "0", "--no-sample") as (program, address):
        assert fetched(f"{address}healthz")["status"] == "ok"
        program.send_signal(number)
        _, complained = program.communicate(timeout=300)
        assert program.returncode == 0
        assert "Traceback" not in complained
        assert "服务已停止" in complained


def test_a_server_asked_to_stop_ends_the_answers_it_has_begun(engine: Engine) -> None:
    with engine.begin() as connection:  # 27 MB: more than the sockets between hold
        columns = "insert into places (id, name, kind, aliases, division_code, source, tags, sample, geom) "
        rows = "select 'stop' || n, repeat('路', 3000), 'building', '{}', '', '', '{}', true, "
        shape = "ST_Buffer(ST_SetSRID(ST_Point(117 + n * 1e-5, 30.5), 4490), 1e-5) from generate_series(1, 3000) n"
        connection.execute(text(columns + rows + shape))
    env = {"DATABASE_URL": engine.url.render_as_string(hide_password=False), "GIS_SERVICE_LOG_FORMAT": "json"}
    with serving(env, "--port", "0", "--no-sample") as (program, address):
        asking = bearing(Role.PLANNER)
        with httpx.stream(
            "GET", f"{address}collections/places/items?limit=10000", timeout=30, headers=asking
        ) as answer:
            pieces = answer.iter_bytes()
            begun = next(pieces)
            program.send_signal(signal.SIGTERM)
            whole = json.loads(begun + b"".join(pieces))
        _, complained = program.communicate(timeout=300)
    assert len(whole["features"]) == whole["numberMatched"] >= 3000
    assert program.returncode == 0
    (line,) = (json.loads(line) for line in complained.splitlines() if line.startswith("{"))
    assert (line["logger"], line["status"], line["complete"]) == ("gis_service.access", 200, True)
    assert line["request_id"] == answer.headers["x-request-id"]


def test_a_reader_who_takes_nothing_does_not_keep_the_server_from_stopping(engine: Engine) -> None:
    env = {"DATABASE_URL": engine.url.render_as_string(hide_password=False)}
    with serving(env, "--port", "0", "--no-sample") as (program, address):
        host, port = address.removeprefix("http://").rstrip("/").split(":")
        with socket.create_connection((host, int(port)), 30) as line:
            asking = f"Authorization: {bearing(Role.PLANNER)['Authorization']}\r\n"
            line.sendall(f"GET /collections/places/items?limit=10000 HTTP/1.1\r\nHost: x\r\n{asking}\r\n".encode())
            assert line.recv(12) == b"HTTP/1.1 200"
            program.send_signal(signal.SIGTERM)
            _, complained = program.communicate(timeout=300)
    assert program.returncode == 0
    assert "服务已停止" in complained


def test_a_taken_port_is_given_way_unless_it_was_asked_for(engine: Engine) -> None:
    database = {"DATABASE_URL": engine.url.render_as_string(hide_password=False)}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "端口已被占用" in refused(run("serve", "--port", port, "--no-sample"))
        with serving({**database, "GIS_SERVICE_PORT": port}, "--no-sample") as (_, address):
            assert f":{port}/" not in address
            assert fetched(f"{address}healthz")["status"] == "ok"


def test_a_server_for_others_refuses_passwords_that_everybody_knows(engine: Engine) -> None:
    told = refused(run("serve", "--host", "0.0.0.0", "--port", "0", "--no-sample", database=engine))  # noqa: S104
    assert "示例账户（planner、fire、city、admin）的密码是公开的" in told.replace("\n", "")
    assert "gis-service user remove-sample" in told


def test_with_no_database_the_server_brings_its_own_and_takes_it_along() -> None:
    home = Path(tempfile.mkdtemp(prefix="gis-service-serve-"))
    home.chmod(0o755)
    try:
        with serving({"GIS_SERVICE_DATA_DIR": str(home)}, "--port", "0", "--no-sample") as (program, address):
            assert fetched(f"{address}healthz")["schema"]["up_to_date"]
            assert list(home.rglob("postmaster.pid"))
            key = home / "secret.key"
            assert (key.stat().st_mode & 0o777, len(key.read_text())) == (0o600, 64)
            program.send_signal(signal.SIGTERM)
            _, said = program.communicate(timeout=300)
        assert "还没有账户" in said
        assert not list(home.rglob("postmaster.pid"))
    finally:
        shutil.rmtree(home)
