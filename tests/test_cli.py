"""The command line: fixed forms that other tools call, Chinese words for misuse, and nothing written by a dry run."""

from __future__ import annotations

import codecs
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from gis_service.cli import app
from gis_service.cli.wording import chinese_complaint, spread
from gis_service.cli.writing import write_text
from gis_service.errors import BadRequestError
from gis_service.ledger import read_annex1
from gis_service.resources import shared
from gis_service.store.opening import make_engine

SENTENCE = "东至龙山路，南至菱湖南路（湖滨路），西至公园路，北至湖心北路以南50米"
PROGRAM = (sys.executable, "-c", "from gis_service.cli import main; main()")
TOWN = shared("data") / "boundaries" / "sample_town"


def run(*arguments: object, stdin: bytes | None = None, database: Engine | None = None) -> Result:
    env = {"DATABASE_URL": None if database is None else database.url.render_as_string(hide_password=False)}
    return CliRunner(env=env).invoke(app, [str(argument) for argument in arguments], input=stdin)


def objects(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.split("\n")[:-1]]


def refused(result: Result) -> str:
    """What a person reads after misuse: exit code 2, nothing on stdout, no traceback."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("错误：")
    return result.stderr


# parse


def test_a_sentence_becomes_one_object_on_one_line() -> None:
    result = run("parse", SENTENCE)
    (parsed,) = objects(result)
    assert list(parsed) == ["text", "parts", "exclude", "include", "issues", "usable"]
    assert parsed["text"] == SENTENCE
    assert "龙山路" in result.stdout  # Chinese as it is, not escaped
    (east,) = parsed["parts"][0]["sides"]["E"]
    assert {"anchor", "alias", "basis", "offset_m", "offset_dir", "span"} <= set(east)
    assert SENTENCE[slice(*east["span"])] == east["anchor"] == "龙山路"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_is_read_in_any_chinese_encoding(tmp_path: Path, encoding: str) -> None:
    sentences = [f"东至{road}路，南至河，西至山，北至桥" for road in ("联通", "中山", "𠮷祥")]
    file = tmp_path / "四至.txt"
    file.write_bytes("\r\n".join(sentences).encode(encoding))
    assert [parsed["text"] for parsed in objects(run("parse", "--file", file))] == sentences


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_standard_input_is_read_as_it_comes(mark: bytes) -> None:
    stdin = mark + f"{SENTENCE}\n\n北至江\n".encode()
    assert [parsed["text"] for parsed in objects(run("parse", "--file", "-", stdin=stdin))] == [SENTENCE, "", "北至江"]


def test_standard_input_in_gb18030_is_understood() -> None:
    stdin = f"abc\n{SENTENCE}\n北至江".encode("gb18030")
    assert [parsed["text"] for parsed in objects(run("parse", "--file", "-", stdin=stdin))] == [
        "abc",
        SENTENCE,
        "北至江",
    ]


def test_blank_lines_keep_their_place_and_are_not_usable(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(f"\n{SENTENCE}\n   \n", encoding="utf-8")
    parsed = objects(run("parse", "--file", file))
    assert [(one["text"], one["usable"]) for one in parsed] == [("", False), (SENTENCE, True), ("   ", False)]


def test_an_empty_file_gives_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.touch()
    assert run("parse", "--file", file).stdout == ""


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")), max_size=5))
def test_one_line_in_is_one_line_out_whatever_it_holds(lines: list[str]) -> None:
    stdin = "".join(f"{line}\n" for line in lines).encode()
    result = run("parse", "--file", "-", stdin=stdin)
    assert len(result.stdout.splitlines()) == len(lines)
    kept = [line.removeprefix("\ufeff") if number == 0 else line for number, line in enumerate(lines)]
    assert [parsed["text"] for parsed in objects(result)] == kept


def test_the_given_sentences_come_out_in_order(shared_dir: Path, tmp_path: Path) -> None:
    lines = (shared_dir / "data/boundary_texts/texts.jsonl").read_text(encoding="utf-8").splitlines()
    sentences = [json.loads(line)["text"] for line in lines]
    file = tmp_path / "a.txt"
    file.write_text("\n".join(sentence.replace("\n", " ") for sentence in sentences), encoding="utf-8")
    parsed = objects(run("parse", "--file", file))
    assert [one["text"] for one in parsed] == [sentence.replace("\n", " ") for sentence in sentences]
    assert len(parsed) == 701


def test_parse_wants_either_a_sentence_or_a_file(tmp_path: Path) -> None:
    assert "二者选一" in refused(run("parse"))
    assert "二者选一" in refused(run("parse", SENTENCE, "--file", tmp_path / "a.txt"))


@pytest.mark.parametrize("name", ["没有.txt", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    assert str(tmp_path / name) in refused(run("parse", "--file", tmp_path / name))


def test_the_program_writes_utf8_whatever_the_locale() -> None:
    env = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*PROGRAM, "parse", SENTENCE], env=env, capture_output=True, check=True)
    assert json.loads(done.stdout.decode("utf-8"))["text"] == SENTENCE
    assert done.stderr == b""


def test_a_reader_that_stops_early_gets_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(f"{SENTENCE}\n" * 2000, encoding="utf-8")
    with subprocess.Popen(
        [*PROGRAM, "parse", "--file", file], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        assert program.stdout
        assert program.stderr
        assert json.loads(program.stdout.readline())["text"] == SENTENCE
        program.stdout.close()
        assert program.stderr.read() == b""


def test_parse_loads_no_map_and_no_database_library() -> None:
    code = (
        "import sys; from gis_service.cli import app\n"
        f"try: app(['parse', {SENTENCE!r}])\n"
        "except SystemExit: pass\n"
        "print(*sorted({'folium', 'geopandas', 'pandas', 'sqlalchemy', 'fastapi', 'shapely'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.splitlines()[1:] == [""]


# misuse


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["prase"], "没有命令 prase"),
        (["parse", "--flie", "x"], "没有选项 --flie"),
        (["parse", "--file"], "选项 --file 后面要跟一个值"),
        (["parse", "a", "b"], "多余的参数：b"),
        (["resolve"], "缺少选项 --ledger"),
        (["serve", "--port", "abc"], "--port 应为整数"),
        (["serve", "--port", "99999"], "--port 超出范围"),
        (["import", "houses", "x.xlsx"], "不能导入 houses，可用：ledger"),
        (["import", "ledger", "/没有.xlsx"], "无法读取 /没有.xlsx：文件或文件夹不存在"),
        (["export", "hauses", "--out", "x.geojson"], "没有图层“hauses”，可用："),
        (["export", "communities", "--out", "x.shp"], "文件名应以 .geojson 或 .json 结尾"),
        (["map", "coverage", "--out", "x.pdf"], ".html"),
        (["map", "nowhere", "--out", "x.html"], "没有地图“nowhere”，可用："),
    ],
)
def test_misuse_is_answered_in_chinese(arguments: list[str], told: str) -> None:
    assert told in refused(run(*arguments))


def test_help_is_chinese_throughout() -> None:
    pages = [run(*words, "--help").stdout for words in ([], ["parse"], ["resolve"], ["import"], ["serve"], ["db"])]
    for page in pages:
        assert "用法：" in page
        assert not {"Usage", "Options:", "Arguments:", "Commands:", "required", "default", "Show"} & set(page.split())


def test_an_unknown_complaint_is_passed_on_as_it_is() -> None:
    assert chinese_complaint("something else") == "something else"


@settings(deadline=None)
@given(st.lists(st.sampled_from(["--gazetteer", "--out", "a", "b", "c"])))
def test_spreading_a_flag_loses_no_value_and_no_order(arguments: list[str]) -> None:
    spread_out = spread("--gazetteer", arguments)
    assert [word for word in spread_out if word != "--gazetteer"] == [w for w in arguments if w != "--gazetteer"]
    assert spread("--gazetteer", spread_out) == spread_out


def test_the_version_is_told() -> None:
    assert run("--version").stdout.strip().count(".") == 2


# files that are written


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "a.geojson"
    out.write_text("before", encoding="utf-8")

    def breaking() -> Iterator[str]:
        yield "half"
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        write_text(out, breaking())
    assert out.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(("name", "why"), [("没有/a.html", "不存在"), (".", "文件夹")])
def test_what_cannot_be_written_is_named_with_the_reason(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(BadRequestError, match=why):
        write_text(tmp_path / name, ["x"])


# resolve


@pytest.fixture(scope="module")
def drafts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `resolve` writes for the sample town."""
    out = tmp_path_factory.mktemp("drafts") / "A.geojson"
    result = run("resolve", "--ledger", TOWN / "annex1.xlsx", "--gazetteer", TOWN / "gazetteer.geojson", "--out", out)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "已落图" in result.stderr
    assert "第 " in result.stderr  # issues name the row
    written: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return written


def test_every_row_of_the_ledger_becomes_one_feature(drafts: dict[str, Any]) -> None:
    entries = read_annex1(TOWN / "annex1.xlsx").entries
    assert set(drafts) == {"type", "features"}
    assert [feature["id"] for feature in drafts["features"]] == [entry.row for entry in entries]
    told = [(feature["properties"]["seq"], feature["properties"]["name"]) for feature in drafts["features"]]
    assert told == [(entry.seq, entry.area_name) for entry in entries]


def test_the_geometry_is_what_the_status_says(drafts: dict[str, Any]) -> None:
    seen = set()
    for feature in drafts["features"]:
        status, geometry = feature["properties"]["status"], feature["geometry"]
        seen.add(status)
        assert 0 <= feature["properties"]["confidence"] <= 1
        if status == "resolved":
            assert geometry["type"] in ("Polygon", "MultiPolygon")
            assert shapely.from_geojson(json.dumps(geometry)).is_valid
        elif status == "partial":
            assert geometry["type"] == "MultiLineString"
        else:
            assert geometry is None
    assert {"resolved", "partial", "unresolved"} <= seen <= {"resolved", "partial", "ambiguous", "unresolved"}


def test_polygons_keep_the_right_hand_and_lie_in_the_town(drafts: dict[str, Any]) -> None:
    town = shapely.box(*shapely.from_geojson((TOWN / "gazetteer.geojson").read_text(encoding="utf-8")).bounds)
    for feature in drafts["features"]:
        for ring, hole in rings(feature["geometry"]):
            assert ring[0] == ring[-1]
            assert shapely.LinearRing(ring).is_ccw != hole
            assert town.covers(shapely.Polygon(ring))
            assert all(round(number, 7) == number for point in ring for number in point)


def rings(geometry: dict[str, Any] | None) -> Iterator[tuple[list[list[float]], bool]]:
    """Each ring of a polygon, and whether it is a hole."""
    if geometry is None or "Polygon" not in geometry["type"]:
        return
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        yield from ((ring, number > 0) for number, ring in enumerate(polygon))


def test_a_side_says_which_words_became_which_place_and_why(drafts: dict[str, Any]) -> None:
    for feature in drafts["features"]:
        told = feature["properties"]
        for side in told["sides"]:
            assert side["side"] in "ESWN"
            assert side["anchor"]
            assert side["why"]
            for start, end in side["spans"]:
                assert told["abuttals_text"][start:end] in side["anchor"]
        if told["status"] == "resolved":
            assert all(side["place"] for side in told["sides"] if side["resolved"])
        else:
            assert told["issues"], "a row that is open says why"
        assert all(set(issue) >= {"code", "message"} for issue in told["issues"])
        assert len({json.dumps(issue) for issue in told["issues"]}) == len(told["issues"])


def test_a_draft_names_no_person(drafts: dict[str, Any]) -> None:
    text = json.dumps(drafts, ensure_ascii=False)
    people = {entry.manager for entry in read_annex1(TOWN / "annex1.xlsx").entries} - {""}
    phones = {entry.manager_phone for entry in read_annex1(TOWN / "annex1.xlsx").entries} - {""}
    assert people
    assert phones
    assert not [word for word in people | phones if word in text]


def test_the_gazetteer_may_come_in_several_files_and_folders(drafts: dict[str, Any], tmp_path: Path) -> None:
    features = json.loads((TOWN / "gazetteer.geojson").read_text(encoding="utf-8"))["features"]
    folder = tmp_path / "地名"
    folder.mkdir()
    half = len(features) // 2
    for path, part in ((folder / "a.geojson", features[:half]), (tmp_path / "b.geojson", features[half:])):
        path.write_text(json.dumps({"type": "FeatureCollection", "features": part}), encoding="utf-8")
    results = []
    for number, flags in enumerate(
        [
            ["--gazetteer", folder, tmp_path / "b.geojson"],
            ["--gazetteer", folder / "a.geojson", "--gazetteer", tmp_path / "b.geojson"],
        ]
    ):
        out = tmp_path / f"{number}.geojson"
        result = run("resolve", *flags, "--ledger", TOWN / "annex1.xlsx", "--out", out)
        assert result.exit_code == 0, result.output
        results.append(json.loads(out.read_text(encoding="utf-8")))
    assert results[0] == results[1]
    counts = [
        sum(one["properties"]["status"] == "resolved" for one in found["features"]) for found in (results[0], drafts)
    ]
    assert abs(counts[0] - counts[1]) <= 2


def test_the_centre_line_gives_larger_areas_than_the_near_edge(drafts: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "a.geojson"
    near = ["resolve", "--ledger", TOWN / "annex1.xlsx", "--gazetteer", TOWN / "gazetteer.geojson", "--out", out]
    assert run(*near, "--edge", "centerline").exit_code == 0
    wide = json.loads(out.read_text(encoding="utf-8"))["features"]
    pairs = [
        (shapely.from_geojson(json.dumps(a["geometry"])).area, shapely.from_geojson(json.dumps(b["geometry"])).area)
        for a, b in zip(drafts["features"], wide, strict=True)
        if a["properties"]["status"] == b["properties"]["status"] == "resolved"
    ]
    assert len(pairs) > 50
    assert sum(narrow < broad for narrow, broad in pairs) > 0.95 * len(pairs)


def test_resolve_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    ledger, places, out = TOWN / "annex1.xlsx", TOWN / "gazetteer.geojson", tmp_path / "a.geojson"
    words = ["resolve", "--ledger", ledger, "--gazetteer", places]
    assert "--edge 不能是 wide，可用：near" in refused(run(*words, "--out", out, "--edge", "wide"))
    assert "无法写入" in refused(run(*words, "--out", tmp_path / "没有" / "a.geojson"))
    copy = tmp_path / "l.xlsx"
    copy.write_bytes(ledger.read_bytes())
    told = refused(run("resolve", "--ledger", copy, "--gazetteer", places, "--out", copy))
    assert "与输入文件相同" in told
    assert copy.read_bytes() == ledger.read_bytes()
    assert "里没有可用的文件" in refused(run("resolve", "--ledger", ledger, "--gazetteer", tmp_path, "--out", out))
    assert "无法读取" in refused(run("resolve", "--ledger", tmp_path / "x", "--gazetteer", places, "--out", out))


def test_a_file_that_is_no_ledger_is_said_to_be_unusable(tmp_path: Path) -> None:
    ledger, out = tmp_path / "a.xlsx", tmp_path / "a.geojson"
    ledger.write_text("这不是工作簿", encoding="utf-8")
    result = run("resolve", "--ledger", ledger, "--gazetteer", TOWN / "gazetteer.geojson", "--out", out)
    assert result.exit_code == 1
    assert "没有可用的台账行" in result.stderr
    assert not out.exists()


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


@pytest.mark.parametrize("name", ["coverage", "hazards", "boundaries"])
def test_a_map_becomes_one_file_that_asks_nobody(sample_engine: Engine, tmp_path: Path, name: str) -> None:
    out = tmp_path / "图.html"
    result = run("map", name, "--out", out, database=sample_engine)
    assert result.exit_code == 0, result.output
    page = out.read_text(encoding="utf-8")
    assert "示例数据（虚构）" in page
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=[\"'](?!data:)", page)
    written = re.findall(r'<script type="application/json" id="data-(\w+)">(.*?)</script>', page, flags=re.DOTALL)
    assert len(written) >= 3
    assert all(json.loads(features)["type"] == "FeatureCollection" for _, features in written)


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
    command = [*PROGRAM, "serve", *flags]
    with subprocess.Popen(
        command, env=clean | env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        watchdog = threading.Timer(120, program.kill)
        watchdog.start()
        try:
            line = program.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            yield program, found.group() if found else ""
        finally:
            watchdog.cancel()
            program.terminate()


def fetched(address: str) -> Any:
    return httpx.get(address, timeout=10).raise_for_status().json()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_prints_its_address_and_stops_when_asked(engine: Engine, number: signal.Signals) -> None:
    database = {"DATABASE_URL": engine.url.render_as_string(hide_password=False)}
    with serving(database, "--port", "0", "--no-sample") as (program, address):
        assert fetched(f"{address}healthz")["status"] == "ok"
        program.send_signal(number)
        _, complained = program.communicate(timeout=60)
        assert program.returncode == 0
        assert "Traceback" not in complained
        assert "服务已停止" in complained


def test_a_taken_port_is_given_way_unless_it_was_asked_for(engine: Engine) -> None:
    database = {"DATABASE_URL": engine.url.render_as_string(hide_password=False)}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "端口已被占用" in refused(run("serve", "--port", port, "--no-sample"))
        with serving({**database, "GIS_SERVICE_PORT": port}, "--no-sample") as (_, address):
            assert f":{port}/" not in address
            assert fetched(f"{address}healthz")["status"] == "ok"


def test_with_no_database_the_server_brings_its_own_and_takes_it_along() -> None:
    home = Path(tempfile.mkdtemp(prefix="gis-service-serve-"))
    home.chmod(0o755)
    try:
        with serving({"GIS_SERVICE_DATA_DIR": str(home)}, "--port", "0", "--no-sample") as (program, address):
            assert fetched(f"{address}collections/places/items")["numberMatched"] == 0
            assert list(home.rglob("postmaster.pid"))
            program.send_signal(signal.SIGTERM)
            program.communicate(timeout=60)
        assert not list(home.rglob("postmaster.pid"))
    finally:
        shutil.rmtree(home)
