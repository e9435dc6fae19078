"""The application in; threads that deliver what is due, and trim the change feed, while it is served out."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from gis_service.api.changes import may_follow
from gis_service.api.publication import Publication
from gis_service.notifying import Courier, deliver_due
from gis_service.notifying.addresses import parse_allowed
from gis_service.store.changes import trim_changes
from gis_service.store.webhooks import trim_attempts

_log = logging.getLogger(__name__)
_EVERY_S = 2.0
_TRIM_EVERY_S = 3600.0


def courier_of(published: Publication) -> Courier:
    """How this service delivers, by its settings."""
    settings = published.settings
    return Courier(
        secret=settings.secret or "",
        allowed=parse_allowed(settings.webhook_allow),
        most_attempts=settings.webhook_attempts,
        pause_s=settings.webhook_pause_s,
        may_follow=lambda reader: may_follow(published, reader),
    )


@contextmanager
def delivering(app: FastAPI) -> Iterator[None]:
    """Meanwhile a thread looks every two seconds for what is due, where an address is allowed; another trims."""
    published: Publication = app.state.publication
    courier = courier_of(published)
    ended = threading.Event()
    threads = [threading.Thread(target=_trim, args=(published, ended), name="trimming")]
    if courier.secret and published.settings.webhook_allow:
        threads.append(threading.Thread(target=_deliver, args=(published, courier, ended), name="deliveries"))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def trim_feed(published: Publication) -> int:
    """What the change feed keeps no longer is gone, the oldest first, a transaction for each part; says how much.

    So are the attempts to deliver of as long ago.
    """
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=published.settings.changes_keep_days)
    gone = 0
    while True:
        with published.engine.connect().execution_options(postgresql_readonly=False) as own, own.begin():
            part = trim_changes(own, before)
            trim_attempts(own, before)
        gone += part
        if not part:
            return gone


def _trim(published: Publication, ended: threading.Event) -> None:
    while True:
        try:
            trim_feed(published)
        except DBAPIError:
            _log.exception("清除过期的变更时数据库出错，稍后再试")
        if ended.wait(_TRIM_EVERY_S):
            return


def _deliver(published: Publication, courier: Courier, ended: threading.Event) -> None:
    while not ended.wait(_EVERY_S):
        try:
            deliver_due(published.engine, courier)
        except DBAPIError:
            _log.exception("投递变更时数据库出错，稍后再试")
