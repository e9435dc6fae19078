"""Communities and hazards have a history: whatever surveys come, in whatever order, every day has its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from gis_service import clock, store
from gis_service.imports import ImportReport, import_file
from gis_service.imports.hazards import import_hazards
from gis_service.imports.report import Job, Outcome
from gis_service.store import links
from gis_service.store.hazard_counts import hazard_counts
from gis_service.store.versions import communities_begun
from tests.conftest import copy_of
from tests.ground import square
from tests.import_files import annex1, clear, communities_file, contents, divisions_file, entry, lonlat_file, rows

pytestmark = pytest.mark.database
JULY, SEPTEMBER, NOVEMBER = dt.date(2023, 7, 15), dt.date(2023, 9, 15), dt.date(2023, 11, 15)
FIRST = dt.date(2023, 7, 1)
ONE = dt.timedelta(days=1)
GOOD = {"clear_width_m": 4.5, "clear_height_m": 4.5, "gradient_pct": 2, "wall_distance_m": 6, "dead_end": False}
SOUND = GOOD | {"marked": True, "blocked": False}
PLACE = {"places": 10, "area_m2": 30, "group_length_m": 10, "socket_spacing_m": 1, "exits": 2, "near_sensitive": "无"}


@pytest.fixture
def town(engine: Engine, tmp_path: Path) -> Engine:
    empty(engine, tmp_path)
    return engine


def empty(engine: Engine, folder: Path) -> None:
    clear(engine)
    import_file(engine, "divisions", [divisions_file(folder)], commit=True)


def survey(engine: Engine, day: dt.date, *files: Path, kind: str = "hazards") -> ImportReport:
    return import_file(engine, kind, list(files), commit=True, since=day)


def lanes(folder: Path, told: Mapping[str, Mapping[str, object]]) -> Path:
    """Lanes by code, each 50 m east of the one before it, 50 m long."""
    drawn = (
        (_lane(code, facts), LineString([(x, 60), (x, 110)]))
        for code, facts in told.items()
        for x in [50 * int(code.removeprefix("车道")) + 15]
    )
    return lonlat_file(folder / "fire_lanes.geojson", *drawn)


def _lane(code: str, facts: Mapping[str, object]) -> dict[str, object]:
    told = {**SOUND, "code": code, "name": code, "measured_on": None, **facts}
    return told | {"measured_on": told["measured_on"] and f"{told['measured_on']}"}


def covers(folder: Path, **told: Mapping[str, object]) -> Path:
    drawn = (
        ({"code": code, "kind": "雨水", "reported_at": None, **facts}, Point(50 * number + 15, 75))
        for number, (code, facts) in enumerate(told.items(), start=1)
    )
    return lonlat_file(folder / "manholes.geojson", *drawn)


def on(engine: Engine, columns: str, table: str, day: dt.date) -> list[tuple[object, ...]]:
    return rows(engine, f"select {columns} from {table}_on('{day}') order by code")  # noqa: S608


@dataclass
class Known:
    """What a naive reading of all surveys in turn knows of one row."""

    since: dt.date
    value: Any
    said: dt.date
    before: list[tuple[dt.date, dt.date, Any]] = field(default_factory=list)

    def tell(self, day: dt.date, own: dt.date, value: Any) -> bool:
        """A survey of the day speaks of it again; False where it comes too late."""
        if value == self.value:
            if day < self.since and not self.before:
                self.said, self.since = max(self.said, self.since), own
            self.said = max(self.said, day)
            return True
        if day < max(self.said, self.since):
            return False
        since = own if own > self.since else day
        if since > self.since:
            self.before.append((self.since, since, self.value))
        self.since, self.value, self.said = since, value, day
        return True

    def on(self, day: dt.date) -> Any:
        if self.since <= day:
            return self.value
        return next((value for since, until, value in self.before if since <= day < until), None)

    @property
    def first(self) -> dt.date:
        return self.before[0][0] if self.before else self.since


DAYS = st.integers(0, 6).map(lambda number: FIRST + number * ONE)
Lane = tuple[float | None, dt.date | None]  # how wide, measured on
LANE = st.tuples(st.sampled_from((3.2, 4.5, None)), st.none() | DAYS)
SURVEYS = st.lists(
    st.tuples(DAYS, st.dictionaries(st.sampled_from(("车道1", "车道2", "车道3")), LANE, min_size=1)),
    min_size=1,
    max_size=6,
)
RESULTS = {3.2: "fail", 4.5: "pass", None: "not_measured"}


def taken_in(engine: Engine, day: dt.date, file: Path) -> Outcome:
    """A survey alone, without what is counted after an import."""
    with engine.begin() as connection:
        job = Job(connection, file, 0, False, clock.today(), lambda _what, _done, _total: None, since=day)
        return import_hazards(job)


@settings(max_examples=30)
@given(surveys=SURVEYS)
def test_every_day_has_the_lanes_that_surveys_told_of_it(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, surveys: list[tuple[dt.date, dict[str, Lane]]]
) -> None:
    folder, known = tmp_path_factory.mktemp("车道"), dict[str, Known]()
    clear(engine)
    for day, told in surveys:
        file = lanes(folder, {code: {"clear_width_m": wide, "measured_on": own} for code, (wide, own) in told.items()})
        late = set()
        for code, value in told.items():
            counts_from = min(value[1] or day, day)
            if code not in known:
                known[code] = Known(counts_from, value, day)
            elif not known[code].tell(day, counts_from, value):
                late.add(code)
        outcome = taken_in(engine, day, file)
        refused = {issue.message for issue in outcome.issues}
        assert refused == {f"编号“{code}”已有比 {day} 晚的调查，这份文件说的不同，未导入" for code in late}
        assert (outcome.rejected, outcome.new + outcome.changed + outcome.same) == (len(late), len(told) - len(late))
    stood = versions(engine)
    again = taken_in(engine, day, file)
    assert (again.new, again.changed, again.same) == (0, 0, len(told) - len(late))
    assert versions(engine) == stood
    for day in (FIRST + number * ONE for number in range(-1, 9)):
        expected = [
            (code, *value, RESULTS[value[0]])
            for code, row in sorted(known.items())
            if (value := row.on(day)) is not None
        ]
        assert on(engine, "code, clear_width_m, measured_on, result", "fire_lanes", day) == expected, f"{day}"


def versions(engine: Engine) -> tuple[str, str]:
    """Fingerprints of the lanes and their history, equal only when no row was touched."""
    now = contents(engine)
    return now["fire_lanes"], now["earlier_versions"]


NAMES = st.sampled_from(("甲苑", "乙苑", "丙苑"))
LISTS = st.lists(st.tuples(DAYS, st.dictionaries(st.integers(1, 4), NAMES, min_size=1)), min_size=1, max_size=5)
UNITS = {1: "迎江区", 2: "迎江区", 3: "大观区", 4: "大观区"}


@settings(max_examples=15)
@given(lists=LISTS)
def test_every_day_has_the_communities_of_the_lists_and_before_the_first_list_of_a_unit_these(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, lists: list[tuple[dt.date, dict[int, str]]]
) -> None:
    folder, known = tmp_path_factory.mktemp("小区"), dict[int, Known]()
    clear(engine)
    for day, names in lists:
        drawn = (
            (
                {"code": f"{number}", "name": name, "reporting_unit": UNITS[number]},
                square(50 * number, 50, 50 * number + 30, 99),
            )
            for number, name in names.items()
        )
        survey(engine, day, lonlat_file(folder / "小区.geojson", *drawn), kind="communities")
        for number, name in names.items():
            known.setdefault(number, Known(day, name, day)).tell(day, day, name)
    begun = {
        unit: min(row.first for number, row in known.items() if UNITS[number] == unit)
        for unit in (UNITS[n] for n in known)
    }
    with engine.connect() as connection:
        assert communities_begun(connection) == begun
    for day in (FIRST + number * ONE for number in range(-1, 9)):
        expected = [
            (f"{number}", name)
            for number, row in sorted(known.items())
            if (name := row.on(max(day, begun[UNITS[number]]))) is not None
        ]
        assert on(engine, "code, name", "communities", day) == expected, f"{day}"


def test_a_version_keeps_its_shape_its_verdict_and_its_community(town: Engine, tmp_path: Path) -> None:
    survey(town, JULY, communities_file(tmp_path, "阳光花园"), kind="communities")
    survey(town, JULY, lanes(tmp_path, {"车道1": {"clear_width_m": 3.2}}))
    then = "code, result, clause, finding, clear_width_m, community_id, sample, st_astext(geom), st_astext(geom_3857)"
    stood = rows(town, f"select {then} from fire_lanes")  # noqa: S608
    wide = ({**SOUND, "code": "车道1", "name": "车道1"}, LineString([(300, 60), (300, 110)]))
    survey(town, SEPTEMBER, lonlat_file(tmp_path / "fire_lanes.geojson", wide))
    assert on(town, then, "fire_lanes", JULY) == stood
    assert stood[0][1:4] == ("fail", "GB 50016 7.1.8", "净宽 3.2 m，要求不小于 4 m（GB 50016 7.1.8）")
    assert stood[0][5] is not None
    ((result, community),) = rows(town, "select result, community_id from fire_lanes")
    assert (result, community) == ("pass", None)


def test_a_place_that_a_new_lane_runs_through_was_in_order_before(town: Engine, tmp_path: Path) -> None:
    place = lonlat_file(tmp_path / "ebike_charging.geojson", ({**PLACE, "code": "棚1"}, square(60, 70, 66, 75)))
    survey(town, JULY, place)
    survey(town, NOVEMBER, lanes(tmp_path, {"车道1": {}}))
    assert rows(town, "select result from ebike_charging") == [("fail",)]
    days = (JULY - ONE, JULY, NOVEMBER - ONE, NOVEMBER)
    assert [on(town, "result", "ebike_charging", day) for day in days] == [[], [("pass",)], [("pass",)], [("fail",)]]


def test_a_lane_counts_from_the_day_it_was_measured_and_a_fault_from_the_day_it_was_reported(
    town: Engine, tmp_path: Path
) -> None:
    survey(town, NOVEMBER, lanes(tmp_path, {"车道1": {"measured_on": SEPTEMBER}, "车道2": {}}))
    assert [len(on(town, "code", "fire_lanes", day)) for day in (SEPTEMBER - ONE, SEPTEMBER, NOVEMBER)] == [0, 1, 2]
    survey(town, JULY, covers(tmp_path, 井1={"state": "完好"}, 井2={"state": "完好"}))
    broken = {"state": "破损", "reported_at": "2023-09-15T00:30:00+08:00"}  # still the day before in UTC
    survey(town, NOVEMBER, covers(tmp_path, 井1=broken, 井2={"state": "完好"}))
    mended = {"state": "完好", "reported_at": "2023-09-15T00:30:00+08:00"}
    survey(town, NOVEMBER + ONE, covers(tmp_path, 井1=mended))
    days = (JULY, SEPTEMBER - ONE, SEPTEMBER, NOVEMBER, NOVEMBER + ONE)
    assert [on(town, "state", "manholes", day)[0][0] for day in days] == ["完好", "完好", "破损", "破损", "完好"]


def test_a_row_that_is_gone_is_there_on_the_days_before(town: Engine, tmp_path: Path) -> None:
    survey(town, JULY, communities_file(tmp_path, "阳光花园", "湖畔苑"), kind="communities")
    survey(town, JULY, covers(tmp_path, 井1={"state": "破损"}))
    with town.begin() as connection:
        connection.execute(text("delete from communities where code = 'XQ-1'"))
        connection.execute(text("delete from manholes"))
    today = clock.today()
    names = [[row[0] for row in on(town, "name", "communities", day)] for day in (JULY, today - ONE, today)]
    assert names == [["阳光花园", "湖畔苑"], ["阳光花园", "湖畔苑"], ["湖畔苑"]]
    assert [len(on(town, "code", "manholes", day)) for day in (JULY, today - ONE, today)] == [1, 1, 0]


def test_a_list_of_an_earlier_day_that_says_the_same_dates_what_is_here_back(town: Engine, tmp_path: Path) -> None:
    file = communities_file(tmp_path, "阳光花园", "湖畔苑")
    survey(town, clock.today(), file, kind="communities")
    report = survey(town, JULY, file, kind="communities")
    assert (report.new, report.changed, report.same) == (0, 2, 0)
    assert rows(town, "select distinct stands_from from communities") == [(JULY,)]
    other = communities_file(tmp_path, "别的名字", "湖畔苑")
    between = survey(town, SEPTEMBER, other, kind="communities")
    assert [str(issue) for issue in between.issues] == [
        "communities.geojson：编号“XQ-1”已有比 2023-09-15 晚的调查，这份文件说的不同，未导入"
    ]
    assert (between.changed, between.same, between.rejected) == (0, 1, 1)


def test_what_was_is_neither_rewritten_nor_taken_back(town: Engine, tmp_path: Path) -> None:
    survey(town, JULY, covers(tmp_path, 井1={"state": "完好"}))
    survey(town, SEPTEMBER, covers(tmp_path, 井1={"state": "破损"}))
    for statement, words in (
        ("update earlier_versions set until = until + 1", "只能新增"),
        ("delete from earlier_versions", "只能新增"),
        ("update manholes set stands_from = '2023-08-01'", "起始日不能早于历史记录"),
    ):
        with pytest.raises(DBAPIError, match=words), town.begin() as connection:
            connection.execute(text(statement))


def test_the_communities_of_a_day_hold_the_areas_and_count_on_that_day(town: Engine, tmp_path: Path) -> None:
    survey(town, JULY, communities_file(tmp_path, "旧名苑"), kind="communities")
    survey(town, NOVEMBER, communities_file(tmp_path, "新名苑", "晚来苑"), kind="communities")
    named = annex1(tmp_path, entry(1, community_names=("旧名苑",)))
    import_file(town, "ledger", [named], commit=True, since=JULY)
    with town.connect() as connection:
        assert [len(links.memberships(connection, day)) for day in (JULY, NOVEMBER, clock.today())] == [1, 0, 0]


def test_counts_of_a_day_are_of_its_communities_surveys_and_clock(town: Engine, tmp_path: Path) -> None:
    survey(town, JULY, communities_file(tmp_path, "旧名苑", "湖畔苑"), kind="communities")
    survey(town, JULY, lanes(tmp_path, {"车道1": {"clear_width_m": 3.2}, "车道2": {}}))
    broken = {"state": "破损", "reported_at": "2023-09-15T10:00:00+08:00"}
    survey(town, SEPTEMBER, covers(tmp_path, 井1=broken))
    survey(town, NOVEMBER, communities_file(tmp_path, "新名苑", "湖畔苑"), kind="communities")
    survey(town, NOVEMBER, lanes(tmp_path, {"车道1": {}, "车道2": {}}))
    assert counted(town, JULY - ONE) == []
    assert counted(town, JULY) == [("旧名苑", 1, 0, 0, 0), ("湖畔苑", 0, 1, 0, 0)]
    assert counted(town, SEPTEMBER) == [("旧名苑", 1, 0, 1, 0), ("湖畔苑", 0, 1, 0, 0)], "due at ten the next day"
    assert counted(town, SEPTEMBER + ONE) == [("旧名苑", 1, 0, 1, 1), ("湖畔苑", 0, 1, 0, 0)]
    assert counted(town, NOVEMBER) == counted(town, clock.today()) == [("新名苑", 0, 1, 1, 1), ("湖畔苑", 0, 1, 0, 0)]


def counted(engine: Engine, day: dt.date) -> list[tuple[object, ...]]:
    names = ("name", "lanes_fail", "lanes_pass", "covers_bad", "covers_overdue")
    with engine.connect() as connection:
        found = hazard_counts(connection, "community", "", day)
    return [tuple(row._mapping[name] for name in names) for row in found]


def test_an_older_database_dates_its_rows_by_their_first_import_and_their_own_day_and_goes_back(
    town: Engine, tmp_path: Path
) -> None:
    survey(town, NOVEMBER, communities_file(tmp_path, "阳光花园"), kind="communities")
    survey(town, NOVEMBER, lanes(tmp_path, {"车道1": {"measured_on": SEPTEMBER}, "车道2": {}}))
    survey(town, clock.today(), lanes(tmp_path, {"车道2": {"clear_width_m": 3.2}}))
    reported = {"reported_at": "2023-09-15T00:30:00+08:00"}
    survey(town, NOVEMBER, covers(tmp_path, 井1={"state": "破损", **reported}, 井2={"state": "完好", **reported}))
    told = "select code, result, community_id, st_astext(geom_3857) from fire_lanes order by code"
    with copy_of(town) as copy:
        before = rows(copy, told)
        step(copy, "downgrade", "0016")
        assert rows(copy, told) == before
        assert rows(copy, "select to_regclass('earlier_versions'), to_regprocedure('fire_lanes_on(date)')") == [
            (None, None)
        ]
        step(copy, "upgrade", "head")
        assert rows(copy, told) == before
        dated = rows(
            copy, "select code, stands_from from fire_lanes union select code, stands_from from communities order by 1"
        )
        assert dated == [("XQ-1", NOVEMBER), ("车道1", SEPTEMBER), ("车道2", NOVEMBER)]
        assert rows(copy, "select stands_from from manholes order by code") == [(SEPTEMBER,), (NOVEMBER,)]
        assert [row[0] for row in on(copy, "code", "fire_lanes", SEPTEMBER)] == ["车道1"]


def step(engine: Engine, way: str, target: str) -> None:
    """The schema goes to a step, up or down."""
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        getattr(command, way)(config, target)
