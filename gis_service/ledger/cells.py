"""Single cells: a value as calamine gives it becomes clean text, a whole number or yes/no, or a complaint."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from gis_service.issues import Severity

CellValue = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta
Value = TypeVar("Value")

_REMEMBERED = 4096  # a cell is looked at several times, and codes, divisions and companies repeat all over a sheet
NOT_CALCULATED = "#未计算"
ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA", "#SPILL!"})

_HAN = r"[\u3400-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef]"
_BETWEEN_HAN = re.compile(rf"(?<={_HAN})\s+(?={_HAN})")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]|_x000D_")
_WIDE = str.maketrans(
    {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
)
_DASHES = frozenset({"/", "\\", "-", "--", "—", "——", "－", "–", "、", ".", "。", "*", "//", "／"})
_NOTHING = frozenset({"无", "暂无", "没有", "不详", "空", "无名称", "未填", "不明"})
_YES = frozenset(
    {"是", "√", "✓", "✔", "☑", "已销号", "销号", "已销", "y", "yes", "true", "对", "是的", "☑是", "√是", "是√"}
)
_NO = frozenset(
    {"否", "×", "✕", "✖", "✗", "✘", "x", "╳", "未销号", "未销", "不", "未", "n", "no", "false", "没有", "☒", "尚未销号"}
)


@dataclass(frozen=True)
class Understood(Generic[Value]):
    """What a cell means, or why it could not be understood; a note is a complaint about a value that was kept."""

    value: Value | None
    complaint: str = ""
    code: str = ""
    severity: Severity = Severity.WARNING


def refused(code: str, complaint: str) -> Understood[Value]:
    """A cell whose value is not kept, with the reason."""
    return Understood(None, complaint, code)


def noted(value: Value, code: str, complaint: str) -> Understood[Value]:
    """A cell whose value is kept although somebody should look."""
    return Understood(value, complaint, code, Severity.NOTE)


def long_text(value: CellValue) -> str:
    """The cell as text: outer blanks and invisible characters gone, line breaks kept, whole numbers without `.0`.

    >>> long_text(13805560000.0), long_text(" 东至人民路\\n西至龙山路 ")
    ('13805560000', '东至人民路\\n西至龙山路')
    """
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value)


@lru_cache(maxsize=_REMEMBERED)
def _clean(text: str) -> str:
    if text.isprintable() and "_x" not in text:  # so is nearly every cell
        return text.strip()
    return _INVISIBLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def narrow(text: str) -> str:
    """The text with full-width digits and letters made narrow, everything else as it was.

    >>> narrow("１３８号（Ａ）")
    '138号（A）'
    """
    return text.translate(_WIDE)


def short_text(value: CellValue) -> str:
    """The cell as one line: blanks between Chinese characters gone, full-width digits and letters made narrow.

    >>> short_text(" 阳光\\n花园 ３期")
    '阳光花园3期'
    """
    return _one_line(long_text(value))


@lru_cache(maxsize=_REMEMBERED)
def _one_line(text: str) -> str:
    return " ".join(narrow(_BETWEEN_HAN.sub("", text)).split())


def plain(value: CellValue) -> str:
    """The cell for comparing with codes: compatibility forms (①, ％, １) unfolded, no blanks.

    >>> plain("① 专业化"), plain("８５．５％")
    ('1专业化', '85.5%')
    """
    return _unfolded(long_text(value))


@lru_cache(maxsize=_REMEMBERED)
def _unfolded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def is_blank(value: CellValue) -> bool:
    """True for an empty cell, blanks, or a dash that stands for nothing."""
    return isinstance(value, str) and (not (text := long_text(value)) or text in _DASHES)


def says_nothing(text: str) -> bool:
    """True for words such as 无 or 暂无 where a name was asked."""
    return text in _DASHES or text in _NOTHING


def formula_error(value: CellValue) -> str:
    """The formula error that stands in the cell (#N/A, #REF! …), or an empty text."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text in ERRORS or text == NOT_CALCULATED else ""


def digest(identity: tuple[object, ...]) -> bytes:
    """A short stand-in for what tells a row, so that a sheet of 100,000 rows need not be held to compare them."""
    return hashlib.blake2b(repr(identity).encode(errors="replace"), digest_size=16).digest()


def sequence_number(value: CellValue) -> Understood[int]:
    """序号 as a whole number: 1, 1.0, “１”, “1.”, “(1)”.

    >>> sequence_number("（12）").value, sequence_number("甲").complaint
    (12, '填写了“甲”，应填整数')
    """
    match = re.fullmatch(r"[(\[第]?(\d{1,7})[)\].、号]*", plain(value))
    if match is None or isinstance(value, bool):
        return refused("seq_unreadable", f"填写了“{long_text(value)}”，应填整数")
    return Understood(int(match[1]))


def yes_or_no(value: CellValue) -> Understood[bool]:
    """是否销号 as true or false: 是/否, √/×, 已销号/未销号.

    >>> yes_or_no("√").value, yes_or_no("未销号").value, yes_or_no("可能").value
    (True, False, None)
    """
    if isinstance(value, bool):
        return Understood(value)
    text = re.sub(r"\(.*?\)|[。.;]", "", plain(value).lower())
    if text in _YES or text in _NO:
        return Understood(text in _YES)
    return refused("closed_unreadable", f"填写了“{long_text(value)}”，可填 是 或 否（也可填 √ 或 ×）")
