"""What tests of figures by date share: problems that somebody closes or opens again on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Connection, text

_EVENT = """
insert into problem_events (problem_id, at, login, name, role, kind) values (:problem, :at, :login, 'x', 'city', :kind)
"""
_EVIDENCE = """
insert into problem_evidence (event_id, problem_id, media_type, byte_count, sha256, content)
values ((select max(id) from problem_events where problem_id = :problem), :problem, 'image/jpeg', 1, 'x', 'x')
"""


def close_on(connection: Connection, problems: Iterable[int], day: dt.date) -> None:
    """One reports that they are done, with evidence; another closes them, at ten in the morning."""
    for problem in problems:
        told = {"problem": problem, "at": f"{day} 10:00+08"}
        connection.execute(text(_EVENT), {**told, "login": "street", "kind": "report_done"})
        connection.execute(text(_EVIDENCE), {"problem": problem})
        connection.execute(text(_EVENT), {**told, "login": "county", "kind": "close"})


def reopen_on(connection: Connection, problem: int, day: dt.date) -> None:
    """It was not mended after all."""
    told = {"problem": problem, "at": f"{day} 10:00+08", "login": "county", "kind": "reopen"}
    connection.execute(text(_EVENT), told)
