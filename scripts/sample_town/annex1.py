"""The sample 附件1 workbook: the rows of the town in the official form, as messy as real sheets are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from random import Random

from gis_service.codes import CommitteeState, PartyCoverage, ServiceForm
from scripts.sample_town.rows import Row
from scripts.sample_town.town import rng_for
from scripts.sample_town.workbook import Cell, Sheet

TITLE = "住宅物业管理区域信息台账（示例数据，虚构）"
COLUMNS = (
    "序号", "物业管理区域名称", "小区名称", "所在市县(区)、街道、社区", "四至范围", "物业服务形态", "业主委员会组建情况",
    "党的工作覆盖情况", "物业服务企业及项目负责人", "物业费收缴率",
)  # fmt: skip
NOTES = (
    "注：1.物业服务形态：1专业化物业服务，2社区统管，3单位代管，4居民自管，5无物管，6其它形态。",
    "2.业主委员会组建情况：1业主委员会，2物业管理委员会，3未成立。3.党的工作覆盖情况：1党委，2党总支，3党支部，4党的工作小组，5未成立。",
    "注：填表单位为临湖新城（示例），本表全部内容为示例数据（虚构）。",
)
BAD_CELLS: dict[int, tuple[int, Cell]] = {  # 序号 → column (from 0) and what somebody typed there
    16: (5, 7), 37: (5, "待定"), 64: (6, 4), 86: (7, "8"), 98: (9, "一百"), 113: (9, "120%"), 127: (6, "是"), 146: (9, "未统计"),
}  # fmt: skip
SEVERAL: dict[int, tuple[int, str]] = {
    22: (7, "3、4"),
    45: (6, "1、2"),
    71: (7, "３，４"),
    120: (5, "1、2"),
    152: (7, "2/3"),
}
REPEATED = (29, 112)  # rows that stand in the sheet twice, word for word
SAME_NUMBER: dict[int, int] = {161: 160}  # a row that bears the 序号 of the row before
BLANK_AFTER = (30, 60, 60, 97, 133)
_FULL_WIDTH = str.maketrans("0123456789.%", "０１２３４５６７８９．％")


def _code(value: int, words: str, rng: Random) -> Cell:
    """A code as people write it: the digit, the digit as text, in full width, the words, or both."""
    forms: tuple[Cell, ...] = (
        value,
        value,
        value,
        str(value),
        str(value).translate(_FULL_WIDTH),
        words,
        f"{value}{words}",
        f"{value}.{words}",
    )
    return rng.choice(forms)


def _rate(rate: float, rng: Random) -> Cell:
    percent = round(rate * 100)
    forms: tuple[Cell, ...] = (
        rate,
        percent,
        f"{percent}%",
        f"{percent}%",
        f"{percent}%".translate(_FULL_WIDTH),
        f"{rate * 100:.1f}%",
    )
    if rate == 0:
        return rng.choice(("0", "0%", "/", None))
    return rng.choice(forms[:1] + forms[2:]) if percent < 2 else rng.choice(forms)


def _division(row: Row, rng: Random) -> str:
    home = row.area.communities[0].neighborhood
    parts = [home.reporting_unit, home.street.name, home.name]
    if rng.random() < 0.1:
        return "".join(["安庆市", *parts])
    return rng.choice(("", "", "", "、", " ", "/", "\n")).join(parts)


def _manager(row: Row, rng: Random) -> str:
    if row.form == 5:
        return rng.choice(("", "无", "/"))
    if row.form in (2, 3, 4) and rng.random() < 0.5:
        return row.company
    return (
        rng.choice(("{0}\n{1} {2}", "{0}、{1} {2}", "{0}，{1}，{2}", "{0} {1}{2}", "{0}（{1} {2}）"))
        .format(row.company, row.manager, row.phone)
        .strip()
    )


def _communities(row: Row, rng: Random) -> str:
    names = [c.name for c in row.area.communities]
    return rng.choice(("、", "、", "\n", "，", "；")).join(names)


def _cells(row: Row, above: Row | None) -> list[Cell]:
    rng = rng_for(f"annex1:{row.seq}")
    division: Cell = _division(row, rng)
    if above and above.area.communities[0].neighborhood == row.area.communities[0].neighborhood and row.seq % 13 == 5:
        division = "同上"
    name = row.area.name if rng.random() < 0.6 else f"{row.area.name}物业管理区域"
    cells: list[Cell] = [
        SAME_NUMBER.get(row.seq, row.seq), name, _communities(row, rng), division, row.sentence or None,
        _code(row.form, ServiceForm.numbered(row.form).words, rng),
        _code(row.committee, CommitteeState.numbered(row.committee).words, rng),
        _code(row.party, PartyCoverage.numbered(row.party).words, rng),
        _manager(row, rng), _rate(row.fee_rate, rng),
    ]  # fmt: skip
    if row.form == 5 and cells[5] == "无物管" and row.seq % 2:
        cells[5] = "无物业"
    for column, typed in (x for x in (BAD_CELLS.get(row.seq), SEVERAL.get(row.seq)) if x):
        cells[column] = typed
    return cells


def lines(told: Sequence[Row]) -> list[Sequence[Cell]]:
    """All lines of the sheet below the header."""
    out: list[Sequence[Cell]] = []
    above: Row | None = None
    for row in told:
        out.append(_cells(row, above))
        out += [()] * BLANK_AFTER.count(row.seq)
        above = row
    by_number = {row.seq: _cells(row, None) for row in told if row.seq in REPEATED}
    return out + [by_number[seq] for seq in REPEATED]


def sheet(day: dt.date, told: Sequence[Row]) -> Sheet:
    """The sheet of 附件1 that says these rows of the day."""
    subtitle = f"填报单位：安庆市临湖新城（示例）　　填报日期：{day.year}年{day.month}月{day.day}日　　示例数据（虚构）"
    return Sheet("附件1", TITLE, subtitle, COLUMNS, (6, 24, 24, 26, 60, 14, 16, 16, 34, 12), lines(told), NOTES)
