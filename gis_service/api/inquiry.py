"""The query string of a question about coverage in; day, definition of 失管, level and place, checked, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from gis_service import clock
from gis_service.analysis.coverage import EVERY_REASON, LEVELS, Definition, under
from gis_service.analysis.tallies import KEYS
from gis_service.api.declared import query
from gis_service.api.parameters import parse_day, parse_names
from gis_service.api.reckoning import Reckoned
from gis_service.codes import UncoveredReason
from gis_service.errors import BadRequestError

LEVEL_WORDS = {"county": "市县（区）", "street": "街道、乡镇", "neighborhood": "社区、村", "reporting_unit": "填报单位"}
_LEVEL_OF = {6: "county", 9: "street", 12: "neighborhood"}  # digits of a division's code
_SHORT = {"declared": "台账登记无物管", "lost": "物业撤离", "spatial": "不在现行管理区域内"}
AS_OF = query(
    "as_of", {"type": "string", "format": "date"}, "哪一天的情形，默认今天；小区、边界、台账、办理都按当日的计"
)
DEFINITION = query(
    "definition",
    {"type": "array", "items": {"type": "string", "enum": [*UncoveredReason]}, "minItems": 1, "maxItems": 3},
    "失管的口径：计入哪几种原因，默认三种都计入",
)
LEVEL = query("level", {"type": "string", "enum": [*LEVELS], "default": "county"}, "按哪一级统计")
WITHIN = query("within", {"type": "string"}, "只统计这个区划（代码）或填报单位（名称）以内的")


@dataclass(frozen=True)
class Inquiry:
    """What is asked: `within` is a division's code or the name of a reporting unit, empty for everything."""

    as_of: dt.date
    definition: Definition
    level: str
    within: str

    @property
    def place(self) -> tuple[str, str] | None:
        """Level and code of the place that is asked about; None for everything."""
        return (level_of(self.within), self.within) if self.within else None

    @property
    def words(self) -> str:
        """The definition in use, as maps and files state it."""
        return definition_words(self.definition)

    def rows_of(self, facts: Reckoned) -> pd.DataFrame:
        """The tallies of the place under the definition."""
        tallies = facts.tallies
        if self.place is not None:
            level, code = self.place
            tallies = tallies[tallies[KEYS[level]] == code]
        return under(tallies, self.definition)


def inquiry(given: Mapping[str, str], *, day: str = "as_of") -> Inquiry:
    """The question that the parameters ask; BadRequestError says what may be written."""
    level = given.get("level", "county")
    if level not in LEVELS:
        raise BadRequestError(f"level 应为 {'、'.join(LEVELS)} 之一")
    as_of = parse_day(day, given[day]) if day in given else clock.today()
    return Inquiry(as_of, parse_definition(given.get("definition")), level, given.get("within", "").strip())


def parse_definition(text: str | None) -> Definition:
    """The reasons that count: all where nothing is said.

    >>> sorted(parse_definition("lost,declared"))
    [<UncoveredReason.DECLARED: 'declared'>, <UncoveredReason.LOST: 'lost'>]
    """
    if text is None:
        return EVERY_REASON
    names = parse_names(text)
    if not names or not set(names) <= set(UncoveredReason) or len(set(names)) < len(names):
        raise BadRequestError(f"definition 应为 {'、'.join(UncoveredReason)} 中的一种或几种，逗号分开，每种一次")
    return frozenset(UncoveredReason(name) for name in names)


def level_of(place: str) -> str:
    """The level of a division by the digits of its code; any other text names a reporting unit.

    >>> level_of("340811001"), level_of("经开区")
    ('street', 'reporting_unit')
    """
    return _LEVEL_OF.get(len(place), "reporting_unit") if place.isdecimal() else "reporting_unit"


def definition_words(definition: Definition) -> str:
    """One sentence that says which reasons make a community 失管.

    >>> definition_words(frozenset({UncoveredReason.LOST}))
    '失管口径：物业撤离'
    """
    return "失管口径：" + "、".join(_SHORT[reason] for reason in UncoveredReason if reason in definition)
