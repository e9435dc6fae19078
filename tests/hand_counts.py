"""The sample's own sheets counted as a person does it, cell by cell, with nothing of the service in between."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections import Counter
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
    FORM: {"专业化物业服务": 1, "社区统管": 2, "单位代管": 3, "居民自管": 4, "无物管": 5, "无物业": 5, "其它形态": 6},
}
LEAST = {"clear_width_m": 4, "clear_height_m": 4, "wall_distance_m": 5}  # GB 50016 7.1.8
STEEPEST_PCT, TURNING_M = 10, 12  # GB 55037 3.4.5, GB 50016 7.1.9


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


def forms(path: Path = TOWN / "annex1.xlsx") -> Counter[int]:
    """How many rows name each form of service."""
    return Counter(found for row in rows(path) if (found := code(FORM, row[FORM])) is not None)


def fees(path: Path = TOWN / "annex1.xlsx") -> list[float]:
    """The collection rates that can be read as one: `85%`, `85` and `0.85` are the same, above 100 % is none."""
    found = []
    for row in rows(path):
        text = str(row["物业费收缴率"]).translate(str.maketrans("０１２３４５６７８９％", "0123456789%"))
        if re.fullmatch(r"[\d.]+%?", text):
            number = float(text.rstrip("%"))
            found.append(number if number <= 1 and not text.endswith("%") else number / 100)
    return [rate for rate in found if rate <= 1]


def surveyed(name: str) -> list[dict[str, Any]]:
    """The rows of a survey of the sample, as it was brought."""
    told = json.loads((TOWN / f"{name}.geojson").read_text(encoding="utf-8"))["features"]
    return [one["properties"] for one in told]


def lane(row: dict[str, Any]) -> str:
    """What the clauses say of a lane: what fails at all fails, what was not measured is no pass."""
    asked = [
        "clear_width_m",
        "clear_height_m",
        "wall_distance_m",
        "gradient_pct",
        *(["turning_m"] if row["dead_end"] else []),
    ]
    told = {name: row[name] for name in asked if row[name] is not None}
    fails = (
        any(told.get(name, least) < least for name, least in LEAST.items())
        or told.get("gradient_pct", 0) > STEEPEST_PCT
        or told.get("turning_m", TURNING_M) < TURNING_M
        or row["blocked"]
        or not row["marked"]
    )
    return "fail" if fails else "pass" if len(told) == len(asked) else "not_measured"


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


def sent(annex: int) -> dict[dt.date, Path]:
    """The sheets of the sample by the day that each names above its headings, in order of time."""
    found = {}
    for path in TOWN.glob(f"annex{annex}*.xlsx"):
        title = str(load_workbook(path).worksheets[0]["A2"].value)
        (day,) = re.findall(r"(\d{4})年(\d+)月(\d+)日", title)
        found[dt.date(*map(int, day))] = path
    return dict(sorted(found.items()))


def in_force(annex: int, day: dt.date) -> Path:
    """The sheet that speaks of the day: the last that was sent by then, or the first of all."""
    told = sent(annex)
    return told[max((one for one in told if one <= day), default=min(told))]


def deadline(cell: object) -> dt.date | None:
    """The day that a cell of 整改完成时限 names, in 2023 where it names no year; None for words that name none."""
    if isinstance(cell, dt.datetime):
        return cell.date()
    text = str(cell or "")
    if month := re.fullmatch(r"2023年(\d+)月底", text):
        return dt.date(2023, int(month[1]) + 1, 1) - dt.timedelta(days=1)
    parts = re.fullmatch(r"(?:2023)?\D?(\d\d?)\D?(\d\d)日?", text) or re.fullmatch(r"(?:2023)?\D?(\d+)\D(\d+)日?", text)
    month_and_day = [int(part) for part in parts.groups()] if parts else [13]
    return dt.date(2023, *month_and_day) if month_and_day[0] <= 12 else None


def due(day: dt.date, soon: int = 7) -> Counter[str]:
    """How many problems stand how to their deadlines on the day, by the sheet that speaks of it."""
    found = Counter[str]()
    for row in rows(in_force(2, day)):
        last = deadline(row["整改完成时限"])
        left = (last - day).days if last else None
        state = "undated" if left is None else "overdue" if left < 0 else "due_soon" if left <= soon else "in_time"
        found["closed" if closed(row) else state] += problems_in(row)
    return found


def closed(row: dict[str, Any]) -> bool:
    """Whether a row says that its problems are closed."""
    return bool(re.match("是|√|已销号", str(row["是否销号"] or "")))


def declared_on(day: dt.date) -> set[str]:
    """The names of communities whose row says 5 无物管, by the sheet that speaks of the day."""
    lines = (row for row in rows(in_force(1, day)) if code(FORM, row[FORM]) == 5)
    return {name for row in lines for name in re.split(r"[、\n，；]", str(row["小区名称"]))}


def left_on(day: dt.date) -> set[str]:
    """The names of communities whose company left, by the sheet that speaks of the day."""
    lines = (row for row in rows(in_force(2, day)) if not closed(row))
    return {str(row["项目名称"]) for row in lines if "19" in re.findall(r"\d+", str(row["问题类别"]))}


def without_service_on(day: dt.date) -> set[str]:
    """The codes of communities that one of the two sheets says to be without service."""
    names = declared_on(day) | left_on(day)
    return {one["code"] for one in surveyed("communities") if one["name"] in names}


def uncovered_on(day: dt.date) -> int:
    """How many communities are uncovered on a day of which the boundaries of the sample are agreed."""
    with (TOWN / "uncovered_expected.csv").open(encoding="utf-8") as file:
        nowhere = {row["code"] for row in csv.DictReader(file) if row["reason"] == "spatial"}
    return len(nowhere | without_service_on(day))
