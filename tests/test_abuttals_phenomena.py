"""What clerks do beyond the plain sentence: headings, parts, references back, rings, limits, measures, lists."""

from __future__ import annotations

import pytest

from gis_service.abuttals import Side, parse
from gis_service.abuttals.words import STRONG_VERBS, WEAK_VERBS
from gis_service.issues import Severity
from tests.abuttal_words import codes, only, row, sides


def described(text: str) -> list[tuple[str | None, dict[str, list[str]]]]:
    """Every part: its label and its anchors by side."""
    return [(part.label, sides(text, number)) for number, part in enumerate(parse(text).parts)]


FOUR = row("人民路", "长江路", "解放路", "黄山路")
NO_PLAIN_SIDE = {"环绕于", "沿至", "隔着", "自", "由", "从", "枕", "即", "系", "是", "距", "隔", "为", "沿", "界", "依"}


@pytest.mark.parametrize("verb", sorted({*STRONG_VERBS, *WEAK_VERBS} - NO_PLAIN_SIDE))
@pytest.mark.parametrize("separator", ["，", "、", "；", " ", "\n"])
def test_every_verb_makes_a_side(verb: str, separator: str) -> None:
    written = [f"东{verb}人民路", f"南{verb}长江路", f"西{verb}解放路", f"北{verb}黄山路"]
    assert sides(separator.join(written)) == FOUR


@pytest.mark.parametrize(
    "label", ["侧", "面", "边", "侧：", "面为", "边是", "：", "侧边界：", "界线为", "侧界限：", "至："]
)
def test_every_label_makes_a_side(label: str) -> None:
    assert sides(f"东{label}人民路，南{label}长江路，西{label}解放路，北{label}黄山路") == FOUR


@pytest.mark.parametrize(
    "text",
    [
        "东临人民路南接长江路西靠解放路北连黄山路",
        "东人民路、南长江路、西解放路、北黄山路",
        "四至：东人民路南长江路西解放路北黄山路",
        "东——人民路，南——长江路，西——解放路，北——黄山路",
        "東至人民路，南至长江路，西至解放路，北至黄山路",
        "（东至人民路）（南至长江路）（西至解放路）（北至黄山路）",
        "以人民路为东界，以长江路为南界，以解放路为西侧边界，黄山路为北边界",
        "东从人民路起，西到解放路止，南从长江路起，北到黄山路止",
        "东与人民路隔路相望，南与长江路一墙之隔，西与解放路相连，北与黄山路接壤",
        "东 人民路 西 解放路 南 长江路 北 黄山路",
        "以人民路为东、长江路为南、解放路为西、黄山路为北围合区域",
        "人民路（东）、长江路（南）、解放路（西）、黄山路（北）",
        "【东】人民路【南】长江路【西】解放路【北】黄山路",
        "东(人民路)南(长江路)西(解放路)北(黄山路)",
        "东西南北：人民路、解放路、长江路、黄山路",
        "东至人民路/南至长江路/西至解放路/北至黄山路",
        "东边到人民路，南边挨着长江路，西边靠着解放路，北边紧挨黄山路",
    ],
)
def test_sides_come_without_verbs_or_with_the_side_behind(text: str) -> None:
    assert sides(text) == FOUR


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("东至起凤路，南至至善街，西至临江街，北至北二环", row("起凤路", "至善街", "临江街", "北二环")),
        ("起凤路以东、至善街以西、临江街以北、北二环以南", row("至善街", "临江街", "起凤路", "北二环")),
        ("东至漳浦河西至松鹤路南至起凤路北至北二环", row("漳浦河", "起凤路", "松鹤路", "北二环")),
        ("东至东至县，南至西至桥，西至南至村，北至北至路", row("东至县", "西至桥", "南至村", "北至路")),
        ("东至县医院（东至人民路，南至长江路，西至东至路）", row("人民路", "长江路", "东至路")),
        ("南至江南西路，北至江北东路，东至河东南街", row("河东南街", "江南西路", "", "江北东路")),
        ("东南路以东，西北路以西，东北街以南，西南街以北", row("西北路", "西南街", "东南路", "东北街")),
        ("南：东临路；北：西临村；东：东方路；西：西城路", row("东方路", "东临路", "西城路", "西临村")),
        ("东邻南湖路，南接北门桥，西靠东风小学，北连西门口", row("南湖路", "北门桥", "东风小学", "西门口")),
        ("东至同心路，南至同德里，西至同安小区二期，北至同济一区", row("同心路", "同德里", "同安小区二期", "同济一区")),
        ("东至至善街，南至至和路，西到到岸村", row("至善街", "至和路", "到岸村")),
    ],
)
def test_names_that_look_like_sides_verbs_or_references_stay_names(text: str, expected: dict[str, list[str]]) -> None:
    assert sides(text) == expected


def test_names_in_a_list_that_begin_with_directions_are_no_sides() -> None:
    assert not parse("东湖小区、南门市场、西园路、北大街").parts
    assert parse("东方路、南京路、西藏路、北京路合围").parts[0].ring[0].anchor == "东方路"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "南侧：东至甲路，西至乙路；北侧：东至丙路，西至丁路",
            [("南侧", row("甲路", "", "乙路")), ("北侧", row("丙路", "", "丁路"))],
        ),
        (
            "南侧东至甲路，西至乙路；北侧东至丙路，西至丁路",
            [("南侧", row("甲路", "", "乙路")), ("北侧", row("丙路", "", "丁路"))],
        ),
        (
            "安居小区南侧地块：东至甲路，西至乙路；北侧地块：东至丙路，西至丁路",
            [("安居小区南侧地块", row("甲路", "", "乙路")), ("北侧地块", row("丙路", "", "丁路"))],
        ),
        (
            "南侧（东至甲路，西至乙路）、北侧（东至丙路，西至丁路）",
            [("南侧", row("甲路", "", "乙路")), ("北侧", row("丙路", "", "丁路"))],
        ),
        ("东侧：东至甲路；南侧：南至乙路；西侧：西至丙路", [(None, row("甲路", "乙路", "丙路"))]),
        ("东侧为甲路，北侧：东临路", [(None, row("甲路", "", "", "东临路"))]),
    ],
)
def test_a_side_word_may_head_a_description_of_its_own(
    text: str, expected: list[tuple[str | None, dict[str, list[str]]]]
) -> None:
    assert described(text) == expected


@pytest.mark.parametrize(
    ("first", "second", "labels"),
    [
        ("一期：", "；二期：", ["一期", "二期"]),
        ("阳光小区分为两期，一期：", "；二期：", ["一期", "二期"]),
        ("（一）阳光片区：", "；（二）月亮片区：", ["阳光片区", "月亮片区"]),
        ("（一）", "；（二）", [None, None]),
        ("1. ", "。2. ", [None, None]),
        ("1.阳光小区", "。2.月亮小区", ["阳光小区", "月亮小区"]),
        ("①", "；②", [None, None]),
        ("①阳光小区", "②月亮小区", ["阳光小区", "月亮小区"]),
        ("A地块", "；B地块", ["A地块", "B地块"]),
        ("A地块", "B地块", ["A地块", "B地块"]),
        ("地块1", " 地块2", ["地块1", "地块2"]),
        ("共两个地块：1号地块：", "；2号地块：", ["1号地块", "2号地块"]),
        ("南区：", "；北区：", ["南区", "北区"]),
        ("南区 ", " 北区 ", ["南区", "北区"]),
        ("安居苑（一期）", "；（二期）", ["安居苑", "二期"]),
        ("东院", "；西院", ["东院", "西院"]),
        ("第一部分：", "；第二部分：", ["第一部分", "第二部分"]),
    ],
)
def test_each_part_has_its_own_label_and_sides(first: str, second: str, labels: list[str | None]) -> None:
    text = f"{first}东至甲路，南至乙路{second}东至丙路，南至丁路"
    assert described(text) == [(labels[0], row("甲路", "乙路")), (labels[1], row("丙路", "丁路"))]


def test_the_number_of_a_phase_before_an_inverted_side_is_no_part_of_the_name() -> None:
    text = "一期甲路以东、乙路以南、丙路以西、丁路以北；二期戊路以东、己路以南、庚路以西、辛路以北"
    assert described(text) == [
        ("一期", row("丙路", "丁路", "甲路", "乙路")),
        ("二期", row("庚路", "辛路", "戊路", "己路")),
    ]
    assert sides("三期路以东、二区中路以北、十里河以西") == row("十里河", "二区中路", "三期路")


PHASES = "一期：东至甲路，南至乙路，西至丙路，北至丁路；二期：东至戊路，"


@pytest.mark.parametrize(
    ("written", "side", "anchor", "said"),
    [
        ("西至同一期", Side.WEST, "丙路", "同一期"),
        ("西同一期", Side.WEST, "丙路", "同一期"),
        ("北与一期相同", Side.NORTH, "丁路", "与一期相同"),
        ("南至同一期北侧", Side.SOUTH, "丁路", "同一期北"),
        ("南同上", Side.SOUTH, "乙路", "同上"),
    ],
)
def test_what_an_earlier_part_says_is_taken_over_with_a_note(written: str, side: Side, anchor: str, said: str) -> None:
    text = PHASES + written
    (found,) = parse(text).parts[1].sides[side]
    assert found.anchor == anchor == text[slice(*found.span)]
    assert found.taken_over is not None
    assert text[slice(*found.taken_over)].startswith(said)
    notes = [issue for at, issue in parse(text).issues if at is side]
    assert [(issue.code, issue.severity) for issue in notes] == [("anchor_taken_over", Severity.NOTE)]


@pytest.mark.parametrize(
    "written", ["西同上", "西至同上", "西至同东", "西至同三期", "西见附图", "西详见附图", "西至略"]
)
def test_what_refers_to_nothing_in_the_sentence_stays_open(written: str) -> None:
    text = f"东至甲路，南至乙路，{written}，北至丁路"
    assert not only(text, Side.WEST).lookable
    assert codes(text) == {"anchor_refers_elsewhere.W"}


def test_a_whole_part_may_refer_to_another() -> None:
    text = "一期：东至甲路，南至乙路，西至丙路，北至丁路。二期四至同一期"
    assert described(text)[1] == ("二期", row("甲路", "乙路", "丙路", "丁路"))
    assert "part_taken_over" in codes(text)
    assert codes("二期四至同一期") == {"part_refers_elsewhere", "no_sides"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("由人民路、解放路、长江路、黄山路围合的区域", "人民路 解放路 长江路 黄山路"),
        ("阳光小区由人民路、解放路、长江路、黄山路围合而成。", "人民路 解放路 长江路 黄山路"),
        ("范围为人民路—解放路—长江路—人民路", "人民路 解放路 长江路 人民路"),
        ("人民路→解放路→长江路→人民路", "人民路 解放路 长江路 人民路"),
        ("沿人民路向南至长江路，沿长江路向西至解放路，沿解放路向北至人民路", "人民路 长江路 解放路"),
        ("人民路、和平路、解放路和黄山路合围区域", "人民路 和平路 解放路 黄山路"),
        ("由人民路（规划）与解放路、长江路及黄山路围合的区域", "人民路 解放路 长江路 黄山路"),
        ("由古城墙、人民公园、秦淮河、夫子庙小学围合区域", "古城墙 人民公园 秦淮河 夫子庙小学"),
        ("由义路、和平路、解放路合围", "由义路 和平路 解放路"),
        ("由东方路、南京路、西藏路、北京路围合的区域", "东方路 南京路 西藏路 北京路"),
    ],
)
def test_a_ring_has_its_names_in_order_and_no_sides(text: str, names: str) -> None:
    (part,) = parse(text).parts
    assert [one.anchor for one in part.ring] == names.split()
    assert [text[slice(*one.span)] for one in part.ring] == names.split()
    assert not part.sides
    assert parse(text).usable


def test_a_list_of_roads_that_encloses_nothing_is_no_ring() -> None:
    assert not parse("本次改造涉及人民路、解放路、长江路、黄山路等道路").parts


@pytest.mark.parametrize(
    "segment",
    [
        "人民路（解放路至长江路段）",
        "人民路（解放路—长江路）",
        "人民路（解放路-长江路段）",
        "人民路（自解放路起至长江路止）",
        "人民路（解放路与长江路之间）",
        "人民路（北起解放路，南至长江路）",
        "人民路（北起解放路南至长江路段）",
        "人民路解放路至长江路段",
    ],
)
def test_a_road_may_be_meant_in_a_stretch_only(segment: str) -> None:
    text = f"东至{segment}，南至环翠路，西至新安路，北至望江路"
    assert (only(text).anchor, only(text).limits) == ("人民路", ("解放路", "长江路"))
    assert sides(text) == row("人民路", "环翠路", "新安路", "望江路")


@pytest.mark.parametrize("remark", ["（北段）", "（合店路）", "（规划）", "（不含解放路至长江路段商铺）"])
def test_other_brackets_limit_nothing(remark: str) -> None:
    assert only(f"东至人民路{remark}，南至环翠路").limits is None


@pytest.mark.parametrize(
    ("written", "square_metres"),
    [
        ("面积约19600平方米", 19600),
        ("总面积约2.5万平方米", 25000),
        ("占地面积为三十五亩", 35 * 10000 / 15),
        ("占地120余亩", 80000),
        ("占地十二公顷", 120000),
        ("面积约2.3km²", 2.3e6),
        ("面积一千二百平方米", 1200),
        ("用地面积为35,600.5㎡", 35600.5),
        ("建筑面积1200平方米，占地面积3000平方米", 3000),
    ],
)
def test_a_stated_area_is_read_in_any_unit(written: str, square_metres: float) -> None:
    assert parse(f"东至甲路，{written}，南至乙路").stated_area_m2 == pytest.approx(square_metres)


@pytest.mark.parametrize(
    ("written", "lengths"),
    [
        ("东西长约140米，南北宽90米", (("东西", 140), ("南北", 90))),
        ("东西宽0.5公里，南北长一百二十米", (("东西", 500), ("南北", 120))),
        ("东西约140米，南北约九十米", (("东西", 140), ("南北", 90))),
        ("东西、南北各约140米", (("东西", 140), ("南北", 140))),
        ("东西至乙路140号", ()),
    ],
)
def test_stated_lengths_are_kept_by_axis(written: str, lengths: tuple[tuple[str, float], ...]) -> None:
    assert parse(f"北至甲路，{written}").stated_lengths_m == lengths


UNNAMED = (
    "空地 小路 规划路 农田 围墙 村道 无名路 一条小路 待建空地 15米规划路 30米宽规划路 规划24米道路 宽20米的规划道路 "
    "十五米规划路 水沟边 山脚下 农田边 空地围墙 邻居围墙 隔壁小区围墙 中学围墙 学校 3号楼 236-1号 "
    "24号门前道路 水泥路 崖边 "
    "东西巷道 市政道路 现状水渠 其他小区"
)
NAMED = (
    "城市广场 新建路 边城路 河上村 桥边村 公园路 建设路 规划一路 规划人民路 阳光小区围墙 小区围墙 本小区围墙 山河路 "
    "外滩 田边村 阳光小区3号楼 规划道路（甲路） 小河口村"
)


@pytest.mark.parametrize("words", UNNAMED.split())
def test_a_landmark_without_a_name_is_not_looked_for(words: str) -> None:
    text = f"东至{words}，南至环翠路"
    assert not only(text).lookable
    assert "anchor_unnamed.E" in codes(text)


@pytest.mark.parametrize("words", NAMED.split())
def test_a_landmark_with_a_name_or_the_own_wall_is_looked_for(words: str) -> None:
    assert only(f"东至{words}，南至环翠路").lookable


CLOSED = "东至甲路，南至乙路，西至丙路，北至丁路"


@pytest.mark.parametrize(
    ("words", "exclude", "include"),
    [
        ("，阳光小区3栋，月亮湾5栋，星光小区除外", ("阳光小区3栋，月亮湾5栋，星光小区",), ()),
        ("（阳光小区，月亮湾小区，星光小区除外）", ("阳光小区，月亮湾小区，星光小区",), ()),
        ("。其中阳光小区、月亮湾小区，星光小区除外。", ("阳光小区、月亮湾小区，星光小区",), ()),
        ("，戊路，阳光小区除外", ("阳光小区",), ()),
        ("，不含阳光小区，月亮湾小区，占地500亩", ("阳光小区，月亮湾小区",), ()),
        ("，包含“阳光花园”", (), ("阳光花园",)),
        ("（含幼儿园、不含派出所）", ("派出所",), ("幼儿园",)),
        ("，包含“阳光花园”、“月亮湾小区”，“星光小区”", (), ("“阳光花园”、“月亮湾小区”，“星光小区”",)),
        (
            "，包括“阳光花园、东至路12号院，以及南门市场；北苑”等",
            (),
            ("“阳光花园、东至路12号院，以及南门市场；北苑”等",),
        ),
        ("，含“东方花园（东至小河、西至小路）”、北苑新村", (), ("“东方花园（东至小河、西至小路）”、北苑新村",)),
    ],
)
def test_a_list_left_out_or_in_is_kept_whole(words: str, exclude: tuple[str, ...], include: tuple[str, ...]) -> None:
    found = parse(CLOSED + words)
    assert (found.exclude, found.include) == (exclude, include)
    assert sides(CLOSED + words) == row("甲路", "乙路", "丙路", "丁路")


def test_a_list_that_announces_what_is_in_heads_nothing() -> None:
    found = parse("范围包含以下小区：阳光花园、东方家园；" + CLOSED)
    assert found.include == ("阳光花园、东方家园",)
    assert found.parts[0].label is None
    assert parse("四至范围包括：" + CLOSED).include == ()
    assert sides("片区范围包括阳光小区东至甲路，南至乙路") == row("甲路", "乙路")


@pytest.mark.parametrize(
    ("written", "east"),
    [
        ("人民路 解放路", "人民路 解放路"),
        ("阳光花园一期 阳光花园二期", "阳光花园一期 阳光花园二期"),
        ("长江 路", "长江路"),
        ("人民路 东侧", "人民路"),
        ("阳光小区 3栋", "阳光小区3栋"),
        ("合肥学院 南校区", "合肥学院南校区"),
        ("人民路与 解放路 交叉口", "人民路与解放路交叉口"),
    ],
)
def test_a_blank_parts_whole_names_only(written: str, east: str) -> None:
    for label in ("东：", "东 ", "东至"):
        assert sides(f"{label}{written} 南：环翠路 北：望江路")["E"] == east.split()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("东至人民路，南至至长江路", "verb_doubled.S"),
        ("东至人民路，西到至解放路", "verb_doubled.W"),
        ("东至人民路，南至长江路，北至", "anchor_missing.N"),
        ("东至人民路，南至规", "anchor_truncated.S"),
        ("北至甲路，南至乙路，北至丙路", "side_repeated.N"),
        ("北至甲路，南至乙路，北至丙路", "side_missing.E"),
    ],
)
def test_slips_are_said(text: str, code: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    ("text", "east", "south", "west", "north"),
    [
        ("四至：北北山路、东竹溪路、南北二环路、西望舟大道", "竹溪路", "北二环路", "望舟大道", "北山路"),
        ("某街道四至范围：东怡和路，南兴业南路，西西和路，北兴业路", "怡和路", "兴业南路", "西和路", "兴业路"),
        ("东与西和路相邻，西与问渠路相邻，南与云岭路相邻，北与和平路相邻", "西和路", "云岭路", "问渠路", "和平路"),
    ],
)
def test_names_that_begin_with_a_direction_are_read_whole(
    text: str, east: str, south: str, west: str, north: str
) -> None:
    found = parse(text)
    (part,) = found.parts
    assert [part.sides[side][0].anchor for side in Side] == [east, south, west, north]
    assert found.usable


def test_a_list_of_names_that_begin_with_directions_is_no_list_of_sides() -> None:
    (part,) = parse("范围：东湖路、南京路、西安路、北京路").parts
    assert [one.anchor for one in part.ring] == ["东湖路", "南京路", "西安路", "北京路"]
