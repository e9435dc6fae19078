"""The store on a real PostGIS: the schema, what the database itself refuses, and layers read as GeoJSON."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
import shapely
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from gis_service import clock
from gis_service.errors import BadRequestError, NotFoundError, SetupError
from gis_service.store import open_store, schema
from gis_service.store.features import (
    SOURCES,
    Column,
    FeatureQuery,
    count_features,
    extent,
    revision,
    stream_features,
)
from gis_service.store.opening import make_engine
from gis_service.store.tables import Table

pytestmark = pytest.mark.database
# clockwise outside, counterclockwise inside: as a careless hand draws it
WRONG_WAY = (
    "MULTIPOLYGON(((117.05 30.53,117.05 30.54,117.06 30.54,117.06 30.53,117.05 30.53),"
    "(117.052 30.532,117.056 30.532,117.056 30.536,117.052 30.536,117.052 30.532)))"
)
NOT_OURS = {"spatial_ref_sys", "alembic_version"}
LAYERS = {
    "divisions",
    "places",
    "communities",
    "management_areas",
    "boundary_drafts",
    "uncovered_communities",
    "coverage",
    "problems",
    "fire_lanes",
    "ebike_charging",
    "manholes",
}


@pytest.fixture
def base(engine: Engine) -> Iterator[Connection]:
    """A connection whose writes nobody else sees."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def add_communities(base: Connection, *names: str) -> None:
    for number, name in enumerate(names, start=1):
        base.execute(
            text(
                "insert into communities (code, name, aliases, county, street, neighborhood, reporting_unit, geom)"
                " values (:code, :name, array['旧名'], '迎江区', '', '', '迎江区', st_geomfromtext(:geom, 4490))"
            ),
            {"code": f"XQ-{number}", "name": name, "geom": WRONG_WAY},
        )


def add_area(base: Connection, manager: str = "", phone: str = "") -> int:
    query = (
        "insert into management_areas (code, natural_key, name, reporting_unit, street, neighborhood, community_names,"
        " abuttals_text, company, manager, manager_phone, resolution_status, confidence, sides, issues, source_file)"
        " values ('WY-340802-0001', 'k', '阳光花园', '迎江区', '', '', '{}', '', '', :manager, :phone, 'resolved', 1,"
        " '[]', '[]', '') returning id"
    )
    return int(base.execute(text(query), {"manager": manager, "phone": phone}).scalar_one())


def add_revision(base: Connection, area: int, number: int, state: str, span: tuple[str | None, str | None]) -> int:
    query = (
        "insert into area_revisions (area_id, number, state, origin, effective_from, effective_to, author, decided_by,"
        " note, geom) values (:area, :number, :state, 'drawn', :since, :until, '张三', :decider, '',"
        " st_geomfromtext(:geom, 4490)) returning id"
    )
    values = {"area": area, "number": number, "state": state, "since": span[0], "until": span[1], "geom": WRONG_WAY}
    decider = "李四" if state == "approved" else None
    return int(base.execute(text(query), values | {"decider": decider}).scalar_one())


def features(base: Connection, source: str, *columns: str | Column, **more: Any) -> list[dict[str, Any]]:
    wanted = tuple(column if isinstance(column, Column) else Column(column) for column in columns)
    return [json.loads(feature) for feature in stream_features(base, FeatureQuery(source, wanted, **more))]


def test_the_schema_says_where_it_stands(engine: Engine, cluster_url: str) -> None:
    assert schema.status(engine).up_to_date
    assert schema.upgrade(engine) == schema.status(engine), "a second upgrade has nothing to do"
    bare = make_engine(cluster_url)
    assert schema.status(bare).current is None
    assert not schema.status(bare).up_to_date
    bare.dispose()


def test_the_migrations_make_exactly_the_tables_of_the_models(base: Connection) -> None:
    options = {"compare_type": True, "include_object": lambda _object, name, *_rest: name not in NOT_OURS}
    assert compare_metadata(MigrationContext.configure(base, opts=options), Table.metadata) == []


def test_the_migrations_make_exactly_the_constraints_of_the_models(base: Connection) -> None:
    declared = {str(one.name) for table in Table.metadata.tables.values() for one in table.constraints}
    query = (
        "select conname from pg_constraint c join pg_class r on r.oid = c.conrelid"
        " where r.relnamespace = 'public'::regnamespace and relname <> all(:others)"
    )
    assert set(base.scalars(text(query), {"others": sorted(NOT_OURS)})) == declared


def test_every_geometry_has_its_spatial_index(base: Connection) -> None:
    query = (
        "select g.f_table_name || '.' || g.f_geometry_column from geometry_columns g where g.f_geometry_column like"
        " 'geom%' and not exists (select from pg_indexes i where i.tablename = g.f_table_name"
        " and i.indexdef like '%USING gist (' || g.f_geometry_column || ')%')"
    )
    assert list(base.scalars(text(query))) == []


def test_a_database_that_is_no_postgresql_is_refused_in_chinese() -> None:
    with pytest.raises(SetupError, match="PostgreSQL"):
        make_engine("sqlite:///x.db")
    with pytest.raises(SetupError, match="格式不对"):
        make_engine("not an address")


def test_a_database_that_does_not_answer_is_reported_without_its_password() -> None:
    with (
        pytest.raises(SetupError, match="连不上数据库") as caught,
        open_store("postgresql://gis:secret@127.0.0.1:1/gis", None),
    ):
        pytest.fail("nobody listens on port 1")
    assert "secret" not in caught.value.message


def test_a_statement_past_its_time_limit_is_cancelled(cluster_url: str) -> None:
    with (
        open_store(cluster_url, None, statement_timeout_ms=100) as engine,
        engine.connect() as connection,
        pytest.raises(OperationalError, match="statement timeout"),
    ):
        connection.execute(text("select pg_sleep(5)"))


def test_two_boundaries_are_never_approved_for_one_day(base: Connection) -> None:
    area = add_area(base)
    add_revision(base, area, 1, "approved", ("2023-07-01", "2023-09-01"))
    add_revision(base, area, 2, "approved", ("2023-09-01", None))
    with pytest.raises(IntegrityError, match="area_revisions_one_approved"):
        add_revision(base, area, 3, "approved", ("2023-08-31", "2023-09-01"))


def test_drafts_beside_an_approved_boundary_are_allowed(base: Connection) -> None:
    area = add_area(base)
    add_revision(base, area, 1, "approved", ("2023-07-01", None))
    add_revision(base, area, 2, "draft", (None, None))
    add_revision(base, area, 3, "draft", (None, None))


@pytest.mark.parametrize(
    "change",
    [
        "geom = st_translate(geom, 0.001, 0)",
        "effective_from = '2020-01-01'",
        "state = 'draft', effective_from = null",
        "decided_by = '王五'",
        "note = '改写'",
    ],
)
def test_an_approved_boundary_cannot_be_rewritten(base: Connection, change: str) -> None:
    add_revision(base, add_area(base), 1, "approved", ("2023-07-01", None))
    with pytest.raises(IntegrityError, match=r"已核准的边界|只能新增"):
        base.execute(text(f"update area_revisions set {change}"))  # noqa: S608 - a parameter of this test


def test_an_approved_boundary_cannot_be_deleted_or_reopened(base: Connection) -> None:
    add_revision(base, add_area(base), 1, "approved", ("2023-07-01", None))
    base.execute(text("update area_revisions set effective_to = '2023-09-01'"))
    for statement in ("update area_revisions set effective_to = null", "delete from area_revisions"):
        with pytest.raises(IntegrityError, match="已核准的边界"), base.begin_nested():
            base.execute(text(statement))


def test_a_draft_is_never_redrawn_in_place(base: Connection) -> None:
    add_revision(base, add_area(base), 1, "draft", (None, None))
    with pytest.raises(IntegrityError, match="只能新增"):
        base.execute(text("update area_revisions set geom = st_translate(geom, 0.001, 0)"))


def test_codes_outside_the_lists_are_refused(base: Connection) -> None:
    add_area(base)
    for change in ("service_form = 7", "committee = 0", "fee_rate = 1.2", "resolution_status = 'guessed'"):
        with pytest.raises(IntegrityError, match="check"), base.begin_nested():
            base.execute(text(f"update management_areas set {change}"))  # noqa: S608 - fixed texts of this test


def test_every_layer_is_a_source_with_columns_and_an_id() -> None:
    assert set(SOURCES) == LAYERS
    for source in SOURCES.values():
        assert source.id_column in source.columns
        assert not {"geom", "geom_3857", "natural_key"} & set(source.columns)


@pytest.mark.parametrize("source", sorted(LAYERS))
def test_every_source_can_be_read_whole_while_it_is_empty(base: Connection, source: str) -> None:
    every = tuple(SOURCES[source].columns)
    assert features(base, source, *every, bbox=(116.0, 30.0, 118.0, 31.0), as_of=dt.date(2023, 8, 1)) == []
    assert extent(base, source) is None


def test_a_feature_is_right_handed_lon_lat_without_crs(base: Connection) -> None:
    add_communities(base, "阳光花园")
    (feature,) = features(base, "communities", "name", "aliases", "households")
    assert set(feature) == {"type", "id", "geometry", "properties"}
    assert feature["properties"] == {"name": "阳光花园", "aliases": ["旧名"], "households": None}
    assert set(feature["geometry"]) == {"type", "coordinates"}
    outer, inner = (shapely.LinearRing(ring) for ring in feature["geometry"]["coordinates"][0])
    assert outer.is_ccw
    assert not inner.is_ccw
    assert outer.bounds == pytest.approx((117.05, 30.53, 117.06, 30.54))


def test_the_tile_geometry_is_the_same_place_in_web_mercator(base: Connection) -> None:
    add_communities(base, "阳光花园")
    west, south = base.execute(text("select st_xmin(geom_3857), st_ymin(geom_3857) from communities")).one()
    assert (west, south) == pytest.approx((13029946.4, 3571859.9), abs=0.1)


def test_features_come_in_order_of_id_page_by_page(base: Connection) -> None:
    add_communities(base, *"甲乙丙丁戊")
    pages = [features(base, "communities", "name", limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [[one["properties"]["name"] for one in page] for page in pages] == [["甲", "乙"], ["丙", "丁"], ["戊"]]
    assert count_features(base, FeatureQuery("communities", (), limit=2)) == 5


def test_pages_of_a_filtered_read_miss_nothing_and_repeat_nothing(base: Connection) -> None:
    add_communities(base, *"甲乙丙丁戊")
    base.execute(text("update communities set sample = true where name in ('乙', '丁')"))
    more: dict[str, Any] = {"bbox": (117.0, 30.5, 117.2, 30.6), "equals": (("sample", "false"),)}
    pages = [features(base, "communities", "name", limit=1, offset=offset, **more) for offset in range(4)]
    assert [[one["properties"]["name"] for one in page] for page in pages] == [["甲"], ["丙"], ["戊"], []]
    add_revision(base, add_area(base), 1, "draft", (None, None))
    assert features(base, "management_areas", bbox=more["bbox"], offset=1) == []
    assert len(features(base, "management_areas", bbox=more["bbox"], limit=1)) == 1


def test_a_box_ids_and_equal_values_narrow_a_read(base: Connection) -> None:
    add_communities(base, "甲", "乙")
    assert len(features(base, "communities", bbox=(117.059, 30.539, 117.2, 30.6))) == 2
    assert features(base, "communities", bbox=(117.061, 30.5, 117.2, 30.6)) == []
    (first, second) = features(base, "communities")
    assert features(base, "communities", ids=(str(second["id"]), "x", "99999999999999999999")) == [second]
    assert features(base, "communities", equals=(("name", "甲"), ("sample", "false"))) == [first]
    assert len(features(base, "communities", equals=(("aliases", "旧名"),))) == 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"columns": (Column("geom"),)}, "没有字段“geom”"),
        ({"columns": (Column("name; drop table communities"),)}, "没有字段"),
        ({"columns": (Column("households", "phone"),)}, "不能按“phone”遮盖"),
        ({"columns": (Column("name", "md5"),)}, "不能按“md5”遮盖"),
        ({"equals": (("nothing", "1"),)}, "没有字段“nothing”"),
        ({"equals": (("households", "许多"),)}, "应为整数"),
        ({"equals": (("households", "9" * 30),)}, "应为整数"),
        ({"equals": (("floor_area_m2", "nan"),)}, "应为数字"),
        ({"equals": (("sample", "也许"),)}, "true 或 false"),
        ({"equals": (("name", "a\x00b"),)}, "应为文字"),
        ({"equals": (("name", "\ud800"),)}, "应为文字"),
        ({"columns": (Column("name", "name"),), "equals": (("name", "张三"),)}, "已遮盖"),
        ({"bbox": (118.0, 30.0, 117.0, 31.0)}, "bbox"),
        ({"bbox": (float("nan"), 30.0, 117.0, 31.0)}, "bbox"),
        ({"limit": -1}, "不能为负数"),
    ],
)
def test_a_wrong_query_is_refused_before_the_first_feature(base: Connection, query: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequestError, match=words):
        stream_features(base, FeatureQuery(**{"source": "communities", "columns": (), **query}))


def test_an_unknown_source_is_not_found(base: Connection) -> None:
    with pytest.raises(NotFoundError, match="users"):
        count_features(base, FeatureQuery("users", ()))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60, deadline=None
)
@given(
    value=st.text(max_size=40) | st.sampled_from(["' or 1=1 --", "'; drop table communities; --", "%(x)s", ":a", "\\"])
)
def test_whatever_a_filter_value_says_it_is_only_a_value(base: Connection, value: str) -> None:
    try:
        assert features(base, "communities", equals=(("name", value),)) == []
    except BadRequestError:
        assert "\x00" in value
    assert base.scalar(text("select count(*) from communities")) == 0


@pytest.mark.parametrize(
    ("name", "phone", "masked_name", "masked_phone"),
    [
        ("张三", "13805560000", "张*", "138****0000"),
        ("欧阳修文、李四 王五", "138-0556 0000", "欧*、李* 王*", "138****0000"),
        ("迎江区/赵六（兼）", "0556-5512345", "迎*/赵*（兼*）", "055****2345"),
        ("", "", "", ""),
        ("李", "5512345", "李*", "551****"),
        ("王五13800001111", "电话：13800001111、13900002222", "王*", "138****2222"),
    ],
)
def test_names_and_phones_are_masked_in_the_query(
    base: Connection, name: str, phone: str, masked_name: str, masked_phone: str
) -> None:
    add_area(base, name, phone)
    columns = (Column("manager", "name"), Column("manager_phone", "phone"))
    (feature,) = features(base, "management_areas", *columns)
    assert feature["properties"] == {"manager": masked_name, "manager_phone": masked_phone}


def test_an_area_shows_its_agreed_boundary_of_the_day_or_else_the_newest_draft(base: Connection) -> None:
    area = add_area(base)
    add_revision(base, area, 1, "approved", ("2023-07-01", "2023-09-01"))
    add_revision(base, area, 2, "approved", ("2023-09-01", "2024-01-01"))
    add_revision(base, area, 3, "draft", (None, None))
    add_revision(base, area, 4, "draft", (None, None))

    def shown(day: dt.date) -> tuple[object, object]:
        (feature,) = features(base, "management_areas", "state", "revision", as_of=day)
        return feature["properties"]["state"], feature["properties"]["revision"]

    assert shown(dt.date(2023, 8, 31)) == ("approved", 1)
    assert shown(dt.date(2023, 9, 1)) == ("approved", 2)
    assert shown(clock.today() + dt.timedelta(days=1)) == ("draft", 4)
    assert shown(dt.date(2020, 1, 1)) == (None, None), "nothing had been drawn by then"


def test_an_area_without_any_boundary_is_listed_but_not_found_by_a_box(base: Connection) -> None:
    add_area(base)
    assert [feature["geometry"] for feature in features(base, "management_areas")] == [None]
    assert features(base, "management_areas", bbox=(-180.0, -90.0, 180.0, 90.0)) == []


def test_the_size_of_an_area_is_geodesic(base: Connection) -> None:
    add_revision(base, add_area(base), 1, "draft", (None, None))
    (feature,) = features(base, "management_areas", "area_m2")
    assert feature["properties"]["area_m2"] == pytest.approx(892_300, rel=0.01)


def test_every_write_raises_the_revision_of_its_layers_and_a_rollback_takes_it_back(base: Connection) -> None:
    before = {source: revision(base, source) for source in SOURCES}
    with base.begin_nested() as nested:
        add_communities(base, "甲")
        area = add_area(base)
        assert revision(base, "communities") == before["communities"] + 1
        assert revision(base, "management_areas") == before["management_areas"] + 1
        add_revision(base, area, 1, "draft", (None, None))
        base.execute(text("update communities set households = 12"))
        base.execute(text("delete from communities"))
        assert revision(base, "communities") == before["communities"] + 3
        assert revision(base, "management_areas") == before["management_areas"] + 2
        nested.rollback()
    assert {source: revision(base, source) for source in SOURCES} == before


def test_a_write_that_meets_no_row_raises_nothing(base: Connection) -> None:
    before = revision(base, "communities")
    base.execute(text("update communities set households = 1 where false"))
    assert revision(base, "communities") == before
