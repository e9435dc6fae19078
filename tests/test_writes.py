"""Every route that writes, driven to its end: whoever may, succeeds; whoever may not, changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.api.readers import rule_of
from tests.drives import AREA, DRIVES, writes
from tests.town import ANY, DECIDERS, EDITORS, OTHER, OWN, Town, inhabited
from tests.web import SETTINGS, bearing

pytestmark = pytest.mark.database
WRITES_NOTHING_OF_OTHERS = {  # a check, a preview for oneself: for whoever works at a desk, wherever the area lies
    *(("POST", f"{AREA}/checks"), ("POST", "/boundaries/imports"), ("POST", "/ledgers/imports")),
    *(("POST", f"/ledgers/imports/{{job_id}}/{what}") for what in ("abandon", "preview")),
}
WHOLE_UNIT = ("POST", "/ledgers/imports/{job_id}/commit")  # a ledger holds all streets of a unit


def permitted(key: tuple[str, str], rule: str) -> dict[str, set[Role]]:
    """Who may, in their own division and in another, as docs/accounts.md has it."""
    if rule == "administering":
        return {OWN: {Role.ADMIN}, OTHER: {Role.ADMIN}}
    if rule == "feeding":  # and the token of the system whose figures they are: test_indicators.py
        return {OWN: {Role.CITY}, OTHER: {Role.CITY}}
    if rule == "subscribing":  # a token with that scope, which those of the tests have
        return {OWN: set(Role) - {Role.PUBLIC}, OTHER: set(Role) - {Role.PUBLIC}}
    if key in WRITES_NOTHING_OF_OTHERS:
        return {OWN: EDITORS, OTHER: EDITORS}
    if key == WHOLE_UNIT:
        return {OWN: DECIDERS, OTHER: {Role.CITY}}
    own = {"editing": EDITORS, "deciding": DECIDERS, "reporting": EDITORS | {Role.FIRE}}[rule]
    return {OWN: own, OTHER: own - {Role.COUNTY, Role.STREET}}


@pytest.fixture(scope="module")
def app(own_sample_engine: Engine) -> FastAPI:
    return create_app(own_sample_engine, SETTINGS.model_copy(update={"secret": "x" * 40, "webhook_allow": "127.0.0.1"}))


@pytest.fixture(scope="module")
def town(app: FastAPI, own_sample_engine: Engine) -> Iterator[Town]:
    with inhabited(app, own_sample_engine) as town:
        yield town


def test_every_route_that_writes_is_driven_here(app: FastAPI) -> None:
    assert set(writes(app)) == set(DRIVES)


@pytest.mark.parametrize("key", DRIVES, ids=[f"{method} {path}" for method, path in DRIVES])
def test_whoever_may_write_succeeds_and_whoever_may_not_changes_nothing(
    app: FastAPI, town: Town, key: tuple[str, str]
) -> None:
    rule = rule_of(writes(app)[key])
    assert rule is not None
    town.put_down()
    wrong = []
    for where, may in permitted(key, rule.name).items():
        prepared = None
        for role in sorted(Role, key=lambda one: one in may):  # what is prepared serves all who are refused
            headers = bearing(None if role is Role.PUBLIC else role)
            if prepared is None or role in EDITORS or rule.name == "subscribing":
                prepared = DRIVES[key](town, where, headers)
            method, path, more = prepared
            before = town.kept()
            given = {**headers, **ANY, **more.get("headers", {})}
            answer = town.client.request(method, path, **{**more, "headers": given})
            allowed = answer.status_code < 400
            if allowed != (role in may) or (not allowed and answer.status_code != (403 if headers else 401)):
                wrong.append(f"{role} {where}: {answer.status_code} {answer.text[:200]}")
            if not allowed and town.kept() != before:
                wrong.append(f"{role} {where} was refused and changed something")
        town.rests()
    assert wrong == []
