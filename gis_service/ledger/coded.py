"""Code columns: a cell with digits, words or both becomes a member of its code list, or a complaint in Chinese."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import TypeVar

from gis_service.codes import CommitteeState, PartyCoverage, ProblemCategory, ServiceForm
from gis_service.ledger.cells import CellValue, Understood, long_text, noted, plain, refused

Code = TypeVar("Code", ServiceForm, CommitteeState, PartyCoverage)

MAX_CATEGORY = 99
_LAST_OFFICIAL = max(ProblemCategory)
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_NEGATIVE = re.compile(r"^(?:未|无|没有|尚未|暂无|暂未|还未)")
_UNSETTLED = re.compile(r"筹|换届|拟|正在|待|停|解散|届满|到期|未|不|计划|准备")
_MAX_WIDTH = 3


def one_code(value: CellValue, codes: type[Code]) -> Understood[Code]:
    """The one code that the cell names by digit, by words, or by both when they agree.

    >>> one_code("１．专业化物业服务", ServiceForm).value
    <ServiceForm.PROFESSIONAL: 1>
    >>> one_code(7.0, ServiceForm).complaint[:13]
    '填写了“7”，可填 1–6'
    """
    written = long_text(value)
    return _one_code(written, codes) if _is_codelike(value) else _unknown_code(written, codes)


def _unknown_code(written: str, codes: type[Code]) -> Understood[Code]:
    return refused("code_unknown", f"填写了“{written}”，{choices(codes)}")


@lru_cache(maxsize=1024)
def _one_code(written: str, codes: type[Code]) -> Understood[Code]:
    text = _outside_brackets(plain(written))
    digits = {int(number) for number in re.findall(r"\d+", text)}
    words, unknown = _members(text, codes)
    if digits - {int(code) for code in codes} or not (digits | words):
        return _unknown_code(written, codes)
    if len(digits | words) > 1:
        return refused("code_several", _several(written, digits, words, codes))
    code = next(code for code in codes if int(code) in digits | words)
    if unknown:
        return noted(code, "code_with_remark", f"填写了“{written}”，已按“{int(code)} {code.words}”记录")
    return Understood(code)


def choices(codes: type[Code]) -> str:
    """What may be filled in, such as `可填 1–3（1 业主委员会、2 物业管理委员会、3 未成立）`."""
    return f"可填 {codes.range_text()}（{'、'.join(f'{int(code)} {code.words}' for code in codes)}）"


def problem_categories(value: CellValue) -> Understood[tuple[int, ...]]:
    """The categories that a cell of 问题类别 names, in the order written, each once.

    A number above 22 may be one that the county added to 其他: it is kept, and told, since it may be a slip as well.


    >>> problem_categories("11.消防车道、12").value, problem_categories("⑪").value, problem_categories("10-12").value
    ((11, 12), (11,), (10, 11, 12))
    """
    written = long_text(value)
    if not _is_codelike(value):
        return refused("category_unknown", f"填写了“{written}”，{_CATEGORY_HINT}")
    text = plain(re.sub(r"(?<=\d)\s+(?=\d)", "、", written))
    numbers = tuple(dict.fromkeys(_numbers(text)))
    if not numbers:
        numbers = tuple(int(code) for code in ProblemCategory if _bare(text) == _bare(code.words))
    good = tuple(number for number in numbers if 1 <= number <= MAX_CATEGORY)
    bad = [str(number) for number in numbers if number not in good]
    if bad or not good:
        return Understood(good or None, f"填写了“{written}”，{_CATEGORY_HINT}", "category_unknown")
    added = [str(number) for number in good if number > _LAST_OFFICIAL]
    if added:
        return Understood(good, f"“{'、'.join(added)}”不在 1–22 之内，{_CATEGORY_ADDED}", "category_added")
    return Understood(good)


_CATEGORY_ADDED = "已作为县区在“其他”类中自行增加的编号保留；如系笔误，请改为 1–22"
_CATEGORY_HINT = "可填 1–22 的数字；有多个类别时用顿号分开，如 11、12"


def _is_codelike(value: CellValue) -> bool:
    if isinstance(value, bool | dt.date | dt.time | dt.timedelta):
        return False
    return not isinstance(value, float) or value.is_integer()


def _outside_brackets(text: str) -> str:
    return _BRACKETED.sub("", text) or text


def _members(text: str, codes: type[Code]) -> tuple[set[int], list[str]]:
    members: set[int] = set()
    unknown: list[str] = []
    for segment in re.findall(r"[^\W\d_]+", text):
        code = _by_words(segment, codes)
        if code is None:
            unknown.append(segment)
        else:
            members.add(int(code))
    return members, unknown


def _by_words(segment: str, codes: type[Code]) -> Code | None:
    for code in codes:
        if segment == code.words or segment in code.synonyms:
            return code
    if _NEGATIVE.match(segment):
        return next((code for code in codes if code.name == "NONE"), None)
    if _UNSETTLED.search(segment):
        return None
    held = [code for code in codes if _is_held(code, segment)]
    return held[0] if len(held) == 1 else None


def _is_held(code: ServiceForm | CommitteeState | PartyCoverage, segment: str) -> bool:
    return any(len(word) > 1 and word in segment for word in (code.words, *code.synonyms))


def _several(written: str, digits: set[int], words: set[int], codes: type[Code]) -> str:
    if len(digits) == 1 and len(words) == 1:
        return f"填写了“{written}”，代码与文字不一致，{choices(codes)}"
    return f"填写了“{written}”，有多个代码，只能填一个，{choices(codes)}"


def _numbers(text: str) -> list[int]:
    text = re.sub(r"\(([^()]*)\)", lambda match: f"、{match[1]}、" if re.fullmatch(r"[\d、,]+", match[1]) else "", text)
    numbers: list[int] = []
    for first, last in re.findall(r"(\d+)(?:[-~至—～](\d+))?", text):
        spread = range(int(first), int(last) + 1) if last and len(last) < _MAX_WIDTH else ()
        numbers.extend(spread or [int(number) for number in (first, last) if number])
    return numbers


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)
