"""Logging in with the organisation's own account, at a real provider (authlib's server), honest and lying."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.settings import Settings
from gis_service.store import accounts
from gis_service.store.accounts import NewAccount
from tests.oidc_provider import CLIENT, SECRET, Lies, Provider, provided
from tests.web import served

pytestmark = pytest.mark.database
STRANGER = RSAKey.generate_key(2048, {"kid": "one"})


@pytest.fixture(scope="module")
def provider(own_sample_engine: Engine) -> Iterator[Provider]:
    with own_sample_engine.begin() as connection:
        new = NewAccount("wang", "王某", Role.COUNTY, ("340822",), subject="wang.moumou")
        accounts.add(connection, new)
    with provided() as provider:
        yield provider


@pytest.fixture
def browser(own_sample_engine: Engine, provider: Provider) -> Iterator[httpx.Client]:
    provider.lies = Lies()
    settings = Settings(
        oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET, logins_a_minute=1000
    )
    with served(create_app(own_sample_engine, settings), None) as client:
        yield client


def come_back(browser: httpx.Client, goal: str = "/maps/coverage") -> str:
    """The address with which the provider sends the browser back."""
    there = browser.get("/oidc/login", params={"next": goal})
    assert there.status_code == 303, there.text
    back = httpx.get(there.headers["location"])
    assert back.status_code == 302, back.text
    return back.headers["location"]


def test_whoever_has_an_account_gets_a_session(browser: httpx.Client, own_sample_engine: Engine) -> None:
    assert "单位统一登录" in browser.get("/login", headers={"Accept": "text/html"}).text
    answer = browser.get(come_back(browser))
    assert (answer.status_code, answer.headers["location"]) == (303, "/maps/coverage")
    assert "王某" in browser.get("/account").text
    with own_sample_engine.connect() as connection:
        told = connection.execute(text("select login, action, detail from audit.log order by id desc limit 1")).one()
    assert tuple(told) == ("wang", "login", "统一登录")


def test_what_is_asked_of_the_provider_cannot_be_foreseen(browser: httpx.Client) -> None:
    first, second = (parse_qs(urlsplit(browser.get("/oidc/login").headers["location"]).query) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
    assert first["code_challenge_method"] == ["S256"]


def test_nobody_gets_an_account_by_coming(browser: httpx.Client, provider: Provider) -> None:
    provider.lies = Lies(person="somebody.else")
    answer = browser.get(come_back(browser))
    assert answer.status_code == 403
    assert "没有对应的账户" in answer.json()["detail"]
    assert browser.get("/collections").status_code == 401


NOW = int(time.time())
LIES = {
    "expired": Lies(claims={"exp": NOW - 3600}),
    "of the future": Lies(claims={"iat": NOW + 36000}),
    "for another client": Lies(claims={"aud": ["another"]}),
    "for several, us not asked": Lies(claims={"aud": [CLIENT, "another"], "azp": "another"}),
    "of another issuer": Lies(claims={"iss": "https://evil.example"}),
    "of another try": Lies(claims={"nonce": "replayed"}),
    "with another access token": Lies(claims={"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    "signed by a stranger": Lies(key=STRANGER),
    "of nobody": Lies(claims={"sub": ""}),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_forged_or_expired_token_is_refused(browser: httpx.Client, provider: Provider, lie: str) -> None:
    back = come_back(browser)
    provider.lies = LIES[lie]
    answer = browser.get(back)
    assert answer.status_code == 403, answer.text
    assert "gis_session" not in browser.cookies
    assert browser.get("/collections").status_code == 401


def test_an_unsigned_token_is_refused(
    browser: httpx.Client, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    import base64
    import json

    from tests import oidc_provider

    def unsigned(_self: object, _token: object, request: object) -> str:
        claims = {**provider_claims(provider), "nonce": getattr(request, "authorization_code").nonce}  # noqa: B009
        parts = ({"alg": "none"}, claims)
        told = (base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts)
        return ".".join((*told, ""))

    monkeypatch.setattr(oidc_provider._Identity, "encode_id_token", unsigned)
    assert browser.get(come_back(browser)).status_code == 403


def provider_claims(provider: Provider) -> dict[str, object]:
    now = int(time.time())
    return {"iss": provider.issuer, "aud": CLIENT, "sub": "wang.moumou", "iat": now, "exp": now + 300}


def test_an_answer_to_somebody_elses_try_is_refused(browser: httpx.Client, own_sample_engine: Engine) -> None:
    back = come_back(browser)
    stranger = httpx.Client(base_url=browser.base_url)
    assert stranger.get(back).status_code == 403, "no try of this browser"
    assert browser.get(back.replace("state=", "state=x")).status_code == 403
    assert browser.get("/oidc/callback?error=access_denied").status_code == 403
    assert browser.get(back).status_code == 303
    browser.cookies.delete("gis_session")
    assert browser.get(back).status_code == 403, "a code is good for once"
    stranger.close()
    assert own_sample_engine


def test_without_a_provider_there_is_no_such_way_in(own_sample_engine: Engine) -> None:
    with served(create_app(own_sample_engine, Settings()), None) as client:
        assert client.get("/oidc/login").status_code == 404
        assert client.get("/oidc/callback?code=x&state=y").status_code == 404
        assert "oidc" not in client.get("/login", headers={"Accept": "text/html"}).text


def test_a_provider_that_anybody_could_play_is_not_asked(own_sample_engine: Engine) -> None:
    settings = Settings(oidc_issuer="http://id.example", oidc_client_id=CLIENT)
    with served(create_app(own_sample_engine, settings), None) as client:
        assert "https://" in client.get("/oidc/login").json()["detail"]
