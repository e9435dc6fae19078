"""Reads that no thread waits for: they cannot write, end in time, outlive the database, and tell nobody of the past."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import Engine, text

from gis_service.access import PLANNER
from gis_service.api import create_app, kept_features
from gis_service.api.kept_features import KeptFeatures
from gis_service.api.publication import declared_layers
from gis_service.layers import feature_query
from gis_service.store import feature_texts, short_pages
from gis_service.store.feature_texts import FeatureId, FeatureTexts
from gis_service.store.features import FeatureQuery
from gis_service.store.freshness import Freshness, Revisions
from gis_service.store.opening import make_engine
from gis_service.store.quick import Planning, QuickReads, Rows
from gis_service.store.short_pages import COUNTED, MOST, ShortPage
from tests.web import SETTINGS, items_of, refusal, served

pytestmark = pytest.mark.database


def awaited(engine: Engine, work: Callable[[QuickReads], Awaitable[object]]) -> object:
    async def run() -> object:
        quick = QuickReads(engine, 4)
        try:
            return await work(quick)
        finally:
            await quick.close()

    with ThreadPoolExecutor(1) as thread:  # a browser's loop may run in this one
        return thread.submit(asyncio.run, run()).result()


def test_a_quick_read_cannot_write(engine: Engine) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        awaited(engine, lambda quick: quick.rows("create table made()"))


def test_connections_are_opened_before_anybody_asks_and_none_where_there_is_no_database(engine: Engine) -> None:
    async def work(quick: QuickReads) -> object:
        await quick.prepare(3)
        return quick.open

    assert awaited(engine, work) == 3
    away = make_engine(engine.url.set(port=1).render_as_string(hide_password=False))
    assert awaited(away, work) == 0
    away.dispose()


def test_a_statement_for_any_place_is_planned_once_and_others_each_time(engine: Engine) -> None:
    asked = "select count(*) from places where id = $1"
    plans = "select generic_plans, custom_plans from pg_prepared_statements where statement = $1"

    async def work(quick: QuickReads) -> object:
        told = []
        for planning in (Planning.EACH, Planning.ONCE, Planning.EACH):
            for number in range(4):
                await quick.rows(asked, [f"{number}"], planning)
            told += await quick.rows(plans, [asked])
        return told, quick.open

    assert awaited(engine, work) == ([(0, 2), (4, 2), (4, 6)], 1)  # prepared when asked for the third time


def test_a_connection_that_plans_as_asked_is_taken_first(engine: Engine) -> None:
    which = "select current_setting('plan_cache_mode'), pg_backend_pid()"

    async def work(quick: QuickReads) -> tuple[Rows, Rows]:
        both = await asyncio.gather(quick.rows(which), quick.rows(which, (), Planning.ONCE))
        again = [await quick.rows(which, (), planning) for planning in (Planning.ONCE, Planning.EACH) * 2]
        return [rows[0] for rows in both], [rows[0] for rows in again]

    told: Any = awaited(engine, work)
    (each, once), again = told
    assert (each[0], once[0]) == (Planning.EACH, Planning.ONCE)
    assert again == [once, each, once, each]


def test_a_slow_quick_read_is_cancelled_and_answered_as_busy(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    hasty = make_engine(engine.url.render_as_string(hide_password=False), statement_timeout_ms=2_000)

    async def slow(quick: QuickReads, *_query: object, **_more: object) -> Rows:
        return await quick.rows("select pg_sleep(60)")

    monkeypatch.setattr(kept_features, "short_page", slow)
    with served(create_app(hasty, SETTINGS)) as web:
        assert "超过时限" in refusal(web.get("/collections/places/items"), 503)
    hasty.dispose()


def test_quick_reads_go_on_when_the_database_was_restarted(engine: Engine) -> None:
    async def work(quick: QuickReads) -> object:
        ((backend,),) = await quick.rows("select pg_backend_pid()")
        with engine.connect() as connection:
            assert connection.scalar(text("select pg_terminate_backend(:backend, 60000)"), {"backend": backend})
        ((another,),) = await quick.rows("select pg_backend_pid()")
        return backend != another

    assert awaited(engine, work)


def test_who_is_still_being_answered_when_the_reading_ends_leaves_no_connection_open(engine: Engine) -> None:
    async def work(quick: QuickReads) -> object:
        asking = asyncio.create_task(quick.rows("select pg_sleep(0.5)"))
        while quick.open or not quick.running:
            await asyncio.sleep(0.01)
        await quick.close()
        await asking
        return quick.open

    assert awaited(engine, work) == 0


def test_who_asks_at_once_shares_a_question_and_sees_what_was_written_before(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    rows = QuickReads.rows

    async def listening(quick: QuickReads, statement: str, arguments: Sequence[object] = ()) -> Rows:
        asked.append(statement)
        return await rows(quick, statement, arguments)

    async def work(quick: QuickReads) -> list[int]:
        revisions, seen = Revisions(quick), []
        for number in range(5):
            with engine.begin() as connection:
                connection.execute(
                    text(
                        "insert into manholes (code, kind, state, owner, load_class, geom) values "
                        "(:code, '雨水', '完好', '某单位', 'D400', ST_SetSRID(ST_Point(117, 30), 4490))"
                    ),
                    {"code": f"revised-{number}"},
                )
            states: list[Freshness] = await asyncio.gather(*(revisions.of("manholes") for _ in range(40)))
            assert len({state.revision for state in states}) == 1
            seen.append(states[0].revision)
        return seen

    monkeypatch.setattr(QuickReads, "rows", listening)
    seen = awaited(engine, work)
    assert isinstance(seen, list)
    assert seen == list(range(seen[0], seen[0] + 5))
    assert len(asked) == 5


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "bbox=116.9,30.3,117.2,30.7",
        "sortby=-code",
        "filter=id>3",
        "properties=code,id",
        "crs=http://www.opengis.net/def/crs/EPSG/0/4548",
        "offset=7",
        "datetime=2023-08-01",
    ],
)
@pytest.mark.parametrize("layer", ["management_areas", "manholes"])
def test_a_short_page_begins_as_a_long_one_does(web: httpx.Client, layer: str, asked: str) -> None:
    short = web.get(f"/collections/{layer}/items?limit=20&{asked}").json()
    long = web.get(f"/collections/{layer}/items?limit={MOST + 1}&{asked}").json()
    assert short["features"] == long["features"][:20]
    assert short.get("numberMatched", COUNTED + 1) == min(long["numberMatched"], COUNTED + 1) or not narrowed(asked)
    assert short["numberReturned"] == len(short["features"]) > 0


def test_what_matches_a_filter_is_counted_as_far_as_it_costs_little_and_wholly_when_asked(web: httpx.Client) -> None:
    everything = items_of(web, "manholes", limit=1)["numberMatched"]
    assert everything > COUNTED
    many = items_of(web, "manholes", filter="id > 0", limit=10)
    assert "numberMatched" not in many
    following = web.get(next(link["href"] for link in many["links"] if link["rel"] == "next")).json()
    assert "numberMatched" not in following
    assert following["features"][0]["id"] > many["features"][-1]["id"]
    some = items_of(web, "manholes", filter=f"id <= {many['features'][-1]['id']}", limit=2)
    assert (some["numberMatched"], some["numberReturned"]) == (10, 2)
    hits = items_of(web, "manholes", filter="id > 0", resulttype="hits")
    assert (hits["numberMatched"], hits["numberReturned"], hits["features"]) == (everything, 0, [])
    assert f"共 {everything} 个" in web.get("/collections/manholes/items?filter=id>0&f=html").text
    assert "results、hits" in refusal(web.get("/collections/manholes/items?resulttype=all"), 400)


def test_a_feature_that_was_read_is_not_read_again_until_somebody_writes(
    own_sample_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[list[object]] = []
    plainly = feature_texts.feature_texts

    async def listening(quick: QuickReads, query: FeatureQuery, ids: Sequence[FeatureId]) -> FeatureTexts:
        read.append(list(ids))
        return await plainly(quick, query, ids)

    monkeypatch.setattr(kept_features, "feature_texts", listening)
    with served(create_app(own_sample_engine, SETTINGS)) as web:
        first, second = (items_of(web, "manholes", limit=limit)["features"] for limit in (3, 5))
        ids = [one["id"] for one in second]
        assert read == [ids[:3], ids[3:]]
        assert first == second[:3]
        assert web.get(f"/collections/manholes/items/{ids[4]}").json()["properties"] == second[4]["properties"]
        assert len(read) == 2
        with renamed(own_sample_engine, ids[0]) as owner:
            told = items_of(web, "manholes", limit=5)["features"]
            assert [one["properties"]["owner"] == owner for one in told] == [True, False, False, False, False]
            assert read[2:] == [ids]
    with served(create_app(own_sample_engine, SETTINGS.model_copy(update={"feature_cache_mb": 0}))) as web:
        for _ in range(2):
            assert items_of(web, "manholes", limit=3)["features"] == first
        assert read[-2:] == [ids[:3], ids[:3]]


def test_a_page_that_was_found_is_not_looked_for_again_until_somebody_writes(
    own_sample_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_for: list[int | None] = []
    plainly = short_pages.short_page

    async def listening(quick: QuickReads, query: FeatureQuery, *, counted: bool) -> ShortPage:
        looked_for.append(query.limit)
        return await plainly(quick, query, counted=counted)

    monkeypatch.setattr(kept_features, "short_page", listening)
    with served(create_app(own_sample_engine, SETTINGS)) as web:
        first, again = (items_of(web, "manholes", limit=3, filter="owner <> '另一个单位'") for _ in range(2))
        assert first == again
        with renamed(own_sample_engine, first["features"][0]["id"]):
            without = items_of(web, "manholes", limit=3, filter="owner <> '另一个单位'")
        assert without["features"][:2] == first["features"][1:]
        assert items_of(web, "manholes", limit=2, filter="owner <> '另一个单位'")["numberReturned"] == 2
    assert looked_for == [3, 3, 2]


def test_a_page_is_of_one_state_though_somebody_writes_while_it_is_read(own_sample_engine: Engine) -> None:
    layer = declared_layers()["manholes"]
    query = feature_query(layer, PLANNER)
    with own_sample_engine.connect() as connection:
        ids = connection.scalars(text("select id from manholes order by id limit 2")).all()
        known = connection.scalar(text("select revision from layer_revisions where source = 'manholes'"))

    async def work(quick: QuickReads) -> list[str]:
        kept = KeptFeatures(quick, 1 << 20)
        await kept.of((layer, PLANNER), query, ids[:1], known)
        with renamed(own_sample_engine, *ids):
            return [
                json.loads(told)["properties"]["owner"] for told in await kept.of((layer, PLANNER), query, ids, known)
            ]

    assert awaited(own_sample_engine, work) == ["另一个单位"] * 2


def narrowed(asked: str) -> bool:
    return asked.startswith(("bbox", "filter"))


@contextmanager
def renamed(engine: Engine, *ids: int) -> Iterator[str]:
    """The owner of these manholes is another while the block runs."""
    with engine.begin() as connection:
        before = connection.execute(
            text("select id, owner from manholes where id = any(:ids)"), {"ids": list(ids)}
        ).all()
        connection.execute(text("update manholes set owner = '另一个单位' where id = any(:ids)"), {"ids": list(ids)})
    try:
        yield "另一个单位"
    finally:
        with engine.begin() as connection:
            for row in before:
                connection.execute(text("update manholes set owner = :owner where id = :id"), row._asdict())
