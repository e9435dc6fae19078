"""Deadlines of 附件2: dates as Excel or people write them become a day, or a complaint in Chinese."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from gis_service.ledger.cells import CellValue, Understood, long_text, noted, plain, refused

_HINT = "请填写完整日期，如 2023年7月15日"
_OPEN_ENDED = re.compile(
    r"立行立改|立即|即知即改|即时|长期|持续|常态|随时|已完成|已整改|完成|整改到位|待定|无|近期|尽快"
)
_FULL = re.compile(r"(20\d\d|\d\d)[年./-](\d{1,2})(?:[月./-](?:(\d{1,2})[日号]?)?)?")
_COMPACT = re.compile(r"(20\d\d)(\d\d)(\d\d)")
_NO_YEAR = re.compile(r"(\d{1,2})[月./-](?:(\d{1,2})[日号]?)?")
_TAIL = re.compile(r"(?:之?前|以前|止|底|末|内|完成|整改到位|整改完成|为止|左右)+$")
_RANGE = re.compile(r"[-~至到—～]+(?=(?:20\d\d|\d{1,2}月))")
_YEAR_END = re.compile(r"^(?:今|本)?年[底末]|(?<=\d)年年?[底末]")
_SERIALS = range(36526, 73051)
_YEARS = range(2000, 2100)


def deadline(value: CellValue, year: int | None = None) -> Understood[dt.date]:
    """The last day of the deadline, in `year` where it names none; words such as 长期 give neither day nor complaint.

    >>> deadline("2023年7月15日前").value, deadline("7月底前", 2023).value
    (datetime.date(2023, 7, 15), datetime.date(2023, 7, 31))
    >>> deadline("立行立改")
    Understood(value=None, complaint='', code='', severity=<Severity.WARNING: 'warning'>)
    """
    if isinstance(value, dt.date):
        return _sensible(value.date() if isinstance(value, dt.datetime) else value, value)
    text = plain(value)
    serial = int(text) if re.fullmatch(r"\d{5}", text) else 0
    if serial in _SERIALS:
        day = dt.date(1899, 12, 30) + dt.timedelta(days=serial)
        return noted(day, "date_serial", f"填写了“{text}”，是日期的序列号，已按 {_words(day)} 记录")
    if isinstance(value, bool | dt.time | dt.timedelta) or (isinstance(value, float) and not value.is_integer()):
        return _unreadable(value)
    last = _YEAR_END.sub("年12月31日", _RANGE.split(re.sub(r"T[\d:.]+Z?$", "", text))[-1]).removeprefix("年")
    return _from_text(_TAIL.sub("", last), last, value, year)


def years_in(text: str) -> set[int]:
    """The years that a title, a sheet name or a date names.

    >>> years_in("2023年度台账")
    {2023}
    """
    return {int(year) for year in re.findall(r"(?<!\d)(20\d\d)(?=[年./-]|\d{4}(?!\d))", text)}


def _from_text(bare: str, text: str, value: CellValue, year: int | None) -> Understood[dt.date]:
    match = _FULL.fullmatch(bare) or _COMPACT.fullmatch(bare)
    if match and (len(match[1]) == len("2023") or match[3]):
        return _day(int(match[1]) % 100 + 2000, match[2], match[3], value)
    match = _NO_YEAR.fullmatch(bare)
    if match is None:
        return Understood(None) if _OPEN_ENDED.search(text) else _unreadable(value)
    if year is None:
        return refused("date_without_year", f"填写了“{long_text(value)}”，没有年份，{_HINT}")
    found = _day(year, match[1], match[2], value)
    if found.value is None:
        return found
    return noted(found.value, "date_year_assumed", f"填写了“{long_text(value)}”，年份按 {year} 年记录")


def _day(year: int, month: str, day: str | None, value: CellValue) -> Understood[dt.date]:
    if not 1 <= int(month) <= len(calendar.month_name) - 1:
        return _unreadable(value)
    last = calendar.monthrange(year, int(month))[1]
    if day is not None and not 1 <= int(day) <= last:
        return _unreadable(value)
    return Understood(dt.date(year, int(month), int(day) if day else last))


def _sensible(day: dt.date, value: CellValue) -> Understood[dt.date]:
    return Understood(day) if day.year in _YEARS else _unreadable(value)


def _unreadable(value: CellValue) -> Understood[dt.date]:
    return refused("date_unreadable", f"填写了“{long_text(value)}”，看不出是哪一天，{_HINT}，或 立行立改、长期")


def _words(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
