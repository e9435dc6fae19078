"""The command line: the fixed form of `parse`, Chinese words for misuse, files that are written whole."""

from __future__ import annotations

import codecs
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_service.cli.wording import chinese_complaint, spread
from gis_service.cli.writing import write_text
from gis_service.errors import BadRequestError
from tests.command_line import PROGRAM, SENTENCE, objects, refused, run

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


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(f"{SENTENCE}\n北至江\n",), kwargs={"encoding": "utf-8"})
    writer.start()
    assert [parsed["text"] for parsed in objects(run("parse", "--file", pipe))] == [SENTENCE, "北至江"]
    writer.join()


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
        (["export", "communities", "--out", "x.shp"], "请写成压缩包，例如 x.zip"),
        (["export", "communities", "--out", "x.dwg"], "文件名应以 .geojson、.json、"),
        (["export", "communities", "--out", "x", "--format", "dwg"], "没有格式“dwg”，可用：geojson、"),
        (["export", "communities", "--out", "x.gpkg", "--crs", "4508"], "没有坐标系“4508”，可用：CRS84、EPSG:4490、"),
        (["export", "communities", "--out", "x.gpkg", "--columns", "nobody"], "没有字段“nobody”，可用：name、"),
        (["export", "communities", "--out", "x.zip", "--encoding", "BIG5"], "--encoding"),
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
