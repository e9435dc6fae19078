"""Where a private cluster lives and which account of the machine owns it."""

from __future__ import annotations

import hashlib
import os
import pwd
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gis_service import resources
from gis_service.errors import SetupError

_PASSED_ON = ("PATH", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
_SERVER_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The account that runs the database server; `switch` where that is another one than ours."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """The finished command, run as this account in a session of its own, so that Ctrl+C does not reach it."""
        return subprocess.run(  # noqa: S603 - programs found by postgres_binaries
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"LC_ALL": "C"},
            start_new_session=True,
            umask=0o077,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def can_enter(self, folder: Path) -> bool:
        """True where this account may pass into the folder, by the word of the system itself."""
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]).returncode == 0

    def own(self, path: Path) -> None:
        """The path belongs to this account."""
        if self.switch:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True)
class ClusterHome:
    """A folder with the cluster's data (owned by the account) and our own notes on it (password, port, locks)."""

    folder: Path
    account: Account

    @property
    def data(self) -> Path:
        """The data directory; it exists only once a cluster is complete."""
        return self.folder / "data"


def find_home(data_dir: Path | None) -> ClusterHome:
    """The home below `data_dir`, or the first of the usual places that the server's account can reach."""
    places = [data_dir.absolute()] if data_dir else list(_usual_places())
    refusals = []
    for place in places:
        home = ClusterHome(place / "pg", _account_for(place / "pg" / "data"))
        refusal = _refusal(home)
        if not refusal:
            return home
        refusals.append(refusal)
        if home.data.exists():  # somebody's data: a second, empty cluster elsewhere would look like a loss
            break
    raise SetupError(
        f"私有数据库没有可用的目录：{'；'.join(refusals)}。"
        "请换回原来的账户启动，或把 GIS_SERVICE_DATA_DIR 设为一个可写且该账户进得去的目录。"
    )


def usual_folder() -> Path:
    """Where this program keeps its own files on this machine: the first of the usual places that can be written."""
    places = list(_usual_places())
    writable = (place for place in places if os.access(_existing(place), os.W_OK))
    return next(writable, places[0])


def _existing(place: Path) -> Path:
    return place if place.exists() else _existing(place.parent)


def _usual_places() -> Iterator[Path]:
    clone = resources.clone_root()
    if clone:
        yield clone / "var"
    name = hashlib.sha256(str(clone).encode()).hexdigest()[:12] if clone else "installed"
    if os.geteuid() == 0:
        yield Path("/var/lib/gis-service") / name
    else:
        state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
        yield Path(state) / "gis-service" / name


def _refusal(home: ClusterHome) -> str:
    missing = [folder for folder in (home.folder, *home.folder.parents) if not folder.exists()]
    nearest = missing[-1].parent if missing else home.folder
    if not home.account.can_enter(nearest):
        return f"账户 {home.account.name} 进不了 {nearest}"
    if not os.access(nearest, os.W_OK):
        return f"账户 {_login()} 不能写 {nearest}"
    for folder in reversed(missing):
        folder.mkdir()
        folder.chmod(0o711 if folder == home.folder else 0o755)
    return ""


def _account_for(data: Path) -> Account:
    if os.geteuid() != 0:
        return Account(_login(), os.geteuid(), os.getegid(), switch=False)
    if data.exists() and data.stat().st_uid != 0:
        return _known_account(data.stat().st_uid)
    for name in _SERVER_ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid, switch=True)
    raise SetupError("数据库不能以 root 身份运行，而本机没有 postgres 或 nobody 账户；请换一个普通用户启动。")


def _known_account(uid: int) -> Account:
    try:
        found = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, uid, switch=True)
    return Account(found.pw_name, uid, found.pw_gid, switch=True)


def _login() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
