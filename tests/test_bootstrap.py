"""Getting a clone ready: what is missing is named at once with the command to type; nothing is done twice."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

CLONE = Path(__file__).parents[1]


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap_of_the_clone", CLONE / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _absent() -> bool:
    return False


@pytest.fixture
def needs(bootstrap: ModuleType) -> list[object]:
    return [
        bootstrap.Need("甲", _absent, ("jia",), ("jia-dnf",), ("jia-brew",)),
        bootstrap.Need("乙", _absent, ("yi", "yi-data"), ("yi-dnf",), ()),
    ]


@pytest.mark.parametrize(
    ("tool", "command"),
    [
        ("apt", "sudo apt-get update && sudo apt-get install -y jia yi yi-data"),
        ("dnf", "sudo dnf install -y jia-dnf yi-dnf"),
        ("brew", "brew install jia-brew"),
        ("", "jia yi yi-data"),
    ],
)
def test_an_ordinary_user_is_told_all_that_is_missing_and_what_to_type(
    bootstrap: ModuleType, needs: list[object], monkeypatch: pytest.MonkeyPatch, tool: str, command: str
) -> None:
    monkeypatch.setattr(bootstrap, "family", lambda: tool)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as ended:
        bootstrap.provide(needs)
    message = str(ended.value)
    assert "还缺：甲、乙" in message
    assert command in message
    assert "compose.yaml" in message


def test_root_on_debian_installs_only_what_is_missing(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    there: Callable[[], bool] = lambda: bool(installed)  # noqa: E731
    missing = [bootstrap.Need("甲", there, ("jia",), (), ())]
    present = bootstrap.Need("丙", lambda: True, ("bing",), (), ())
    monkeypatch.setattr(bootstrap, "family", lambda: "apt")
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0)
    monkeypatch.setattr(bootstrap, "apt_install", installed.extend)
    bootstrap.provide([*missing, present])
    assert installed == ["jia"]


def test_what_stays_missing_after_installing_ends_the_program(
    bootstrap: ModuleType, needs: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "family", lambda: "apt")
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0)
    monkeypatch.setattr(bootstrap, "apt_install", lambda _packages: None)
    with pytest.raises(SystemExit, match="还缺：甲、乙"):
        bootstrap.provide(needs)


def test_work_is_done_again_only_when_its_lock_file_changed(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "CLONE", tmp_path)
    for name in ("pyproject.toml", "some.lock"):
        (tmp_path / name).write_text("1")
    note = tmp_path / "note"
    assert not bootstrap.is_stamped(note, "some.lock")
    bootstrap.stamp(note, "some.lock")
    assert bootstrap.is_stamped(note, "some.lock")
    (tmp_path / "some.lock").write_text("2")
    assert not bootstrap.is_stamped(note, "some.lock")


def test_an_environment_made_for_another_folder_is_not_ours(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    (tmp_path / ".clone").write_text(str(CLONE))
    assert bootstrap.venv_is_ours()
    (tmp_path / ".clone").write_text("/somewhere/else")
    assert not bootstrap.venv_is_ours()


def test_the_database_programs_are_looked_for_before_any_package_is_installed(bootstrap: ModuleType) -> None:
    bare = [sys.executable, "-S", "-c", bootstrap.POSTGIS_CHECK]
    asked = subprocess.run(bare, cwd=CLONE, capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")
    lacking = subprocess.run(bare, cwd=CLONE / "docs", capture_output=True, text=True, check=False)
    assert lacking.returncode != 0


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    for name in ("sh", "dirname", "id", "cat", "make"):
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    environment = os.environ | {"PATH": str(tmp_path)}
    said = subprocess.run(["make", "run"], cwd=CLONE, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode != 0
    for words in ("Python 3.11", "apt-get install python3", "dnf install", "brew install", "compose.yaml"):
        assert words in said.stderr
