"""The documents say what the program does: settings, commands, layers, maps, rooms, targets and names."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import typer

from gis_service.cli import app
from gis_service.indicators import load_indicators
from gis_service.layers import load_layers
from gis_service.maps import load_maps
from gis_service.settings import Settings

CLONE = Path(__file__).parents[1]
DOCS = CLONE / "docs"
NAMES = (
    ("四至", "Abuttals"),
    ("物业管理区域", "ManagementArea"),
    ("小区", "Community"),
    ("街道", "Division"),
    ("参照地物", "Place"),
    ("参照地物", "Gazetteer"),
    ("落图", "Resolution"),
    ("版本", "Revision"),
    ("图层", "Layer"),
    ("地图", "Map"),
    ("失管", "uncovered"),
    ("填报单位", "reporting_unit"),
)


def _read(name: str) -> str:
    return (CLONE / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_docs", CLONE / "scripts" / "write_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("part", ["settings", "commands", "layers", "maps", "hazards"])
def test_the_generated_parts_are_as_make_docs_writes_them(writer: ModuleType, part: str) -> None:
    assert writer.written(part) == _read(f"docs/{part}.md"), "run `make docs`"


def _photographed() -> set[str]:
    """The names under which the browser tests photograph a page."""
    calls = (
        node
        for path in (CLONE / "tests" / "browser").glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "photograph"
    )
    return {
        one.value for call in calls for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


@pytest.mark.parametrize("document", ["README.md", "docs/desks.md", "docs/hazards.md", "docs/ledgers.md"])
def test_every_picture_of_a_document_is_made_by_a_browser_test(document: str) -> None:
    shown = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", _read(document))
    assert all((CLONE / document).parent.joinpath(one).is_file() for one in shown)
    assert {Path(one).stem for one in shown} <= _photographed()
    assert shown or document == "docs/hazards.md"


def test_every_setting_stands_with_its_variable_and_default() -> None:
    rows = [line for line in _read("docs/settings.md").splitlines() if line.startswith("| `")]
    assert len(rows) == len(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        variable = "DATABASE_URL" if name == "database_url" else f"GIS_SERVICE_{name.upper()}"
        row = next(row for row in rows if f"`{variable}`" in row)
        assert (str(field.default) if field.default not in (None, "") else "空") in row


def test_every_command_and_option_is_described() -> None:
    text = _read("docs/commands.md")
    for path, options in _commands("gis-service", typer.main.get_command(app)):
        section = re.search(rf"### `{path}`\n(.*?)(?=\n### |<!-- end)", text, flags=re.DOTALL)
        assert section, f"{path} is not in docs/commands.md"
        assert not [option for option in options if f"`{option}`" not in section.group(1)]


def test_every_layer_and_field_is_described() -> None:
    text = _read("docs/layers.md")
    for layer in load_layers(CLONE / "layers").values():
        section = re.search(rf"### `{layer.id}` {layer.title}\n(.*?)(?=\n### |<!-- end)", text, flags=re.DOTALL)
        assert section, f"{layer.id} is not in docs/layers.md"
        assert not [field for field in layer.fields if f"| `{field}` |" not in section.group(1)]


def test_every_map_is_described_with_its_definition() -> None:
    text = _read("docs/maps.md")
    for shown in load_maps(CLONE / "maps", load_layers(CLONE / "layers")).values():
        assert f"### `{shown.id}` {shown.title}" in text
        assert shown.definition in text


def test_every_indicator_is_described_with_its_unit_and_system() -> None:
    rows = {line.split("`")[1]: line for line in _read("docs/other_systems.md").splitlines() if line.startswith("| `")}
    indicators = load_indicators(CLONE / "indicators")
    assert set(indicators) <= set(rows)
    for one in indicators.values():
        assert [cell.strip() for cell in rows[one.id].split("|")][2:5:2] == [one.title, one.period.words]
        assert one.unit in rows[one.id]
        assert one.system in rows[one.id]


def test_every_room_is_described() -> None:
    rooms = {
        path.name.removesuffix(".py") for path in (CLONE / "gis_service").iterdir() if not path.name.startswith("_")
    }
    rooms = {room for room in rooms if "." not in room}
    for document in ("README.md", "docs/architecture.md"):
        text = _read(document)
        assert not [room for room in rooms if f"`{room}`" not in text], document


def test_every_make_target_that_is_mentioned_exists_and_every_target_is_mentioned() -> None:
    targets = set(re.findall(r"^([a-z]+):", _read("Makefile"), flags=re.MULTILINE))
    mentioned = {
        word for name in ("README.md", "CONTRIBUTING.md") for word in re.findall(r"make ([a-z]+)", _read(name))
    }
    assert mentioned == targets


def test_the_glossary_has_the_names_of_the_house() -> None:
    rows = [line for line in _read("docs/glossary.md").splitlines() if line.startswith("|")]
    for chinese, name in NAMES:
        assert any(chinese in row and f"`{name}`" in row for row in rows), f"{chinese} / {name}"


def test_every_link_between_documents_leads_somewhere() -> None:
    documents = [*CLONE.glob("*.md"), *DOCS.glob("*.md")]
    for document in documents:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert target.startswith("https://") or (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_address_of_the_server_is_described() -> None:
    text = _read("docs/api.md")
    addresses = set(re.findall(r'@router\.get\(\s*"([^"]+)"', "".join(_api_sources())))
    addresses |= {"/collections/{layer_id}/items", "/collections/{layer_id}/items/{feature_id}"}
    assert not [address for address in addresses - {"/favicon.ico"} if _plain(address) not in _plain(text)]


def _api_sources() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in (CLONE / "gis_service" / "api").glob("*.py")]


def _plain(text: str) -> str:
    return re.sub(r"\{\w+\}", "{}", text)


def _commands(path: str, command: object) -> list[tuple[str, list[str]]]:
    inside = getattr(command, "commands", {})
    if inside:
        return [found for name, child in inside.items() for found in _commands(f"{path} {name}", child)]
    parameters = getattr(command, "params", [])
    return [(path, [option for parameter in parameters for option in parameter.opts if option.startswith("--")])]
