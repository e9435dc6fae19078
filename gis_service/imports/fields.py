"""Properties of a feature as typed values; a value that cannot be understood becomes None and an issue."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar
from zoneinfo import ZoneInfo

import pandas as pd

from gis_service.imports.vector import Feature
from gis_service.issues import Issue, Severity

T = TypeVar("T")
_CHINA = ZoneInfo("Asia/Shanghai")
_FLAGS = {"true": True, "1": True, "是": True, "有": True, "false": False, "0": False, "否": False, "无": False}
_DBF_NAME = 10  # a shapefile keeps ten characters of a column's name; GDAL then numbers those that collide
_SHORTENED = {"neighborhood_code": "neighbor_1"}
_LIST = re.compile(r"[;；|、]")


@dataclass(frozen=True)
class Fields:
    """The properties of one feature, and what was wrong with them so far."""

    feature: Feature
    issues: list[Issue] = field(default_factory=list)

    def text(self, name: str, *others: str) -> str:
        """The first of the named properties that says something, else an empty text."""
        values = (self._property(each) for each in (name, *others))
        return next((said for value in values if (said := _said(value))), "")

    def told(self, name: str) -> str | None:
        """The text, which may be empty; None when the file does not tell."""
        value = self._property(name)
        return "" if isinstance(value, str) and not value.strip() else _said(value) or None

    def texts(self, name: str) -> list[str]:
        """The names in a list such as `a;b`, without repetition."""
        return list(dict.fromkeys(part.strip() for part in _LIST.split(self.text(name)) if part.strip()))

    def number(self, name: str, *, least: float | None = None) -> float | None:
        """A number, not below `least`."""
        return self._value(name, "数字", lambda said: _number(said, least))

    def whole(self, name: str) -> int | None:
        """A count."""
        return self._value(name, "不小于 0 的整数", _count)

    def flag(self, name: str) -> bool | None:
        """Yes or no."""
        return self._value(name, "是或否", lambda said: _FLAGS[said.lower()])

    def day(self, name: str) -> dt.date | None:
        """A date."""
        return self._value(name, "日期", lambda said: dt.datetime.fromisoformat(said).date())

    def moment(self, name: str) -> dt.datetime | None:
        """A moment; without a zone it was read off a clock in China."""
        return self._value(name, "时间", _moment)

    def word(self, name: str, words: Iterable[str]) -> str | None:
        """One of the words."""
        known = {str(word): str(word) for word in words}
        return self._value(name, "、".join(known), lambda said: known[said])

    def missing(self, name: str) -> None:
        """Report a property without which the feature cannot be kept."""
        title = self.feature.titles.get(name, name)
        where = replace(self.feature.where, column=title)
        self.issues.append(Issue("value_missing", f"缺少必填项 {title}，该要素未导入", Severity.ERROR, where))

    def _property(self, name: str) -> object:
        properties = self.feature.properties
        return properties.get(name, properties.get(_SHORTENED.get(name, name[:_DBF_NAME])))

    def _value(self, name: str, wanted: str, parse: Callable[[str], T]) -> T | None:
        said = self.text(name)
        if not said:
            return None
        try:
            return parse(said)
        except (ValueError, KeyError):
            where = replace(self.feature.where, column=self.feature.titles.get(name, name))
            self.issues.append(Issue("value_unreadable", f"“{said[:40]}”不是{wanted}，按未填处理", where=where))
            return None


def _said(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a code in a column with gaps comes as 340811.0
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return str(value).strip()


def _number(said: str, least: float | None) -> float:
    number = float(said)
    if not math.isfinite(number) or (least is not None and number < least):
        raise ValueError(said)
    return number


def _count(said: str) -> int:
    number = float(said)
    if not number.is_integer() or not 0 <= number < 2**31:
        raise ValueError(said)
    return int(number)


def _moment(said: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(said)
    return moment if moment.tzinfo else moment.replace(tzinfo=_CHINA)
