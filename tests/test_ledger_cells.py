"""The cells of the ledgers as people write them: every way to fill one in is understood, or complained about."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_service.codes import CommitteeState, ServiceForm
from gis_service.ledger.cells import CellValue, sequence_number, yes_or_no
from gis_service.ledger.coded import one_code, problem_categories
from gis_service.ledger.deadlines import deadline
from gis_service.ledger.division import DivisionNames, split_division
from gis_service.ledger.header import key_of
from gis_service.ledger.names import community_names
from gis_service.ledger.people import split_people
from gis_service.ledger.percent import share


@pytest.mark.parametrize(
    "written",
    [1, 1.0, "1", "１", " 1 ", "1.", "①", "⑴", "(1)", "专业化物业服务", "1.专业化物业服务", "1、专业化物业服务",
     "专业化物业服务（1）", "１．专业化\n物业服务", "专业化", "√专业化物业服务", "1 专业化物业服务（一级资质）"],
)  # fmt: skip
def test_a_code_is_understood_as_digit_or_words(written: CellValue) -> None:
    assert one_code(written, ServiceForm).value is ServiceForm.PROFESSIONAL


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("业委会", CommitteeState.OWNERS_COMMITTEE),
        ("已成立业主委员会", CommitteeState.OWNERS_COMMITTEE),
        ("物管会", CommitteeState.PROPERTY_COMMITTEE),
        ("未成立业主委员会", CommitteeState.NONE),
        ("无", CommitteeState.NONE),
        ("尚未组建", CommitteeState.NONE),
        ("业委会换届中", None),
        ("业主委员会、物业管理委员会", None),
        ("2023", None),
    ],
)
def test_words_about_the_committee_are_taken_only_when_they_are_plain(
    written: str, state: CommitteeState | None
) -> None:
    assert one_code(written, CommitteeState).value is state


@pytest.mark.parametrize(
    ("written", "categories"),
    [
        (11, (11,)),
        (11.0, (11,)),
        ("１１", (11,)),
        ("⑪", (11,)),
        ("11、12", (11, 12)),
        ("11,12", (11, 12)),
        ("11；12\n14", (11, 12, 14)),
        ("11 12 11", (11, 12)),
        ("11/12", (11, 12)),
        ("10-12", (10, 11, 12)),
        ("第11类", (11,)),
        ("11.消防车道（含2处登高场地）", (11,)),
        ("（11）", (11,)),
        ("物业企业擅自撤离或拒不移交", (19,)),
        ("25", (25,)),
        ("0", None),
        (11.12, None),
        ("消防", None),
    ],
)
def test_problem_categories_are_read_one_or_several(written: CellValue, categories: tuple[int, ...] | None) -> None:
    assert problem_categories(written).value == categories


@pytest.mark.parametrize(
    ("written", "rate"),
    [("85%", 0.85), (0.85, 0.85), (85, 0.85), ("85", 0.85), ("85.5％", 0.855), ("８５%", 0.85), (1, 1.0), ("100%", 1.0),
     (0, 0.0), ("0.5%", 0.005), (2, 0.02), (1.5, None), ("-5%", None), (True, None), ("八五折", None)],
)  # fmt: skip
def test_a_rate_is_the_same_share_however_it_is_written(written: CellValue, rate: float | None) -> None:
    assert share(written).value == rate


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2023年7月15日", dt.date(2023, 7, 15)),
        ("2023.7.15", dt.date(2023, 7, 15)),
        ("2023-07-15", dt.date(2023, 7, 15)),
        ("2023/7/15", dt.date(2023, 7, 15)),
        ("２０２３年７月１５日", dt.date(2023, 7, 15)),
        ("20230715", dt.date(2023, 7, 15)),
        (20230715, dt.date(2023, 7, 15)),
        (45122.0, dt.date(2023, 7, 15)),
        (dt.datetime(2023, 7, 15, 9), dt.date(2023, 7, 15)),
        (dt.date(2023, 7, 15), dt.date(2023, 7, 15)),
        ("23.7.15", dt.date(2023, 7, 15)),
        ("2023年7月", dt.date(2023, 7, 31)),
        ("2023年2月底前", dt.date(2023, 2, 28)),
        ("2023年底前", dt.date(2023, 12, 31)),
        ("2023年7月15日前完成", dt.date(2023, 7, 15)),
        ("2023.7.16-2023.11.15", dt.date(2023, 11, 15)),
        ("7月15日前", dt.date(2022, 7, 15)),
        ("年底前", dt.date(2022, 12, 31)),
        ("立行立改", None),
        ("长期坚持", None),
        ("2023年2月30日", None),
        ("尽早吧", None),
        (dt.date(1900, 1, 1), None),
        (7.15, None),
    ],
)
def test_a_deadline_is_a_day_however_it_is_written(written: CellValue, day: dt.date | None) -> None:
    assert deadline(written, 2022).value == day


@pytest.mark.parametrize(
    ("written", "closed"), [("是", True), ("√", True), ("已销号", True), ("是。", True), (True, True)]
)
def test_closed_is_understood_as_words_or_ticks(written: CellValue, closed: bool) -> None:
    assert yes_or_no(written).value is closed


@pytest.mark.parametrize("written", ["否", "×", "X", "未销号", " 否 ", "N", False])
def test_open_is_understood_as_words_or_crosses(written: CellValue) -> None:
    assert yes_or_no(written).value is False


@pytest.mark.parametrize(("written", "number"), [("１２", 12), ("12.", 12), ("(12)", 12), (12.0, 12), ("十二", None)])
def test_a_sequence_number_is_whole(written: CellValue, number: int | None) -> None:
    assert sequence_number(written).value == number


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("安庆市迎江区孝肃路街道墨子巷社区", ("迎江区", "孝肃路街道", "墨子巷社区")),
        ("迎江区、孝肃路街道、墨子巷社区", ("迎江区", "孝肃路街道", "墨子巷社区")),
        ("安徽省安庆市 大观区\n玉琳路街道\n菱湖社区", ("大观区", "玉琳路街道", "菱湖社区")),
        ("桐城市龙眠街道西苑社区", ("桐城市", "龙眠街道", "西苑社区")),
        ("安庆市桐城市文昌街道", ("桐城市", "文昌街道", "")),
        ("怀宁县高河镇育儿村", ("怀宁县", "高河镇", "育儿村")),
        ("怀宁县/高河镇/高河镇社区", ("怀宁县", "高河镇", "高河镇社区")),
        ("大观区山口乡联合村", ("大观区", "山口乡", "联合村")),
        ("经开区老峰镇朝阳村", ("经开区", "老峰镇", "朝阳村")),
        ("安庆市经济技术开发区-菱北街道-振风社区", ("经开区", "菱北街道", "振风社区")),
        ("安庆高新区山口镇", ("高新区", "山口镇", "")),
        ("迎江区宜城路街道办事处吴樾居委会", ("迎江区", "宜城路街道", "吴樾居委会")),
        ("迎江区 人民路街道 四方城社区居委会", ("迎江区", "人民路街道", "四方城社区")),
        ("孝肃路街道墨子巷社区", ("", "孝肃路街道", "墨子巷社区")),
        ("迎江区人民路街道炮营山社区、四方城社区", ("迎江区", "人民路街道", "炮营山社区、四方城社区")),
        ("歙县徽城镇", ("歙县", "徽城镇", "")),
        ("市府社区", ("", "", "市府社区")),
        ("", ("", "", "")),
    ],
)
def test_a_division_cell_is_split_into_its_three_levels(written: str, names: tuple[str, str, str]) -> None:
    assert split_division(written) == DivisionNames(*names)


@pytest.mark.parametrize(
    "written",
    [
        "安庆金桥物业有限公司 张三 13805560000",
        "安庆金桥物业有限公司张三13805560000",
        "安庆金桥物业有限公司\n张三\n138 0556 0000",
        "安庆金桥物业有限公司（张三，138-0556-0000）",
        "安庆金桥物业有限公司、张三、13805560000",
        "安庆金桥物业有限公司/张三/13805560000",
        "安庆金桥物业有限公司 项目负责人：张三 电话：13805560000",
        "企业名称：安庆金桥物业有限公司；负责人：张三；联系电话：１３８０５５６００００",
        "安庆金桥物业有限公司,张三,+86 13805560000",
    ],
)
def test_company_manager_and_phone_are_told_apart(written: str) -> None:
    people = split_people(written)
    assert (people.company, people.manager, people.manager_phone) == ("安庆金桥物业有限公司", "张三", "13805560000")


@pytest.mark.parametrize(
    ("written", "company", "manager", "phone"),
    [
        ("万科物业（安庆）有限公司迎江分公司 李四", "万科物业（安庆）有限公司迎江分公司", "李四", ""),
        ("炮营山社区居委会 王五", "炮营山社区居委会", "王五", ""),
        ("金色物业 0556-5512345", "金色物业", "", "0556-5512345"),
        ("无", "", "", ""),
        ("/", "", "", ""),
        ("", "", "", ""),
        ("安庆电话大楼物业有限公司 张三 手机号码：13805560000", "安庆电话大楼物业有限公司", "张三", "13805560000"),
        ("皖江物业有限公司 张三、李四", "皖江物业有限公司", "张三、李四", ""),
    ],
)
def test_other_ways_to_name_who_serves_an_area(written: str, company: str, manager: str, phone: str) -> None:
    people = split_people(written)
    assert (people.company, people.manager, people.manager_phone) == (company, manager, phone)


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("阳光花园", ("阳光花园",)),
        ("阳光花园、绿地新城，滨江苑；香樟里\n阳光花园", ("阳光花园", "绿地新城", "滨江苑", "香樟里")),
        ("阳光花园（一期、二期）", ("阳光花园（一期、二期）",)),
        ("大岙一、二村", ("大岙一、二村",)),
        ("光彩一期、二期、三期", ("光彩一期、二期、三期",)),
        ("绿地/滨江", ("绿地", "滨江")),
        (" 阳 光 花 园３期 ", ("阳光花园3期",)),
        ("无", ()),
    ],
)
def test_community_names_are_separated_but_not_torn(written: str, names: tuple[str, ...]) -> None:
    assert community_names(written) == names


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("所在市县（区）、街道、社区", "division"),
        ("所在市县(区)、\n街道、 社区", "division"),
        ("所在县（区）、街道、社区", "division"),
        ("物业服务形态\n1.专业化物业服务 2.社区统管", "service_form"),
        ("物业服务形态（填写代码）", "service_form"),
        ("业委会组建情况*", "committee"),
        ("6.物业服务形态", "service_form"),
        ("物业服务企业\n及项目负责人", "company_manager"),
        ("物业费收缴率（%）", "fee_rate"),
        ("物业服务企业", "company"),
        ("房屋幢数", ""),
    ],
)
def test_a_title_is_known_whatever_its_blanks_and_brackets(title: str, key: str) -> None:
    assert key_of(title, 1) == key


@given(text=st.text(max_size=40))
def test_no_text_whatever_breaks_the_cell_parsers(text: str) -> None:
    assert isinstance(split_division(text), DivisionNames)
    assert isinstance(community_names(text), tuple)
    assert set(split_people(text).manager_phone) <= set("0123456789-")
    for understood in (one_code(text, ServiceForm), share(text), problem_categories(text), yes_or_no(text)):
        assert understood.value is not None or understood.complaint.startswith("填写了“")
    day = deadline(text, 2023).value
    assert day is None or 2000 <= day.year < 2100
