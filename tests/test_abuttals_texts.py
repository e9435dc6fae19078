"""Real 四至 sentences and made ones: none raises, every span reproduces, and the annotated ones are scored."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gis_service.abuttals import Abuttal, Abuttals, Side, as_json, parse
from gis_service.abuttals.parsing import MAX_CHARACTERS

TEXTS = Path(__file__).parents[2] / "shared" / "data" / "boundary_texts"
needs_texts = pytest.mark.skipif(not TEXTS.is_dir(), reason="../shared/data/boundary_texts is absent")
FLOOR = 0.95


def real_texts() -> list[str]:
    return [json.loads(line)["text"] for line in (TEXTS / "texts.jsonl").read_text("utf-8").splitlines()]


def annotated() -> list[dict[str, object]]:
    return [json.loads(line) for line in (TEXTS / "annotated.jsonl").read_text("utf-8").splitlines()]


def anchors(found: Abuttals) -> list[Abuttal]:
    every = [part.sides.values() for part in found.parts] + [part.diagonals.values() for part in found.parts]
    named = [one for values in every for some in values for one in some]
    return named + [one for part in found.parts for one in part.ring]


def plain(words: str) -> str:
    """The words without blanks and invisible signs, in half-width letters and digits."""
    seen = [char for char in words if not char.isspace() and not unicodedata.category(char).startswith("C")]
    return "".join(unicodedata.normalize("NFKC", char) for char in seen)


def assert_spans_reproduce(found: Abuttals) -> None:
    for one in anchors(found):
        start, end = one.span
        assert 0 <= start < end <= len(found.text)
        assert plain(found.text[start:end]) == plain(one.anchor)


@needs_texts
def test_every_real_sentence_is_read_and_every_span_reproduces() -> None:
    texts = real_texts()
    assert len(texts) == 701
    for text in texts:
        found = parse(text)
        json.dumps(as_json(found))
        assert_spans_reproduce(found)
        assert found.parts or found.issues


@needs_texts
def test_most_real_sentences_give_an_area() -> None:
    found = [parse(text) for text in real_texts()]
    assert sum(one.usable for one in found) / len(found) > 0.8
    assert sum(bool(one.parts) for one in found) / len(found) > 0.95


OFFSET = re.compile(r" \+(?P<metres>\d+)m (?P<to>[ESWN])$")
POSITION = re.compile("(?:(?:(?:以东的)?[东南西北内外]?[东南西北]?(?:围墙|墙|沿))|的|一线|沿线)$")


def bare(annotation: str) -> str:
    """The annotated anchor without its alias, offset, wall and line, which the parser tells apart."""
    words = re.sub("（.*?）", "", OFFSET.sub("", annotation))
    while found := POSITION.search(words):
        words = words[: found.start()]
    return words


def side_is_right(side: str, annotations: list[str], found: Abuttals) -> bool:
    """True when one part has exactly these anchors on the side, with the alias and the offset written there."""
    got = [one for part in found.parts for one in part.sides.get(Side(side), ())]
    if Counter(one.anchor for one in got) != Counter(bare(words) for words in annotations):
        return False
    for one, words in zip(got, annotations, strict=True):
        offset = OFFSET.search(words)
        told = (float(offset["metres"]), offset["to"]) if offset else (None, None)
        alias = re.search("（(.*?)）", words)
        if (one.offset_m, one.offset_dir) != told or one.alias != (alias[1] if alias else None):
            return False
    return True


@needs_texts
def test_the_annotated_sentences_are_read_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    sides: list[bool] = []
    sentences: list[bool] = []
    for sentence in annotated():
        expected = sentence["sides"]
        assert isinstance(expected, dict)
        found = parse(str(sentence["text"]))
        named = {side.value for part in found.parts for side in part.sides}
        right = [
            side_is_right(side, expected.get(side, []), found)
            for side in "ESWN"
            if side in expected | dict.fromkeys(named)
        ]
        sides += right
        sentences.append(all(right))
    with capsys.disabled():
        print(f"\n四至标注：{sum(sides)}/{len(sides)} 侧正确，{sum(sentences)}/{len(sentences)} 句全对")
    assert sum(sides) / len(sides) >= FLOOR
    assert sum(sentences) / len(sentences) >= FLOOR


def test_the_json_form_is_the_one_other_tools_read() -> None:
    found = as_json(parse("东至Ｓ２３５（合店路）东侧５０米，南至空地"))
    assert json.loads(json.dumps(found)) == {
        "text": "东至Ｓ２３５（合店路）东侧５０米，南至空地",
        "parts": [
            {
                "label": None,
                "sides": {
                    "E": [
                        {
                            "anchor": "S235",
                            "alias": "合店路",
                            "basis": "near_edge",
                            "offset_m": 50.0,
                            "offset_dir": "E",
                            "span": [2, 6],
                        }
                    ],
                    "S": [
                        {
                            "anchor": "空地",
                            "alias": None,
                            "basis": "near_edge",
                            "offset_m": None,
                            "offset_dir": None,
                            "span": [19, 21],
                        }
                    ],
                },
            }
        ],
        "exclude": [],
        "include": [],
        "issues": [
            {"code": "anchor_unnamed", "side": "S", "message": "南侧的“空地”没有名称，无法在地图上查找"},
            {"code": "side_missing", "side": "W", "message": "没有写西侧的界限"},
            {"code": "side_missing", "side": "N", "message": "没有写北侧的界限"},
        ],
        "usable": False,
    }


SIGNS = "东南西北至起临到接以为界与和及、，；。：（）()【】“”-—~ \n\t路街河山园小区墙外米一二三五十百0123ＡＢａ…"
ALPHABET = st.sampled_from(list(SIGNS + "规划空地同上除含合围段县"))
PHRASES = "东至 南临 西、北与 为界 以东 以西50米 （规划） （不含 人民路 东至县 一、二村 除 外 合围区域 向外延伸 二期："
PIECES = st.sampled_from(PHRASES.split())


@given(st.one_of(st.text(max_size=80), st.text(ALPHABET, max_size=120), st.lists(PIECES, max_size=25).map("".join)))
@settings(max_examples=400, deadline=None)
@example("（" * 300)
@example("东至" * 300)
@example("东至A（北至B（南至C）西至D")
@example("东、南、西、北")
def test_no_sentence_raises_and_spans_stay_in_the_text(text: str) -> None:
    found = parse(text)
    assert_spans_reproduce(found)
    assert json.loads(json.dumps(as_json(found)))["text"] == text
    assert all(re.search("[\u4e00-\u9fff]", issue.message) for _, issue in found.issues)


HOSTILE = "东至 （ （东至A） 和 以东、 东至A路、 与 除 一、 西和北至 长江路以南， 东、 “ 至路 A- 以A为界 不含 东向外1米"


@pytest.mark.parametrize("unit", HOSTILE.split())
def test_a_hostile_length_is_cut_and_said(unit: str) -> None:
    found = parse(unit * (100_000 // len(unit)))
    assert "text_too_long" in {issue.code for _, issue in found.issues}
    assert_spans_reproduce(found)
    assert all(one.span[1] <= MAX_CHARACTERS for one in anchors(found))


LANDMARKS = (
    "人民路 长江东路 西和路 北二环 东湖路 南二环路 和平巷 G107 S235 一号路 1号路 甲河 大岙一、二村 丹霞磬苑 临江街 "
    "东门小学 D05B-03地块 漳浦河 官山新村 少室路 于庄村 西藏南路 学府花园 京包铁路 育才中学"
)
NAMES = st.lists(st.sampled_from(LANDMARKS.split()), min_size=4, max_size=4, unique=True)
VERBS = ["至", "到", "起", "抵", "临", "邻", "靠", "接", "侧为", "面至", "侧紧邻", "：", "侧：", "边是"]
BRACKETS = ["", "", "（规划）", "（不含）", "（滨河大街）", "(G40)"]
WIDE = str.maketrans("0123456789GSDB", "０１２３４５６７８９ＧＳＤＢ")


@given(
    names=NAMES,
    order=st.permutations("ESWN"),
    verb=st.sampled_from(VERBS),
    separator=st.sampled_from(["，", "、", "；", ",", "。", "\n", " 、"]),
    brackets=st.lists(st.sampled_from(BRACKETS), min_size=4, max_size=4),
    lead=st.sampled_from(["", "四至范围：", "项目", "阳光小区（", "一期，"]),
    wide=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_a_well_formed_sentence_is_read_exactly(
    names: list[str], order: list[str], verb: str, separator: str, brackets: list[str], lead: str, wide: bool
) -> None:
    written = [f"{Side(side).words}{verb}{name}{note}" for side, name, note in zip(order, names, brackets, strict=True)]
    text = lead + separator.join(written) + ("）" if "（" in lead else "")
    found = parse(text.translate(WIDE) if wide else text)
    assert_spans_reproduce(found)
    got = {side.value: [one.anchor for one in some] for side, some in found.parts[0].sides.items()}
    assert got == {side: [name] for side, name in zip(order, names, strict=True)}
    assert found.usable


@given(names=NAMES, order=st.permutations("ESWN"), verb=st.sampled_from(["至", "到", "抵"]))
@settings(max_examples=100, deadline=None)
def test_sides_without_separators_are_read_exactly(names: list[str], order: list[str], verb: str) -> None:
    found = parse("".join(f"{Side(side).words}{verb}{name}" for side, name in zip(order, names, strict=True)))
    got = {side.value: [one.anchor for one in some] for side, some in found.parts[0].sides.items()}
    assert got == {side: [name] for side, name in zip(order, names, strict=True)}


@given(names=NAMES, order=st.permutations("ESWN"), separator=st.sampled_from(["、", "，", "；", ""]))
@settings(max_examples=100, deadline=None)
def test_inverted_sides_are_read_exactly(names: list[str], order: list[str], separator: str) -> None:
    towards = {"E": "西", "W": "东", "N": "南", "S": "北"}
    text = separator.join(f"{name}以{towards[side]}" for side, name in zip(order, names, strict=True))
    got = {side.value: [one.anchor for one in some] for side, some in parse(text).parts[0].sides.items()}
    assert got == {side: [name] for side, name in zip(order, names, strict=True)}


PLAIN = [name for name in LANDMARKS.split() if re.search("(?:路|河|村|园|学)$", name) and "、" not in name]


@given(
    names=st.lists(st.sampled_from(PLAIN), min_size=3, max_size=6, unique=True),
    joint=st.sampled_from(["、", "—", "-", "→", "，"]),
    lead=st.sampled_from(["由", "阳光小区由", "四至由", "范围为由"]),
    close=st.sampled_from(["围合", "围合而成的区域", "合围区域", "围成。"]),
)
@settings(max_examples=200, deadline=None)
def test_a_ring_is_read_exactly(names: list[str], joint: str, lead: str, close: str) -> None:
    found = parse(lead + joint.join(names) + close)
    assert [one.anchor for one in found.parts[0].ring] == names
    assert_spans_reproduce(found)
    assert not found.parts[0].sides
    assert found.usable


LABELS = [
    ("一期", "二期"),
    ("A地块", "B地块"),
    ("1号地块", "2号地块"),
    ("南区", "北区"),
    ("南侧", "北侧"),
    ("阳光小区", "月亮小区"),
]


@given(
    names=st.lists(st.sampled_from(LANDMARKS.split()), min_size=8, max_size=8, unique=True),
    orders=st.tuples(st.permutations("ESWN"), st.permutations("ESWN")),
    labels=st.sampled_from(LABELS),
    lead=st.sampled_from(["", "本项目分为两部分，", "四至范围如下："]),
    colon=st.sampled_from(["：", "（"]),
    separator=st.sampled_from(["，", "、"]),
)
@settings(max_examples=300, deadline=None)
def test_two_parts_are_read_exactly(
    names: list[str],
    orders: tuple[list[str], list[str]],
    labels: tuple[str, str],
    lead: str,
    colon: str,
    separator: str,
) -> None:
    written: list[str] = []
    expected: list[dict[str, list[str]]] = []
    for order, label, some in zip(orders, labels, (names[:4], names[4:]), strict=True):
        sides = zip(order, some, strict=True)
        expected.append({side: [name] for side, name in zip(order, some, strict=True)})
        ring = separator.join(f"{Side(side).words}至{name}" for side, name in sides)
        written.append(label + colon + ring + ("）" if colon == "（" else ""))
    found = parse(lead + "；".join(written))
    assert_spans_reproduce(found)
    assert [part.label for part in found.parts] == list(labels)
    got = [{side.value: [one.anchor for one in some] for side, some in part.sides.items()} for part in found.parts]
    assert got == expected
