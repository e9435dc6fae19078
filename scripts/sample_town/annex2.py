"""The sample 附件2 workbook: problems found in the estates, all 22 categories, most on 10–14, as messy as real sheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from random import Random

from gis_service.codes import ProblemCategory
from scripts.sample_town import names, sites
from scripts.sample_town.blocks import block_at
from scripts.sample_town.rows import Row, rows
from scripts.sample_town.town import Community, rng_for, town
from scripts.sample_town.workbook import Cell, Sheet

TITLE = "住宅物业服务问题整治工作台账（示例数据，虚构）"
COLUMNS = (
    "序号", "项目名称", "所在区县", "物业服务企业", "问题类别", "问题内容", "整改措施进展情况", "责任单位/人", "整改完成时限", "是否销号", "备注",
)  # fmt: skip
NOTES = ("注：问题类别按1—22填写，可填多项；整改完成一项、销号一项。", "注：本表全部内容为示例数据（虚构）")
_WEIGHTS = {
    1: 9,
    2: 10,
    3: 8,
    4: 3,
    5: 9,
    6: 6,
    7: 2,
    8: 3,
    9: 3,
    10: 20,
    11: 27,
    12: 25,
    13: 13,
    14: 13,
    15: 4,
    16: 6,
    17: 5,
    18: 9,
    20: 2,
    21: 2,
    22: 2,
}
_CONTENT = {
    1: "楼道及绿化带垃圾未及时清运", 2: "路面破损、雨水管堵塞，夜间照明不亮", 3: "架空层被占用堆放杂物", 4: "绿化带内饲养鸡鸭",
    5: "机动车乱停放，占用人行通道", 6: "电梯年检标志过期", 7: "业主反映电梯维保费用不透明", 8: "住户装修拆改承重墙", 9: "人防车位口部堆物",
    10: "灭火器过期，消防控制室单人值班", 11: "消防车道被私家车占用，标线缺失", 12: "电动自行车在门厅停放、飞线充电", 13: "管道井未封堵，堆放杂物",
    14: "未建立微型消防站", 15: "公共维修资金使用未公示", 16: "电梯广告收益未公开", 17: "超标准收取装修押金", 18: "保安无人值守，报修不及时",
    19: "物业企业撤离后无人接管", 20: "屋顶漏水多年未修", 21: "相邻工地噪声扰民", 22: "快递柜占用消防登高面争议",
}  # fmt: skip
OPEN_PROGRESS = ("正在整改", "已下发整改通知书", "已约谈项目负责人", "制定整改方案，分步推进", "待资金到位", "")
_CLOSED_PROGRESS = ("已整改完成", "已完成整改并公示", "已清理到位，社区复核", "整改完成，长期坚持")
_UNREADABLE = ("尽快", "长期", "2023.13.5", "7月底前后", "见附件", "待定")
_NO_MATCH = ("沿河农贸城", "城东安置点C区", "老粮站大院", "湖畔人家（在建）", "综合楼")
YES, NO = ("是", "是", "已销号", "√", "是（7.28）"), ("否", "否", "未销号", "×", "否")
_COUNT = 224


def lost() -> tuple[Community, ...]:
    """The communities whose company left and nobody took over: problem 19 open on purpose."""
    wanted = [block_at(*at) for at in sites.LOST]
    return tuple(next(a.communities[0] for a in town().areas if a.block is block) for block in wanted)


def _deadline(rng: Random, closed: bool) -> Cell:
    day = dt.date(2023, 7, 20) + dt.timedelta(days=rng.randrange(118))
    if rng.random() < 0.05 and not closed:
        return rng.choice(_UNREADABLE)
    forms: tuple[Cell, ...] = (
        day, day, day, f"{day.year}年{day.month}月{day.day}日", f"{day.year}.{day.month}.{day.day}", f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}",
        f"{day.month}月{day.day}日", f"{day:%Y%m%d}", f"{day.year}年{day.month}月底",
    )  # fmt: skip
    return rng.choice(forms)


def _categories(seq: int, rng: Random) -> list[int]:
    """One category or several, those about fire most often; every tenth line takes the next, so that none is missing."""
    turn, rest = divmod(seq, 10)
    if rest == 3 and turn in _WEIGHTS:
        return [turn]
    numbers, weights = list(_WEIGHTS), list(_WEIGHTS.values())
    found = rng.choices(numbers, weights, k=1 if rng.random() < 0.86 else rng.choice((2, 2, 3)))
    return sorted(set(found))


def _category_cell(found: list[int], rng: Random) -> Cell:
    if len(found) > 1:
        return rng.choice(("、", ",", "，", "/", ";")).join(map(str, found))
    only = found[0]
    full = str(only).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    forms: tuple[Cell, ...] = (
        only,
        only,
        only,
        only,
        str(only),
        full,
        f"{only}.{ProblemCategory.numbered(only).words}",
    )
    return rng.choice(forms)


def _project(row: Row, rng: Random) -> str:
    community = rng.choice(row.area.communities)
    roll = rng.random()
    if roll < 0.12 and community.aliases:
        return community.aliases[0]
    if roll < 0.2:
        return f"{community.name}项目"
    if roll < 0.26:
        return row.area.name
    return community.name


def _line(seq: int, project: str, row: Row, found: list[int], closed: bool) -> list[Cell]:
    rng = rng_for(f"annex2:{seq}")
    home = row.area.communities[0].neighborhood
    unit = rng.choice((home.street.name, row.company or home.name, f"{home.name}居委会"))
    person = names.person(rng)
    spot = f"{rng_for(f'spot:{seq}').randint(1, 24)}号楼："
    content = spot + "；".join(_CONTENT[number] for number in found)
    responsible = rng.choice(("{0}/{1}", "{0} {1}", "{0}、{1}", "{0}（{1}）", "{0}")).format(unit, person)
    return [
        seq, project, home.reporting_unit, row.company or "无", _category_cell(found, rng), content,
        rng.choice(_CLOSED_PROGRESS if closed else OPEN_PROGRESS), responsible, _deadline(rng, closed),
        rng.choice(YES if closed else NO), "" if rng.random() < 0.8 else rng.choice(("重点项目", "12345转办", "市级督办", "群众信访件")),
    ]  # fmt: skip


def _left_lines(seq: int) -> list[list[Cell]]:
    """Problem 19: five communities where it is open, four where another company has taken over since."""
    out: list[list[Cell]] = []
    by_community = {c.code: row for row in rows() for c in row.area.communities}
    open_ones = [(by_community[c.code], c.name, False) for c in lost()]
    gone = {community.code for community in lost()}
    whole = [row for row in rows() if row.area.role == "whole" and row.form == 1]
    quiet = [row for row in whole if not gone & {community.code for community in row.area.communities}]
    closed = [(row, row.area.communities[0].name, True) for row in quiet[5:33:7]]
    for row, name, done in [*open_ones, *closed]:
        found = [18, 19] if name == open_ones[1][1] else [19]
        line = _line(seq + len(out), name, row, found, done)
        line[4] = "18、19" if len(found) > 1 else 19
        line[9] = "是" if done else "否"
        out.append(line)
    return out


def lines() -> list[Sequence[Cell]]:
    """All lines of the sheet below the header."""
    rng = rng_for("annex2")
    served = [row for row in rows() if row.area.role != "ditto"]
    out: list[Sequence[Cell]] = []
    for seq in range(1, _COUNT + 1):
        row = rng.choice(served)
        project = _NO_MATCH[seq // 37 % len(_NO_MATCH)] if seq % 37 == 11 else _project(row, rng)
        out.append(_line(seq, project, row, _categories(seq, rng), rng.random() < 0.46))
    out += _left_lines(_COUNT + 1)
    return _messed([list(line) for line in out])


def _messed(out: list[list[Cell]]) -> list[Sequence[Cell]]:
    """The lines with what goes wrong in real sheets: 同上, unknown categories, no answer, a line twice, empty lines."""
    out[18][2], out[57][2] = "同上", "同上"
    out[33][4], out[90][4], out[141][4] = 23, "消防", 0
    out[66][9], out[120][9] = None, "部分完成"
    out[101][8] = None
    messy: list[Sequence[Cell]] = list(out)
    messy.append(list(out[45]))
    for at in (160, 80, 40):
        messy.insert(at, ())
    return messy


def sheet(day: dt.date, told: Sequence[Sequence[Cell]]) -> Sheet:
    """The sheet of 附件2 that says these lines of the day."""
    subtitle = f"填报单位：安庆市临湖新城（示例）　　截至{day.year}年{day.month}月{day.day}日　　示例数据（虚构）"
    return Sheet("附件2", TITLE, subtitle, COLUMNS, (6, 22, 10, 28, 10, 40, 28, 28, 16, 10, 12), told, NOTES)
