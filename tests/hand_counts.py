"""The sample's own sheets counted as a person does it, cell by cell, with nothing of the service in between."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from gis_service.resources import shared

TOWN = shared("data") / "boundaries" / "sample_town"
COMMITTEE, PARTY, FORM = "业主委员会组建情况", "党的工作覆盖情况", "物业服务形态"
_DIGITS = str.maketrans("１２３４５６７８９", "123456789")
_WORDS = {
    COMMITTEE: {"业主委员会": 1, "物业管理委员会": 2, "未成立": 3},
    PARTY: {"党委": 1, "党总支": 2, "党支部": 3, "党的工作小组": 4, "未成立": 5},
}


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a sheet under its headings: those that bear a number."""
    lines = list(load_workbook(path).worksheets[0].iter_rows(values_only=True))
    at = next(place for place, line in enumerate(lines) if str(line[0]).strip() == "序号")
    heads = [re.sub(r"\s", "", str(cell or "")) for cell in lines[at]]
    for line in lines[at + 1 :]:
        if re.fullmatch(r"\d+", str(line[0]).strip()):
            yield dict(zip(heads, line, strict=False))


def code(column: str, cell: object) -> int | None:
    """What a cell says: one digit of the form, its words, or both; anything else says nothing."""
    text = re.sub(r"[\s.．、]", "", str(cell if cell is not None else "")).translate(_DIGITS)
    digit, words = (re.match(r"\d*", text) or [""])[0], re.sub(r"^\d+", "", text)
    known = _WORDS[column]
    if words and words not in known:
        return None
    said = {int(digit)} if digit else set()
    said |= {known[words]} if words else set()
    return said.pop() if len(said) == 1 and said <= set(known.values()) else None


def formed(column: str, path: Path = TOWN / "annex1.xlsx") -> tuple[int, int]:
    """How many rows say that there is one, of those that say anything: the last code of the form is 未成立."""
    said = [found for row in rows(path) if (found := code(column, row[column])) is not None]
    return sum(one != max(_WORDS[column].values()) for one in said), len(said)


def uncovered() -> int:
    """How many communities the list that was worked out by hand names, each once."""
    with (TOWN / "uncovered_expected.csv").open(encoding="utf-8") as file:
        return len({row["code"] for row in csv.DictReader(file)})


def problems(path: Path = TOWN / "annex2.xlsx") -> tuple[int, int]:
    """How many problems are closed, of how many: a row is one for each number in its cell, one where there is none."""
    closed = every = 0
    for row in rows(path):
        every += (number := problems_in(row))
        closed += number if re.match("是|√|已销号", str(row["是否销号"] or "")) else 0
    return closed, every


def problems_in(row: dict[str, Any]) -> int:
    """How many problems a row is."""
    text = str(row["问题类别"] or "").translate(str.maketrans("０１２３４５６７８９", "0123456789"))
    return len({int(one) for one in re.findall(r"\d+", text) if int(one)} or {0})
