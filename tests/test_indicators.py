"""Figures of other systems: declared by a file, pushed by their owner, kept with their history, never of persons."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.errors import BadRequestError, DeclarationError
from gis_service.indicators import Indicator, load_indicators
from gis_service.indicators.files import rows_of_csv, rows_of_json
from gis_service.indicators.periods import PeriodKind, parse_period, period_of
from gis_service.indicators.reading import Figure, Given, figures
from gis_service.store.accounts import NewAccount, add
from gis_service.store.sessions import issue_token
from tests.indicator_files import REPAIR, VOTING, declared_in, push
from tests.web import bearing, items_of, refusal, served

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TODAY = dt.date(2026, 11, 26)


def loaded(folder: Path, text_: str) -> Indicator:
    (folder / "one.toml").write_text(text_, encoding="utf-8")
    return load_indicators(folder)["one"]


def test_a_file_declares_an_indicator_with_its_classes(tmp_path: Path) -> None:
    share = loaded(tmp_path, REPAIR)
    assert (share.layer_id, share.bounds, share.period) == ("indicator_one", (0.0, 1.0), PeriodKind.MONTH)
    assert [step.title for step in share.steps][:2] == ["0.0 % 至 20.0 %", "20.0 % 至 40.0 %"]
    assert share.words(0.854) == "85.4 %"
    count = loaded(tmp_path, VOTING)
    assert [(step.title, step.colour) for step in count.steps] == [("没有", "#f1f5fa"), ("有", "#21679f")]
    assert count.words(3) == "3 场"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('period = "month"', 'period = "week"'), "one.toml：period：填写了“week”，可填"),
        (('subject = "area"', 'subject = "household"'), "one.toml：subject：填写了“household”，可填"),
        (('subject = "area"', 'subject = "division"'), "one.toml：level：subject 为 division 时必填"),
        (('kind = "share"', 'kind = "number"'), "one.toml：classes：没有上下限时必须写明分级"),
        (('kind = "share"', 'kind = "share"\nminimum = 2'), "one.toml：minimum：应小于 maximum"),
        (('kind = "share"', 'kind = "share"\nsql = "x"'), "one.toml：sql：不认识的键"),
        (('kind = "share"', 'kind = "share"\naudience = ["public"]'), "one.toml：audience：其它系统的数字不对公众开放"),
    ],
)
def test_a_slip_in_a_file_is_told_with_key_and_reason(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(message)):
        loaded(tmp_path, REPAIR.replace(*change))


@pytest.mark.parametrize(
    ("kind", "texts", "label"),
    [
        (PeriodKind.DAY, ("2026-03-05", "2026/3/5", "2026年3月5日"), "2026-03-05"),
        (PeriodKind.MONTH, ("2026-03", "2026年3月", "202603", "2026.3"), "2026-03"),
        (PeriodKind.QUARTER, ("2026-Q2", "2026q2", "2026年第二季度", "2026年2季度"), "2026-Q2"),
        (PeriodKind.YEAR, ("2026", "2026年"), "2026"),
    ],
)
def test_a_period_is_read_as_people_write_it(kind: PeriodKind, texts: tuple[str, ...], label: str) -> None:
    assert {parse_period(kind, one).label for one in texts} == {label}
    for wrong in ("上月", "2026-13-01", "2026-Q5", "99"):
        with pytest.raises(ValueError, match=r"."):
            parse_period(kind, wrong)


@given(kind=st.sampled_from(PeriodKind), day=st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)))
def test_every_period_is_read_back_as_it_is_written(kind: PeriodKind, day: dt.date) -> None:
    period = period_of(kind, day)
    assert parse_period(kind, period.label) == period
    assert period.starts <= day


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Indicator:
    return loaded(tmp_path_factory.mktemp("declared"), REPAIR)


@pytest.mark.parametrize(
    ("value", "kept"), [("85%", 0.85), ("８５％", 0.85), ("0.85", 0.85), (0.85, 0.85), (None, None), (1, 1.0)]
)
def test_a_share_is_a_fraction_or_says_per_cent(share: Indicator, value: object, kept: float | None) -> None:
    (good,), bad = figures([Given(1, {"subject": "A", "period": "2026-10", "value": value})], share, TODAY)
    assert (good.value, bad) == (kept, [])


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"subject": "", "period": "2026-10", "value": 1}, "没有填写"),
        ({"subject": "A", "period": "2026-12", "value": 1}, "2026-12 还没有到"),
        ({"subject": "A", "period": "十月", "value": 1}, "填写了“十月”，应为月，如 2026-11"),
        ({"subject": "A", "period": "2026-10", "value": 85}, "填写了“85”，应在 0 至 1 之间"),
        ({"subject": "A", "period": "2026-10", "value": "较高"}, "填写了“较高”，应为数字"),
        ({"subject": "A", "period": "2026-10", "value": ""}, "没有填写（0–1 的比例"),
        ({"subject": "A", "period": "2026-10", "value": True}, "应为数字"),
        ({"subject": "A" * 60, "period": "2026-10", "value": 1}, "超过 40 字"),
    ],
)
def test_a_row_that_is_wrong_is_refused_with_the_reason(
    share: Indicator, cells: dict[str, object], reason: str
) -> None:
    good, (bad,) = figures([Given(7, cells)], share, TODAY)
    assert (good, bad.number) == ([], 7)
    assert reason in bad.reason


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "subject": st.one_of(st.text(max_size=50), st.none(), st.floats()),
                "period": st.one_of(st.text(max_size=25), st.integers()),
                "value": st.one_of(st.text(max_size=20), st.none(), st.floats(), st.integers(), st.booleans()),
            }
        ),
        max_size=20,
    )
)
def test_whatever_comes_every_row_is_kept_or_refused(rows: list[dict[str, object]]) -> None:
    indicator = Indicator.model_validate(
        {
            **{"id": "x", "title": "率", "period": "month", "subject": "area", "kind": "share"},
            **{"aggregate": "mean", "system": "某系统", "definition": "定义。"},
        }
    )
    good, bad = figures([Given(at, row) for at, row in enumerate(rows)], indicator, TODAY)
    assert {one.number for one in bad} <= set(range(len(rows)))
    assert all(one.value is None or 0 <= one.value <= 1 for one in good)
    assert len({(one.subject, one.period.label) for one in good}) == len(good)


@pytest.mark.parametrize("column", ["业主姓名", "联系电话", "身份证号", "房号", "住户", "phone", "owner_name"])
def test_columns_of_persons_and_households_are_refused(share: Indicator, column: str) -> None:
    with pytest.raises(BadRequestError, match="不收个人、住户的数据"):
        rows_of_csv(f"编号,时段,数值,{column}\nA,2026-10,1,x\n".encode(), share)
    with pytest.raises(BadRequestError, match="不收个人、住户的数据"):
        rows_of_json(f'[{{"subject": "A", "period": "2026-10", "value": 1, "{column}": "x"}}]'.encode(), share)


def test_a_column_that_nobody_knows_and_one_that_is_missing_are_told(share: Indicator) -> None:
    with pytest.raises(BadRequestError, match="不认识“颜色”一列"):
        rows_of_csv("编号,时段,数值,颜色\n".encode(), share)
    with pytest.raises(BadRequestError, match="缺少“数值”列"):
        rows_of_csv("编号,时段,备注\n".encode(), share)
    with pytest.raises(BadRequestError, match="没有表头"):
        rows_of_csv(b"", share)


def test_rows_of_households_are_seen_by_their_many_values(share: Indicator) -> None:
    rows = [Given(at, {"subject": "A", "period": "2026-10", "value": value}) for at, value in enumerate((1, 0, 1), 1)]
    good, bad = figures(rows, share, TODAY)
    assert good == []
    assert [one.number for one in bad] == [1, 2, 3]
    assert "不收逐户的明细" in bad[0].reason
    again = [Given(at, {"subject": "A", "period": "2026-10", "value": 1}) for at in (1, 2)]
    assert len(figures(again, share, TODAY)[0]) == 1, "the same row twice is one value"


def test_a_sheet_may_be_gb18030_with_a_title_above_and_names_of_columns_in_chinese(share: Indicator) -> None:
    sheet = "维修资金续筹率报送表,,\n编号,月份,维修资金续筹率\nA,2026年10月,85%\n\nB,2026-10,0.5\n"
    rows = rows_of_csv(sheet.encode("gb18030"), share)
    good, bad = figures(rows, share, TODAY)
    assert [(one.subject, one.value, one.number) for one in good] == [("A", 0.85, 3), ("B", 0.5, 5)]
    assert bad == []
    assert isinstance(good[0], Figure)


@pytest.fixture(scope="module")
def app(own_sample_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(own_sample_engine, declared_in(tmp_path_factory.mktemp("work") / "indicators"))


@pytest.fixture(scope="module")
def city(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app, Role.CITY) as client:
        yield client


def some(engine: Engine, table: str, count: int, where: str = "true") -> list[str]:
    with engine.connect() as connection:
        found = connection.execute(text(f"select code from {table} where {where} order by code limit {count}"))  # noqa: S608
        return [row.code for row in found]


def test_a_push_is_kept_once_and_a_correction_keeps_what_was_sent(
    city: httpx.Client, own_sample_engine: Engine
) -> None:
    first, second = some(own_sample_engine, "management_areas", 2)
    rows = [{"subject": first, "period": "2023-06", "value": 0.5}, {"subject": second, "period": "2023-06", "value": 1}]
    assert push(city, "repair_fund", rows) == {
        **{"id": "repair_fund", "received": 2, "new": 2, "corrected": 0, "same": 0, "refused": []}
    }
    assert push(city, "repair_fund", rows)["same"] == 2, "the same push again changes nothing"
    rows[0]["value"] = 0.6
    assert push(city, "repair_fund", rows)["corrected"] == 1
    sent = city.get("/indicators/repair_fund/values", params={"subject": first}).json()["values"]
    assert [(one["value"], one["by"]) for one in sent] == [(0.5, "city"), (0.6, "city")]
    assert items_of(city, "indicator_repair_fund", code=first)["features"][0]["properties"]["value"] == 0.6
    assert push(city, "repair_fund", [{"subject": first, "period": "2023-06", "value": None}])["corrected"] == 1
    assert items_of(city, "indicator_repair_fund")["numberMatched"] == 1, "a value that was taken back is none"
    push(city, "repair_fund", rows)


def test_what_was_sent_cannot_be_changed_even_in_the_database(own_sample_engine: Engine) -> None:
    for change in ("update indicator_values set value = 0", "delete from indicator_values"):
        with pytest.raises(DBAPIError, match="指标数值只能新增"), own_sample_engine.begin() as connection:
            connection.execute(text(change))


def test_good_rows_are_kept_and_bad_ones_told_or_on_request_none_is(
    city: httpx.Client, own_sample_engine: Engine
) -> None:
    first, second = some(own_sample_engine, "communities", 2)
    rows = [
        {"subject": first, "period": "2023Q3", "value": 2},
        {"subject": "3栋502室", "period": "2023Q3", "value": 1},
        {"subject": second, "period": "2023Q3", "value": 1.5},
    ]
    whole = city.post("/indicators/owner_votes/values?whole=true", json=rows)
    assert "2 行有误，全部没有收下；第 2 行“编号”：没有编号为“3栋502室”的小区" in refusal(whole, 422)
    assert city.get("/indicators/owner_votes/values").json()["values"] == []
    told = push(city, "owner_votes", rows)
    assert (told["new"], [(one["row"], one["column"]) for one in told["refused"]]) == (1, [(2, "编号"), (3, "数值")])
    assert "不收个人、住户的数据" in told["refused"][0]["reason"]
    nothing = city.put("/indicators/owner_votes/values", json=rows[1:])
    assert (nothing.status_code, nothing.json()["new"]) == (422, 0)


def test_the_name_beside_a_code_must_be_its_own(city: httpx.Client, own_sample_engine: Engine) -> None:
    (code,) = some(own_sample_engine, "communities", 1)
    row = {"subject": code, "period": "2023Q3", "value": 2, "name": "完全不同的地方"}
    refused = city.put("/indicators/owner_votes/values", json=[row]).json()["refused"]
    assert f"而编号 {code} 是“" in refused[0]["reason"]


def test_sheets_are_taken_as_well(city: httpx.Client, own_sample_engine: Engine) -> None:
    codes = some(own_sample_engine, "communities", 3)
    book = openpyxl.Workbook()
    sheet = book["Sheet"]
    sheet.append(["小区编号", "季度", "数值"])
    for code in codes:
        sheet.append([code, "2023年第二季度", 1])
    file = BytesIO()
    book.save(file)
    for content, kind in (
        (file.getvalue(), XLSX),
        (("编号,时段,数值\n" + "".join(f"{code},2023-Q2,1\n" for code in codes)).encode(), "text/csv; charset=utf-8"),
    ):
        answer = city.put("/indicators/owner_votes/values", content=content, headers={"Content-Type": kind})
        assert answer.status_code == 200, answer.text
    assert answer.json()["same"] == 3, "both sheets say the same"
    strange = city.put("/indicators/owner_votes/values", content=b"x", headers={"Content-Type": "application/pdf"})
    assert "Content-Type 应为" in refusal(strange, 400)
    broken = city.put("/indicators/owner_votes/values", content=b"PK\x03\x04", headers={"Content-Type": XLSX})
    assert "已损坏" in refusal(broken, 400)


def test_only_the_owning_system_and_the_city_push(app: FastAPI, own_sample_engine: Engine) -> None:
    with own_sample_engine.begin() as connection:
        account = add(connection, NewAccount("repair.system", "维修资金系统", Role.PLANNER, must_change_password=False))
        own = issue_token(connection, account, "维修资金", ("indicator:repair_fund",), 1)
        reading = issue_token(connection, account, "只读", (), 1)
    (code,) = some(own_sample_engine, "management_areas", 1)
    rows = [{"subject": code, "period": "2023-07", "value": 0.7}]
    with served(app, None) as client:

        def status(token: str, indicator: str) -> int:
            headers = {"Authorization": f"Bearer {token}"}
            return client.put(f"/indicators/{indicator}/values", json=rows, headers=headers).status_code

        assert [status(own, "repair_fund"), status(own, "owner_votes"), status(reading, "repair_fund")] == [
            200,
            403,
            403,
        ]
        assert client.put("/indicators/repair_fund/values", json=rows).status_code == 401
        for role in (Role.PLANNER, Role.COUNTY, Role.STREET, Role.FIRE, Role.ADMIN):
            answer = client.put("/indicators/repair_fund/values", json=rows, headers=bearing(role))
            assert answer.status_code == 403, role
        headers = {"Authorization": f"Bearer {own}"}
        assert client.post("/problems/1/events", json={}, headers=headers).status_code in (403, 404, 405)
        assert client.get("/collections/indicator_repair_fund/items", headers=headers).status_code == 200


def test_division_figures_are_means_or_sums_of_one_period(city: httpx.Client, own_sample_engine: Engine) -> None:
    first, second, third = some(own_sample_engine, "management_areas", 3, "county_code = '340811'")
    push(city, "repair_fund", [{"subject": one, "period": "2023-08", "value": 0.25} for one in (first, second)])
    push(city, "repair_fund", [{"subject": third, "period": "2023-08", "value": 1}])
    told = city.get("/indicators/repair_fund", params={"as_of": "2023-08-31"}).json()
    county = next(row for row in told["figures"]["county"] if row["code"] == "340811")
    assert (county["value"], county["counted"], county["period"]) == (0.5, 3, "2023-08")
    assert told["figures"]["city"][0]["value"] == 0.5
    votes = city.get("/indicators/owner_votes", params={"as_of": "2023-06-30"}).json()["figures"]["city"][0]
    assert (votes["value"], votes["counted"]) == (3, 3), "complaints and votes are added up"


def test_a_trend_follows_a_place_or_one_subject_through_its_periods(
    city: httpx.Client, own_sample_engine: Engine
) -> None:
    (code,) = some(own_sample_engine, "management_areas", 1, "county_code = '340811'")
    push(
        city,
        "repair_fund",
        [{"subject": code, "period": f"2023-{month:02d}", "value": month / 10} for month in (9, 10)],
    )
    own = city.get("/indicators/repair_fund/trend", params={"subject": code}).json()["points"]
    assert [(one["period"], one["value"]) for one in own][-3:] == [
        ("2023-08", 0.25),
        ("2023-09", 0.9),
        ("2023-10", 1.0),
    ]
    county = city.get("/indicators/repair_fund/trend", params={"within": "340811", "as_of": "2023-09-30"}).json()
    assert [(one["period"], one["value"], one["counted"]) for one in county["points"]][-2:] == [
        ("2023-08", 0.5, 3),
        ("2023-09", 0.9, 1),
    ]


def tile_at(lon: float, lat: float, level: int) -> tuple[int, int]:
    """Row and column of the tile of Web Mercator that the place lies in."""
    north = math.asinh(math.tan(math.radians(lat))) / math.pi
    return int((1 - north) / 2 * 2**level), int((lon + 180) / 360 * 2**level)


def test_the_declared_file_is_a_layer_a_column_and_tiles(city: httpx.Client, own_sample_engine: Engine) -> None:
    listed = {one["id"]: one for one in city.get("/collections").json()["collections"]}
    assert listed["indicator_repair_fund"]["title"] == "维修资金续筹率"
    for what in ("queryables", "schema", "tiles"):
        assert city.get(f"/collections/indicator_repair_fund/{what}").status_code == 200, what
    schema = city.get("/collections/indicator_repair_fund/schema").json()["properties"]
    assert schema["value"]["title"] == "维修资金续筹率"
    before = city.get("/collections/indicator_repair_fund/items", params={"datetime": "2023-08-31"}).json()
    assert {one["properties"]["period"] for one in before["features"]} <= {"2023-06", "2023-07", "2023-08"}
    (code,) = some(own_sample_engine, "management_areas", 1, "county_code = '340811'")
    found = items_of(city, "indicator_repair_fund", filter="value >= 0.95 and period = '2023-10'")
    assert [one["id"] for one in found["features"]] == [code]
    west, south = found["features"][0]["geometry"]["coordinates"][0][0][0]
    row, column = tile_at(west, south, 14)
    tile = f"/collections/indicator_repair_fund/tiles/WebMercatorQuad/14/{row}/{column}"
    first = city.get(tile)
    assert first.status_code == 200
    assert first.content
    push(city, "repair_fund", [{"subject": code, "period": "2023-10", "value": 0.96}])
    assert city.get(tile).headers["etag"] != first.headers["etag"], "a new figure shows at once"


def test_exports_of_areas_communities_and_coverage_have_a_column_for_it(
    city: httpx.Client, own_sample_engine: Engine
) -> None:
    (code,) = some(own_sample_engine, "management_areas", 1, "county_code = '340811'")

    def exported(layer: str, **asked: str) -> dict[str, dict[str, Any]]:
        answer = city.get(f"/collections/{layer}/export", params={"f": "geojson", **asked})
        assert answer.status_code == 200, answer.text
        return {one["properties"]["code"]: one["properties"] for one in answer.json()["features"]}

    areas = exported("management_areas")
    assert areas[code]["indicator_repair_fund"] == 0.96
    assert exported("management_areas", as_of="2023-08-31")[code]["indicator_repair_fund"] == 0.25
    assert sum(one["indicator_repair_fund"] is not None for one in areas.values()) < len(areas)
    assert "indicator_owner_votes" not in areas[code], "votes are of communities"
    (community,) = some(own_sample_engine, "communities", 1)
    assert exported("communities")[community]["indicator_owner_votes"] == 2
    counties = exported("coverage", level="county")
    assert counties["340811"]["indicator_repair_fund"] == 0.96
    book = city.get("/collections/coverage/export", params={"f": "xlsx", "level": "county"})
    titles = [cell.value for cell in next(openpyxl.load_workbook(BytesIO(book.content)).worksheets[0].iter_rows())]
    assert {"维修资金续筹率", "业主大会电子表决场次（场）"} <= set(titles)


def test_the_public_sees_no_figures_of_other_systems(own_sample_engine: Engine, tmp_path: Path) -> None:
    settings = declared_in(tmp_path / "indicators").model_copy(update={"review_number": "皖S(2026)1号"})
    with served(create_app(own_sample_engine, settings), None) as public:
        assert public.get("/indicators").json() == {"indicators": []}
        assert public.get("/indicators/repair_fund").status_code == 404
        assert public.get("/collections/indicator_repair_fund/items").status_code == 401
        assert "indicator_repair_fund" not in public.get("/collections/management_areas/export").text
        assert public.get("/coverage").status_code == 401
