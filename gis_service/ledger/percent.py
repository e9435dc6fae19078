"""Percentages: 85%, 0.85 and 85 become the same share between 0 and 1, or a complaint in Chinese."""

from __future__ import annotations

import re

from gis_service.ledger.cells import CellValue, Understood, long_text, noted, plain, refused

_HINT = "请填写 0–100% 之间的百分数，如 85%"
_PERCENT = re.compile(r"(约|大约|近|超|超过|达|已达)?(-?\d+(?:\.\d+)?(?:e-?\d+)?)(%?)(左右|以上|余|多)?")
_SURELY_PERCENT = 2.0


def share(value: CellValue) -> Understood[float]:
    """The share from 0 to 1 that the cell states; numbers from 2 to 100 without a sign are percentages.

    >>> [share(written).value for written in ("85%", 0.85, 85.0, "８５．５％", "90%以上")]
    [0.85, 0.85, 0.85, 0.855, 0.9]
    """
    written = long_text(value)
    match = _PERCENT.fullmatch(plain(value))
    if isinstance(value, bool) or match is None:
        return refused("percent_unreadable", f"填写了“{written}”，{_HINT}")
    number = float(match[2])
    if not match[3] and 1 < number < _SURELY_PERCENT:
        return refused("percent_ambiguous", f"填写了“{written}”，分不清是 {number:g}% 还是 {number * 100:g}%，{_HINT}")
    rate = round(number / 100, 10) if match[3] or number > 1 else number
    if not 0 <= rate <= 1:
        return refused("percent_out_of_range", f"填写了“{written}”，超出范围，{_HINT}")
    if match[1] or match[4]:
        return noted(rate, "percent_rough", f"填写了“{written}”，已按 {rate * 100:g}% 记录")
    return Understood(rate)
