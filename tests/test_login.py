"""Logging in and out: who gets a session, for how long, what a browser must prove, and how guessing is stopped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.errors import BadRequestError, ConflictError
from gis_service.settings import Settings
from gis_service.store import accounts, sessions
from gis_service.store.accounts import NewAccount
from gis_service.store.sample_accounts import password_of
from tests.web import SETTINGS, bearing, login, proof_in, refusal, served

pytestmark = pytest.mark.database
HTML = {"Accept": "text/html"}
GOOD = "correct horse 42"


@pytest.fixture
def browser(own_sample_engine: Engine) -> Iterator[httpx.Client]:
    with served(create_app(own_sample_engine, SETTINGS), None) as client:
        yield client


def tried(client: httpx.Client, name: str, password: str, **more: str) -> httpx.Response:
    form = {"login": name, "password": password, "csrf": proof_in(client.get("/login", headers=HTML).text), **more}
    return client.post("/login", data=form, headers=HTML)


def account(engine: Engine, name: str, role: Role = Role.PLANNER, **facts: object) -> None:
    with engine.begin() as connection:
        accounts.add(connection, NewAccount(name, "某人", role, password=GOOD, **facts))  # type: ignore[arg-type]


def test_a_browser_is_led_to_the_page_to_log_in_and_back(browser: httpx.Client) -> None:
    answer = browser.get("/maps/coverage?x=1", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fmaps%2Fcoverage%3Fx%3D1")
    page = browser.get(answer.headers["location"], headers=HTML)
    assert 'name="next" value="/maps/coverage?x=1"' in page.text
    answer = tried(browser, "city", password_of("city"), next="/maps/coverage")
    assert (answer.status_code, answer.headers["location"]) == (303, "/maps/coverage")
    assert browser.get("/maps/coverage", headers=HTML).status_code == 200
    assert browser.get("/login?next=//evil.example", headers=HTML).headers["location"] == "/"


@pytest.mark.parametrize("goal", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(browser: httpx.Client, goal: str) -> None:
    assert tried(browser, "city", password_of("city"), next=goal).headers["location"] == "/"


def test_the_session_is_in_a_cookie_that_scripts_and_other_sites_cannot_use(browser: httpx.Client) -> None:
    told = tried(browser, "planner", password_of("planner")).headers.get_list("set-cookie")
    session = next(one for one in told if one.startswith("gis_session="))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Secure" not in session  # the test speaks plain HTTP
    value = browser.cookies["gis_session"]
    forged = value[:-1] + ("A" if value[-1] != "A" else "B")
    assert httpx.get(f"{browser.base_url}/collections", cookies={"gis_session": forged}).status_code == 401


def plant(client: httpx.Client, name: str, value: str | None) -> None:
    """The cookie as our own server would have set it."""
    client.cookies.set(name, value or "", domain=client.base_url.host, path="/")


def test_a_planted_session_is_worth_nothing_once_its_victim_has_logged_in(browser: httpx.Client) -> None:
    """Fixation: while the victim fills in the form, the attacker's own session is planted at them."""
    page = browser.get("/login", headers=HTML)
    with httpx.Client(base_url=browser.base_url) as attacker:
        login(attacker, Role.PLANNER)
        planted = attacker.cookies["gis_session"]
        plant(browser, "gis_session", planted)
        assert browser.get("/account").status_code == 200, "the victim sits in the attacker's session"
        form = {"login": "city", "password": password_of("city"), "csrf": proof_in(page.text)}
        assert browser.post("/login", data=form, headers=HTML).status_code == 303
        assert browser.cookies["gis_session"] != planted
        assert browser.get("/collections").status_code == 200
        assert attacker.get("/collections").status_code == 401, "what was planted opens nothing any more"
        assert attacker.get("/account", headers=HTML).status_code == 303


def test_a_visit_that_an_attacker_planted_gives_them_no_session(browser: httpx.Client) -> None:
    """What stands in the cookie before the log-in is never what stands in it afterwards."""
    with httpx.Client(base_url=browser.base_url) as attacker:
        attacker.get("/login", headers=HTML)
        visit = str(attacker.cookies["gis_visit"])
        plant(browser, "gis_visit", visit)
        assert tried(browser, "city", password_of("city")).status_code == 303
        secret = visit.rsplit(".", 1)[0]
        for forged in (visit, secret, f"{secret}.{'A' * 43}"):
            plant(attacker, "gis_session", forged)
            assert attacker.get("/collections").status_code == 401


def test_logging_out_ends_the_session_and_not_only_the_cookie(browser: httpx.Client) -> None:
    proof = login(browser, Role.FIRE)
    kept = browser.cookies["gis_session"]
    assert browser.post("/logout", data={"csrf": proof}).status_code == 303
    assert httpx.get(f"{browser.base_url}/collections", cookies={"gis_session": kept}).status_code == 401


def test_a_form_of_another_site_is_refused(browser: httpx.Client) -> None:
    form = {"login": "city", "password": password_of("city")}
    assert browser.post("/login", data=form).status_code == 403
    proof = login(browser, Role.CITY)
    assert browser.post("/logout").status_code == 403
    assert browser.post("/logout", data={"csrf": "0" * 64}).status_code == 403
    assert browser.get("/collections").status_code == 200
    with httpx.Client(base_url=browser.base_url) as other:
        login(other, Role.FIRE)
        assert other.post("/logout", data={"csrf": proof}).status_code == 403, "the proof of another session"


def test_guessing_locks_the_account_and_tells_nothing(own_sample_engine: Engine, browser: httpx.Client) -> None:
    account(own_sample_engine, "guessed", must_change_password=False)
    unknown = tried(browser, "nobody.there", GOOD)
    for _ in range(accounts.PATIENCE):
        wrong = tried(browser, "guessed", "wrong")
    locked = tried(browser, "guessed", GOOD)
    said = {one.text.split('role="alert">')[1].split("<")[0] for one in (unknown, wrong, locked)}
    assert len(said) == 1
    assert {one.status_code for one in (unknown, wrong, locked)} == {403}
    with own_sample_engine.begin() as connection:
        row = accounts.named(connection, "guessed")
        assert row.failed_attempts == accounts.PATIENCE
        connection.execute(text("update accounts set locked_until = now() where login = 'guessed'"))
    first = row.locked_until - dt.datetime.now(dt.UTC)
    tried(browser, "guessed", "wrong")
    with own_sample_engine.begin() as connection:
        second = accounts.named(connection, "guessed").locked_until - dt.datetime.now(dt.UTC)
        assert second > first, "each failure locks for longer"
        connection.execute(text("update accounts set locked_until = now() where login = 'guessed'"))
    assert tried(browser, "guessed", GOOD).status_code == 303


def test_one_address_logs_in_so_often_a_minute(own_sample_engine: Engine) -> None:
    with served(create_app(own_sample_engine, Settings(logins_a_minute=3)), None) as client:
        statuses = [tried(client, "nobody.there", "x").status_code for _ in range(5)]
    assert statuses == [403, 403, 403, 429, 429]


def test_a_first_password_must_be_changed_before_anything_else(
    own_sample_engine: Engine, browser: httpx.Client
) -> None:
    account(own_sample_engine, "newcomer")
    assert tried(browser, "newcomer", GOOD).headers["location"] == "/account"
    assert refusal(browser.get("/collections"), 403) == "请先修改初始密码"
    assert browser.get("/", headers=HTML).headers["location"].startswith("/account")
    page = browser.get("/account").text
    assert "请先修改初始密码" in page

    def change(current: str, chosen: str, again: str) -> httpx.Response:
        form = {"current": current, "chosen": chosen, "again": again, "csrf": proof_in(page)}
        return browser.post("/account/password", data=form)

    assert "现在的密码不对" in change("wrong", "another horse 43", "another horse 43").text
    assert "两次填写的新密码不同" in change(GOOD, "another horse 43", "another horse 44").text
    assert "10 到 200 个字符" in change(GOOD, "short", "short").text
    elsewhere = httpx.Client(base_url=browser.base_url)
    assert tried(elsewhere, "newcomer", GOOD).status_code == 303
    assert change(GOOD, "another horse 43", "another horse 43").status_code == 303
    assert browser.get("/collections").status_code == 200
    assert elsewhere.get("/collections").status_code == 401, "other sessions end with the old password"
    elsewhere.close()


def test_a_session_ends_when_idle_and_after_its_hours(own_sample_engine: Engine) -> None:
    with own_sample_engine.begin() as connection:
        row = accounts.named(connection, "planner")
        secret = sessions.open_session(connection, row.id, 12)
        assert sessions.find_session(connection, secret, 60) is not None
        connection.execute(text("update sessions set seen_at = now() - interval '61 minutes'"))
        assert sessions.find_session(connection, secret, 60) is None
        connection.execute(text("update sessions set seen_at = now(), expires_at = now() - interval '1 second'"))
        assert sessions.find_session(connection, secret, 60) is None


def test_tokens_read_as_their_account_until_revoked_or_expired(
    own_sample_engine: Engine, browser: httpx.Client
) -> None:
    with own_sample_engine.begin() as connection:
        row = accounts.named(connection, "planner")
        secret = sessions.issue_token(connection, row.id, "试用", (), 1)
        with pytest.raises(BadRequestError):
            sessions.issue_token(connection, row.id, "试用", ("everything",), 1)
    asking = {"Authorization": f"Bearer {secret}"}
    assert browser.get("/collections", headers=asking).status_code == 200
    assert browser.post("/logout", headers=asking).status_code == 403, "it may only read"
    with own_sample_engine.begin() as connection:
        number = sessions.tokens(connection)[0].id
    proof = login(browser, Role.ADMIN)
    assert "已撤销令牌" in browser.post(f"/admin/tokens/{number}/revoke", data={"csrf": proof}).text
    browser.cookies.clear()
    assert browser.get("/collections", headers=asking).status_code == 401
    with own_sample_engine.begin() as connection:
        secret = sessions.issue_token(connection, row.id, "试用", (), 1)
        connection.execute(text("update api_tokens set expires_at = now() where revoked_at is null and name = '试用'"))
    assert browser.get("/collections", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    for nonsense in ("Bearer x", "Basic Y2l0eTp4", "Bearer", ""):
        assert browser.get("/collections", headers={"Authorization": nonsense}).status_code == 401


def test_a_disabled_account_is_out_at_once_with_its_sessions_and_tokens(
    own_sample_engine: Engine, browser: httpx.Client
) -> None:
    account(own_sample_engine, "leaver", must_change_password=False)
    tried(browser, "leaver", GOOD)
    assert browser.get("/collections").status_code == 200
    with httpx.Client(base_url=browser.base_url) as admin:
        proof = login(admin, Role.ADMIN)
        answer = admin.post("/admin/accounts/leaver/state", data={"csrf": proof, "disabled": "1"})
        assert "已停用 leaver" in answer.text
        own = admin.post("/admin/accounts/admin/state", data={"csrf": proof, "disabled": "1"})
        assert "不能停用自己的账户" in own.text
    assert browser.get("/collections").status_code == 401
    assert tried(browser, "leaver", GOOD).status_code == 403


def test_the_administrator_makes_accounts_and_tokens_that_work(browser: httpx.Client) -> None:
    proof = login(browser, Role.ADMIN)
    form = {"login": "huaining.wang", "name": "王某", "role": "county", "divisions": "340822", "csrf": proof}
    told = browser.post("/admin/accounts", data=form).text
    first = told.split("初始密码 ")[1].split("（")[0]
    token = browser.post("/admin/tokens", data={"login": "huaining.wang", "name": "系统", "csrf": proof}).text
    secret = token.split("的令牌 ")[1].split("（")[0]
    assert "已有登录名" in browser.post("/admin/accounts", data=form).text
    for wrong in (
        {"role": "public"},
        {"role": "x"},
        {"divisions": "999999"},
        {"login": "Bad Login"},
        {"divisions": ""},
    ):
        assert browser.post("/admin/accounts", data={**form, "login": "other", **wrong}).status_code == 400
    browser.cookies.clear()
    assert browser.get("/collections", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert tried(browser, "huaining.wang", first).headers["location"] == "/account"


def test_the_sample_accounts_are_one_click_each(browser: httpx.Client) -> None:
    page = browser.get("/login", headers=HTML).text
    for role in Role:
        assert (f'value="{role}"' in page) == (role is not Role.PUBLIC)
        if role is not Role.PUBLIC:
            assert tried(browser, str(role), password_of(str(role))).status_code == 303
            browser.cookies.clear()


def test_the_sample_accounts_are_for_this_machine_alone(browser: httpx.Client) -> None:
    browser.headers["X-Forwarded-For"] = "203.0.113.9"
    assert "示例账户" not in browser.get("/login", headers=HTML).text
    assert tried(browser, "city", password_of("city")).status_code == 403
    del browser.headers["X-Forwarded-For"]
    assert tried(browser, "city", password_of("city")).status_code == 303


def test_divisions_are_checked_and_known_by_code_and_unit(own_sample_engine: Engine) -> None:
    with own_sample_engine.begin() as connection:
        accounts.add(connection, NewAccount("c1", "", Role.COUNTY, ("怀宁县", "高新区"), GOOD))
        assert accounts.named(connection, "c1").divisions == ["340822", "怀宁县", "高新区"]
        accounts.add(connection, NewAccount("s1", "", Role.STREET, ("砚池街道",), GOOD))
        assert accounts.named(connection, "s1").divisions == ["340811902"]
        with pytest.raises(BadRequestError, match="没有区划"):
            accounts.add(connection, NewAccount("c2", "", Role.COUNTY, ("340811902",), GOOD))
        with pytest.raises(BadRequestError, match="应写明所属区划"):
            accounts.add(connection, NewAccount("c3", "", Role.STREET, (), GOOD))
        with pytest.raises(BadRequestError, match="只有区县和街道"):
            accounts.add(connection, NewAccount("c4", "", Role.CITY, ("340811",), GOOD))
        with pytest.raises(ConflictError):
            accounts.add(connection, NewAccount("c1", "", Role.CITY, (), GOOD))


def test_passwords_are_kept_as_argon2_and_nowhere_told(own_sample_engine: Engine, browser: httpx.Client) -> None:
    with own_sample_engine.connect() as connection:
        kept = connection.scalars(text("select password_hash from accounts where password_hash is not null")).all()
    assert kept
    assert all(one.startswith("$argon2id$") for one in kept)
    login(browser, Role.ADMIN)
    page = browser.get("/admin").text
    assert "argon2" not in page
    assert not [role for role in Role if password_of(str(role)) in page]
    assert browser.get("/admin", headers=bearing(Role.CITY)).status_code == 403
