"""四至 sentences: every way clerks write a side, read as they mean it."""

from __future__ import annotations

import pytest

from gis_service.abuttals import Basis, Side, parse
from gis_service.issues import Severity
from tests.abuttal_words import codes, only, row, sides


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("四至范围：东至紫衫路、南至森景湖路、西至 绿杨路、北至固镇路", row("紫衫路", "森景湖路", "绿杨路", "固镇路")),
        (
            "项目东至云外路，西接九龙路和丹霞磬苑，北至繁华大道，南临环翠路。",
            row("云外路", "环翠路", "九龙路 丹霞磬苑", "繁华大道"),
        ),
        ("东抵人民路，西抵解放路，南抵长江，北靠黄山", row("人民路", "长江", "解放路", "黄山")),
        (
            "东侧紧邻人民路，南面靠近长江路，西边是解放路，北部毗邻合肥学院",
            row("人民路", "长江路", "解放路", "合肥学院"),
        ),
        ("東至文林路、西至基河路、南與大學相鄰、北臨小北街", row("文林路", "大學", "基河路", "小北街")),
        ("东侧：人民路；西侧：解放路；南侧：长江；北侧：二中", row("人民路", "长江", "解放路", "二中")),
        ("东：至龙山路|南：至善路|西：华中路", row("龙山路", "至善路", "华中路")),
        ("东 人民路，南 长江路，西 解放路，北 黄山路", row("人民路", "长江路", "解放路", "黄山路")),
        (
            "铁石口镇老圩（东边105国道、西边临江街、北边中学路、南边铁强街合围区域）",
            row("105国道", "铁强街", "临江街", "中学路"),
        ),
        ("东面（人民路）、南面（长江路）、西面（解放路）", row("人民路", "长江路", "解放路")),
    ],
)
def test_a_side_is_read_by_its_verb_or_its_label(text: str, expected: dict[str, list[str]]) -> None:
    assert sides(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "东起安澜路东端，南以安澜路为界，北、西与闸口社区、育才社区的长河路三期为界。",
            row("安澜路东端", "安澜路", "闸口社区、育才社区的长河路三期", "闸口社区、育才社区的长河路三期"),
        ),
        ("东和大岙一、二村相邻，南与长河路三期为界，西连闸口社区", row("大岙一、二村", "长河路三期", "闸口社区")),
        ("东以东湖路为界，南以南二环路为界，西以西和路为界", row("东湖路", "南二环路", "西和路")),
        ("东以人民路南以长江路西以解放路北以黄山路为界", row("人民路", "长江路", "解放路", "黄山路")),
        ("西和东海村接壤，东接竹屿港，南至西和路", row("竹屿港", "西和路", "东海村")),
        ("南以成府路为界与中关村毗邻；东面以京包铁路为界与东升地区办事处相邻", row("京包铁路", "成府路")),
        ("东隔人民路与一中相望，北隔墙与二小区相邻，南邻长江路", row("人民路", "长江路", "", "二小区")),
    ],
)
def test_a_side_may_be_closed_by_a_word_behind_the_anchor(text: str, expected: dict[str, list[str]]) -> None:
    assert sides(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "西安市雁塔区延兴门西路以东、新安路以西、西影路以南、延兴门一路以北",
            row("新安路", "延兴门一路", "延兴门西路", "西影路"),
        ),
        ("西安市国际港务区港兴四路以南，奥体大道以西，鼎盛路以东", row("奥体大道", "", "鼎盛路", "港兴四路")),
        (
            "胜辛路以东、绕城高速（G1503）以南、沪宜公路以西、伊宁路以北地区",
            row("沪宜公路", "伊宁路", "胜辛路", "绕城高速"),
        ),
        ("为三门路、政立路以南；国和路以西；\n内环线以北区域。", row("国和路", "内环线", "", "三门路 政立路")),
        ("老城镇澄江南路东侧、工业大道北侧、锦城百花里南侧合围区域", row("", "工业大道", "澄江南路", "锦城百花里")),
        ("人民路东、解放路西、长江路南、黄山路北地块", row("解放路", "黄山路", "人民路", "长江路")),
        ("城中路以西、练祁河以北、沪宜公路以东，北至清河路", row("城中路", "练祁河", "沪宜公路", "清河路")),
    ],
)
def test_x_to_the_east_puts_x_on_the_west(text: str, expected: dict[str, list[str]]) -> None:
    assert sides(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("东：学院路以西。西：仓库路以东。南：瑞贝卡大道以北。", row("学院路", "瑞贝卡大道", "仓库路")),
        ("东起东直门南小街以西，西至新太仓胡同，北至东内大街以南。", row("东直门南小街", "", "新太仓胡同", "东内大街")),
        ("西至奶牛基地以东，东至212国道以西", row("212国道", "", "奶牛基地")),
    ],
)
def test_a_label_or_verb_wins_over_the_kerb_word(text: str, expected: dict[str, list[str]]) -> None:
    assert sides(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("东至鼎泰路北至和济街南至规划路西至规划路", row("鼎泰路", "规划路", "规划路", "和济街")),
        ("东至漳浦河西至松鹤路、东环路，南至宝安公路", row("漳浦河", "宝安公路", "松鹤路 东环路")),
        ("西至西和路北至北二环路东至东湖路南至南二环", row("东湖路", "南二环", "西和路", "北二环路")),
        ("位于东至县，东至尧城路，西至梅山路", row("尧城路", "", "梅山路")),
        ("东至东至路，南至东至县界，西至西和县", row("东至路", "东至县界", "西和县")),
        ("东临临江路，南临接龙桥横街，西临连江路", row("临江路", "接龙桥横街", "连江路")),
        ("东至少室路，南至于庄村，西至关垌村，北至尊园", row("少室路", "于庄村", "关垌村")),
        ("东至湖东路南至湖南路西至湖西路北至湖北路", row("湖东路", "湖南路", "湖西路", "湖北路")),
        ("南至北京路，北至南京路，东至西藏路，西至东方路", row("西藏路", "北京路", "东方路", "南京路")),
    ],
)
def test_names_that_hold_directions_and_verbs_stay_whole(text: str, expected: dict[str, list[str]]) -> None:
    found = sides(text)
    assert {side: found[side] for side in expected} == expected


@pytest.mark.parametrize(
    ("anchors", "expected"),
    [
        ("民京路、国京路、政立路、国和路一线", "民京路 国京路 政立路 国和路"),
        ("安立路和北辰东路", "安立路 北辰东路"),
        ("和合东路", "和合东路"),
        ("昌盛街和园丁花园", "昌盛街 园丁花园"),
        ("团结路和平巷", "团结路和平巷"),
        ("永丰库遗址东侧东河岸线-公园路-解放路", "永丰库遗址东侧东河岸线 公园路 解放路"),
        ("D05B-03地块", "D05B-03地块"),
        ("南洋新村南区139-148号", "南洋新村南区139-148号"),
        ("洪德路35弄、38弄", "洪德路35弄、38弄"),
        ("福星家园1、2号楼", "福星家园1、2号楼"),
        ("东、西湖路", "东、西湖路"),
        ("江那路接财源路及湖南路", "江那路 财源路 湖南路"),
        ("千里堤/隔淀堤", "千里堤 隔淀堤"),
        ("浦东/奉贤界河", "浦东/奉贤界河"),
        ("A路，B路", "A路 B路"),
        ("四角楼村一组至五组村间大路", "四角楼村一组至五组村间大路"),
        ("人民路与长江路交叉口", "人民路与长江路交叉口"),
        ("龙山路、湖心中路交叉口", "龙山路、湖心中路交叉口"),
        ("人民路与长江路交界处至人民路与黄山路交界处", "人民路与长江路交界处 人民路与黄山路交界处"),
    ],
)
def test_several_anchors_part_only_where_they_are_several(anchors: str, expected: str) -> None:
    assert sides(f"东至{anchors}，南至环翠路")["E"] == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("东至A路，西和北至麓湖路围成的区域", row("A路", "", "麓湖路", "麓湖路")),
        ("范围：东、北至国道G220，南至金鹏路", row("国道G220", "金鹏路", "", "国道G220")),
        ("东至镇明路，西南面临北斗河，北至中山西路；", row("镇明路", "北斗河", "北斗河", "中山西路")),
        ("东、西、南、北分别至甲路、乙路、丙路、丁路", row("甲路", "丙路", "乙路", "丁路")),
        ("西南至三环辅路，东北至花溪路", row("花溪路", "三环辅路", "三环辅路", "花溪路")),
    ],
)
def test_one_anchor_may_serve_two_sides(text: str, expected: dict[str, list[str]]) -> None:
    assert sides(text) == expected


def test_a_diagonal_neighbour_beside_four_full_sides_is_kept_apart() -> None:
    part = parse("东起沿港西路，南至滨港路，西到水兵码头，北与育才社区相接，西北与闸口二村相邻。").parts[0]
    assert [one.anchor for one in part.sides[Side.NORTH]] == ["育才社区"]
    assert [one.anchor for one in part.diagonals["NW"]] == ["闸口二村"]


@pytest.mark.parametrize(
    ("words", "anchor", "basis", "offset"),
    [
        ("伊泻克沟洞窟以东1500米", "伊泻克沟洞窟", Basis.NEAR_EDGE, (1500, Side.EAST)),
        ("三官堂江东侧五十米", "三官堂江", Basis.NEAR_EDGE, (50, Side.EAST)),
        ("人民路以西一百五十米", "人民路", Basis.NEAR_EDGE, (150, Side.WEST)),
        ("穆斯林大道东100米南北一线", "穆斯林大道", Basis.NEAR_EDGE, (100, Side.EAST)),
        ("同发花园小区围墙外30米处", "同发花园小区", Basis.WALL, (30, Side.EAST)),
        ("公证处往东50米", "公证处", Basis.NEAR_EDGE, (50, Side.EAST)),
        ("北小街西墙一线", "北小街", Basis.WALL, None),
        ("保险公司家属院围墙", "保险公司家属院", Basis.WALL, None),
        ("人民路道路红线", "人民路", Basis.RED_LINE, None),
        ("人民路中心线", "人民路", Basis.CENTERLINE, None),
        ("人民路沿线", "人民路", Basis.NEAR_EDGE, None),
        ("人民路东侧", "人民路", Basis.FAR_EDGE, None),
        ("人民路西侧", "人民路", Basis.NEAR_EDGE, None),
        ("清河西岸", "清河", Basis.NEAR_EDGE, None),
        ("万隆街止", "万隆街", Basis.NEAR_EDGE, None),
        ("圪垱头村委会西墙南北一线长约378米", "圪垱头村委会", Basis.WALL, None),
        ("拱康路沿线绿化带", "拱康路沿线绿化带", Basis.NEAR_EDGE, None),
        ("东城墙", "东城墙", Basis.NEAR_EDGE, None),
        ("管理处", "管理处", Basis.NEAR_EDGE, None),
    ],
)
def test_the_anchor_is_bare_and_the_line_and_distance_are_told(
    words: str, anchor: str, basis: Basis, offset: tuple[float, Side] | None
) -> None:
    found = only(f"东至{words}，南至环翠路")
    assert (found.anchor, found.basis) == (anchor, basis)
    assert (found.offset_m, found.offset_dir) == (offset or (None, None))


def test_a_distance_without_direction_is_kept_and_reported() -> None:
    assert only("北至道北路500米；东至北大街", Side.NORTH).offset_dir is None
    assert "offset_direction_missing.N" in codes("北至道北路500米；东至北大街")


def test_a_side_that_is_only_a_distance_counts_from_the_base() -> None:
    text = "旧址：以文物本体为界，东向外延伸3米，南向外延伸0.7米，西向外延伸2米，北向外延伸1米。面积：110.6平方米。"
    assert sides(text) == row("文物本体", "文物本体", "文物本体", "文物本体")
    assert only(text, Side.SOUTH).offset_m == pytest.approx(0.7)
    assert only(text, Side.SOUTH).offset_dir is Side.SOUTH
    assert parse(text).stated_area_m2 == pytest.approx(110.6)


def test_brackets_hold_an_alias_a_state_limits_or_a_remark() -> None:
    text = "北至长江东路（合店路），西至绿杨路（规划），东至人民路（解放路至中山路段），南至入城路（三福社区）"
    assert only(text, Side.NORTH).alias == "合店路"
    assert (only(text, Side.WEST).anchor, only(text, Side.WEST).state) == ("绿杨路", "规划")
    assert only(text, Side.EAST).limits == ("解放路", "中山路")
    assert only(text, Side.SOUTH).alias is None
    assert only("东至A路B路至C路段，南至D路").limits == ("B路", "C路")


def test_a_state_stays_in_the_anchor_and_leaves_the_names_to_look_for() -> None:
    found = only("东至规划檀山路，南至规划吴山路")
    assert (found.anchor, found.state) == ("规划檀山路", "规划")
    assert found.names == ("规划檀山路", "檀山路")
    assert only("东至蜀南大道中段，南至A路").names == ("蜀南大道中段", "蜀南大道")
    assert only("东至人民路与长江路交叉口，南至A路").junction == ("人民路", "长江路")


def test_the_wall_of_this_estate_is_looked_for_by_the_name_of_the_part() -> None:
    found = only("华夏首府小区，东至小区围墙、南至长江路、西至金沙街、北至西沙街")
    assert (found.own, found.basis, found.names) == (True, Basis.WALL, ("华夏首府小区",))


@pytest.mark.parametrize(
    ("text", "exclude", "include"),
    [
        ("东至A路（除高风险区外）", ("高风险区",), ()),
        ("东至A路，南至B路，除乐水苑小区以外区域", ("乐水苑小区",), ()),
        ("东至A路（高风险区16号楼除外），南至B路", ("高风险区16号楼",), ()),
        ("北至军安花苑（不含军安），东至A路", ("军安",), ()),
        ("南至晏家坪小学（不含），东至A路", ("晏家坪小学",), ()),
        ("东至A路，南至海外宿舍（含海外宿舍）", (), ("海外宿舍",)),
        ("东至A路、西至B路地区，以及洪德路35弄、38弄", (), ("洪德路35弄、38弄",)),
        ("西以衢山大道为界，南到恒丽府邸，包括渔父乐园共计13个住宅小区。", (), ("渔父乐园共计13个住宅小区",)),
        ("片区（包括东至商邑大道、南至沪陕高速之间区域）", (), ()),
        ("东至外环路，南至除尘器厂", (), ()),
    ],
)
def test_what_is_left_out_and_added_is_no_side(text: str, exclude: tuple[str, ...], include: tuple[str, ...]) -> None:
    found = parse(text)
    assert (found.exclude, found.include) == (exclude, include)


def test_the_sides_of_what_is_left_out_are_not_those_of_the_area() -> None:
    found = parse("宝丰A区除新生活区（东至永宁路，西至花马池路，南至大武口路，北至宝能路）外其它区域")
    assert not found.parts
    assert not found.usable
    assert found.exclude[0].startswith("新生活区")
    assert {issue.code for _, issue in found.issues} == {"excluded_area_described", "no_sides"}


@pytest.mark.parametrize(
    ("text", "labels", "last"),
    [
        ("一期：东至甲路、西至乙路。二期：东至丙路、西至丁路", ["一期", "二期"], row("丙路", "", "丁路")),
        ("一期东至甲路，南至乙路；二期东至丙路，南至丁路", ["一期", "二期"], row("丙路", "丁路")),
        ("1队东至大路西至甲河2队东至乙河西至丙河", ["1队", "2队"], row("乙河", "", "丙河")),
        ("A组团：东至甲路、北至丁路 B组团：东至戊路、北至辛路", ["A组团", "B组团"], row("戊路", "", "", "辛路")),
        (
            "1、家和苑小区四栋楼；2、二中家属楼（北至博园小区，南至二中）；3、小康村（北至沁园小区，南至批发市场）",
            ["二中家属楼", "小康村"],
            row("", "批发市场", "", "沁园小区"),
        ),
        ("东至甲街，南至乙路，西至丙街，北至丁路。东至丙街，南至戊路", [None, None], row("丙街", "戊路")),
        ("（六）月湖历史文化街区，东至镇明路，北至中山西路；", ["月湖历史文化街区"], row("镇明路", "", "", "中山西路")),
        ("江宁区禄口街道围合区域（四至范围：东至禄铜路，南至达练岗河）", ["江宁区禄口街道"], row("禄铜路", "达练岗河")),
        ("项目东至甲路，西至乙路", [None], row("甲路", "", "乙路")),
    ],
)
def test_a_sentence_may_describe_several_parts(text: str, labels: list[str | None], last: dict[str, list[str]]) -> None:
    assert [part.label for part in parse(text).parts] == labels
    assert sides(text, -1) == last


def test_a_slip_is_reported_and_never_repaired() -> None:
    text = "真武路片区：北至岷江桥南桥头，南至盐水溪，北至真武路，西至翠屏山。"
    assert sides(text) == row("", "盐水溪", "翠屏山", "岷江桥南桥头 真武路")
    assert codes(text) == {"side_repeated.N", "side_missing.E"}


def test_a_doubled_verb_counts_once_and_is_noted() -> None:
    text = "北至北浩巷、南至正气巷、西至鲁家园、东至东至蜀南大道中段北大街。"
    assert sides(text)["E"] == ["蜀南大道中段北大街"]
    assert [(found.code, found.severity) for _, found in parse(text).issues] == [("verb_doubled", Severity.NOTE)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("东至空地，南至A路", "anchor_unnamed.E"),
        ("东至规划路，南至A路", "anchor_unnamed.E"),
        ("东至南北向规划道路，南至A路", "anchor_unnamed.E"),
        ("东至详见附图，南至A路", "anchor_refers_elsewhere.E"),
        ("东至规...，南至A路", "anchor_truncated.E"),
        ("东至，南至A路", "anchor_missing.E"),
        ("南北至长江路、黄山路，东至A路", "sides_share_anchors"),
        ("东至A路（B路，南至C路", "bracket_unbalanced"),
        ("同上", "refers_elsewhere"),
        ("详见附图", "refers_elsewhere"),
        ("本小区共有住宅楼12栋", "no_sides"),
        ("  \n", "text_empty"),
        ("留祥路—石祥路—石桥路—留祥路构成的围合区域", "ring_without_directions"),
        ("西环快速路/南环路/运河/劳动路围合片区", "ring_without_directions"),
        ("北上高大街、东湖路、唐王河、天烛峰路", "ring_without_directions"),
    ],
)
def test_what_cannot_be_read_or_looked_for_is_said(text: str, code: str) -> None:
    assert code in codes(text)


def test_a_ring_without_directions_keeps_its_names_in_order() -> None:
    ring = parse("人民路-解放路-长江路-人民路合围区域").parts[0].ring
    assert [one.anchor for one in ring] == ["人民路", "解放路", "长江路", "人民路"]


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        ("北至长江东路（合店路），西至燎原路，东至南环路", True),
        ("东至鼎泰路北至和济街南至规划路西至规划路", True),
        ("东至空地，南至农田，西至小路，北至规划路", False),
        ("翡翠路（北至姚庄路南至欣欣路）沿街商铺", False),
        ("东至滨海大道（松岭路）滨海大道北面至世园大道为界，边界外配送崂山路两侧往东至九水东路交接处为界", False),
        ("彩虹街道幸福新村35号2楼南侧、石路基44号1楼东北侧、周门街1号1楼西北侧", False),
        ("", False),
    ],
)
def test_an_area_needs_three_sides_of_which_two_have_names(text: str, usable: bool) -> None:
    assert parse(text).usable is usable


def test_areas_and_lengths_stated_are_kept_as_checks() -> None:
    found = parse("东至A路，总建筑面积12万平方米，占地面积约3.5公顷。遗址范围东西、南北各约140米")
    assert found.stated_area_m2 == pytest.approx(35000)
    assert found.stated_lengths_m == (("东西", 140.0), ("南北", 140.0))
    assert parse("东至A路，用地面积50亩").stated_area_m2 == pytest.approx(50 * 10000 / 15)
