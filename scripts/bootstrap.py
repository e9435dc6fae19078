"""Makes a clone ready to run or to test: installs what is missing, or says exactly what to install."""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
VENV = CLONE / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"runtime": "requirements.lock", "dev": "requirements-dev.lock", "clients": "requirements-dev.lock"}
OGCTESTS, OGCTESTS_LOCK = VENV / "ogctests", "tests/ogctests.lock"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROME = Path("/Applications/Google Chrome.app")
NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/gis-service-bootstrap.conf")


# The finder needs no installed package, only the room it stands in does; so it can be asked before anything else.
POSTGIS_CHECK = """
import sys, types
store = types.ModuleType("gis_service.store")
store.__path__ = ["gis_service/store"]
sys.modules["gis_service.store"] = store
from gis_service.errors import SetupError
from gis_service.store.postgres_binaries import find_binaries
try:
    find_binaries()
except SetupError as lacking:
    sys.exit(lacking.message)
"""


@dataclass(frozen=True)
class Need:
    """Something the machine must have, how to see that it is there, and its packages for apt, dnf and brew."""

    title: str
    there: Callable[[], bool]
    apt: tuple[str, ...]
    dnf: tuple[str, ...]
    brew: tuple[str, ...]


def main() -> None:
    """`runtime` for `make run`, `clients` for `make test-clients`, `dev` for everything else."""
    purpose = sys.argv[1] if len(sys.argv) > 1 else ""
    if purpose not in LOCKS:
        sys.exit(f"用法：sh scripts/bootstrap.sh {'|'.join(LOCKS)}")
    os.chdir(CLONE)
    provide(list(needs_for(purpose)))
    make_venv()
    install_python_packages(purpose)
    if purpose != "runtime":
        install_ogctests()
    install_npm_packages()


def needs_for(purpose: str) -> Iterator[Need]:
    """What the machine must have, beside the packages of Python and npm."""
    version = f"python3.{sys.version_info.minor}"
    system = sys.executable.startswith("/usr/bin/")
    package = f"{version}-venv" if system else "python3-venv"
    yield Need("Python 的 venv 模块", can_make_venv, (package,), ("python3",), ("python",))
    yield Need("Node.js 的 npm", lambda: npm_is_fresh() or bool(shutil.which("npm")), ("npm",), ("npm",), ("node",))
    if purpose != "runtime" or not os.environ.get("DATABASE_URL"):
        yield POSTGIS
    if purpose != "runtime":
        yield Need("Chromium 浏览器", has_browser, ("chromium",), ("chromium",), ("google-chrome",))
        yield Need("libatomic（浏览器测试的驱动所用）", has_libatomic, ("libatomic1",), ("libatomic",), ())
        yield Need("中文字体", has_chinese_font, ("fonts-noto-cjk", "fontconfig"), ("google-noto-sans-cjk-fonts",), ())

    if purpose == "clients":
        yield Need("QGIS", has_qgis, ("python3-qgis", "qgis-providers"), ("qgis", "python3-qgis"), ("qgis",))


def provide(needs: Sequence[Need]) -> None:
    """Every need is met; as root on Debian by installing, otherwise the program ends and says what to install."""
    missing = [need for need in needs if not need.there()]
    if not missing:
        return
    if family() == "apt" and os.geteuid() == 0:
        apt_install([package for need in missing for package in need.apt])
        missing = [need for need in missing if not need.there()]
    if missing:
        sys.exit(advice(missing))


def apt_install(packages: Sequence[str]) -> None:
    """The Debian packages are installed, without questions and without a system-wide database cluster."""
    say(f"正在安装：{' '.join(packages)}（需要几分钟）……")
    apt = ["apt-get", "-y", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    quietly([*apt, "update"])  # one dead source must not stop us; the install will tell
    with no_main_cluster():
        said = quietly([*apt, "install", "--no-install-recommends", *packages])
    if said:
        say(said)


@contextmanager
def no_main_cluster() -> Iterator[None]:
    """Debian would make and start a server of its own on port 5432, which nobody here asked for."""
    made = not NO_MAIN_CLUSTER.parent.exists()
    NO_MAIN_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_MAIN_CLUSTER.write_text("create_main_cluster = false\n")
    try:
        yield
    finally:
        NO_MAIN_CLUSTER.unlink()
        if made and not any(NO_MAIN_CLUSTER.parent.iterdir()):
            NO_MAIN_CLUSTER.parent.rmdir()


def advice(missing: Sequence[Need]) -> str:
    """What to type, in the words of this machine's package manager."""
    names = {
        "apt": "sudo apt-get update && sudo apt-get install -y",
        "dnf": "sudo dnf install -y",
        "brew": "brew install",
    }
    lines = [f"还缺：{'、'.join(need.title for need in missing)}。"]
    if POSTGIS in missing:
        lines.append(f"{say_what_postgis_lacks().partition('。')[0]}。")
    tool = family()
    if tool:
        packages = " ".join(package for need in missing for package in getattr(need, tool))
        lines.append(f"请运行后重试：{names[tool]} {packages}")
    else:
        lines.append(
            f"请用本系统的软件管理器安装（Debian 的包名：{' '.join(p for n in missing for p in n.apt)}）后重试。"
        )
    lines.append("不便安装时，可用容器运行：docker compose up（见 compose.yaml）。")
    return "\n".join(lines)


def family() -> str:
    """The package manager of this machine: apt, dnf, brew, or empty."""
    if sys.platform == "darwin":
        return "brew"
    return next((tool for tool, program in (("apt", "apt-get"), ("dnf", "dnf")) if shutil.which(program)), "")


def make_venv() -> None:
    """`.venv` belongs to this clone and its Python works."""
    if venv_is_ours():
        return
    if VENV.exists():
        shutil.rmtree(VENV)
    say("正在建立 .venv……")
    new_environment(VENV)
    (VENV / ".clone").write_text(str(CLONE))


def new_environment(place: Path) -> None:
    """An environment with this Python and no packages is there."""
    if has_ensurepip():
        run([sys.executable, "-m", "venv", str(place)])
    else:
        run(["uv", "venv", "--quiet", "--python", sys.executable, str(place)])


def venv_is_ours() -> bool:
    """True where `.venv` was made for this clone at this path, since its scripts name that path."""
    home = VENV / ".clone"
    return home.exists() and home.read_text() == str(CLONE) and works(PYTHON)


def install_python_packages(purpose: str) -> None:
    """`.venv` holds what the lock file says, and this clone as `gis-service`."""
    if any(is_stamped(VENV / f".{done}", LOCKS[done]) for done in {purpose, "dev"}):
        return
    say("正在安装 Python 软件包（按锁定文件，第一次需要几分钟）……")
    locked = ["--require-hashes", "--requirement", LOCKS[purpose]]
    itself = ["--no-deps", "--no-build-isolation", "--editable", "."]
    install(VENV, locked, itself)
    stamp(VENV / f".{purpose}", LOCKS[purpose])


def install_ogctests() -> None:
    """OGC's tests for servers have an environment of their own, since they want older packages than we have."""
    if is_stamped(OGCTESTS / ".stamp", OGCTESTS_LOCK):
        return
    say("正在安装 ogctests（OGC 接口的测试，另有自己的环境）……")
    if OGCTESTS.exists():
        shutil.rmtree(OGCTESTS)
    new_environment(OGCTESTS)
    # without pyarrow, which they ask for, do not use, and which is not built for every Python
    install(OGCTESTS, ["--no-deps", "--require-hashes", "--requirement", OGCTESTS_LOCK])
    stamp(OGCTESTS / ".stamp", OGCTESTS_LOCK)


def install(place: Path, *steps: Sequence[str]) -> None:
    """The environment has what these steps install, by uv or by pip."""
    python = place / "bin" / "python"
    if shutil.which("uv") and all(with_uv(python, options) for options in steps):
        return
    for options in steps:
        run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *options])


def with_uv(python: Path, options: Sequence[str]) -> bool:
    """True where uv could install; its registry settings are not those of pip, so pip may still be able to."""
    done = subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(python), *options], check=False)
    return done.returncode == 0


def install_npm_packages() -> None:
    """`node_modules` holds what package-lock.json says."""
    if npm_is_fresh():
        return
    say("正在安装网页所用的 npm 软件包……")
    run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"])
    stamp(CLONE / "node_modules" / ".stamp", "package-lock.json")


def npm_is_fresh() -> bool:
    """True where node_modules was made from this package-lock.json."""
    return is_stamped(CLONE / "node_modules" / ".stamp", "package-lock.json")


def can_make_venv() -> bool:
    """True where a virtual environment is there already or can be made."""
    return venv_is_ours() or has_ensurepip() or bool(shutil.which("uv"))


def has_ensurepip() -> bool:
    """True where Python brings venv with pip; Debian keeps it in a package apart."""
    return importlib.util.find_spec("ensurepip") is not None and importlib.util.find_spec("venv") is not None


def has_browser() -> bool:
    """True where a Chromium is there."""
    return any(map(shutil.which, BROWSERS)) or MAC_CHROME.exists()


def has_libatomic() -> bool:
    """True where the library is there that the driver of Playwright is linked with."""
    if sys.platform == "darwin":
        return True
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True


def has_chinese_font() -> bool:
    """True where Chinese characters can be drawn."""
    if sys.platform == "darwin":
        return True
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, check=False).stdout.strip())


def has_qgis() -> bool:
    """True where the Python of the system knows QGIS."""
    python = Path("/usr/bin/python3")
    asked = [str(python), "-c", "import qgis.core"]
    return python.exists() and subprocess.run(asked, stderr=subprocess.DEVNULL, check=False).returncode == 0


def has_postgis() -> bool:
    """True where the service itself finds a PostgreSQL with PostGIS."""
    return not say_what_postgis_lacks()


def say_what_postgis_lacks() -> str:
    """The service's own words on what to install for the database; empty where nothing lacks."""
    asked = subprocess.run([sys.executable, "-c", POSTGIS_CHECK], stderr=subprocess.PIPE, text=True, check=False)
    return asked.stderr.strip() if asked.returncode else ""


def works(python: Path) -> bool:
    """True where this interpreter starts and is new enough."""
    code = "import sys; sys.exit(sys.version_info < (3, 11))"
    return python.exists() and subprocess.run([str(python), "-c", code], check=False).returncode == 0


def is_stamped(note: Path, *sources: str) -> bool:
    """True where the note was written for these very files."""
    return note.exists() and note.read_text() == digest(*sources)


def stamp(note: Path, *sources: str) -> None:
    """The note says that what these files ask for is done."""
    note.write_text(digest(*sources))


def digest(*sources: str) -> str:
    """A fingerprint of the files and of pyproject.toml."""
    content = b"".join((CLONE / source).read_bytes() for source in (*sources, "pyproject.toml"))
    return hashlib.sha256(content).hexdigest()


def run(command: Sequence[str]) -> None:
    """The command has run, with nobody to answer questions; the program ends where it failed."""
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
        sys.exit(f"这一步失败了：{' '.join(command)}\n请按上面的提示处理后重试。")


def quietly(command: Sequence[str]) -> str:
    """The command has run; the last lines of what it said where it failed, otherwise nothing."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )
    return "\n".join(done.stdout.splitlines()[-15:]) if done.returncode else ""


def say(message: str) -> None:
    """The message is on the screen before the work starts."""
    print(message, flush=True)


POSTGIS = Need(
    "PostgreSQL 与 PostGIS",
    has_postgis,
    ("postgresql", "postgresql-postgis"),
    ("postgresql-server", "postgresql-contrib", "postgis"),
    ("postgresql@17", "postgis"),
)

if __name__ == "__main__":
    main()
