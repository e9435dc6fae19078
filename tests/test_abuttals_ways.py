"""Sides told along a way or glued to each other: from where to where, towards where, without any sign between."""

from __future__ import annotations

import pytest

from gis_service.abuttals import Basis, parse
from tests.abuttal_words import codes, only, row, sides


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "东面巷子南起甲巷18号往北至乙巷70号，南面东起甲巷18号往西至丙路15号",
            row("甲巷18号 乙巷70号", "甲巷18号 丙路15号"),
        ),
        ("东侧人民路南起长江路北至黄山路，南侧长江路，北侧黄山路", row("人民路", "长江路", "", "黄山路")),
        ("东起人民路往西至解放路，南起长江路向北到黄山路", row("人民路", "长江路", "解放路", "黄山路")),
        ("东至甲楼6号到乙大厦，南至乙大厦到丙路路口", row("甲楼6号 乙大厦", "乙大厦 丙路路口")),
        ("东至甲街31号至62号，南至乙路", row("甲街31号至62号", "乙路")),
        ("东至松风北及松风中路，南至建设路", row("松风北 松风中路", "建设路")),
        ("北至松风北路九巷、转荷塘南街一巷，南至乙路", row("", "乙路", "", "松风北路九巷 荷塘南街一巷")),
        ("东至甲区5排2号，甲区5排3号，南至乙路", row("甲区5排2号 甲区5排3号", "乙路")),
    ],
)
def test_a_side_may_run_from_one_landmark_to_another(text: str, expected: dict[str, list[str]]) -> None:
    assert sides(text) == expected


def test_the_ends_of_a_named_road_are_its_limits() -> None:
    assert only("东侧人民路南起长江路北至黄山路，南侧长江路，北侧黄山路").limits == ("长江路", "黄山路")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("人民超市以南至解放巷口，长江路以东", row("", "解放巷口", "长江路", "人民超市")),
        ("松风路以西至荷塘路、青石街以南至望江路以北", row("松风路", "望江路", "荷塘路", "青石街")),
        ("青石大街南侧松风超市以东荷塘超市以西", row("荷塘超市", "", "松风超市")),
        ("青石路（西至松风路，东至荷塘路）以北", row("荷塘路", "青石路", "松风路")),
        (
            "甲路50号以南以东、乙路以西以南、丙路以北以东、丁路以西",
            row("乙路 丁路", "丙路", "甲路50号 丙路", "甲路50号 乙路"),
        ),
        ("甲大坝以南，乙公路以西，丙墙以东；丁渠以西，戊坝以北", row("乙公路", "", "丙墙", "甲大坝")),
    ],
)
def test_inverted_sides_lead_on_and_go_on(text: str, expected: dict[str, list[str]]) -> None:
    assert sides(text) == expected


def test_a_way_along_a_road_is_no_side() -> None:
    assert not parse("青石支路西北沿线途经松风路以东至荷塘街52号止").parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("东侧南湖路西侧北门街南侧东风路北侧西园", row("南湖路", "东风路", "北门街", "西园")),
        ("南面东湖路，北面西园路，东面东方红广场", row("东方红广场", "东湖路", "", "西园路")),
        ("南面东风路与北面西园路之间", row("", "东风路", "", "西园路")),
        ("东、南面人民路，西面、北侧解放路", row("人民路", "人民路", "解放路", "解放路")),
        ("东侧人民路西侧围墙，南侧解放路北侧，西侧甲路", row("人民路", "解放路", "甲路")),
    ],
)
def test_side_words_may_be_glued_to_names_with_directions(text: str, expected: dict[str, list[str]]) -> None:
    assert sides(text) == expected


def test_inclusions_in_brackets_with_sides_of_their_own_are_no_part() -> None:
    found = parse("甲路以西、乙路以南、丙路以东、丁路以北（含戊支路以北至己港、庚路以西至辛厍）的区域")
    assert len(found.parts) == 1
    assert found.include == ("戊支路以北至己港、庚路以西至辛厍",)


def test_the_own_name_before_an_exclusion_in_the_same_bracket_is_not_left_out() -> None:
    found = parse("东至甲河，南至乙巷的合围区域（丙小区，高风险区7、9号楼除外）")
    assert found.exclude == ("高风险区7、9号楼",)


def test_the_only_side_without_a_verb_is_read_with_a_note() -> None:
    text = "甲地块（东临松风大道，西临青石山，北卧牛山，南临荷塘小学）"
    assert sides(text) == row("松风大道", "荷塘小学", "青石山", "卧牛山")
    assert codes(text) == {"verb_missing.N"}


@pytest.mark.parametrize("second", ["、北大街", "，北大街", "，北园路", "、北京路"])
def test_a_second_landmark_with_a_direction_in_its_name_is_no_side(second: str) -> None:
    assert "N" not in sides(f"东至人民路{second}，南至长江路，西至解放路")


def test_an_edge_of_a_ring_without_a_name_is_not_looked_for() -> None:
    (part,) = parse("人民路—施工便道—长江路—人民路").parts
    assert [one.lookable for one in part.ring] == [True, False, True, True]


@pytest.mark.parametrize(
    "text",
    [
        "1.东至甲路 2.南至乙路 3.西至丙路 4.北至丁路",
        "1.东至甲路2.南至乙路3.西至丙路4.北至丁路",
        "四至：1、东至甲路；2、南至乙路；3、西至丙路；4、北至丁路。",
        "四至：①东：甲路②南：乙路③西：丙路④北：丁路",
        "（1）东：甲路；（2）南：乙路；（3）西：丙路；（4）北：丁路",
    ],
)
def test_numbers_before_the_sides_belong_to_no_name(text: str) -> None:
    assert sides(text) == row("甲路", "乙路", "丙路", "丁路")
    assert len(parse(text).parts) == 1


@pytest.mark.parametrize(
    ("bracket", "basis"),
    [
        ("（红线）", Basis.RED_LINE),
        ("（规划红线）", Basis.RED_LINE),
        ("（道路中心线）", Basis.CENTERLINE),
        ("（西侧围墙）", Basis.WALL),
        ("（合店路）", Basis.NEAR_EDGE),
        ("（规划）", Basis.NEAR_EDGE),
    ],
)
def test_a_bracket_may_tell_the_line_that_is_meant(bracket: str, basis: Basis) -> None:
    text = f"东至人民路{bracket}，南至长江路，西至解放路，北至黄山路"
    assert only(text).basis is basis
    assert sides(text) == row("人民路", "长江路", "解放路", "黄山路")


@pytest.mark.parametrize(
    ("written", "anchor", "own"),
    [
        ("本项目用地红线", "本项目", True),
        ("小区围墙", "小区", True),
        ("自身院墙", "自身", True),
        ("人民路道路红线", "人民路", False),
        ("龙山小学院墙", "龙山小学", False),
        ("合肥学院墙", "合肥学院", False),
    ],
)
def test_the_own_outline_is_told_from_that_of_others(written: str, anchor: str, own: bool) -> None:
    found = only(f"东至{written}，南至长江路")
    assert (found.anchor, found.own) == (anchor, own)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("甲小区：东至甲路，南至乙路；乙小区：同甲小区", "乙小区"),
        ("一期（东至甲路，南至乙路）、二期（四至同一期）", "二期"),
        ("一期：东至甲路，南至乙路；二期：同上", "二期"),
    ],
)
def test_a_part_that_refers_to_another_has_its_sides(text: str, label: str) -> None:
    assert parse(text).parts[1].label == label
    assert sides(text, 1) == row("甲路", "乙路")
    assert "part_taken_over" in codes(text)


def test_what_a_bracket_leaves_out_without_a_closing_word_is_left_out() -> None:
    assert parse("东至甲路，南至京西路（除公厕），西至除尘器厂").exclude == ("公厕",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "东以人民路与甲小区为邻，西以解放路与乙小区相隔，南以成府路与长江路为界",
            row("人民路", "成府路 长江路", "解放路"),
        ),
        ("东隔人民路与甲小区相望，南隔长江路与乙小区相对", row("人民路", "长江路")),
        (
            "东边紧挨着人民路，南边过去是长江路，西边就是解放路，北边有条黄山路",
            row("人民路", "长江路", "解放路", "黄山路"),
        ),
        ("东至甲苑一期、二期，南至甲路1号至99号单号", row("甲苑一期、二期", "甲路1号至99号单号")),
        ("东至人民路东半幅，南至长江路北半幅", row("人民路", "长江路")),
    ],
)
def test_what_lies_behind_the_landmark_is_no_second_one(text: str, expected: dict[str, list[str]]) -> None:
    assert sides(text) == expected


def test_words_that_point_to_a_drawing_are_no_label() -> None:
    assert parse("详见附图：东至人民路，南至长江路，西至解放路").parts[0].label is None
