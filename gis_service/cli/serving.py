"""`gis-service serve`: the database made ready, then the web server until somebody stops it."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from gis_service.cli.database import load_sample_into, open_database, read_settings
from gis_service.cli.secret import signing_key
from gis_service.cli.wording import say
from gis_service.cli.writing import reason
from gis_service.errors import BadRequestError, SetupError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy import Engine

    from gis_service.settings import Settings

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FAREWELL_S = 5  # how long running answers may take once the server is asked to stop


def serve(
    host: Annotated[str | None, typer.Option("--host", help="监听的地址，默认取设置", show_default=False)] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="监听的端口；不给出时可自动改用空闲端口", show_default=False),
    ] = None,
    sample: Annotated[
        bool | None,
        typer.Option("--sample/--no-sample", help="装入示例数据（虚构）；默认仅当私有数据库为空", show_default=False),
    ] = None,
) -> None:
    """启动网页服务；Ctrl+C 停止。未设置 DATABASE_URL 时自动启动并停止私有数据库。"""
    settings = read_settings()
    listener = _listen(host or settings.host, port, settings.port)
    with listener, _stopping_on_signals(), open_database(settings) as engine:
        local = _is_loopback(listener)
        _prepare(engine, settings, sample, local)
        _refuse_samples(engine, local)
        from gis_service.api import create_app
        from gis_service.api.deliveries import delivering

        settings = settings.model_copy(update={"secret": signing_key(settings)})
        app = create_app(engine, settings)
        with delivering(app):
            _run(app, listener, settings)
        for number in _SIGNALS:  # an impatient second Ctrl+C must not leave the database running
            signal.signal(number, signal.SIG_IGN)
    say("服务已停止")


def _prepare(engine: Engine, settings: Settings, sample: bool | None, local: bool) -> None:
    from gis_service.store import schema

    schema.upgrade(engine)
    wanted = settings.database_url is None and _is_empty(engine) if sample is None else sample
    if wanted:
        say("正在装入示例数据（虚构）…")
        load_sample_into(engine, accounts=local)
    _tell_who_may_log_in(engine)


def _tell_who_may_log_in(engine: Engine) -> None:
    from gis_service.store.accounts import everybody

    with engine.connect() as connection:
        if not everybody(connection):
            say("还没有账户，无人能登录：请运行 gis-service user add 登录名 --role admin")


def _refuse_samples(engine: Engine, local: bool) -> None:
    """SetupError where others could log in with a password that everybody knows."""
    from gis_service.store.sample_accounts import sample_accounts

    with engine.connect() as connection:
        found = sample_accounts(connection)
    if found and not local:
        named = "、".join(one.login for one in found)
        raise SetupError(
            f"示例账户（{named}）的密码是公开的，不能对其它电脑开放。请先运行 gis-service user remove-sample，"
            "再用 gis-service user add 建立自己的账户；或者只监听本机（--host 127.0.0.1）"
        )


def _is_loopback(listener: socket.socket) -> bool:
    from ipaddress import ip_address

    return ip_address(listener.getsockname()[0]).is_loopback


def _is_empty(engine: Engine) -> bool:
    from gis_service.store.features import FeatureQuery, count_features

    with engine.connect() as connection:
        return not any(count_features(connection, FeatureQuery(name, ())) for name in ("divisions", "communities"))


def _listen(host: str, asked: int | None, usual: int) -> socket.socket:
    """A socket that is bound, so that nobody can take the port between finding and using it."""
    try:
        return _bound(host, usual if asked is None else asked)
    except OSError as error:
        if asked is not None or not _is_taken(error):
            raise BadRequestError(f"无法在 {host} 端口 {asked or usual} 上监听：{_why(error)}") from error
        say(f"端口 {usual} 已被占用，改用空闲端口")
        return _bound(host, 0)


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _is_taken(error: OSError) -> bool:
    import errno

    return error.errno == errno.EADDRINUSE


def _why(error: OSError) -> str:
    return "端口已被占用" if _is_taken(error) else reason(error)


def _run(app: FastAPI, listener: socket.socket, settings: Settings) -> None:
    import uvicorn

    from gis_service.api.logs import configure
    from gis_service.api.unreadable import Protocol

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            typer.echo(f"{settings.city}住宅物业管理一张图已启动：{_address(listener)}\n按 Ctrl+C 停止")

    configure(settings.log_format)
    config = uvicorn.Config(
        app,
        http=Protocol,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_FAREWELL_S,
        server_header=False,
    )
    try:
        Announcing(config).run(sockets=[listener])
    except KeyboardInterrupt:
        return


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}/"


@contextmanager
def _stopping_on_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal unwind the program as Ctrl+C does, so that the private database stops too."""
    before = {number: signal.signal(number, _interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
