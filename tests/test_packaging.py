"""The wheel carries all it needs and works in an environment and a folder that know nothing of the clone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, make_url, text

from gis_service import resources
from gis_service.access import Role
from tests.web import login

CLONE = Path(__file__).parents[1]
SENTENCE = "东至紫衫路、南至森景湖路、西至绿杨路、北至固镇路"
SERVED = ("gis_service/maps/templates/", "gis_service/maps/static/", "gis_service/store/migrations/versions/")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _done([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=CLONE)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def empty_folder() -> Iterator[Path]:
    """A folder outside the clone, which the database's account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="gis-service-wheel-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def program(wheel: Path, empty_folder: Path) -> str:
    """`gis-service` of the wheel, installed into a new environment that shares only our dependencies with the clone."""
    environment = empty_folder / "env"
    venv.create(environment, with_pip=False, symlinks=True)
    scheme = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", vars=scheme))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    _link_dependencies(packages)
    script = environment / "bin" / "gis-service"
    python = environment / "bin" / "python"
    script.write_text(f"#!{python}\nfrom gis_service.cli import main\nmain()\n")
    script.chmod(0o755)
    return str(script)


def _link_dependencies(packages: Path) -> None:
    for found in Path(sysconfig.get_path("purelib")).iterdir():
        if "gis_service" not in found.name and not (packages / found.name).exists():
            (packages / found.name).symlink_to(found)


def test_the_wheel_carries_declarations_data_pages_and_scripts(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("layers", "maps", "data"):
        expected = {path.relative_to(CLONE) for path in (CLONE / folder).rglob("*") if path.is_file()}
        assert expected
        assert {f"gis_service/_share/{path}" for path in expected} <= names
    for package in resources.vendor_packages():
        assert any(name.startswith(f"gis_service/_share/vendor/{package}/") and name.endswith(".js") for name in names)
        assert f"gis_service/_share/vendor/{package}/LICENSE" in names
    for folder in SERVED:
        assert any(name.startswith(folder) for name in names), folder
    assert "gis_service/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_carries_nothing_of_the_workshop(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        strangers = [name for name in archive.namelist() if not re.match(r"gis_service(/|-[\d.]+\.dist-info/)", name)]
        caches = [name for name in archive.namelist() if "__pycache__" in name]
    assert not strangers
    assert not caches


def test_the_entry_point_is_the_one_that_is_tried_here(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "gis-service = gis_service.cli:main" in archive.read(name).decode()


def test_the_installed_program_is_not_the_clone(program: str, empty_folder: Path) -> None:
    python = str(Path(program).parent / "python")
    shown = _done([python, "-c", "import gis_service; print(gis_service.__file__)"], cwd=empty_folder)
    assert Path(shown.strip()).is_relative_to(empty_folder)


def test_the_installed_program_parses_a_sentence(program: str, empty_folder: Path) -> None:
    parsed = json.loads(_done([program, "parse", SENTENCE], cwd=empty_folder))
    assert parsed["parts"][0]["sides"]["E"][0]["anchor"] == "紫衫路"
    assert parsed["usable"] is True


@pytest.mark.database
def test_the_installed_program_serves_pages_scripts_and_features(
    program: str, empty_folder: Path, cluster_url: str
) -> None:
    address = make_url(cluster_url).set(database="from_the_wheel", drivername="postgresql")
    _make_database(cluster_url, "from_the_wheel")
    environment = _bare_environment() | {
        "DATABASE_URL": address.render_as_string(hide_password=False),
        "GIS_SERVICE_SECRET": "of this test alone, and long enough",
    }
    with subprocess.Popen(
        [program, "serve", "--sample", "--port", "0"],
        cwd=empty_folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            home = _announced(server)
            with httpx.Client(base_url=home, timeout=60) as client:
                login(client, Role.CITY)
                assert "物业" in client.get("/", headers={"Accept": "text/html"}).text
                scripts = re.findall(r'src="(/[^"]+\.js[^"]*)"', client.get("/maps/coverage").text)
                assert any("leaflet" in script for script in scripts)
                assert {client.get(script).status_code for script in scripts} == {200}
                features = client.get("/collections/communities/items?limit=5").json()["features"]
            assert len(features) == 5
        finally:
            server.terminate()
            server.wait(timeout=300)


def _announced(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    for line in server.stdout:
        found = re.search(r"http://\S+/", line)
        if found:
            return found.group()
    pytest.fail("the installed server ended without an address")


def _make_database(cluster_url: str, name: str) -> None:
    engine = create_engine(make_url(cluster_url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name} template gis"))
    engine.dispose()


def _bare_environment() -> dict[str, str]:
    kept = {"PATH", "HOME", "LANG", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in kept}


def _done(command: list[str], cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, env=_bare_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_containers_have_no_password_of_their_own_and_listen_on_this_machine_only() -> None:
    composed = (CLONE / "compose.yaml").read_text(encoding="utf-8")
    passwords = re.findall(r"^ +\w*PASSWORD: (.*)$", composed, flags=re.MULTILINE)
    assert len(passwords) == 2
    assert all(value.startswith("${POSTGRES_PASSWORD:?") for value in passwords)
    assert not re.search(r"://\w+:[^@\s]+@", composed)
    published = re.findall(r'- "(\S+):\d+"$', composed, flags=re.MULTILINE)
    assert published == ["127.0.0.1:${GIS_SERVICE_PORT:-8000}"]


def test_the_container_is_built_from_the_lock_files_and_does_not_run_as_root() -> None:
    steps = (CLONE / "Containerfile").read_text(encoding="utf-8").splitlines()
    assert any("--require-hashes --requirement requirements.lock" in step for step in steps)
    assert any(step.startswith("RUN npm ci") for step in steps)
    assert steps.index("USER gis") < next(number for number, step in enumerate(steps) if step.startswith("CMD"))


def test_the_lock_files_pin_every_package_by_hash_and_name_no_registry() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (CLONE / name).read_text(encoding="utf-8").splitlines()
        pinned = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]
        assert len(pinned) > 40
        assert all("==" in lines[number] and "--hash=sha256:" in lines[number + 1] for number in pinned)
        assert not [line for line in lines if "://" in line or line.startswith("--")]
    assert "resolved" not in (CLONE / "package-lock.json").read_text(encoding="utf-8")
