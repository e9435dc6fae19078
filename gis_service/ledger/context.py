"""What the lines above the header say for every row: the year of the ledger and the county that filled it in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gis_service.ledger.cells import CellValue, short_text
from gis_service.ledger.deadlines import years_in
from gis_service.ledger.division import split_division

_UNIT = re.compile(r"(?:填报|上报|报送|填表)(?:单位|地区)(?:[（(][^）)]*[）)])?[:：]\s*([\u4e00-\u9fff]+)")
_OFFICE = re.compile(r"(?:住建|住房|房产|房管|人民政府|政府|物业|管委会|城乡).*$")


@dataclass(frozen=True)
class Context:
    """Year and county that hold where a row does not say; None and empty where nothing is said, or two things are."""

    year: int | None = None
    county: str = ""


def context_of(lines: Iterable[CellValue], *names: str) -> Context:
    """Year and county from the lines above the header, else the year from the names of sheet and file.

    >>> context_of(["（2023年7月）填报单位（盖章）：怀宁县住建局"])
    Context(year=2023, county='怀宁县')
    """
    texts = [short_text(line) for line in lines if isinstance(line, str)]
    years = {year for text in texts for year in years_in(text)} or {year for name in names for year in years_in(name)}
    counties = {county for text in texts for match in _UNIT.finditer(text) if (county := _county(match[1]))}
    return Context(years.pop() if len(years) == 1 else None, counties.pop() if len(counties) == 1 else "")


def _county(office: str) -> str:
    county = split_division(_OFFICE.sub("", office)).county
    return county if re.search(r"[县区市]$", county) else ""
