"""Fire lanes, e-bike places and manholes held against every figure, at the limit and just beyond it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis_service.analysis.ebikes import assess_ebikes
from gis_service.analysis.lanes import assess_lanes
from gis_service.analysis.manholes import due_manholes
from gis_service.analysis.rules import FILE, Rule, Rules, load_rules, standard
from gis_service.errors import DeclarationError
from gis_service.layers import load_layers
from gis_service.resources import shared
from tests.frames import frame, on_ground

SOUND_LANE = {
    "clear_width_m": 4.0,
    "clear_height_m": 4.0,
    "gradient_pct": 10.0,
    "wall_distance_m": 5.0,
    "dead_end": False,
    "turning_m": None,
    "marked": True,
    "blocked": False,
}


def lanes(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    axis = on_ground(shapely.LineString([(0, 0), (100, 0)]))
    return frame([{**SOUND_LANE, **row} for row in rows], geom=axis)


def assessed(rules: Rules | None = None, turning: str = "turning", **measured: Any) -> tuple[str, str, str]:
    row = assess_lanes(lanes(measured), rules, turning=turning).iloc[0]
    return row["result"], row["clause"], row["finding"]


def test_a_lane_at_every_limit_passes_with_its_values() -> None:
    assert assessed() == (
        "pass",
        "GB 50016 7.1.8；GB 55037 3.4.5",
        "净宽 4 m、净高 4 m、坡度 10 %、距外墙 5 m，均符合要求",
    )


@pytest.mark.parametrize(
    ("measured", "clause", "finding"),
    [
        ({"clear_width_m": 3.99}, "GB 50016 7.1.8", "净宽 3.99 m，要求不小于 4 m（GB 50016 7.1.8）"),
        ({"clear_height_m": 3.99}, "GB 50016 7.1.8", "净高 3.99 m，要求不小于 4 m（GB 50016 7.1.8）"),
        ({"gradient_pct": 10.01}, "GB 55037 3.4.5", "坡度 10.01 %，要求不大于 10 %（GB 55037 3.4.5）"),
        ({"wall_distance_m": 4.9}, "GB 50016 7.1.8", "距外墙 4.9 m，要求不小于 5 m（GB 50016 7.1.8）"),
        (
            {"dead_end": True, "turning_m": 11.9},
            "GB 50016 7.1.9",
            "回车场边长 11.9 m，要求不小于 12 m（GB 50016 7.1.9）",
        ),
        ({"blocked": True}, "附件2 问题类别 11", "被占用、堵塞（附件2 问题类别 11）"),
        ({"marked": False}, "附件2 问题类别 11", "未划线标识（附件2 问题类别 11）"),
    ],
)
def test_one_value_beyond_its_limit_fails_with_clause_and_value(
    measured: dict[str, Any], clause: str, finding: str
) -> None:
    assert assessed(**measured) == ("fail", clause, finding)


@pytest.mark.parametrize(
    ("measured", "title"),
    [
        ({"clear_width_m": None}, "净宽"),
        ({"clear_height_m": np.nan}, "净高"),
        ({"gradient_pct": None}, "坡度"),
        ({"wall_distance_m": None}, "距外墙"),
        ({"dead_end": True}, "回车场边长"),
        ({"dead_end": None}, "是否尽头路"),
    ],
)
def test_a_value_nobody_measured_is_never_a_pass(measured: dict[str, Any], title: str) -> None:
    result, _, finding = assessed(**measured)
    assert (result, finding) == ("not_measured", f"未测量：{title}")


def test_a_failing_value_fails_whatever_else_is_not_measured() -> None:
    result, clause, finding = assessed(clear_width_m=3.2, clear_height_m=None, gradient_pct=None)
    assert (result, clause) == ("fail", "GB 50016 7.1.8")
    assert finding == "净宽 3.2 m，要求不小于 4 m（GB 50016 7.1.8）；未测量：净高、坡度"


def test_a_clause_that_several_values_break_is_named_once() -> None:
    _, clause, finding = assessed(clear_width_m=3.2, clear_height_m=3.5, gradient_pct=12)
    assert clause == "GB 50016 7.1.8；GB 55037 3.4.5"
    assert finding == (
        "净宽 3.2 m，要求不小于 4 m；净高 3.5 m，要求不小于 4 m（以上 2 项：GB 50016 7.1.8）；"
        "坡度 12 %，要求不大于 10 %（GB 55037 3.4.5）"
    )


def test_a_dead_end_with_room_to_turn_passes_also_where_nobody_said_whether_it_is_one() -> None:
    assert assessed(dead_end=True, turning_m=12.0)[0] == "pass"
    assert assessed(dead_end=None, turning_m=12.0)[0] == "pass"


def test_high_rises_and_heavy_engines_need_a_larger_turning_place() -> None:
    high_rise = assessed(turning="turning_high_rise", dead_end=True, turning_m=14.9)
    said = "高层建筑的回车场边长 14.9 m，要求不小于 15 m（GB 50016 7.1.9）"
    assert high_rise == ("fail", "GB 50016 7.1.9", said)
    heavy = assessed(turning="turning_heavy", dead_end=True, turning_m=17)
    assert heavy == ("fail", "", "重型消防车的回车场边长 17 m，要求不小于 18 m")


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_threshold_is_met_exactly_from_its_limit_on(limit: float, value: float) -> None:
    least, most = (standard()[name].model_copy(update={"value": limit}) for name in ("clear_width", "gradient"))
    assert least.check(value).met is (value >= limit)
    assert most.check(value).met is (value <= limit)
    assert least.check(limit).met


def with_figure(tmp_path: Path, name: str, before: str, after: str) -> Path:
    """The file of rules with one rule's line changed."""
    head, own = FILE.read_text(encoding="utf-8").split(f'id = "{name}"\n')
    changed = own.replace(before, after, 1)
    assert changed != own
    path = tmp_path / FILE.name
    path.write_text(f'{head}id = "{name}"\n{changed}', encoding="utf-8")
    return path


def test_another_figure_in_the_file_is_another_verdict_with_its_clause(tmp_path: Path) -> None:
    wide = load_rules(with_figure(tmp_path, "clear_width", "value = 4.0", "value = 4.5"))
    assert assessed()[0] == "pass"
    assert assessed(wide) == ("fail", "GB 50016 7.1.8", "净宽 4 m，要求不小于 4.5 m（GB 50016 7.1.8）")
    unmarked = load_rules(with_figure(tmp_path, "lane_marked", "value = true", "value = false"))
    assert assessed(unmarked)[0] == "fail"
    roomy = load_rules(with_figure(tmp_path, "place_area", "value = 2.2", "value = 2.3"))
    place = frame([{**SOUND_PLACE, "geom": on_ground(shapely.box(10, 50, 20, 56.6))}])
    assert (
        assess_ebikes(place, lanes({}), roomy)["finding"].item().startswith("每车面积 2.2 m²，要求不小于 2.3 m²（安徽")
    )


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("gradient", "value = 10.0", "value = true", "rule gradient：value：comparator 为 is 时写 true 或 false"),
        ("exits", 'unit = "个"', 'einheit = "个"', "rule[14].einheit：不认识的键"),
        ("turning", 'source = "《建筑设计防火规范》GB 50016-2014（2018 年版）"', 'source = ""', "与 clause 同填同空"),
        ("repair_hours", 'category = "manhole"', 'category = "fire_lane"', "rule repair_hours：category：应为 manhole"),
        ("clear_height", 'comparator = "at_least"', 'comparator = "about"', "可填 'at_least'、'at_most'"),
    ],
)
def test_a_slip_in_the_file_is_told_by_rule_and_key(
    tmp_path: Path, name: str, before: str, after: str, told: str
) -> None:
    with pytest.raises(DeclarationError) as refused:
        load_rules(with_figure(tmp_path, name, before, after))
    assert told in str(refused.value).replace(", ", "、")


def test_a_rule_that_is_missing_or_told_twice_is_named(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    path = tmp_path / FILE.name
    path.write_text(text.replace('id = "exits"', 'id = "turning"'), encoding="utf-8")
    with pytest.raises(DeclarationError) as refused:
        load_rules(path)
    assert "rule turning：写了不止一次" in str(refused.value)
    assert "rule exits：缺少这一条" in str(refused.value)


def test_the_layers_describe_the_figures_that_verdicts_are_made_by() -> None:
    layers_ = load_layers(shared("layers"))

    def held_against(rule: Rule) -> bool:
        return rule.comparator != "is" and rule.id not in ("turning_high_rise", "turning_heavy", "on_lane")

    for rule in filter(held_against, standard().values()):
        assert f"{rule.value:g}" in layers_[rule.layer].description, rule.id


SOUND_PLACE = {
    "places": 30,
    "area_m2": 66.0,
    "group_length_m": 20.0,
    "socket_spacing_m": 0.8,
    "exits": 2,
    "near_sensitive": "",
}


def parked(**measured: Any) -> pd.Series:
    """The verdict on a place 10 m × 6.6 m that stands 50 m north of the lane's axis unless told otherwise."""
    shape = on_ground(shapely.box(10, 50, 20, 56.6))
    width = measured.pop("clear_width_m", 4.0)
    return assess_ebikes(frame([{**SOUND_PLACE, "geom": shape, **measured}]), lanes({"clear_width_m": width})).iloc[0]


def test_an_ebike_place_at_every_limit_passes() -> None:
    place = parked()
    assert (place["result"], place["lane_overlap_m2"]) == ("pass", 0.0)
    assert place["finding"] == (
        "未占用消防车道、每车面积 2.2 m²、插座间距 0.8 m、每组长度 20 m、安全出口 2 个、不毗邻敏感场所，均符合要求"
    )


@pytest.mark.parametrize(
    ("measured", "finding"),
    [
        ({"area_m2": 65.7}, "每车面积 2.19 m²，要求不小于 2.2 m²"),
        ({"group_length_m": 20.1}, "每组长度 20.1 m，要求不大于 20 m"),
        ({"socket_spacing_m": 0.79}, "插座间距 0.79 m，要求不小于 0.8 m"),
        ({"exits": 1}, "安全出口 1 个，要求不小于 2 个"),
        ({"near_sensitive": "幼儿园"}, "毗邻幼儿园"),
    ],
)
def test_an_ebike_place_beyond_a_figure_of_the_guide_fails(measured: dict[str, Any], finding: str) -> None:
    place = parked(**measured)
    assert (place["result"], place["finding"]) == ("fail", f"{finding}（安徽省《电动自行车停车场（棚）防火技术导则》）")


@pytest.mark.parametrize(
    ("measured", "title"),
    [
        ({"places": None}, "每车面积、安全出口"),
        ({"area_m2": None}, "每车面积"),
        ({"socket_spacing_m": None}, "插座间距"),
        ({"near_sensitive": None}, "毗邻敏感场所"),
        ({"geom": None}, "与消防车道的位置关系"),
    ],
)
def test_an_ebike_place_not_measured_is_never_a_pass(measured: dict[str, Any], title: str) -> None:
    if measured == {"places": None}:
        measured["exits"] = None
    place = parked(**measured)
    assert (place["result"], place["finding"]) == ("not_measured", f"未测量：{title}")


def test_a_micro_place_needs_no_second_exit_and_no_groups() -> None:
    assert parked(places=25, exits=1, group_length_m=None)["result"] == "pass"
    assert parked(places=26, exits=1)["result"] == "fail"


@pytest.mark.parametrize(("width", "overlap"), [(4.0, 20.0), (6.0, 30.0), (None, 20.0)])
def test_an_ebike_place_on_a_lane_fails_with_the_square_metres(width: float | None, overlap: float) -> None:
    across = on_ground(shapely.box(10, -5, 20, 0))  # reaches the axis: it takes half of the strip along 10 m
    place = parked(geom=across, clear_width_m=width)
    assert place["result"] == "fail"
    assert place["lane_overlap_m2"] == pytest.approx(overlap, abs=0.02)
    assert place["finding"].startswith(f"占用消防车道 {place['lane_overlap_m2']:.10g} m²")


def test_a_place_beside_the_strip_takes_nothing_from_the_lane() -> None:
    beside = on_ground(shapely.box(10, 2.01, 20, 8))
    assert parked(geom=beside)["lane_overlap_m2"] == 0.0
    beyond_the_end = on_ground(shapely.box(100.01, -2, 110, 2))
    assert parked(geom=beyond_the_end)["lane_overlap_m2"] == 0.0


def test_where_two_lanes_cross_the_ground_taken_counts_once() -> None:
    crossing = lanes({}, {"geom": on_ground(shapely.LineString([(50, -50), (50, 50)]))})
    place = frame([{**SOUND_PLACE, "geom": on_ground(shapely.box(48, -2, 52, 2))}])
    assert assess_ebikes(place, crossing)["lane_overlap_m2"].item() == pytest.approx(16, abs=0.02)


def test_a_town_without_lanes_has_no_ebikes_on_lanes() -> None:
    place = frame([{**SOUND_PLACE, "geom": on_ground(shapely.box(0, 0, 10, 6.6))}])
    assert assess_ebikes(place, lanes({}).iloc[:0])["lane_overlap_m2"].item() == 0.0


def covers(*rows: tuple[str, object]) -> gpd.GeoDataFrame:
    point = on_ground(shapely.Point(0, 0))
    return frame([{"state": state, "reported_at": reported, "geom": point} for state, reported in rows])


def test_a_reported_fault_is_due_a_day_later_and_a_sound_cover_never(tmp_path: Path) -> None:
    slow = load_rules(with_figure(tmp_path, "repair_hours", "value = 24", "value = 48"))
    noon = dt.datetime(2023, 7, 15, 12, tzinfo=dt.UTC)
    found = due_manholes(covers(("缺失", noon), ("完好", noon), ("破损", None)))
    assert list(found["due_at"]) == [dt.datetime(2023, 7, 16, 12, tzinfo=dt.UTC), None, None]
    assert due_manholes(covers(("松动", noon)), slow)["due_at"][0] == noon + dt.timedelta(hours=48)


def test_a_report_without_a_time_zone_was_read_off_a_clock_in_china() -> None:
    found = due_manholes(covers(("下沉", "2023-07-15T08:00:00"), ("下沉", "2023-07-15T08:00:00+08:00")))
    assert set(found["due_at"]) == {dt.datetime(2023, 7, 16, 0, tzinfo=dt.UTC)}
