"""The indicators of the program: each is pushed by interface and by sheet, and seen wherever figures are."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.indicators import Indicator, load_indicators
from gis_service.indicators.periods import period_of
from gis_service.resources import shared
from tests.hand_counts import TOWN
from tests.indicator_files import push
from tests.web import SETTINGS, items_of, served

INDICATORS = load_indicators(shared("indicators"))
AFTER_THE_SAMPLE = dt.date(2024, 3, 1)
COLUMN_OF = {"area": "management_areas", "community": "communities", "division": "coverage"}
pytestmark = [pytest.mark.database, pytest.mark.parametrize("indicator", INDICATORS.values(), ids=list(INDICATORS))]


@pytest.fixture(scope="module")
def city(own_sample_engine: Engine) -> Iterator[httpx.Client]:
    with served(create_app(own_sample_engine, SETTINGS), Role.CITY) as client:
        yield client


def of_the_sample(indicator: Indicator) -> dict[str, list[dict[str, str]]]:
    """The lines of the sample's file by the code of what they are about, in the order of their periods."""
    found = defaultdict(list)
    with (TOWN / "indicators.csv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if line["indicator"] == indicator.id:
                found[line["编号"]].append(line)
    return found


def test_the_layer_has_what_the_sample_says_last_of_each(city: httpx.Client, indicator: Indicator) -> None:
    lines = of_the_sample(indicator)
    assert lines, "the sample has figures of every indicator"
    layer = every_item(city, indicator.layer_id)
    assert {code: (one["period"], one["value"]) for code, one in layer.items()} == {
        code: (own[-1]["时段"], float(own[-1]["数值"])) for code, own in lines.items()
    }


def test_a_figure_comes_by_interface_and_is_corrected_by_sheet_in_layer_and_column(
    city: httpx.Client, indicator: Indicator
) -> None:
    code = min(of_the_sample(indicator))
    period = period_of(indicator.period, AFTER_THE_SAMPLE).label
    low, high = indicator.bounds
    assert low == 0
    first, second = (0.25, 0.5) if high == 1 else (7, 93)
    assert push(city, indicator.id, [{"subject": code, "period": period, "value": first}])["new"] == 1
    assert every_item(city, indicator.layer_id)[code]["value"] == first
    sheet = f"编号,时段,数值\n{code},{period},{second}\n".encode("gb18030")
    told = city.put(f"/indicators/{indicator.id}/values", content=sheet, headers={"Content-Type": "text/csv"})
    assert (told.status_code, told.json()["corrected"]) == (200, 1), told.text
    assert every_item(city, indicator.layer_id)[code]["value"] == second
    assert column(city, indicator)[code] == second
    course = city.get(f"/indicators/{indicator.id}/trend", params={"subject": code}).json()["points"]
    assert [one["period"] for one in course] == [one["时段"] for one in of_the_sample(indicator)[code]] + [period]
    outside = [{"subject": code, "period": period, "value": -1 if high is None else high + 1}]
    refused = city.put(f"/indicators/{indicator.id}/values", json=outside).json()["refused"]
    assert refused[0]["column"] == "数值"


def test_it_colours_the_planners_map_and_what_is_told_of_each_has_a_map_of_its_own(
    city: httpx.Client, indicator: Indicator
) -> None:
    level = indicator.level or "county"
    rows = city.get("/coverage", params={"level": level, "as_of": "2023-12-31"}).json()["rows"]
    told = {row["code"] for row in rows if row["indicators"].get(indicator.id)}
    assert told == {place_of(code, level) for code in of_the_sample(indicator)}
    own = city.get(f"/maps/{indicator.layer_id}")
    assert own.status_code == (404 if indicator.subject == "division" else 200)
    assert indicator.title in city.get(f"/indicators/{indicator.id}", headers={"Accept": "text/html"}).text


def place_of(code: str, level: str) -> str:
    """The county or street of what bears the code: `WY-340811-0001`, `XQ-340802901001-01` or a division's own."""
    return re.sub(r"\D", "", code)[: 6 if level == "county" else 9]


def every_item(city: httpx.Client, layer: str) -> dict[str, dict[str, Any]]:
    """The properties of every feature by code."""
    told = items_of(city, layer, limit="500")
    assert told["numberReturned"] == told["numberMatched"]
    return {one["properties"]["code"]: one["properties"] for one in told["features"]}


def column(city: httpx.Client, indicator: Indicator) -> dict[str, Any]:
    """The column of the indicator in the file of what it is about, by code."""
    asked = {"f": "geojson"} | ({"level": indicator.level} if indicator.level else {})
    file = city.get(f"/collections/{COLUMN_OF[indicator.subject]}/export", params=asked).raise_for_status().json()
    return {one["properties"]["code"]: one["properties"][indicator.layer_id] for one in file["features"]}
