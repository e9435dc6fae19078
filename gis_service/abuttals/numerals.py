"""Digits or Chinese numerals in, numbers out, and metres and square metres with their units."""

from __future__ import annotations

import re

NUMBER = r"(?:\d{1,12}(?:,\d{3}){0,3}(?:\.\d{1,6})?|[零〇一二两三四五六七八九十百千万半]{1,12})"
LENGTH = f"(?P<number>{NUMBER})(?:余|多|来)?(?P<unit>公里|千米|km|KM|Km|华里|里|米|m(?!\\d)|M)"
AREA = (
    f"(?P<number>{NUMBER})(?:余|多)?(?P<times>万|亿)?(?:余|多)?"
    "(?P<unit>平方公里|平方千米|km2|平方米|平米|㎡|m2|M2|公顷|ha|亩)"
)
_METRES = {"公里": 1000.0, "千米": 1000.0, "km": 1000.0, "里": 500.0, "华里": 500.0, "米": 1.0, "m": 1.0}
_SQUARE_METRES = {
    "平方公里": 1e6,
    "平方千米": 1e6,
    "km2": 1e6,
    "平方米": 1.0,
    "平米": 1.0,
    "㎡": 1.0,
    "m2": 1.0,
    "公顷": 1e4,
    "ha": 1e4,
    "亩": 10000 / 15,
}
_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_TENS = {"十": 10, "百": 100, "千": 1000}


def number(written: str) -> float | None:
    """The value of 50, 1,500, 0.7, 五十, 一百五, 两千 or 半; None for what is no number.

    >>> number("一百五十"), number("1,500"), number("十二")
    (150.0, 1500.0, 12.0)
    """
    if re.fullmatch(r"[\d,]+(?:\.\d+)?", written):
        return float(written.replace(",", ""))
    if written == "半":
        return 0.5
    if written and all(char in _DIGITS for char in written):
        return float("".join(str(_DIGITS[char]) for char in written))
    return _counted(written)


def _counted(written: str) -> float | None:
    total, section, digit, unit = 0, 0, 0, 10
    for char in written:
        if char in _DIGITS:
            digit, unit = _DIGITS[char], 10 if char in "零〇" else unit
        elif char in _TENS:
            section, digit, unit = section + (digit or 1) * _TENS[char], 0, _TENS[char]
        elif char == "万":
            total, section, digit, unit = (section + digit) * 10000, 0, 0, 10000
        else:
            return None
    # 一百五 is 150: a last digit counts the next lower unit, unless 零 stands before it.
    last = digit * (unit // 10 if unit > 10 and "零" not in written[-2:-1] else 1)
    return float(total + section + last) if written else None


def metres(found: re.Match[str]) -> float | None:
    """The length of a LENGTH match in metres."""
    value = number(found["number"])
    return (
        None if value is None else value * _METRES[found["unit"].lower() if found["unit"].isascii() else found["unit"]]
    )


def square_metres(found: re.Match[str]) -> float | None:
    """The area of an AREA match in square metres."""
    value = number(found["number"])
    times = {"万": 1e4, "亿": 1e8}.get(found["times"] or "", 1.0)
    unit = found["unit"].lower() if found["unit"].isascii() else found["unit"]
    return None if value is None else value * times * _SQUARE_METRES[unit]
