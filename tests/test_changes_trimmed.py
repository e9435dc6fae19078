"""The change feed is kept for so many days: what goes, goes from the oldest on, and whoever missed it is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.api.deliveries import courier_of, trim_feed
from gis_service.notifying import TOO_LATE, deliver_due
from gis_service.store.changes import changes_since, newest, number_changes, trim_changes
from tests.import_files import clear, communities_file, divisions_file, rows, take_in
from tests.web import SETTINGS, give_accounts, refusal, served

KEPT = "select seq from changes where seq is not null order by 1"
WEBHOOKS = {"secret": "x" * 40, "webhook_allow": "127.0.0.0/8"}


@pytest.fixture
def feed(engine: Engine, tmp_path: Path) -> Engine:
    """Six numbered changes, of which the first three are 500 days old."""
    clear(engine)
    take_in(engine, "divisions", divisions_file(tmp_path))
    with engine.begin() as connection:
        connection.execute(text("truncate changes, webhooks, webhook_attempts restart identity"))
        connection.execute(text("update change_feed set trimmed_to = 0"))
    take_in(engine, "communities", communities_file(tmp_path, *"甲乙丙丁戊己"))
    with engine.begin() as connection:
        number_changes(connection)
        connection.execute(text("alter table changes disable trigger keep_change"))
        connection.execute(text("update changes set at = now() - interval '500 days' where seq <= 3"))
        connection.execute(text("alter table changes enable trigger keep_change"))
    return engine


@pytest.fixture
def app(feed: Engine) -> FastAPI:
    give_accounts(feed)
    return create_app(feed, SETTINGS.model_copy(update=WEBHOOKS))


@pytest.fixture
def admin(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app, Role.ADMIN) as client:
        yield client


def test_only_what_is_too_old_goes_and_whoever_would_miss_it_is_told_what_to_do(app: FastAPI, feed: Engine) -> None:
    with served(app, Role.CITY) as city:
        assert [one["seq"] for one in city.get("/changes").json()["changes"]] == [1, 2, 3, 4, 5, 6]
        assert trim_feed(app.state.publication) == 3
        assert rows(feed, KEPT) == [(4,), (5,), (6,)]
        assert [one["seq"] for one in city.get("/changes?since=3").json()["changes"]] == [4, 5, 6]
        for since in (0, 2):
            told = refusal(city.get(f"/changes?since={since}"), 410)
            assert f"序号 {since} 之后的变更有一部分已清除，现存的从 4 起" in told
            assert "先整体读一遍" in told
            assert "since=6" in told


def test_what_is_kept_may_still_not_be_changed_or_deleted(app: FastAPI, feed: Engine) -> None:
    trim_feed(app.state.publication)
    for statement in ("delete from changes", "update changes set subject = '别的' where seq = 5"):
        with pytest.raises(DBAPIError, match="变更流水只能新增"), feed.begin() as connection:
            connection.execute(text(statement))


def test_numbers_go_on_where_they_were_after_everything_is_trimmed(feed: Engine, tmp_path: Path) -> None:
    with feed.begin() as connection:
        assert trim_changes(connection, dt.datetime.now(dt.UTC) + dt.timedelta(days=1)) == 6
        assert newest(connection) == 6
    take_in(feed, "communities", communities_file(tmp_path, *"甲乙丙丁戊己庚"))
    with feed.begin() as connection:
        number_changes(connection)
        page = changes_since(connection, (6, None), ("community",), (), 10)
    assert [row.seq for row in page.rows] == [7]


def test_it_is_trimmed_in_parts_and_never_past_what_is_young(feed: Engine) -> None:
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=400)
    gone: list[int] = []
    while not gone or gone[-1]:
        with feed.begin() as connection:
            gone.append(trim_changes(connection, before, most=2))
    assert gone == [2, 1, 0]
    assert rows(feed, KEPT) == [(4,), (5,), (6,)]


def test_a_subscription_that_stood_still_too_long_is_given_up_and_says_why(
    app: FastAPI, admin: httpx.Client, feed: Engine
) -> None:
    made = admin.post("/webhooks", json={"url": "http://127.0.0.1:9/", "since": 0}).json()
    assert admin.post(f"/webhooks/{made['id']}/pause", json={}).json()["state"] == "paused"
    assert deliver_due(feed, courier_of(app.state.publication)) == 0, "a pause is a pause"
    trim_feed(app.state.publication)
    assert "现存的从 4 起" in refusal(admin.post(f"/webhooks/{made['id']}/resume", json={}), 410)
    with feed.begin() as connection:
        connection.execute(text("update webhooks set paused_at = null"))
    assert deliver_due(feed, courier_of(app.state.publication)) == 0
    told = admin.get(f"/webhooks/{made['id']}").json()
    assert (told["state"], told["note"]) == ("given_up", TOO_LATE)
    assert "现存的从 4 起" in refusal(admin.post("/webhooks", json={"url": "http://127.0.0.1:9/", "since": 1}), 410)


def test_old_attempts_to_deliver_go_too_and_the_last_one_of_a_subscription_stays(
    app: FastAPI, admin: httpx.Client, feed: Engine
) -> None:
    made = admin.post("/webhooks", json={"url": "http://127.0.0.1:9/"}).json()
    attempt = (
        "insert into webhook_attempts (webhook_id, message_id, first_seq, last_seq, attempt, at, status) "
        "values (:webhook, :message, :seq, :seq, 1, now() - :days * interval '1 day', 500)"
    )
    with feed.begin() as connection:
        for message, seq, days in (("甲", 1, 700), ("乙", 2, 600), ("丙", 3, 500), ("试", 0, 450), ("今", 0, 1)):
            told = {"webhook": made["id"], "message": message, "seq": seq, "days": days}
            connection.execute(text(attempt), told)
    trim_feed(app.state.publication)
    left = rows(feed, "select message_id from webhook_attempts order by id")
    assert left == [("丙",), ("试",), ("今",)], "the message that did not arrive is sent again as it was"
