"""The newest PostgreSQL of this machine that can carry PostGIS, or what to install where there is none."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gis_service.errors import SetupError

EXTENSIONS = ("postgis", "btree_gist")
_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_BIN_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat and Fedora, packages of the PostgreSQL project
    "/usr/lib/postgresql*/bin",  # SUSE, Alpine
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/bin",  # Fedora, Arch
)
WHAT_TO_INSTALL = """\
  Debian / Ubuntu：sudo apt-get update && sudo apt-get install postgresql postgresql-postgis
  （没有 postgresql-postgis 时，Debian 12 用 postgresql-15-postgis-3，Ubuntu 24.04 用 postgresql-16-postgis-3）
  Fedora / RHEL：sudo dnf install postgresql-server postgresql-contrib postgis
  macOS：brew install postgresql@17 postgis
  不便安装时：用容器 docker compose up（见 compose.yaml），或把 DATABASE_URL 设为一个现有的 PostGIS 数据库"""


@dataclass(frozen=True)
class PostgresBinaries:
    """One installed PostgreSQL: the folder of its programs and its major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """The path of one program, such as `initdb`."""
        return str(self.folder / name)


def find_binaries(major: int | None = None) -> PostgresBinaries:
    """The newest PostgreSQL with PostGIS, or the one of `major` that an existing cluster needs; SetupError if none."""
    installed = sorted(_installed(), key=lambda found: found.major, reverse=True)
    wanted = [found for found in installed if major in (None, found.major)]
    complete = [found for found in wanted if not _missing_extensions(found)]
    if complete:
        return complete[0]
    raise SetupError(_what_is_missing(wanted, major))


def _what_is_missing(wanted: list[PostgresBinaries], major: int | None) -> str:
    if wanted:
        lacking = "、".join(_missing_extensions(wanted[0]))
        found = f"找到了 PostgreSQL {wanted[0].major}（{wanted[0].folder}），但缺少扩展 {lacking}"
    elif major is not None:
        found = f"现有的数据由 PostgreSQL {major} 建立，而本机没有 PostgreSQL {major}；请把这一版本装回来"
    else:
        found = "本机没有 PostgreSQL 服务器程序，私有数据库无法建立"
    return f"{found}。请安装后重试：\n{WHAT_TO_INSTALL}"


def _installed() -> Iterator[PostgresBinaries]:
    seen: set[Path] = set()
    for folder in _folders():
        real = folder.resolve()
        if real in seen or not all(os.access(real / name, os.X_OK) for name in _PROGRAMS):
            continue
        seen.add(real)
        major = _major(real)
        if major is not None:
            yield PostgresBinaries(real, major)


def _folders() -> Iterator[Path]:
    config = shutil.which("pg_config")
    if config:
        yield Path(_output(config, "--bindir"))
    server = shutil.which("postgres")
    if server:
        yield Path(server).resolve().parent
    for pattern in _BIN_FOLDERS:
        yield from map(Path, sorted(glob.glob(pattern)))  # noqa: PTH207 - patterns are absolute


def _major(folder: Path) -> int | None:
    found = re.search(r"\d+", _output(str(folder / "postgres"), "--version"))  # postgres (PostgreSQL) 15.13 (Debian …)
    return int(found.group()) if found else None


def _missing_extensions(found: PostgresBinaries) -> list[str]:
    folders = [folder / "extension" for folder in _share_folders(found)]
    return [name for name in EXTENSIONS if not any((folder / f"{name}.control").is_file() for folder in folders)]


def _share_folders(found: PostgresBinaries) -> Iterator[Path]:
    config = found.folder / "pg_config"
    if config.is_file():
        yield Path(_output(str(config), "--sharedir"))
    yield Path(f"/usr/share/postgresql/{found.major}")
    yield found.folder.parent / "share" / "postgresql"
    yield Path("/usr/share/pgsql")


def _output(program: str, option: str) -> str:
    done = subprocess.run([program, option], capture_output=True, text=True, check=False)  # noqa: S603 - our own list
    return done.stdout.strip()
