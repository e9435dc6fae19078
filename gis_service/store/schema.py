"""The schema of the database: brought to the newest step, and compared with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from gis_service.errors import SetupError

_LOCK = 4_490_001  # any fixed number: two programs that start together must not both migrate


@dataclass(frozen=True)
class SchemaStatus:
    """The step the database stands at (None: empty) and the newest step this program knows."""

    current: str | None
    head: str

    @property
    def up_to_date(self) -> bool:
        """True when nothing is left to do."""
        return self.current == self.head


def upgrade(engine: Engine) -> SchemaStatus:
    """The database stands at the newest step, or is unchanged when a step failed; SetupError without PostGIS."""
    with engine.begin() as connection:
        connection.execute(text("set local statement_timeout = 0"))
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _require_postgis(connection)
        command.upgrade(_config(connection), "head")
    return status(engine)


def status(engine: Engine) -> SchemaStatus:
    """Where the database stands; needs no rights but reading."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    return SchemaStatus(current=current, head=head or "")


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _require_postgis(connection: Connection) -> None:
    names = connection.scalars(text("select name from pg_available_extensions"))
    missing = {"postgis", "btree_gist"} - set(names)
    if missing:
        raise SetupError(f"数据库服务器缺少扩展：{'、'.join(sorted(missing))}；请安装 PostGIS 3 后再试")
    try:
        connection.execute(text("create extension if not exists postgis"))
    except DBAPIError as error:
        raise SetupError("当前数据库用户无权安装 PostGIS；请由数据库管理员执行 CREATE EXTENSION postgis") from error
