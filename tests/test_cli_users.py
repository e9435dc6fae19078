"""Accounts and tokens from the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from gis_service.cli.secret import signing_key
from gis_service.errors import SetupError
from gis_service.settings import Settings
from gis_service.store import accounts, sessions
from tests.command_line import refused, run

pytestmark = pytest.mark.database
GOOD = b"correct horse 42\n"


def test_an_account_is_made_listed_disabled_and_given_another_password(own_sample_engine: Engine) -> None:
    base = own_sample_engine
    made = run("user", "add", "wang", "--role", "county", "--division", "340822", stdin=GOOD, database=base)
    assert made.exit_code == 0, made.output
    assert "wang\tcounty\twang\t340822、怀宁县\t正常" in run("user", "list", database=base).stdout
    with base.connect() as connection:
        assert accounts.named(connection, "wang").must_change_password
    assert "已停用账户 wang" in run("user", "disable", "wang", database=base).stdout
    assert "wang\tcounty\twang\t340822、怀宁县\t已停用" in run("user", "list", database=base).stdout
    assert "已启用账户 wang" in run("user", "disable", "wang", "--undo", database=base).stdout
    assert run("user", "password", "wang", stdin=b"another horse 43\n", database=base).exit_code == 0
    with base.begin() as connection:
        assert accounts.check(connection, "wang", "another horse 43") is not None
    assert "10 到 200" in refused(run("user", "password", "wang", stdin=b"short\n", database=base))
    assert "没有登录名" in refused(run("user", "password", "nobody", stdin=GOOD, database=base))
    assert "已有登录名" in refused(run("user", "add", "wang", "--role", "city", stdin=GOOD, database=base))
    assert "请输入密码" in refused(run("user", "add", "li", "--role", "city", stdin=b"\n", database=base))


def test_a_token_is_made_once_told_and_revoked(own_sample_engine: Engine) -> None:
    base = own_sample_engine
    made = run("user", "token", "add", "planner", "--name", "共享平台", "--days", "30", database=base)
    secret = made.stdout.strip()
    assert re.fullmatch(r"gis_[\w-]{43}", secret)
    with base.connect() as connection:
        found = sessions.find_token(connection, secret)
        assert found is not None
        assert found.scopes == ["read"]
        number = connection.execute(text("select max(id) from api_tokens")).scalar_one()
    assert secret not in run("user", "token", "list", database=base).stdout
    assert f"已撤销令牌 {number}" in run("user", "token", "revoke", str(number), database=base).stdout
    with base.connect() as connection:
        assert sessions.find_token(connection, secret) is None
        told = connection.execute(text("select login, action from audit.log order by id desc limit 1")).one()
    assert told.login.startswith("本机:")
    assert told.action == "token"
    assert "没有这个令牌" in refused(run("user", "token", "revoke", str(number), database=base))


def test_sample_accounts_go_and_the_sample_stays(own_sample_engine: Engine) -> None:
    assert "已删除 6 个示例账户" in run("user", "remove-sample", database=own_sample_engine).stdout
    with own_sample_engine.connect() as connection:
        assert not [one for one in accounts.everybody(connection) if one.sample]
        assert connection.execute(text("select count(*) from communities")).scalar_one() > 0


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    key = signing_key(settings)
    assert len(key) == 64
    assert signing_key(settings) == key
    file = tmp_path / "secret.key"
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(SetupError, match="其他人也能读"):
        signing_key(settings)
    file.chmod(0o600)
    file.write_text("short")
    with pytest.raises(SetupError, match="不完整"):
        signing_key(settings)
    assert signing_key(Settings(data_dir=tmp_path, secret="s" * 32)) == "s" * 32
