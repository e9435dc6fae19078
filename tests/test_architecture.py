"""The house stands as it was drawn: imports go one way, rooms keep to their trade, nothing grows too long."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CLONE = Path(__file__).parents[1]
# An import may only go back up this list; rooms on one line do not import each other.
ORDER = (
    ("clock", "errors", "settings", "crs", "issues", "codes", "resources"),
    ("access", "declaring"),
    ("tiling",),
    ("ledger",),
    ("abuttals",),
    ("gazetteer",),
    ("resolver",),
    ("filtering",),
    ("store",),
    ("analysis",),
    ("editing",),
    ("indicators", "targets"),
    ("imports",),
    ("rectifying",),
    ("layers", "notifying"),
    ("maps", "exports"),
    ("api",),
    ("cli",),  # `serve` starts the other door
)
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}
PURE = {"abuttals", "gazetteer", "resolver", "analysis"}  # these run without a database, in a notebook or on a worker
DATABASE_LIBRARIES = {"sqlalchemy", "geoalchemy2", "psycopg", "alembic"}
DOORS = {"api", "cli"}
ONLY_IN = {
    "folium": {"maps"},
    "branca": {"maps"},
    "pyogrio": {"gazetteer", "imports", "exports"},
    "cql2": {"filtering"},
}
SHAPELESS_NAMES = {"utils", "util", "helpers", "common", "core", "base", "manager", "misc"}
BROAD = {"Exception", "BaseException"}
LONGEST_FILE, LONGEST_FUNCTION = 400, 45
MODULES = sorted((CLONE / "gis_service").rglob("*.py"))
SOURCES = sorted(
    path for folder in ("gis_service", "scripts", "benchmarks", "tests") for path in (CLONE / folder).rglob("*.py")
)


def test_imports_only_go_back_up_the_list_of_rooms() -> None:
    forward = [
        f"{_name(path)} imports {other}"
        for path in MODULES
        for other in _rooms_imported(path) - {_room(path)}
        if RANK[other] >= RANK.get(_room(path), len(ORDER))
    ]
    assert not forward


def test_the_rooms_are_those_of_the_list() -> None:
    assert {_room(path) for path in MODULES} == set(RANK) | {"__init__"}


def test_the_pure_rooms_touch_neither_settings_nor_store() -> None:
    pure = [path for path in MODULES if _room(path) in PURE]
    assert {_room(path) for path in pure} == PURE
    assert not [_name(path) for path in pure if _rooms_imported(path) & {"settings", "store"}]
    assert not [_name(path) for path in pure if _libraries_imported(path) & DATABASE_LIBRARIES]


def test_only_the_front_doors_read_settings() -> None:
    inside = [path for path in MODULES if _room(path) not in DOORS | {"settings"}]
    assert not [_name(path) for path in inside if "settings" in _rooms_imported(path)]
    assert not [_name(path) for path in inside if "pydantic_settings" in _libraries_imported(path)]


def test_map_drawing_and_vector_files_each_have_their_room() -> None:
    astray = [
        f"{_name(path)} imports {library}"
        for path in MODULES
        for library in _libraries_imported(path) & set(ONLY_IN)
        if _room(path) not in ONLY_IN[library]
    ]
    assert not astray


def test_no_module_has_a_shapeless_name() -> None:
    assert not [_name(path) for path in SOURCES if {path.stem, path.parent.name} & SHAPELESS_NAMES]


def test_every_module_says_in_a_docstring_what_it_is_for() -> None:
    assert not [_name(path) for path in SOURCES if not ast.get_docstring(_tree(path))]


def test_no_file_is_too_long() -> None:
    lengths = sorted(((len(path.read_text().splitlines()), _name(path)) for path in SOURCES), reverse=True)
    print("longest files:", *(f"{lines} {name}" for lines, name in lengths[:5]), sep="\n  ")
    assert not [f"{name} ({lines} lines: two subjects)" for lines, name in lengths if lines > LONGEST_FILE]


def test_no_function_is_too_long() -> None:
    lengths = sorted((found for path in SOURCES for found in _functions(path)), reverse=True)
    print("longest functions:", *(f"{lines} {name}" for lines, name in lengths[:5]), sep="\n  ")
    assert not [f"{name} ({lines} lines)" for lines, name in lengths if lines > LONGEST_FUNCTION]


def test_nothing_is_caught_that_is_not_named_or_raised_again() -> None:
    broad = [
        f"{_name(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _raises_again(node)
    ]
    assert not broad


def _name(path: Path) -> str:
    return str(path.relative_to(CLONE))


def _room(path: Path) -> str:
    parts = path.relative_to(CLONE / "gis_service").parts
    return parts[0].removesuffix(".py")


def _rooms_imported(path: Path) -> set[str]:
    inside = (name.split(".") for name in _names_imported(path) if name.split(".")[0] == "gis_service")
    return {parts[1] for parts in inside if len(parts) > 1 and parts[1] in RANK}


def _libraries_imported(path: Path) -> set[str]:
    return {name.split(".")[0] for name in _names_imported(path)}


@cache
def _names_imported(path: Path) -> frozenset[str]:
    return frozenset(_walk_imports(_tree(path)))


def _walk_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _functions(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1, f"{_name(path)} {node.name}"


def _is_broad(caught: ast.expr | None) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(name is None or (isinstance(name, ast.Name) and name.id in BROAD) for name in names)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))
