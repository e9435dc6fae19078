"""Rows of a push, of a sheet or of JSON, in; values with their periods, and rows refused with the reason, out."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gis_service.errors import BadRequestError
from gis_service.indicators.declaration import Indicator
from gis_service.indicators.periods import Period, parse_period

MOST_ROWS = 50_000
COLUMNS = {"subject": "编号", "name": "名称", "period": "时段", "value": "数值", "note": "备注"}
_ALIASES = {
    "subject": ("subject", "编号", "代码", "区域编号", "小区编号", "区划代码"),
    "name": ("name", "名称", "区域名称", "物业管理区域名称", "小区名称", "区划名称"),
    "period": ("period", "时段", "期间", "日期", "月份", "季度", "年度"),
    "value": ("value", "数值", "值"),
    "note": ("note", "备注", "说明"),
}
_NAMES = {alias: key for key, aliases in _ALIASES.items() for alias in aliases}
_PERSONAL = re.compile(
    "姓名|联系人|负责人|业主|户主|住户|电话|手机|身份证|证件|房号|门牌|室号|单元|楼栋|户号|车牌|地址|邮箱|微信|"
    "phone|mobile|tel|owner|person|household|room|address|id_?card|email",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,12})?", re.ASCII)
_PERCENT = re.compile(r"([+-]?\d{1,6}(?:\.\d{1,6})?)\s*[%％]", re.ASCII)
_LONGEST = {"subject": 40, "name": 100, "period": 20, "note": 300}
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－％", "0123456789.-%")


@dataclass(frozen=True)
class Given:
    """A row as it came: its number in the file or array (from 1), and its cells by column."""

    number: int
    cells: Mapping[str, object]


@dataclass(frozen=True)
class Figure:
    """A value as it is understood; None takes an earlier value back."""

    number: int
    subject: str
    name: str
    period: Period
    value: float | None
    note: str


@dataclass(frozen=True)
class Refused:
    """A row that is not kept, and why."""

    number: int
    column: str
    reason: str

    def told(self) -> dict[str, object]:
        """As JSON has it."""
        return {"row": self.number, "column": self.column, "reason": self.reason}


def column_named(title: str, indicator: Indicator) -> str:
    """The column that a heading means; BadRequestError for one that there is not, persons and households first."""
    plain = "".join(title.split())
    known = _NAMES.get(plain.lower()) or ("value" if plain == indicator.title else None)
    if known:
        return known
    if _PERSONAL.search(plain):
        raise BadRequestError(
            f"不收“{plain[:40]}”一列：这里只收按{_SUBJECT[indicator.subject]}汇总的数字，不收个人、住户的数据，请删去后再报"
        )
    raise BadRequestError(f"不认识“{plain[:40]}”一列，可有：{'、'.join(COLUMNS.values())}（{'、'.join(COLUMNS)}）")


_SUBJECT = {"area": "物业管理区域", "community": "小区", "division": "区划"}


def figures(rows: Iterable[Given], indicator: Indicator, today: dt.date) -> tuple[list[Figure], list[Refused]]:
    """Every row as a value, or refused; several rows of one subject and period are refused together.

    BadRequestError where there are more than MOST_ROWS.
    """
    good: list[Figure] = []
    bad: list[Refused] = []
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise BadRequestError(f"一次至多 {MOST_ROWS} 行，请分几次报送")
        found = _figure(row, indicator, today)
        (good if isinstance(found, Figure) else bad).append(found)  # type: ignore[arg-type]
    return _one_each(good, bad, indicator)


def _one_each(good: list[Figure], bad: list[Refused], indicator: Indicator) -> tuple[list[Figure], list[Refused]]:
    """One value of a subject and period: several that differ look like the rows of households."""
    by_key: dict[tuple[str, str], list[Figure]] = {}
    for one in good:
        by_key.setdefault((one.subject, one.period.label), []).append(one)
    kept = [same[0] for same in by_key.values() if len({one.value for one in same}) == 1]
    clashing = (one for same in by_key.values() if len({one.value for one in same}) > 1 for one in same)
    words = _SUBJECT[indicator.subject]
    bad.extend(
        Refused(
            one.number,
            "编号",
            f"“{one.subject}”在 {one.period.label} 有几个不同的数值；每个{words}每期只收一个汇总数，不收逐户的明细",
        )
        for one in clashing
    )
    return kept, sorted(bad, key=lambda one: one.number)


def _figure(row: Given, indicator: Indicator, today: dt.date) -> Figure | Refused:
    texts = {name: _text(row.cells.get(name)) for name in _LONGEST}
    for name, most in _LONGEST.items():
        if len(texts[name]) > most:
            return Refused(row.number, COLUMNS[name], f"超过 {most} 字")
    if not texts["subject"]:
        return Refused(row.number, COLUMNS["subject"], "没有填写")
    period = _period(texts["period"], indicator, today)
    if isinstance(period, str):
        return Refused(row.number, COLUMNS["period"], period)
    value = _value(row.cells.get("value", ""), indicator)
    if isinstance(value, str):
        return Refused(row.number, COLUMNS["value"], value)
    return Figure(row.number, texts["subject"], texts["name"], period, value, texts["note"])


def _period(text: str, indicator: Indicator, today: dt.date) -> Period | str:
    kind = indicator.period
    try:
        period = parse_period(kind, text)
    except ValueError:
        return f"填写了“{text[:20]}”，应为{kind.words}，如 {kind.example}" if text else f"没有填写，应如 {kind.example}"
    return period if period.starts <= today else f"{period.label} 还没有到"


def _value(given: object, indicator: Indicator) -> float | str | None:
    """The value; None where it is taken back (null of JSON), a text that says what is wrong with it."""
    if given is None:
        return None
    number = _number(given, indicator)
    if number is None:
        words = "没有填写" if not _text(given) else f"填写了“{_text(given)[:20]}”，应为数字"
        return f"{words}（0–1 的比例，或写百分号，如 85 %）" if indicator.kind == "share" else words
    low, high = indicator.bounds
    if (low is not None and number < low) or (high is not None and number > high):
        edges = " 至 ".join("不限" if edge is None else f"{edge:g}" for edge in (low, high))
        return f"填写了“{_text(given)[:20]}”，应在 {edges} 之间"
    if indicator.kind == "count" and not number.is_integer():
        return f"填写了“{_text(given)[:20]}”，应为整数"
    return number


def _number(given: object, indicator: Indicator) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    if isinstance(given, str):
        text = given.strip().translate(_FULL_WIDTH).replace(",", "")
        percent = _PERCENT.fullmatch(text)
        if percent and indicator.kind == "share":
            return round(float(percent[1]) / 100, 12)
        return float(text) if _NUMBER.fullmatch(text) else None
    return float(given) if math.isfinite(given) and abs(given) < 1e15 else None


def _text(given: object) -> str:
    """A cell as text: whole numbers without a point, days as written; control characters are none of ours."""
    if given is None:
        return ""
    if isinstance(given, dt.datetime):
        given = given.date()
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    return "".join(letter for letter in str(given) if letter.isprintable()).strip()
