"""A database address, or none, as a ready engine: bounded pool, time limit on every statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError

from gis_service.errors import SetupError
from gis_service.store.cluster import private_cluster

CONNECT = "gis_service_connect"  # the option of an engine that says how its connections are made
_KEPT, _WAIT_S = 10, 5  # connections kept open while nobody needs them; seconds to wait for one


def make_engine(database_url: str, *, statement_timeout_ms: int = 20_000, connections: int = 20) -> Engine:
    """An engine through psycopg 3, of at most so many connections, each statement cancelled after the time limit.

    What a statement was given does not stand in the messages of its errors, which end up in logs.
    """
    arguments = {
        # jit: PostGIS functions are declared as costly, so that small queries would be compiled for 0.1-0.4 s each
        "options": f"-c statement_timeout={int(statement_timeout_ms)} -c timezone=Asia/Shanghai -c jit=off",
        "connect_timeout": 10,
        "application_name": "gis-service",
    }
    return create_engine(
        _address(database_url),
        pool_size=min(_KEPT, connections),
        max_overflow=max(connections - _KEPT, 0),
        pool_timeout=_WAIT_S,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=arguments,
        execution_options={CONNECT: arguments},
    )


@contextmanager
def open_store(
    database_url: str | None, data_dir: Path | None, statement_timeout_ms: int = 20_000, connections: int = 20
) -> Iterator[Engine]:
    """An engine that answers; without an address on a private cluster that stops with its last user."""
    with ExitStack() as stack:
        address = database_url or stack.enter_context(private_cluster(data_dir))
        engine = make_engine(address, statement_timeout_ms=statement_timeout_ms, connections=connections)
        stack.callback(engine.dispose)
        _knock(engine)
        yield engine


def _address(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise SetupError("DATABASE_URL 格式不对，应为 postgresql://用户:密码@主机:端口/数据库") from error
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise SetupError("DATABASE_URL 应指向 PostgreSQL（postgresql://…），其它数据库不受支持")
    return url.set(drivername="postgresql+psycopg")


def _knock(engine: Engine) -> None:
    try:
        with engine.connect() as connection:
            connection.execute(text("select 1"))
    except OperationalError as error:
        place = engine.url.render_as_string(hide_password=True)
        raise SetupError(f"连不上数据库 {place}；请检查地址、密码和数据库是否在运行") from error
